"""Image2Sphere's global half: a picture to initial spheres (the paper, section 3.1, Fig. 14)."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from immat_core.networks.config import NetworkConfig
from immat_core.networks.encoder import Encoder, global_feature

TYPICAL_RADIUS = 0.025
"""Radius of an untrained network's spheres, in diagonals of the object's box."""
LOG_RADIUS_RANGE = 3.2
"""Radii stay within exp(+-3.2) of the typical one: 0.001 to 0.61."""


class Image2SphereOutput(NamedTuple):
    """What ``Image2Sphere`` returns; float32, in the object's frame.

    ``centers`` (B, n, 3), ``radii`` (B, n) above zero, ``dense`` (B, m, 3), ``pose`` (B, p) as
    ``NetworkConfig.azimuth_bins`` says, ``category`` (B, c) logits, four maps (B, C, H, W), fine
    to coarse.
    """

    centers: Tensor
    radii: Tensor
    dense: Tensor
    pose: Tensor
    category: Tensor
    features_0: Tensor
    features_1: Tensor
    features_2: Tensor
    features_3: Tensor


def radii_from_logits(logits: Tensor) -> Tensor:
    """Any real number to a radius between 0.001 and 0.61, the typical radius for 0."""
    # float32 whatever the autocast: a bfloat16 exponent is off by 1 % of a radius.
    bounded = LOG_RADIUS_RANGE * torch.tanh(logits.float() / LOG_RADIUS_RANGE)
    return TYPICAL_RADIUS * torch.exp(bounded)


def perceptron(sizes: tuple[int, ...], spread: float = 0.1) -> nn.Sequential:
    """Linear layers with ReLU between them.

    The last layer's weights shrink to ``spread``, so that an untrained network answers with
    little more than that layer's bias.
    """
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    last = layers[-2]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight.mul_(spread)
        last.bias.zero_()
    return nn.Sequential(*layers[:-1])


def _scatter(head: nn.Sequential, half_side: float) -> nn.Sequential:
    """Start a head of points in a box about the origin, so no two of them begin as one."""
    last = head[-1]
    assert isinstance(last, nn.Linear)
    nn.init.uniform_(last.bias, -half_side, half_side)
    return head


def _dense_head(feature: int, config: NetworkConfig) -> nn.Sequential:
    """A perceptron whose last layer is a product of two thin ones where the config says so.

    With 2048 centers a full last layer has more weights than a half-width encoder, and the step
    that updates them costs as much.
    """
    outputs = 3 * config.dense
    if not config.dense_rank:
        return perceptron((feature, config.hidden, config.hidden, outputs))
    thin = perceptron((feature, config.hidden, config.hidden, config.dense_rank), spread=1.0)
    return nn.Sequential(*thin, *perceptron((config.dense_rank, outputs)))


class Displacement(nn.Module):
    """A small move of each center from the global feature and that center (3DN, section 3.2).

    The first layer acts on their concatenation; it is written as the sum of its two parts, since
    the feature's part is the same for all centers.
    """

    def __init__(self, feature: int, hidden: int = 256) -> None:
        super().__init__()
        self.from_feature = nn.Linear(feature, hidden)
        self.from_center = nn.Linear(3, hidden, bias=False)
        self.head = perceptron((hidden, hidden // 2, 3))

    def forward(self, feature: Tensor, centers: Tensor) -> Tensor:
        """(B, C), (B, N, 3) -> (B, N, 3)."""
        joined = self.from_feature(feature)[:, None, :] + self.from_center(centers)
        moved: Tensor = self.head(functional.relu(joined))
        return moved.float()


class Image2Sphere(nn.Module):
    """ResNet18 and the heads on its global feature: spheres, dense centers, pose, category.

    The paper predicts no camera and no category: it trains a network a category and is given
    the camera. The two heads stand in for that with one's own picture.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        feature, hidden = config.global_size, config.hidden
        self.encoder = Encoder(config)
        self.centers = _scatter(perceptron((feature, hidden, hidden, 3 * config.spheres)), 0.25)
        self.displacement = Displacement(feature)
        self.radii = perceptron((feature, hidden, config.spheres))
        self.dense = _scatter(_dense_head(feature, config), 0.25)
        self.pose = perceptron((feature, hidden // 2, config.pose_size))
        self.category = perceptron((feature, hidden // 2, len(config.categories)))
        self._start_pose()

    def _start_pose(self) -> None:
        last = self.pose[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            last.bias[-2:] = torch.tensor([0.35, 2.0])

    def forward(self, image: Tensor) -> Image2SphereOutput:
        """(B, 4, S, S) float32, premultiplied RGB and alpha in 0..1, cropped to the object."""
        maps = self.encoder(image)
        feature = global_feature(maps, self.config.global_cells)
        centers = self.centers(feature).float().unflatten(1, (self.config.spheres, 3))
        centers = centers + self.displacement(feature, centers)
        return Image2SphereOutput(
            centers,
            radii_from_logits(self.radii(feature)),
            self.dense(feature).float().unflatten(1, (self.config.dense, 3)),
            self.pose(feature).float(),
            self.category(feature).float(),
            maps[0],
            maps[1],
            maps[2],
            maps[3],
        )
