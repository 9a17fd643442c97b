"""The narrow band: signed distances on the lattice points near the surface."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, MedialMesh
from immat_core.surface.culling import LEAF, Blocks, Pairs, cull, cull_leaves
from immat_core.surface.primitives import Primitives, primitives
from immat_core.surface.watch import NOBODY, Watch

SNAP = np.float32(1e-3)
"""Voxels from the surface within which a lattice point counts as inside by just as much.

So rounding never decides on which side a lattice point on the surface is: a shape moved by whole
voxels keeps its mesh (test_lattice_points_on_the_surface_are_inside_wherever_it_is_moved)."""
CELL = LEAF // 2
"""Lattice points along the side of the blocks that are evaluated as one."""
CHUNK = 384
"""Pairs evaluated at a time: they stay in the cache, and NumPy's BLAS in one thread."""
BATCH = 32 * CHUNK
"""Pairs prepared at a time, and between two questions whether to stop."""


def _monomials() -> tuple[FloatArray, FloatArray]:
    """(4, 64) and (10, 64): 1 x y z, and those with xx yy zz xy xz yz, on a cell's points."""
    x, y, z = np.indices((CELL,) * 3).reshape(3, -1) - (CELL - 1) / 2
    linear = np.stack([np.ones_like(x), x, y, z])
    squares = np.stack([x * x, y * y, z * z, x * y, x * z, y * z])
    return linear.astype(np.float32), np.concatenate([linear, squares]).astype(np.float32)


LINEAR, QUADRATIC = _monomials()


@dataclass(frozen=True, eq=False)
class NarrowBand:
    """Distances in the leaves around the surface.

    Attributes
    ----------
    voxel
        Distance between lattice points in world units; lattice point (0, 0, 0) is the origin.
    width
        Half width of the band in voxels.
    leaves
        (n, 3) int64; leaf (i, j, k) holds the lattice points from 8 (i, j, k) on.
    values
        (n, 8, 8, 8) float32, distances in voxels, at most ``width`` in size, negative inside.
    """

    voxel: float
    width: float
    leaves: NDArray[np.int64]
    values: FloatArray


def narrow_band(
    mat: MedialMesh,
    voxel: float,
    width: float,
    watch: Watch = NOBODY,
    thinnest: float = 0.0,
) -> NarrowBand:
    """Sample the union of the envelopes of a medial mesh with at least one sphere.

    Inside, where envelopes overlap, the values are the distance to the nearest envelope, which is
    at most as deep as the union is. Radii under ``thinnest`` voxels are raised to it.

    Raises
    ------
    UserError
        When the band would need too many voxels.
    Cancelled
        When ``watch`` says so.
    """
    # Relative to a leaf's corner near the middle, so that float32 suffices far from the origin too.
    middle = mat.bounds.astype(np.float64).mean(0) / voxel
    origin = np.round(middle / LEAF).astype(np.int64) * LEAF
    parts = primitives(mat, voxel, thinnest=thinnest).relative_to(origin)
    leaves = cull_leaves(parts, width, watch)
    every = leaves.children()
    cells, alive, solid = cull(parts, every, width)
    values = np.full((len(every.index), CELL**3), width, np.float32)
    values[solid] = -width
    values[alive] = _evaluate(parts, cells, width, watch)
    blocks = values.reshape(-1, 2, 2, 2, CELL, CELL, CELL).transpose(0, 1, 4, 2, 5, 3, 6)
    blocks = blocks.reshape(-1, LEAF, LEAF, LEAF)
    crossed = np.abs(blocks).reshape(len(blocks), -1).min(1, initial=width) < width
    index = leaves.index[crossed] + origin // LEAF
    return NarrowBand(voxel, width, index, blocks[crossed])


def _evaluate(parts: Primitives, cells: Blocks, width: float, watch: Watch) -> FloatArray:
    """(cells, 64) float32: the least distance of each cell's lattice points, clipped."""
    values = np.full((len(cells.index), CELL**3), width, np.float32)
    middles = cells.middles
    work = [np.empty((CHUNK, CELL**3), np.float32) for _ in range(4)]
    done, total = 0, len(cells.cones.row) + len(cells.flats.row)
    for columns, pairs, lower in (
        (parts.cones, cells.cones, _lower_to_cones),
        (parts.flats, cells.flats, _lower_to_flats),
    ):
        for batch in _batches(pairs):
            watch.at(0.2 + 0.4 * done / total, "Measuring distances")
            done += len(batch.row)
            lower(values, batch.row, columns[:, batch.item], middles[:, batch.row], work)
    np.maximum(values, -np.float32(width), out=values)
    values[np.abs(values) < SNAP] = -SNAP
    return values


