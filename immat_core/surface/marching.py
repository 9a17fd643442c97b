"""Marching cubes on sparse leaves of 8^3 lattice points: closed and manifold by construction.

A leaf owns the lattice edges and the cells that begin at its points; for those that end in the
next leaf it looks into the 7 neighbours above it. A neighbour that is missing continues the nearest
point: nothing crosses there. A crossed lattice edge has one vertex; vertices of a leaf are numbered
by row (x, y), within it by the edge's axis, then by z, so a number follows from counting bits.

Importing this module compiles its kernels or loads them; see :mod:`immat_core.kernels`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel
from immat_core.medial_mesh import FloatArray, IndexArray
from immat_core.surface.marching_table import marching_table

FARTHEST = 1 << 19
"""Leaves between the origin and any leaf at most."""

_table = marching_table()
EDGES, COUNTS, CROSSED, TRIANGLES = _table.edges, _table.counts, _table.crossed, _table.triangles
POPULATION = np.array([number.bit_count() for number in range(256)], np.int32)
"""How many bits are set in a byte."""
LOWEST = np.array([(number & -number).bit_length() - 1 for number in range(256)], np.int32)
"""Which is the lowest bit that is set in a byte."""


def marching_cubes(
    leaves: NDArray[np.integer[Any]], values: NDArray[np.floating[Any]]
) -> tuple[FloatArray, IndexArray]:
    """The zero level of a function that is sampled on sparse leaves, as triangles.

    Parameters
    ----------
    leaves
        (b, 3) integers, each once; leaf (i, j, k) holds the lattice points from 8 (i, j, k) on.
    values
        (b, 8, 8, 8) floats, finite, below 0 inside. Where there is no leaf is outside: +1.

    Returns
    -------
    vertices
        (n, 3) float32 in units of the lattice's spacing.
    triangles
        (t, 3) int32, counter-clockwise seen from outside: a closed manifold.

    Raises
    ------
    ValueError
        For arrays of other shapes, a leaf that comes twice or is farther than ``FARTHEST``.
    """
    index = np.ascontiguousarray(leaves, np.int32)
    samples = np.ascontiguousarray(values, np.float32)
    if index.shape != (len(samples), 3) or samples.shape[1:] != (8, 8, 8):
        raise ValueError(f"leaves {index.shape} and values {samples.shape} do not fit together")
    if len(index) and np.abs(index).max() > FARTHEST:
        raise ValueError(f"a leaf lies more than {FARTHEST} leaves from the origin")
    order = np.lexsort(index.T[::-1])
    index, samples = index[order], samples[order]
    if (np.diff(index, axis=0) == 0).all(1).any():
        raise ValueError("a leaf comes twice")
    index, samples = _with_rim(index, samples)
    return extract(index, samples.reshape(-1, 512), sign_bits(samples), 1.0)


def extract(
    leaves: IndexArray, values: FloatArray, signs: NDArray[np.uint8], voxel: float
) -> tuple[FloatArray, IndexArray]:
    """Vertices and triangles of sorted leaves (b, 3) with values (b, 512) and :func:`sign_bits`."""
    count = len(leaves)
    neighbors = join(leaves)
    rows = np.arange(count, dtype=np.int32)
    crossings = np.zeros((count, 3, 64), np.uint8)
    firsts = np.empty((count, 64), np.int16)
    counts = np.zeros((count, 2), np.int32)
    every, fresh = np.ones(count, np.bool_), np.full(count, -1, np.int32)
    count_cells(neighbors, rows, signs, every, crossings, firsts, counts, COUNTS)
    starts = np.zeros((count + 1, 2), np.int64)
    np.cumsum(counts, axis=0, out=starts[1:])
    vertices = np.empty((int(starts[-1, 0]), 3), np.float32)
    codes = np.empty((int(starts[-1, 1]), 3), np.uint16)
    triangles = np.empty((len(codes), 3), np.int32)
    place_vertices(
        leaves, neighbors, rows, values, crossings, every, starts, fresh, starts, vertices,
        voxel, vertices,
    )  # fmt: skip
    place_triangles(
        neighbors, rows, signs, crossings, firsts, every, starts, fresh, starts, codes,
        codes, triangles, COUNTS, CROSSED, TRIANGLES, EDGES,
    )  # fmt: skip
    return vertices, triangles


def sign_bits(values: FloatArray) -> NDArray[np.uint8]:
    """(b, 64) a byte for each row (x, y) of (b, 8, 8, 8) values: bit z is set inside."""
    inside = (values < 0).reshape(-1, 64, 8)
    return np.packbits(inside, axis=2, bitorder="little").reshape(-1, 64)


def _with_rim(leaves: IndexArray, values: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Add outside leaves around those that are inside at their rim, so that the mesh closes."""
    inside = values < 0
    rim = np.zeros(len(leaves), np.bool_)
    for axis in (1, 2, 3):
        rim |= np.take(inside, [0, 7], axis=axis).any((1, 2, 3))
    if not rim.any():
        return leaves, values
    around = np.indices((3, 3, 3)).reshape(3, -1).T - 1
    wanted = np.unique((leaves[rim, None] + around).reshape(-1, 3), axis=0)
    every = np.concatenate([leaves, wanted]).astype(np.int32)
    every, first = np.unique(every, axis=0, return_index=True)
    filled = np.ones((len(every), 8, 8, 8), np.float32)
    given = first < len(leaves)
    filled[given] = values[first[given]]
    return every, filled


