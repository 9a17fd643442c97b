"""Points that are far from one another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def farthest_points(points: Floats, count: int, seed: int = 0) -> Indices:
    """Rows of points, each the farthest from those before it (Gonzalez 1985).

    Parameters
    ----------
    points
        (n, d) float64.
    count
        How many; all rows when there are fewer.
    seed
        Chooses the first.
    """
    first = int(np.random.default_rng(seed).integers(len(points)))
    rows = np.empty(min(count, len(points)), np.int64)
    _choose(np.ascontiguousarray(points), first, rows)
    return rows


@kernel
def _choose(points: Floats, first: int, rows: Indices) -> None:
    count, size = points.shape
    nearest = np.full(count, np.inf)
    for turn in range(len(rows)):
        rows[turn] = first
        best = -1.0
        chosen = first
        for at in range(count):
            distance2 = 0.0
            for axis in range(size):
                distance2 += (points[at, axis] - points[chosen, axis]) ** 2
            if distance2 < nearest[at]:
                nearest[at] = distance2
            if nearest[at] > best:
                best = nearest[at]
                first = at
