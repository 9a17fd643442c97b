"""A true medial mesh, finely divided, and which of its places belong to which of other spheres.

Spheres that were moved or predicted have no partner in the true mesh. So they share it out: every
place of it belongs to the sphere whose foot on it is nearest, reached on the mesh itself (Voronoi
cells; two sheets side by side do not mix). Where two cells touch, two spheres are neighbours;
where three meet, three are. That is the restricted Delaunay triangulation (Edelsbrunner and Shah,
"Triangulating topological spaces", 1994): it turns no diagonal of the true mesh into a truth, keeps
its junctions and its holes, and reaches from end to end of it.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

ROUNDS = 2
"""How often each side is halved: a true face becomes 16, so a cell has about 20 places."""


@dataclass(frozen=True, eq=False)
class MedialComplex:
    """A divided medial mesh.

    Attributes
    ----------
    points
        (m, 3) float64, the true centres first, then what divides the sides.
    triangles
        (t, 3) int64. A piece of a curve is (a, b, b), a lone sphere (a, a, a).
    on_sheet
        (t,) bool, which are no pieces of curves.
    first, around
        (m + 1,) and (s,) int64: ``around[first[p] : first[p + 1]]`` are the triangles at point p.
    tree
        Of the points.
    """

    points: Floats
    triangles: Indices
    on_sheet: NDArray[np.bool_]
    first: Indices
    around: Indices
    tree: cKDTree


def divide(centers: Floats, edges: Indices, faces: Indices, rounds: int = ROUNDS) -> MedialComplex:
    """Divide a medial mesh of (n, 3) centers, (e, 2) edges and (f, 3) faces."""
    points = np.asarray(centers, np.float64)
    sides = _unique_sides(faces, len(points))
    known = set(map(tuple, sides.tolist()))
    curves = [pair for pair in map(tuple, np.sort(edges, axis=1).tolist()) if pair not in known]
    triangles = np.asarray(faces, np.int64).reshape(-1, 3)
    lines = np.array(curves, np.int64).reshape(-1, 2)
    for _ in range(rounds):
        points, triangles, lines = _halved(points, triangles, lines)
    used = np.zeros(len(points), bool)
    used[triangles], used[lines] = True, True
    alone = np.nonzero(~used)[0]
    pieces = np.concatenate([triangles, lines[:, [0, 1, 1]], alone[:, None].repeat(3, 1)])
    owner = np.repeat(np.arange(len(pieces)), 3)
    order = np.argsort(pieces.ravel(), kind="stable")
    count = np.bincount(pieces.ravel(), minlength=len(points))
    return MedialComplex(
        points,
        pieces,
        np.arange(len(pieces)) < len(triangles),
        np.concatenate([[0], np.cumsum(count)]),
        owner[order],
        cKDTree(points),
    )


def _unique_sides(triangles: Indices, count: int) -> Indices:
    corners = np.asarray(triangles, np.int64).reshape(-1, 3)
    sides = np.sort(corners[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1)
    keys = np.unique(sides @ [count, 1])
    return np.stack([keys // count, keys % count], 1)


def _halved(points: Floats, triangles: Indices, lines: Indices) -> tuple[Floats, Indices, Indices]:
    """Each triangle in four and each line in two; shared sides share their middle."""
    count = len(points)
    sides = [triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]
    pairs = np.concatenate([*sides, lines])
    keys, place = np.unique(np.sort(pairs, axis=1) @ [count, 1], return_inverse=True)
    middles = (points[keys // count] + points[keys % count]) / 2
    place = place.reshape(-1) + count
    ab, bc, ca = np.split(place[: 3 * len(triangles)], 3)
    a, b, c = triangles.T
    middle = place[3 * len(triangles) :]
    quarters = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    return (
        np.concatenate([points, middles]),
        np.concatenate([np.stack(quarter, 1) for quarter in quarters]),
        np.concatenate([np.stack([lines[:, 0], middle], 1), np.stack([middle, lines[:, 1]], 1)]),
    )


def find_feet(mesh: MedialComplex, centers: Floats) -> tuple[Indices, Floats, Floats]:
    """The place of the mesh that is nearest to each sphere.

    Parameters
    ----------
    centers
        (n, 3).

    Returns
    -------
    tuple
        (n,) the triangle, (n, 3) the foot in it, and (n,) its distance. Looked for in the
        triangles around the nearest point, which on so fine a mesh is all but exact.
    """
    near = mesh.tree.query(centers)[1]
    return _find_feet(mesh.points, mesh.triangles, mesh.first, mesh.around, near, centers)


def share_out(mesh: MedialComplex, triangle: Indices, feet: Floats) -> Indices:
    """To which sphere each point of the mesh belongs, (m,); -1 where no sphere can reach.

    Parameters
    ----------
    triangle, feet
        (n,) and (n, 3), from :func:`find_feet`.
    """
    return _share_out(mesh.points, mesh.triangles, mesh.first, mesh.around, triangle, feet)


@numba.njit(cache=True)
def _foot(p: Floats, a: Floats, b: Floats, c: Floats) -> tuple[float, float, float]:
    # Ericson, "Real-Time Collision Detection", section 5.1.5; holds for (a, b, b), too.
    ab, ac, ap = b - a, c - a, p - a
    d1, d2 = (ab * ap).sum(), (ac * ap).sum()
    if d1 <= 0 and d2 <= 0:
        return a[0], a[1], a[2]
    bp = p - b
    d3, d4 = (ab * bp).sum(), (ac * bp).sum()
    if d3 >= 0 and d4 <= d3:
        return b[0], b[1], b[2]
    vc = d1 * d4 - d3 * d2
    if vc <= 0 and d1 >= 0 and d3 <= 0:
        q = a + d1 / (d1 - d3) * ab
        return q[0], q[1], q[2]
    cp = p - c
    d5, d6 = (ab * cp).sum(), (ac * cp).sum()
    if d6 >= 0 and d5 <= d6:
        return c[0], c[1], c[2]
    vb = d5 * d2 - d1 * d6
    if vb <= 0 and d2 >= 0 and d6 <= 0:
        q = a + d2 / (d2 - d6) * ac
        return q[0], q[1], q[2]
    va = d3 * d6 - d5 * d4
    if va <= 0 and d4 - d3 >= 0 and d5 - d6 >= 0:
        q = b + (d4 - d3) / (d4 - d3 + d5 - d6) * (c - b)
        return q[0], q[1], q[2]
    total = va + vb + vc
    q = a + vb / total * ab + vc / total * ac
    return q[0], q[1], q[2]


@numba.njit(cache=True)
def _find_feet(
    points: Floats,
    triangles: Indices,
    first: Indices,
    around: Indices,
    near: Indices,
    asked: Floats,
) -> tuple[Indices, Floats, Floats]:
    count = len(asked)
    found, feet, away = np.empty(count, np.int64), np.empty((count, 3)), np.empty(count)
    for i in range(count):
        best = np.inf
        for at in range(first[near[i]], first[near[i] + 1]):
            a, b, c = triangles[around[at]]
            x, y, z = _foot(asked[i], points[a], points[b], points[c])
            apart = (x - asked[i, 0]) ** 2 + (y - asked[i, 1]) ** 2 + (z - asked[i, 2]) ** 2
            if apart < best:
                best = apart
                found[i] = around[at]
                feet[i] = x, y, z
        away[i] = np.sqrt(best)
    return found, feet, away


@numba.njit(cache=True)
def _share_out(
    points: Floats,
    triangles: Indices,
    first: Indices,
    around: Indices,
    start: Indices,
    feet: Floats,
) -> Indices:
    # Dijkstra's order, but by the straight distance to the foot: the cells are those of the
    # plane on a flat sheet, and reach only what is connected.
    owner = np.full(len(points), -1, np.int64)
    best = np.full(len(points), np.inf)
    queue = [(0.0, 0, 0) for _ in range(0)]
    for i in range(len(feet)):
        for corner in triangles[start[i]]:
            apart = ((points[corner] - feet[i]) ** 2).sum()
            if apart < best[corner]:
                best[corner] = apart
                heapq.heappush(queue, (apart, corner, i))
    while len(queue) > 0:
        apart, at, i = heapq.heappop(queue)
        if owner[at] >= 0:
            continue
        owner[at] = i
        for t in range(first[at], first[at + 1]):
            for corner in triangles[around[t]]:
                if owner[corner] < 0:
                    x = points[corner, 0] - feet[i, 0]
                    y = points[corner, 1] - feet[i, 1]
                    z = points[corner, 2] - feet[i, 2]
                    far = x * x + y * y + z * z
                    if far < best[corner]:
                        best[corner] = far
                        heapq.heappush(queue, (far, corner, i))
    return owner