@kernel("i8(i8, i8, i8)")
def leaf_key(i: int, j: int, k: int) -> int:
    """A number that orders leaves as their indices do, x slowest."""
    half = 1 << 20
    return ((i + half) << 42) | ((j + half) << 21) | (k + half)


@kernel("i4[:,::1](i4[:,::1])")
def join(leaves: IndexArray) -> IndexArray:
    """(b, 8) int32: rows of each leaf and its 7 neighbours above, -1 where there is none."""
    count = len(leaves)
    size = 16
    while size < 2 * count:
        size *= 2
    keys = np.full(size, -1, np.int64)
    rows = np.empty(size, np.int32)
    for row in range(count):
        key = leaf_key(leaves[row, 0], leaves[row, 1], leaves[row, 2])
        place = (key * 0x1E3779B97F4A7C15 >> 20) & (size - 1)
        while keys[place] != -1:
            place = (place + 1) & (size - 1)
        keys[place] = key
        rows[place] = row
    neighbors = np.full((count, 8), -1, np.int32)
    for row in range(count):
        for octant in range(8):
            key = leaf_key(
                leaves[row, 0] + (octant >> 2),
                leaves[row, 1] + (octant >> 1 & 1),
                leaves[row, 2] + (octant & 1),
            )
            place = (key * 0x1E3779B97F4A7C15 >> 20) & (size - 1)
            while keys[place] != -1 and keys[place] != key:
                place = (place + 1) & (size - 1)
            if keys[place] == key:
                neighbors[row, octant] = rows[place]
    return neighbors


@kernel("void(i4[:,::1], i4[::1], i8, u1[:,::1], i4[:,::1])")
def _gather(
    neighbors: IndexArray,
    slots: IndexArray,
    row: int,
    signs: NDArray[np.uint8],
    out: IndexArray,
) -> None:
    """Put the sign bits of a leaf's 9 x 9 rows of 9 points, neighbours included, into ``out``."""
    for octant in range(8):
        x, y, z = octant >> 2, octant >> 1 & 1, octant & 1
        other = neighbors[row, octant]
        for u in range(8 * x, 8 + x):
            for v in range(8 * y, 8 + y):
                if other >= 0:
                    bits = np.int32(signs[slots[other], 8 * (u & 7) + (v & 7)])
                    if z == 0:
                        out[u, v] = bits | (bits & 128) << 1
                    else:
                        out[u, v] = out[u, v] & 255 | (bits & 1) << 8
                elif z == 0:
                    # The nearest point of this leaf; no surface lies in between.
                    out[u, v] = out[min(u, 7), min(v, 7)]


@kernel("i4(i4[:,::1], i8, i8)")
def _cut_cells(bits: IndexArray, u: int, v: int) -> int:
    """Which of the 8 cells of row (u, v) the surface cuts, as bits."""
    some = bits[u, v] | bits[u, v + 1] | bits[u + 1, v] | bits[u + 1, v + 1]
    each = bits[u, v] & bits[u, v + 1] & bits[u + 1, v] & bits[u + 1, v + 1]
    return (some | some >> 1) & ~(each & each >> 1) & 255


@kernel("i4(i4[:,::1], i8, i8, i8)")
def _case(bits: IndexArray, u: int, v: int, w: int) -> int:
    """The case of cell (u, v, w): see :class:`MarchingTable`."""
    low = bits[u, v] >> w & 3 | (bits[u, v + 1] >> w & 3) << 2
    return low | (bits[u + 1, v] >> w & 3) << 4 | (bits[u + 1, v + 1] >> w & 3) << 6


