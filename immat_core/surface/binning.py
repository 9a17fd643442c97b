"""Which primitives can matter in which leaf, compiled: the rules of ``culling.py``, from one side.

Every primitive walks down from coarse blocks to the leaves that its own narrow band may reach, so
the work grows with the surface. What a leaf keeps depends on nothing but the primitives that reach
it: a leaf of a shape that was edited elsewhere keeps the very same, bit for bit, and the sum of
their fingerprints tells that at once.

Importing this module compiles its kernels or loads them; see :mod:`immat_core.kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray
from immat_core.surface.binning_kernels import (
    MOST_FIRST,
    ROOT3,
    choose,
    number,
    reaching,
)
from immat_core.surface.block_table import BITS, FARTHEST, block_indices
from immat_core.surface.culling import LEAF, MAX_LEAVES, too_many_voxels
from immat_core.surface.rows import Rows

Doubles = NDArray[np.float64]
Hashes = NDArray[np.uint64]
Keys = NDArray[np.int64]

MOST_PAIRS = 10 * MAX_LEAVES
"""Pairs of leaf and primitive from which on there are too many."""


@dataclass(frozen=True, eq=False)
class LeafList:
    """Leaves that may hold the surface, and the primitives that matter there.

    Attributes
    ----------
    leaves
        (b, 3) int32, sorted.
    starts, items
        (b + 1,) and (n,) int32: leaf k keeps ``items[starts[k]:starts[k + 1]]``, cones counted
        from 0 and flat parts after them.
    marks
        (b,) uint64, equal only where the geometry of what is kept is equal.
    """

    leaves: IndexArray
    starts: IndexArray
    items: IndexArray
    marks: Hashes


def bin_leaves(
    parts: Rows, width: float, low: IndexArray | None = None, high: IndexArray | None = None
) -> LeafList:
    """The leaves that hold the narrow band of half width ``width`` voxels.

    Parameters
    ----------
    low, high
        (3,) the first and last leaves to look at; all without.

    Raises
    ------
    UserError
        When there are more than ``MAX_LEAVES``.
    """
    first = np.full(3, -FARTHEST, np.int64) if low is None else low.astype(np.int64)
    last = np.full(3, FARTHEST, np.int64) if high is None else high.astype(np.int64)
    pair_keys, items, distances, solids = _pairs(parts, width, first, last)
    keys, leaf, nearest = number(pair_keys, items, distances)
    alive = np.flatnonzero(np.abs(nearest) <= ROOT3 * (LEAF - 1) / 2 + width)
    if len(alive) > MAX_LEAVES:
        raise too_many_voxels()
    alive = alive[np.argsort(keys[alive])]
    leaves = block_indices(keys[alive])
    if len(solids):
        outside = ~_within(leaves, solids)
        alive, leaves = alive[outside], leaves[outside]
    kept = choose(
        leaves, alive, nearest, leaf, items, distances,
        parts.rows, parts.cones, parts.beside, parts.prints,
    )  # fmt: skip
    return LeafList(leaves, *kept)


def _pairs(
    parts: Rows, width: float, first: Keys, last: Keys
) -> tuple[Keys, IndexArray, FloatArray, Keys]:
    """What :func:`immat_core.surface.binning_kernels.reaching` finds."""
    spans = np.floor((parts.boxes[:, 3:] + width) / LEAF) - np.floor(parts.boxes[:, :3] / LEAF)
    room = int(np.minimum((spans + 1).prod(1), MOST_FIRST).sum()) + MOST_FIRST
    while True:
        keys, items = np.empty(room, np.int64), np.empty(room, np.int32)
        distances, solids = np.empty(room, np.float32), np.empty(room, np.int64)
        count, solid_count = reaching(
            parts.rows, parts.boxes, parts.cones, first, last, width,
            keys, items, distances, solids,
        )  # fmt: skip
        if max(count, solid_count) <= room:
            return keys[:count], items[:count], distances[:count], solids[:solid_count]
        if room > MOST_PAIRS:
            raise too_many_voxels()
        room *= 2


def leaf_range(boxes: Doubles, width: float) -> tuple[IndexArray, IndexArray]:
    """The first and last leaves (3,) that the narrow band of anything in (n, 6) boxes reaches."""
    low = np.floor((boxes[:, :3].min(0) - width) / LEAF)
    high = np.floor((boxes[:, 3:].max(0) + width) / LEAF)
    return low.astype(np.int32), high.astype(np.int32)


def _within(leaves: IndexArray, solids: Keys) -> NDArray[np.bool_]:
    """(b,) which leaves lie in one of the solid blocks."""
    inside = np.zeros(len(leaves), np.bool_)
    place_values = np.array([1 << 2 * BITS, 1 << BITS, 1])
    for level in np.unique(solids >> 3 * BITS).tolist():
        blocks = (leaves >> level).astype(np.int64) + FARTHEST
        inside |= np.isin(blocks @ place_values + (level << 3 * BITS), solids)
    return inside
