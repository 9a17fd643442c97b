"""Edits of the core's tools brought into Blender meshes, with all that vertices and faces carry.

Vertices, edges and faces that an edit leaves alone stay the very same ones, so that selections,
attributes, vertex groups, seams and materials on them survive.
"""

import bmesh
import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from immat_core.editing import MedialEdit
from immat_core.medial_mesh import IndexArray

from . import bridge


def apply_edit(mesh: bpy.types.Mesh, edit: MedialEdit) -> None:
    """Bring an edit of what :func:`bridge.read_medial_mesh` read into the mesh, in either mode.

    New vertices are copies of those that they come from; in Edit Mode, what the edit selects is
    selected afterwards.
    """
    with bridge.edited(mesh, destructive=True) as bm:
        layer = bridge.radius_layer(mesh, bm)
        bm.verts.ensure_lookup_table()
        old = list(bm.verts)
        vertices, number = _vertices(bm, old, edit)
        _drop_faces_and_edges(bm, edit, number)
        for index, vertex in enumerate(old):
            if index not in number:
                bm.verts.remove(vertex)
        _add_edges_and_faces(bm, edit, vertices)
        for vertex, (x, y, z, radius) in zip(vertices, edit.mat.spheres.tolist(), strict=True):
            vertex.co = (x, y, z)
            vertex[layer] = radius
        if mesh.is_editmode:
            for vertex, chosen in zip(vertices, edit.selected.tolist(), strict=True):
                vertex.select_set(chosen)
            bm.select_flush_mode()
        bm.normal_update()


def selected_edges(mesh: bpy.types.Mesh) -> IndexArray:
    """(m, 2) int32, the vertices of the edges that are selected in Edit Mode."""
    bm = bmesh.from_edit_mesh(mesh)
    bm.verts.index_update()
    chosen = [[vertex.index for vertex in edge.verts] for edge in bm.edges if edge.select]
    return np.array(chosen, np.int32).reshape(-1, 2)


def selected_faces(mesh: bpy.types.Mesh) -> IndexArray:
    """(k, 3) int32, the triangles of the faces that are selected in Edit Mode."""
    bm = bmesh.from_edit_mesh(mesh)
    bm.verts.index_update()
    chosen = [
        [loop.vert.index for loop in corners]
        for corners in bm.calc_loop_triangles()
        if corners[0].face.select
    ]
    return np.array(chosen, np.int32).reshape(-1, 3)


def active_sphere(mesh: bpy.types.Mesh) -> int:
    """The vertex that was selected last in Edit Mode, or the only selected one; -1 for none."""
    if not mesh.is_editmode:
        return -1
    bm = bmesh.from_edit_mesh(mesh)
    bm.verts.index_update()
    active = bm.select_history.active
    if isinstance(active, bmesh.types.BMVert) and active.select:
        return int(active.index)
    chosen: NDArray[np.intp] = np.flatnonzero(bridge.selected_spheres(mesh))
    return int(chosen[0]) if len(chosen) == 1 else -1


def sphere_at(mesh: bpy.types.Mesh, index: int) -> tuple[Vector, float]:
    """Centre and radius of a vertex in Edit Mode."""
    bm = bmesh.from_edit_mesh(mesh)
    bm.verts.ensure_lookup_table()
    return bm.verts[index].co.copy(), float(bridge.read_radii(mesh)[index])


def set_radius(mesh: bpy.types.Mesh, index: int, radius: float) -> None:
    """Set the radius of a vertex in Edit Mode."""
    with bridge.edited(mesh, destructive=False) as bm:
        layer = bridge.radius_layer(mesh, bm)
        bm.verts.ensure_lookup_table()
        bm.verts[index][layer] = radius


def _vertices(
    bm: bmesh.types.BMesh, old: list[bmesh.types.BMVert], edit: MedialEdit
) -> tuple[list[bmesh.types.BMVert], dict[int, int]]:
    """The vertex of each sphere, and the new number of each old vertex that stays."""
    vertices: list[bmesh.types.BMVert] = []
    number: dict[int, int] = {}
    for origin in edit.origins.tolist():
        if origin in number:
            vertices.append(bm.verts.new(old[origin].co, old[origin]))
        else:
            number[origin] = len(vertices)
            vertices.append(old[origin])
    return vertices, number


def _drop_faces_and_edges(bm: bmesh.types.BMesh, edit: MedialEdit, number: dict[int, int]) -> None:
    """Remove the faces and edges that the edit has not; a face counts by its triangulation."""
    bm.verts.index_update()
    place = {vertex: number.get(vertex.index, -1) for vertex in bm.verts}
    wanted = {frozenset(face) for face in edit.mat.faces.tolist()}
    spoilt = {
        corners[0].face
        for corners in bm.calc_loop_triangles()
        if frozenset(place[loop.vert] for loop in corners) not in wanted
    }
    for face in spoilt:
        bm.faces.remove(face)
    kept = {frozenset(edge) for edge in edit.mat.all_edges.tolist()}
    for edge in list(bm.edges):
        if frozenset(place[vertex] for vertex in edge.verts) not in kept:
            bm.edges.remove(edge)


def _add_edges_and_faces(
    bm: bmesh.types.BMesh, edit: MedialEdit, vertices: list[bmesh.types.BMVert]
) -> None:
    """Add the edges and faces that the edit has and the mesh has not."""
    place = {vertex: index for index, vertex in enumerate(vertices)}
    known = {
        frozenset(place[loop.vert] for loop in corners) for corners in bm.calc_loop_triangles()
    }
    for i, j in edit.mat.edges.tolist():
        if bm.edges.get((vertices[i], vertices[j])) is None:
            bm.edges.new((vertices[i], vertices[j]))
    for i, j, k in edit.mat.faces.tolist():
        if frozenset((i, j, k)) not in known:
            bm.faces.new((vertices[i], vertices[j], vertices[k]))
