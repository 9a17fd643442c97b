"""The watertight shell: any triangles, offset by less than a voxel, as a closed surface.

The outside is what a flood reaches from the corner through the points that are further than the
offset from every triangle. The offset seals sheets of no thickness, and joins what overlaps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.fit.complexes import components
from immat_core.fit.distance_band import BAND, DistanceBand, distance_band
from immat_core.fit.flood import dilate, flood
from immat_core.fit.leaks import leaked_winding
from immat_core.fit.settings import Betti
from immat_core.fit.triangle_distance import nearest_on_triangle
from immat_core.fit.triangles import Triangles
from immat_core.kernels import kernel
from immat_core.surface.marching import marching_cubes

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
Mask = NDArray[np.bool_]

OFFSET = 0.72
"""The shell's distance from the triangles in voxels; from 0.5 on it seals every sheet
against steps along axes, from 0.71 on against those across the faces of cells too."""
FINEST, COARSEST = 256, 80
"""Voxels along the longest side."""
CLEARANCE = 0.02
"""No lattice point is nearer to the shell, in voxels, so that the surface is a manifold."""
LEAF = 8


@dataclass(frozen=True, eq=False)
class Shell:
    """A closed surface around the input, diagonal 1.

    Attributes
    ----------
    origin, voxel, offset
        The lattice, and the distance from the input at which the surface lies.
    field
        (nx, ny, nz) float64 in voxels, below 0 in the solid; a distance only near the surface.
    vertices, normals, areas
        (n, 3) on the surface, (n, 3) unit and outward, (n,) the share of the surface.
    triangles
        (t, 3) int64.
    part
        (n,) int64, the number of the solid's component.
    foot
        (n, 3) the input's nearest point, or where it would be on a facet that is missing.
    betti
        Of the solid.
    filled
        Whether missing facets were closed.
    """

    origin: Floats
    voxel: float
    offset: float
    field: Floats
    vertices: Floats
    normals: Floats
    areas: Floats
    triangles: Indices
    part: Indices
    foot: Floats
    betti: Betti
    filled: bool


def build_shell(
    triangles: Triangles,
    vertices: int,
    fill_missing: bool = True,
    should_cancel: Callable[[], bool] | None = None,
) -> Shell:
    """The shell of any triangles.

    Parameters
    ----------
    vertices
        About how many the surface should have: the voxel follows from the input's area.
    fill_missing
        Whether missing facets are closed.

    Raises
    ------
    Cancelled
        When ``should_cancel`` said so.
    """
    side = float(np.ptp(triangles.corners.reshape(-1, 3), axis=0).max())
    wanted = np.sqrt(0.8 * triangles.area / vertices)
    finest = FINEST * max(1.0, np.sqrt(vertices / 30_000))
    voxel = float(np.clip(wanted, side / finest, side / COARSEST))
    band = distance_band(triangles.corners, voxel, should_cancel=should_cancel)
    field, filled = _field(triangles, band, fill_missing, should_cancel)
    spots, corners = march(field)
    return _surface(triangles, band, field, spots, corners, filled)


def _field(
    triangles: Triangles,
    band: DistanceBand,
    fill_missing: bool,
    should_cancel: Callable[[], bool] | None,
) -> tuple[Floats, bool]:
    """The level set in voxels, and whether anything was filled."""
    outside = flood(band.distance > OFFSET)
    winding = None
    if fill_missing and not triangles.closed:
        winding = leaked_winding(triangles.corners, band, outside, should_cancel)
    field = band.distance - OFFSET
    if winding is not None:
        outside = flood((field > 0) & (winding <= 0.5))
    field = np.where(outside, field, -np.abs(field))
    if winding is not None:
        _patch(field, winding, outside)
        # Smoothing may have cut off pockets of the outside: they are cavities, hence solid.
        field = np.where(flood(field > 0), field, -np.abs(field))
    clear = np.maximum(np.abs(field), CLEARANCE)
    return np.where(field > 0, clear, -clear), winding is not None


def _patch(field: Floats, winding: Floats, outside: Mask) -> None:
    """Lead the surface along winding number one half where no triangle is, and smooth it there."""
    leaked = winding > 0
    across = 2 * (0.5 - winding[leaked])
    field[leaked] = np.where(
        outside[leaked], np.minimum(field[leaked], across), np.minimum(across, -CLEARANCE)
    )
    # Where the surface follows the winding number: outside next to what was filled.
    rim = dilate((winding > 0.5) & ~outside) & outside & (field < BAND - OFFSET)
    zone = dilate(rim, 2)
    zone[[0, -1]] = zone[:, [0, -1]] = zone[:, :, [0, -1]] = False
    i, j, k = np.nonzero(zone)
    near = np.clip(field, -1, 1)
    for _ in range(2):
        mean = near[i, j, k] * 2
        for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1), (2, 1), (2, -1)):
            at = [i, j, k]
            at[axis] = at[axis] + step
            mean += near[tuple(at)]
        near[i, j, k] = mean / 8
    field[zone] = near[zone]


def march(field: Floats) -> tuple[Floats, Indices]:
    """Vertices (n, 3) in voxels and triangles (t, 3), outward, of a lattice's zero level."""
    shape = [-(-length // LEAF) * LEAF for length in field.shape]
    padded = np.full(shape, BAND, np.float32)
    padded[tuple(slice(length) for length in field.shape)] = field
    blocks = [length // LEAF for length in shape]
    leaves = padded.reshape(blocks[0], LEAF, blocks[1], LEAF, blocks[2], LEAF)
    leaves = leaves.transpose(0, 2, 4, 1, 3, 5)
    # Leaves deep inside too: the surface would close around them where they are missing.
    near = leaves.min((3, 4, 5)) < BAND - OFFSET
    index = np.argwhere(near).astype(np.int32)
    spots, corners = marching_cubes(index, np.ascontiguousarray(leaves[near]))
    return spots.astype(np.float64), corners.astype(np.int64)


def _surface(
    triangles: Triangles,
    band: DistanceBand,
    field: Floats,
    spots: Floats,
    corners: Indices,
    filled: bool,
) -> Shell:
    """Put the vertices exactly at the offset, and measure the surface."""
    one, two = (
        spots[corners[:, 1]] - spots[corners[:, 0]],
        spots[corners[:, 2]] - spots[corners[:, 0]],
    )
    cross = np.cross(one, two) / 2
    areas = np.bincount(corners.ravel(), np.repeat(np.linalg.norm(cross, axis=1) / 3, 3))
    normals: Floats = np.stack(
        [np.bincount(corners.ravel(), np.repeat(cross[:, k], 3)) for k in range(3)], axis=1
    ).astype(np.float64)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    foot = np.empty_like(spots)
    scaled = (triangles.corners - band.origin) / band.voxel
    _offset_exactly(scaled, band.nearest, OFFSET, spots, normals, foot)
    part, parts = components(len(spots), np.concatenate([corners[:, :2], corners[:, 1:]]))
    euler = len(spots) - len(corners) // 2
    return Shell(
        origin=band.origin,
        voxel=band.voxel,
        offset=OFFSET * band.voxel,
        field=field,
        vertices=spots * band.voxel + band.origin,
        normals=normals,
        areas=areas * band.voxel**2,
        triangles=corners,
        part=part,
        foot=foot * band.voxel + band.origin,
        betti=(parts, parts - euler // 2, 0),
        filled=filled,
    )


@kernel
def _offset_exactly(
    corners: Floats,
    nearest: NDArray[np.int32],
    offset: float,
    spots: Floats,
    normals: Floats,
    foot: Floats,
) -> None:
    """Move vertices to the offset from their nearest triangle; where there is none, they stay."""
    for at in range(len(spots)):
        x, y, z = spots[at, 0], spots[at, 1], spots[at, 2]
        i, j, k = int(x), int(y), int(z)
        best = np.inf
        fx, fy, fz = x, y, z
        for corner in range(8):
            triangle = nearest[i + (corner & 1), j + (corner >> 1 & 1), k + (corner >> 2)]
            if triangle >= 0:
                px, py, pz = nearest_on_triangle(x, y, z, corners[triangle])
                distance2 = (px - x) ** 2 + (py - y) ** 2 + (pz - z) ** 2
                if distance2 < best:
                    best = distance2
                    fx, fy, fz = px, py, pz
        length = np.sqrt(best)
        if length < 1.6 * offset and length > 0.4 * offset:
            foot[at] = fx, fy, fz
            nx, ny, nz = (x - fx) / length, (y - fy) / length, (z - fz) / length
            normals[at] = nx, ny, nz
            spots[at] = fx + offset * nx, fy + offset * ny, fz + offset * nz
        else:
            for axis in range(3):
                foot[at, axis] = spots[at, axis] - offset * normals[at, axis]
