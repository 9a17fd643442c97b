"""A rig in the installed zip: bones, weights that follow the surface, poses of closed surfaces."""

from __future__ import annotations

import sys
from math import radians
from pathlib import Path
from types import SimpleNamespace

import bmesh
import bpy
import numpy as np
import pytest
from mathutils import Matrix
from shapes import edit, settle

sys.path.append(str(Path(__file__).parents[1] / "core"))
SHAPES = ("chair", "lamp", "quadruped")
VOXEL = 1 / 48


def add_rigged(addon, shape, **settings):
    """A MAT of one of the shapes with a rig and its surface."""
    import rigged_shapes

    mat = getattr(rigged_shapes, shape)()[0]
    obj = addon.objects.add_mat_object(bpy.context, mat, shape)
    obj.immat.voxel = VOXEL
    addon.live.rebuild(obj)
    settle(addon)
    assert bpy.ops.immat.add_rig(**settings) == {"FINISHED"}
    settle(addon)
    addon.rigging.flush()
    return obj


def weights(obj, names):
    """(vertices, names) weights of an object's vertex groups."""
    rows = np.zeros((len(obj.data.vertices), len(names)))
    column = {group.index: names.index(group.name) for group in obj.vertex_groups}
    for vertex in obj.data.vertices:
        for group in vertex.groups:
            rows[vertex.index, column[group.group]] = group.weight
    return rows


def shown(obj):
    """Volume and whether it is closed, of a mesh object as it is shown."""
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    bm = bmesh.new()
    bm.from_mesh(obj.evaluated_get(graph).to_mesh())
    closed = all(len(edge.link_faces) == 2 for edge in bm.edges)
    volume = bm.calc_volume(signed=True)
    bm.free()
    return volume, closed


def turn(armature, name, axis, degrees):
    """Turn a posed bone about an axis of the armature through its head."""
    bone = armature.pose.bones[name]
    head = Matrix.Translation(bone.head)
    bone.matrix = head @ Matrix.Rotation(radians(degrees), 4, axis) @ head.inverted() @ bone.matrix
    bpy.context.view_layer.update()


@pytest.mark.parametrize("shape", SHAPES)
def test_every_vertex_has_weights_of_sum_1_of_at_most_four_bones(addon, shape):
    obj = add_rigged(addon, shape)
    armature = obj.immat.rig
    names = [bone.name for bone in armature.data.bones]
    for bound in (obj, obj.immat.surface):
        rows = weights(bound, names)
        np.testing.assert_allclose(rows.sum(1), 1, atol=1e-6)
        assert ((rows > 0).sum(1) <= 4).all()
        assert (rows.max(0) > 0.9).all()
        (modifier,) = [m for m in bound.modifiers if m.type == "ARMATURE"]
        assert (modifier.object, bound.modifiers[0]) == (armature, modifier)


def test_bones_are_envelopes_of_the_spheres(addon):
    obj = add_rigged(addon, "chair")
    armature = obj.immat.rig
    leg = armature.data.bones["Lower Front Tube.L"]
    np.testing.assert_allclose(leg.tail_local, [0.275, -0.275, -0.45], atol=1e-5)
    assert leg.tail_radius == pytest.approx(0.02, abs=1e-6)
    assert leg.head_radius == pytest.approx(0.03, abs=1e-6)
    assert leg.parent.name == "Root"
    assert bpy.context.active_object == armature
    # The panel knows whose rig is active.
    assert addon.objects.active_mat(bpy.context) == obj


def test_nothing_moves_when_a_rig_is_added_or_removed(addon):
    import rigged_shapes

    obj = addon.objects.add_mat_object(bpy.context, rigged_shapes.lamp()[0])
    obj.immat.voxel = VOXEL
    parent = bpy.data.objects.new("Parent", None)
    bpy.context.collection.objects.link(parent)
    parent.location, parent.scale = (1, 2, 3), (2, 2, 2)
    obj.parent, obj.location, obj.rotation_euler = parent, (0, 0, 1), (0, 0, 1)
    surface = addon.live.rebuild(obj)
    bpy.context.view_layer.update()
    before, place = shown(surface), obj.matrix_world.copy()
    bpy.ops.immat.add_rig()
    bpy.context.view_layer.update()
    assert obj.immat.rig.parent == parent
    np.testing.assert_allclose(obj.matrix_world, place, atol=1e-6)
    np.testing.assert_allclose(surface.matrix_world, place, atol=1e-6)
    assert shown(surface)[0] == pytest.approx(before[0], rel=1e-3)
    armature = obj.immat.rig.name
    bpy.ops.immat.remove_rig()
    bpy.context.view_layer.update()
    assert armature not in bpy.data.objects
    assert (obj.parent, len(surface.modifiers), len(surface.vertex_groups)) == (parent, 0, 0)
    assert [m.name for m in obj.modifiers] == ["Medial Spheres"]
    np.testing.assert_allclose(obj.matrix_world, place, atol=1e-6)


@pytest.mark.parametrize("degrees", [-60, 45, 90])
def test_a_bent_lamp_keeps_its_volume_and_stays_closed(addon, degrees):
    obj = add_rigged(addon, "lamp")
    armature, surface = obj.immat.rig, obj.immat.surface
    before, _ = shown(surface)
    elbow = next(b for b in armature.data.bones if abs(b.head_local.z - 0.8) < 1e-3)
    turn(armature, elbow.name, "Y", degrees)
    volume, closed = shown(surface)
    assert closed
    assert volume == pytest.approx(before, rel=0.1)
    # It did move.
    evaluated = surface.evaluated_get(bpy.context.evaluated_depsgraph_get())
    moved = zip(surface.data.vertices, evaluated.to_mesh().vertices, strict=True)
    assert max((new.co - old.co).length for old, new in moved) > 0.4


