"""How near a predicted surface comes to the true one: the paper's five scores, defined here.

The paper leaves frames and constants open; these are the definitions that its cited scripts imply
(Pixel2Mesh, DISN) and that every number of ours goes by. Both meshes stand in the *unit-sphere
frame* of the true one: the middle of its box in the origin, its farthest vertex at distance 1. The
prediction is moved by the truth's transform, never aligned by its own.

========== =========================================================================================
CD         1000 times the sum of the two mean squared nearest-neighbor distances of 10,000 points
EMD        0.01 times the *sum* of distances of the best matching of 2048 points
F          share in percent, harmonic mean, of points within a squared distance of 1.23e-3, 2.46e-3
IoU        of the solids at the 32^3 cell centers of the cube from -1 to 1
thickness  100 times equation (5) of the paper: shape diameters at 10,000 points, nearest points
========== =========================================================================================

Two samples of one surface already differ: :func:`sampling_floor` tells by how much. The numbers are
not comparable with the paper's table 1, which has other data and may have other constants.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from immat_core.envelope import DoubleArray
from immat_core.errors import UserError
from immat_core.rays import RayCaster
from immat_core.thickness import point_thickness

Indices: TypeAlias = NDArray[np.int64]

SQUARED_REACHES = (1.23e-3, 2.46e-3)
"""Pixel2Mesh's 1e-4 and 2e-4, times (2 / 0.57)^2 for the unit-sphere frame."""
MATCHED = 2048
"""Points of the earth mover's distance."""
CELLS = 32
"""Cells along a side of the cube of the solids."""


@dataclass(frozen=True)
class MetricSettings:
    """How many points are sampled on each surface, and the seed of all that is random."""

    samples: int = 10_000
    seed: int = 0


@dataclass(frozen=True)
class MeshScores:
    """The scores of a predicted surface; see the module for the definitions.

    ``chamfer_distance``, ``earth_movers_distance`` and ``thickness_error`` are 0 at best,
    ``f_score``, ``f_score_double`` (percent) and ``iou`` are 100, 100 and 1.
    """

    chamfer_distance: float
    earth_movers_distance: float
    f_score: float
    f_score_double: float
    iou: float
    thickness_error: float


@dataclass(frozen=True, eq=False)
class Triangles:
    """A mesh: ``vertices`` (n, 3) float64, ``faces`` (t, 3) int64, at least one with an area."""

    vertices: DoubleArray
    faces: Indices


def score_meshes(
    predicted: Triangles, true: Triangles, settings: MetricSettings | None = None
) -> MeshScores:
    """All scores of a predicted surface against the true one, given in one frame.

    Raises
    ------
    UserError
        For a mesh without area or with a vertex that is not finite, and where SciPy or Numba is
        missing.
    """
    chosen = settings or MetricSettings()
    center, scale = unit_sphere(true.vertices)
    one = Triangles((predicted.vertices - center) * scale, predicted.faces)
    two = Triangles((true.vertices - center) * scale, true.faces)
    streams = np.random.default_rng(chosen.seed).spawn(2)
    points, own = sample_surface(one, chosen.samples, streams[0])
    targets, target_own = sample_surface(two, chosen.samples, streams[1])
    there, back = nearest_points(points, targets), nearest_points(targets, points)
    far, far_back = ((points - targets[there]) ** 2).sum(1), ((targets - points[back]) ** 2).sum(1)
    thick = point_thickness(RayCaster(one.vertices, one.faces), points, own)
    true_thick = point_thickness(RayCaster(two.vertices, two.faces), targets, target_own)
    return MeshScores(
        chamfer_distance=1000 * float(far.mean() + far_back.mean()),
        earth_movers_distance=earth_movers_distance(points, targets),
        f_score=_f_score(far, far_back, SQUARED_REACHES[0]),
        f_score_double=_f_score(far, far_back, SQUARED_REACHES[1]),
        iou=solid_iou(one, two),
        thickness_error=thickness_error(points, thick, targets, true_thick),
    )


def sampling_floor(true: Triangles, settings: MetricSettings | None = None) -> MeshScores:
    """The scores of a surface against itself: what sampling alone costs."""
    return score_meshes(true, true, settings)


def unit_sphere(vertices: DoubleArray) -> tuple[DoubleArray, float]:
    """The middle (3,) of the box, and the scale that puts the farthest vertex at distance 1.

    Raises ``UserError`` for a mesh without extent or with a vertex that is not finite.
    """
    if not len(vertices) or not np.isfinite(vertices).all():
        raise UserError("A mesh is empty or has a vertex that is not finite", "Repair it first")
    center: DoubleArray = (vertices.min(0) + vertices.max(0)) / 2
    farthest = float(np.linalg.norm(vertices - center, axis=1).max())
    if farthest == 0:
        raise UserError("A mesh has no extent", "Choose another one")
    return center, 1 / farthest


def sample_surface(
    mesh: Triangles, count: int, rng: np.random.Generator
) -> tuple[DoubleArray, Indices]:
    """Points (count, 3) spread evenly over a mesh by area, and the triangle (count,) of each.

    Raises ``UserError`` for a mesh without area.
    """
    a, b, c = (mesh.vertices[mesh.faces[:, corner]] for corner in range(3))
    area = np.cumsum(np.linalg.norm(np.cross(b - a, c - a), axis=1))
    if not len(area) or not area[-1] > 0:
        raise UserError("A mesh has no area", "Choose another one")
    own = np.searchsorted(area, rng.random(count) * area[-1], side="right")
    root, share = np.sqrt(rng.random(count))[:, None], rng.random(count)[:, None]
    points: DoubleArray = (1 - root) * a[own] + root * ((1 - share) * b[own] + share * c[own])
    return points, own


