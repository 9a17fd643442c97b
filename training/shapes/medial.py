"""From curves and sheets to a medial mesh of a given number of connected spheres."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial import cKDTree

from immat_core.medial_mesh import MedialMesh

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SPHERES = 256
DENSE_POINTS = 2048
_FINE = 0.012
"""Spacing of the samples on which touching parts are found, in units of the diagonal."""
_CORNER = np.cos(np.radians(25))
_MERGE = 0.004


@dataclass(frozen=True, eq=False)
class Curve:
    """A medial curve: ``points`` (k, 3) and ``radii`` (k,) float64, k >= 2."""

    points: Floats
    radii: Floats

    @cached_property
    def lengths(self) -> Floats:
        """(k,) float64: the length of the curve up to each point."""
        steps = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @cached_property
    def corners(self) -> list[float]:
        """Lengths at which the curve turns by more than 25 degrees."""
        steps = np.diff(self.points, axis=0)
        steps /= np.linalg.norm(steps, axis=1, keepdims=True)
        kept: list[float] = self.lengths[1:-1][(steps[1:] * steps[:-1]).sum(1) < _CORNER].tolist()
        return kept

    def at(self, where: Floats) -> tuple[Floats, Floats]:
        """Points (n, 3) and radii (n,) at the given lengths (n,)."""
        lengths = self.lengths
        points = np.stack([np.interp(where, lengths, self.points[:, i]) for i in range(3)], 1)
        return points, np.interp(where, lengths, self.radii)


@dataclass(frozen=True, eq=False)
class Sheet:
    """A medial sheet: a grid of ``points`` (nu, nv, 3) and ``radii`` (nu, nv) float64.

    ``closed`` joins the last row to the first, as in a lamp shade.
    """

    points: Floats
    radii: Floats
    closed: bool = False

    @cached_property
    def sizes(self) -> tuple[float, float]:
        """Mean length along u and along v."""
        grid = np.concatenate([self.points, self.points[:1]]) if self.closed else self.points
        along = np.linalg.norm(np.diff(grid, axis=0), axis=2).sum(0).mean()
        across = np.linalg.norm(np.diff(grid, axis=1), axis=2).sum(1).mean()
        return float(along), float(across)

    def at(self, rows: int, columns: int) -> tuple[Floats, Floats]:
        """Resample to a grid: points (rows, columns, 3) and radii (rows, columns)."""
        values = np.concatenate([self.points, self.radii[..., None]], 2)
        if self.closed:
            values = np.concatenate([values, values[:1]])
        u = np.linspace(0, values.shape[0] - 1, rows + self.closed)[:rows]
        v = np.linspace(0, values.shape[1] - 1, columns)
        where = np.meshgrid(u, v, indexing="ij")
        sampled = np.stack(
            [map_coordinates(values[..., i], where, order=1, mode="nearest") for i in range(4)], -1
        )
        return sampled[..., :3], sampled[..., 3]


@dataclass(frozen=True, eq=False)
class _Sample:
    """Spheres of one part with its own edges and faces (local indices)."""

    points: Floats
    radii: Floats
    edges: Indices
    faces: Indices


def build_medial_mesh(
    curves: list[Curve], sheets: list[Sheet], spheres: int = SPHERES
) -> MedialMesh:
    """Sample curves and sheets to exactly ``spheres`` connected spheres.

    The spacing is the finest that does not need more spheres; what is left is spent on splitting
    the longest edges. Parts whose envelopes overlap are joined: curves have a sphere at the joint,
    sheets are stitched along their common border.

    Raises
    ------
    ValueError
        When the parts are too many for the number of spheres.
    """
    joints, knots = _find_joints(curves, sheets)
    spacing = _find_spacing(curves, sheets, knots, spheres)
    samples = [_sample_curve(c, k, spacing) for c, k in zip(curves, knots, strict=True)]
    samples += [_sample_sheet(s, spacing) for s in sheets]
    offsets = np.cumsum([0] + [len(s.radii) for s in samples])
    points = np.concatenate([s.points for s in samples])
    radii = np.concatenate([s.radii for s in samples])
    edges = {
        (int(a + o), int(b + o)) for s, o in zip(samples, offsets, strict=False) for a, b in s.edges
    }
    faces = [
        tuple(int(i + o) for i in f)
        for s, o in zip(samples, offsets, strict=False)
        for f in s.faces
    ]
    merge: dict[int, int] = {}
    for first, second in joints:
        both_sheets = first >= len(curves)
        pairs = _link(samples[first], samples[second], spacing, both_sheets)
        pairs = [(int(a + offsets[first]), int(b + offsets[second])) for a, b in pairs]
        for a, b in pairs:
            if np.linalg.norm(points[a] - points[b]) < _MERGE:
                merge[a] = b
            else:
                edges.add((a, b))
        if both_sheets:
            faces += _stitch(pairs, edges)
    mesh = _compact(points, radii, edges, faces, merge)
    return _split_to(*mesh, spheres)


def sample_dense(
    mat: MedialMesh, rng: np.random.Generator, count: int = DENSE_POINTS
) -> NDArray[np.float32]:
    """Spread points (count, 3) float32 evenly over a medial mesh.

    An edge that borders no face weighs its length in units of the mean edge length, a face its
    area in units of that length squared.
    """
    sides = {tuple(e) for e in mat.faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2).tolist()}
    lone = np.array([e for e in mat.edges.tolist() if tuple(e) not in sides], np.int64)
    lone = lone.reshape(-1, 2)
    centers = mat.centers.astype(np.float64)
    unit = np.linalg.norm(
        centers[mat.all_edges[:, 0]] - centers[mat.all_edges[:, 1]], axis=1
    ).mean()
    length = np.linalg.norm(centers[lone[:, 0]] - centers[lone[:, 1]], axis=1) / unit
    a, b, c = (centers[mat.faces[:, i]] for i in range(3))
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1) / 2 / unit**2
    weight = np.cumsum(np.r_[length, area])
    pick = np.searchsorted(weight / weight[-1], (np.arange(count) + rng.random(count)) / count)
    pick = pick.clip(0, len(weight) - 1)
    along, across = rng.random((2, count, 1))
    corners = np.concatenate([lone[:, [0, 1, 1]], mat.faces]).astype(np.int64)[pick]
    on_edge = pick[:, None] < len(lone)
    fold = ~on_edge & (along + across > 1)
    along, across = np.where(fold, 1 - along, along), np.where(fold, 1 - across, across)
    across = np.where(on_edge, 0.0, across)
    p, q, s = (centers[corners[:, i]] for i in range(3))
    return np.asarray(p + along * (q - p) + across * (s - p), np.float32)


def _fine_samples(part: Curve | Sheet) -> tuple[Floats, Floats, Floats]:
    """Close samples of a part: points, radii, and for a curve the length at each."""
    if isinstance(part, Curve):
        total = part.lengths[-1]
        where = np.linspace(0, total, max(3, int(total / _FINE) + 1))
        return *part.at(where), where
    rows, columns = (max(3, int(size / _FINE) + 1) for size in part.sizes)
    points, radii = part.at(min(rows, 60), min(columns, 60))
    return points.reshape(-1, 3), radii.ravel(), np.empty(0)


def _find_joints(
    curves: list[Curve], sheets: list[Sheet]
) -> tuple[list[tuple[int, int]], list[list[float]]]:
    """Pairs of parts that touch (curves first), and the lengths where each curve is touched."""
    parts: list[Curve | Sheet] = [*curves, *sheets]
    fine = [_fine_samples(part) for part in parts]
    boxes = [((p - r[:, None]).min(0), (p + r[:, None]).max(0)) for p, r, _ in fine]
    trees = [cKDTree(p) for p, _, _ in fine]
    joints: list[tuple[int, int]] = []
    knots: list[list[float]] = [[] for _ in curves]
    for first in range(len(fine)):
        for second in range(first + 1, len(fine)):
            low = np.maximum(boxes[first][0], boxes[second][0])
            if (low > np.minimum(boxes[first][1], boxes[second][1]) + 0.01).any():
                continue
            points, radii, where = fine[first]
            distance, other = trees[second].query(points)
            reach = radii + fine[second][1][other]
            near = int(np.argmin(distance - reach))
            if distance[near] > 1.1 * reach[near] + 0.004:
                continue
            near = int(np.argmin(distance))
            joints.append((first, second))
            if first < len(curves):
                knots[first].append(float(where[near]))
            if second < len(curves):
                knots[second].append(float(fine[second][2][other[near]]))
    return joints, knots


def _runs(
    curve: Curve, knots: list[float], spacing: float
) -> tuple[list[tuple[float, float]], list[int]]:
    """A curve's runs between ends, corners and joints, and the number of edges of each."""
    kept = [0.0, float(curve.lengths[-1])]
    for where in [*curve.corners, *knots]:
        if min(abs(where - k) for k in kept) > 0.3 * spacing:
            kept.append(where)
    runs = list(pairwise(sorted(kept)))
    return runs, [max(1, round((b - a) / spacing)) for a, b in runs]


