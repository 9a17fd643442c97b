"""Parts in Blender: found, shown, selected, separated, and kept through edits and undo."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
import pytest
from furniture import table
from shapes import add_mat, edit, settle


def part_of_faces(obj):
    mesh = obj.immat.surface.data
    numbers = np.empty(len(mesh.polygons), np.int32)
    mesh.attributes["part"].data.foreach_get("value", numbers)
    return numbers


def slots_of_faces(obj):
    mesh = obj.immat.surface.data
    slots = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    return slots


def middles(obj):
    mesh = obj.immat.surface.data
    found = np.empty((len(mesh.polygons), 3), np.float32)
    mesh.polygons.foreach_get("center", found.ravel())
    return found


@pytest.fixture
def parted(addon):
    """The table, its parts found and shown."""
    obj = add_mat(addon, table())
    assert bpy.ops.immat.find_parts() == {"FINISHED"}
    settle(addon)
    return obj


def assert_parts_are_right(obj):
    """Every face has the part of what it lies on, and the slot of its part."""
    numbers, places = part_of_faces(obj), middles(obj)
    assert (numbers[(np.abs(places[:, 0]) < 0.2) & (places[:, 2] > -0.1)] == 1).all()
    for sign in (-1, 1):
        leg = numbers[(places[:, 2] < -0.2) & (sign * places[:, 0] > 0)]
        assert len(set(leg.tolist())) == 1
        assert leg[0] in (2, 3)
    np.testing.assert_array_equal(slots_of_faces(obj), numbers - 1)


def test_parts_show_on_surface_and_spheres(parted):
    stored = np.array([v.value for v in parted.data.attributes["part"].data])
    assert (stored[:16] == 1).all()
    assert sorted({*stored[16:21], *stored[21:]}) == [2, 3]
    assert_parts_are_right(parted)
    assert parted.immat.surface_colors == "PART"
    assert parted.immat.sphere_colors == "PART"
    materials = parted.immat.surface.data.materials
    assert [m.name for m in materials] == ["Medial Part 02", "Medial Part 03", "Medial Part 04"]
    from immat_core.colors import part_colors

    for number, material in enumerate(materials, 1):
        np.testing.assert_allclose(material.diffuse_color[:3], part_colors(number), atol=1e-6)


def test_parts_survive_rebuilds(addon, parted):
    before = np.array([v.value for v in parted.data.attributes["part"].data])
    edit(parted, [20])
    bpy.ops.transform.translate(value=(0.1, 0, -0.1))
    bpy.ops.object.mode_set(mode="OBJECT")
    settle(addon)
    assert_parts_are_right(parted)
    parted.immat.voxel = 1 / 30
    settle(addon)
    assert_parts_are_right(parted)
    after = np.array([v.value for v in parted.data.attributes["part"].data])
    np.testing.assert_array_equal(after, before)


def test_extruded_and_new_spheres_get_a_part(addon, parted):
    leg = parted.data.attributes["part"].data[20].value
    edit(parted, [20])
    bpy.ops.mesh.extrude_region_move(TRANSFORM_OT_translate={"value": (0, 0, -0.15)})
    bm = bmesh.from_edit_mesh(parted.data)
    bm.verts.ensure_lookup_table()
    end = bm.verts[26]
    bm.edges.new((end, bm.verts.new((-0.4, -0.4, -1.2))))
    bmesh.update_edit_mesh(parted.data)
    bpy.ops.object.mode_set(mode="OBJECT")
    settle(addon)
    stored = [v.value for v in parted.data.attributes["part"].data]
    assert stored[26:] == [leg, leg]
    numbers, places = part_of_faces(parted), middles(parted)
    assert set(numbers[places[:, 2] < -1.0].tolist()) == {leg}


def test_nothing_is_painted_twice(addon, parted):
    paint = addon.surface_paint
    done = dict(paint.counters)
    parted.data.update()
    settle(addon)
    assert paint.counters == done
    assert addon.live.counters.rebuilds == 0


def test_while_dragged_the_nearest_sphere_stands_in(addon, parted):
    paint, surface = addon.surface_paint, parted.immat.surface
    surface.data[paint.PAINT] = ""
    quick = paint.counters["quick"]
    assert paint.follow(parted, surface, exact=False) is False
    assert paint.counters["quick"] == quick + 1
    assert paint.follow(parted, surface, exact=False) is False
    assert paint.counters["quick"] == quick + 1
    near = part_of_faces(parted)
    assert paint.follow(parted, surface) is True
    assert (near == part_of_faces(parted)).mean() > 0.95
    assert_parts_are_right(parted)


def test_switching_colors_off_gives_the_materials_back(addon):
    obj = add_mat(addon, table())
    wood = bpy.data.materials.new("Wood")
    obj.immat.surface.data.materials.append(wood)
    bpy.ops.immat.find_parts()
    settle(addon)
    mesh = obj.immat.surface.data
    assert len(mesh.materials) == 4
    assert set(slots_of_faces(obj).tolist()) == {1, 2, 3}
    obj.immat.surface_colors = "NONE"
    settle(addon)
    assert list(mesh.materials) == [wood]
    assert set(slots_of_faces(obj).tolist()) == {0}
    assert obj.immat.sphere_colors == "NONE"
    assert len(set(part_of_faces(obj).tolist())) == 3


def test_a_material_of_the_user_stays_in_a_parts_slot(addon, parted):
    glass = bpy.data.materials.new("Glass")
    parted.immat.surface.data.materials[1] = glass
    parted.immat.voxel = 1 / 30
    settle(addon)
    assert parted.immat.surface.data.materials[1] == glass
    assert_parts_are_right(parted)


def test_vertex_groups_hold_the_parts(addon, parted):
    surface = parted.immat.surface
    parted.immat.part_groups = True
    settle(addon)
    assert sorted(g.name for g in surface.vertex_groups) == ["Part 1", "Part 2", "Part 3"]
    index = surface.vertex_groups["Part 1"].index
    held = {v.index for v in surface.data.vertices if any(g.group == index for g in v.groups)}
    corners = [
        set(polygon.vertices)
        for polygon, number in zip(surface.data.polygons, part_of_faces(parted), strict=True)
        if number == 1
    ]
    assert held == set.union(*corners)
    parted.immat.part_groups = False
    settle(addon)
    assert not surface.vertex_groups


def test_select_part_on_spheres_and_on_the_surface(addon, parted):
    edit(parted, [17])
    assert bpy.ops.immat.select_part() == {"FINISHED"}
    bm = bmesh.from_edit_mesh(parted.data)
    assert [v.index for v in bm.verts if v.select] == list(range(16, 21))
    assert bpy.ops.immat.select_part(part=1, extend=True) == {"FINISHED"}
    assert sum(v.select for v in bmesh.from_edit_mesh(parted.data).verts) == 21
    assert bpy.ops.immat.select_part(part=9) == {"CANCELLED"}
    bpy.ops.object.mode_set(mode="OBJECT")

    surface = parted.immat.surface
    bpy.context.view_layer.objects.active = surface
    bpy.ops.object.mode_set(mode="EDIT")
    assert bpy.ops.immat.select_part(part=2) == {"FINISHED"}
    bm = bmesh.from_edit_mesh(surface.data)
    layer = bm.faces.layers.int["part"]
    assert all(face.select == (face[layer] == 2) for face in bm.faces)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_assign_part_makes_a_part_by_hand(addon, parted):
    edit(parted, [19, 20])
    assert bpy.ops.immat.assign_part() == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    settle(addon)
    stored = [v.value for v in parted.data.attributes["part"].data]
    assert stored[19:21] == [4, 4]
    numbers, places = part_of_faces(parted), middles(parted)
    assert set(numbers[(places[:, 2] < -0.65) & (places[:, 0] < 0)].tolist()) == {4}


def test_separate_into_mats(addon, parted):
    before = addon.bridge.read_medial_mesh(parted)
    assert bpy.ops.immat.separate_by_part(target="MAT") == {"FINISHED"}
    made = [o for o in bpy.context.selected_objects if addon.objects.is_mat(o)]
    assert len(made) == 3
    assert parted.hide_get()
    from immat_core.envelope import medial_distance
    from immat_core.surface.checks import check_polygons

    points = np.random.default_rng(0).uniform(-0.6, 0.6, (500, 3))
    pieces = [medial_distance(points, addon.bridge.read_medial_mesh(o)) for o in made]
    np.testing.assert_allclose(np.min(pieces, 0), medial_distance(points, before), atol=1e-6)
    for obj in made:
        mesh = obj.immat.surface.data
        vertices, faces = addon.surface_mesh.read_surface(mesh)
        assert check_polygons(vertices, faces).manifold


def test_separate_the_surface(addon, parted):
    faces = len(parted.immat.surface.data.polygons)
    assert bpy.ops.immat.separate_by_part(target="SURFACE") == {"FINISHED"}
    made = bpy.context.selected_objects
    assert len(made) == 3
    assert sum(len(obj.data.polygons) for obj in made) == faces
    assert not any(addon.objects.is_mat(obj) for obj in made)
    assert all(len({p.material_index for p in obj.data.polygons}) == 1 for obj in made)


def test_find_parts_is_undone(addon):
    add_mat(addon, table())
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.immat.find_parts()
    bpy.ops.ed.undo_push(message="after")
    settle(addon)
    bpy.ops.ed.undo()
    obj = bpy.context.view_layer.objects.active
    addon.live.request_all()
    settle(addon)
    assert "part" not in obj.data.attributes
    assert obj.immat.surface_colors == "NONE"
    assert "part" not in obj.immat.surface.data.attributes
    bpy.ops.ed.redo()
    obj = bpy.context.view_layer.objects.active
    addon.live.request_all()
    settle(addon)
    assert_parts_are_right(obj)


def test_a_surface_that_was_edited_by_hand_is_left_alone(addon, parted):
    surface = parted.immat.surface
    bpy.context.view_layer.objects.active = surface
    bpy.ops.object.mode_set(mode="EDIT")
    bm = bmesh.from_edit_mesh(surface.data)
    bmesh.ops.dissolve_verts(bm, verts=list(bm.verts)[:3])
    bmesh.update_edit_mesh(surface.data)
    bpy.ops.object.mode_set(mode="OBJECT")
    parted.immat.surface_colors = "THICKNESS"
    settle(addon)
    assert "thickness" not in surface.data.attributes
    parted.immat.voxel = 1 / 30
    settle(addon)
    assert "thickness" in surface.data.attributes


def test_parts_are_found_in_edit_mode_too(addon):
    obj = add_mat(addon, table())
    edit(obj, [3])
    assert bpy.ops.immat.find_parts() == {"FINISHED"}
    settle(addon)
    assert len(set(part_of_faces(obj).tolist())) == 3
    bpy.ops.object.mode_set(mode="OBJECT")
    settle(addon)
    assert_parts_are_right(obj)


def test_a_selection_that_finds_nothing_leaves_the_mode(addon, parted):
    assert bpy.ops.immat.select_part(part=9) == {"CANCELLED"}
    assert bpy.context.mode == "OBJECT"


def test_without_parts_the_tools_say_so(addon):
    add_mat(addon, table())
    for name in ("select_part", "assign_part", "separate_by_part"):
        assert not getattr(bpy.ops.immat, name).poll()
    assert bpy.ops.immat.find_parts.poll()
