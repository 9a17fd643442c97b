"""The surface follows every edit, once per coalesced change, through undo, redo and files."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
import pytest
from shapes import (
    VOXEL,
    add_mat,
    assert_surface_is_current,
    bent_mat,
    edit,
    settle,
    surface_in_space,
)


def assert_one_rebuild(addon, obj):
    settle(addon)
    assert addon.live.counters.rebuilds == 1
    assert_surface_is_current(addon, obj)
    # What the rebuild itself changed asks for nothing more.
    settle(addon)
    assert addon.live.counters.rebuilds == 1


def move(obj):
    obj.data.vertices[0].co.x -= 0.2
    obj.data.update()


def translate_in_edit_mode(obj):
    edit(obj, [0])
    bpy.ops.transform.translate(value=(0.1, 0.2, 0))


def radius_in_edit_mode(obj):
    edit(obj, [2])
    bpy.ops.immat.radius(factor=1.5)


def radius_in_object_mode(obj):
    bpy.ops.immat.radius(mode="SET", radius=0.2)


def extrude(obj):
    edit(obj, [0])
    bpy.ops.mesh.extrude_region_move(TRANSFORM_OT_translate={"value": (-0.5, 0, 0)})


def delete(obj):
    edit(obj, [0])
    bpy.ops.mesh.delete(type="VERT")


def fill_edge(obj):
    edit(obj, [0, 2])
    bpy.ops.mesh.edge_face_add()


def fill_face(obj):
    edit(obj, [0, 1, 2])
    bpy.ops.mesh.edge_face_add()


def subdivide(obj):
    edit(obj, [0, 1])
    bpy.ops.mesh.subdivide()


def duplicate_vertices(obj):
    edit(obj, [2])
    bpy.ops.mesh.duplicate_move(TRANSFORM_OT_translate={"value": (0, 0.5, 0)})


EDITS = (
    move,
    translate_in_edit_mode,
    radius_in_edit_mode,
    radius_in_object_mode,
    extrude,
    delete,
    fill_edge,
    fill_face,
    subdivide,
    duplicate_vertices,
)


@pytest.mark.parametrize("change", EDITS)
def test_each_edit_makes_one_rebuild(addon, change):
    obj = add_mat(addon)
    change(obj)
    assert_one_rebuild(addon, obj)


def test_many_changes_before_the_timer_make_one_rebuild(addon):
    obj = add_mat(addon)
    for _ in range(10):
        move(obj)
        bpy.context.view_layer.update()
    assert addon.live.counters.requests == 10
    assert addon.live.counters.rebuilds == 0
    assert_one_rebuild(addon, obj)


def test_every_settled_change_makes_one_rebuild(addon):
    obj = add_mat(addon)
    for count in range(1, 6):
        move(obj)
        settle(addon)
        assert addon.live.counters.rebuilds == count
    assert_surface_is_current(addon, obj)


def test_extruded_and_duplicated_vertices_keep_the_radius(addon):
    obj = add_mat(addon)
    extrude(obj)
    assert addon.bridge.read_medial_mesh(obj).radii[-1] == bent_mat().radii[0]


def test_a_midpoint_has_the_mean_radius(addon):
    obj = add_mat(addon)
    subdivide(obj)
    assert addon.bridge.read_medial_mesh(obj).radii[-1] == pytest.approx(0.25, rel=1e-6)


def test_nothing_is_rebuilt_when_the_geometry_is_as_it_was(addon):
    obj = add_mat(addon)
    obj.data.update()
    obj.location.x = 3
    settle(addon)
    edit(obj, [0, 1])
    settle(addon)
    bpy.ops.object.mode_set(mode="OBJECT")
    settle(addon)
    assert addon.live.counters.rebuilds == 0


def push(message):
    bpy.ops.ed.undo_push(message=message)


@pytest.mark.parametrize("change", EDITS)
def test_undo_and_redo_bring_the_surface_along(addon, change):
    name = add_mat(addon).name
    push("made")
    before = surface_in_space(bpy.data.objects[name])
    edit_first = change not in (move, radius_in_object_mode)
    if edit_first:
        edit(bpy.data.objects[name], [])
        push("edit mode")
    change(bpy.data.objects[name])
    push("changed")
    settle(addon)
    after = surface_in_space(bpy.data.objects[name])
    assert not np.array_equal(after, before)
    bpy.ops.ed.undo()
    settle(addon)
    np.testing.assert_array_equal(surface_in_space(bpy.data.objects[name]), before)
    bpy.ops.ed.redo()
    settle(addon)
    np.testing.assert_array_equal(surface_in_space(bpy.data.objects[name]), after)
    assert_surface_is_current(addon, bpy.data.objects[name])


def test_undo_over_several_changes(addon):
    name = add_mat(addon).name
    push("made")
    seen = [surface_in_space(bpy.data.objects[name])]
    for _ in range(3):
        move(bpy.data.objects[name])
        push("moved")
        settle(addon)
        seen.append(surface_in_space(bpy.data.objects[name]))
    for expected in reversed(seen[:-1]):
        bpy.ops.ed.undo()
        settle(addon)
        np.testing.assert_array_equal(surface_in_space(bpy.data.objects[name]), expected)


def test_the_surface_object_keeps_what_the_user_gave_it(addon):
    obj = add_mat(addon)
    surface = obj.immat.surface
    mesh = surface.data
    mesh.materials.append(bpy.data.materials.new("Wood"))
    surface.modifiers.new("Smooth", "SMOOTH")
    move(obj)
    settle(addon)
    assert surface.data == mesh
    assert [material.name for material in mesh.materials] == ["Wood"]
    assert [modifier.name for modifier in surface.modifiers] == ["Smooth"]
    assert not any(polygon.use_smooth is False for polygon in mesh.polygons)
    assert not mesh.validate(verbose=True)


def test_the_surface_follows_the_objects_matrix(addon):
    obj = add_mat(addon)
    obj.location, obj.scale, obj.rotation_euler = (1, 2, 3), (2, 2, 2), (0.1, 0.2, 0.3)
    bpy.context.view_layer.update()
    np.testing.assert_allclose(obj.immat.surface.matrix_world, obj.matrix_world, atol=1e-6)


@pytest.mark.parametrize("rotation", [False, True])
def test_apply_scale_reaches_the_radii(addon, rotation):
    name = add_mat(addon).name
    obj = bpy.data.objects[name]
    obj.scale = (2, 2, 2)
    obj.rotation_euler = (0.3, 0.2, 0.1)
    settle(addon)
    bpy.ops.ed.undo_push(message="scaled")
    bpy.ops.object.select_all(action="DESELECT")
    obj.select_set(True)
    bpy.ops.object.transform_apply(location=False, rotation=rotation, scale=True)
    bpy.ops.ed.undo_push(message="applied")
    settle(addon)
    np.testing.assert_allclose(addon.bridge.read_medial_mesh(obj).radii, 2 * bent_mat().radii)
    assert_surface_is_current(addon, obj)
    np.testing.assert_allclose(obj.immat.surface.matrix_world, obj.matrix_world, atol=1e-6)
    settle(addon)
    np.testing.assert_allclose(addon.bridge.read_medial_mesh(obj).radii, 2 * bent_mat().radii)
    bpy.ops.ed.undo()
    settle(addon)
    obj = bpy.data.objects[name]
    np.testing.assert_array_equal(addon.bridge.read_medial_mesh(obj).radii, bent_mat().radii)
    bpy.ops.ed.redo()
    settle(addon)
    obj = bpy.data.objects[name]
    np.testing.assert_allclose(addon.bridge.read_medial_mesh(obj).radii, 2 * bent_mat().radii)


def test_scaling_in_edit_mode_leaves_the_radii(addon):
    obj = add_mat(addon)
    edit(obj, [0, 1, 2, 3])
    bpy.ops.transform.resize(value=(2, 2, 2))
    settle(addon)
    bpy.ops.object.mode_set(mode="OBJECT")
    settle(addon)
    np.testing.assert_array_equal(addon.bridge.read_medial_mesh(obj).radii, bent_mat().radii)


def test_live_off_waits_and_live_on_catches_up(addon):
    obj = add_mat(addon)
    obj.immat.live = False
    move(obj)
    settle(addon)
    assert addon.live.counters.rebuilds == 0
    obj.immat.live = True
    assert_one_rebuild(addon, obj)


def test_a_finer_voxel_rebuilds(addon):
    obj = add_mat(addon)
    obj.immat.voxel = VOXEL / 2
    assert_one_rebuild(addon, obj)


@pytest.mark.parametrize("as_user", [False, True])
def test_a_deleted_surface_stays_deleted_until_it_is_asked_for(addon, as_user):
    obj = add_mat(addon)
    if as_user:
        bpy.ops.object.select_all(action="DESELECT")
        obj.immat.surface.select_set(True)
        bpy.ops.object.delete()
    else:
        bpy.data.objects.remove(obj.immat.surface)
    move(obj)
    settle(addon)
    assert addon.objects.surface_of(obj) is None
    assert [o.name for o in bpy.context.scene.objects] == [obj.name]
    bpy.ops.immat.rebuild_surface()
    assert_surface_is_current(addon, obj)


def test_a_copy_gets_a_surface_of_its_own(addon):
    obj = add_mat(addon)
    bpy.ops.object.select_all(action="DESELECT")
    obj.select_set(True)
    bpy.ops.object.duplicate()
    copy = bpy.context.active_object
    move(copy)
    before = surface_in_space(obj)
    settle(addon)
    assert copy.immat.surface != obj.immat.surface
    assert copy.immat.surface.parent == copy
    np.testing.assert_array_equal(surface_in_space(obj), before)
    assert_surface_is_current(addon, copy)


def test_mat_and_surface_copied_together_belong_together(addon):
    obj = add_mat(addon)
    obj.select_set(True)
    obj.immat.surface.select_set(True)
    bpy.ops.object.duplicate()
    copy = next(o for o in bpy.context.selected_objects if o.immat.is_mat)
    move(copy)
    settle(addon)
    assert copy.immat.surface.parent == copy
    assert len([o for o in bpy.data.objects if o.type == "MESH"]) == 4


def test_an_emptied_mat_says_so_and_recovers(addon):
    obj = add_mat(addon)
    edit(obj, [0, 1, 2, 3])
    bpy.ops.mesh.delete(type="VERT")
    settle(addon)
    assert addon.live.problems[obj.session_uid]
    bm = bmesh.from_edit_mesh(obj.data)
    bm.verts.new((0, 0, 0))
    bmesh.update_edit_mesh(obj.data)
    obj.immat.voxel = 1 / 64
    settle(addon)
    assert obj.session_uid not in addon.live.problems
    assert_surface_is_current(addon, obj)


def test_a_surface_in_edit_mode_is_left_alone_until_it_is_left(addon):
    obj = add_mat(addon)
    # Blender takes all selected meshes to Edit Mode at once.
    obj.select_set(False)
    bpy.context.view_layer.objects.active = obj.immat.surface
    bpy.ops.object.mode_set(mode="EDIT")
    move(obj)
    bpy.context.view_layer.update()
    assert addon.live.flush() == addon.live.RETRY_SECONDS
    assert addon.live.counters.rebuilds == 0
    bpy.ops.object.mode_set(mode="OBJECT")
    assert_one_rebuild(addon, obj)


def test_a_saved_file_never_holds_a_stale_surface(addon, tmp_path):
    obj = add_mat(addon)
    name = obj.name
    move(obj)
    bpy.context.view_layer.update()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shape.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shape.blend"))
    assert_surface_is_current(addon, bpy.data.objects[name])
    addon.live.counters.rebuilds = 0
    settle(addon)
    assert addon.live.counters.rebuilds == 0
    move(bpy.data.objects[name])
    assert_one_rebuild(addon, bpy.data.objects[name])


def test_a_mat_of_thin_parts_warns(addon):
    obj = add_mat(addon)
    obj.immat.voxel = 0.5
    settle(addon)
    assert "voxel" in addon.live.problems[obj.session_uid]
    obj.immat.voxel = VOXEL
    settle(addon)
    assert obj.session_uid not in addon.live.problems