@kernel(
    "b1[::1](i4[:,::1], i4[::1], u1[:,::1], b1[::1], u1[:,:,::1], i2[:,::1], i4[:,::1], i4[::1])"
)
def count_cells(
    neighbors: IndexArray,
    slots: IndexArray,
    signs: NDArray[np.uint8],
    redo: NDArray[np.bool_],
    crossings: NDArray[np.uint8],
    firsts: NDArray[np.int16],
    counts: IndexArray,
    table_counts: IndexArray,
) -> NDArray[np.bool_]:
    """Find the crossed edges of the leaves for which ``redo`` (b,) is set.

    Writes, for the slots of these leaves, the crossed edges by axis and row as bits, how many
    vertices come before each row, and (vertices, triangles). Returns (b,) bool, which leaves have
    other crossed edges than ``crossings`` said before.
    """
    changed = np.zeros(len(slots), np.bool_)
    bits = np.empty((9, 9), np.int32)
    for leaf in range(len(slots)):
        if not redo[leaf]:
            continue
        slot = slots[leaf]
        _gather(neighbors, slots, leaf, signs, bits)
        vertices = 0
        triangles = 0
        different = False
        for u in range(8):
            for v in range(8):
                row = 8 * u + v
                here = bits[u, v]
                x, y, z = here ^ bits[u + 1, v], here ^ bits[u, v + 1], here ^ here >> 1
                x, y, z = x & 255, y & 255, z & 255
                different |= (
                    crossings[slot, 0, row] != x
                    or crossings[slot, 1, row] != y
                    or crossings[slot, 2, row] != z
                )
                crossings[slot, 0, row] = x
                crossings[slot, 1, row] = y
                crossings[slot, 2, row] = z
                firsts[slot, row] = vertices
                vertices += POPULATION[x] + POPULATION[y] + POPULATION[z]
                cells = _cut_cells(bits, u, v)
                while cells:
                    triangles += table_counts[_case(bits, u, v, LOWEST[cells])]
                    cells &= cells - 1
        counts[slot, 0] = vertices
        counts[slot, 1] = triangles
        changed[leaf] = different
    return changed


@kernel(
    "void(i4[:,::1], i4[:,::1], i4[::1], f4[:,::1], u1[:,:,::1], b1[::1], i8[:,::1], i4[::1],"
    "i8[:,::1], f4[:,::1], f8, f4[:,::1])"
)
def place_vertices(
    leaves: IndexArray,
    neighbors: IndexArray,
    slots: IndexArray,
    values: FloatArray,
    crossings: NDArray[np.uint8],
    redo: NDArray[np.bool_],
    starts: NDArray[np.int64],
    source: IndexArray,
    old_starts: NDArray[np.int64],
    old_vertices: FloatArray,
    voxel: float,
    vertices: FloatArray,
) -> None:
    """Fill ``vertices``: anew for leaves with ``redo``, for others from row ``source`` of old."""
    point = np.empty(3, np.int64)
    for leaf in range(len(slots)):
        at = starts[leaf, 0]
        if not redo[leaf]:
            before = old_starts[source[leaf], 0] - at
            for n in range(at, starts[leaf + 1, 0]):
                for axis in range(3):
                    vertices[n, axis] = old_vertices[before + n, axis]
            continue
        if at == starts[leaf + 1, 0]:
            continue
        slot = slots[leaf]
        for row in range(64):
            for axis in range(3):
                crossed = np.int64(crossings[slot, axis, row])
                while crossed:
                    w = LOWEST[crossed]
                    crossed &= crossed - 1
                    point[0], point[1], point[2] = row >> 3, row & 7, w
                    here = values[slot, 8 * row + w]
                    point[axis] += 1
                    octant = (point[0] >> 3) * 4 + (point[1] >> 3) * 2 + (point[2] >> 3)
                    there = values[
                        slots[neighbors[leaf, octant]],
                        (point[0] & 7) * 64 + (point[1] & 7) * 8 + (point[2] & 7),
                    ]
                    point[axis] -= 1
                    for k in range(3):
                        vertices[at, k] = voxel * (8 * leaves[leaf, k] + point[k])
                    part = np.float64(here) / (np.float64(here) - np.float64(there))
                    vertices[at, axis] = voxel * (8 * leaves[leaf, axis] + point[axis] + part)
                    at += 1


