"""Kernels of marching cubes: see ``marching.py``."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import inlined, kernel
from immat_core.medial_mesh import FloatArray, IndexArray
from immat_core.surface.block_table import block_key, empty_table, place_of

Bytes: TypeAlias = NDArray[np.int8]

POPULATION = np.array([number.bit_count() for number in range(256)], np.int8)
"""How many bits are set in a byte."""
LOWEST = np.array([(number & -number).bit_length() - 1 for number in range(256)], np.int8)
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


@inlined
def _cut_cells(bits: IndexArray, u: int, v: int) -> np.int32:
    """Which of the 8 cells of row (u, v) the surface cuts, as bits."""
    some = bits[u, v] | bits[u, v + 1] | bits[u + 1, v] | bits[u + 1, v + 1]
    each = bits[u, v] & bits[u, v + 1] & bits[u + 1, v] & bits[u + 1, v + 1]
    return np.int32((some | some >> 1) & ~(each & each >> 1) & 255)


@inlined
def _case(bits: IndexArray, u: int, v: int, w: int) -> np.int32:
    """The case of cell (u, v, w): see :class:`MarchingTable`."""
    low = bits[u, v] >> w & 3 | (bits[u, v + 1] >> w & 3) << 2
    return np.int32(low | (bits[u + 1, v] >> w & 3) << 4 | (bits[u + 1, v + 1] >> w & 3) << 6)


@kernel(
    "b1[::1](i4[:,::1], i4[::1], u1[:,::1], b1[::1], u1[:,:,::1], i2[:,:,::1], i4[:,::1], i1[::1])"
)
def count_cells(
    neighbors: IndexArray,
    slots: IndexArray,
    signs: NDArray[np.uint8],
    redo: NDArray[np.bool_],
    crossings: NDArray[np.uint8],
    firsts: NDArray[np.int16],
    counts: IndexArray,
    table_counts: Bytes,
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
                firsts[slot, 0, row] = vertices
                firsts[slot, 1, row] = vertices + POPULATION[x]
                firsts[slot, 2, row] = vertices + POPULATION[x] + POPULATION[y]
                vertices += POPULATION[x] + POPULATION[y] + POPULATION[z]
                cells = _cut_cells(bits, u, v)
                while cells:
                    triangles += table_counts[_case(bits, u, v, LOWEST[cells])]
                    cells &= cells - 1
        counts[slot, 0] = vertices
        counts[slot, 1] = triangles
        changed[leaf] = different
    return changed


@kernel("void(i4[:,::1], i4[:,::1], i4[::1], f4[:,::1], u1[:,:,::1], i8, i8, f8, f4[:,::1])")
def _vertices_of(
    leaves: IndexArray,
    neighbors: IndexArray,
    slots: IndexArray,
    values: FloatArray,
    crossings: NDArray[np.uint8],
    leaf: int,
    at: int,
    voxel: float,
    vertices: FloatArray,
) -> None:
    """Write the vertices of a leaf from row ``at`` on."""
    slot = slots[leaf]
    for row in range(64):
        u, v = row >> 3, row & 7
        x, y, z = 8 * leaves[leaf, 0] + u, 8 * leaves[leaf, 1] + v, 8 * leaves[leaf, 2]
        for axis in range(3):
            crossed = np.int64(crossings[slot, axis, row])
            if crossed == 0:
                continue
            u1, v1 = u + (axis == 0), v + (axis == 1)
            next_row = (u1 & 7) * 8 + (v1 & 7)
            next_slot = slots[neighbors[leaf, (u1 >> 3) * 4 + (v1 >> 3) * 2]]
            while crossed:
                w = LOWEST[crossed]
                crossed &= crossed - 1
                here = np.float64(values[slot, 8 * row + w])
                if axis < 2:
                    there = np.float64(values[next_slot, 8 * next_row + w])
                elif w < 7:
                    there = np.float64(values[slot, 8 * row + w + 1])
                else:
                    there = np.float64(values[slots[neighbors[leaf, 1]], 8 * row])
                part = here / (here - there)
                vertices[at, 0] = voxel * (x + part * (axis == 0))
                vertices[at, 1] = voxel * (y + part * (axis == 1))
                vertices[at, 2] = voxel * (z + w + part * (axis == 2))
                at += 1


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
    for leaf in range(len(slots)):
        at, end = starts[leaf, 0], starts[leaf + 1, 0]
        if redo[leaf]:
            if at < end:
                _vertices_of(leaves, neighbors, slots, values, crossings, leaf, at, voxel, vertices)
        else:
            before = old_starts[source[leaf], 0] - at
            for n in range(at, end):
                for axis in range(3):
                    vertices[n, axis] = old_vertices[before + n, axis]


@kernel(
    "void(i4[:,::1], i4[::1], i8, u1[:,:,::1], i2[:,:,::1], i4[:,:,::1], i4[:,:,::1],i4[:,:,::1])"
)
def _gather_codes(
    neighbors: IndexArray,
    slots: IndexArray,
    leaf: int,
    crossings: NDArray[np.uint8],
    firsts: NDArray[np.int16],
    masks: IndexArray,
    bases: IndexArray,
    tops: IndexArray,
) -> None:
    """Gather what tells the codes of the vertices in a leaf's 9 x 9 rows, neighbours included.

    For each axis and row: the crossed edges as bits and the code of the first one; and in ``tops``
    the code of the one that begins at z = 8. What belongs to no leaf is left as it is.
    """
    for octant in range(8):
        other = neighbors[leaf, octant]
        if other < 0:
            continue
        x, y, z = octant >> 2, octant >> 1 & 1, octant & 1
        slot = slots[other]
        for u in range(8 * x, 8 + x):
            for v in range(8 * y, 8 + y):
                row = 8 * (u & 7) + (v & 7)
                for axis in range(3):
                    code = octant << 11 | np.int32(firsts[slot, axis, row])
                    if z == 0:
                        masks[axis, u, v] = crossings[slot, axis, row]
                        bases[axis, u, v] = code
                    else:
                        tops[axis, u, v] = code


@kernel(
    "void(i4[:,::1], i4[:,:,::1], i4[:,:,::1], i4[:,:,::1], u2[:,::1], i8,"
    "i1[::1], i1[:,::1], i1[:,::1], i1[:,::1])"
)
def _triangulate(
    bits: IndexArray,
    masks: IndexArray,
    bases: IndexArray,
    tops: IndexArray,
    codes: NDArray[np.uint16],
    at: int,
    table_counts: Bytes,
    table_crossed: Bytes,
    table_triangles: Bytes,
    table_edges: Bytes,
) -> None:
    """Write the codes of a leaf's triangles from row ``at`` on."""
    on_edges = np.empty(12, np.uint16)
    for row in range(64):
        u, v = row >> 3, row & 7
        cells = _cut_cells(bits, u, v)
        while cells:
            w = LOWEST[cells]
            cells &= cells - 1
            case = _case(bits, u, v, w)
            k = 0
            while table_crossed[case, k] >= 0:
                edge = table_crossed[case, k]
                axis, x, y = (
                    table_edges[edge, 0],
                    u + table_edges[edge, 1],
                    v + table_edges[edge, 2],
                )
                z = w + table_edges[edge, 3]
                if z < 8:
                    before = masks[axis, x, y] & ((1 << z) - 1)
                    on_edges[edge] = bases[axis, x, y] + POPULATION[before]
                else:
                    on_edges[edge] = tops[axis, x, y]
                k += 1
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
    "void(i4[:,::1], i4[::1], u1[:,::1], u1[:,:,::1], i2[:,:,::1], b1[::1], i8[:,::1], i4[::1],"
    "i8[:,::1], u2[:,::1], u2[:,::1], i4[:,::1], i1[::1], i1[:,::1], i1[:,::1], i1[:,::1])"
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
    table_counts: Bytes,
    table_crossed: Bytes,
    table_triangles: Bytes,
    table_edges: Bytes,
) -> None:
    """Fill ``triangles``, and ``codes``, which say the same without numbers of other leaves.

    A code holds in 3 bits which neighbour owns the vertex and in 11 its number there. Leaves
    with ``redo`` are done anew, others take the codes from row ``source`` of the old ones.
    """
    bits, masks = np.empty((9, 9), np.int32), np.empty((3, 9, 9), np.int32)
    bases, tops = np.empty((3, 9, 9), np.int32), np.empty((3, 9, 9), np.int32)
    first_of = np.empty(8, np.int32)
    for leaf in range(len(slots)):
        at, end = starts[leaf, 1], starts[leaf + 1, 1]
        if at == end:
            continue
        for octant in range(8):
            other = neighbors[leaf, octant]
            first_of[octant] = starts[other, 0] if other >= 0 else 0
        if redo[leaf]:
            _gather(neighbors, slots, leaf, signs, bits)
            _gather_codes(neighbors, slots, leaf, crossings, firsts, masks, bases, tops)
            _triangulate(
                bits, masks, bases, tops, codes, at,
                table_counts, table_crossed, table_triangles, table_edges,
            )  # fmt: skip
        else:
            before = old_starts[source[leaf], 1] - at
            for n in range(at, end):
                for k in range(3):
                    codes[n, k] = old_codes[before + n, k]
        _decode(codes.reshape(-1), 3 * at, 3 * end, first_of, triangles.reshape(-1))
