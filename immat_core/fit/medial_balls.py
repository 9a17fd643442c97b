"""Maximal balls inside the shell, by shrinking (Ma, Bae and Choi 2012; Peters and Ledoux 2016)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.fit.nearest import PointTree, find_nearest, point_tree
from immat_core.kernels import kernel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

LEAST_ANGLE = 20.0
"""Degrees between the two contacts of a ball, seen from its centre, under which the second is
taken for noise of the surface."""
ROUNDS = 30
PILOT = 300
"""Balls shrunk from far to learn the largest radius: the others start near it."""


@dataclass(frozen=True, eq=False)
class Surface:
    """The shell as balls meet it: points with normals, ready to be searched.

    Attributes
    ----------
    tree
        Its points.
    normals
        (n, 3) float64 outward, in the tree's order.
    part
        (n,) int64, the solid's component, in the tree's order.
    """

    tree: PointTree
    normals: Floats
    part: Indices


@dataclass(frozen=True, eq=False)
class Samples:
    """Points on the shell that spheres are fitted to.

    Attributes
    ----------
    points, normals
        (n, 3) float64, spread evenly over the surface.
    part
        (n,) int64, the solid's component.
    balls
        (n, 4) float64, the maximal ball that touches each: centre and radius.
    careful
        Whether no ball leaves its component, at the price of some that fit noise.
    """

    points: Floats
    normals: Floats
    part: Indices
    balls: Floats
    careful: bool = False


def surface(points: Floats, normals: Floats, part: Indices) -> Surface:
    """Prepare (n, 3) points with outward normals."""
    tree = point_tree(points)
    return Surface(tree, np.ascontiguousarray(normals[tree.order]), part[tree.order])


def shrinking_balls(
    where: Surface,
    points: Floats,
    normals: Floats,
    start: float | None = None,
    careful: bool = False,
) -> Floats:
    """The maximal balls that touch points of the surface from inside.

    Parameters
    ----------
    points, normals
        (n, 3) on the surface, and outward unit normals there.
    start
        The radius from which balls shrink; None takes a few to learn it.
    careful
        Whether a contact is never taken for noise while the ball's centre is outside. On thin
        sheets that are bent a little, balls would else stay large on the sheet's other side.

    Returns
    -------
    (n, 4) float64, centres and radii.
    """
    if start is None:
        some = slice(None, None, max(1, len(points) // PILOT))
        pilot = shrinking_balls(where, points[some], normals[some], 0.5, careful)
        start = 1.5 * float(pilot[:, 3].max())
    balls = np.empty((len(points), 4))
    tree = where.tree
    least = float(np.cos(np.radians(LEAST_ANGLE)))
    points, normals = np.ascontiguousarray(points), np.ascontiguousarray(normals)
    _shrink_each(
        tree.points,
        where.normals,
        tree.axis,
        tree.split,
        tree.depth,
        points,
        normals,
        start,
        least,
        careful,
        balls,
    )
    return balls


def project_balls(
    where: Surface, spheres: Floats, part: Indices, start: float, careful: bool = False
) -> Floats:
    """Make spheres maximal: the ball through the surface point that is nearest to each centre.

    Parameters
    ----------
    spheres
        (k, 4) centres and radii.
    part
        (k,) the component that each must stay in; one that is nearer to another stays as it is.
    start, careful
        As for :func:`shrinking_balls`.
    """
    balls = spheres.copy()
    tree = where.tree
    least = float(np.cos(np.radians(LEAST_ANGLE)))
    _project_each(
        tree.points,
        where.normals,
        tree.axis,
        tree.split,
        tree.depth,
        where.part,
        part,
        start,
        least,
        careful,
        balls,
    )
    return balls


@kernel
def _shrink(
    px: float,
    py: float,
    pz: float,
    nx: float,
    ny: float,
    nz: float,
    radius: float,
    least: float,
    careful: bool,
    points: Floats,
    outward: Floats,
    axis: Indices,
    split: Floats,
    depth: int,
    nodes: Indices,
    bounds: Floats,
) -> float:
    """The radius of the maximal ball that touches (px, py, pz)."""
    for turn in range(ROUNDS):
        cx, cy, cz = px - radius * nx, py - radius * ny, pz - radius * nz
        row, best = find_nearest(cx, cy, cz, points, axis, split, depth, nodes, bounds)
        if np.sqrt(best) >= radius - 1e-5:
            break
        qx, qy, qz = points[row, 0], points[row, 1], points[row, 2]
        dx, dy, dz = px - qx, py - qy, pz - qz
        away2 = dx * dx + dy * dy + dz * dz
        along = 2 * (dx * nx + dy * ny + dz * nz)
        if away2 <= 1e-12 or along <= 1e-12:
            break
        smaller = away2 / along
        if smaller >= radius:
            break
        # The angle at the centre between two points on the ball follows from their distance.
        cosine = 1 - away2 / (2 * smaller * smaller)
        if turn > 0 and cosine >= least:
            if not careful:
                break
            # A centre that the second contact sees in front of it is outside: that is no noise.
            ahead = (cx - qx) * outward[row, 0] + (cy - qy) * outward[row, 1]
            if ahead + (cz - qz) * outward[row, 2] <= 0:
                break
        radius = smaller
    return radius


@kernel
def _shrink_each(
    points: Floats,
    outward: Floats,
    axis: Indices,
    split: Floats,
    depth: int,
    starts: Floats,
    normals: Floats,
    radius: float,
    least: float,
    careful: bool,
    balls: Floats,
) -> None:
    nodes = np.empty(64, np.int64)
    bounds = np.empty(64)
    for at in range(len(starts)):
        x, y, z = starts[at, 0], starts[at, 1], starts[at, 2]
        nx, ny, nz = normals[at, 0], normals[at, 1], normals[at, 2]
        r = _shrink(
            x,
            y,
            z,
            nx,
            ny,
            nz,
            radius,
            least,
            careful,
            points,
            outward,
            axis,
            split,
            depth,
            nodes,
            bounds,
        )
        balls[at] = x - r * nx, y - r * ny, z - r * nz, r


@kernel
def _project_each(
    points: Floats,
    outward: Floats,
    axis: Indices,
    split: Floats,
    depth: int,
    surface_part: Indices,
    part: Indices,
    radius: float,
    least: float,
    careful: bool,
    balls: Floats,
) -> None:
    nodes = np.empty(64, np.int64)
    bounds = np.empty(64)
    for at in range(len(balls)):
        cx, cy, cz = balls[at, 0], balls[at, 1], balls[at, 2]
        row, best = find_nearest(cx, cy, cz, points, axis, split, depth, nodes, bounds)
        if surface_part[row] != part[at]:
            continue
        x, y, z = points[row, 0], points[row, 1], points[row, 2]
        nx, ny, nz = outward[row, 0], outward[row, 1], outward[row, 2]
        away = np.sqrt(best)
        if away >= 2e-3:
            # Away from the surface the direction to it is its normal, with less noise.
            sign = 1.0
            if (cx - x) * nx + (cy - y) * ny + (cz - z) * nz < 0:
                sign = -1.0
            nx, ny, nz = sign * (cx - x) / away, sign * (cy - y) / away, sign * (cz - z) / away
        r = _shrink(
            x,
            y,
            z,
            nx,
            ny,
            nz,
            radius,
            least,
            careful,
            points,
            outward,
            axis,
            split,
            depth,
            nodes,
            bounds,
        )
        if r > 1e-4:
            balls[at] = x - r * nx, y - r * ny, z - r * nz, r
