"""All networks of one configuration, and the form in which they are exported and run."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from immat_core.networks.camera import CameraNetwork
from immat_core.networks.config import NetworkConfig
from immat_core.networks.image2sphere import Image2Sphere
from immat_core.networks.refinement import MatRefinement, SphereRefinement
from immat_core.networks.topology import TopologyNetwork


def build_networks(config: NetworkConfig) -> dict[str, nn.Module]:
    """Untrained networks by name, the names being ``config.NETWORKS``."""
    return {
        "image2sphere": Image2Sphere(config),
        "camera": CameraNetwork(config),
        "refinement": SphereRefinement(config),
        "topology": TopologyNetwork(config),
        "smoothing": MatRefinement(config),
    }


class Served(nn.Module):
    """A network as an engine runs it: a tuple in the order of ``config.OUTPUTS``.

    It differs from the network itself in one thing: topology answers with probabilities.
    """

    def __init__(self, name: str, network: nn.Module) -> None:
        super().__init__()
        self.name = name
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The network's outputs for its inputs, in the order of ``config.INPUTS``."""
        outputs = self.network(*inputs)
        if self.name == "topology":
            edges, faces = outputs
            return torch.sigmoid(edges), torch.sigmoid(faces)
        return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
