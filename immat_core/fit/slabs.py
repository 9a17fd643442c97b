"""The envelopes of a medial mesh as slabs: exact distances and feet, compiled.

The same closed forms as :mod:`immat_core.envelope`, one point and one slab at a time, so that
most slabs can be ruled out by the ball around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.envelope import flats
from immat_core.kernels import kernel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

CELLS = 24
"""Cells along the longest side in which points are taken together."""


@dataclass(frozen=True, eq=False)
class Feet:
    """Where points meet an envelope.

    Attributes
    ----------
    distance
        (n,) float64, signed.
    slab
        (n,) int64, the row of the nearest slab.
    weights
        (n, 3) float64, barycentric coordinates of the foot on it.
    """

    distance: Floats
    slab: Indices
    weights: Floats


def maximal_slabs(count: int, edges: Indices, faces: Indices) -> Indices:
    """Every face, every edge of no face, every sphere of no edge, as rows of three spheres.

    Parameters
    ----------
    count
        How many spheres there are.
    edges, faces
        (e, 2) and (f, 3).

    Returns
    -------
    (m, 3) int64; an edge repeats its second sphere, a lone sphere is three times the same.
    """
    edges, faces = np.asarray(edges, np.int64), np.asarray(faces, np.int64)
    sides = np.sort(faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2), axis=1)
    edges = np.sort(edges, axis=1)
    free = edges[~np.isin(edges @ [count, 1], sides @ [count, 1])]
    lone = np.ones(count, np.bool_)
    lone[edges.ravel()] = lone[faces.ravel()] = False
    single = np.flatnonzero(lone)
    return np.concatenate([faces, free[:, [0, 1, 1]], np.column_stack([single] * 3)])


def nearest_slabs(points: Floats, balls: Floats, slabs: Indices) -> Feet:
    """The nearest slab of each point.

    Parameters
    ----------
    points
        (n, 3) float64.
    balls
        (k, 4) float64, centres and radii.
    slabs
        (m, 3), at least one; see :func:`maximal_slabs`.
    """
    corners = np.ascontiguousarray(balls[slabs])
    middle = corners[:, :, :3].mean(1)
    away = np.linalg.norm(corners[:, :, :3] - middle[:, None], axis=2)
    reach = (away + corners[:, :, 3]).max(1)
    around = np.ascontiguousarray(np.concatenate([middle.T, reach[None]]))
    flat = flats(corners[:, :, :3], corners[:, :, 3])
    # Where there is no plane the bound is so low that it rules nothing out.
    lift = np.where(flat.exists, flat.lift, -np.inf)
    planes = np.ascontiguousarray(np.column_stack([flat.normal, flat.tilt, lift]))
    count = len(points)
    order, first = _by_cell(points)
    feet = Feet(np.empty(count), np.empty(count, np.int64), np.empty((count, 3)))
    _nearest_each(
        np.ascontiguousarray(points),
        order,
        first,
        corners,
        around,
        planes,
        feet.distance,
        feet.slab,
        feet.weights,
    )
    return feet


def _by_cell(points: Floats) -> tuple[Indices, Indices]:
    """Rows of points (n, 3) cell by cell, and where each cell begins, with the end."""
    if not len(points):
        return np.empty(0, np.int64), np.zeros(1, np.int64)
    low = points.min(0)
    side = max(float((points.max(0) - low).max()) / CELLS, 1e-12)
    cell = ((points - low) / side).astype(np.int64) @ np.array([(CELLS + 1) ** 2, CELLS + 1, 1])
    order = np.argsort(cell, kind="stable")
    first = np.flatnonzero(np.diff(cell[order], prepend=-1))
    return order, np.append(first, len(points))


@kernel
def _nearest_each(
    points: Floats,
    order: Indices,
    first: Indices,
    corners: Floats,
    around: Floats,
    planes: Floats,
    distance: Floats,
    slab: Indices,
    weights: Floats,
) -> None:
    """Cell by cell: most slabs are out of reach of all points of a cell."""
    count = corners.shape[0]
    least = np.empty(count)
    near = np.empty(count, np.int64)
    every = np.arange(count)
    foot = np.empty(3)
    for cell in range(len(first) - 1):
        rows = order[first[cell] : first[cell + 1]]
        x, y, z, radius = _ball_around(points, rows)
        _bounds(x, y, z, around, every, least)
        nearest, best = _nearest_of(x, y, z, corners, planes, every, least, foot)
        # No point of the cell is farther from the envelope than its middle by more than this.
        found = 0
        for row in range(count):
            if least[row] <= best + 2 * radius + 1e-9:
                near[found] = row
                found += 1
        for at in rows:
            x, y, z = points[at, 0], points[at, 1], points[at, 2]
            _bounds(x, y, z, around, near[:found], least)
            nearest, best = _nearest_of(x, y, z, corners, planes, near[:found], least, foot)
            distance[at] = best
            slab[at] = nearest
            weights[at, 0], weights[at, 1], weights[at, 2] = foot[0], foot[1], foot[2]


@kernel
def _ball_around(points: Floats, rows: Indices) -> tuple[float, float, float, float]:
    x = y = z = 0.0
    for at in rows:
        x += points[at, 0]
        y += points[at, 1]
        z += points[at, 2]
    x /= len(rows)
    y /= len(rows)
    z /= len(rows)
    square = 0.0
    for at in rows:
        dx, dy, dz = points[at, 0] - x, points[at, 1] - y, points[at, 2] - z
        square = max(square, dx * dx + dy * dy + dz * dz)
    return x, y, z, float(np.sqrt(square))


@kernel
def _bounds(x: float, y: float, z: float, around: Floats, rows: Indices, least: Floats) -> None:
    """A slab is inside the ball around it, so no nearer than that; ``least`` follows ``rows``."""
    for k in range(len(rows)):
        row = rows[k]
        dx, dy, dz = around[0, row] - x, around[1, row] - y, around[2, row] - z
        least[k] = np.sqrt(dx * dx + dy * dy + dz * dz) - around[3, row]


@kernel
def _nearest_of(
    x: float,
    y: float,
    z: float,
    corners: Floats,
    planes: Floats,
    rows: Indices,
    least: Floats,
    foot: Floats,
) -> tuple[int, float]:
    """The nearest of some slabs and its distance; writes the foot's coordinates."""
    start = 0
    for k in range(len(rows)):
        if least[k] < least[start]:
            start = k
    spot = np.empty(3)
    nearest = rows[start]
    best = slab_distance(x, y, z, corners[nearest], foot)
    for k in range(len(rows)):
        if least[k] >= best or k == start:
            continue
        if _to_plane(x, y, z, planes[rows[k]]) < best:
            value = slab_distance(x, y, z, corners[rows[k]], spot)
            if value < best:
                best = value
                nearest = rows[k]
                foot[0], foot[1], foot[2] = spot[0], spot[1], spot[2]
    return nearest, best


