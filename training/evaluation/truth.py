"""A held-out shape as surfaces are judged by it, and the scores of a surface against it.

What is true of a shape, all in the *unit-sphere frame* of its surface points (the middle of their
box in the origin, the farthest at distance 1), into which predictions are moved by the truth's own
transform, never by one of theirs:

- its surface: the 4096 points that the data set took from the model itself, before any medial mesh;
- its solid and its thickness: those of the surface of its true medial mesh, since a model of the
  corpus need not be closed. How far that is from the model's surface is the row "ceiling".

The scores are those of ``immat_core.metrics``, with 4096 points on either side instead of 10,000.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.fit.complexes import betti_numbers
from immat_core.medial_mesh import MedialMesh
from immat_core.metrics import (
    SQUARED_REACHES,
    Triangles,
    earth_movers_distance,
    nearest_points,
    sample_surface,
    solid_cells,
    thickness_error,
    unit_sphere,
)
from immat_core.rays import RayCaster
from immat_core.surface import build_surface
from immat_core.thickness import point_thickness
from training.data import ShapeFolder

VOXEL = 1 / 128
"""Of every surface that is rebuilt from a medial mesh, in diagonals: the product's default."""

Doubles = NDArray[np.float64]
Scores = dict[str, float]

METRICS = ("cd", "emd", "f", "f2", "iou", "thickness")
"""What :func:`score_surface` tells."""


@dataclass(frozen=True, eq=False)
class Truth:
    """One held-out shape, in the unit-sphere frame.

    Attributes
    ----------
    points
        (4096, 3) float64 of the model's surface.
    solid
        The surface of the true medial mesh, closed.
    thick_points, thickness
        (4096, 3) and (4096,) float64: points of ``solid`` and the shape diameters there.
    cells
        (32, 32, 32) bool, what ``solid`` holds of the cube from -1 to 1.
    center, scale
        (3,) and number: the transform into this frame from the object's.
    loops
        First Betti number of the true medial mesh.
    """

    points: Doubles
    solid: Triangles
    thick_points: Doubles
    thickness: Doubles
    cells: NDArray[np.bool_]
    center: Doubles
    scale: float
    loops: int

    def framed(self, mesh: Triangles) -> Triangles:
        """A mesh of the object's frame in that of the truth."""
        return Triangles((mesh.vertices - self.center) * self.scale, mesh.faces)


def true_medial_mesh(folder: ShapeFolder, shape: int) -> MedialMesh:
    """The true medial mesh of one shape of a split."""
    spheres = np.array(folder.spheres[shape])
    edges, faces = folder.topology(shape)
    return MedialMesh(spheres[:, :3], spheres[:, 3], edges.astype(np.int32), faces.astype(np.int32))


def true_surface(folder: ShapeFolder, shape: int) -> Triangles:
    """The closed surface of a shape's true medial mesh, in the object's frame.

    What is thinner than a voxel, such as the wings of some planes, is as thick as one.
    """
    return medial_surface(true_medial_mesh(folder, shape), keep_thin=True)


def medial_surface(mat: MedialMesh, *, keep_thin: bool = False) -> Triangles:
    """The closed surface of a medial mesh, in its own frame.

    Where all of it is thinner than a voxel, or ``keep_thin`` asks for it, radii are raised to what
    a voxel can show.
    """
    try:
        mesh = build_surface(mat, VOXEL, quads=False, clamp_thin=keep_thin)
    except UserError:
        mesh = build_surface(mat, VOXEL, quads=False, clamp_thin=True)
    return Triangles(mesh.vertices.astype(np.float64), mesh.triangles.astype(np.int64))


def make_truth(folder: ShapeFolder, shape: int) -> Truth:
    """All that predictions of one shape are judged by; about 0.3 CPU seconds."""
    points = np.array(folder.surface[shape, :, :3], np.float64)
    center, scale = unit_sphere(points)
    mat = true_medial_mesh(folder, shape)
    raw = true_surface(folder, shape)
    solid = Triangles((raw.vertices - center) * scale, raw.faces)
    places, own = sample_surface(solid, len(points), np.random.default_rng([3, shape]))
    thickness = point_thickness(RayCaster(solid.vertices, solid.faces), places, own)
    faces = mat.faces.astype(np.int64)
    loops = betti_numbers(len(mat.radii), mat.all_edges.astype(np.int64), faces)[1]
    return Truth(
        (points - center) * scale,
        solid,
        places,
        thickness,
        solid_cells(solid),
        center,
        scale,
        loops,
    )


def score_surface(mesh: Triangles, truth: Truth, seed: int = 0) -> Scores:
    """All scores of a closed surface, given in the object's frame; keys are ``METRICS``."""
    framed = truth.framed(mesh)
    count = len(truth.points)
    points, own = sample_surface(framed, count, np.random.default_rng([7, seed]))
    thickness = point_thickness(RayCaster(framed.vertices, framed.faces), points, own)
    cells = solid_cells(framed)
    union = int((cells | truth.cells).sum())
    return {
        **point_scores(points, truth.points),
        "emd": earth_movers_distance(points, truth.points),
        "iou": float((cells & truth.cells).sum() / union) if union else 1.0,
        "thickness": thickness_error(points, thickness, truth.thick_points, truth.thickness),
    }


def point_scores(points: Doubles, targets: Doubles) -> Scores:
    """``cd`` and both F-scores of points against points, in the unit-sphere frame."""
    there = ((points - targets[nearest_points(points, targets)]) ** 2).sum(1)
    back = ((targets - points[nearest_points(targets, points)]) ** 2).sum(1)
    scores = {"cd": 1000 * float(there.mean() + back.mean())}
    for name, reach in zip(("f", "f2"), SQUARED_REACHES, strict=True):
        precision, recall = float((there <= reach).mean()), float((back <= reach).mean())
        scores[name] = 200 * precision * recall / max(precision + recall, 1e-12)
    return scores


def quick_scores(mesh: Triangles, truth: Truth, seed: int = 0) -> Scores:
    """``cd`` and both F-scores alone: a tenth of the time of :func:`score_surface`."""
    framed = truth.framed(mesh)
    points, _ = sample_surface(framed, len(truth.points), np.random.default_rng([7, seed]))
    return point_scores(points, truth.points)


def floor_scores(truth: Truth, seed: int = 1) -> Scores:
    """What sampling alone costs: the solid's surface against points of that same surface."""
    points, _ = sample_surface(truth.solid, len(truth.points), np.random.default_rng([11, seed]))
    own = Truth(
        points,
        truth.solid,
        truth.thick_points,
        truth.thickness,
        truth.cells,
        np.zeros(3),
        1.0,
        truth.loops,
    )
    return score_surface(truth.solid, own, seed)
