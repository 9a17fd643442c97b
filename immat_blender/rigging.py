"""An armature made from a MAT, and the surface's weights, which follow every rebuild.

The truth is in the MAT: its vertex groups, named like the bones, hold the weights of its spheres,
so that new spheres inherit them, and that they can be painted. The surface's vertex groups are
derived from them, as its geometry is from the spheres: a rebuild loses them, and once the MAT
rests they are made anew. Until then, while a sphere is dragged, the surface shows the rest pose.
"""

import hashlib
from typing import TYPE_CHECKING

import bmesh
import bpy
import numpy as np
from numpy.typing import NDArray

from . import bridge, edits, objects
from .surface_mesh import SIGNATURE

if TYPE_CHECKING:
    from immat_core.medial_mesh import FloatArray
    from immat_core.rig import Rig, Skeleton

MODIFIER_NAME = "MAT Rig"
BOUND = "immat_bound"
"""Property of the surface's mesh: what its weights were made from."""
REST_SECONDS = 0.25
STEPS = 255
"""Weights are written in so many steps: vertices of one weight take one call, not one each."""
_waiting: set[int] = set()


def rig_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    """The armature of a MAT; None where it has none, or the user deleted it."""
    found = obj.immat.rig
    if found is None or found.type != "ARMATURE" or not found.users_collection:
        return None
    return found


def add_rig(
    context: bpy.types.Context, obj: bpy.types.Object, surface: bpy.types.Object, rig: "Rig"
) -> bpy.types.Object:
    """Add an armature for a MAT, in Object Mode, and bind the MAT and its surface to it.

    The armature becomes the MAT's parent, and the active object. The spheres that the rig has at
    joints are inserted into the MAT.
    """
    edits.apply_edit(obj.data, rig.edit)
    armature = add_armature(context, f"{obj.name} Rig", rig.skeleton)
    _take_place(armature, obj)
    write_groups(obj, rig.skeleton.names, rig.weights)
    for bound in (obj, surface):
        modifier = bound.modifiers.new(MODIFIER_NAME, "ARMATURE")
        modifier.object = armature
        bound.modifiers.move(len(bound.modifiers) - 1, 0)
    obj.immat.rig = armature
    bind_surface(obj, surface)
    return armature


def remove_rig(obj: bpy.types.Object) -> None:
    """Take the armature of a MAT away, with all that binds the MAT and its surface to it."""
    armature = rig_of(obj)
    surface = objects.surface_of(obj)
    if armature is None:
        return
    names = [bone.name for bone in armature.data.bones]
    if obj.parent == armature:
        _give_place_back(armature, obj)
    for bound in filter(None, (obj, surface)):
        for modifier in [m for m in bound.modifiers if m.type == "ARMATURE"]:
            if modifier.object == armature:
                bound.modifiers.remove(modifier)
        for name in names:
            group = bound.vertex_groups.get(name)
            if group is not None:
                bound.vertex_groups.remove(group)
    obj.immat.rig = None
    bpy.data.armatures.remove(armature.data)


def add_armature(context: bpy.types.Context, name: str, skeleton: "Skeleton") -> bpy.types.Object:
    """A new armature object with envelope bones, active and selected alone (Object Mode)."""
    armature = bpy.data.armatures.new(name)
    obj = bpy.data.objects.new(name, armature)
    context.collection.objects.link(obj)
    obj.show_in_front = True
    for other in context.selected_objects:
        other.select_set(False)
    context.view_layer.objects.active = obj
    obj.select_set(True)
    bpy.ops.object.mode_set(mode="EDIT")
    bones: list[bpy.types.EditBone] = []
    for index, bone_name in enumerate(skeleton.names):
        bone = armature.edit_bones.new(bone_name)
        bone.head, bone.tail = skeleton.heads[index].tolist(), skeleton.tails[index].tolist()
        bone.head_radius = float(skeleton.head_radii[index])
        bone.tail_radius = float(skeleton.tail_radii[index])
        bone.envelope_distance = (bone.head_radius + bone.tail_radius) / 4
        if skeleton.parents[index] >= 0:
            bone.parent = bones[skeleton.parents[index]]
            bone.use_connect = bool(skeleton.connected[index])
        bones.append(bone)
    bpy.ops.object.mode_set(mode="OBJECT")
    return obj


def write_groups(obj: bpy.types.Object, names: tuple[str, ...], weights: "FloatArray") -> None:
    """Write (n, bones) weights to vertex groups of these names, in Object Mode; 0 is left out.

    Rows of sum 1 have it still: the greatest weight makes up for what the others are rounded by.
    """
    steps = np.rint(np.clip(weights, 0, 1) * STEPS).astype(np.int64)
    greatest = weights.argmax(1)[:, None]
    rest = STEPS - steps.sum(1, keepdims=True) + np.take_along_axis(steps, greatest, 1)
    np.put_along_axis(steps, greatest, rest, 1)
    for column, name in enumerate(names):
        group = obj.vertex_groups.get(name) or obj.vertex_groups.new(name=name)
        group.remove(range(len(steps)))
        for step in np.unique(steps[:, column][steps[:, column] > 0]).tolist():
            group.add(np.flatnonzero(steps[:, column] == step).tolist(), step / STEPS, "REPLACE")


