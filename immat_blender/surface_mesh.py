"""A surface handed to a Blender mesh by the fastest way that its Python API has.

Measured on 46,000 triangles: 3 to 4 ms of processor time, four fifths of them for the faces'
``loop_start``, which Blender takes one by one. ``update(calc_edges=True)`` takes four times as
long, ``from_pydata`` fifteen times. Adding the missing faces to those that are there would save
most of the rest, but crashes Blender 5.2.
"""

from typing import Any, NamedTuple

import bpy
import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray

SIGNATURE = "immat_signature"


class _FaceAttribute(NamedTuple):
    """An attribute of Blender's faces that survives where all faces have the same value."""

    name: str
    kind: str
    dtype: type


LOOKS = (
    _FaceAttribute("sharp_face", "BOOLEAN", np.bool_),
    _FaceAttribute("material_index", "INT", np.int32),
)
"""Flat shading, and the material slot that the user gave to the whole surface."""


def write_surface(mesh: bpy.types.Mesh, vertices: FloatArray, faces: IndexArray) -> bool:
    """Replace the geometry of ``mesh``; materials, modifiers and custom properties stay.

    Faces are smooth, which is what Blender gives new ones, unless all were flat before. Where the
    faces are as they were, only the vertices move, and all else that they carry stays too.

    Parameters
    ----------
    vertices
        (n, 3) float32.
    faces
        (f, 3) or (f, 4) int32, wound outwards.

    Returns
    -------
    Whether the faces were written too.
    """
    flat = np.ascontiguousarray(vertices, np.float32).ravel()
    if _same_faces(mesh, len(vertices), faces):
        mesh.attributes["position"].data.foreach_set("vector", flat)
        mesh.update()
        return False
    looks = [(attribute, _common_value(mesh, attribute)) for attribute in LOOKS]
    mesh.clear_geometry()
    if len(faces):
        _write_faces(mesh, len(vertices), faces)
        mesh.attributes["position"].data.foreach_set("vector", flat)
        for attribute, value in looks:
            if value:
                made = mesh.attributes.new(attribute.name, attribute.kind, "FACE")
                made.data.foreach_set("value", np.full(len(faces), value, attribute.dtype))
    mesh.update()
    return True


def _write_faces(mesh: bpy.types.Mesh, vertices: int, faces: IndexArray) -> None:
    """Fill an empty mesh, but for the places of its vertices."""
    from immat_core.surface.edges import mesh_edges

    edges, corner_edges = mesh_edges(faces, vertices)
    mesh.vertices.add(vertices)
    mesh.edges.add(len(edges))
    mesh.loops.add(faces.size)
    mesh.polygons.add(len(faces))
    for name, values in (
        (".corner_vert", faces),
        (".edge_verts", edges),
        (".corner_edge", corner_edges),
    ):
        flat = np.ascontiguousarray(values, np.int32).ravel()
        mesh.attributes[name].data.foreach_set("value", flat)
    starts = np.arange(0, faces.size, faces.shape[1], dtype=np.int32)
    mesh.polygons.foreach_set("loop_start", starts)


def _same_faces(mesh: bpy.types.Mesh, vertices: int, faces: IndexArray) -> bool:
    """Whether the mesh has just these faces already."""
    found = (len(mesh.vertices), len(mesh.polygons), len(mesh.loops))
    if not len(faces) or found != (vertices, len(faces), faces.size):
        return False
    corners = np.empty(faces.size, np.int32)
    mesh.attributes[".corner_vert"].data.foreach_get("value", corners)
    if not np.array_equal(corners, faces.ravel()):
        return False
    # Faces of other sizes could hardly have these corners; asking all of them takes milliseconds.
    sample = range(0, len(faces), max(1, len(faces) // 16))
    return all(mesh.polygons[face].loop_start == face * faces.shape[1] for face in sample)


def _common_value(mesh: bpy.types.Mesh, attribute: _FaceAttribute) -> Any:
    """The value that all faces have; None where they differ or have none."""
    found = mesh.attributes.get(attribute.name)
    if found is None or (found.domain, found.data_type) != ("FACE", attribute.kind):
        return None
    values: NDArray[Any] = np.empty(len(mesh.polygons), attribute.dtype)
    found.data.foreach_get("value", values)
    return values[0] if len(values) and (values == values[0]).all() else None


def read_surface(mesh: bpy.types.Mesh) -> tuple[FloatArray, IndexArray]:
    """Vertices (n, 3) float32 and faces (f, 3) or (f, 4) int32 that :func:`write_surface` wrote.

    Raises ``ValueError`` where the faces have different numbers of corners.
    """
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    totals = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("loop_total", totals)
    if len(totals) and not (totals == totals[0]).all():
        raise ValueError("the faces of this mesh have different numbers of corners")
    return vertices, corners.reshape(len(totals), -1) if len(totals) else np.empty((0, 3), np.int32)
