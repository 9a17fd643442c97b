"""Topology labels by geometry: which candidate edges and faces belong to the true medial mesh.

Spheres that were moved or predicted have no partner in the true mesh, so they cannot inherit its
edges. A connection is right when it runs along the true skeleton and no other sphere stands in
between: an edge when the ball around it is empty (Gabriel's condition) or a right face has it as
a side; a face when the smallest sphere through its corners is empty (Delaunay's condition in the
sheet). On a curve this gives the chain, on a sheet its triangulation.
"""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.data import ShapeFolder

_SLIVER = 0.15
"""Least height of a face over its longest side."""

_INSIDE = np.array(
    [[a, b, 4 - a - b] for a in range(5) for b in range(5 - a)], np.float32
) / np.float32(4)
"""Barycentric coordinates of the points that stand for a face."""

_SHRINK = 0.97
"""Factor on the radius of balls that must be empty, so that four points of a square do not block
both of its diagonals by rounding."""


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A true medial mesh, ready to be asked whether a connection follows it.

    Attributes
    ----------
    centers
        (n, 3) float32, true centres.
    samples
        (m, 3) float32, points all over the skeleton.
    on_sheet
        (m,) bool, which of them lie on a medial face.
    linked
        (n, n) bool, which true spheres are at most ``HOPS`` edges apart.
    spacing
        Mean distance of a true centre to its nearest, at least 0.02.
    """

    centers: NDArray[np.float32]
    samples: NDArray[np.float32]
    on_sheet: NDArray[np.bool_]
    linked: NDArray[np.bool_]
    spacing: float


@dataclass(frozen=True)
class LabelRule:
    """When a connection counts as following the skeleton; lengths in units of the true spacing.

    Attributes
    ----------
    tolerance
        How far its inner points may lie off the skeleton where its ends lie on it.
    end_share
        Share of the ends' own distance that is added to that.
    farthest_end
        A sphere farther off the skeleton than this is connected to nothing.
    longest
        Longest connection.
    """

    tolerance: float = 0.35
    end_share: float = 0.8
    farthest_end: float = 2.0
    longest: float = 4.0


HOPS = 3


def make_skeleton(folder: ShapeFolder, shape: int) -> Skeleton:
    """The true skeleton of one shape of a split."""
    centers = np.ascontiguousarray(folder.spheres[shape][:, :3])
    samples = np.ascontiguousarray(folder.dense[shape])
    edges, faces = folder.topology(shape)
    near = np.eye(len(centers), dtype=np.float32)
    sides = np.concatenate([edges, faces[:, :2], faces[:, 1:], faces[:, ::2]])
    near[sides[:, 0], sides[:, 1]] = near[sides[:, 1], sides[:, 0]] = 1
    reach = near
    for _ in range(HOPS - 1):
        reach = np.minimum(reach @ near, 1)
    spacing = float(cKDTree(centers).query(centers, 2)[0][:, 1].mean())
    on_sheet = np.zeros(len(samples), bool)
    if len(faces):
        corners = centers[faces]
        inside = np.concatenate([np.einsum("k,fkd->fd", w, corners) for w in _INSIDE])
        on_sheet = cKDTree(inside).query(samples)[0] < 0.35 * spacing
    return Skeleton(centers, samples, on_sheet, reach > 0, max(spacing, 0.02))


def label_topology(
    centers: NDArray[np.float32],
    sparse: NDArray[np.int64],
    skeleton: Skeleton,
    rule: LabelRule | None = None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Labels of all candidates of one shape.

    Parameters
    ----------
    centers
        (N, 3) float32, the spheres' centres, moved or predicted.
    sparse
        (N, K) int64, each sphere's neighbours.
    skeleton
        The true one.
    rule
        None for the default one.

    Returns
    -------
    edges
        (N, K) bool.
    faces
        (N, K, K) bool, symmetric; the face of sphere i and its neighbours j and k.
    """
    rule = rule or LabelRule()
    centers = np.ascontiguousarray(centers, np.float32)
    owner = cKDTree(skeleton.centers).query(centers)[1]
    away = cKDTree(skeleton.samples).query(centers)[0]
    linked = skeleton.linked[owner][:, owner] & (away < rule.farthest_end * skeleton.spacing)
    linked &= linked.T
    follows = _following(centers, away, linked, skeleton, rule)
    gabriel = _empty_pairs(centers, follows, linked)
    neighbours = np.ascontiguousarray(sparse, np.int64)
    faces = _empty_triangles(centers, neighbours, follows, linked)
    _keep_on_sheet(faces, centers, neighbours, away, skeleton, rule)
    sides = _sides(faces, neighbours, len(centers))
    rows = np.arange(len(centers))[:, None]
    edges = gabriel[rows, neighbours] | sides[rows, neighbours]
    return edges, faces


