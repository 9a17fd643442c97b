"""Generalised winding numbers: how much of a soup of triangles surrounds a point.

The solid angle of triangles (Van Oosterom and Strackee 1983) summed over the mesh (Jacobson et
al. 2013), far clusters as one dipole (Barill et al. 2018, first order).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

Floats = NDArray[np.float64]

LEAF = 8
"""Triangles at most in the clusters that are no further divided."""
FAR = 2.0
"""Radii from which on a cluster is a dipole; the paper's choice."""


@dataclass(frozen=True, eq=False)
class WindingTree:
    """Clusters of triangles, halved along their longest side, in a complete binary tree.

    Attributes
    ----------
    corners
        (t, 3, 3) float64, in the order of the leaves.
    middle, dipole, radius
        (2^(d+1), 3), (2^(d+1), 3), (2^(d+1),) of the clusters; the root is number 1.
    depth
        Levels below the root.
    """

    corners: Floats
    middle: Floats
    dipole: Floats
    radius: Floats
    depth: int


def winding_tree(corners: Floats) -> WindingTree:
    """Prepare (t, 3, 3) triangles, at least one."""
    count = len(corners)
    depth = max(0, int(np.ceil(np.log2(count / LEAF))))
    spots = corners.mean(1)
    order = np.arange(count)
    for level in range(depth):
        first = (np.arange(1 << level) * count) >> level
        ordered = spots[order]
        spread = np.maximum.reduceat(ordered, first) - np.minimum.reduceat(ordered, first)
        node = np.repeat(np.arange(1 << level), np.diff(first, append=count))
        along = ordered[np.arange(count), spread.argmax(1)[node]]
        order = order[np.lexsort((along, node))]
    ordered = corners[order]
    cross = np.cross(ordered[:, 1] - ordered[:, 0], ordered[:, 2] - ordered[:, 0]) / 2
    area = np.linalg.norm(cross, axis=1)
    nodes = 2 << depth
    middle, dipole, radius = np.zeros((nodes, 3)), np.zeros((nodes, 3)), np.zeros(nodes)
    for level in range(depth + 1):
        first = (np.arange(1 << level) * count) >> level
        at = slice(1 << level, 2 << level)
        total = np.add.reduceat(area, first)
        middle[at] = np.add.reduceat(area[:, None] * spots[order], first) / total[:, None]
        dipole[at] = np.add.reduceat(cross, first)
        node = np.repeat(np.arange(1 << level), np.diff(first, append=count))
        reach = np.linalg.norm(ordered - middle[at][node][:, None], axis=2).max(1)
        radius[at] = np.maximum.reduceat(reach, first)
    return WindingTree(np.ascontiguousarray(ordered), middle, dipole, radius, depth)


def winding_numbers(tree: WindingTree, points: Floats) -> Floats:
    """(n,) winding numbers of (n, 3) points: 1 inside a closed surface, 0 outside."""
    values = np.empty(len(points))
    _sum(tree.corners, tree.middle, tree.dipole, tree.radius, tree.depth, FAR, points, values)
    return values


@kernel
def _sum(
    corners: Floats,
    middle: Floats,
    dipole: Floats,
    radius: Floats,
    depth: int,
    far: float,
    points: Floats,
    values: Floats,
) -> None:
    stack = np.empty(128, np.int64)
    levels = np.empty(128, np.int64)
    count = len(corners)
    for at in range(len(points)):
        x, y, z = points[at, 0], points[at, 1], points[at, 2]
        total = 0.0
        stack[0] = 1
        levels[0] = 0
        size = 1
        while size > 0:
            size -= 1
            node, level = stack[size], levels[size]
            dx, dy, dz = middle[node, 0] - x, middle[node, 1] - y, middle[node, 2] - z
            away2 = dx * dx + dy * dy + dz * dz
            if away2 > (far * radius[node]) ** 2:
                flow = dipole[node, 0] * dx + dipole[node, 1] * dy + dipole[node, 2] * dz
                total += flow / (away2 * np.sqrt(away2))
            elif level < depth:
                stack[size] = 2 * node
                stack[size + 1] = 2 * node + 1
                levels[size] = level + 1
                levels[size + 1] = level + 1
                size += 2
            else:
                leaf = node - (1 << depth)
                for triangle in range((leaf * count) >> depth, ((leaf + 1) * count) >> depth):
                    total += _solid_angle(x, y, z, corners[triangle])
        values[at] = total / (4 * np.pi)


@kernel
def _solid_angle(x: float, y: float, z: float, corners: Floats) -> float:
    ax, ay, az = corners[0, 0] - x, corners[0, 1] - y, corners[0, 2] - z
    bx, by, bz = corners[1, 0] - x, corners[1, 1] - y, corners[1, 2] - z
    cx, cy, cz = corners[2, 0] - x, corners[2, 1] - y, corners[2, 2] - z
    a = np.sqrt(ax * ax + ay * ay + az * az)
    b = np.sqrt(bx * bx + by * by + bz * bz)
    c = np.sqrt(cx * cx + cy * cy + cz * cz)
    volume = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    ab = ax * bx + ay * by + az * bz
    bc = bx * cx + by * cy + bz * cz
    ca = cx * ax + cy * ay + cz * az
    return 2 * float(np.arctan2(volume, a * b * c + ab * c + bc * a + ca * b))
