"""Numbers for blocks of the lattice and a table to find them by, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import inlined, kernel
from immat_core.medial_mesh import IndexArray

Keys = NDArray[np.int64]

BITS = 19
"""Bits of each index of a block in its key."""
FARTHEST = 1 << BITS - 1
"""Blocks between the origin and any block, less than this many."""
EMPTY = np.int64(-1)


@inlined
def block_key(level: int, i: int, j: int, k: int) -> int:
    """A number for each block; those of one level are ordered as their indices, x slowest."""
    half = 1 << (BITS - 1)
    return ((level << BITS | (i + half)) << BITS | (j + half)) << BITS | (k + half)


def block_indices(keys: Keys) -> IndexArray:
    """(n, 3) int32 indices of the blocks with these keys, their level left out."""
    mask = (1 << BITS) - 1
    indices = np.empty((len(keys), 3), np.int32)
    for axis, shift in enumerate((2 * BITS, BITS, 0)):
        indices[:, axis] = (keys >> shift & mask) - FARTHEST
    return indices


def block_keys(leaves: IndexArray) -> Keys:
    """(n,) the keys of leaves (n, 3)."""
    x, y, z = leaves.T.astype(np.int64) + FARTHEST
    keys: Keys = x << 2 * BITS | y << BITS | z
    return keys


@kernel("i8[::1](i8)")
def empty_table(count: int) -> Keys:
    """A table with room for ``count`` keys: its size is a power of two, half of it stays free."""
    size = 16
    while size < 2 * count:
        size *= 2
    return np.full(size, EMPTY, np.int64)


@inlined
def place_of(table: Keys, key: int) -> int:
    """Where in the table a key stands, or would stand: there the table has -1."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    place = int(mixed >> np.uint64(24)) & (len(table) - 1)
    while table[place] != EMPTY and table[place] != key:
        place = (place + 1) & (len(table) - 1)
    return place
