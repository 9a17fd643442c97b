"""The table of marching cubes, made from one rule, so that it is right by construction.

A cell is a cube of 8 lattice points. On each of its sides the surface is cut by segments that
depend on the signs of that side's 4 corners alone: every run of inside corners is cut off by one
segment (so two inside corners on a diagonal are cut off apart). Cells that share a side therefore
agree on it, and the surface is closed. A crossed edge of the lattice has one vertex, on exactly one
loop of segments in each of its 4 cells, so the surface is a single sheet there: a manifold.

Loops become triangles without a diagonal that lies in a side of the cell (the neighbour could have
the same diagonal), with the shortest diagonals otherwise, which also keeps the triangles of a cell
from cutting one another (test_marching.py tries every case).
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Loop = tuple[int, ...]
Triangle = tuple[int, int, int]
Point = tuple[int, int, int]

MOST_TRIANGLES = 5
"""Triangles of a cell at most."""


def corner(point: Point) -> int:
    """The number of a corner of the cell: x slowest."""
    return 4 * point[0] + 2 * point[1] + point[2]


def _edges() -> list[tuple[Point, Point]]:
    """The 12 edges of the cell, lower end first: 4 along x, 4 along y, 4 along z."""
    edges = []
    for axis in range(3):
        for others in itertools.product((0, 1), repeat=2):
            low, high = list(others), list(others)
            low.insert(axis, 0)
            high.insert(axis, 1)
            edges.append(((low[0], low[1], low[2]), (high[0], high[1], high[2])))
    return edges


def _sides() -> list[list[int]]:
    """The 6 sides of the cell: their corners, counter-clockwise seen from outside."""
    sides = []
    for axis in range(3):
        for high in (0, 1):
            around = [(0, 0), (1, 0), (1, 1), (0, 1)]
            corners = []
            for first, second in around if high else reversed(around):
                point = [0, 0, 0]
                point[axis] = high
                point[(axis + 1) % 3], point[(axis + 2) % 3] = first, second
                corners.append(corner((point[0], point[1], point[2])))
            sides.append(corners)
    return sides


EDGES = _edges()
SIDES = _sides()
EDGE_OF = {
    ends: number
    for number, (low, high) in enumerate(EDGES)
    for ends in ((corner(low), corner(high)), (corner(high), corner(low)))
}
"""The number of the edge between two corners."""
SIDES_OF = [
    {side for side, corners in enumerate(SIDES) if {corner(low), corner(high)} <= set(corners)}
    for low, high in EDGES
]
"""The two sides of the cell that each edge lies in."""


@dataclass(frozen=True)
class MarchingTable:
    """What marching cubes makes of each of the 256 cases; bit k of a case: corner k is inside.

    In single bytes, so that all of it stays in the processor's nearest cache.

    Attributes
    ----------
    edges
        (12, 4) int8: axis of each edge, then x y z of its lower corner.
    counts
        (256,) int8, triangles of each case.
    crossed
        (256, 13) int8, the edges that are crossed, then -1.
    triangles
        (256, 15) int8, edges on which the corners of the triangles lie, counter-clockwise seen
        from outside; -1 beyond them.
    """

    edges: NDArray[np.int8]
    counts: NDArray[np.int8]
    crossed: NDArray[np.int8]
    triangles: NDArray[np.int8]


def marching_table() -> MarchingTable:
    """Make the table."""
    edges = [(number // 4, *low) for number, (low, _) in enumerate(EDGES)]
    counts = np.zeros(256, np.int8)
    crossed = np.full((256, len(EDGES) + 1), -1, np.int8)
    triangles = np.full((256, 3 * MOST_TRIANGLES), -1, np.int8)
    chosen: dict[Loop, list[Triangle]] = {}
    for case in range(256):
        found: list[Triangle] = []
        used: list[int] = []
        for loop in loops(case):
            if loop not in chosen:
                chosen[loop] = _triangulate(loop)
            found += chosen[loop]
            used += loop
        crossed[case, : len(used)] = sorted(used)
        counts[case] = len(found)
        triangles[case, : 3 * len(found)] = np.array(found, np.int8).ravel()
    return MarchingTable(np.array(edges, np.int8), counts, crossed, triangles)


def loops(case: int) -> list[Loop]:
    """The loops of crossed edges of a case, each counter-clockwise seen from outside."""
    following = {}
    for corners in SIDES:
        inside = [bool(case >> number & 1) for number in corners]
        for k in range(4):
            if inside[k] or not inside[(k + 1) % 4]:
                continue
            end = k + 1
            while inside[(end + 1) % 4]:
                end += 1
            enters = EDGE_OF[corners[k], corners[(k + 1) % 4]]
            leaves = EDGE_OF[corners[end % 4], corners[(end + 1) % 4]]
            following[enters] = leaves
    found = []
    while following:
        edge = min(following)
        loop = []
        while edge in following:
            loop.append(edge)
            edge = following.pop(edge)
        found.append(tuple(loop))
    return found


def _triangulate(loop: Loop) -> list[Triangle]:
    """The allowed triangulation with the shortest diagonals, on an edge's middle each."""
    return min((_length(triangles), triangles) for triangles in triangulations(loop))[1]


def triangulations(loop: Loop) -> list[list[Triangle]]:
    """All triangulations of a loop without a diagonal in a side of the cell."""
    last = len(loop) - 1
    if last < 2:
        return [[]]
    found = []
    for middle in range(1, last):
        if (middle > 1 and SIDES_OF[loop[0]] & SIDES_OF[loop[middle]]) or (
            middle < last - 1 and SIDES_OF[loop[middle]] & SIDES_OF[loop[last]]
        ):
            continue
        halves = itertools.product(
            triangulations(loop[: middle + 1]), triangulations(loop[middle:])
        )
        triangle = (loop[0], loop[middle], loop[last])
        found += [[triangle, *before, *after] for before, after in halves]
    return found


def _length(triangles: list[Triangle]) -> int:
    """Sum of the squared sides, the loop's own included (they are the same for all)."""
    total = 0
    for triangle in triangles:
        for first, second in itertools.combinations(triangle, 2):
            middles = (
                [sum(pair) for pair in zip(*EDGES[edge], strict=True)] for edge in (first, second)
            )
            total += sum((a - b) ** 2 for a, b in zip(*middles, strict=True))
    return total
