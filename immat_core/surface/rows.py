"""Primitives as the kernels read them: one row of numbers each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import IndexArray, MedialMesh
from immat_core.surface.primitives import Topology
from immat_core.surface.rows_kernels import write_rows

Doubles = NDArray[np.float64]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Rows:
    """Cones, then flat parts, in voxels: those of :func:`immat_core.surface.primitives.primitives`.

    Attributes
    ----------
    rows
        (n, 22): the 10 numbers of a cone, or the 19 of a flat part and its 3 rates. A face
        without a tangent plane has a row too, which is farther than anything.
    cones
        How many cones there are.
    boxes
        (n, 6), lower and upper corners.
    beside
        (d, cones, 2), as in :class:`immat_core.surface.primitives.Topology`.
    prints
        (n,) uint64, a fingerprint of the geometry of each.
    """

    rows: Doubles
    cones: int
    boxes: Doubles
    beside: IndexArray
    prints: Hashes

    @classmethod
    def of(cls, mat: MedialMesh, voxel: float, topology: Topology, thinnest: float = 0.0) -> Rows:
        """Prepare a medial mesh with this topology; radii are raised to ``thinnest`` voxels."""
        count = len(topology.ends) + len(topology.faces)
        rows = cls(
            np.zeros((count, 22)),
            len(topology.ends),
            np.empty((count, 6)),
            topology.beside,
            np.empty(count, np.uint64),
        )
        rows._write(mat, voxel, topology, thinnest, np.ones(len(mat.radii), np.bool_))
        return rows

    def moved(
        self, old: MedialMesh, new: MedialMesh, voxel: float, topology: Topology, thinnest: float
    ) -> Rows:
        """The rows of ``new``; these are those of ``old``, and all else is the same for both."""
        rows = Rows(
            self.rows.copy(), self.cones, self.boxes.copy(), self.beside, self.prints.copy()
        )
        moved = (old.centers != new.centers).any(1) | (old.radii != new.radii)
        rows._write(new, voxel, topology, thinnest, moved)
        return rows

    def _write(
        self,
        mat: MedialMesh,
        voxel: float,
        topology: Topology,
        thinnest: float,
        moved: NDArray[np.bool_],
    ) -> None:
        centers = mat.centers.astype(np.float64) / voxel
        radii = np.maximum(mat.radii.astype(np.float64) / voxel, thinnest)
        write_rows(
            centers, radii, topology.ends, topology.faces, moved,
            self.rows, self.rows.view(np.uint64), self.boxes, self.prints,
        )  # fmt: skip
