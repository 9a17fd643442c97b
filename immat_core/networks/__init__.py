"""The paper's networks. torch is imported only when a network is asked for, not with the config."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from immat_core.networks.config import NetworkConfig

if TYPE_CHECKING:
    from immat_core.networks.build import Served, build_networks
    from immat_core.networks.image2sphere import Image2Sphere, Image2SphereOutput
    from immat_core.networks.refinement import MatRefinement, SphereRefinement
    from immat_core.networks.topology import TopologyNetwork

__all__ = [
    "Image2Sphere",
    "Image2SphereOutput",
    "MatRefinement",
    "NetworkConfig",
    "Served",
    "SphereRefinement",
    "TopologyNetwork",
    "build_networks",
]

_HOME = {
    "Image2Sphere": "image2sphere",
    "Image2SphereOutput": "image2sphere",
    "MatRefinement": "refinement",
    "Served": "build",
    "SphereRefinement": "refinement",
    "TopologyNetwork": "topology",
    "build_networks": "build",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
