"""The only reader and writer of MAT data in Blender meshes.

A MAT is one mesh: a vertex is a sphere's centre, the float point attribute ``radius`` its radius,
edges are medial edges and faces medial faces; a face of more than three corners reads as its
triangulation. All values are in the object's own space, so that the object's matrix, whatever it
is, acts on spheres and surface alike.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import bmesh
import bpy
import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh

from .healing import repaired_radii

RADIUS = "radius"
SPHERE_ID = "sphere_id"
_DISPLACED = "radius_displaced"

RawArrays: TypeAlias = tuple[FloatArray, FloatArray, IndexArray, IndexArray]


def sphere_count(mesh: bpy.types.Mesh) -> int:
    """The number of vertices, true in Edit Mode too, where ``mesh.vertices`` is stale."""
    if mesh.is_editmode:
        return len(bmesh.from_edit_mesh(mesh).verts)
    return len(mesh.vertices)


def ensure_radius(mesh: bpy.types.Mesh) -> bpy.types.Attribute:
    """The ``radius`` attribute as FLOAT on POINT, made where it is missing (Object Mode).

    An attribute of that name and another type is renamed, not removed: it is the user's.
    """
    found = mesh.attributes.get(RADIUS)
    if found is not None and (found.data_type, found.domain) == ("FLOAT", "POINT"):
        return found
    if found is not None:
        found.name = _DISPLACED
    made = mesh.attributes.new(RADIUS, "FLOAT", "POINT")
    if made.name != RADIUS:
        raise RuntimeError(f"Blender named the radius attribute {made.name!r}")
    return made


def read_medial_mesh(obj: bpy.types.Object) -> MedialMesh:
    """The MAT of a mesh object, in Object or Edit Mode, in the object's own space.

    Radii that are missing, not finite or not above zero are read as :func:`heal` would write them.

    Raises
    ------
    ValueError
        When a vertex is not at a finite place.
    """
    centers, radii, edges, faces = _read(obj.data)
    return MedialMesh(centers, repaired_radii(centers, radii, edges), edges, faces)


def heal(obj: bpy.types.Object) -> int:
    """Write a radius where a foreign edit left none or a wrong one; returns how many."""
    return _heal(obj.data)[1]


def healed_medial_mesh(obj: bpy.types.Object) -> MedialMesh:
    """:func:`heal` and :func:`read_medial_mesh` at once: reading is what takes time in a drag."""
    return MedialMesh(*_heal(obj.data)[0])


def _heal(mesh: bpy.types.Mesh) -> tuple[RawArrays, int]:
    """The arrays of a MAT with good radii, and how many of these were written."""
    centers, radii, edges, faces = _read(mesh)
    repaired = repaired_radii(centers, radii, edges)
    changed = int((repaired != radii).sum())
    if changed or (not mesh.is_editmode and _radius_of(mesh) is None):
        write_radii(mesh, repaired)
    return (centers, repaired, edges, faces), changed


def read_radii(mesh: bpy.types.Mesh) -> FloatArray:
    """(n,) float32, the radii as :func:`read_medial_mesh` reads them, in either mode."""
    centers, found, edges, _ = _read(mesh)
    return repaired_radii(centers, found, edges)


def write_radii(mesh: bpy.types.Mesh, radii: NDArray[np.floating[Any]]) -> None:
    """Write (n,) radii, in Object or Edit Mode, and tell Blender."""
    if mesh.is_editmode:
        with edited(mesh, destructive=False) as bm:
            layer = radius_layer(mesh, bm)
            for vertex, radius in zip(bm.verts, radii.tolist(), strict=True):
                vertex[layer] = radius
        return
    _set(ensure_radius(mesh), "value", radii, np.float32)
    mesh.update()


def selected_spheres(mesh: bpy.types.Mesh) -> NDArray[np.bool_]:
    """(n,) bool: selected in Edit Mode; all of them in Object Mode."""
    if mesh.is_editmode:
        return np.array([v.select for v in bmesh.from_edit_mesh(mesh).verts], bool)
    return np.ones(len(mesh.vertices), bool)


def write_medial_mesh(mesh: bpy.types.Mesh, mat: MedialMesh) -> None:
    """Replace all geometry by a MAT (Object Mode); materials and custom properties stay."""
    if mesh.is_editmode:
        raise ValueError("the whole MAT can only be replaced in Object Mode")
    mesh.clear_geometry()
    mesh.vertices.add(len(mat.radii))
    mesh.edges.add(len(mat.edges))
    mesh.loops.add(mat.faces.size)
    mesh.polygons.add(len(mat.faces))
    _set(mesh.attributes["position"], "vector", mat.centers, np.float32)
    if len(mat.edges):
        mesh.edges.foreach_set("vertices", np.ascontiguousarray(mat.edges, np.int32).ravel())
    if len(mat.faces):
        mesh.loops.foreach_set("vertex_index", np.ascontiguousarray(mat.faces, np.int32).ravel())
        starts = np.arange(0, mat.faces.size, 3, dtype=np.int32)
        mesh.polygons.foreach_set("loop_start", starts)
    _set(ensure_radius(mesh), "value", mat.radii, np.float32)
    ids = mesh.attributes.get(SPHERE_ID) or mesh.attributes.new(SPHERE_ID, "INT", "POINT")
    _set(ids, "value", np.arange(len(mat.radii)), np.int32)
    mesh.update(calc_edges=True)


def write_spheres(mesh: bpy.types.Mesh, spheres: NDArray[np.floating[Any]]) -> None:
    """Move the vertices to (n, 4) spheres and set their radii, in Object or Edit Mode."""
    if not mesh.is_editmode:
        _set(mesh.attributes["position"], "vector", spheres[:, :3], np.float32)
        _set(ensure_radius(mesh), "value", spheres[:, 3], np.float32)
        mesh.update()
        return
    with edited(mesh, destructive=False) as bm:
        layer = radius_layer(mesh, bm)
        for vertex, (x, y, z, radius) in zip(bm.verts, spheres.tolist(), strict=True):
            vertex.co = (x, y, z)
            vertex[layer] = radius


def write_topology(mesh: bpy.types.Mesh, edges: IndexArray, faces: IndexArray) -> None:
    """Replace edges (m, 2) and faces (k, 3), keeping the vertices and all that they carry."""
    with edited(mesh, destructive=True) as bm:
        for edge in list(bm.edges):
            bm.edges.remove(edge)
        bm.verts.ensure_lookup_table()
        vertices = list(bm.verts)
        for i, j in edges.tolist():
            bm.edges.new((vertices[i], vertices[j]))
        for i, j, k in faces.tolist():
            bm.faces.new((vertices[i], vertices[j], vertices[k]))
        bm.select_flush_mode()


def has_original_spheres(mesh: bpy.types.Mesh, count: int) -> bool:
    """Whether the vertices are still the ``count`` ones that were written, in their order.

    Vertices that were deleted, or made by extruding (they copy the id), tell themselves.
    """
    if mesh.is_editmode:
        bm = bmesh.from_edit_mesh(mesh)
        layer = bm.verts.layers.int.get(SPHERE_ID)
        ids = [v[layer] for v in bm.verts] if layer is not None else []
        return ids == list(range(count))
    attribute = mesh.attributes.get(SPHERE_ID)
    if attribute is None or len(mesh.vertices) != count:
        return False
    return bool((_get(attribute, "value", count, np.int32) == np.arange(count)).all())


def signature(mat: MedialMesh, voxel: float) -> str:
    """A short text that differs whenever the surface of ``mat`` at ``voxel`` would."""
    digest = hashlib.blake2b(np.float64(voxel).tobytes(), digest_size=16)
    for array in (mat.centers, mat.radii, mat.edges, mat.faces):
        digest.update(len(array).to_bytes(8, "little"))
        digest.update(array.tobytes())
    return digest.hexdigest()


# --- reading -------------------------------------------------------------------------------------


def _read(mesh: bpy.types.Mesh) -> RawArrays:
    return _read_edit_mesh(mesh) if mesh.is_editmode else _read_mesh(mesh)


def _read_mesh(mesh: bpy.types.Mesh) -> RawArrays:
    n = len(mesh.vertices)
    centers = np.empty((n, 3), np.float32)
    mesh.vertices.foreach_get("co", centers.ravel())
    attribute = _radius_of(mesh)
    radii = np.zeros(n, np.float32) if attribute is None else _get(attribute, "value", n)
    edges = np.empty((len(mesh.edges), 2), np.int32)
    mesh.edges.foreach_get("vertices", edges.ravel())
    mesh.calc_loop_triangles()
    faces = np.empty((len(mesh.loop_triangles), 3), np.int32)
    mesh.loop_triangles.foreach_get("vertices", faces.ravel())
    return centers, radii, edges, faces


def _read_edit_mesh(mesh: bpy.types.Mesh) -> RawArrays:
    bm = bmesh.from_edit_mesh(mesh)
    bm.verts.index_update()
    layer = bm.verts.layers.float.get(RADIUS)
    n = len(bm.verts)
    centers = np.array([v.co[:] for v in bm.verts], np.float32).reshape(n, 3)
    radii = np.array([v[layer] if layer is not None else 0 for v in bm.verts], np.float32)
    edges = [(e.verts[0].index, e.verts[1].index) for e in bm.edges]
    faces = [[loop.vert.index for loop in corner] for corner in bm.calc_loop_triangles()]
    return (
        centers,
        radii,
        np.array(edges, np.int32).reshape(-1, 2),
        np.array(faces, np.int32).reshape(-1, 3),
    )


def _radius_of(mesh: bpy.types.Mesh) -> bpy.types.Attribute | None:
    found = mesh.attributes.get(RADIUS)
    if found is None or (found.data_type, found.domain) != ("FLOAT", "POINT"):
        return None
    return found


def _get(
    attribute: bpy.types.Attribute, field: str, count: int, dtype: type = np.float32
) -> NDArray[Any]:
    values: NDArray[Any] = np.empty(count, dtype)
    attribute.data.foreach_get(field, values)
    return values


# --- writing -------------------------------------------------------------------------------------


def _set(attribute: bpy.types.Attribute, field: str, values: NDArray[Any], dtype: type) -> None:
    """Anything but a flat contiguous array of the right type is slow or refused."""
    attribute.data.foreach_set(field, np.ascontiguousarray(values, dtype).ravel())


def radius_layer(mesh: bpy.types.Mesh, bm: bmesh.types.BMesh) -> bmesh.types.BMLayerItem:
    """The radii in ``bm``; making the layer where it is missing ends all references to vertices."""
    layer = bm.verts.layers.float.get(RADIUS)
    if layer is None:
        found = mesh.attributes.get(RADIUS)
        if found is not None:
            found.name = _DISPLACED
        layer = bm.verts.layers.float.new(RADIUS)
    return layer


@contextmanager
def edited(mesh: bpy.types.Mesh, destructive: bool) -> Iterator[bmesh.types.BMesh]:
    """A BMesh to change; the change goes to the mesh in Object Mode and is shown in Edit Mode."""
    if mesh.is_editmode:
        yield bmesh.from_edit_mesh(mesh)
        bmesh.update_edit_mesh(mesh, loop_triangles=destructive, destructive=destructive)
        return
    bm = bmesh.new()
    try:
        bm.from_mesh(mesh)
        yield bm
        bm.to_mesh(mesh)
    finally:
        bm.free()
    mesh.update()
