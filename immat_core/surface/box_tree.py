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
        # (6, n) a level, lower corners and negated upper ones: both are then minima, and a row of
        # the array is one coordinate of all boxes, which is quick to gather.
        self._levels = [np.concatenate([low.T, -high.T])[:, self.order]]
        while self._levels[-1].shape[1] > 1:
            boxes = self._levels[-1]
            pairs = np.arange(0, boxes.shape[1], 2)
            self._levels.append(np.minimum.reduceat(boxes, pairs, axis=1))

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
            boxes = self._levels[level - 1]
            one, two = _child_pairs(one, two, boxes.shape[1])
            for axis in range(3):
                low, minus_high = boxes[axis], boxes[axis + 3]
                meet = low[one] <= -minus_high[two]
                meet &= low[two] <= -minus_high[one]
                one, two = one[meet], two[meet]
            stack += _split(level - 1, one, two)

    def meeting(self, low: DoubleArray, high: DoubleArray) -> Iterator[tuple[Indices, Indices]]:
        """Pairs of a row of the given boxes (m, 3) and a box of the tree that meets it."""
        rows = np.arange(len(low))
        low, high = np.ascontiguousarray(low.T), np.ascontiguousarray(high.T)
        stack = _split(len(self._levels) - 1, rows, np.zeros(len(rows), np.int64))
        while stack:
            level, row, node = stack.pop()
            boxes = self._levels[level]
            for axis in range(3):
                meet = boxes[axis][node] <= high[axis][row]
                meet &= low[axis][row] <= -boxes[axis + 3][node]
                row, node = row[meet], node[meet]
            if level == 0:
                yield row, self.order[node]
                continue
            below = self._levels[level - 1].shape[1]
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
