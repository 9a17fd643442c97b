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
    several = bool(len(part)) and int(part.max()) > 0
    _label_each(
        points.astype(np.float32),
        normals.astype(np.float32),
        part,
        np.ascontiguousarray(columns[:, by_part]),
        np.searchsorted(spheres.part[by_part], np.arange(int(part.max(initial=0)) + 2)),
        np.float32(DISTANCE_WEIGHT),
        several,
        label,
        cost,
        second,
    )
    return Assignment(by_part[label], cost.astype(np.float64), second.astype(np.float64))


def fit_clusters(samples: Samples, label: Indices, balls: Floats) -> Floats:
    """Spheres (k, 4) moved to the least squares of their samples' costs."""
    fitted = balls.copy()
    _fit_each(samples.points, samples.normals, label, DISTANCE_WEIGHT, STEPS, DAMPING, fitted)
    return fitted


@kernel
def _label_each(
    points: Singles,
    normals: Singles,
    part: Indices,
    spheres: Singles,
    first: Indices,
    weight: np.float32,
    several: bool,
    label: Indices,
    cost: Singles,
    second: Singles,
) -> None:
    """The spheres come as columns, sorted by component; ``first`` says where each begins."""
    row = np.empty(spheres.shape[1], np.float32)
    begin, end = 0, spheres.shape[1]
    for at in range(len(points)):
        x, y, z = points[at, 0], points[at, 1], points[at, 2]
        nx, ny, nz = normals[at, 0], normals[at, 1], normals[at, 2]
        if several:
            begin, end = first[part[at]], first[part[at] + 1]
        # A loop without branches, which the compiler turns into vector instructions.
        for k in range(begin, end):
            dx, dy, dz = x - spheres[0, k], y - spheres[1, k], z - spheres[2, k]
            plane = nx * dx + ny * dy + nz * dz - spheres[3, k]
            ball = np.sqrt(dx * dx + dy * dy + dz * dz) - spheres[3, k]
            row[k] = plane * plane + weight * ball * ball
        best = np.float32(np.inf)
        next_best = np.float32(np.inf)
        chosen = begin
        for k in range(begin, end):
            value = row[k]
            if value < next_best:
                if value < best:
                    next_best = best
                    best = value
                    chosen = k
                else:
                    next_best = value
        label[at] = chosen
        cost[at] = best
        second[at] = min(next_best, np.float32(1.0))


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
