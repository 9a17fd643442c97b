"""The true surface and solid of any triangles, by means that share nothing with the fit.

The outside is what a flood reaches between the triangles, on a fine grid of exact distances. A
triangle's side is visible where the outside touches it; the visible sides are the true surface, to
which there is no offset. Sheets are visible on both sides and have no volume.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

VOXELS = 160
"""Along the longest side."""
SEALED = 0.72
"""Voxels from a triangle at which the flood stops: no sheet leaks."""
DENSITY = 6.0
"""Points a squared voxel that stand for the triangles while the nearest one is looked for."""
REACH = (0.8, 1.2, 1.6, 2.0)
"""Voxels above a triangle at which the outside is looked for."""
SAMPLES = 16_000
CANDIDATES = 4
"""Triangles to which the exact distance is taken, those of the nearest points."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What a medial mesh is measured against.

    Attributes
    ----------
    size
        The diagonal of the triangles' box.
    samples
        (n, 3) spread evenly over the visible surface.
    betti
        Of the grid's solid, cavities filled: components, loops, 0.
    """

    size: float
    samples: Floats
    betti: tuple[int, int, int]
    _grid: Grid
    _points: Points
    _tree: cKDTree
    _sides: NDArray[np.int8]

    def distances(self, points: Floats) -> Floats:
        """(m,) distances of (m, 3) points to the visible surface."""
        return self._points.distances(self._tree, points)[0]

    def inside(self, points: Floats) -> Mask:
        """(m,) whether (m, 3) points are in the solid."""
        # No farther: a point deep inside a ball is as near to all of its surface.
        away, nearest = self._tree.query(points, distance_upper_bound=2 * self._grid.voxel)
        nearest = np.where(np.isfinite(away), nearest, 0)
        offset = points - self._points.places[nearest]
        above = (offset * self._points.normals[nearest]).sum(1) >= 0
        visible = np.where(above, self._sides[nearest] & 1, self._sides[nearest] & 2) > 0
        return np.where(np.isfinite(away), ~visible, ~self._grid.is_outside(points))


def make_reference(vertices: Floats, faces: Indices, seed: int = 0) -> Reference:
    """The reference of triangles in any state; those that are not finite or have no area go."""
    corners = vertices[faces]
    corners = corners[np.isfinite(corners).all((1, 2))]
    area = np.linalg.norm(_cross(corners), axis=1)
    corners = corners[area > 1e-14 * np.ptp(corners.reshape(-1, 3), axis=0).max() ** 2]
    low, high = corners.reshape(-1, 3).min(0), corners.reshape(-1, 3).max(0)
    voxel = float((high - low).max()) / VOXELS
    rng = np.random.default_rng(seed)
    grid = make_grid(spread(corners, voxel, rng), low, high, voxel)
    points = spread(corners, 1.7 * voxel, rng)
    sides = visible_sides(grid, points.places, points.normals)
    seen = np.flatnonzero(sides)
    visible = Points(corners, points.places[seen], points.normals[seen], points.owner[seen])
    samples = visible_samples(corners, grid, rng)
    return Reference(
        float(np.linalg.norm(high - low)),
        samples,
        solid_betti(~grid.outside),
        grid,
        visible,
        cKDTree(visible.places),
        sides[seen],
    )


@dataclass(frozen=True, eq=False)
class Points:
    """Points on triangles: (p, 3) places, (p, 3) unit normals, (p,) the triangle of each."""

    corners: Floats
    places: Floats
    normals: Floats
    owner: Indices

    def distances(self, tree: cKDTree, asked: Floats) -> tuple[Floats, Indices]:
        """Exact distances (m,) to the triangles of the nearest points, and the nearest triangle."""
        _, near = tree.query(asked, CANDIDATES)
        owners = self.owner[near]
        away = np.stack(
            [
                np.linalg.norm(asked - nearest_on_triangles(asked, self.corners[owner]), axis=1)
                for owner in owners.T
            ]
        )
        best = away.argmin(0)
        rows = np.arange(len(asked))
        return away[best, rows], owners[rows, best]


@dataclass(frozen=True, eq=False)
class Grid:
    """Which lattice points are outside: ``outside[i]`` stands at ``origin + i * voxel``."""

    origin: Floats
    voxel: float
    outside: Mask

    def is_outside(self, points: Floats) -> Mask:
        """Of the lattice point that is nearest; beyond the lattice all is outside."""
        index = np.rint((points - self.origin) / self.voxel).astype(np.int64)
        beyond = ((index < 0) | (index >= self.outside.shape)).any(1)
        index = np.clip(index, 0, np.array(self.outside.shape) - 1)
        return beyond | self.outside[tuple(index.T)]


def spread(corners: Floats, unit: float, rng: np.random.Generator) -> Points:
    """Points on all triangles, ``DENSITY`` a squared unit, and along their sides."""
    normals = _cross(corners)
    double = np.linalg.norm(normals, axis=1)
    normals /= double[:, None]
    counts = rng.poisson(DENSITY * double / 2 / unit**2)
    owner = np.repeat(np.arange(len(corners)), counts)
    places = [random_places(corners[owner], rng)]
    owners = [owner]
    for i in range(3):
        start, side = corners[:, i], corners[:, (i + 1) % 3] - corners[:, i]
        steps = np.ceil(np.linalg.norm(side, axis=1) * np.sqrt(DENSITY) / unit).astype(np.int64)
        owner = np.repeat(np.arange(len(corners)), steps)
        first = np.repeat(np.cumsum(steps) - steps, steps)
        share = (np.arange(len(owner)) - first + 0.5) / steps[owner]
        places.append(start[owner] + share[:, None] * side[owner])
        owners.append(owner)
    chosen = np.concatenate(owners)
    return Points(corners, np.concatenate(places), normals[chosen], chosen)


def random_places(corners: Floats, rng: np.random.Generator) -> Floats:
    """(m, 3) a random point on each of (m, 3, 3) triangles."""
    a, b = rng.random((2, len(corners), 1))
    a, b = np.where(a + b > 1, 1 - a, a), np.where(a + b > 1, 1 - b, b)
    origin, one, two = corners.transpose(1, 0, 2)
    return origin + a * (one - origin) + b * (two - origin)


def make_grid(points: Points, low: Floats, high: Floats, voxel: float) -> Grid:
    """Flood the lattice from its corner, through all that is away from the triangles."""
    origin = low - 4 * voxel
    shape = tuple(np.ceil((high - low) / voxel).astype(int) + 9)
    near = np.zeros(shape, bool)
    near[tuple(np.rint((points.places - origin) / voxel).astype(np.int64).T)] = True
    near = ndimage.binary_dilation(near, iterations=2)
    asked = np.argwhere(near)
    away, _ = points.distances(cKDTree(points.places), asked * voxel + origin)
    free = np.ones(shape, bool)
    free[tuple(asked[away <= SEALED * voxel].T)] = False
    parts, _ = ndimage.label(free)
    return Grid(origin, voxel, parts == parts[0, 0, 0])


def visible_sides(grid: Grid, places: Floats, normals: Floats) -> NDArray[np.int8]:
    """(p,) which sides the outside touches: 1 the side of the normal, 2 the other, 3 both."""
    sides = np.zeros(len(places), np.int8)
    for steps in REACH:
        for sign, bit in ((1, 1), (-1, 2)):
            seen = grid.is_outside(places + sign * steps * grid.voxel * normals)
            sides |= np.where(seen, bit, 0).astype(np.int8)
    return sides


def visible_samples(corners: Floats, grid: Grid, rng: np.random.Generator) -> Floats:
    """(n, 3) random points, even over the visible sides of all triangles."""
    normals = _cross(corners)
    area = np.linalg.norm(normals, axis=1)
    kept: list[Floats] = []
    for _ in range(12):
        chosen = rng.choice(len(area), 2 * SAMPLES, p=area / area.sum())
        places = random_places(corners[chosen], rng)
        sides = visible_sides(grid, places, normals[chosen] / area[chosen, None])
        kept.append(places[sides > 0])
        if sum(map(len, kept)) >= SAMPLES:
            break
    return np.concatenate(kept)[:SAMPLES]


def solid_betti(solid: Mask) -> tuple[int, int, int]:
    """Betti numbers of a union of closed cubes that has no cavity."""
    padded = np.pad(solid, 1)
    cells = int(padded.sum())
    squares = sum(int((_slid(padded, axis)).sum()) for axis in range(3))
    lines = sum(int(_slid(_slid(padded, a), b).sum()) for a, b in ((0, 1), (0, 2), (1, 2)))
    corners = int(_slid(_slid(_slid(padded, 0), 1), 2).sum())
    _, parts = ndimage.label(solid, np.ones((3, 3, 3), bool))
    return parts, parts - (corners - lines + squares - cells), 0


def _slid(mask: Mask, axis: int) -> Mask:
    """Whether either of two neighbours along an axis is set."""
    ahead = [slice(None)] * 3
    behind = [slice(None)] * 3
    ahead[axis], behind[axis] = slice(1, None), slice(None, -1)
    return mask[tuple(ahead)] | mask[tuple(behind)]


def nearest_on_triangles(points: Floats, corners: Floats) -> Floats:
    """(m, 3) the nearest point of each of (m, 3, 3) triangles to each of (m, 3) points."""
    normal = _cross(corners)
    squared = (normal**2).sum(1, keepdims=True)
    height = ((points - corners[:, 0]) * normal).sum(1, keepdims=True) / squared
    foot = points - height * normal
    best = np.full(len(points), np.inf)
    result = foot.copy()
    within = np.ones(len(points), bool)
    for i in range(3):
        start, side = corners[:, i], corners[:, (i + 1) % 3] - corners[:, i]
        within &= (np.cross(side, foot - start) * normal).sum(1) >= 0
        length = np.maximum((side**2).sum(1), 1e-300)
        share = np.clip(((points - start) * side).sum(1) / length, 0, 1)
        on_side = start + share[:, None] * side
        away = ((points - on_side) ** 2).sum(1)
        nearer = away < best
        best = np.where(nearer, away, best)
        result[nearer] = on_side[nearer]
    return np.where(within[:, None], foot, result)


def _cross(corners: Floats) -> Floats:
    found: Floats = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return found
