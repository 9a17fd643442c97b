"""Memory for leaves that come and go: each has a slot, which it keeps while it does not change."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray


class LeafPool:
    """Arrays with a row for each slot.

    Attributes
    ----------
    values
        (n, 512) float32 distances in voxels, z fastest.
    signs
        (n, 64) uint8, a bit for each value below 0.
    crossings, firsts, counts
        (n, 3, 64) uint8, (n, 3, 64) int16, (n, 2) int32: see
        :func:`immat_core.surface.marching_kernels.count_cells`.
    """

    def __init__(self, capacity: int = 0) -> None:
        """Make room for ``capacity`` leaves."""
        self.values: FloatArray = np.empty((capacity, 512), np.float32)
        self.signs: NDArray[np.uint8] = np.empty((capacity, 64), np.uint8)
        self.crossings: NDArray[np.uint8] = np.empty((capacity, 3, 64), np.uint8)
        self.firsts: NDArray[np.int16] = np.empty((capacity, 3, 64), np.int16)
        self.counts: IndexArray = np.empty((capacity, 2), np.int32)

    def free_slots(self, taken: IndexArray, count: int) -> IndexArray:
        """(count,) int32 slots that are not ``taken``; makes room for them where there is none."""
        if len(taken) + count > len(self.values):
            # Memory that is not written costs nothing yet: room for some edits.
            self._grow((len(taken) + count) * 3 // 2 + 64)
        free = np.ones(len(self.values), np.bool_)
        free[taken] = False
        return np.flatnonzero(free)[:count].astype(np.int32)

    def _grow(self, capacity: int) -> None:
        larger = LeafPool(capacity)
        for name, array in vars(self).items():
            getattr(larger, name)[: len(array)] = array
        vars(self).update(vars(larger))
