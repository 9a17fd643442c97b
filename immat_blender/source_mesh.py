"""The triangles of any object that has a surface, as Blender shows it: with all its modifiers."""

from __future__ import annotations

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray

TYPES = ("MESH", "CURVE", "SURFACE", "FONT", "META")
"""Objects that Blender can give a mesh of."""


def evaluated_triangles(
    context: bpy.types.Context, obj: bpy.types.Object
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Vertices (n, 3) and triangles (t, 3) of an object in its own space, modifiers applied."""
    evaluated = obj.evaluated_get(context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    if mesh is None:
        return np.empty((0, 3)), np.empty((0, 3), np.int32)
    try:
        vertices = np.empty((len(mesh.vertices), 3), np.float32)
        mesh.vertices.foreach_get("co", vertices.ravel())
        mesh.calc_loop_triangles()
        triangles = np.empty((len(mesh.loop_triangles), 3), np.int32)
        mesh.loop_triangles.foreach_get("vertices", triangles.ravel())
    finally:
        evaluated.to_mesh_clear()
    return vertices.astype(np.float64), triangles


def rigid_part(matrix: Matrix) -> Matrix:
    """The location and rotation of a transform, without its scale and shear."""
    location, rotation, _ = matrix.decompose()
    return Matrix.LocRotScale(location, rotation, None)


def transformed(matrix: Matrix, points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 3) points through a 4 x 4 transform."""
    rows = np.array(matrix, np.float64)
    moved: NDArray[np.float64] = points @ rows[:3, :3].T + rows[:3, 3]
    return moved
