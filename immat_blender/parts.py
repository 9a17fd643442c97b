"""The parts of a MAT: a number a sphere, kept in the mesh like the radius.

The integer point attribute ``part`` counts from 1; 0, which Blender gives to new vertices, is "no
part yet". Numbers are found when the user asks, and stay: edits carry them along, and a sphere that
has none takes that of the spheres it is connected to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import bmesh
import bpy
import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import IndexArray, MedialMesh

from . import bridge, objects
from .sphere_colors import PART

if TYPE_CHECKING:
    from immat_core.segmentation import SegmentationSettings

_DISPLACED = "part_displaced"


def has_parts(mesh: bpy.types.Mesh) -> bool:
    """Whether parts were found; cheap enough for a panel."""
    found = mesh.attributes.get(PART)
    return found is not None and (found.data_type, found.domain) == ("INT", "POINT")


def read_parts(mesh: bpy.types.Mesh) -> IndexArray | None:
    """(n,) int32 part numbers as they are, in either mode; None where there are none."""
    if mesh.is_editmode:
        bm = bmesh.from_edit_mesh(mesh)
        layer = bm.verts.layers.int.get(PART)
        return None if layer is None else np.array([v[layer] for v in bm.verts], np.int32)
    if not has_parts(mesh):
        return None
    numbers = np.empty(len(mesh.vertices), np.int32)
    mesh.attributes[PART].data.foreach_get("value", numbers)
    return numbers


def known_parts(mesh: bpy.types.Mesh) -> IndexArray:
    """(n,) int32 part numbers as they are, in either mode; 0 where there are none."""
    found = read_parts(mesh)
    return np.zeros(bridge.sphere_count(mesh), np.int32) if found is None else found


def write_parts(mesh: bpy.types.Mesh, numbers: NDArray[np.integer[Any]]) -> None:
    """Write (n,) part numbers from 1, in either mode, and tell Blender."""
    if mesh.is_editmode:
        with bridge.edited(mesh, destructive=False) as bm:
            layer = bm.verts.layers.int.get(PART) or bm.verts.layers.int.new(PART)
            for vertex, number in zip(bm.verts, numbers.tolist(), strict=True):
                vertex[layer] = number
        return
    found = mesh.attributes.get(PART)
    if found is not None and not has_parts(mesh):
        found.name = _DISPLACED
        found = None
    made = found or mesh.attributes.new(PART, "INT", "POINT")
    made.data.foreach_set("value", np.ascontiguousarray(numbers, np.int32))
    mesh.update()


def heal_parts(mesh: bpy.types.Mesh, mat: MedialMesh) -> IndexArray | None:
    """Part numbers with one for every sphere, written where some had none; None without parts."""
    from immat_core.segmentation import completed_parts

    numbers = read_parts(mesh)
    if numbers is None or (numbers >= 1).all():
        return numbers
    healed = completed_parts(mat, np.where(numbers >= 1, numbers, 0) - 1) + 1
    write_parts(mesh, healed)
    return healed


def find_parts(obj: bpy.types.Object, settings: SegmentationSettings | None = None) -> int:
    """Find the parts of a MAT anew and write them; returns how many there are.

    Raises ``ValueError`` as ``bridge.read_medial_mesh`` does.
    """
    from immat_core.segmentation import segment_spheres

    found = segment_spheres(bridge.read_medial_mesh(obj), settings)
    write_parts(obj.data, found.parts + 1)
    return found.count


def select_vertices(mesh: bpy.types.Mesh, chosen: NDArray[np.bool_], extend: bool) -> int:
    """Select vertices in Edit Mode, and the edges and faces between; returns how many are."""
    bm = bmesh.from_edit_mesh(mesh)
    for vertex, wanted in zip(bm.verts, chosen.tolist(), strict=True):
        vertex.select_set(wanted or (extend and vertex.select))
    bm.select_mode = {"VERT"}
    bpy.context.tool_settings.mesh_select_mode = (True, False, False)
    bm.select_flush_mode()
    bmesh.update_edit_mesh(mesh, loop_triangles=False, destructive=False)
    return sum(vertex.select for vertex in bm.verts)


def separate_mat(context: bpy.types.Context, obj: bpy.types.Object) -> list[bpy.types.Object]:
    """Make a MAT of each part of ``obj``, which stays as it is but hidden (Object Mode).

    Raises
    ------
    ValueError
        Where the MAT has no parts or cannot be read.
    """
    from immat_core.part_split import split_parts

    mat = bridge.read_medial_mesh(obj)
    numbers = heal_parts(obj.data, mat)
    if numbers is None:
        raise ValueError("no parts were found yet")
    made = []
    for piece in split_parts(mat, numbers):
        new = objects.add_mat_object(context, piece.mat, f"{obj.name} Part {piece.part}")
        new.immat.voxel = obj.immat.voxel
        write_parts(new.data, np.full(len(piece.mat.radii), piece.part))
        new.matrix_world = obj.matrix_world
        made.append(new)
    return made


def separate_surface(
    context: bpy.types.Context, surface: bpy.types.Object, face_parts: IndexArray
) -> list[bpy.types.Object]:
    """Make a mesh object of the faces of each part of a surface, with its materials.

    The pieces are open where parts meet.
    """
    made = []
    for part in np.unique(face_parts).tolist():
        mesh = surface.data.copy()
        for name in [name for name, _ in mesh.items() if name.startswith("immat_")]:
            del mesh[name]
        bm = bmesh.new()
        try:
            bm.from_mesh(mesh)
            others = [
                f for f, own in zip(bm.faces, face_parts.tolist(), strict=True) if own != part
            ]
            bmesh.ops.delete(bm, geom=others, context="FACES")
            bm.to_mesh(mesh)
        finally:
            bm.free()
        mesh.name = f"{surface.name} Part {part}"
        new = bpy.data.objects.new(mesh.name, mesh)
        context.collection.objects.link(new)
        new.matrix_world = surface.matrix_world
        made.append(new)
    return made