def _sheet_counts(sheet: Sheet, spacing: float) -> tuple[int, int]:
    along, across = sheet.sizes
    rows = max(6, round(along / spacing)) if sheet.closed else max(2, round(along / spacing) + 1)
    return rows, max(2, round(across / spacing) + 1)


def _find_spacing(
    curves: list[Curve], sheets: list[Sheet], knots: list[list[float]], spheres: int
) -> float:
    """The finest spacing that needs no more than the given number of spheres."""
    fine, coarse = 0.004, 0.6
    for _ in range(16):
        middle = (fine * coarse) ** 0.5
        count = sum(sum(_runs(c, k, middle)[1]) + 1 for c, k in zip(curves, knots, strict=True))
        count += sum(rows * columns for rows, columns in (_sheet_counts(s, middle) for s in sheets))
        if count <= spheres:
            coarse = middle
        else:
            fine = middle
    if coarse == 0.6:
        raise ValueError(f"{len(curves)} curves and {len(sheets)} sheets exceed {spheres} spheres")
    return coarse


def _sample_curve(curve: Curve, knots: list[float], spacing: float) -> _Sample:
    runs, counts = _runs(curve, knots, spacing)
    parts = [np.linspace(a, b, n, endpoint=False) for (a, b), n in zip(runs, counts, strict=True)]
    points, radii = curve.at(np.concatenate([*parts, [runs[-1][1]]]))
    index = np.arange(len(radii))
    edges = np.stack([index[:-1], index[1:]], 1)
    return _Sample(points, radii, edges, np.empty((0, 3), np.int64))


