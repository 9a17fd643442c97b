"""Parts of a shape from the topology of its medial mesh (the paper, section 4.2, figures 11, 12).

The paper's three steps: spheres are split into curve and sheet by their number of faces; each
kind is clustered with DBSCAN, curves by place, sheets by place and normal; and a surface takes the
parts of its nearest primitives. Where the medial mesh says more than places do, we listen to it:
two spheres are neighbors when they are near *or connected*, a curve has a direction as a sheet has
a normal, so that a rung and the leg that it ends on are two parts, and a sphere on a crease, whose
faces disagree, joins no two sheets. ``tests/training/test_parts.py`` holds what this gains over the
paper's own rule on chairs and tables whose parts are known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.envelope import DoubleArray
from immat_core.medial_mesh import IndexArray, MedialMesh
from immat_core.nearest_primitive import nearest_primitives

Flags: TypeAlias = NDArray[np.bool_]
BESIDE = 0.5
"""Sine of the angle, 30 degrees, that a step to a neighbor in a sheet may lean out of it; along a
curve the cosine, 60 degrees, as corners of curves are sharper than those of sheets."""
PAIRS = 1 << 20
"""Pairs of spheres that are looked at together: what bounds the memory."""
NO_PART = -1
"""The part of a sphere that has none yet."""


@dataclass(frozen=True)
class SegmentationSettings:
    """How spheres are told apart.

    Attributes
    ----------
    curve_faces
        The paper's K: a sphere of more faces lies on a sheet. So do the rims of sheets, which have
        fewer: the spheres that share a face with two such spheres.
    reach
        Unconnected spheres of a kind are neighbors up to this many times the median edge length.
    curve_angle, sheet_angle
        Greatest angle in radians between the directions or normals of neighbors.
    flatness
        A sphere on a sheet connects others when its faces' normals agree this well: the largest
        eigenvalue of their covariance, as a share of all three; 1 is flat.
    smallest
        A cluster of fewer spheres is noise and falls to the part beside it.
    """

    curve_faces: int = 2
    reach: float = 1.2
    curve_angle: float = float(np.radians(45))
    sheet_angle: float = float(np.radians(30))
    flatness: float = 0.7
    smallest: int = 3


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The parts of a medial mesh.

    Attributes
    ----------
    parts
        (n,) int32, the part of each sphere, 0 to ``count - 1``; the part of most spheres is 0.
    sheets
        (count,) bool, whether most spheres of a part lie on a sheet.
    """

    parts: IndexArray
    sheets: Flags

    @property
    def count(self) -> int:
        """How many parts there are."""
        return len(self.sheets)


def segment_spheres(mat: MedialMesh, settings: SegmentationSettings | None = None) -> Segmentation:
    """Split the spheres of a medial mesh into parts (steps 1 and 2)."""
    chosen = settings or SegmentationSettings()
    graph = _Graph(mat, chosen)
    labels = _merge_noise(graph, _cluster(graph, chosen), chosen.smallest)
    return _ordered(labels, graph.sheet)


def segment_points(points: ArrayLike, mat: MedialMesh, parts: ArrayLike) -> IndexArray:
    """The part of each point: that of its nearest primitive's nearest sphere (step 3).

    Parameters
    ----------
    points
        (n, 3), such as the middles of a surface's faces.
    parts
        (spheres,) part of each sphere.

    Returns
    -------
    (n,) int32.
    """
    owner = nearest_primitives(points, mat).nearest_spheres
    found: IndexArray = np.asarray(parts, np.int32)[owner]
    return found


def segment_faces(
    vertices: ArrayLike, faces: NDArray[np.integer[Any]], mat: MedialMesh, parts: ArrayLike
) -> IndexArray:
    """The part of each face of a surface (step 3).

    Parameters
    ----------
    vertices
        (v, 3).
    faces
        (f, 3) or (f, 4) indices of vertices.
    parts
        (spheres,) part of each sphere.

    Returns
    -------
    (f,) int32.
    """
    middles = np.asarray(vertices, np.float64)[faces].mean(1)
    return segment_points(middles, mat, parts)


def completed_parts(mat: MedialMesh, parts: ArrayLike) -> IndexArray:
    """Parts with every ``NO_PART`` replaced: by a connected sphere's, else by the nearest one's.

    Parts spread from sphere to sphere along the edges; of several, the nearest sphere's wins. All
    are 0 where no sphere has a part.

    Parameters
    ----------
    parts
        (n,), below 0 for none.

    Returns
    -------
    (n,) int32, all at least 0.
    """
    found = np.array(parts, np.int32).reshape(-1)
    if not (found >= 0).any():
        return np.zeros_like(found)
    centers = mat.centers.astype(np.float64)
    ends = np.concatenate([mat.all_edges, mat.all_edges[:, ::-1]])
    length = np.linalg.norm(centers[ends[:, 0]] - centers[ends[:, 1]], axis=1)
    ends = ends[np.argsort(-length, kind="stable")]
    while True:
        usable = ends[(found[ends[:, 0]] >= 0) & (found[ends[:, 1]] < 0)]
        if not len(usable):
            break
        # Later rows win: the shortest edge of each sphere.
        found[usable[:, 1]] = found[usable[:, 0]]
    lost, kept = np.flatnonzero(found < 0), np.flatnonzero(found >= 0)
    if len(lost):
        apart = ((centers[lost, None] - centers[kept]) ** 2).sum(2)
        found[lost] = found[kept[apart.argmin(1)]]
    return found


