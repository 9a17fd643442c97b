"""Exact distances to the triangles on the lattice points near them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import Cancelled
from immat_core.fit.triangle_distance import nearest_on_triangle
from immat_core.kernels import kernel

Floats = NDArray[np.float64]

BAND = 2.0
"""Half width in voxels; a shell at 0.72 voxels interpolates up to 1.72."""
CHUNK = 4096
"""Triangles between two questions whether to stop."""


@dataclass(frozen=True, eq=False)
class DistanceBand:
    """Distances on a lattice.

    Attributes
    ----------
    origin, voxel
        Lattice point (i, j, k) is at ``origin + voxel * (i, j, k)``.
    distance
        (nx, ny, nz) float64 in voxels, unsigned; ``BAND`` beyond the band.
    nearest
        (nx, ny, nz) int32, the nearest triangle, -1 beyond the band.
    """

    origin: Floats
    voxel: float
    distance: Floats
    nearest: NDArray[np.int32]


def distance_band(
    corners: Floats, voxel: float, pad: int = 4, should_cancel: Callable[[], bool] | None = None
) -> DistanceBand:
    """Rasterise triangles.

    Parameters
    ----------
    corners
        (t, 3, 3) float64.
    voxel
        Distance between lattice points.
    pad
        Empty layers around the triangles' box.

    Raises
    ------
    Cancelled
        When ``should_cancel`` said so.
    """
    low, high = corners.min((0, 1)), corners.max((0, 1))
    # The half keeps axis-aligned walls off the lattice, where they would be least exact.
    origin = low - (pad + 0.5) * voxel
    shape = np.ceil((high - low) / voxel).astype(int) + 2 * pad + 1
    squared = np.full(tuple(shape), BAND * BAND)
    nearest = np.full(tuple(shape), -1, np.int32)
    scaled = (corners - origin) / voxel
    for begin in range(0, len(scaled), CHUNK):
        if should_cancel is not None and should_cancel():
            raise Cancelled
        _rasterise(scaled, begin, min(begin + CHUNK, len(scaled)), BAND, squared, nearest)
    return DistanceBand(origin, voxel, np.sqrt(squared, out=squared), nearest)


@kernel
def _rasterise(
    corners: Floats,
    begin: int,
    end: int,
    band: float,
    squared: Floats,
    nearest: NDArray[np.int32],
) -> None:
    """Lower the squared distances around each triangle, in columns along its steepest axis."""
    point = np.empty(3)
    low = np.empty(3, np.int64)
    high = np.empty(3, np.int64)
    normal = np.empty(3)
    for triangle in range(begin, end):
        spots = corners[triangle]
        for axis in range(3):
            one, two = (axis + 1) % 3, (axis + 2) % 3
            u1, u2 = spots[1, one] - spots[0, one], spots[1, two] - spots[0, two]
            v1, v2 = spots[2, one] - spots[0, one], spots[2, two] - spots[0, two]
            normal[axis] = u1 * v2 - u2 * v1
            least = min(spots[0, axis], spots[1, axis], spots[2, axis])
            most = max(spots[0, axis], spots[1, axis], spots[2, axis])
            low[axis] = max(int(np.ceil(least - band)), 0)
            high[axis] = min(int(np.floor(most + band)), squared.shape[axis] - 1)
        deep = 0
        for axis in range(1, 3):
            if abs(normal[axis]) > abs(normal[deep]):
                deep = axis
        one, two = (deep + 1) % 3, (deep + 2) % 3
        size = np.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
        # The plane of a sliver is noise: there every point of the box is looked at.
        extent2 = 0.0
        for axis in range(3):
            extent2 += (high[axis] - low[axis]) ** 2
        steepest, reach = 1.0, 1e6
        if size > 1e-7 * extent2:
            steepest, reach = normal[deep], band * size / abs(normal[deep])
        for i in range(low[one], high[one] + 1):
            point[one] = i
            for j in range(low[two], high[two] + 1):
                point[two] = j
                slope = normal[one] * (i - spots[0, one]) + normal[two] * (j - spots[0, two])
                plane = spots[0, deep] - slope / steepest
                first = max(low[deep], int(np.ceil(max(plane - reach, -1.0))))
                last = min(high[deep], int(np.floor(min(plane + reach, 1e6))))
                _lower_column(point, deep, first, last, spots, triangle, squared, nearest)


@kernel
def _lower_column(
    point: Floats,
    deep: int,
    first: int,
    last: int,
    corners: Floats,
    triangle: int,
    squared: Floats,
    nearest: NDArray[np.int32],
) -> None:
    for k in range(first, last + 1):
        point[deep] = k
        x, y, z = nearest_on_triangle(point[0], point[1], point[2], corners)
        x -= point[0]
        y -= point[1]
        z -= point[2]
        distance2 = x * x + y * y + z * z
        at = int(point[0]), int(point[1]), int(point[2])
        if distance2 < squared[at]:
            squared[at] = distance2
            nearest[at] = triangle
