"""Kernels of marching cubes: see ``marching.py``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel
from immat_core.medial_mesh import FloatArray, IndexArray
from immat_core.surface.block_table import block_key, empty_table, place_of

POPULATION = np.array([number.bit_count() for number in range(256)], np.int32)
"""How many bits are set in a byte."""
LOWEST = np.array([(number & -number).bit_length() - 1 for number in range(256)], np.int32)
"""Which is the lowest bit that is set in a byte."""


@kernel("i4[:,::1](i4[:,::1])")
def join(leaves: IndexArray) -> IndexArray:
    """(b, 8) int32: rows of each leaf and its 7 neighbours above, -1 where there is none."""
    count = len(leaves)
    table = empty_table(count)
    rows = np.empty(len(table), np.int32)
    for row in range(count):
        key = block_key(0, leaves[row, 0], leaves[row, 1], leaves[row, 2])
        place = place_of(table, key)
        table[place] = key
        rows[place] = row
    neighbors = np.full((count, 8), -1, np.int32)
    for row in range(count):
        for octant in range(8):
            x, y, z = octant >> 2, octant >> 1 & 1, octant & 1
            key = block_key(0, leaves[row, 0] + x, leaves[row, 1] + y, leaves[row, 2] + z)
            place = place_of(table, key)
            if table[place] == key:
                neighbors[row, octant] = rows[place]
    return neighbors


@kernel("b1[::1](i4[:,::1], b1[::1], i4[::1], i4[:,::1])")
def touched(
    neighbors: IndexArray, dirty: NDArray[np.bool_], source: IndexArray, old_neighbors: IndexArray
) -> NDArray[np.bool_]:
    """(b,) which leaves are dirty, have a dirty neighbour above, or have lost one."""
    redo = dirty.copy()
    for leaf in range(len(dirty)):
        for octant in range(1, 8):
            other = neighbors[leaf, octant]
            if other >= 0:
                redo[leaf] |= dirty[other]
            elif not dirty[leaf]:
                redo[leaf] |= old_neighbors[source[leaf], octant] >= 0
    return redo


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
def _cut_cells(bits: IndexArray, u: int, v: int) -> np.int32:
    """Which of the 8 cells of row (u, v) the surface cuts, as bits."""
    some = bits[u, v] | bits[u, v + 1] | bits[u + 1, v] | bits[u + 1, v + 1]
    each = bits[u, v] & bits[u, v + 1] & bits[u + 1, v] & bits[u + 1, v + 1]
    return np.int32((some | some >> 1) & ~(each & each >> 1) & 255)


@kernel("i4(i4[:,::1], i8, i8, i8)")
def _case(bits: IndexArray, u: int, v: int, w: int) -> np.int32:
    """The case of cell (u, v, w): see :class:`MarchingTable`."""
    low = bits[u, v] >> w & 3 | (bits[u, v + 1] >> w & 3) << 2
    return np.int32(low | (bits[u + 1, v] >> w & 3) << 4 | (bits[u + 1, v + 1] >> w & 3) << 6)


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
) -> np.uint16:
    """The code of the vertex on the edge along ``axis`` from point (x, y, z) of a leaf."""
    octant = (x >> 3) * 4 + (y >> 3) * 2 + (z >> 3)
    slot = slots[neighbors[octant]]
    row = (x & 7) * 8 + (y & 7)
    number = np.int64(firsts[slot, row])
    for before in range(axis):
        number += POPULATION[crossings[slot, before, row]]
    number += POPULATION[crossings[slot, axis, row] & ((1 << (z & 7)) - 1)]
    return np.uint16(octant << 11 | number)


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


@kernel("void(u2[::1], i8, i8, i4[::1], i4[::1])")
def _decode(
    codes: NDArray[np.uint16], begin: int, end: int, bases: IndexArray, corners: IndexArray
) -> None:
    """Turn codes into numbers of vertices: ``bases`` (8,) are the first ones of the neighbours."""
    for n in range(begin, end):
        code = np.int32(codes[n])
        corners[n] = bases[code >> 11] + (code & 2047)


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
            before = old_starts[source[leaf], 1] - at
            for n in range(at, end):
                for k in range(3):
                    codes[n, k] = old_codes[before + n, k]
        _decode(codes.reshape(-1), 3 * at, 3 * end, bases, triangles.reshape(-1))
