"""A tree of boxes around triangles: which of them may meet. NumPy alone, no recursion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

DoubleArray: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

BATCH = 1 << 18
"""Pairs that are looked at together: what bounds the memory."""


class BoxTree:
    """Boxes in the order of a space-filling curve, joined two by two up to a single one.

    Row ``i`` of level ``k + 1`` holds rows ``2 i`` and ``2 i + 1`` of level ``k``.
    """

    def __init__(self, low: DoubleArray, high: DoubleArray) -> None:
        """
        Parameters
        ----------
        low, high
            (n, 3) corners of the boxes, n > 0.
        """
        self.order = np.argsort(_morton_code((low + high) / 2), kind="stable")
        # One array a level, lower corners and negated upper ones: both are then minima.
        self._levels = [np.concatenate([low, -high], axis=1)[self.order]]
        while len(self._levels[-1]) > 1:
            boxes = self._levels[-1]
            self._levels.append(np.minimum.reduceat(boxes, np.arange(0, len(boxes), 2), axis=0))

    def meeting_pairs(self) -> Iterator[tuple[Indices, Indices]]:
        """Every pair of different boxes that meet, once, in batches of two (p,) arrays."""
        zero = np.zeros(1, np.int64)
        stack = [(len(self._levels) - 1, zero, zero)]
        while stack:
            level, one, two = stack.pop()
            if level == 0:
                apart = one != two
                yield self.order[one[apart]], self.order[two[apart]]
                continue
            one, two = _child_pairs(one, two, len(self._levels[level - 1]))
            boxes = self._levels[level - 1]
            meet = (boxes[one, :3] <= -boxes[two, 3:]).all(1)
            meet &= (boxes[two, :3] <= -boxes[one, 3:]).all(1)
            stack += _split(level - 1, one[meet], two[meet])

    def meeting(self, low: DoubleArray, high: DoubleArray) -> Iterator[tuple[Indices, Indices]]:
        """Pairs of a row of the given boxes (m, 3) and a box of the tree that meets it."""
        rows = np.arange(len(low))
        stack = _split(len(self._levels) - 1, rows, np.zeros(len(low), np.int64))
        while stack:
            level, row, node = stack.pop()
            boxes = self._levels[level][node]
            meet = (boxes[:, :3] <= high[row]).all(1) & (low[row] <= -boxes[:, 3:]).all(1)
            row, node = row[meet], node[meet]
            if level == 0:
                yield row, self.order[node]
                continue
            below = len(self._levels[level - 1])
            row, node = np.repeat(row, 2), (2 * node[:, None] + [0, 1]).ravel()
            there = node < below
            stack += _split(level - 1, row[there], node[there])


def _child_pairs(one: Indices, two: Indices, below: int) -> tuple[Indices, Indices]:
    """The pairs of children of the given pairs (one <= two), each once."""
    first = (2 * one[:, None] + [0, 0, 1, 1]).ravel()
    second = (2 * two[:, None] + [0, 1, 0, 1]).ravel()
    keep = (first <= second) & (second < below)
    return first[keep], second[keep]


def _split(level: int, one: Indices, two: Indices) -> list[tuple[int, Indices, Indices]]:
    parts = range(0, len(one), BATCH)
    return [(level, one[i : i + BATCH], two[i : i + BATCH]) for i in parts]


def _morton_code(points: DoubleArray) -> NDArray[np.uint64]:
    """(n,) places along a Z-order curve over a lattice of 2^16 steps a side."""
    low, high = points.min(0), points.max(0)
    extent = float((high - low).max()) or 1.0
    steps = ((points - low) / extent * 65535).astype(np.uint64)
    for shift, mask in (
        (16, 0xFF0000FF),
        (8, 0xF00F00F00F),
        (4, 0xC30C30C30C3),
        (2, 0x249249249249),
    ):
        steps = (steps | steps << np.uint64(shift)) & np.uint64(mask)
    code: NDArray[Any] = steps[:, 0] | steps[:, 1] << np.uint64(1) | steps[:, 2] << np.uint64(2)
    return code
