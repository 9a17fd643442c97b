"""Which primitives can matter in which blocks of the lattice: culling from coarse to fine.

A block of ``size`` cubed lattice points keeps a primitive if, somewhere in it, the primitive can
be the nearest one within the narrow band. That is decided at the block's middle from the fact that
distances change by at most 1 a voxel, so nothing that matters is ever dropped:

- a primitive farther than the band from every lattice point of the block;
- a primitive that another one beats by more than twice the block's half diagonal;
- a cone whose nearest point lies, for the whole block, strictly between its ends while that of a
  face beside it lies strictly on the face's side: the face is nearer. (Strictly, so that cones
  around a corner can never drop one another all round.)
- a whole block that is solid or empty.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.medial_mesh import FloatArray
from immat_core.surface.primitives import Primitives
from immat_core.surface.watch import Watch

LEAF = 8
"""Lattice points along the side of an OpenVDB leaf."""
MAX_LEAVES = 400_000_000 // LEAF**3
"""Most leaves that a surface may have: about 5 GB of memory."""
MAX_PAIRS = 20_000
"""Pairs of block and primitive to start with; coarser blocks are taken while there are more."""
OCTANTS = np.array([[i >> 2, i >> 1 & 1, i & 1] for i in range(8)], np.int32)
"""(8, 3), a block's children, x slowest."""
UNREACHED = np.float32(np.inf)


@dataclass(frozen=True)
class Pairs:
    """Which primitive is tried in which block.

    Attributes
    ----------
    item
        (n,) columns of the primitives.
    row
        (n,) rows of the blocks.
    """

    item: NDArray[np.intp]
    row: NDArray[np.intp]

    def where(self, keep: NDArray[np.bool_]) -> Pairs:
        """The pairs for which ``keep`` (n,) is set."""
        return Pairs(self.item[keep], self.row[keep])


