"""The kernel that prepares primitives: ``primitives.py`` and ``envelope.py`` for one at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import inlined, kernel
from immat_core.medial_mesh import IndexArray
from immat_core.surface.primitives import FLATTEST, STEEPEST

Doubles = NDArray[np.float64]
Hashes = NDArray[np.uint64]
Vector = tuple[float, float, float]

NOWHERE = 1e9
"""Distance to a flat part that does not exist, in voxels: no leaf ever keeps it."""


@inlined
def dot(a: Vector, b: Vector) -> float:
    """Scalar product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@inlined
def cross(a: Vector, b: Vector) -> Vector:
    """Vector product."""
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


@inlined
def minus(a: Vector, b: Vector) -> Vector:
    """Difference."""
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


@inlined
def point(points: Doubles, n: int) -> Vector:
    """A row of points."""
    return points[n, 0], points[n, 1], points[n, 2]


@kernel("void(UniTuple(f8, 3), f8, UniTuple(f8, 3), f8, f8[::1])")
def _cone_row(a: Vector, ra: float, b: Vector, rb: float, row: Doubles) -> None:
    """Write a cone: see :func:`immat_core.envelope.cones`."""
    step = minus(b, a)
    length, shrink = np.sqrt(dot(step, step)), ra - rb
    nested = length <= abs(shrink)
    start, radius = (b, rb) if nested and shrink < 0 else (a, ra)
    for k in range(3):
        row[k] = start[k]
    row[3], row[4], row[5], row[6], row[7] = 1.0, 0.0, 0.0, 0.0, radius
    row[8], row[9] = 0.0, 0.0
    if not nested:
        row[3], row[4], row[5] = step[0] / length, step[1] / length, step[2] / length
        row[6], row[8] = length, shrink / length
        row[9] = shrink / np.sqrt((length - shrink) * (length + shrink))


@kernel("void(f8[::1], i8, UniTuple(f8, 3), UniTuple(f8, 3), f8)")
def _write_plane(row: Doubles, at: int, gradient: Vector, origin: Vector, value: float) -> None:
    """Write the affine function with a gradient and a value at ``origin``."""
    for k in range(3):
        row[at + k] = gradient[k]
    row[at + 3] = value - dot(gradient, origin)


@kernel("void(UniTuple(f8, 3), f8, UniTuple(f8, 3), f8, UniTuple(f8, 3), f8, f8[::1])")
def _flat_row(
    a: Vector, ra: float, b: Vector, rb: float, c: Vector, rc: float, row: Doubles
) -> None:
    """Write a flat part and its rates: see :func:`immat_core.envelope.flats`."""
    one, two = minus(b, a), minus(c, a)
    across, normal = minus(two, one), cross(one, two)
    area = np.sqrt(dot(normal, normal))
    longest = max(dot(one, one), max(dot(two, two), dot(across, across)))
    row[:] = 0.0
    row[15] = NOWHERE
    if area <= FLATTEST * longest:
        return
    normal = normal[0] / area, normal[1] / area, normal[2] / area
    s, t = cross(two, normal), cross(normal, one)
    side1 = s[0] / area, s[1] / area, s[2] / area
    side2 = t[0] / area, t[1] / area, t[2] / area
    d1, d2 = ra - rb, ra - rc
    tilt = (
        d1 * side1[0] + d2 * side2[0], d1 * side1[1] + d2 * side2[1], d1 * side1[2] + d2 * side2[2]
    )  # fmt: skip
    steep = dot(tilt, tilt)
    if steep >= STEEPEST:
        return
    lift = np.sqrt(1 - steep)
    lean1, lean2 = dot(side1, tilt) / lift, dot(side2, tilt) / lift
    _write_plane(row, 0, normal, a, 0.0)
    _write_plane(row, 4, side1, a, 0.0)
    _write_plane(row, 8, side2, a, 0.0)
    _write_plane(row, 12, tilt, a, -ra)
    row[16], row[17], row[18] = lean1, lean2, lift
    both = side1[0] + side2[0], side1[1] + side2[1], side1[2] + side2[2]
    row[19] = np.sqrt(dot(both, both) + (lean1 + lean2) ** 2)
    row[20] = np.sqrt(dot(side1, side1) + lean1 * lean1)
    row[21] = np.sqrt(dot(side2, side2) + lean2 * lean2)


@kernel("u8(u8[::1])")
def fingerprint(bits: Hashes) -> np.uint64:
    """A hash of a row of bits."""
    total: np.uint64 = np.uint64(len(bits))
    for column in range(len(bits)):
        total = (total ^ bits[column]) * np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return total


@kernel(
    "void(f8[:,::1], f8[::1], i4[:,::1], i4[:,::1], b1[::1], f8[:,::1], u8[:,::1], f8[:,::1],"
    "u8[::1])"
)
def write_rows(
    centers: Doubles,
    radii: Doubles,
    ends: IndexArray,
    faces: IndexArray,
    moved: NDArray[np.bool_],
    rows: Doubles,
    bits: Hashes,
    boxes: Doubles,
    prints: Hashes,
) -> None:
    """Write the rows of the primitives with a sphere that ``moved`` (n,); ``bits`` are ``rows``.

    Centres and radii are in voxels.
    """
    for item in range(len(rows)):
        is_cone = item < len(ends)
        spheres = ends[item] if is_cone else faces[item - len(ends)]
        i, j, k = spheres[0], spheres[1], spheres[0] if is_cone else spheres[2]
        if not (moved[i] or moved[j] or moved[k]):
            continue
        a, b, c = point(centers, i), point(centers, j), point(centers, k)
        ra, rb, rc = radii[i], radii[j], radii[k]
        if is_cone:
            _cone_row(a, ra, b, rb, rows[item])
        else:
            _flat_row(a, ra, b, rb, c, rc, rows[item])
        for axis in range(3):
            boxes[item, axis] = min(a[axis] - ra, min(b[axis] - rb, c[axis] - rc))
            boxes[item, 3 + axis] = max(a[axis] + ra, max(b[axis] + rb, c[axis] + rc))
        prints[item] = fingerprint(bits[item])