@kernel
def _to_plane(x: float, y: float, z: float, plane: Floats) -> float:
    """The distance to a face that went on for ever, which no part of it is nearer than."""
    height = plane[0] * x + plane[1] * y + plane[2] * z + plane[3]
    if plane[8] < 0:
        return -np.inf
    tilt = plane[4] * x + plane[5] * y + plane[6] * z + plane[7]
    return float(tilt + plane[8] * abs(height))


@kernel
def _cone_distance(x: float, y: float, z: float, a: Any, b: Any) -> tuple[float, float]:
    """Signed distance to the hull of two balls (4,), and the share of the second in the foot."""
    ex, ey, ez = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    px, py, pz = x - a[0], y - a[1], z - a[2]
    length = np.sqrt(ex * ex + ey * ey + ez * ez)
    growth = b[3] - a[3]
    square = px * px + py * py + pz * pz
    if length <= abs(growth) or length < 1e-12:
        if growth > 0:
            return float(np.sqrt((x - b[0]) ** 2 + (y - b[1]) ** 2 + (z - b[2]) ** 2) - b[3]), 1.0
        return float(np.sqrt(square) - a[3]), 0.0
    slope = growth / length
    along = (px * ex + py * ey + pz * ez) / length
    away2 = max(square - along * along, 0.0)
    foot = along + slope * np.sqrt(away2) / np.sqrt((1 - slope) * (1 + slope))
    foot = min(max(foot, 0.0), length)
    distance = np.sqrt((foot - along) ** 2 + away2) - (a[3] + slope * foot)
    return float(distance), foot / length


@kernel
def slab_distance(x: float, y: float, z: float, corners: Any, foot: Floats) -> float:
    """Signed distance to the hull of three balls (3, 4); writes the foot's coordinates (3,)."""
    a, b, c = corners[0], corners[1], corners[2]
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    uu, uv, vv = (
        ux * ux + uy * uy + uz * uz,
        ux * vx + uy * vy + uz * vz,
        vx * vx + vy * vy + vz * vz,
    )
    area2 = uu * vv - uv * uv
    if area2 > 1e-12 * uu * vv and area2 > 1e-20:
        ru, rv = b[3] - a[3], c[3] - a[3]
        gu, gv = (vv * ru - uv * rv) / area2, (uu * rv - uv * ru) / area2
        gx, gy, gz = gu * ux + gv * vx, gu * uy + gv * vy, gu * uz + gv * vz
        steep = gx * gx + gy * gy + gz * gz
        if steep < 0.999:
            px, py, pz = x - a[0], y - a[1], z - a[2]
            nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
            height = (px * nx + py * ny + pz * nz) / area2
            px, py, pz = px - height * nx, py - height * ny, pz - height * nz
            height = abs(height) * np.sqrt(area2)
            lift = np.sqrt(1 - steep)
            qx, qy, qz = px + height / lift * gx, py + height / lift * gy, pz + height / lift * gz
            qu, qv = qx * ux + qy * uy + qz * uz, qx * vx + qy * vy + qz * vz
            s, t = (vv * qu - uv * qv) / area2, (uu * qv - uv * qu) / area2
            if s >= 0 and t >= 0 and s + t <= 1:
                foot[0], foot[1], foot[2] = 1 - s - t, s, t
                return float(height * lift - (a[3] + px * gx + py * gy + pz * gz))
    best = np.inf
    # An edge repeats its second ball: its other sides say nothing new.
    sides = 1 if ux == vx and uy == vy and uz == vz and b[3] == c[3] else 3
    for side in range(sides):
        i, j = side, (side + 1) % 3
        value, share = _cone_distance(x, y, z, corners[i], corners[j])
        if value < best:
            best = value
            foot[0] = foot[1] = foot[2] = 0.0
            foot[i] = 1 - share
            foot[j] += share
    return float(best)
