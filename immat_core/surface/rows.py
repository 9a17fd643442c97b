"""Primitives as the kernels read them: one row of numbers each."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import IndexArray, MedialMesh
from immat_core.surface.binning_kernels import fingerprints
from immat_core.surface.primitives import Primitives, Topology, primitives

Doubles = NDArray[np.float64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Primitives for the kernels: a row each, cones first, then flat parts.

    Attributes
    ----------
    rows
        (n, 22): the 10 numbers of a cone, or the 19 of a flat part and its 3 rates.
    cones
        How many cones there are.
    boxes
        (n, 6), lower and upper corners.
    beside
        (d, cones, 2) as in :class:`Primitives`.
    prints
        (n,) uint64, a fingerprint of the geometry of each.
    """

    rows: Doubles
    cones: int
    boxes: Doubles
    beside: IndexArray
    prints: Hashes

    @classmethod
    def of(cls, parts: Primitives) -> Rows:
        """Lay primitives out in rows."""
        cones = parts.cones.shape[1]
        rows = np.zeros((cones + parts.flats.shape[1], 22))
        rows[:cones, :10] = parts.cones.T
        rows[cones:, :19] = parts.flats.T
        rows[cones:, 19:] = parts.flat_rates.T
        boxes = np.concatenate([parts.cone_boxes, parts.flat_boxes]).reshape(-1, 6)
        return cls(rows, cones, boxes, parts.beside, fingerprints(rows.view(np.uint64)))


def rows_after_move(
    before: Rows,
    topology: Topology,
    old: MedialMesh,
    new: MedialMesh,
    voxel: float,
    thinnest: float,
) -> Rows:
    """The rows of ``new``, which has the topology of ``old``: only those that moved are made anew.

    Parameters
    ----------
    before
        The rows of ``old``.
    voxel, thinnest
        As in :func:`immat_core.surface.primitives.primitives`, the same for both.
    """
    moved = (old.centers != new.centers).any(1) | (old.radii != new.radii)
    cones = np.flatnonzero(moved[topology.ends].any(1))
    faces = np.flatnonzero(moved[topology.faces].any(1))
    some = replace(
        topology,
        faces=topology.faces[faces],
        ends=topology.ends[cones],
        beside=np.empty((0, len(cones), 2), np.int32),
    )
    complete = len(before.rows) - before.cones == len(topology.faces)
    if complete and len(cones) < before.cones // 2:
        part = Rows.of(primitives(new, voxel, some, thinnest))
        # A face that loses its tangent plane has no row, and all others move up.
        if len(part.rows) == len(cones) + len(faces):
            at = np.concatenate([cones, before.cones + faces])
            rows, boxes, prints = before.rows.copy(), before.boxes.copy(), before.prints.copy()
            rows[at], boxes[at], prints[at] = part.rows, part.boxes, part.prints
            return Rows(rows, before.cones, boxes, before.beside, prints)
    return Rows.of(primitives(new, voxel, topology, thinnest))
