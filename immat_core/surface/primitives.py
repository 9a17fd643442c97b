"""The lean list of primitives whose union is the surface, in voxels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core import envelope
from immat_core.medial_mesh import IndexArray, MedialMesh

Columns = NDArray[np.floating[Any]]

FLATTEST = 1e-7
"""Height of a triangle over its longest side under which it is left to its cones."""
STEEPEST = 1 - 1e-6
"""Squared slope from which on a face is left to its cones."""


@dataclass(frozen=True, eq=False)
class Topology:
    """Which spheres make which primitive: what moving a sphere leaves as it is.

    Attributes
    ----------
    edges, faces
        Those of the medial mesh.
    spheres
        How many spheres it has.
    ends
        (m, 2) int32, the spheres of each cone; see :func:`immat_core.envelope.cone_ends`.
    beside
        (d, m, 2) int32: the faces beside each cone and which of the face's barycentric
        coordinates is 0 on it; -1 where there are fewer than d.
    """

    edges: IndexArray
    faces: IndexArray
    spheres: int
    ends: IndexArray
    beside: IndexArray

    @classmethod
    def of(cls, mat: MedialMesh) -> Topology:
        """Take it from a medial mesh."""
        ends = envelope.cone_ends(mat)
        beside = _beside(ends, mat.faces, len(mat.radii))
        # Copies: the arrays of a medial mesh are read-only, which is another type to Numba.
        return cls(mat.edges.copy(), mat.faces.copy(), len(mat.radii), ends, beside)

    def fits(self, mat: MedialMesh) -> bool:
        """Whether a medial mesh has this topology."""
        return (
            self.spheres == len(mat.radii)
            and np.array_equal(self.edges, mat.edges)
            and np.array_equal(self.faces, mat.faces)
        )


@dataclass(frozen=True, eq=False)
class Primitives:
    """Cones and flat parts of faces as columns, in voxels.

    Attributes
    ----------
    cones
        (10, m): start x y z, axis x y z, length, radius, slope, shear
        (see :class:`immat_core.envelope.Cones`).
    cone_boxes
        (m, 2, 3), lower and upper corners.
    beside
        (d, m, 2) int32, as in :class:`Topology`; only faces that are in ``flats``.
    flats
        (19, k): normal, side1, side2, tilt (4 each), lean1, lean2, lift
        (see :class:`immat_core.envelope.Flats`). Only faces that have a tangent plane.
    flat_boxes
        (k, 2, 3).
    flat_rates
        (3, k), how fast each barycentric coordinate of the foot may change per voxel.
    """

    cones: Columns
    cone_boxes: Columns
    beside: IndexArray
    flats: Columns
    flat_boxes: Columns
    flat_rates: Columns

    def relative_to(self, origin: NDArray[np.int64]) -> Primitives:
        """The same in float32, in coordinates relative to a lattice point (3,) near the shape."""
        cones, flats = self.cones.copy(), self.flats.copy()
        cones[:3] -= origin[:, None]
        for affine in (flats[0:4], flats[4:8], flats[8:12], flats[12:16]):
            affine[3] += (affine[:3] * origin[:, None]).sum(0)
        return Primitives(
            cones.astype(np.float32),
            (self.cone_boxes - origin).astype(np.float32),
            self.beside,
            flats.astype(np.float32),
            (self.flat_boxes - origin).astype(np.float32),
            self.flat_rates.astype(np.float32),
        )


def primitives(mat: MedialMesh, voxel: float, thinnest: float = 0.0) -> Primitives:
    """Prepare the primitives of a medial mesh in float64, the lattice's origin being theirs.

    Radii under ``thinnest`` voxels are raised to it.
    """
    topology = Topology.of(mat)
    centers = mat.centers.astype(np.float64) / voxel
    radii = np.maximum(mat.radii.astype(np.float64) / voxel, thinnest)
    low, high = centers - radii[:, None], centers + radii[:, None]
    ends, faces, beside = topology.ends, topology.faces, topology.beside
    flat = envelope.flats(centers[faces], radii[faces], FLATTEST, STEEPEST)
    columns = _flat_columns(flat)
    if not flat.exists.all():
        columns, faces = columns[:, flat.exists], faces[flat.exists]
        beside = _renumbered(beside, flat.exists)
    return Primitives(
        cones=_cone_columns(envelope.cones(centers[ends], radii[ends])),
        cone_boxes=_boxes(low, high, ends),
        beside=beside,
        flats=columns,
        flat_boxes=_boxes(low, high, faces),
        flat_rates=_rates(columns),
    )


def _cone_columns(rods: envelope.Cones) -> Columns:
    scalars = [rods.length, rods.radius, rods.slope, rods.shear]
    return np.concatenate([rods.start.T, rods.axis.T, scalars])


def _flat_columns(sheets: envelope.Flats) -> Columns:
    rows = (sheets.normal.T, sheets.side1.T, sheets.side2.T, sheets.tilt.T)
    return np.concatenate([*rows, [sheets.lean1, sheets.lean2, sheets.lift]])


def _rates(columns: Columns) -> Columns:
    """(3, k) how fast the barycentric coordinates of the foot may change."""
    sides = np.stack([columns[4:7] + columns[8:11], columns[4:7], columns[8:11]])
    leans = np.stack([columns[16] + columns[17], columns[16], columns[17]])
    rates: Columns = np.sqrt(np.einsum("ijk,ijk->ik", sides, sides) + leans * leans)
    return rates


def _boxes(low: Columns, high: Columns, rows: IndexArray) -> Columns:
    """(n, 2, 3) boxes around the spheres in each row, from those of the spheres."""
    lower, upper = low[rows[:, 0]], high[rows[:, 0]]
    for column in range(1, rows.shape[1]):
        lower = np.minimum(lower, low[rows[:, column]])
        upper = np.maximum(upper, high[rows[:, column]])
    return np.stack([lower, upper], axis=1)


def _beside(ends: IndexArray, faces: IndexArray, spheres: int) -> IndexArray:
    """The faces beside each cone, padded with -1; see :class:`Topology`."""
    # The side without corner k is where the barycentric coordinate k is 0.
    sides = np.concatenate([faces[:, [1, 2]], faces[:, [0, 2]], faces[:, [0, 1]]]).astype(np.int64)
    edges = ends[ends[:, 0] != ends[:, 1]].astype(np.int64)
    cone = np.searchsorted(edges @ [spheres, 1], sides @ [spheres, 1])
    entry = np.column_stack([np.tile(np.arange(len(faces)), 3), np.repeat(range(3), len(faces))])
    order = np.argsort(cone, kind="stable")
    cone, entry = cone[order], entry[order]
    rank = np.arange(len(cone)) - np.searchsorted(cone, cone)
    beside = np.full((int(rank.max(initial=-1)) + 1, len(ends), 2), -1, np.int32)
    beside[rank, cone] = entry
    return beside


def _renumbered(beside: IndexArray, exists: NDArray[np.bool_]) -> IndexArray:
    """``beside`` after the faces that do not exist have been left out."""
    numbers = np.append(np.where(exists, np.cumsum(exists) - 1, -1), -1).astype(np.int32)
    renumbered = beside.copy()
    renumbered[..., 0] = numbers[beside[..., 0]]
    return renumbered
