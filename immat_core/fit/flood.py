"""Regions of a lattice that hang together over faces of voxels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

Mask = NDArray[np.bool_]


def flood(free: Mask) -> Mask:
    """The free voxels that the first corner reaches, (nx, ny, nz) bool.

    The corner itself must be free.
    """
    labels = np.zeros(free.shape, np.int32)
    nx, ny, nz = labels.shape
    _fill(free.ravel(), nx, ny, nz, 0, 1, labels.ravel())
    reached: Mask = labels == 1
    return reached


def label_regions(marked: Mask) -> tuple[NDArray[np.int32], int]:
    """Regions of marked voxels.

    Returns
    -------
    labels
        (nx, ny, nz) int32, from 1 on, 0 where nothing is marked.
    count
        How many regions there are.
    """
    labels = np.zeros(marked.shape, np.int32)
    nx, ny, nz = labels.shape
    return labels, int(_label(marked.ravel(), nx, ny, nz, labels.ravel()))


def dilate(mask: Mask, rounds: int = 1) -> Mask:
    """Grow a mask by its 26 neighbours."""
    for _ in range(rounds):
        for axis in range(3):
            grown = mask.copy()
            ahead = [slice(None)] * 3
            behind = [slice(None)] * 3
            ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
            grown[tuple(ahead)] |= mask[tuple(behind)]
            grown[tuple(behind)] |= mask[tuple(ahead)]
            mask = grown
    return mask


@kernel
def _label(marked: Mask, nx: int, ny: int, nz: int, labels: NDArray[np.int32]) -> int:
    count = 0
    for seed in range(len(marked)):
        if marked[seed] and labels[seed] == 0:
            count += 1
            _fill(marked, nx, ny, nz, seed, count, labels)
    return count


@kernel
def _fill(
    free: Mask, nx: int, ny: int, nz: int, seed: int, label: int, labels: NDArray[np.int32]
) -> None:
    """Label what a voxel reaches; flat arrays, a stack that grows as it must."""
    stack = np.empty(1 << 12, np.int64)
    stack[0] = seed
    labels[seed] = label
    size = 1
    while size > 0:
        size -= 1
        at = stack[size]
        if size + 6 > len(stack):
            larger = np.empty(2 * len(stack), np.int64)
            larger[: len(stack)] = stack
            stack = larger
        k = at % nz
        j = at // nz % ny
        i = at // (nz * ny)
        for side in range(6):
            if side == 0:
                inside, other = i > 0, at - ny * nz
            elif side == 1:
                inside, other = i < nx - 1, at + ny * nz
            elif side == 2:
                inside, other = j > 0, at - nz
            elif side == 3:
                inside, other = j < ny - 1, at + nz
            elif side == 4:
                inside, other = k > 0, at - 1
            else:
                inside, other = k < nz - 1, at + 1
            if inside and free[other] and labels[other] == 0:
                labels[other] = label
                stack[size] = other
                size += 1
