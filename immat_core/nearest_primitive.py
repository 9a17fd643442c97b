"""Which medial primitive each point of a surface belongs to, and where its foot lies on it.

A surface is the boundary of the union of the primitives' envelopes (``envelope``), so each of its
points lies on the envelope of the primitive with the least signed distance. The foot is the point
of that primitive where the distance is reached: its barycentric weights tell the sphere that the
point belongs to, the local radius, and how an edit of the spheres moves the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.envelope import (
    Cones,
    DoubleArray,
    Flats,
    cone_ends,
    medial_cones,
    medial_flats,
)
from immat_core.medial_mesh import IndexArray, MedialMesh

CELLS = 24
"""Cells along the longest side of the points' box, in which the primitives are sorted."""
PAIRS = 1 << 18
"""Pairs of a point and a primitive that are evaluated at a time: what fits a cache."""


@dataclass(frozen=True, eq=False)
class Feet:
    """The feet of ``n`` points on a medial mesh.

    Attributes
    ----------
    spheres
        (n, 3) int32, the spheres of the primitive. An edge repeats its second sphere, a lone
        sphere its only one.
    weights
        (n, 3) float64, barycentric, from 0 to 1, of sum 1; those of repeated spheres are 0.
    distances
        (n,) float64, signed distance to the primitive's envelope, negative inside.
    """

    spheres: IndexArray
    weights: DoubleArray
    distances: DoubleArray

    @property
    def nearest_spheres(self) -> IndexArray:
        """(n,) int32, the sphere of the greatest weight of each foot; of two, the first."""
        rows = np.arange(len(self.spheres))
        found: IndexArray = self.spheres[rows, self.weights.argmax(1)]
        return found

    def interpolate(self, values: ArrayLike) -> DoubleArray:
        """Values at the feet, (n, ...) float64, of values (spheres, ...) at the spheres."""
        given = np.asarray(values, np.float64)
        found: DoubleArray = np.einsum("nk,nk...->n...", self.weights, given[self.spheres])
        return found