def _sample_sheet(sheet: Sheet, spacing: float) -> _Sample:
    """A grid of spheres; the diagonals of its cells alternate, to prefer no direction."""
    rows, columns = _sheet_counts(sheet, spacing)
    points, radii = sheet.at(rows, columns)
    index = np.arange(rows * columns).reshape(rows, columns)
    wrapped = np.concatenate([index, index[:1]]) if sheet.closed else index
    faces = []
    for i in range(len(wrapped) - 1):
        for j in range(columns - 1):
            a, b, c, d = wrapped[i, j], wrapped[i + 1, j], wrapped[i + 1, j + 1], wrapped[i, j + 1]
            faces += [(a, b, c), (a, c, d)] if (i + j) % 2 else [(a, b, d), (b, c, d)]
    triangles = np.array(faces, np.int64)
    edges = np.unique(
        np.sort(triangles[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2), axis=1), axis=0
    )
    return _Sample(points.reshape(-1, 3), radii.ravel(), edges, triangles)


def _link(
    first: _Sample, second: _Sample, spacing: float, both_sheets: bool
) -> list[tuple[int, int]]:
    """Local index pairs to join: the closest, and for two sheets all that are close."""
    distance, other = cKDTree(second.points).query(first.points)
    closest = int(np.argmin(distance))
    pairs = [(closest, int(other[closest]))]
    if both_sheets:
        _, back = cKDTree(first.points).query(second.points)
        limit = max(0.75 * spacing, 1.05 * float(distance[closest]))
        mutual = (back[other] == np.arange(len(other))) & (distance < limit)
        reach = first.radii + second.radii[other]
        mutual &= distance < 1.1 * reach + 0.75 * spacing
        pairs += [(int(i), int(other[i])) for i in np.flatnonzero(mutual) if i != closest]
    return pairs


def _stitch(
    pairs: list[tuple[int, int]], edges: set[tuple[int, int]]
) -> list[tuple[int, int, int]]:
    """Faces between neighbouring joints of two sheets."""
    known = {tuple(sorted(e)) for e in edges}
    faces = []
    for n, (a, b) in enumerate(pairs):
        for c, d in pairs[n + 1 :]:
            if tuple(sorted((a, c))) in known and tuple(sorted((b, d))) in known:
                faces += [(a, b, c), (b, c, d)]
                edges.add((b, c))
    return faces


def _compact(
    points: Floats,
    radii: Floats,
    edges: set[tuple[int, int]],
    faces: list[tuple[int, ...]],
    merge: dict[int, int],
) -> tuple[Floats, Floats, set[tuple[int, int]], list[tuple[int, ...]]]:
    """Replace merged spheres by the ones they coincide with and drop them."""

    def root(i: int) -> int:
        while i in merge:
            i = merge[i]
        return i

    target = np.array([root(i) for i in range(len(radii))])
    radii = radii.copy()
    np.maximum.at(radii, target, radii)
    kept = np.unique(target)
    index = np.searchsorted(kept, target)
    moved = {tuple(sorted((int(index[a]), int(index[b])))) for a, b in edges}
    solid = {tuple(sorted(int(index[i]) for i in f)) for f in faces}
    return (
        points[kept],
        radii[kept],
        {(e[0], e[1]) for e in moved if e[0] != e[1]},
        [f for f in sorted(solid) if len(set(f)) == 3],
    )


def _split_to(
    points: Floats,
    radii: Floats,
    edges: set[tuple[int, int]],
    faces: list[tuple[int, ...]],
    spheres: int,
) -> MedialMesh:
    """Halve the longest edges until there are enough spheres."""
    for new in range(len(radii), spheres):
        pairs = np.array(sorted(edges))
        longest = int(np.argmax(np.linalg.norm(points[pairs[:, 0]] - points[pairs[:, 1]], axis=1)))
        a, b = (int(i) for i in pairs[longest])
        points = np.concatenate([points, (points[a] + points[b])[None] / 2])
        radii = np.append(radii, (radii[a] + radii[b]) / 2)
        edges = (edges - {(a, b)}) | {(a, new), (b, new)}
        for face in [f for f in faces if a in f and b in f]:
            (apex,) = set(face) - {a, b}
            faces = [f for f in faces if f != face]
            faces += [tuple(sorted((a, apex, new))), tuple(sorted((b, apex, new)))]
            edges.add((apex, new))
    return MedialMesh(
        points.astype(np.float32),
        radii.astype(np.float32),
        np.array(sorted(edges), np.int32),
        np.array(faces, np.int32).reshape(-1, 3),
    )
