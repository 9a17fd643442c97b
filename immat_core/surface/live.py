"""The surface of a medial mesh that is being edited: rebuilt only where it changed.

Leaves, their values and their triangles are kept from one state of the medial mesh to the next.
After an edit the leaves within reach of the primitives that changed, as they were and as they are,
are binned again; those that keep the very same primitives are clean. The rest is sampled and
extracted, everything else is moved to its new place in the arrays. The mesh is that of a full
rebuild, number for number: a full rebuild is an edit of nothing.

Importing this module compiles its kernels or loads them; see :mod:`immat_core.kernels`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh
from immat_core.surface import marching
from immat_core.surface.binning import LeafList, bin_leaves, leaf_range
from immat_core.surface.block_table import block_keys
from immat_core.surface.leaf_pool import LeafPool
from immat_core.surface.limits import MESH_WIDTH, THINNEST, check_request, thinner_than_voxel
from immat_core.surface.marching_kernels import (
    count_cells,
    join,
    place_triangles,
    place_vertices,
    touched,
)
from immat_core.surface.mesh import SurfaceMesh
from immat_core.surface.primitives import Topology
from immat_core.surface.rows import Rows
from immat_core.surface.sampling_kernels import CELL, sample
from immat_core.surface.watch import Progress, Question, Watch

CHUNK = 1024
"""Leaves sampled between two questions whether to stop."""
POINTS: FloatArray = np.ascontiguousarray(
    np.indices((CELL,) * 3).reshape(3, -1) - (CELL - 1) / 2, np.float32
)
"""(3, 64), a cell's points around its middle."""


@dataclass(frozen=True, eq=False)
class _Shape:
    """What is to be shown: a medial mesh in voxels, prepared for the kernels."""

    voxel: float
    mat: MedialMesh
    topology: Topology
    parts: Rows


@dataclass(frozen=True, eq=False)
class _State:
    """A shape and its surface.

    ``leaves`` (b, 3) are sorted; ``marks`` (b,) tell what each keeps, ``slots`` (b,) where its
    values are, ``neighbors`` (b, 8) which rows are next to it; its vertices and triangles begin at
    ``starts`` (b + 1, 2), and ``codes`` (t, 3) are the triangles without numbers of leaves.
    """

    shape: _Shape
    leaves: IndexArray
    marks: NDArray[np.uint64]
    slots: IndexArray
    neighbors: IndexArray
    starts: NDArray[np.int64]
    codes: NDArray[np.uint16]
    mesh: SurfaceMesh


@dataclass(frozen=True, eq=False)
class _Plan:
    """The leaves of the new surface.

    ``leaves`` (b, 3) are sorted, with their ``marks`` (b,); ``source`` (b,) is the row of a clean
    leaf before, -1 for others, and ``row`` (b,) that in ``near``, -1 for leaves out of reach.
    """

    leaves: IndexArray
    marks: NDArray[np.uint64]
    source: IndexArray
    near: LeafList
    row: IndexArray


