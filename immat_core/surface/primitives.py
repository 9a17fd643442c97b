"""The lean list of primitives whose union is the surface, in voxels, float32."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core import envelope
from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh

FLATTEST = 1e-7
"""Height of a triangle over its longest side under which it is left to its cones."""
STEEPEST = 1 - 1e-6
"""Squared slope from which on a face is left to its cones."""


@dataclass(frozen=True)
class Primitives:
    """Cones and flat parts of faces as columns, in voxel units relative to ``origin``.

    Attributes
    ----------
    cones
        (10, m) float32: start x y z, axis x y z, length, radius, slope, shear
        (see :class:`immat_core.envelope.Cones`).
    cone_boxes
        (m, 2, 3) float32, lower and upper corners.
    beside
        (d, m, 2) int32: the faces beside each cone and which of the face's barycentric
        coordinates is 0 on it; -1 where there are fewer than d.
    flats
        (19, k) float32: normal, side1, side2, tilt (4 each), lean1, lean2, lift
        (see :class:`immat_core.envelope.Flats`). Only faces that have a tangent plane.
    flat_boxes
        (k, 2, 3) float32.
    flat_rates
        (3, k) float32, how fast each barycentric coordinate of the foot may change per voxel.
    origin
        (3,) int64, the lattice point, in voxels, that the coordinates are relative to.
    """

    cones: FloatArray
    cone_boxes: FloatArray
    beside: IndexArray
    flats: FloatArray
    flat_boxes: FloatArray
    flat_rates: FloatArray
    origin: NDArray[np.int64]


def primitives(mat: MedialMesh, voxel: float) -> Primitives:
    """Prepare the primitives of a medial mesh with at least one sphere."""
    low, high = mat.bounds.astype(np.float64) / voxel
    # Relative to a leaf's corner near the middle, so that float32 suffices far from the origin too.
    origin = (np.round((low + high) / 2 / 8) * 8).astype(np.int64)
    centers = mat.centers.astype(np.float64) / voxel - origin
    radii = mat.radii.astype(np.float64) / voxel
    ends = envelope.cone_ends(mat)
    flat = envelope.flats(centers[mat.faces], radii[mat.faces], FLATTEST, STEEPEST)
    faces = mat.faces[flat.exists]
    columns, rates = _flat_columns(flat)
    return Primitives(
        cones=_cone_columns(envelope.cones(centers[ends], radii[ends])),
        cone_boxes=_boxes(centers, radii, ends),
        beside=_beside(ends, faces, len(radii)),
        flats=columns,
        flat_boxes=_boxes(centers, radii, faces),
        flat_rates=rates,
        origin=origin,
    )


def _cone_columns(rods: envelope.Cones) -> FloatArray:
    scalars = [rods.length, rods.radius, rods.slope, rods.shear]
    return np.concatenate([rods.start.T, rods.axis.T, scalars]).astype(np.float32)


def _flat_columns(sheets: envelope.Flats) -> tuple[FloatArray, FloatArray]:
    rows = (sheets.normal.T, sheets.side1.T, sheets.side2.T, sheets.tilt.T)
    scalars = [sheets.lean1, sheets.lean2, sheets.lift]
    columns = np.concatenate([*rows, scalars])[:, sheets.exists]
    side1, side2, lean1, lean2 = columns[4:7], columns[8:11], columns[16], columns[17]
    rates = [
        np.sqrt(((side1 + side2) ** 2).sum(0) + (lean1 + lean2) ** 2),
        np.sqrt((side1**2).sum(0) + lean1**2),
        np.sqrt((side2**2).sum(0) + lean2**2),
    ]
    return columns.astype(np.float32), np.array(rates, np.float32)


def _boxes(
    centers: NDArray[np.float64], radii: NDArray[np.float64], rows: IndexArray
) -> FloatArray:
    c, r = centers[rows], radii[rows][..., None]
    boxes: FloatArray = np.stack([(c - r).min(1), (c + r).max(1)], axis=1).astype(np.float32)
    return boxes


def _beside(ends: IndexArray, faces: IndexArray, spheres: int) -> IndexArray:
    """The faces beside each cone, padded with -1; see :class:`Primitives`."""
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
