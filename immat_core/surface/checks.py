"""Checks of a mesh: closed, manifold, how many pieces, what genus, what volume. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.surface.mesh import SurfaceMesh

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class SurfaceReport:
    """What is true of a mesh.

    Attributes
    ----------
    vertices, faces
        How many there are.
    closed
        Whether every side of a face is passed as often in one direction as in the other.
    manifold
        Whether every edge has exactly two faces, wound alike, and the faces around every vertex
        form a single ring. Implies ``closed``.
    components
        Pieces that are connected by edges.
    genus
        Handles of all pieces together; None for a mesh that is not manifold.
    volume
        Enclosed volume in cubed units, above 0 when wound outwards.
    """

    vertices: int
    faces: int
    closed: bool
    manifold: bool
    components: int
    genus: int | None
    volume: float


def check_surface(mesh: SurfaceMesh) -> SurfaceReport:
    """Check a surface."""
    return check_polygons(mesh.vertices, mesh.faces)


def check_polygons(
    vertices: NDArray[np.floating[Any]], faces: NDArray[np.integer[Any]]
) -> SurfaceReport:
    """Check a mesh of triangles or quads.

    Parameters
    ----------
    vertices
        (n, 3). One that no face uses counts as a vertex and as nothing else.
    faces
        (f, 3) or (f, 4).
    """
    used, compact = np.unique(faces, return_inverse=True)
    corners: Indices = compact.reshape(faces.shape).astype(np.int64)
    start, end = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
    forward, backward = start * len(used) + end, end * len(used) + start
    order = np.argsort(forward, kind="stable")
    ordered = forward[order]
    closed = bool(np.array_equal(ordered, np.sort(backward)) and (start != end).all())
    single = bool((np.diff(ordered) > 0).all())
    manifold = closed and single and _one_ring(corners, start, order, ordered, backward)
    components = _components(len(used), start, end)
    euler = len(used) - len(forward) // 2 + len(corners)
    return SurfaceReport(
        vertices=len(vertices),
        faces=len(corners),
        closed=closed,
        manifold=manifold,
        components=components,
        genus=components - euler // 2 if manifold else None,
        volume=_volume(vertices[used].astype(np.float64), corners),
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


def _volume(vertices: NDArray[np.float64], corners: Indices) -> float:
    """By the divergence theorem, each face as a fan from its first corner."""
    if not len(corners):
        return 0.0
    points = vertices - vertices.mean(0)
    total = 0.0
    for i in range(1, corners.shape[1] - 1):
        a, b, c = points[corners[:, 0]], points[corners[:, i]], points[corners[:, i + 1]]
        total += float((a * np.cross(b, c)).sum()) / 6
    return total
