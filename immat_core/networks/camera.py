"""Where a picture was taken from: a network of its own, for the spheres' looks elsewhere."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from immat_core.networks.config import NetworkConfig
from immat_core.networks.encoder import Encoder, global_feature
from immat_core.networks.image2sphere import perceptron

DROPPED = 0.2
"""Share of the feature's numbers that are left out in training, others at each step."""
ELEVATION, DISTANCE = 0.35, 2.0
"""What an untrained network answers, near the means of the training pictures."""


class CameraNetwork(nn.Module):
    """ResNet18 and a head that answers with a distribution over azimuths, elevation and distance.

    The paper is given its cameras; this network stands in for that with one's own picture.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.pose = perceptron((config.global_size, config.hidden // 2, config.pose_size))
        last = self.pose[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.bias[-2:] = torch.tensor([ELEVATION, DISTANCE])

    def forward(self, image: Tensor) -> Tensor:
        """(B, 4, S, S) float32 as ``Image2Sphere`` takes it -> (B, p), see ``azimuth_bins``."""
        feature = global_feature(self.encoder(image), self.config.global_cells)
        pose: Tensor = self.pose(functional.dropout(feature, DROPPED, self.training)).float()
        return pose
