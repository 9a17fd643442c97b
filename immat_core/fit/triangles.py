"""Any mesh as a clean, centred list of triangles that are wound alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.errors import UserError
from immat_core.kernels import kernel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

MERGE_BITS = 20
"""Vertices that agree to this many bits of the diagonal are one."""
FLATTEST = 0.01
"""Volume over area to the power 1.5 under which a patch has no inside and stays as it is wound."""
SMALLEST, LARGEST = 1e-30, 1e30
"""Sizes that single precision can hold the result of."""


@dataclass(frozen=True, eq=False)
class Triangles:
    """Triangles in a frame where the bounding box is centred and its diagonal is 1.

    Attributes
    ----------
    corners
        (t, 3, 3) float64. Each patch of triangles is wound alike, outwards where it can be told.
    closed
        Whether every edge belongs to an even number of triangles, so that nothing can leak.
    center, size
        The input's point p is at ``(p - center) / size``.
    """

    corners: Floats
    closed: bool
    center: Floats
    size: float

    @property
    def area(self) -> float:
        """Area of all triangles together."""
        one, two = self.corners[:, 1] - self.corners[:, 0], self.corners[:, 2] - self.corners[:, 0]
        return float(np.linalg.norm(np.cross(one, two), axis=1).sum() / 2)


def clean_triangles(vertices: ArrayLike, faces: ArrayLike) -> Triangles:
    """Centre, weld and wind any triangles.

    Faces with a vertex that is not finite, with no area, or given twice are left out.

    Parameters
    ----------
    vertices
        (n, 3), any unit; those that no face uses do not matter.
    faces
        (f, 3) integer.

    Raises
    ------
    UserError
        When no face with an area is left, or the size is beyond what can be computed with.
    ValueError
        For arrays of another shape, or an index out of range.
    """
    points, corners = _checked(vertices, faces)
    corners = corners[np.isfinite(points[corners]).all((1, 2))]
    if not len(corners):
        raise UserError("the mesh has no faces", "Give one that has a surface")
    used = points[np.unique(corners)]
    low, high = used.min(0), used.max(0)
    with np.errstate(over="ignore"):
        size = float(np.linalg.norm(high - low))
    if not size <= LARGEST or (0 < size < SMALLEST):
        raise UserError(f"the mesh is {size:g} units large", "Scale it to a usual size")
    if size == 0 or size < 1e-14 * float(np.abs(used).max()):
        raise UserError("the mesh is a single point", "Give one that has a surface")
    center = low / 2 + high / 2
    scaled = np.where(np.isfinite(points), points - center, 0.0) / size
    welded, corners = _weld(scaled, corners)
    if not len(corners):
        raise UserError("the mesh has no area", "Give one that has a surface")
    wound, closed = _wind(welded, corners)
    return Triangles(np.ascontiguousarray(welded[wound]), closed, center, size)


def _checked(vertices: ArrayLike, faces: ArrayLike) -> tuple[Floats, Indices]:
    points, corners = np.asarray(vertices, np.float64), np.asarray(faces)
    if points.ndim != 2 or points.shape[1] != 3:
        raise ValueError(f"vertices must be (n, 3), not {points.shape}")
    if not corners.size:
        raise UserError("the mesh has no faces", "Give one that has a surface")
    if corners.ndim != 2 or corners.shape[1] != 3 or not np.issubdtype(corners.dtype, np.integer):
        raise ValueError(f"faces must be (f, 3) integers, not {corners.dtype} {corners.shape}")
    if corners.min() < 0 or corners.max() >= len(points):
        raise ValueError(f"a face names a vertex outside 0..{len(points) - 1}")
    return points, corners.astype(np.int64)


def _weld(points: Floats, corners: Indices) -> tuple[Floats, Indices]:
    """One vertex for all that agree; faces that lose their area or come twice are dropped."""
    used, compact = np.unique(corners, return_inverse=True)
    steps = np.round((points[used] + 0.5) * (1 << MERGE_BITS)).astype(np.int64)
    key = (steps[:, 0] << 42) + (steps[:, 1] << 21) + steps[:, 2]
    _, first, number = np.unique(key, return_index=True, return_inverse=True)
    welded, corners = points[used][first], number[compact.reshape(-1, 3)]
    ordered = np.sort(corners, axis=1)
    real = (ordered[:, 0] != ordered[:, 1]) & (ordered[:, 1] != ordered[:, 2])
    corners, ordered = corners[real], ordered[real]
    one, two = (welded[corners[:, k]] - welded[corners[:, 0]] for k in (1, 2))
    flat = (np.cross(one, two) != 0).any(1)
    corners, ordered = corners[flat], ordered[flat]
    _, kept = np.unique(_row_keys(ordered, len(welded)), return_index=True)
    return welded, corners[np.sort(kept)]


def _row_keys(rows: Indices, vertices: int) -> Indices:
    """(f,) int64, alike for equal rows; exact up to two million vertices, else dense ranks."""
    if vertices < 1 << 21:
        keys: Indices = (rows[:, 0] << 42) + (rows[:, 1] << 21) + rows[:, 2]
        return keys
    return np.unique(rows, axis=0, return_inverse=True)[1].reshape(-1)


def _wind(points: Floats, corners: Indices) -> tuple[Indices, bool]:
    """Wind each patch alike, outwards by its volume; and whether all edges are shared evenly."""
    start, end = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.argsort(low * len(points) + high, kind="stable")
    new = np.diff(low[order] * len(points) + high[order], prepend=-1) != 0
    first = np.flatnonzero(new)
    count = np.diff(first, append=len(order))
    one, two = order[first[count == 2]], order[first[count == 2] + 1]
    beside = np.full(len(order), -1, np.int64)
    beside[one], beside[two] = two, one
    turned = np.zeros(len(order), np.bool_)
    turned[one] = turned[two] = start[one] == start[two]
    patch = np.full(len(corners), -1, np.int64)
    flip = np.zeros(len(corners), np.bool_)
    patches = _walk(beside, turned, patch, flip)
    wound = np.where(flip[:, None], corners[:, ::-1], corners)
    spots = points[wound]
    share = np.bincount(patch, minlength=patches)
    middle = np.stack([np.bincount(patch, spots[:, :, k].mean(1)) / share for k in range(3)], 1)
    spots = spots - middle[patch][:, None]
    volume = np.einsum("ij,ij->i", spots[:, 0], np.cross(spots[:, 1], spots[:, 2]))
    cross = np.cross(spots[:, 1] - spots[:, 0], spots[:, 2] - spots[:, 0])
    area = np.bincount(patch, np.linalg.norm(cross, axis=1))
    inward = np.bincount(patch, volume) < -FLATTEST * area**1.5
    return np.where(inward[patch][:, None], wound[:, ::-1], wound), bool((count % 2 == 0).all())


@kernel
def _walk(
    beside: Indices, turned: NDArray[np.bool_], patch: Indices, flip: NDArray[np.bool_]
) -> int:
    """Number the patches that triangles form over edges of two; say which triangles to flip."""
    stack = np.empty(len(patch), np.int64)
    patches = 0
    for seed in range(len(patch)):
        if patch[seed] >= 0:
            continue
        patch[seed] = patches
        stack[0] = seed
        size = 1
        while size > 0:
            size -= 1
            triangle = stack[size]
            for side in range(3 * triangle, 3 * triangle + 3):
                other = beside[side] // 3
                if beside[side] >= 0 and patch[other] < 0:
                    patch[other] = patches
                    flip[other] = flip[triangle] != turned[side]
                    stack[size] = other
                    size += 1
        patches += 1
    return patches
