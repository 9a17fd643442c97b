"""Checks of a mesh: closed, manifold, pieces, genus, volume; crossings and walls. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.surface.box_tree import Indices
from immat_core.surface.intersections import self_intersections
from immat_core.surface.mesh import SurfaceMesh
from immat_core.surface.wall_thickness import smallest_thickness

__all__ = [
    "SurfaceReport",
    "check_polygons",
    "check_surface",
    "self_intersections",
    "smallest_thickness",
]


@dataclass(frozen=True)
class SurfaceReport:
    """What is true of a mesh.

    Attributes
    ----------
    vertices, faces
        How many there are.
    closed
        Whether every side of a face is passed as often in one direction as in the other.
    edge_manifold
        Whether no edge has more than two faces, nor two that are wound against one another. An
        open border is allowed.
    vertex_manifold
        Whether the faces around every vertex hang together by their edges: a ring or a fan.
    manifold
        All three: every edge has exactly two faces, wound alike, and the faces around every vertex
        form a single ring.
    components
        Pieces that are connected by edges.
    genus
        Handles of all pieces together; None for a mesh that is not manifold.
    volume
        Enclosed volume in cubed units, above 0 when wound outwards.
    self_intersections
        Pairs of triangles that cross (:func:`self_intersections`); None where not asked for.
    smallest_thickness
        Of the thinnest wall (:func:`smallest_thickness`); None where not asked for, or where there
        is no wall.
    """

    vertices: int
    faces: int
    closed: bool
    edge_manifold: bool
    vertex_manifold: bool
    manifold: bool
    components: int
    genus: int | None
    volume: float
    self_intersections: int | None = None
    smallest_thickness: float | None = None


def check_surface(mesh: SurfaceMesh, *, full: bool = False) -> SurfaceReport:
    """Check a surface; see :func:`check_polygons`."""
    return check_polygons(mesh.vertices, mesh.faces, full=full)


def check_polygons(
    vertices: NDArray[np.floating[Any]], faces: NDArray[np.integer[Any]], *, full: bool = False
) -> SurfaceReport:
    """Check a mesh of triangles or quads.

    Parameters
    ----------
    vertices
        (n, 3). One that no face uses counts as a vertex and as nothing else.
    faces
        (f, 3) or (f, 4); a quad is measured as two triangles, split from its first corner.
    full
        Count self-intersections and measure the smallest thickness too: about 20 microseconds a
        triangle.
    """
    used, compact = np.unique(faces, return_inverse=True)
    corners: Indices = compact.reshape(faces.shape).astype(np.int64)
    start, end = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
    forward, backward = start * len(used) + end, end * len(used) + start
    order = np.argsort(forward, kind="stable")
    ordered = forward[order]
    closed = bool(np.array_equal(ordered, np.sort(backward)) and (start != end).all())
    single = bool((np.diff(ordered) > 0).all())
    edge_manifold = single and bool((start != end).all())
    if closed and edge_manifold:
        vertex_manifold = _one_ring(corners, start, order, ordered, backward)
    else:
        vertex_manifold = _hang_together(corners, start, end)
    manifold = closed and edge_manifold and vertex_manifold
    components = _components(len(used), start, end)
    euler = len(used) - len(forward) // 2 + len(corners)
    points = vertices[used].astype(np.float64)
    triangles = _triangles(corners) if full else None
    return SurfaceReport(
        vertices=len(vertices),
        faces=len(corners),
        closed=closed,
        edge_manifold=edge_manifold,
        vertex_manifold=vertex_manifold,
        manifold=manifold,
        components=components,
        genus=components - euler // 2 if manifold else None,
        volume=_volume(points, corners),
        self_intersections=None if triangles is None else self_intersections(points, triangles),
        smallest_thickness=None if triangles is None else smallest_thickness(points, triangles),
    )


def _one_ring(
    corners: Indices, start: Indices, order: Indices, ordered: Indices, backward: Indices
) -> bool:
    """Whether the corners at each vertex form one cycle, walked from face to face."""
    twin = order[np.searchsorted(ordered, backward)]
    half_edges = np.arange(corners.size).reshape(corners.shape)
    following = twin[np.roll(half_edges, 1, axis=1).ravel()]
    least = np.arange(corners.size)
    while True:
        # Each round doubles how far along its cycle every corner has looked.
        lower = np.minimum(least, least[following])
        if np.array_equal(lower, least):
            break
        least, following = lower, following[following]
    rings = np.count_nonzero(least == np.arange(corners.size))
    return bool(rings == len(np.unique(start)))


def _hang_together(corners: Indices, start: Indices, end: Indices) -> bool:
    """Whether the corners at each vertex are joined by the edges that their faces share."""
    edge = np.minimum(start, end) * (int(corners.max(initial=0)) + 1) + np.maximum(start, end)
    order = np.argsort(edge, kind="stable")
    one, two = order[:-1], order[1:]
    same = edge[one] == edge[two]
    one, two = one[same], two[same]
    # Half-edge h starts at corner h; the next corner of its face is where it ends.
    following = np.roll(np.arange(corners.size).reshape(corners.shape), -1, axis=1).ravel()
    turned = start[one] == start[two]
    joined = _components(
        corners.size,
        np.concatenate([one, following[one]]),
        np.concatenate(
            [np.where(turned, two, following[two]), np.where(turned, following[two], two)]
        ),
    )
    return joined == len(np.unique(start))


def _components(count: int, start: Indices, end: Indices) -> int:
    """Number of connected components of ``count`` vertices (hooking and pointer jumping)."""
    root = np.arange(count)
    while True:
        one, two = root[start], root[end]
        apart = one != two
        if not apart.any():
            return int(np.count_nonzero(root == np.arange(count)))
        one, two = one[apart], two[apart]
        np.minimum.at(root, np.maximum(one, two), np.minimum(one, two))
        while not np.array_equal(root, root[root]):
            root = root[root]


def _triangles(corners: Indices) -> Indices:
    """(t, 3): each face as a fan from its first corner."""
    fans = [corners[:, [0, i, i + 1]] for i in range(1, corners.shape[1] - 1)]
    triangles: Indices = np.stack(fans, axis=1).reshape(-1, 3)
    return triangles


def _volume(vertices: NDArray[np.float64], corners: Indices) -> float:
    """By the divergence theorem."""
    if not len(corners):
        return 0.0
    a, b, c = (vertices - vertices.mean(0))[_triangles(corners)].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum()) / 6