def test_a_chair_leans_and_a_quadruped_walks(addon):
    chair = add_rigged(addon, "chair")
    before, _ = shown(chair.immat.surface)
    turn(chair.immat.rig, "Upper Back Sheet", "X", -25)
    turn(chair.immat.rig, "Lower Front Tube.L", "X", -50)
    volume, closed = shown(chair.immat.surface)
    assert closed
    assert volume == pytest.approx(before, rel=0.1)
    animal = add_rigged(addon, "quadruped")
    before, _ = shown(animal.immat.surface)
    legs = [b.name for b in animal.immat.rig.data.bones if b.name[-2:] in {".L", ".R"}]
    for name in [name for name in legs if " 1" in name]:
        turn(animal.immat.rig, name, "X", 25 if name.endswith("L") else -25)
    volume, closed = shown(animal.immat.surface)
    assert closed
    assert volume == pytest.approx(before, rel=0.1)


def test_the_surface_is_bound_again_after_an_edit(addon):
    obj = add_rigged(addon, "lamp")
    armature, surface = obj.immat.rig, obj.immat.surface
    names = [bone.name for bone in armature.data.bones]
    bpy.context.view_layer.objects.active = obj
    armature.select_set(False)
    tip = int(np.argmax([v.co.x for v in obj.data.vertices]))
    edit(obj, [tip])
    bpy.ops.mesh.extrude_region_move(TRANSFORM_OT_translate={"value": (0.3, 0, 0)})
    settle(addon)
    assert addon.rigging.BOUND not in surface.data
    addon.rigging.flush()
    rows = weights(surface, names)
    np.testing.assert_allclose(rows.sum(1), 1, atol=1e-6)
    far = np.array([v.co.x for v in surface.data.vertices]) > 0.9
    assert far.any()
    # The new sphere moves with the bone that the one it grew from moves with.
    assert (rows[far].argmax(1) == weights_of(addon, obj, names)[tip].argmax()).all()
    # Nothing changed: nothing is done.
    assert addon.rigging.bind_surface(obj, surface) is False


def weights_of(addon, obj, names):
    return addon.rigging.read_groups(obj, names)


def test_painted_weights_of_spheres_reach_the_surface(addon):
    obj = add_rigged(addon, "lamp")
    surface = obj.immat.surface
    for group in obj.vertex_groups:
        group.remove(range(len(obj.data.vertices)))
    obj.vertex_groups["Root"].add(range(len(obj.data.vertices)), 0.7, "REPLACE")
    settle(addon)
    addon.rigging.flush()
    names = [bone.name for bone in obj.immat.rig.data.bones]
    np.testing.assert_allclose(weights(surface, names)[:, names.index("Root")], 1, atol=1e-6)


def test_one_undo_takes_a_rig_away(addon):
    import rigged_shapes

    mat = rigged_shapes.lamp()[0]
    obj = addon.objects.add_mat_object(bpy.context, mat)
    obj.immat.voxel = VOXEL
    addon.live.rebuild(obj)
    name = obj.name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.immat.add_rig("EXEC_DEFAULT", True)
    assert bpy.data.armatures
    bpy.ops.ed.undo()
    obj = bpy.data.objects[name]
    assert not [o for o in bpy.data.objects if o.type == "ARMATURE"]
    assert (obj.parent, obj.immat.rig, len(obj.vertex_groups)) == (None, None, 0)
    assert addon.bridge.sphere_count(obj.data) == len(mat.radii)


def test_a_rig_needs_a_mat_without_one_in_object_mode(addon):
    import rigged_shapes

    assert not bpy.ops.immat.add_rig.poll()
    obj = addon.objects.add_mat_object(bpy.context, rigged_shapes.lamp()[0])
    assert bpy.ops.immat.add_rig.poll()
    assert not bpy.ops.immat.remove_rig.poll()
    drawn = []
    layout = SimpleNamespace(
        operator=lambda idname, **_: drawn.append(idname),
        operator_menu_enum=lambda idname, _name: drawn.append(idname),
        separator=lambda: None,
    )
    bpy.types.IMMAT_MT_mat.draw(SimpleNamespace(layout=layout), bpy.context)
    assert {"immat.add_rig", "immat.convert_from_mat"} <= set(drawn)
    edit(obj, [0])
    assert not bpy.ops.immat.add_rig.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.immat.add_rig()
    assert not bpy.ops.immat.add_rig.poll()
    assert bpy.ops.immat.remove_rig.poll()
    # An armature that the user deletes is no rig any more.
    bpy.data.objects.remove(obj.immat.rig)
    bpy.context.view_layer.objects.active = obj
    assert bpy.ops.immat.add_rig.poll()


def test_no_spheres_are_inserted_where_that_is_not_wanted(addon):
    import rigged_shapes

    obj = add_rigged(addon, "lamp", joint_spheres=False)
    assert addon.bridge.sphere_count(obj.data) == len(rigged_shapes.lamp()[0].radii)
    more = add_rigged(addon, "quadruped", bones=16)
    assert len(more.immat.rig.data.bones) == pytest.approx(16, abs=1)