def nearest_points(points: DoubleArray, targets: DoubleArray) -> Indices:
    """(n,) the index of the nearest target of each point; raises ``UserError`` without SciPy."""
    found: Indices = _scipy("spatial").cKDTree(targets).query(points)[1]
    return found


def earth_movers_distance(points: DoubleArray, targets: DoubleArray) -> float:
    """0.01 times the sum of distances of the exact best matching of the first 2048 points each.

    Fewer points count as if they were 2048.
    """
    count = min(MATCHED, len(points), len(targets))
    apart = np.sqrt(((points[:count, None] - targets[:count]) ** 2).sum(2))
    rows, columns = _scipy("optimize").linear_sum_assignment(apart)
    return 0.01 * MATCHED * float(apart[rows, columns].mean())


def thickness_error(
    points: DoubleArray, thickness: DoubleArray, targets: DoubleArray, true: DoubleArray
) -> float:
    """100 times the paper's equation (5): mean difference to the nearest point, both ways.

    Points whose thickness is not finite, as on an open sheet, are left out.

    Parameters
    ----------
    points, thickness
        (n, 3) and (n,) of the prediction.
    targets, true
        (m, 3) and (m,) of the truth.

    Returns
    -------
    NaN where a side has no thickness at all.
    """
    kept, kept_true = np.isfinite(thickness), np.isfinite(true)
    if not kept.any() or not kept_true.any():
        return float("nan")
    points, thickness = points[kept], thickness[kept]
    targets, true = targets[kept_true], true[kept_true]
    there = np.abs(thickness - true[nearest_points(points, targets)]).mean()
    back = np.abs(true - thickness[nearest_points(targets, points)]).mean()
    return 50 * float(there + back)


def solid_iou(one: Triangles, two: Triangles, cells: int = CELLS) -> float:
    """Intersection over union of two solids at the cell centers of the cube from -1 to 1.

    1 where neither holds a cell center.
    """
    first, second = solid_cells(one, cells), solid_cells(two, cells)
    union = int((first | second).sum())
    return float((first & second).sum() / union) if union else 1.0


def solid_cells(mesh: Triangles, cells: int = CELLS) -> NDArray[np.bool_]:
    """(cells, cells, cells) bool: the cell centers of the cube from -1 to 1 inside a mesh.

    Inside is where the winding number is not 0. It is counted along lines of cells, which is exact
    for a closed mesh; where a mesh is open the three axes may disagree, and two of them decide.
    """
    votes = np.zeros((cells, cells, cells), np.int64)
    for axis in range(3):
        turned = np.roll(mesh.vertices, -axis, axis=1)
        solid = _winding_along_x(turned, mesh.faces, cells) != 0
        votes += np.transpose(solid, np.roll(np.arange(3), axis))
    inside: NDArray[np.bool_] = votes >= 2
    return inside


def _winding_along_x(vertices: DoubleArray, faces: Indices, cells: int) -> Indices:
    """(cells, cells, cells) signed crossings of the half lines from the cell centers toward -X."""
    # A line through an edge would count twice or not at all: shifted, none of them meets one.
    shift = np.array([0.0, 1.234567e-7, 2.345678e-7])
    place = (vertices + shift + 1) * (cells / 2) - 0.5
    corners = place[faces]
    low = np.ceil(corners[..., 1:].min(1)).clip(0, cells).astype(np.int64)
    high = np.floor(corners[..., 1:].max(1)).clip(-1, cells - 1).astype(np.int64)
    spans = np.maximum(high - low + 1, 0)
    count = spans.prod(1)
    owner = np.repeat(np.arange(len(faces)), count)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    y = low[owner, 0] + within // np.maximum(spans[owner, 1], 1)
    z = low[owner, 1] + within % np.maximum(spans[owner, 1], 1)
    a, b, c = (corners[owner, corner] for corner in range(3))
    weights = np.stack([_turn(b, c, y, z), _turn(c, a, y, z), _turn(a, b, y, z)])
    total: DoubleArray = weights.sum(0)
    inside = ((weights > 0).all(0) | (weights < 0).all(0)) & (total != 0)
    x: DoubleArray = weights[0] * a[:, 0] + weights[1] * b[:, 0] + weights[2] * c[:, 0]
    first = np.ceil(x[inside] / total[inside]).clip(0, cells).astype(np.int64)
    crossings = np.zeros((cells + 1, cells, cells), np.int64)
    np.add.at(crossings, (first, y[inside], z[inside]), np.sign(total[inside]).astype(np.int64))
    found: Indices = np.cumsum(crossings[:cells], axis=0)
    return found


def _turn(one: DoubleArray, two: DoubleArray, y: Indices, z: Indices) -> DoubleArray:
    """Twice the signed area of the triangle of two corners and a cell, seen along X."""
    area: DoubleArray = (one[:, 1] - y) * (two[:, 2] - z) - (one[:, 2] - z) * (two[:, 1] - y)
    return area


def _f_score(there: DoubleArray, back: DoubleArray, reach: float) -> float:
    precision, recall = 100 * float((there <= reach).mean()), 100 * float((back <= reach).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _scipy(module: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"scipy.{module}")
    except ImportError as error:
        raise UserError(
            "SciPy is not installed, which the scores need", "Run: pip install scipy"
        ) from error
