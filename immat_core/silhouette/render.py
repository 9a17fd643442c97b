"""Silhouettes: which cells of a picture discs and their hulls cover, and how far points are off."""

from __future__ import annotations

import functools
import importlib
import logging
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from immat_core import kernels
from immat_core.camera import Camera
from immat_core.medial_mesh import MedialMesh
from immat_core.silhouette.discs import DoubleArray, Web, project_discs

if TYPE_CHECKING:
    from types import ModuleType

logger = logging.getLogger(__name__)


def soft_discs(discs: DoubleArray, size: int) -> DoubleArray:
    """How much of each cell discs cover, taken as if each cell saw the nearest outline straight.

    Parameters
    ----------
    discs
        (n, 3) in picture coordinates. Where they stand for a sheet they must overlap by a cell.
    size
        Cells along each side of the picture -1..1.

    Returns
    -------
    (size, size) float64, 0..1, rows from top to bottom.
    """
    field = np.full((size, size), 1.0)
    _loops().lower_to_discs(in_cells(discs, size), 1.0, field)
    return np.clip(0.5 - field, 0.0, 1.0)


def covered_cells(discs: DoubleArray, web: Web, size: int) -> NDArray[np.bool_]:
    """(size, size) bool: cells whose middles lie in the hulls of a web's discs (n, 3)."""
    covered = np.zeros((size, size), np.uint8)
    cells = in_cells(discs, size)
    loops = _loops()
    loops.mark_cones(cells, web.ends, covered)
    loops.mark_triangles(cells, web.faces, covered)
    return covered.astype(bool)


def nearest_hulls(
    points: DoubleArray, discs: DoubleArray, web: Web
) -> tuple[DoubleArray, NDArray[np.int64], DoubleArray]:
    """Where the outlines of a web's pairs are nearest to points that lie in no triangle.

    Parameters
    ----------
    points
        (p, 2), in the unit of the discs.
    discs
        (n, 3), at least one.

    Returns
    -------
    distance
        (p,) float64, signed, negative inside.
    pair
        (p,) int64, row of ``web.ends``.
    share
        (p,) float64, 0..1, the way from the pair's first disc to its second of the disc that is
        nearest.
    """
    distance, share = np.empty(len(points)), np.empty(len(points))
    pair = np.empty(len(points), np.int64)
    _loops().nearest_cones(np.ascontiguousarray(points), discs, web.ends, distance, pair, share)
    return distance, pair, share


def silhouette(mat: MedialMesh, camera: Camera, size: int) -> NDArray[np.bool_]:
    """(size, size) bool: the cells of the crop that a medial mesh covers, rows from the top."""
    return covered_cells(project_discs(camera, mat.spheres), Web.of(mat), size)


def overlap(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Intersection over union of two masks of one shape, bool or 0..1; 1 where both are empty."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    union = float(np.maximum(a, b).sum())
    return float(np.minimum(a, b).sum()) / union if union > 0 else 1.0


def in_cells(discs: DoubleArray, size: int) -> DoubleArray:
    """Picture coordinates (n, 3) in cells from the upper left corner."""
    return np.ascontiguousarray((discs + np.array([1.0, 1.0, 0.0])) * (size / 2))


def _loops() -> ModuleType:
    """The compiled loops, or those in NumPy where the compiled ones would have to be waited for."""
    compiled = _compiled_loops() if kernels.usable() else None
    return compiled or importlib.import_module("immat_core.silhouette.plain")


@functools.cache
def _compiled_loops() -> ModuleType | None:
    """The compiled loops; None where a Numba is installed that does not go with this NumPy."""
    try:
        return importlib.import_module("immat_core.silhouette.kernels")
    except ImportError as error:
        logger.warning("silhouettes are slow, Numba does not work here: %s", error)
        return None
