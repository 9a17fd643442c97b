"""How thick the surface of a MAT is, at each of its vertices, in the object's own unit."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, MedialMesh

MEDIAL, WALL, DIAMETER = "MEDIAL", "WALL", "DIAMETER"
MEASURES = (
    (MEDIAL, "Medial", "Measure twice the radius of the nearest place on the MAT"),
    (WALL, "Wall", "Measure straight through the wall to its other side"),
    (
        DIAMETER,
        "Shape Diameter",
        "Measure 25 rays in a cone of 120 degrees, as in the paper; slow, so it waits for Measure",
    ),
)
SKIPPED = 1e-5
"""How far inside the surface rays start, as a share of its diagonal."""

Faces = NDArray[np.integer[Any]]


def measure(kind: str, vertices: FloatArray, faces: Faces, mat: MedialMesh) -> NDArray[np.float64]:
    """The thickness at each vertex of the surface of ``mat``, (n,); infinity where there is none.

    Parameters
    ----------
    kind
        One of ``MEASURES``.
    vertices, faces
        (n, 3) and (f, 3) or (f, 4).
    """
    if kind == MEDIAL:
        from immat_core.thickness import medial_thickness

        return medial_thickness(vertices, mat)
    from immat_core.thickness import WALL as STRAIGHT
    from immat_core.thickness import RaySettings

    return ray_thickness(vertices, faces, STRAIGHT if kind == WALL else RaySettings())


def ray_thickness(vertices: FloatArray, faces: Faces, settings: Any) -> NDArray[np.float64]:
    """``immat_core.thickness.vertex_thickness`` by Blender's own tree, which compiles nothing."""
    from immat_core.thickness import robust_mean, vertex_normals

    if not len(faces):
        return np.full(len(vertices), np.inf)
    corners = faces.shape[1]
    triangles = faces if corners == 3 else faces[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    normals = vertex_normals(vertices.astype(np.float64), triangles)
    inset = SKIPPED * float(np.linalg.norm(np.ptp(vertices, axis=0)))
    tree = BVHTree.FromPolygons(vertices.tolist(), triangles.tolist(), all_triangles=True)
    cone, weights = settings.directions()
    lengths = np.full((len(vertices), len(cone)), np.inf)
    starts = vertices - inset * normals
    for ray, (u, v, w) in enumerate(cone.tolist()):
        across, up = _frames(normals)
        directions = u * across + v * up - w * normals
        found = map(_length, [tree] * len(starts), starts.tolist(), directions.tolist())
        lengths[:, ray] = np.fromiter(found, float, len(starts))
    return robust_mean(lengths + inset, weights)


def _length(tree: BVHTree, start: list[float], direction: list[float]) -> float:
    length = tree.ray_cast(Vector(start), Vector(direction))[3]
    return float("inf") if length is None else float(length)


def _frames(normals: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Two unit vectors (n, 3) at right angles to each normal and to one another."""
    helper = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0, 0]], [[0, 1.0, 0]])
    across = np.cross(normals, helper)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    return across, np.cross(normals, across)


def shown_range(kind: str, thickness: NDArray[np.float64], mat: MedialMesh) -> tuple[float, float]:
    """The least and greatest thickness of the heat map.

    Those of all spheres for the medial thickness, so that the colors of spheres and surface agree;
    for rays the greatest is that of 98 % of the surface, as some look along a whole sheet.
    """
    if kind == MEDIAL:
        return 2 * float(mat.radii.min()), 2 * float(mat.radii.max())
    known = thickness[np.isfinite(thickness)]
    if not len(known):
        return 0.0, 1.0
    return float(known.min()), float(np.quantile(known, 0.98))


def scene_factor(obj: bpy.types.Object) -> float:
    """Scene units per unit of the object: the mean of its three scales."""
    scale = obj.matrix_world.to_scale()
    return float(abs(scale[0] * scale[1] * scale[2]) ** (1 / 3))


def spoken(context: bpy.types.Context, length: float) -> str:
    """A length in Blender units as the scene's units say it."""
    units = context.scene.unit_settings
    if units.system == "NONE":
        return f"{length:.4g}"
    text: str = bpy.utils.units.to_string(
        units.system, "LENGTH", length * units.scale_length, precision=4, split_unit=False
    )
    return text