def _batches(pairs: Pairs) -> Iterator[Pairs]:
    """The pairs in batches in which no row comes twice, so that one write cannot undo another."""
    order = np.argsort(pairs.row, kind="stable")
    row = pairs.row[order]
    first = np.flatnonzero(np.diff(row, prepend=-1))
    turn = np.arange(len(row)) - np.repeat(first, np.diff(first, append=len(row)))
    order = order[np.argsort(turn.astype(np.int16), kind="stable")]
    end = 0
    for count in np.bincount(turn).tolist():
        begin, end = end, end + count
        for at in range(begin, end, BATCH):
            batch = order[at : min(end, at + BATCH)]
            yield Pairs(pairs.item[batch], pairs.row[batch])


def _lower_to_cones(
    values: FloatArray,
    rows: NDArray[np.intp],
    cones: FloatArray,
    middles: FloatArray,
    work: list[FloatArray],
) -> None:
    """Lower the rows of ``values`` to the distances of their cones."""
    along_form, away_form = _cone_forms(cones, middles)
    length, radius, slope, shear = cones[6:, :, None]
    for begin in range(0, len(rows), CHUNK):
        part = slice(begin, begin + CHUNK)
        row = rows[part]
        along, away2, foot, old = (array[: len(row)] for array in work)
        np.matmul(along_form[part], LINEAR, out=along)
        np.matmul(away_form[part], QUADRATIC, out=away2)
        np.maximum(away2, 0, out=away2)
        np.sqrt(away2, out=foot)
        foot *= shear[part]
        np.subtract(along, foot, out=foot)
        np.maximum(foot, 0, out=foot)
        np.minimum(foot, length[part], out=foot)
        along -= foot
        along *= along
        along += away2
        np.sqrt(along, out=along)
        foot *= slope[part]
        along += foot
        along -= radius[part]
        np.take(values, row, axis=0, out=old, mode="clip")
        values[row] = np.minimum(along, old, out=along)


def _cone_forms(cones: FloatArray, middles: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How far along the axis, and how far from it squared, as polynomials around the middles."""
    offset = middles - cones[:3]
    axis = cones[3:6]
    along = (offset * axis).sum(0)
    away = offset - along * axis
    cross = -2 * axis[[0, 0, 1]] * axis[[1, 2, 2]]
    square = np.concatenate([(away * away).sum(0)[None], 2 * away, 1 - axis * axis, cross])
    linear = np.concatenate([along[None], axis])
    return np.ascontiguousarray(linear.T), np.ascontiguousarray(square.T)


def _lower_to_flats(
    values: FloatArray,
    rows: NDArray[np.intp],
    flats: FloatArray,
    middles: FloatArray,
    work: list[FloatArray],
) -> None:
    """Lower the rows of ``values`` to the distances of their faces where the feet lie on them."""
    gradients = flats[:16].reshape(4, 4, -1)[:, :3]
    constants = (gradients * middles).sum(1) + flats[3:16:4]
    forms = np.concatenate([constants[:, None], gradients], axis=1).transpose(0, 2, 1)
    normal, side1, side2, tilt = np.ascontiguousarray(forms)
    lean1, lean2, lift = flats[16:, :, None]
    for begin in range(0, len(rows), CHUNK):
        part = slice(begin, begin + CHUNK)
        row = rows[part]
        height, least, distance, other = (array[: len(row)] for array in work)
        np.matmul(normal[part], LINEAR, out=height)
        np.abs(height, out=height)
        np.matmul(tilt[part], LINEAR, out=distance)
        distance += np.multiply(height, lift[part], out=other)
        np.matmul(side1[part], LINEAR, out=least)
        least -= np.multiply(height, lean1[part], out=other)
        np.matmul(side2[part], LINEAR, out=other)
        height *= lean2[part]
        other -= height
        np.add(least, other, out=height)
        np.subtract(1, height, out=height)
        np.minimum(least, other, out=least)
        np.minimum(least, height, out=least)
        # A foot just beyond a side is as near as the side's cone to second order.
        distance[least < -1e-5] = np.inf
        np.take(values, row, axis=0, out=other, mode="clip")
        values[row] = np.minimum(distance, other, out=distance)
