"""OpenVDB: finding its Python module, narrow bands as grids, grids as quads."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from immat_core.errors import UserError
from immat_core.surface.band import NarrowBand
from immat_core.surface.mesh import SurfaceMesh

MODULES = ("openvdb", "pyopenvdb")
"""Names of the module: that of OpenVDB 12 and later, that of OpenVDB 10."""
LEAST_VOXEL = 2e-5
"""OpenVDB takes finer lattices for ones without volume, from 1.5e-5 on."""


@cache
def load_openvdb() -> ModuleType:
    """Import OpenVDB's Python module.

    Blender has it, under either name. Outside Blender it may be installed, or lie inside an
    installed ``bpy`` wheel, which is found without importing ``bpy``.

    Raises
    ------
    UserError
        When there is none.
    """
    for name in MODULES:
        if importlib.util.find_spec(name):
            return importlib.import_module(name)
    folder = _folder_in_bpy()
    if folder is None:
        raise UserError(
            "OpenVDB's Python module is not installed",
            "Install the bpy wheel (pip install bpy) or your system's openvdb for Python",
        )
    # Last on the path, so that nothing else that Blender brings along replaces what is installed.
    sys.path.append(str(folder))
    return importlib.import_module("openvdb")


def _folder_in_bpy() -> Path | None:
    """The folder with ``openvdb`` inside an installed ``bpy`` wheel, if there is one."""
    bpy = importlib.util.find_spec("bpy")
    for root in (bpy.submodule_search_locations or []) if bpy else []:
        for module in sorted(Path(root).glob("*/python/lib/**/site-packages/openvdb*")):
            return module.parent
    return None


def to_grid(band: NarrowBand) -> Any:
    """A level set ``FloatGrid`` of a narrow band, distances in world units."""
    vdb = load_openvdb()
    width = float(np.float32(band.width * band.voxel))
    grid = vdb.FloatGrid(width)
    grid.name = "surface"
    grid.gridClass = vdb.GridClass.LEVEL_SET
    grid.transform = vdb.createLinearTransform(band.voxel)
    copy = grid.copyFromArray
    # Scaled here and not by OpenVDB; a value that equals the background must become inactive.
    values = band.values * np.float32(band.voxel)
    values[band.values >= band.width] = width
    for leaf, corner in zip(values, (8 * band.leaves).tolist(), strict=True):
        copy(leaf, tuple(corner))
    grid.signedFloodFill()
    return grid


def to_mesh(grid: Any) -> SurfaceMesh:
    """The zero level of a grid as quads, wound outwards."""
    points, quads = grid.convertToQuads()
    # OpenVDB winds them inwards.
    outwards = np.ascontiguousarray(quads[:, ::-1]).astype(np.int32)
    return SurfaceMesh(np.ascontiguousarray(points, np.float32), outwards)
