"""Exact signed distances of the envelopes of medial spheres, edges and faces, in float64.

The envelope of a medial primitive is the convex hull of its one, two or three spheres. With ``t``
running over the primitive's points, ``c(t)`` and ``r(t)`` linear in ``t``, the distance

    f(p) = min over t of |p - c(t)| - r(t)

is convex in ``t`` and is the exact signed distance of that hull, outside and inside. Its minimum
either lies inside the triangle, where it has a closed form, or on an edge, which is a cone. The
envelopes are those of the paper's section 3 (medial cone and medial slab, after Q-MAT).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.medial_mesh import IndexArray, MedialMesh

DoubleArray: TypeAlias = NDArray[np.float64]

FLATTEST = 1e-10
"""Height of a triangle over its longest side under which its centres count as collinear."""
STEEPEST = 1 - 1e-12
"""Squared slope of a face's radii from which on it has no tangent plane in double precision."""
SIDES = np.array([[0, 1], [0, 2], [1, 2]])
"""(3, 2), the sides of a triangle."""
CHUNK = 1 << 20
"""Distances computed at a time by :func:`medial_distance`."""


@dataclass(frozen=True)
class Cones:
    """The envelopes of ``m`` medial edges, ready to be evaluated.

    Attributes
    ----------
    start, axis
        (m, 3) float64, the first centre and the unit direction to the second.
    length, radius
        (m,) float64, distance between the centres and the first radius. A cone whose one sphere
        holds the other is its bigger sphere: length 0.
    slope, shear
        (m,) float64, sine and tangent of the angle by which the surface leans to the axis.
    """

    start: DoubleArray
    axis: DoubleArray
    length: DoubleArray
    radius: DoubleArray
    slope: DoubleArray
    shear: DoubleArray


@dataclass(frozen=True)
class Flats:
    """The two flat parts of the envelopes of ``m`` medial faces.

    A face has them where the plane that touches its three spheres exists. A point's distance to
    them is ``tilt . p + tilt_0 + lift |z|`` with ``z = normal . p + normal_0``, and it is that of
    the slab where the foot's barycentric coordinates ``b_k = side_k . p + side_k0 - lean_k |z|``
    (k = 1, 2) and ``1 - b_1 - b_2`` are not negative.

    Attributes
    ----------
    exists
        (m,) bool; the rows of a face that has no such plane are zero.
    normal, side1, side2, tilt
        (m, 4) float64, affine functions of a point.
    lean1, lean2, lift
        (m,) float64.
    """

    exists: NDArray[np.bool_]
    normal: DoubleArray
    side1: DoubleArray
    side2: DoubleArray
    tilt: DoubleArray
    lean1: DoubleArray
    lean2: DoubleArray
    lift: DoubleArray


def cones(centers: DoubleArray, radii: DoubleArray) -> Cones:
    """Prepare cones from (m, 2, 3) centres and (m, 2) radii; every degenerate case is a sphere."""
    step = centers[:, 1] - centers[:, 0]
    length = np.sqrt(np.einsum("ij,ij->i", step, step))
    shrink = radii[:, 0] - radii[:, 1]
    nested = length <= np.abs(shrink)
    second = nested & (shrink < 0)
    safe = np.where(nested, 1.0, length)
    drop = np.where(nested, 0.0, shrink)
    return Cones(
        start=np.where(second[:, None], centers[:, 1], centers[:, 0]),
        axis=np.where(nested[:, None], [1.0, 0.0, 0.0], step / safe[:, None]),
        length=np.where(nested, 0.0, length),
        radius=np.where(second, radii[:, 1], radii[:, 0]),
        slope=drop / safe,
        shear=drop / np.sqrt((safe - drop) * (safe + drop)),
    )


def flats(
    centers: DoubleArray,
    radii: DoubleArray,
    flattest: float = FLATTEST,
    steepest: float = STEEPEST,
) -> Flats:
    """Prepare the flat parts of faces from (m, 3, 3) centres and (m, 3) radii.

    They are missing where the centres are collinear (height over longest side at most
    ``flattest``) or the radii change so fast that no plane touches all three spheres (squared
    slope at least ``steepest``): the slab is then the union of its cones.
    """
    # Columns: NumPy takes many times as long along axes of three.
    x, r = np.ascontiguousarray(centers.transpose(1, 2, 0)), radii.T
    origin, one, two = x[0], x[1] - x[0], x[2] - x[0]
    cross = _cross(one, two)
    area = np.sqrt(_dot(cross, cross))
    across = two - one
    longest = np.maximum(np.maximum(_dot(one, one), _dot(two, two)), _dot(across, across))
    exists = area > flattest * longest
    safe = np.where(exists, area, 1.0)
    normal = cross / safe
    side1, side2 = _cross(two, normal) / safe, _cross(normal, one) / safe
    tilt = (r[0] - r[1]) * side1 + (r[0] - r[2]) * side2
    steep = _dot(tilt, tilt)
    exists &= steep < steepest
    lift = np.sqrt(np.where(exists, 1 - steep, 1.0))

    def affine(gradient: DoubleArray, constant: DoubleArray | float = 0.0) -> DoubleArray:
        rows = np.concatenate([gradient, (constant - _dot(gradient, origin))[None]])
        return np.where(exists, rows, 0.0).T

    return Flats(
        exists=exists,
        normal=affine(normal),
        side1=affine(side1),
        side2=affine(side2),
        tilt=affine(tilt, -r[0]),
        lean1=np.where(exists, _dot(side1, tilt) / lift, 0.0),
        lean2=np.where(exists, _dot(side2, tilt) / lift, 0.0),
        lift=lift,
    )