class LiveSurface:
    """A surface that follows its medial mesh.

    Attributes
    ----------
    changed_blocks
        How many leaves of 8^3 voxels the last update sampled.
    """

    def __init__(
        self,
        mat: MedialMesh,
        voxel: float = 1 / 128,
        *,
        clamp_thin: bool = False,
        on_progress: Progress | None = None,
        should_cancel: Question | None = None,
    ) -> None:
        """Build the surface; see :func:`immat_core.surface.build_surface`."""
        self.changed_blocks = 0
        self._thinnest = THINNEST if clamp_thin else 0.0
        self._pool = LeafPool()
        self._pool_fits = False
        self._state = self._advance(None, mat, voxel, Watch(on_progress, should_cancel))

    @property
    def mesh(self) -> SurfaceMesh:
        """The surface as of the last update: triangles, which nobody may change."""
        return self._state.mesh

    def update(
        self,
        mat: MedialMesh,
        voxel: float | None = None,
        *,
        on_progress: Progress | None = None,
        should_cancel: Question | None = None,
    ) -> SurfaceMesh:
        """Follow an edit of any kind.

        Parameters
        ----------
        mat
            The medial mesh as it is now: anything may have changed.
        voxel
            Another voxel, for which everything is built anew.

        Returns
        -------
        The same mesh, vertex for vertex and triangle for triangle, as a new surface would have.

        Raises
        ------
        UserError
            As :func:`immat_core.surface.build_surface` does.
        Cancelled
            When ``should_cancel`` said so. After an error the surface is what it was before.
        """
        now = self._state.shape.voxel
        before = self._state if voxel in (None, now) and self._pool_fits else None
        watch = Watch(on_progress, should_cancel)
        self._state = self._advance(before, mat, now if voxel is None else voxel, watch)
        return self.mesh

    def _advance(
        self, before: _State | None, mat: MedialMesh, voxel: float, watch: Watch
    ) -> _State:
        check_request(mat, voxel)
        watch.at(0.0, "Finding what changed")
        shape = self._shape(before, mat, voxel)
        plan = _plan(before, shape.parts)
        fresh = plan.source < 0
        taken = np.empty(0, np.int32) if before is None else before.slots
        slots = np.empty(len(plan.leaves), np.int32)
        slots[~fresh] = taken[plan.source[~fresh]]
        slots[fresh] = self._pool.free_slots(taken, np.count_nonzero(fresh))
        self._sample(shape.parts, plan, slots, watch)
        watch.at(0.7, "Extracting triangles")
        self._pool_fits = False
        state = self._extract(before, shape, plan, slots)
        if not len(state.mesh.faces):
            raise thinner_than_voxel(mat, voxel)
        self.changed_blocks = np.count_nonzero(fresh)
        self._pool_fits = True
        return state

    def _shape(self, before: _State | None, mat: MedialMesh, voxel: float) -> _Shape:
        if before is not None and before.shape.topology.fits(mat):
            old = before.shape
            parts = old.parts.moved(old.mat, mat, voxel, old.topology, self._thinnest)
            return _Shape(voxel, mat, old.topology, parts)
        topology = Topology.of(mat)
        return _Shape(voxel, mat, topology, Rows.of(mat, voxel, topology, self._thinnest))

    def _sample(self, parts: Rows, plan: _Plan, slots: IndexArray, watch: Watch) -> None:
        """Fill the slots of the leaves that are not clean."""
        near = plan.near
        rows = np.flatnonzero((plan.source < 0) & (plan.row >= 0))
        todo = plan.row[rows]
        near_slots = np.empty(len(near.leaves), np.int32)
        near_slots[todo] = slots[rows]
        most = int(np.diff(near.starts).max(initial=1))
        for begin in range(0, len(todo), CHUNK):
            watch.at(0.1 + 0.6 * begin / len(todo), "Measuring distances")
            sample(
                parts.rows, parts.cones, parts.beside, near.leaves, near.starts, near.items,
                todo[begin : begin + CHUNK], near_slots, most, np.float32(MESH_WIDTH), POINTS,
                self._pool.values, self._pool.signs,
            )  # fmt: skip

    def _extract(
        self, before: _State | None, shape: _Shape, plan: _Plan, slots: IndexArray
    ) -> _State:
        """Make the mesh: anew around the leaves that are not clean, from before elsewhere."""
        pool, source, fresh = self._pool, plan.source, plan.source < 0
        neighbors = join(plan.leaves)
        old_neighbors = np.empty((0, 8), np.int32) if before is None else before.neighbors
        redo = touched(neighbors, fresh, source, old_neighbors)
        renumbered = fresh | count_cells(
            neighbors, slots, pool.signs, redo, pool.crossings, pool.firsts, pool.counts,
            marching.COUNTS,
        )  # fmt: skip
        starts = np.zeros((len(slots) + 1, 2), np.int64)
        np.cumsum(pool.counts[slots], axis=0, out=starts[1:])
        vertices = np.empty((int(starts[-1, 0]), 3), np.float32)
        codes = np.empty((int(starts[-1, 1]), 3), np.uint16)
        triangles = np.empty((len(codes), 3), np.int32)
        old = (starts, codes, vertices)
        if before is not None:
            old = (before.starts, before.codes, before.mesh.vertices)
        place_vertices(
            plan.leaves, neighbors, slots, pool.values, pool.crossings, redo, starts,
            source, old[0], old[2], shape.voxel, vertices,
        )  # fmt: skip
        redo |= touched(neighbors, renumbered, source, old_neighbors)
        place_triangles(
            neighbors, slots, pool.signs, pool.crossings, pool.firsts, redo, starts,
            source, old[0], old[1], codes, triangles,
            marching.COUNTS, marching.CROSSED, marching.TRIANGLES, marching.EDGES,
        )  # fmt: skip
        mesh = SurfaceMesh(vertices, triangles)
        return _State(shape, plan.leaves, plan.marks, slots, neighbors, starts, codes, mesh)


def _plan(before: _State | None, parts: Rows) -> _Plan:
    """Find the leaves of the new surface and which of them are as they were."""
    if before is None:
        near = bin_leaves(parts, MESH_WIDTH)
        count = len(near.leaves)
        row = np.arange(count, dtype=np.int32)
        return _Plan(near.leaves, near.marks, np.full(count, -1, np.int32), near, row)
    old, new = _changed(before.shape.parts, parts)
    boxes = np.concatenate([before.shape.parts.boxes[old], parts.boxes[new]])
    if len(boxes):
        low, high = leaf_range(boxes, MESH_WIDTH)
    else:
        low, high = np.ones(3, np.int32), np.zeros(3, np.int32)
    near = bin_leaves(parts, MESH_WIDTH, low, high)
    far = np.flatnonzero(((before.leaves < low) | (before.leaves > high)).any(1))
    leaves = np.concatenate([before.leaves[far], near.leaves])
    order = np.argsort(block_keys(leaves), kind="stable")
    source = np.concatenate([far.astype(np.int32), _unchanged(before, near)])
    row = np.concatenate([np.full(len(far), -1), np.arange(len(near.leaves))]).astype(np.int32)
    marks = np.concatenate([before.marks[far], near.marks])
    return _Plan(leaves[order], marks[order], source[order], near, row[order])


def _changed(old: Rows, new: Rows) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of the primitives that only the old ones have, and that only the new ones have."""
    if len(old.prints) == len(new.prints):
        differ = np.flatnonzero(old.prints != new.prints)
        if len(differ) < len(new.prints) // 2:
            return differ, differ
    gone, come = np.isin(old.prints, new.prints), np.isin(new.prints, old.prints)
    return np.flatnonzero(~gone), np.flatnonzero(~come)


def _unchanged(before: _State, near: LeafList) -> IndexArray:
    """(b,) int32, for each leaf of ``near`` the row where it was the same before, or -1."""
    if not len(near.leaves) or not len(before.leaves):
        return np.full(len(near.leaves), -1, np.int32)
    old_keys, keys = block_keys(before.leaves), block_keys(near.leaves)
    row = np.minimum(np.searchsorted(old_keys, keys), len(old_keys) - 1)
    same = (old_keys[row] == keys) & (before.marks[row] == near.marks)
    return np.where(same, row, -1).astype(np.int32)
