"""From a medial mesh to its surface: the full rebuild."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from immat_core.errors import Cancelled, UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import vdb
from immat_core.surface.band import NarrowBand, narrow_band
from immat_core.surface.mesh import SurfaceMesh

MESH_WIDTH = 1.75
"""Half width of the band in voxels for a mesh: a cell's corners are within sqrt(3) of its sign
changes."""
GRID_WIDTH = 3.0
"""Half width of the band in voxels for a grid that others read: OpenVDB's convention."""
THINNEST = 0.9
"""Least radius in voxels that survives whole; at 0.64 a thin curve falls to pieces."""
FARTHEST = 1 << 20
"""Most voxels between the origin and the shape; float32 resolves 1/16 voxel there."""


def build_surface(
    mat: MedialMesh,
    voxel: float = 1 / 128,
    *,
    should_cancel: Callable[[], bool] | None = None,
) -> SurfaceMesh:
    """The surface of a medial mesh: the zero level of the union of its envelopes.

    Parameters
    ----------
    mat
        The medial mesh, in any unit.
    voxel
        Distance between samples in the unit of ``mat``. Samples lie at multiples of it, so a
        shape that is moved by whole voxels keeps its mesh.
    should_cancel
        Asked every few milliseconds; the work stops once it returns True.

    Returns
    -------
    A closed manifold mesh whose vertices are within a voxel of the exact surface. Parts with a
    radius under 0.9 voxels may have gaps; see :func:`thin_limit`.

    Raises
    ------
    UserError
        For no sphere, a voxel that is not above 0, too coarse for any part or too fine to hold,
        and where OpenVDB is missing.
    Cancelled
        When ``should_cancel`` said so.
    """
    band = _band(mat, voxel, MESH_WIDTH, should_cancel)
    grid = vdb.to_grid(band)
    if should_cancel is not None and should_cancel():
        raise Cancelled
    return vdb.to_mesh(grid)


def build_grid(mat: MedialMesh, voxel: float = 1 / 128) -> Any:
    """The OpenVDB level set ``FloatGrid`` of a medial mesh, for ``.vdb`` files.

    Distances are in the unit of ``mat``, the band is 3 voxels wide on either side. Raises
    ``UserError`` as :func:`build_surface` does.
    """
    return vdb.to_grid(_band(mat, voxel, GRID_WIDTH, None))


def thin_limit(mat: MedialMesh) -> float:
    """The largest voxel at which no part of the medial mesh is lost: its least radius over 0.9.

    Raises ``ValueError`` when there is no sphere.
    """
    return float(mat.radii.min()) / THINNEST


def _band(
    mat: MedialMesh, voxel: float, width: float, should_cancel: Callable[[], bool] | None
) -> NarrowBand:
    if not len(mat.radii):
        raise UserError("the medial mesh has no sphere, so it has no surface", "Add a sphere")
    if not (math.isfinite(voxel) and voxel > 0):
        raise UserError(f"the voxel is {voxel:g}", "Use one above 0, such as 0.0078")
    if float(np.abs(mat.bounds).max()) / voxel > FARTHEST:
        raise UserError(
            f"the voxel {voxel:g} is too fine for a shape that reaches "
            f"{float(np.abs(mat.bounds).max()):g} from the origin",
            f"Use a voxel above {float(np.abs(mat.bounds).max()) / FARTHEST:.2g}",
        )
    band = narrow_band(mat, voxel, width, should_cancel)
    if not (band.values < 0).any():
        raise UserError(
            f"the shape is everywhere thinner than the voxel {voxel:g}",
            f"Use a voxel of at most {_rounded_down(thin_limit(mat))}",
        )
    return band


def _rounded_down(value: float) -> str:
    """Two significant digits that are not above the value."""
    unit = 10.0 ** (math.floor(math.log10(value)) - 1)
    return f"{math.floor(value / unit) * unit:.2g}"