def dbscan(near: Flags, minimum: int = 1) -> NDArray[np.int64]:
    """Density-based clusters (Ester et al. 1996) of points whose neighbors are known.

    Parameters
    ----------
    near
        (n, n) symmetric: whether two points are neighbors. A point is its own where its entry on
        the diagonal says so.
    minimum
        A point of at least this many neighbors is a core point: clusters grow through it.

    Returns
    -------
    (n,) int64 clusters from 0, -1 for noise.
    """
    core = near.sum(1) >= minimum
    labels = np.full(len(near), -1)
    cluster = 0
    for seed in np.flatnonzero(core).tolist():
        if labels[seed] >= 0:
            continue
        front = np.zeros(len(near), bool)
        front[seed] = True
        while front.any():
            labels[front] = cluster
            front = near[front & core].any(0) & (labels < 0)
        cluster += 1
    return labels


class _Graph:
    """What is known of the spheres: kind, frame, neighbors.

    ``sheet`` (n,) bool; ``connected`` (n, n) bool, by an edge or a side of a face; ``axes`` (n, 3)
    unit normals of sheets and directions of curves, of unknown sign; ``flatness`` (n,); ``reach``
    the distance up to which spheres are near.
    """

    def __init__(self, mat: MedialMesh, settings: SegmentationSettings) -> None:
        n, edges = len(mat.radii), mat.all_edges
        self.centers = mat.centers.astype(np.float64)
        steps = self.centers[edges[:, 1]] - self.centers[edges[:, 0]]
        self.sheet = _on_sheets(mat, settings.curve_faces)
        self.connected = _pairs(edges, n)
        spacing = float(np.median(np.linalg.norm(steps, axis=1))) if len(edges) else 0.0
        self.reach = settings.reach * spacing
        along = ~self.sheet[edges].all(1)
        lines = _tensors(edges[along], steps[along], n)
        corners = self.centers[mat.faces]
        area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        planes = _tensors(mat.faces, area, n, np.linalg.norm(area, axis=1))
        tensors = np.where(self.sheet[:, None, None], planes, lines)
        self.axes, self.flatness = self._smoothed_axes(tensors)

    def blocks(self) -> Iterator[slice]:
        """Rows of all pairs of spheres, as many at a time as memory likes."""
        n = len(self.sheet)
        step = max(1, PAIRS // max(n, 1))
        return (slice(begin, begin + step) for begin in range(0, n, step))

    def apart(self, rows: Any) -> DoubleArray:
        """Distances (k, n) of some spheres to all."""
        square = np.zeros((len(self.sheet[rows]), len(self.sheet)))
        for axis in range(3):
            square += (self.centers[rows, axis][:, None] - self.centers[:, axis]) ** 2
        found: DoubleArray = np.sqrt(square)
        return found

    def same_kind(self, rows: Any) -> Flags:
        """(k, n) bool: whether both lie on sheets or both on curves."""
        found: Flags = self.sheet[rows][:, None] == self.sheet
        return found

    def agreement(self, rows: Any) -> DoubleArray:
        """(k, n) how well axes agree: cosines of the angles between them, without sign."""
        found: DoubleArray = np.abs(self.axes[rows] @ self.axes.T)
        return found

    def _smoothed_axes(self, tensors: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """Axes (n, 3) and how well they are meant (n,), after connected spheres of a kind voted.

        A vote counts by the fourth power of the cosine between the axes, so that noise goes and
        creases stay.
        """
        self.axes = _principal(tensors)[0]
        shared = tensors.copy()
        for rows in self.blocks():
            voting = self.connected[rows] & self.same_kind(rows)
            votes = np.where(voting, self.agreement(rows) ** 4, 0.0)
            shared[rows] += (votes @ tensors.reshape(-1, 9)).reshape(-1, 3, 3)
        return _principal(shared)


def _on_sheets(mat: MedialMesh, curve_faces: int) -> Flags:
    """(n,) bool: spheres of more faces than that, and those that share a face with two of them."""
    count = np.bincount(mat.faces.ravel(), minlength=len(mat.radii))
    sheet: Flags = count > curve_faces
    rim = mat.faces[sheet[mat.faces].sum(1) >= 2]
    sheet[rim.ravel()] = True
    return sheet


def _pairs(edges: IndexArray, count: int) -> Flags:
    pairs = np.zeros((count, count), bool)
    pairs[edges[:, 0], edges[:, 1]] = pairs[edges[:, 1], edges[:, 0]] = True
    return pairs


def _tensors(
    rows: IndexArray, vectors: DoubleArray, count: int, weights: DoubleArray | None = None
) -> DoubleArray:
    """(count, 3, 3) float64: for each sphere the sum of w v v^T over its simplices, |v| = 1.

    Unlike a sum of normals it does not care which way each of them points, which is what the
    paper takes absolute values for.
    """
    length = np.linalg.norm(vectors, axis=1)
    unit = vectors / np.where(length > 0, length, 1)[:, None]
    weight = np.ones(len(rows)) if weights is None else weights
    products = weight[:, None, None] * unit[:, :, None] * unit[:, None]
    total = np.zeros((count, 3, 3))
    for corner in range(rows.shape[1]):
        np.add.at(total, rows[:, corner], products)
    return total


def _principal(tensors: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
    """Eigenvectors (n, 3) of the largest eigenvalues, and their shares (n,) of the sums."""
    values, vectors = np.linalg.eigh(tensors)
    return vectors[:, :, 2], values[:, 2] / np.maximum(values.sum(1), 1e-300)


def _cluster(graph: _Graph, settings: SegmentationSettings) -> NDArray[np.int64]:
    """DBSCAN of curves and of sheets; -1 for spheres that connect nothing.

    Neighbors have to lie along a curve and beside one another in a sheet: two legs that one edge
    joins, and two shelves, point the same way but are not one part.
    """
    sheet, n = graph.sheet, len(graph.sheet)
    least = np.where(sheet, np.cos(settings.sheet_angle), np.cos(settings.curve_angle))
    core = ~sheet | (graph.flatness >= settings.flatness)
    near, beside = np.empty((n, n), bool), np.empty((n, n), bool)
    own = (graph.centers * graph.axes).sum(1)
    for rows in graph.blocks():
        apart = graph.apart(rows)
        near[rows] = graph.connected[rows] | (apart <= graph.reach)
        near[rows] &= graph.same_kind(rows) & (graph.agreement(rows) >= least[rows, None])
        rise = np.abs(own[rows, None] - graph.axes[rows] @ graph.centers.T)
        lean = rise / np.where(apart > 0, apart, 1)
        beside[rows] = np.where(sheet[rows, None], lean < BESIDE, lean > 1 - BESIDE)
    near &= beside
    near &= beside.T
    near &= core[:, None] & core
    np.fill_diagonal(near, core)
    return dbscan(near)


def _merge_noise(graph: _Graph, labels: NDArray[np.int64], smallest: int) -> NDArray[np.int64]:
    """Every sphere in a part: small clusters fall to the connected one that agrees best.

    First to parts of the same kind, then to any. What is connected to nothing stays a part.
    """
    size = np.bincount(labels[labels >= 0], minlength=1)
    small = (labels >= 0) & (size[labels] < smallest)
    kept = np.where(small, -1, labels)
    for any_kind in (False, True):
        _spread(graph, kept, any_kind)
    lone = np.flatnonzero(kept < 0)
    near = graph.connected[np.ix_(lone, lone)] | (graph.apart(lone)[:, lone] <= graph.reach)
    islands = dbscan(near | np.eye(len(lone), dtype=bool))
    kept[lone] = kept.max(initial=-1) + 1 + islands
    return kept


def _spread(graph: _Graph, labels: NDArray[np.int64], any_kind: bool) -> None:
    """Spread labels along connections, ring by ring, in place: each from whom it agrees with."""
    while True:
        lost = np.flatnonzero(labels < 0)
        usable = graph.connected[lost] & (labels >= 0)
        if not any_kind:
            usable &= graph.same_kind(lost)
        reached = usable.any(1)
        if not reached.any():
            return
        rows = lost[reached]
        best = np.where(usable[reached], graph.agreement(rows), -1).argmax(1)
        labels[rows] = labels[best]


def _ordered(labels: NDArray[np.int64], sheet: Flags) -> Segmentation:
    """Parts numbered by their number of spheres, of as many by their first sphere."""
    if not len(labels):
        return Segmentation(np.empty(0, np.int32), np.empty(0, bool))
    _, first, inverse, size = np.unique(
        labels, return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(size), np.int32)
    rank[np.lexsort([first, -size])] = np.arange(len(size))
    parts: IndexArray = rank[inverse.ravel()]
    share = np.bincount(parts, sheet, len(size)) / np.bincount(parts)
    return Segmentation(parts, share > 0.5)