def read_groups(obj: bpy.types.Object, names: list[str]) -> NDArray[np.float64]:
    """(n, names) float64 weights of a MAT's vertices in the groups of these names, in either mode.

    Rows have the sum 1. A vertex without a weight takes those of the nearest one that has some.
    """
    column = {
        group.index: names.index(group.name) for group in obj.vertex_groups if group.name in names
    }
    rows = np.zeros((bridge.sphere_count(obj.data), len(names)))
    for index, groups in enumerate(_groups_of_vertices(obj.data)):
        for group, weight in groups:
            if group in column:
                rows[index, column[group]] = weight
    total = rows.sum(1)
    bare, known = np.flatnonzero(total <= 0), np.flatnonzero(total > 0)
    if not len(known):
        rows[:, :1] = 1.0
        return rows
    rows[known] /= total[known, None]
    if len(bare):
        centers = bridge.read_medial_mesh(obj).centers.astype(np.float64)
        apart = ((centers[bare, None] - centers[None, known]) ** 2).sum(2)
        rows[bare] = rows[known[apart.argmin(1)]]
    return rows


def bind_surface(obj: bpy.types.Object, surface: bpy.types.Object) -> bool:
    """Give the surface the weights of its MAT's spheres; whether they had changed."""
    from immat_core.rig import limit_weights, point_weights

    armature = rig_of(obj)
    if armature is None or not len(surface.data.vertices) or surface.data.is_editmode:
        return False
    names = [bone.name for bone in armature.data.bones if bone.use_deform]
    if not names:
        return False
    spheres = read_groups(obj, names)
    digest = hashlib.blake2b(spheres.tobytes(), digest_size=16)
    digest.update("\n".join([*names, str(surface.data.get(SIGNATURE))]).encode())
    if surface.data.get(BOUND) == digest.hexdigest():
        return False
    vertices = np.empty((len(surface.data.vertices), 3), np.float32)
    surface.data.vertices.foreach_get("co", vertices.ravel())
    weights = point_weights(vertices, bridge.read_medial_mesh(obj), spheres)
    bones, kept = limit_weights(weights)
    limited = np.zeros_like(weights)
    np.put_along_axis(limited, bones.astype(np.int64), kept, 1)
    write_groups(surface, tuple(names), limited)
    surface.data[BOUND] = digest.hexdigest()
    return True


def note(obj: bpy.types.Object, written: bool = False) -> None:
    """Note that a MAT may have changed, or that its surface was written; cheap without a rig."""
    if rig_of(obj) is None:
        return
    surface = objects.surface_of(obj)
    if written and surface is not None:
        surface.data.pop(BOUND, None)
    _waiting.add(obj.session_uid)
    if bpy.app.timers.is_registered(flush):
        # Each change begins the rest anew.
        bpy.app.timers.unregister(flush)
    bpy.app.timers.register(flush, first_interval=REST_SECONDS, persistent=True)


def flush() -> None:
    """Bind the surfaces of all noted MATs; the timer's callback."""
    wanted = set(_waiting)
    _waiting.clear()
    for obj in objects.mat_objects():
        surface = objects.surface_of(obj)
        if obj.session_uid in wanted and surface is not None:
            bind_surface(obj, surface)


def forget() -> None:
    """Drop what is noted, before another file comes or the add-on goes."""
    _waiting.clear()
    if bpy.app.timers.is_registered(flush):
        bpy.app.timers.unregister(flush)


def _take_place(armature: bpy.types.Object, obj: bpy.types.Object) -> None:
    """Put the armature between a MAT and its parent; neither moves."""
    armature.parent, armature.parent_type = obj.parent, obj.parent_type
    armature.parent_bone = obj.parent_bone
    armature.matrix_parent_inverse = obj.matrix_parent_inverse.copy()
    armature.matrix_basis = obj.matrix_basis.copy()
    obj.parent, obj.parent_type = armature, "OBJECT"
    obj.matrix_parent_inverse.identity()
    obj.matrix_basis.identity()


def _give_place_back(armature: bpy.types.Object, obj: bpy.types.Object) -> None:
    """Hang a MAT on its armature's parent again, where it is now."""
    within = obj.matrix_parent_inverse @ obj.matrix_basis
    obj.parent, obj.parent_type = armature.parent, armature.parent_type
    obj.parent_bone = armature.parent_bone
    obj.matrix_parent_inverse = armature.matrix_parent_inverse.copy()
    obj.matrix_basis = armature.matrix_basis @ within


def _groups_of_vertices(mesh: bpy.types.Mesh) -> list[list[tuple[int, float]]]:
    """For each vertex its groups' numbers and weights, in either mode."""
    if mesh.is_editmode:
        bm = bmesh.from_edit_mesh(mesh)
        layer = bm.verts.layers.deform.active
        return [list(vertex[layer].items()) if layer is not None else [] for vertex in bm.verts]
    return [[(group.group, group.weight) for group in v.groups] for v in mesh.vertices]
