"""How many pairs of triangles of a mesh cross one another.

After Guigue and Devillers, "Fast and robust triangle-triangle overlap test using orientation
predicates" (Journal of Graphics Tools, 2003): signs of determinants, no constructed points.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.surface.box_tree import BoxTree, DoubleArray, Indices

ROUNDING = 2e-15
"""Bound of the rounding of a 3 x 3 determinant over the product of its rows' lengths; a
determinant below it counts as 0. (Shewchuk's bound is 7.8e-16 of the permanent, which is at most
twice that product. Differences of float32 coordinates are exact in float64.)"""
OTHERS = np.array([[1, 2], [2, 0], [0, 1]])
"""The corners after each corner of a triangle, in its order."""


def self_intersections(
    vertices: NDArray[np.floating[Any]], triangles: NDArray[np.integer[Any]]
) -> int:
    """Count the pairs of triangles that cross; see :func:`crossing_pairs`."""
    return len(crossing_pairs(vertices, triangles))


def crossing_pairs(
    vertices: NDArray[np.floating[Any]], triangles: NDArray[np.integer[Any]]
) -> Indices:
    """The pairs of triangles that cross, (p, 2).

    Two triangles cross when each passes through the plane of the other and they share a piece of
    the line between, or when they lie in one plane and share area. So triangles that merely touch,
    or that share a corner or a side as neighbours do, do not count; neighbours that fold through
    one another do. Triangles of no area never count. Touching is decided up to ``ROUNDING``.

    Parameters
    ----------
    vertices
        (n, 3).
    triangles
        (t, 3).
    """
    corners = vertices.astype(np.float64)[triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sides = np.linalg.norm(corners - np.roll(corners, -1, axis=1), axis=2)
    solid = np.linalg.norm(area, axis=1) > ROUNDING * sides[:, 0] * sides[:, 2]
    rows = np.flatnonzero(solid)
    if not len(rows):
        return np.empty((0, 2), np.int64)
    corners = corners[rows]
    tree = BoxTree(corners.min(1), corners.max(1))
    found = [_crossing(corners, one, two) for one, two in tree.meeting_pairs()]
    pairs: Indices = rows[np.concatenate([np.empty((0, 2), np.int64), *found])]
    return pairs


def _crossing(corners: DoubleArray, one: Indices, two: Indices) -> Indices:
    """Those of the pairs of rows that cross, (p, 2)."""
    first = _sides_of_plane(corners, one, two)
    kept = _straddles(first) | ~first.any(1)
    one, two, first = one[kept], two[kept], first[kept]
    second = _sides_of_plane(corners, two, one)
    cross = np.zeros(len(one), bool)
    through = np.flatnonzero(_straddles(first) & _straddles(second))
    flat = np.flatnonzero(~first.any(1) & ~second.any(1))
    cross[flat] = _overlap_in_plane(corners[one[flat]], corners[two[flat]])
    a, b = corners[one[through]], corners[two[through]]
    cross[through] = _overlap_on_line(a, b, first[through], second[through])
    return np.stack([one[cross], two[cross]], axis=1)


def _sides_of_plane(corners: DoubleArray, one: Indices, two: Indices) -> NDArray[np.int8]:
    """(p, 3) signs: on which side of the plane of ``two`` each corner of ``one`` lies."""
    plane = corners[two]
    return np.stack(
        [_orientation(plane[:, 0], plane[:, 1], plane[:, 2], corners[one, k]) for k in range(3)], 1
    )


def _straddles(signs: NDArray[np.int8]) -> NDArray[np.bool_]:
    straddles: NDArray[np.bool_] = (signs > 0).any(1) & (signs < 0).any(1)
    return straddles


def _orientation(
    a: DoubleArray, b: DoubleArray, c: DoubleArray, d: DoubleArray
) -> NDArray[np.int8]:
    """(n,) signs of det[b - a, c - a, d - a], above 0 where d is on the side of the normal."""
    ux, uy, uz = (b - a).T
    vx, vy, vz = (c - a).T
    wx, wy, wz = (d - a).T
    determinant = (uy * vz - uz * vy) * wx + (uz * vx - ux * vz) * wy + (ux * vy - uy * vx) * wz
    bound = (ux * ux + uy * uy + uz * uz) * (vx * vx + vy * vy + vz * vz)
    bound *= wx * wx + wy * wy + wz * wz
    sure = determinant * determinant > ROUNDING * ROUNDING * bound
    return np.where(sure, np.sign(determinant), 0).astype(np.int8)


def _overlap_on_line(
    one: DoubleArray, two: DoubleArray, first: NDArray[np.int8], second: NDArray[np.int8]
) -> NDArray[np.bool_]:
    """(p,) whether triangles that pass through each other's planes meet along the common line.

    ``first`` and ``second`` are the signs of their corners against the other's plane.
    """
    lone, up = _lone_corner(first)
    other_lone, other_up = _lone_corner(second)
    rows = np.arange(len(one))
    p, rest = one[rows, lone], one[rows[:, None], OTHERS[lone]]
    s, other_rest = two[rows, other_lone], two[rows[:, None], OTHERS[other_lone]]
    # Each lone corner must lie on the upper side of the other's plane: else that one is turned.
    rest = np.where(other_up[:, None, None], rest, rest[:, ::-1])
    other_rest = np.where(up[:, None, None], other_rest, other_rest[:, ::-1])
    near = _orientation(p, rest[:, 0], s, other_rest[:, 0]) < 0
    near &= _orientation(p, rest[:, 1], other_rest[:, 1], s) < 0
    return near


def _lone_corner(signs: NDArray[np.int8]) -> tuple[Indices, NDArray[np.bool_]]:
    """The corner that is alone on its side, and whether that is the upper side."""
    up = np.count_nonzero(signs > 0, axis=1) == 1
    lone = np.where(up, np.argmax(signs > 0, axis=1), np.argmax(signs < 0, axis=1))
    return lone, up


def _overlap_in_plane(one: DoubleArray, two: DoubleArray) -> NDArray[np.bool_]:
    """(p,) whether triangles in one plane share area: no side of either parts them."""
    normal = np.cross(one[:, 1] - one[:, 0], one[:, 2] - one[:, 0])
    apart = np.zeros(len(one), bool)
    for a, b in ((one, two), (two, one)):
        # The third point of each side's plane; the side's own triangle is on the lower side.
        turned = (np.cross(a[:, 1] - a[:, 0], a[:, 2] - a[:, 0]) * normal).sum(1) < 0
        lift = np.where(turned[:, None], -normal, normal)
        for k in range(3):
            start, end = a[:, k], a[:, (k + 1) % 3]
            sides = [_orientation(start, end, start + lift, b[:, i]) for i in range(3)]
            apart |= (np.stack(sides, 1) >= 0).all(1)
    return ~apart
