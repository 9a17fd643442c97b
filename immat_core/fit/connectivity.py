"""Which spheres belong together: neighbours on the surface, or in the solid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.fit.clusters import label_points
from immat_core.fit.shell import Shell
from immat_core.fit.variational import Spheres
from immat_core.kernels import kernel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

TRIPLES = ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))


@dataclass(frozen=True, eq=False)
class Complex:
    """Edges and faces between spheres.

    Attributes
    ----------
    edges
        (e, 2) int64, ascending, unique; the sides of all faces among them.
    faces
        (f, 3) int64, ascending, unique.
    support
        (f,) float64, how much surface or volume meets at each face.
    """

    edges: Indices
    faces: Indices
    support: Floats


def surface_clusters(shell: Shell, spheres: Spheres) -> tuple[Spheres, Complex]:
    """Edges and faces where clusters of the surface touch; spheres without a cluster go.

    Every vertex of the shell joins the sphere of least cost of its component. So each component
    of the solid is one component of the complex.
    """
    label = label_points(shell.vertices, shell.normals, shell.part, spheres).label
    filled = np.bincount(label, minlength=len(spheres.part)) > 0
    label = (np.cumsum(filled) - 1)[label]
    corners = np.sort(label[shell.triangles], axis=1)
    meeting = (corners[:, 0] != corners[:, 1]) & (corners[:, 1] != corners[:, 2])
    faces, support = unique_rows(corners[meeting], int(filled.sum()))
    sides = corners[:, [[0, 1], [1, 2]]].reshape(-1, 2)
    edges, _ = unique_rows(
        np.concatenate([sides[sides[:, 0] != sides[:, 1]], faces[:, [0, 2]]]), int(filled.sum())
    )
    return spheres.where(filled), Complex(edges, faces, support)


def power_cells(shell: Shell, spheres: Spheres, dilation: float) -> Complex:
    """Edges and faces where power cells of the spheres touch inside the solid.

    Parameters
    ----------
    dilation
        In voxels. At 0 a sheet of 1.3 voxels falls apart, at 0.5 near parts may be joined.
    """
    inside = shell.field < dilation
    points = np.argwhere(inside)
    label = np.full(inside.shape, -1, np.int64)
    nearest = np.empty(len(points), np.int64)
    columns = np.ascontiguousarray(spheres.balls.T)
    _power_label(points * shell.voxel + shell.origin, columns, nearest)
    label[inside] = nearest
    count = len(spheres.part)
    edges = [_touching(label, axis) for axis in range(3)]
    faces, support = unique_rows(
        np.concatenate([_corners(label, axis) for axis in range(3)]), count
    )
    same = (spheres.part[faces] == spheres.part[faces[:, :1]]).all(1)
    faces, support = faces[same], support[same]
    sides = faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2)
    pairs, _ = unique_rows(np.concatenate([*edges, sides]), count)
    pairs = pairs[spheres.part[pairs[:, 0]] == spheres.part[pairs[:, 1]]]
    return Complex(pairs, faces, support)


def unique_rows(rows: Indices, count: int) -> tuple[Indices, Floats]:
    """Unique rows of two or three indices below ``count`` (< 2^20), sorted, and how often each."""
    size = rows.shape[1]
    base = np.array([count ** (size - 1 - k) for k in range(size)], np.int64)
    keys, often = np.unique(np.sort(rows, axis=1) @ base, return_counts=True)
    return keys[:, None] // base % count, often.astype(np.float64)


def _touching(label: Indices, axis: int) -> Indices:
    """(n, 2) different labels on both sides of voxel faces."""
    length = label.shape[axis]
    one = label.take(range(length - 1), axis).ravel()
    two = label.take(range(1, length), axis).ravel()
    touch = (one >= 0) & (two >= 0) & (one != two)
    return np.column_stack([one[touch], two[touch]])


def _corners(label: Indices, axis: int) -> Indices:
    """(n, 3) different labels that meet around the voxel edges along an axis."""
    flat = np.moveaxis(label, axis, 2)
    square = np.stack([flat[:-1, :-1], flat[1:, :-1], flat[1:, 1:], flat[:-1, 1:]], axis=-1)
    square = square.reshape(-1, 4)
    a, b, c, d = square.T
    many = (square.min(1) >= 0) & ~((a == b) & (c == d)) & ~((a == d) & (b == c))
    rows = np.concatenate([np.sort(square[many][:, list(three)], axis=1) for three in TRIPLES])
    distinct: Indices = rows[(rows[:, 0] != rows[:, 1]) & (rows[:, 1] != rows[:, 2])]
    return distinct


@kernel
def _power_label(points: Floats, spheres: Floats, label: Indices) -> None:
    """The sphere (columns) of least power distance |x - c|^2 - r^2."""
    count = spheres.shape[1]
    row = np.empty(count)
    for at in range(len(points)):
        x, y, z = points[at, 0], points[at, 1], points[at, 2]
        for k in range(count):
            dx, dy, dz = x - spheres[0, k], y - spheres[1, k], z - spheres[2, k]
            row[k] = dx * dx + dy * dy + dz * dz - spheres[3, k] * spheres[3, k]
        best = 0
        for k in range(count):
            if row[k] < row[best]:
                best = k
        label[at] = best
