"""How near the surfaces are to the exact one, and whether all ways agree on the chair's genus."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from medial_shapes import SHAPES
from numpy.typing import NDArray

from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import SurfaceMesh, build_surface
from immat_core.surface.checks import check_surface
from immat_core.surface.crisp import crisp_surface

SAMPLES = 20_000
"""Points of each kind that are measured, spread over all."""


@dataclass(frozen=True)
class Distance:
    """Of points of a surface to the exact one, in voxels."""

    mean: float
    largest: float


@dataclass(frozen=True)
class Quality:
    """One surface.

    Attributes
    ----------
    shape, steps, kind
        "triangles" is the fast route's surface, "quads" the reference's.
    faces
        How many.
    thinnest
        Least radius in voxels.
    area, vertices, middles
        Distances of points all over the surface, of the vertices and of the faces' middles.
    manifold
        Closed, and edge- and vertex-manifold.
    self_intersections
        Pairs of triangles that cross.
    """

    shape: str
    steps: int
    kind: str
    faces: int
    thinnest: float
    area: Distance
    vertices: Distance
    middles: Distance
    manifold: bool
    self_intersections: int | None


def measure_quality(steps: tuple[int, ...]) -> list[Quality]:
    """Both surfaces of all shapes at all resolutions."""
    return [
        _measure(shape, make(), step, kind)
        for shape, make in SHAPES.items()
        for step in steps
        for kind in ("triangles", "quads")
    ]


def genus_of_the_chair(steps: int) -> dict[str, int | None]:
    """By every way to a surface; the crisp one is an exact boolean of meshes."""
    chair, voxel = SHAPES["chair"](), 1 / steps
    surfaces = {
        "crisp": crisp_surface(chair, voxel / 8),
        "triangles": build_surface(chair, voxel, quads=False),
        "quads": build_surface(chair, voxel),
    }
    return {name: check_surface(surface).genus for name, surface in surfaces.items()}


def _measure(shape: str, mat: MedialMesh, steps: int, kind: str) -> Quality:
    mesh = build_surface(mat, 1 / steps, quads=kind == "quads")
    report = check_surface(mesh, full=True)
    return Quality(
        shape,
        steps,
        kind,
        len(mesh.faces),
        float(mat.radii.min()) * steps,
        _distance(_points_all_over(mesh), mat, steps),
        _distance(mesh.vertices, mat, steps),
        _distance(mesh.vertices[mesh.faces].mean(1), mat, steps),
        report.manifold,
        report.self_intersections,
    )


def _points_all_over(mesh: SurfaceMesh) -> NDArray[np.float64]:
    """(SAMPLES, 3) points, as many everywhere on the surface."""
    rng = np.random.default_rng(0)
    corners = mesh.vertices.astype(np.float64)[mesh.triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(area, axis=1)
    chosen = corners[rng.choice(len(corners), SAMPLES, p=size / size.sum())]
    weights = rng.dirichlet([1, 1, 1], SAMPLES)
    points: NDArray[np.float64] = (chosen * weights[..., None]).sum(1)
    return points


def _distance(points: NDArray[np.floating], mat: MedialMesh, steps: int) -> Distance:
    spread = points[:: max(1, len(points) // SAMPLES)]
    off = np.abs(medial_distance(spread, mat)) * steps
    return Distance(float(off.mean()), float(off.max()))
