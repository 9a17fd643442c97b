"""From a medial mesh to its surface: the full rebuild, on one of two routes.

The reference route is NumPy and OpenVDB and makes quads and grids. The fast route is compiled, is
that of :class:`immat_core.surface.live.LiveSurface`, and makes triangles.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from immat_core import kernels
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import vdb
from immat_core.surface.band import NarrowBand, narrow_band
from immat_core.surface.limits import (
    GRID_WIDTH,
    MESH_WIDTH,
    THINNEST,
    check_request,
    thinner_than_voxel,
)
from immat_core.surface.mesh import SurfaceMesh
from immat_core.surface.watch import NOBODY, Progress, Question, Watch


def build_surface(
    mat: MedialMesh,
    voxel: float = 1 / 128,
    *,
    quads: bool = True,
    clamp_thin: bool = False,
    on_progress: Progress | None = None,
    should_cancel: Question | None = None,
) -> SurfaceMesh:
    """The surface of a medial mesh: the zero level of the union of its envelopes.

    Parameters
    ----------
    mat
        The medial mesh, in any unit.
    voxel
        Distance between samples in the unit of ``mat``. Samples lie at multiples of it, so a
        shape that is moved by whole voxels keeps its mesh.
    quads
        Quads from OpenVDB. Without, triangles from the compiled kernels where they are ready
        (:func:`immat_core.kernels.ready`), and quads nevertheless where they are not.
    clamp_thin
        Raise radii under 0.9 voxels to 0.9 voxels, so that thin parts stay whole in a preview.
    on_progress
        Told the share that is done, 0 to 1, and what is being done.
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
    if not quads and kernels.ready():
        from immat_core.surface.live import LiveSurface

        return LiveSurface(
            mat,
            voxel,
            clamp_thin=clamp_thin,
            on_progress=on_progress,
            should_cancel=should_cancel,
        ).mesh
    watch = Watch(on_progress, should_cancel)
    band = _band(mat, voxel, MESH_WIDTH, watch, THINNEST if clamp_thin else 0.0)
    watch.at(0.6, "Filling the grid")
    scale = 1.0 if band.voxel >= vdb.LEAST_VOXEL else band.voxel
    grid = vdb.to_grid(replace(band, voxel=band.voxel / scale))
    watch.at(0.8, "Extracting quads")
    mesh = vdb.to_mesh(grid)
    return SurfaceMesh(mesh.vertices * np.float32(scale), mesh.faces)


def build_grid(mat: MedialMesh, voxel: float = 1 / 128) -> Any:
    """The OpenVDB level set ``FloatGrid`` of a medial mesh, for ``.vdb`` files.

    Distances are in the unit of ``mat``, the band is 3 voxels wide on either side. Raises
    ``UserError`` as :func:`build_surface` does, and for a voxel that OpenVDB cannot write.
    """
    if 0 < voxel < vdb.LEAST_VOXEL:
        raise UserError(
            f"OpenVDB has no grid as fine as {voxel:g}",
            f"Use a voxel of {vdb.LEAST_VOXEL:g} or more, or scale the shape up",
        )
    return vdb.to_grid(_band(mat, voxel, GRID_WIDTH, NOBODY, 0.0))


def _band(mat: MedialMesh, voxel: float, width: float, watch: Watch, thinnest: float) -> NarrowBand:
    check_request(mat, voxel)
    band = narrow_band(mat, voxel, width, watch, thinnest)
    if not (band.values < 0).any():
        raise thinner_than_voxel(mat, voxel)
    return band