@kernel("u2(i4[::1], i4[::1], u1[:,:,::1], i2[:,::1], i8, i8, i8, i8)")
def _vertex_code(
    neighbors: IndexArray,
    slots: IndexArray,
    crossings: NDArray[np.uint8],
    firsts: NDArray[np.int16],
    x: int,
    y: int,
    z: int,
    axis: int,
) -> int:
    """The code of the vertex on the edge along ``axis`` from point (x, y, z) of a leaf."""
    octant = (x >> 3) * 4 + (y >> 3) * 2 + (z >> 3)
    slot = slots[neighbors[octant]]
    row = (x & 7) * 8 + (y & 7)
    number = np.int64(firsts[slot, row])
    for before in range(axis):
        number += POPULATION[crossings[slot, before, row]]
    number += POPULATION[crossings[slot, axis, row] & ((1 << (z & 7)) - 1)]
    return octant << 11 | number


@kernel(
    "void(i4[::1], i4[::1], i4[:,::1], u1[:,:,::1], i2[:,::1], u2[:,::1],"
    "i4[::1], i4[::1], i4[:,::1], i4[:,::1])"
)
def _triangulate(
    neighbors: IndexArray,
    slots: IndexArray,
    bits: IndexArray,
    crossings: NDArray[np.uint8],
    firsts: NDArray[np.int16],
    codes: NDArray[np.uint16],
    table_counts: IndexArray,
    table_crossed: IndexArray,
    table_triangles: IndexArray,
    table_edges: IndexArray,
) -> None:
    """Fill the codes of a leaf's triangles."""
    on_edges = np.empty(12, np.uint16)
    at = 0
    for row in range(64):
        u, v = row >> 3, row & 7
        cells = _cut_cells(bits, u, v)
        while cells:
            w = LOWEST[cells]
            cells &= cells - 1
            case = _case(bits, u, v, w)
            for edge in range(12):
                if table_crossed[case] >> edge & 1:
                    x, y, z = table_edges[edge, 1], table_edges[edge, 2], table_edges[edge, 3]
                    on_edges[edge] = _vertex_code(
                        neighbors, slots, crossings, firsts, u + x, v + y, w + z, edge >> 2
                    )
            for triangle in range(table_counts[case]):
                for k in range(3):
                    codes[at, k] = on_edges[table_triangles[case, 3 * triangle + k]]
                at += 1


@kernel(
    "void(i4[:,::1], i4[::1], u1[:,::1], u1[:,:,::1], i2[:,::1], b1[::1], i8[:,::1], i4[::1],"
    "i8[:,::1], u2[:,::1], u2[:,::1], i4[:,::1], i4[::1], i4[::1], i4[:,::1], i4[:,::1])"
)
def place_triangles(
    neighbors: IndexArray,
    slots: IndexArray,
    signs: NDArray[np.uint8],
    crossings: NDArray[np.uint8],
    firsts: NDArray[np.int16],
    redo: NDArray[np.bool_],
    starts: NDArray[np.int64],
    source: IndexArray,
    old_starts: NDArray[np.int64],
    old_codes: NDArray[np.uint16],
    codes: NDArray[np.uint16],
    triangles: IndexArray,
    table_counts: IndexArray,
    table_crossed: IndexArray,
    table_triangles: IndexArray,
    table_edges: IndexArray,
) -> None:
    """Fill ``triangles``, and ``codes``, which say the same without numbers of other leaves.

    A code holds in 3 bits which neighbour owns the vertex and in 11 its number there. Leaves
    with ``redo`` are done anew, others take the codes from row ``source`` of the old ones.
    """
    bits = np.empty((9, 9), np.int32)
    bases = np.empty(8, np.int32)
    for leaf in range(len(slots)):
        at, end = starts[leaf, 1], starts[leaf + 1, 1]
        if at == end:
            continue
        for octant in range(8):
            other = neighbors[leaf, octant]
            bases[octant] = starts[other, 0] if other >= 0 else 0
        if redo[leaf]:
            _gather(neighbors, slots, leaf, signs, bits)
            _triangulate(
                neighbors[leaf], slots, bits, crossings, firsts, codes[at:end],
                table_counts, table_crossed, table_triangles, table_edges,
            )  # fmt: skip
        else:
            codes[at:end] = old_codes[old_starts[source[leaf], 1] :][: end - at]
        for n in range(at, end):
            for k in range(3):
                code = codes[n, k]
                triangles[n, k] = bases[code >> 11] + (code & 2047)
