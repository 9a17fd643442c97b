"""Compiled loops over discs and cells; ``plain.py`` does the same in NumPy.

Lengths are in cells: cell (row, column) has its middle at (column + 0.5, row + 0.5).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

Doubles = NDArray[np.float64]
Indices = NDArray[np.int32]


@kernel("void(f8[:,::1], f8, f8[:,::1])")
def lower_to_discs(discs: Doubles, reach: float, field: Doubles) -> None:
    """Lower ``field`` (rows, columns) to the signed distances of (n, 3) discs, up to ``reach``."""
    rows, columns = field.shape
    for disc in range(len(discs)):
        x, y, radius = discs[disc, 0], discs[disc, 1], discs[disc, 2]
        far = radius + reach
        top, bottom = max(int(np.ceil(y - far - 0.5)), 0), min(int(y + far + 0.5), rows)
        left, right = max(int(np.ceil(x - far - 0.5)), 0), min(int(x + far + 0.5), columns)
        for row in range(top, bottom):
            up = row + 0.5 - y
            for column in range(left, right):
                along = column + 0.5 - x
                distance = np.sqrt(along * along + up * up) - radius
                field[row, column] = min(field[row, column], distance)


@kernel("UniTuple(f8, 2)(f8, f8, f8[:,::1], i4, i4)")
def cone_distance(
    x: float, y: float, discs: Doubles, first: int, second: int
) -> tuple[float, float]:
    """Signed distance to the hull of two discs, and the share of the way from first to second."""
    ax, ay, ar = discs[first, 0], discs[first, 1], discs[first, 2]
    sx, sy, shrink = discs[second, 0] - ax, discs[second, 1] - ay, ar - discs[second, 2]
    length = np.sqrt(sx * sx + sy * sy)
    if length <= abs(shrink):
        if shrink < 0:
            return np.hypot(x - ax - sx, y - ay - sy) - ar + shrink, 1.0
        return np.hypot(x - ax, y - ay) - ar, 0.0
    sx, sy = sx / length, sy / length
    along = (x - ax) * sx + (y - ay) * sy
    away = abs((y - ay) * sx - (x - ax) * sy)
    foot = along - away * shrink / np.sqrt((length - shrink) * (length + shrink))
    foot = min(max(foot, 0.0), length)
    rest = along - foot
    distance = np.sqrt(rest * rest + away * away) - ar + shrink * foot / length
    return distance, foot / length


@kernel("void(f8[:,::1], i4[:,::1], u1[:,::1])")
def mark_cones(discs: Doubles, ends: Indices, covered: NDArray[np.uint8]) -> None:
    """Set to 1 the cells whose middles lie in the hull of a pair (m, 2) of discs."""
    rows, columns = covered.shape
    for cone in range(len(ends)):
        i, j = ends[cone, 0], ends[cone, 1]
        left = min(discs[i, 0] - discs[i, 2], discs[j, 0] - discs[j, 2])
        right = max(discs[i, 0] + discs[i, 2], discs[j, 0] + discs[j, 2])
        top = min(discs[i, 1] - discs[i, 2], discs[j, 1] - discs[j, 2])
        bottom = max(discs[i, 1] + discs[i, 2], discs[j, 1] + discs[j, 2])
        for row in range(max(int(top - 0.5), 0), min(int(bottom + 0.5) + 1, rows)):
            for column in range(max(int(left - 0.5), 0), min(int(right + 0.5) + 1, columns)):
                if covered[row, column] == 0:
                    distance, _ = cone_distance(column + 0.5, row + 0.5, discs, i, j)
                    if distance <= 0:
                        covered[row, column] = 1


@kernel("void(f8[:,::1], i4[:,::1], u1[:,::1])")
def mark_triangles(discs: Doubles, faces: Indices, covered: NDArray[np.uint8]) -> None:
    """Set to 1 the cells whose middles lie in the triangle of three (k, 3) discs' middles."""
    rows, columns = covered.shape
    for face in range(len(faces)):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        ax, ay, bx, by = discs[i, 0], discs[i, 1], discs[j, 0], discs[j, 1]
        cx, cy = discs[k, 0], discs[k, 1]
        turn = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        left, right = min(ax, min(bx, cx)), max(ax, max(bx, cx))
        top, bottom = min(ay, min(by, cy)), max(ay, max(by, cy))
        for row in range(max(int(top - 0.5), 0), min(int(bottom + 0.5) + 1, rows)):
            y = row + 0.5
            for column in range(max(int(left - 0.5), 0), min(int(right + 0.5) + 1, columns)):
                x = column + 0.5
                a = ((bx - ax) * (y - ay) - (by - ay) * (x - ax)) * turn
                b = ((cx - bx) * (y - by) - (cy - by) * (x - bx)) * turn
                c = ((ax - cx) * (y - cy) - (ay - cy) * (x - cx)) * turn
                if a >= 0 and b >= 0 and c >= 0 and turn != 0:
                    covered[row, column] = 1


@kernel("void(f8[:,::1], f8[:,::1], i4[:,::1], f8[::1], i8[::1], f8[::1])")
def nearest_cones(
    points: Doubles,
    discs: Doubles,
    ends: Indices,
    distance: Doubles,
    cone: NDArray[np.int64],
    share: Doubles,
) -> None:
    """Of each (p, 2) point the least signed distance to a pair's hull, its row and share."""
    for point in range(len(points)):
        best, row, way = np.inf, 0, 0.0
        for at in range(len(ends)):
            found, t = cone_distance(
                points[point, 0], points[point, 1], discs, ends[at, 0], ends[at, 1]
            )
            if found < best:
                best, row, way = found, at, t
        distance[point], cone[point], share[point] = best, row, way