def _dot(a: DoubleArray, b: DoubleArray) -> DoubleArray:
    """(m,) scalar products of the columns of (3, m)."""
    product: DoubleArray = a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
    return product


def _cross(a: DoubleArray, b: DoubleArray) -> DoubleArray:
    """(3, m) vector products of the columns of (3, m)."""
    return np.stack([a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)])


def sphere_distance(points: ArrayLike, center: ArrayLike, radius: float) -> DoubleArray:
    """(n,) float64 signed distance of (n, 3) points to one sphere, negative inside."""
    offset = _points(points) - np.asarray(center, np.float64)
    distance: DoubleArray = np.linalg.norm(offset, axis=1) - radius
    return distance


def cone_distance(points: ArrayLike, centers: ArrayLike, radii: ArrayLike) -> DoubleArray:
    """Signed distance to the hull of two spheres (a medial cone).

    Parameters
    ----------
    points
        (n, 3).
    centers, radii
        (2, 3) and (2,). Spheres may coincide or hold one another.

    Returns
    -------
    (n,) float64, negative inside.
    """
    c, r = _spheres(centers, radii, 2)
    distance: DoubleArray = distances_to_cones(cones(c, r), _points(points))[0]
    return distance


def slab_distance(points: ArrayLike, centers: ArrayLike, radii: ArrayLike) -> DoubleArray:
    """Signed distance to the hull of three spheres (a medial slab).

    Parameters
    ----------
    points
        (n, 3).
    centers, radii
        (3, 3) and (3,). Centres may be collinear or coincide, spheres may hold one another.

    Returns
    -------
    (n,) float64, negative inside.
    """
    c, r = _spheres(centers, radii, 3)
    p = _points(points)
    nearest: DoubleArray = distances_to_cones(cones(c[0, SIDES], r[0, SIDES]), p).min(0)
    return np.minimum(nearest, distances_to_flats(flats(c, r), p)[0])


def medial_distance(points: ArrayLike, mat: MedialMesh) -> DoubleArray:
    """Signed distance to the union of all envelopes of a medial mesh.

    The least of the distances to the primitives: exact outside and on the surface; inside, where
    envelopes overlap, it may be less deep than the distance to the union's surface.

    Parameters
    ----------
    points
        (n, 3).

    Returns
    -------
    (n,) float64; infinity everywhere for a medial mesh with no sphere.
    """
    p = _points(points)
    rods, sheets = medial_cones(mat), medial_flats(mat)
    distance = np.full(len(p), np.inf)
    rows = max(1, len(rods.length) + len(sheets.lift))
    for begin in range(0, len(p), max(1, CHUNK // rows)):
        part = slice(begin, begin + max(1, CHUNK // rows))
        distance[part] = distances_to_cones(rods, p[part]).min(0, initial=np.inf)
        flat = distances_to_flats(sheets, p[part]).min(0, initial=np.inf)
        distance[part] = np.minimum(distance[part], flat)
    return distance


def medial_cones(mat: MedialMesh) -> Cones:
    """The cones of all edges and sides of faces, each once, then the spheres that have none."""
    c, r = mat.centers.astype(np.float64), mat.radii.astype(np.float64)
    ends = cone_ends(mat)
    return cones(c[ends], r[ends])


def medial_flats(mat: MedialMesh) -> Flats:
    """The flat parts of all faces."""
    c, r = mat.centers.astype(np.float64), mat.radii.astype(np.float64)
    return flats(c[mat.faces], r[mat.faces])


def cone_ends(mat: MedialMesh) -> IndexArray:
    """(m, 2) int32 spheres of each cone: ``mat.all_edges``, then (i, i) for lone spheres.

    Spheres and cones inside a hull need no term of their own, so these and the flat parts of the
    faces are all that the union needs.
    """
    edges = mat.all_edges
    lone = np.ones(len(mat.radii), bool)
    lone[edges.ravel()] = False
    single = np.flatnonzero(lone).astype(np.int32)
    return np.concatenate([edges, np.column_stack([single, single])])


def distances_to_cones(rods: Cones, points: DoubleArray) -> DoubleArray:
    """(m, n) distances of n points to m cones."""
    offset = points[None] - rods.start[:, None]
    along = (offset * rods.axis[:, None]).sum(2)
    away = np.linalg.norm(offset - along[..., None] * rods.axis[:, None], axis=2)
    foot = np.clip(along - rods.shear[:, None] * away, 0, rods.length[:, None])
    distance: DoubleArray = np.hypot(along - foot, away)
    distance += rods.slope[:, None] * foot - rods.radius[:, None]
    return distance


def distances_to_flats(sheets: Flats, points: DoubleArray) -> DoubleArray:
    """(m, n) distances of n points to the flat parts, infinity where the foot is beyond them."""

    def at(affine: DoubleArray) -> DoubleArray:
        value: DoubleArray = affine[:, :3] @ points.T + affine[:, 3:]
        return value

    height = np.abs(at(sheets.normal))
    b1 = at(sheets.side1) - sheets.lean1[:, None] * height
    b2 = at(sheets.side2) - sheets.lean2[:, None] * height
    inside = sheets.exists[:, None] & (b1 >= 0) & (b2 >= 0) & (b1 + b2 <= 1)
    return np.where(inside, at(sheets.tilt) + sheets.lift[:, None] * height, np.inf)


def _points(points: ArrayLike) -> DoubleArray:
    return np.asarray(points, np.float64).reshape(-1, 3)


def _spheres(centers: ArrayLike, radii: ArrayLike, count: int) -> tuple[DoubleArray, DoubleArray]:
    c = np.asarray(centers, np.float64).reshape(1, count, 3)
    return c, np.asarray(radii, np.float64).reshape(1, count)
