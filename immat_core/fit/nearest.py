"""The nearest of many points: a k-d tree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

LEAF = 10
"""Points at most in a leaf."""


@dataclass(frozen=True, eq=False)
class PointTree:
    """Points in a complete binary tree, halved along their longest side.

    Attributes
    ----------
    points
        (n, 3) float64 in the order of the leaves.
    order
        (n,) int64, their rows in the given array.
    axis, split
        (2^d,) int64 and float64 of the nodes above the leaves; the root is number 1.
    depth
        Levels below the root.
    """

    points: Floats
    order: Indices
    axis: Indices
    split: Floats
    depth: int


def point_tree(points: Floats) -> PointTree:
    """Prepare (n, 3) points, at least one."""
    count = len(points)
    depth = max(0, int(np.ceil(np.log2(count / LEAF))))
    axis, split = np.zeros(1 << depth, np.int64), np.zeros(1 << depth)
    order = np.arange(count)
    for level in range(depth):
        first = (np.arange(1 << level) * count) >> level
        ordered = points[order]
        spread = np.maximum.reduceat(ordered, first) - np.minimum.reduceat(ordered, first)
        longest = spread.argmax(1)
        node = np.repeat(np.arange(1 << level), np.diff(first, append=count))
        along = ordered[np.arange(count), longest[node]]
        turn = np.lexsort((along, node))
        order, along = order[turn], along[turn]
        half = (np.arange(1, 2 << level, 2) * count) >> (level + 1)
        axis[1 << level : 2 << level] = longest
        split[1 << level : 2 << level] = (along[half - 1] + along[half]) / 2
    return PointTree(np.ascontiguousarray(points[order]), order, axis, split, depth)


def nearest_points(tree: PointTree, points: Floats) -> tuple[Floats, Indices]:
    """Distances (n,) and rows (n,) of the points nearest to (n, 3)."""
    distance, row = np.empty(len(points)), np.empty(len(points), np.int64)
    points = np.ascontiguousarray(points)
    _nearest_each(tree.points, tree.axis, tree.split, tree.depth, points, distance, row)
    return distance, tree.order[row]


@kernel
def find_nearest(
    x: float,
    y: float,
    z: float,
    points: Floats,
    axis: Indices,
    split: Floats,
    depth: int,
    nodes: Indices,
    bounds: Floats,
) -> tuple[int, float]:
    """Row in tree order and squared distance; ``nodes`` and ``bounds`` (64,) are scratch."""
    count = len(points)
    leaves = 1 << depth
    best = np.inf
    row = 0
    nodes[0] = 1
    bounds[0] = 0.0
    size = 1
    while size > 0:
        size -= 1
        if bounds[size] >= best:
            continue
        node = nodes[size]
        while node < leaves:
            along = x
            if axis[node] == 1:
                along = y
            elif axis[node] == 2:
                along = z
            beyond = along - split[node]
            near = 2 * node if beyond < 0 else 2 * node + 1
            nodes[size] = near ^ 1
            bounds[size] = beyond * beyond
            size += 1
            node = near
        leaf = node - leaves
        for at in range((leaf * count) >> depth, ((leaf + 1) * count) >> depth):
            dx, dy, dz = points[at, 0] - x, points[at, 1] - y, points[at, 2] - z
            distance2 = dx * dx + dy * dy + dz * dz
            if distance2 < best:
                best = distance2
                row = at
    return row, best


@kernel
def _nearest_each(
    points: Floats,
    axis: Indices,
    split: Floats,
    depth: int,
    queries: Floats,
    distance: Floats,
    row: Indices,
) -> None:
    nodes = np.empty(64, np.int64)
    bounds = np.empty(64)
    for at in range(len(queries)):
        x, y, z = queries[at, 0], queries[at, 1], queries[at, 2]
        found, best = find_nearest(x, y, z, points, axis, split, depth, nodes, bounds)
        row[at] = found
        distance[at] = np.sqrt(best)
