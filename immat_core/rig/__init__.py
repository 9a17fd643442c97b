"""A skeleton of bones from a medial mesh, and the weights that bind spheres and surface to it."""

from immat_core.rig.build import Rig, RigSettings, build_rig
from immat_core.rig.skeleton import Skeleton
from immat_core.rig.weights import limit_weights, point_weights

__all__ = ["Rig", "RigSettings", "Skeleton", "build_rig", "limit_weights", "point_weights"]