def _following(
    centers: NDArray[np.float32],
    away: NDArray[np.float64],
    linked: NDArray[np.bool_],
    skeleton: Skeleton,
    rule: LabelRule,
) -> NDArray[np.bool_]:
    """(N, N) bool: pairs whose segment stays at the skeleton."""
    first, second = np.nonzero(np.triu(linked, 1))
    short = np.linalg.norm(centers[first] - centers[second], axis=1)
    keep = short < rule.longest * skeleton.spacing
    first, second = first[keep], second[keep]
    allowed = rule.tolerance * skeleton.spacing + rule.end_share * np.maximum(
        away[first], away[second]
    )
    tree = cKDTree(skeleton.samples)
    good = np.ones(len(first), bool)
    for share in (0.5, 0.25, 0.75):
        # The three sample points in order of how much they throw out.
        alive = np.nonzero(good)[0]
        a, b = centers[first[alive]], centers[second[alive]]
        good[alive] = tree.query((1 - share) * a + share * b)[0] < allowed[alive]
    follows = np.zeros_like(linked)
    follows[first[good], second[good]] = True
    return follows | follows.T


@numba.njit(cache=True)
def _blocked(
    centers: NDArray[np.float32],
    linked: NDArray[np.bool_],
    i: int,
    j: int,
    k: int,
    middle: NDArray[np.float32],
    limit: float,
) -> bool:
    # Whether another sphere of the same part lies in the ball; k is i for a pair.
    for m in range(len(centers)):
        if m in (i, j, k) or not (linked[m, i] or linked[m, j] or linked[m, k]):
            continue
        # Written out: an array expression would allocate in the innermost loop.
        x, y, z = centers[m, 0] - middle[0], centers[m, 1] - middle[1], centers[m, 2] - middle[2]
        if x * x + y * y + z * z < limit:
            return True
    return False


@numba.njit(cache=True)
def _empty_pairs(
    centers: NDArray[np.float32], follows: NDArray[np.bool_], linked: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    n = len(centers)
    empty = np.zeros((n, n), np.bool_)
    for i in range(n):
        for j in range(i + 1, n):
            if follows[i, j]:
                middle = (centers[i] + centers[j]) / 2
                limit = ((centers[i] - middle) ** 2).sum() * _SHRINK**2
                free = not _blocked(centers, linked, i, j, i, middle, limit)
                empty[i, j] = empty[j, i] = free
    return empty


@numba.njit(cache=True)
def _circumcenter(
    a: NDArray[np.float32], b: NDArray[np.float32], c: NDArray[np.float32]
) -> tuple[NDArray[np.float32], float, float]:
    # Returns centre, squared radius and height over longest side.
    u, v = b - a, c - a
    normal = np.cross(u, v)
    area = (normal**2).sum()
    uu, vv = (u**2).sum(), (v**2).sum()
    longest = max(uu, vv, ((b - c) ** 2).sum())
    if area <= 1e-18:
        return a, 0.0, 0.0
    offset = (uu * np.cross(v, normal) + vv * np.cross(normal, u)) / np.float32(2 * area)
    return a + offset, (offset**2).sum(), np.sqrt(area) / longest


@numba.njit(cache=True)
def _empty_triangles(
    centers: NDArray[np.float32],
    sparse: NDArray[np.int64],
    follows: NDArray[np.bool_],
    linked: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    n, size = sparse.shape
    empty = np.zeros((n, size, size), np.bool_)
    for i in range(n):
        for a in range(size):
            j = sparse[i, a]
            for b in range(a + 1, size):
                k = sparse[i, b]
                if not (follows[i, j] and follows[i, k] and follows[j, k]):
                    continue
                # Ascending, so that each of its three corners finds the same in float32.
                low, high = min(i, j, k), max(i, j, k)
                middle, square, height = _circumcenter(
                    centers[low], centers[i + j + k - low - high], centers[high]
                )
                limit = square * _SHRINK**2
                free = height >= _SLIVER and not _blocked(centers, linked, i, j, k, middle, limit)
                empty[i, a, b] = empty[i, b, a] = free
    return empty


def _keep_on_sheet(
    faces: NDArray[np.bool_],
    centers: NDArray[np.float32],
    sparse: NDArray[np.int64],
    away: NDArray[np.float64],
    skeleton: Skeleton,
    rule: LabelRule,
) -> None:
    """Drop, in place, faces whose middle is not at a true medial face."""
    i, a, b = np.nonzero(faces)
    sheet = skeleton.samples[skeleton.on_sheet]
    if not len(sheet):
        faces[:] = False
        return
    corners = np.stack([i, sparse[i, a], sparse[i, b]], 1)
    allowed = rule.tolerance * skeleton.spacing + rule.end_share * away[corners].max(1)
    far = cKDTree(sheet).query(centers[corners].mean(1))[0] >= allowed
    faces[i[far], a[far], b[far]] = False


def _sides(faces: NDArray[np.bool_], sparse: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    i, a, b = np.nonzero(faces)
    sides = np.zeros((count, count), bool)
    j, k = sparse[i, a], sparse[i, b]
    for p, q in ((i, j), (i, k), (j, k)):
        sides[p, q] = sides[q, p] = True
    return sides
