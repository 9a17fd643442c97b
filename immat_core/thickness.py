"""How thick a shape is: by rays through any mesh, and by the radii of a medial mesh.

Three measures, all in the mesh's own unit.

- The *shape diameter* (Shapira, Shamir and Cohen-Or 2008; the paper, section 4.1) is the mean
  length of rays that fan out inwards. It is the measure of the paper's thickness error; on a plate
  it is about a third more than the plate's thickness, as the rays are slanted.
- The *wall thickness* is the length of the one ray that goes straight inwards.
- The *medial thickness* is twice the radius where a point's foot lies on the medial mesh. On the
  surface of a medial mesh the wall is nowhere thinner, as the ray runs through the foot's sphere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.envelope import DoubleArray
from immat_core.medial_mesh import FloatArray, MedialMesh
from immat_core.nearest_primitive import nearest_primitives
from immat_core.rays import RayCaster

GOLDEN_ANGLE = float(np.pi * (3 - np.sqrt(5)))


@dataclass(frozen=True)
class RaySettings:
    """The bundle of rays of the shape diameter; the defaults are CGAL's and the paper's.

    Attributes
    ----------
    rays
        How many; 1 goes straight inwards.
    cone
        Full opening angle in radians.
    """

    rays: int = 25
    cone: float = float(np.radians(120))

    def directions(self) -> tuple[DoubleArray, DoubleArray]:
        """Unit directions (rays, 3) around +Z, spread evenly over a disk, and weights 1/angle."""
        if self.rays == 1:
            return np.array([[0.0, 0.0, 1.0]]), np.ones(1)
        index = np.arange(self.rays)
        spread = np.tan(self.cone / 2) * np.sqrt((index + 0.5) / self.rays)
        turn = index * GOLDEN_ANGLE
        fan = np.stack([spread * np.cos(turn), spread * np.sin(turn), np.ones(self.rays)], 1)
        return fan / np.linalg.norm(fan, axis=1, keepdims=True), 1 / np.arctan(spread)


WALL = RaySettings(rays=1)
"""Straight through the wall."""


def face_thickness(
    vertices: ArrayLike,
    triangles: NDArray[np.integer[Any]],
    settings: RaySettings | None = None,
) -> DoubleArray:
    """The shape diameter at the middle of every triangle, one bundle of rays each.

    Parameters
    ----------
    vertices
        (n, 3), finite.
    triangles
        (t, 3), wound outwards.
    settings
        The bundle; ``WALL`` for the wall thickness.

    Returns
    -------
    (t,) float64; infinity where no ray meets anything, as on an open sheet.

    Raises
    ------
    UserError
        Where Numba is missing.
    """
    caster = RayCaster(vertices, triangles)
    every = np.arange(len(caster.corners))
    return point_thickness(caster, caster.corners.mean(1), every, settings)


def vertex_thickness(
    vertices: ArrayLike,
    triangles: NDArray[np.integer[Any]],
    settings: RaySettings | None = None,
) -> DoubleArray:
    """The shape diameter at every vertex, (n,) float64, as :func:`face_thickness`.

    Inwards is against the mean normal of the triangles around a vertex, which on a surface of
    samples is truer than that of one triangle. Infinity for a vertex that none uses.
    """
    caster = RayCaster(vertices, triangles)
    places = np.asarray(vertices, np.float64).reshape(-1, 3)
    inwards = -vertex_normals(places, np.asarray(triangles))
    found = caster.diameters(places, inwards, None, *(settings or RaySettings()).directions())
    return np.where(inwards.any(1), found, np.inf)


def point_thickness(
    caster: RayCaster,
    points: ArrayLike,
    triangles: NDArray[np.integer[Any]],
    settings: RaySettings | None = None,
) -> DoubleArray:
    """The shape diameter at points (n, 3) of a mesh, which lie on the triangles (n,).

    Returns (n,) float64, infinity where no ray meets anything.
    """
    inwards = -caster.normals[triangles]
    return caster.diameters(points, inwards, triangles, *(settings or RaySettings()).directions())


def vertex_normals(vertices: DoubleArray, triangles: NDArray[np.integer[Any]]) -> DoubleArray:
    """(n, 3) unit normals, those of the triangles weighted by area; 0 for an unused vertex."""
    corners = vertices[triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    total = np.zeros_like(vertices)
    for axis in range(3):
        weights = np.repeat(area[:, axis], 3)
        total[:, axis] = np.bincount(triangles.ravel(), weights, len(vertices))
    length = np.linalg.norm(total, axis=1, keepdims=True)
    normals: DoubleArray = total / np.where(length > 0, length, 1)
    return normals


def robust_mean(lengths: DoubleArray, weights: DoubleArray) -> DoubleArray:
    """(n,) weighted means of rays (n, k) that are within one standard deviation of the median.

    Rays of infinite length met nothing and are left out; infinity where all are.
    """
    known = np.isfinite(lengths)
    some = known.any(1, keepdims=True)
    kept = np.where(known, lengths, np.nan)
    kept = np.where(some, kept, 0.0)
    median = np.nanmedian(kept, axis=1, keepdims=True)
    spread = np.nanstd(kept, axis=1, keepdims=True)
    inlier = known & (np.abs(np.where(known, lengths, 0) - median) <= spread * (1 + 1e-9))
    weight = np.where(inlier, weights, 0.0)
    total: DoubleArray = (weight * np.where(known, lengths, 0)).sum(1)
    summed = weight.sum(1)
    mean = np.where(summed > 0, total / np.where(summed > 0, summed, 1), median[:, 0])
    return np.where(some[:, 0], mean, np.inf)


def medial_thickness(points: ArrayLike, mat: MedialMesh) -> DoubleArray:
    """Twice the medial radius at the foot of each point on its nearest primitive.

    Parameters
    ----------
    points
        (n, 3), as on the surface of ``mat``.

    Returns
    -------
    (n,) float64, in the unit of ``mat``.
    """
    return 2 * nearest_primitives(points, mat).interpolate(mat.radii)


@dataclass(frozen=True, eq=False)
class Thickened:
    """What was raised to a least thickness.

    Attributes
    ----------
    mat
        The medial mesh, with the same places and connections.
    raised
        (n,) bool, spheres whose radius was below half the limit.
    thinnest
        The least thickness before: twice the least radius.
    most
        By how much the thickness of any sphere grew, 0 where nothing was raised.
    """

    mat: MedialMesh
    raised: NDArray[np.bool_]
    thinnest: float
    most: float


def with_minimum_thickness(mat: MedialMesh, limit: float) -> Thickened:
    """Raise every radius below half of ``limit`` to it, so that no wall is thinner.

    A wall of the surface is at least twice the radius at its foot (see above), and radii between
    spheres are never below both. Primitives without a raised sphere stay exactly as they are.

    Raises
    ------
    ValueError
        For a limit that is not above 0 and finite, or a medial mesh without spheres.
    """
    if not (np.isfinite(limit) and limit > 0):
        raise ValueError(f"the least thickness {limit} is not above 0")
    if not len(mat.radii):
        raise ValueError("a medial mesh with no sphere has no thickness")
    least = _half_up(limit)
    raised = mat.radii < least
    radii: FloatArray = np.where(raised, least, mat.radii)
    return Thickened(
        mat=MedialMesh(mat.centers, radii, mat.edges, mat.faces),
        raised=raised,
        thinnest=2 * float(mat.radii.min()),
        most=2 * float((radii - mat.radii).max()),
    )


def _half_up(limit: float) -> np.float32:
    """The least float32 that is not below half of ``limit``."""
    half = np.float32(limit / 2)
    return half if half >= limit / 2 else np.nextafter(half, np.float32(np.inf))
