"""Which sphere each surface sample belongs to, and the sphere that fits a cluster best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

if TYPE_CHECKING:
    from immat_core.fit.medial_balls import Samples
    from immat_core.fit.variational import Spheres

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Indices = NDArray[np.int64]

DISTANCE_WEIGHT = 0.2
"""The lambda of the cost: how much the distance to the sphere counts beside that to its tangent
plane."""
CELLS = 24
"""Cells along the longest side of the points' box that are labelled together."""
STEPS = 4
DAMPING = 1e-3


@dataclass(frozen=True, eq=False)
class Assignment:
    """The sphere of least cost of each sample.

    Attributes
    ----------
    label
        (n,) int64, the sphere.
    cost, second
        (n,) float64, its cost and that of the next best sphere.
    """

    label: Indices
    cost: Floats
    second: Floats


def assign(samples: Samples, spheres: Spheres) -> Assignment:
    """Label samples with the spheres of their component."""
    return label_points(samples.points, samples.normals, samples.part, spheres)


def label_points(points: Floats, normals: Floats, part: Indices, spheres: Spheres) -> Assignment:
    """Label surface points, (n, 3) with normals, with the spheres of their component."""
    count = len(points)
    label = np.empty(count, np.int64)
    cost, second = np.empty(count, np.float32), np.empty(count, np.float32)
    columns = np.ascontiguousarray(spheres.balls.T, np.float32)
    by_part = np.argsort(spheres.part, kind="stable")
    owner = part if len(part) else np.zeros(count, np.int64)
    order, first = _by_part_and_cell(points, owner)
    _label_each(
        points.astype(np.float32),
        normals.astype(np.float32),
        order,
        first,
        owner,
        np.ascontiguousarray(columns[:, by_part]),
        np.searchsorted(spheres.part[by_part], np.arange(int(owner.max(initial=0)) + 2)),
        np.float32(DISTANCE_WEIGHT),
        label,
        cost,
        second,
    )
    return Assignment(by_part[label], cost.astype(np.float64), second.astype(np.float64))


def _by_part_and_cell(points: Floats, part: Indices) -> tuple[Indices, Indices]:
    """Rows of points (n, 3), those of a cell of a part together; where each begins, and the end."""
    if not len(points):
        return np.empty(0, np.int64), np.zeros(1, np.int64)
    low = points.min(0)
    side = max(float((points.max(0) - low).max()) / CELLS, 1e-12)
    cell = ((points - low) / side).astype(np.int64) @ np.array([(CELLS + 1) ** 2, CELLS + 1, 1])
    cell += part * (CELLS + 1) ** 3
    order = np.argsort(cell, kind="stable")
    first = np.flatnonzero(np.diff(cell[order], prepend=-1))
    return order, np.append(first, len(points))


def fit_clusters(samples: Samples, label: Indices, balls: Floats) -> Floats:
    """Spheres (k, 4) moved to the least squares of their samples' costs."""
    fitted = balls.copy()
    _fit_each(samples.points, samples.normals, label, DISTANCE_WEIGHT, STEPS, DAMPING, fitted)
    return fitted


@kernel
def _label_each(
    points: Singles,
    normals: Singles,
    order: Indices,
    first: Indices,
    part: Indices,
    spheres: Singles,
    begins: Indices,
    weight: np.float32,
    label: Indices,
    cost: Singles,
    second: Singles,
) -> None:
    """Cell by cell: most spheres are too far from a whole cell to be the best or the second.

    The spheres come as columns, sorted by component; ``begins`` says where each begins.
    """
    most = spheres.shape[1]
    near = np.empty((4, most), np.float32)
    names = np.empty(most, np.int64)
    gap, row = np.empty(most, np.float32), np.empty(most, np.float32)
    for cell in range(len(first) - 1):
        rows = order[first[cell] : first[cell + 1]]
        begin, end = begins[part[rows[0]]], begins[part[rows[0]] + 1]
        limit = _gaps(points, normals, rows, spheres, begin, end, weight, gap)
        found = 0
        for k in range(begin, end):
            if weight * gap[k] * gap[k] <= limit:
                for i in range(4):
                    near[i, found] = spheres[i, k]
                names[found] = k
                found += 1
        for at in rows:
            _costs(points[at], normals[at], near, 0, found, weight, row)
            best = np.float32(np.inf)
            next_best = np.float32(np.inf)
            chosen = 0
            for k in range(found):
                value = row[k]
                if value < next_best:
                    if value < best:
                        next_best = best
                        best = value
                        chosen = k
                    else:
                        next_best = value
            label[at] = names[chosen]
            cost[at] = best
            second[at] = min(next_best, np.float32(1.0))


@kernel
def _costs(
    point: Singles,
    normal: Singles,
    spheres: Singles,
    begin: int,
    end: int,
    weight: np.float32,
    row: Singles,
) -> None:
    """Fill ``row`` with the cost of each sphere for a point, without branches, as vectors."""
    x, y, z = point[0], point[1], point[2]
    nx, ny, nz = normal[0], normal[1], normal[2]
    for k in range(begin, end):
        dx, dy, dz = x - spheres[0, k], y - spheres[1, k], z - spheres[2, k]
        plane = nx * dx + ny * dy + nz * dz - spheres[3, k]
        ball = np.sqrt(dx * dx + dy * dy + dz * dz) - spheres[3, k]
        row[k] = plane * plane + weight * ball * ball


