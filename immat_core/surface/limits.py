"""What a surface can be asked for, and what to say where it cannot be made."""

from __future__ import annotations

import math

import numpy as np

from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

MESH_WIDTH = 1.75
"""Half width of the band in voxels for a mesh: a cell's corners are within sqrt(3) of its sign
changes."""
GRID_WIDTH = 3.0
"""Half width of the band in voxels for a grid that others read: OpenVDB's convention."""
THINNEST = 0.9
"""Least radius in voxels that survives whole; at 0.64 a thin curve falls to pieces."""
FARTHEST = 1 << 20
"""Most voxels between the origin and the shape; float32 resolves 1/16 voxel there."""


def thin_limit(mat: MedialMesh) -> float:
    """The largest voxel at which no part of the medial mesh is lost: its least radius over 0.9.

    Raises ``ValueError`` when there is no sphere.
    """
    return float(mat.radii.min()) / THINNEST


def check_request(mat: MedialMesh, voxel: float) -> None:
    """Raise ``UserError`` for no sphere, and a voxel that is not above 0 or far too fine."""
    if not len(mat.radii):
        raise UserError("the medial mesh has no sphere, so it has no surface", "Add a sphere")
    if not (math.isfinite(voxel) and voxel > 0):
        raise UserError(f"the voxel is {voxel:g}", "Use one above 0, such as 0.0078")
    reach = float(np.abs(mat.bounds).max())
    if reach / voxel > FARTHEST:
        raise UserError(
            f"the voxel {voxel:g} is too fine for a shape that reaches {reach:g} from the origin",
            f"Use a voxel above {reach / FARTHEST:.2g}",
        )


def thinner_than_voxel(mat: MedialMesh, voxel: float) -> UserError:
    """What to say where no sample lies inside the shape."""
    return UserError(
        f"the shape is everywhere thinner than the voxel {voxel:g}",
        f"Use a voxel of at most {_rounded_down(thin_limit(mat))}",
    )


def _rounded_down(value: float) -> str:
    """Two significant digits that are not above the value."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.floor(value / unit) * unit:.2g}"