@dataclass(frozen=True)
class Blocks:
    """Blocks of the lattice with the primitives that may matter in them.

    Attributes
    ----------
    size
        Lattice points along a side.
    index
        (b, 3) int32; block (i, j, k) holds the lattice points from ``size * (i, j, k)`` on.
    cones, flats
        Pairs of primitive and block.
    """

    size: int
    index: NDArray[np.int32]
    cones: Pairs
    flats: Pairs

    @property
    def half_diagonal(self) -> float:
        """From the middle to the block's outermost lattice points, in voxels."""
        return float(np.sqrt(3) * (self.size - 1) / 2)

    @property
    def middles(self) -> FloatArray:
        """(3, b) float32, middles of the blocks' lattice points in voxels."""
        return (self.index.T * self.size + (self.size - 1) / 2).astype(np.float32)

    def children(self) -> Blocks:
        """The blocks of half the size; child c of block b is row 8 b + c."""
        index = (2 * self.index[:, None] + OCTANTS).reshape(-1, 3)

        def split(pairs: Pairs) -> Pairs:
            # Octant by octant, so that rows that follow one another differ.
            row = (8 * pairs.row + np.arange(8)[:, None]).ravel()
            return Pairs(np.tile(pairs.item, 8), row)

        return Blocks(self.size // 2, index, split(self.cones), split(self.flats))


def cull_leaves(parts: Primitives, width: float, watch: Watch) -> Blocks:
    """The leaves that hold the narrow band of half width ``width`` voxels.

    Raises
    ------
    UserError
        When there are more than ``MAX_LEAVES``.
    Cancelled
        When ``watch`` says so.
    """
    blocks = _first_blocks(parts, width)
    while True:
        watch.at(0.0, "Culling")
        blocks, _, _ = cull(parts, blocks, width)
        # A surface meets about 4 times as many blocks of half the size; a coarse block may be
        # met by a corner alone, hence the room.
        coarse = blocks.size // LEAF
        if len(blocks.index) * coarse**2 > MAX_LEAVES * min(4, coarse**2):
            raise too_many_voxels()
        if blocks.size == LEAF:
            return blocks
        blocks = blocks.children()


def too_many_voxels() -> UserError:
    """What to say where a surface would have more than ``MAX_LEAVES``."""
    millions = MAX_LEAVES * LEAF**3 // 1_000_000
    return UserError(
        f"the surface would need more than {millions} million voxels", "Use a larger voxel"
    )


def cull(
    parts: Primitives, blocks: Blocks, width: float
) -> tuple[Blocks, NDArray[np.bool_], NDArray[np.bool_]]:
    """Drop every pair and block that cannot matter within ``width`` voxels of the surface.

    Returns
    -------
    blocks
        What is left, in the same order.
    alive
        (b,) which of the given blocks these are.
    solid
        (b,) which of the given blocks were dropped because they lie inside, deeper than the band.
    """
    half = np.float32(blocks.half_diagonal)
    reach = np.float32(half + width)
    middles = blocks.middles
    rods, sheets = blocks.cones, blocks.flats
    rod_distance, foot = _cones_at(parts.cones[:, rods.item], middles[:, rods.row])
    sheet_distance, weights = _flats_at(parts.flats[:, sheets.item], middles[:, sheets.row])
    rates = parts.flat_rates[:, sheets.item]

    nearest = np.full(len(blocks.index), UNREACHED, np.float32)
    np.minimum.at(nearest, rods.row, rod_distance)
    valid = (weights >= 0).all(0)
    np.minimum.at(nearest, sheets.row[valid], sheet_distance[valid])
    alive = np.abs(nearest) <= reach
    limit = np.where(alive, np.minimum(nearest + 2 * half, reach), -UNREACHED)

    near = sheet_distance <= limit[sheets.row]
    near &= (weights >= -half * rates).all(0)
    keep = rod_distance <= limit[rods.row]
    _drop_behind_faces(parts, rods, middles, half, foot, keep)

    rows = np.cumsum(alive) - 1
    rods, sheets = rods.where(keep), sheets.where(near)
    left = Blocks(
        blocks.size,
        blocks.index[alive],
        Pairs(rods.item, rows[rods.row]),
        Pairs(sheets.item, rows[sheets.row]),
    )
    return left, alive, nearest < -reach


def _drop_behind_faces(
    parts: Primitives,
    rods: Pairs,
    middles: FloatArray,
    half: np.float32,
    foot: FloatArray,
    keep: NDArray[np.bool_],
) -> None:
    """Clear ``keep`` for the cones that a face beside them beats in the whole block."""
    length, shear = parts.cones[6, rods.item], parts.cones[9, rods.item]
    room = half * np.sqrt(1 + shear * shear)
    left = np.flatnonzero(keep & (foot > room) & (foot < length - room))
    for beside in parts.beside:
        face, corner = beside[rods.item[left]].T
        left, face, corner = left[face >= 0], face[face >= 0], corner[face >= 0]
        _, weights = _flats_at(parts.flats[:, face], middles[:, rods.row[left]])
        weight = weights[corner, np.arange(len(corner))]
        beaten = weight > half * parts.flat_rates[corner, face]
        keep[left[beaten]] = False
        left = left[~beaten]


def _cones_at(columns: FloatArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(n,) distances of n points to n cones, and where along the axis their feet are, unclipped."""
    offset = points - columns[:3]
    along = np.einsum("ij,ij->j", offset, columns[3:6])
    away2 = np.maximum(np.einsum("ij,ij->j", offset, offset) - along * along, 0)
    foot = along - columns[9] * np.sqrt(away2)
    clipped = np.minimum(np.maximum(foot, 0), columns[6])
    distance = np.sqrt((along - clipped) ** 2 + away2) - columns[7] + columns[8] * clipped
    return distance, foot


def _flats_at(columns: FloatArray, points: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(n,) distances of n points to n faces' planes, (3, n) barycentric coordinates of the feet."""
    affine = np.einsum("ijk,jk->ik", columns[:16].reshape(4, 4, -1)[:, :3], points)
    affine += columns[3:16:4]
    height = np.abs(affine[0])
    weights = np.empty((3, points.shape[1]), np.float32)
    np.subtract(affine[1], columns[16] * height, out=weights[1])
    np.subtract(affine[2], columns[17] * height, out=weights[2])
    np.subtract(1 - weights[1], weights[2], out=weights[0])
    return affine[3] + columns[18] * height, weights


def _first_blocks(parts: Primitives, width: float) -> Blocks:
    """The finest blocks of which the primitives' boxes meet at most ``MAX_PAIRS``."""
    boxes = np.concatenate([parts.cone_boxes, parts.flat_boxes]).astype(np.float64)
    boxes += [[-width], [width]]
    size = LEAF
    while True:
        low, high = np.floor(boxes / size).astype(np.int64).transpose(1, 0, 2)
        spans = high - low + 1
        if size > LEAF << 20 or float(spans.prod(1, dtype=float).sum()) <= max(
            MAX_PAIRS, 8 * len(boxes)
        ):
            break
        size *= 2
    counts = spans.prod(1)
    item = np.repeat(np.arange(len(boxes)), counts)
    local = np.arange(len(item)) - np.repeat(np.cumsum(counts) - counts, counts)
    nz, nyz = spans[item, 2], spans[item, 1] * spans[item, 2]
    index = np.column_stack([local // nyz, local % nyz // nz, local % nz]) + low[item]
    first = index.min(0)
    shape = index.max(0) - first + 1
    key = np.ravel_multi_index((index - first).T, shape)
    unique, row = np.unique(key, return_inverse=True)
    rods = item < parts.cones.shape[1]
    return Blocks(
        size,
        (np.column_stack(np.unravel_index(unique, shape)) + first).astype(np.int32),
        Pairs(item[rods], row[rods]),
        Pairs(item[~rods] - parts.cones.shape[1], row[~rods]),
    )