@kernel
def _gaps(
    points: Singles,
    normals: Singles,
    rows: Indices,
    spheres: Singles,
    begin: int,
    end: int,
    weight: np.float32,
    gap: Singles,
) -> np.float32:
    """Fill ``gap`` with the least distance from a cell's points to each ball.

    Returns a cost that the two best spheres of no point of the cell exceed: what the two balls
    that are nearest to the cell's middle cost at most.
    """
    count = np.float32(len(rows))
    x = y = z = np.float32(0)
    for at in rows:
        x += points[at, 0] / count
        y += points[at, 1] / count
        z += points[at, 2] / count
    square = np.float32(0)
    for at in rows:
        dx, dy, dz = points[at, 0] - x, points[at, 1] - y, points[at, 2] - z
        square = max(square, dx * dx + dy * dy + dz * dz)
    # a little more than the radius, for rounding must not rule a sphere out
    radius = np.sqrt(square) * np.float32(1.0001) + np.float32(1e-5)
    for k in range(begin, end):
        dx, dy, dz = x - spheres[0, k], y - spheres[1, k], z - spheres[2, k]
        gap[k] = np.abs(np.sqrt(dx * dx + dy * dy + dz * dz) - spheres[3, k])
    closest, next_closest = _two_least(gap, begin, end)
    for k in range(begin, end):
        gap[k] = max(gap[k] - radius, np.float32(0))
    if next_closest == closest:
        return np.float32(np.inf)
    limit = np.float32(0)
    cost = np.empty(1, np.float32)
    for at in rows:
        for k in (closest, next_closest):
            _costs(points[at], normals[at], spheres[:, k : k + 1], 0, 1, weight, cost)
            limit = max(limit, cost[0])
    return limit


@kernel
def _two_least(gap: Singles, begin: int, end: int) -> tuple[int, int]:
    """The rows of the least and the next value; the same twice where there is one alone."""
    least = following = begin
    for k in range(begin, end):
        if gap[k] < gap[least]:
            following = least
            least = k
        elif following == least or gap[k] < gap[following]:
            following = k
    return least, following


@kernel
def _fit_each(
    points: Floats,
    normals: Floats,
    label: Indices,
    weight: float,
    steps: int,
    damping: float,
    balls: Floats,
) -> None:
    """Damped Gauss-Newton on all spheres at once; a step is at most the sphere's radius."""
    count = len(balls)
    matrix = np.empty((count, 4, 4))
    right = np.empty((count, 4))
    for _ in range(steps):
        matrix[:] = 0.0
        right[:] = 0.0
        for at in range(len(points)):
            k = label[at]
            dx = points[at, 0] - balls[k, 0]
            dy = points[at, 1] - balls[k, 1]
            dz = points[at, 2] - balls[k, 2]
            nx, ny, nz = normals[at, 0], normals[at, 1], normals[at, 2]
            radius = balls[k, 3]
            plane = dx * nx + dy * ny + dz * nz - radius
            _add_row(nx, ny, nz, plane, 1.0, matrix[k], right[k])
            length = np.sqrt(dx * dx + dy * dy + dz * dz) + 1e-12
            ux, uy, uz = dx / length, dy / length, dz / length
            _add_row(ux, uy, uz, length - radius, weight, matrix[k], right[k])
        for k in range(count):
            _move(matrix[k], right[k], damping, balls[k])


@kernel
def _add_row(
    x: float, y: float, z: float, residual: float, weight: float, matrix: Floats, right: Floats
) -> None:
    """Add an equation with the coefficients (x, y, z, 1) to normal equations."""
    row = (x, y, z, 1.0)
    for i in range(4):
        right[i] += weight * row[i] * residual
        for j in range(i + 1):
            matrix[i, j] += weight * row[i] * row[j]


@kernel
def _move(matrix: Floats, right: Floats, damping: float, ball: Floats) -> None:
    trace = matrix[0, 0] + matrix[1, 1] + matrix[2, 2] + matrix[3, 3]
    if trace <= 0:
        return
    for i in range(4):
        matrix[i, i] += damping * trace
    solve_four(matrix, right)
    step = np.sqrt(right[0] ** 2 + right[1] ** 2 + right[2] ** 2 + right[3] ** 2)
    scale = min(1.0, max(ball[3], 0.02) / max(step, 1e-300))
    for i in range(4):
        ball[i] += scale * right[i]
    ball[3] = max(ball[3], 1e-4)


@kernel
def solve_four(matrix: Floats, right: Floats) -> None:
    """Solve a positive definite 4 x 4 system in place by Cholesky; the lower half is read."""
    for i in range(4):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            if i == j:
                matrix[i, i] = np.sqrt(max(total, 1e-300))
            else:
                matrix[i, j] = total / matrix[j, j]
    for i in range(4):
        for k in range(i):
            right[i] -= matrix[i, k] * right[k]
        right[i] /= matrix[i, i]
    for i in range(3, -1, -1):
        for k in range(i + 1, 4):
            right[i] -= matrix[k, i] * right[k]
        right[i] /= matrix[i, i]
