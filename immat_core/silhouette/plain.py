"""What ``kernels.py`` does, in NumPy: for where Numba is missing, and slower by a factor of ten."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from immat_core.envelope import Cones, cones
from immat_core.silhouette.discs import DoubleArray

CHUNK = 1 << 19
"""Distances computed at a time by :func:`nearest_cones`."""


def lower_to_discs(discs: DoubleArray, reach: float, field: DoubleArray) -> None:
    """Lower ``field`` (rows, columns) to the signed distances of (n, 3) discs, up to ``reach``."""
    far = discs[:, 2:] + reach
    low = np.ceil(discs[:, :2] - far - 0.5).astype(int).clip(0)
    high = (discs[:, :2] + far + 0.5).astype(int).clip(0)
    rows, columns = np.arange(field.shape[0]) + 0.5, np.arange(field.shape[1]) + 0.5
    for (x, y, radius), (left, top), (right, bottom) in zip(discs, low, high, strict=True):
        part = field[top:bottom, left:right]
        if part.size:
            up, along = rows[top:bottom, None] - y, columns[left:right] - x
            np.minimum(part, np.sqrt(along * along + up * up) - radius, out=part)


def mark_cones(discs: DoubleArray, ends: NDArray[np.int32], covered: NDArray[np.uint8]) -> None:
    """Set to 1 the cells whose middles lie in the hull of a pair (m, 2) of discs."""
    rods = _cones(discs, ends)
    low = (discs[ends, :2] - discs[ends, 2:]).min(1)
    high = (discs[ends, :2] + discs[ends, 2:]).max(1)
    for at, part, x, y in _boxes(low, high, covered):
        distance, _ = _to_cones(rods, at, x, y)
        part[distance <= 0] = 1


def mark_triangles(
    discs: DoubleArray, faces: NDArray[np.int32], covered: NDArray[np.uint8]
) -> None:
    """Set to 1 the cells whose middles lie in the triangle of three (k, 3) discs' middles."""
    corners = discs[faces, :2]
    sides = np.roll(corners, -1, axis=1) - corners
    turn = sides[:, 0, 0] * -sides[:, 2, 1] + sides[:, 0, 1] * sides[:, 2, 0]
    for at, part, x, y in _boxes(corners.min(1), corners.max(1), covered):
        if turn[at] == 0:
            continue
        inside = np.ones(part.shape, bool)
        for (ax, ay), (sx, sy) in zip(corners[at], sides[at], strict=True):
            inside &= (sx * (y - ay) - sy * (x - ax)) * turn[at] >= 0
        part[inside] = 1


def nearest_cones(
    points: DoubleArray,
    discs: DoubleArray,
    ends: NDArray[np.int32],
    distance: DoubleArray,
    cone: NDArray[np.int64],
    share: DoubleArray,
) -> None:
    """Of each (p, 2) point the least signed distance to a pair's hull, its row and share."""
    rods = _cones(discs, ends)
    step = max(1, CHUNK // max(len(ends), 1))
    for begin in range(0, len(points), step):
        part = slice(begin, begin + step)
        x, y = points[part, :1], points[part, 1:]
        found, way = _to_cones(rods, slice(None), x, y)
        cone[part] = best = found.argmin(1)
        rows = np.arange(len(best))
        distance[part], share[part] = found[rows, best], way[rows, best]
    # The envelope's rods start at the larger of two discs that hold one another.
    second = (rods.length == 0) & (discs[ends[:, 0], 2] < discs[ends[:, 1], 2])
    share[second[cone]] = 1.0


def _cones(discs: DoubleArray, ends: NDArray[np.int32]) -> Cones:
    """The hulls of pairs, as cones in the plane z = 0."""
    flat = np.concatenate([discs[:, :2], np.zeros((len(discs), 1))], axis=1)
    return cones(flat[ends], discs[ends, 2])


def _to_cones(
    rods: Cones, at: int | slice, x: DoubleArray, y: DoubleArray
) -> tuple[DoubleArray, DoubleArray]:
    """Distances and shares of the way; broadcasts over points and cones."""
    start, axis, length = rods.start[at], rods.axis[at], rods.length[at]
    dx, dy = x - start[..., 0], y - start[..., 1]
    along = dx * axis[..., 0] + dy * axis[..., 1]
    away = np.abs(dy * axis[..., 0] - dx * axis[..., 1])
    foot = np.clip(along - away * rods.shear[at], 0, length)
    distance = np.hypot(along - foot, away) - rods.radius[at] + rods.slope[at] * foot
    return distance, foot / np.where(length > 0, length, 1.0)


def _boxes(
    low: DoubleArray, high: DoubleArray, covered: NDArray[np.uint8]
) -> Iterator[tuple[int, NDArray[np.uint8], DoubleArray, DoubleArray]]:
    """Of each box its row, the cells in it, and these cells' middles (1, columns), (rows, 1)."""
    first = (low - 0.5).astype(int).clip(0)
    last = (high + 0.5).astype(int) + 1
    rows, columns = np.arange(covered.shape[0]) + 0.5, np.arange(covered.shape[1]) + 0.5
    for at, ((left, top), (right, bottom)) in enumerate(zip(first, last, strict=True)):
        part = covered[top : max(bottom, 0), left : max(right, 0)]
        if part.size:
            x, y = columns[None, left : max(right, 0)], rows[top : max(bottom, 0), None]
            yield at, part, x, y