def nearest_primitives(points: ArrayLike, mat: MedialMesh) -> Feet:
    """The feet of points on the primitives whose envelopes are nearest.

    Parameters
    ----------
    points
        (n, 3), finite. Fast for points near the surface, and right everywhere.
    mat
        At least one sphere.

    Raises
    ------
    ValueError
        For a medial mesh without spheres, or a point that is not finite.
    """
    asked = np.asarray(points, np.float64).reshape(-1, 3)
    if not len(mat.radii):
        raise ValueError("a medial mesh with no sphere has no nearest primitive")
    if not np.isfinite(asked).all():
        raise ValueError("a point is not finite")
    primitives = _Primitives(mat)
    if not len(asked):
        return primitives.feet(asked, np.empty(0, np.int64), np.empty(0))
    chosen, distance, margin = _by_cells(primitives, asked)
    # A primitive farther away than the margin may have been left out of the cell's list.
    far = np.flatnonzero(~(distance <= margin))
    for begin in range(0, len(far), max(1, PAIRS // primitives.count)):
        part = far[begin : begin + max(1, PAIRS // primitives.count)]
        owner = np.repeat(np.arange(len(part)), primitives.count)
        which = np.tile(np.arange(primitives.count), len(part))
        reached = primitives.distances(asked[part][owner], which).reshape(len(part), -1)
        chosen[part] = reached.argmin(1)
        distance[part] = reached.min(1)
    return primitives.feet(asked, chosen, distance)


def _by_cells(
    primitives: _Primitives, points: DoubleArray
) -> tuple[NDArray[np.int64], DoubleArray, float]:
    """The nearest of the primitives whose boxes meet each point's cell.

    Returns their indices (n,), distances (n,), infinite where there is none, and the distance up
    to which they are certain.
    """
    origin = points.min(0)
    cell = max(float((points.max(0) - origin).max()), 1e-30) / CELLS
    margin = 0.5 * cell
    at = np.minimum((points - origin) / cell, CELLS - 1).astype(np.int64)
    occupied, home = np.unique(at @ [CELLS * CELLS, CELLS, 1], return_inverse=True)
    corner = np.stack(np.unravel_index(occupied, (CELLS, CELLS, CELLS)), 1) * cell + origin
    meets = np.ones((len(occupied), primitives.count), bool)
    for axis in range(3):
        meets &= primitives.low[:, axis] <= corner[:, None, axis] + cell + margin
        meets &= primitives.high[:, axis] >= corner[:, None, axis] - margin
    listed = np.nonzero(meets)[1]
    length = meets.sum(1)
    first = np.cumsum(length) - length
    chosen = np.zeros(len(points), np.int64)
    distance = np.full(len(points), np.inf)
    order = np.argsort(home.ravel(), kind="stable")
    order = order[length[home.ravel()[order]] > 0]
    counts = length[home.ravel()[order]]
    ends = np.cumsum(counts)
    begin = 0
    while begin < len(order):
        base = ends[begin] - counts[begin]
        end = max(begin + 1, int(np.searchsorted(ends, base + PAIRS)))
        part, count = order[begin:end], counts[begin:end]
        starts = ends[begin:end] - count - base
        within = np.arange(int(count.sum())) - np.repeat(starts, count)
        which = listed[np.repeat(first[home.ravel()[part]], count) + within]
        reached = primitives.distances(np.repeat(points[part], count, axis=0), which)
        least = np.minimum.reduceat(reached, starts)
        distance[part] = least
        hit = np.flatnonzero(reached == np.repeat(least, count))
        owner = np.searchsorted(starts, hit, side="right") - 1
        # Backwards, so that of several as near the first one stays.
        chosen[part[owner[::-1]]] = which[hit[::-1]]
        begin = end
    return chosen, distance, margin


class _Primitives:
    """All cones, then the flat parts of all faces that have them, in one numbering."""

    def __init__(self, mat: MedialMesh) -> None:
        ends = cone_ends(mat).astype(np.int64)
        self.cones = medial_cones(mat)
        every = medial_flats(mat)
        flat = np.flatnonzero(every.exists)
        self.flats = _rows(Flats, every, flat)
        self.spheres = np.concatenate([ends[:, [0, 1, 1]], mat.faces[flat].astype(np.int64)])
        self.rods, self.count = len(ends), len(self.spheres)
        radii = mat.radii.astype(np.float64)
        self.second = (self.cones.length == 0) & (radii[ends[:, 1]] > radii[ends[:, 0]])
        c, r = mat.centers.astype(np.float64)[self.spheres], radii[self.spheres][..., None]
        self.low, self.high = (c - r).min(1), (c + r).max(1)

    def distances(self, points: DoubleArray, which: NDArray[np.int64]) -> DoubleArray:
        """(n,) distances of n points to one primitive each."""
        found = np.empty(len(points))
        flat = which >= self.rods
        found[~flat] = self._along(points[~flat], which[~flat])[0]
        found[flat] = self._across(points[flat], which[flat] - self.rods)[0]
        return found

    def feet(self, points: DoubleArray, which: NDArray[np.int64], distance: DoubleArray) -> Feet:
        """The feet of n points on one primitive each."""
        weights = np.zeros((len(points), 3))
        flat = which >= self.rods
        if (~flat).any():
            share = self._along(points[~flat], which[~flat])[1]
            weights[~flat, 0], weights[~flat, 1] = 1 - share, share
        if flat.any():
            b1, b2 = self._across(points[flat], which[flat] - self.rods)[1]
            weights[flat] = np.stack([1 - b1 - b2, b1, b2], 1)
        return Feet(self.spheres[which].astype(np.int32), weights, distance)

    def _along(
        self, points: DoubleArray, which: NDArray[np.int64]
    ) -> tuple[DoubleArray, DoubleArray]:
        """Distances to cones, and how far along them the feet lie, 0 to 1."""
        rods: Cones = self.cones
        offset = points - rods.start[which]
        along = np.einsum("ij,ij->i", offset, rods.axis[which])
        away = np.sqrt(np.maximum(np.einsum("ij,ij->i", offset, offset) - along**2, 0))
        length = rods.length[which]
        foot = np.clip(along - rods.shear[which] * away, 0, length)
        distance = np.hypot(along - foot, away) + rods.slope[which] * foot - rods.radius[which]
        share = foot / np.where(length > 0, length, 1.0)
        return distance, np.where(self.second[which], 1.0, share)

    def _across(
        self, points: DoubleArray, which: NDArray[np.int64]
    ) -> tuple[DoubleArray, tuple[DoubleArray, DoubleArray]]:
        """Distances to flat parts, infinite beyond them, and two barycentric coordinates."""
        sheets: Flats = self.flats

        def at(affine: DoubleArray) -> DoubleArray:
            chosen = affine[which]
            value: DoubleArray = np.einsum("ij,ij->i", chosen[:, :3], points) + chosen[:, 3]
            return value

        height = np.abs(at(sheets.normal))
        b1 = at(sheets.side1) - sheets.lean1[which] * height
        b2 = at(sheets.side2) - sheets.lean2[which] * height
        inside = (b1 >= 0) & (b2 >= 0) & (b1 + b2 <= 1)
        distance = at(sheets.tilt) + sheets.lift[which] * height
        return np.where(inside, distance, np.inf), (b1, b2)


def _rows(kind: type[Flats], values: Flats, rows: NDArray[np.int64]) -> Flats:
    """The given rows of all arrays of a dataclass."""
    picked: dict[str, Any] = {name: array[rows] for name, array in vars(values).items()}
    return kind(**picked)
