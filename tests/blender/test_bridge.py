"""MAT data in Blender meshes: exact both ways, whatever Blender's tools did in between."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
import pytest
from shapes import add_mat, bent_mat, edit


def same(one, other):
    for field in ("centers", "radii", "edges", "faces"):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field))


@pytest.mark.parametrize("edit_mode", [False, True])
def test_a_mat_comes_back_as_it_was_written(addon, edit_mode):
    obj = add_mat(addon)
    if edit_mode:
        edit(obj, [])
    read = addon.bridge.read_medial_mesh(obj)
    same(read, type(read)(read.centers, read.radii, bent_mat().all_edges, bent_mat().faces))
    np.testing.assert_array_equal(read.radii, bent_mat().radii)
    np.testing.assert_array_equal(read.centers, bent_mat().centers)


def test_the_written_mesh_is_valid_for_blender(addon):
    obj = add_mat(addon)
    assert not obj.data.validate(verbose=True)
    assert [len(obj.data.vertices), len(obj.data.edges), len(obj.data.polygons)] == [4, 4, 1]


def test_an_n_gon_reads_as_its_triangles(addon):
    obj = add_mat(addon)
    mesh = bpy.data.meshes.new("square")
    mesh.from_pydata([(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)], [], [(0, 1, 2, 3)])
    obj.data = mesh
    read = addon.bridge.read_medial_mesh(obj)
    assert len(read.faces) == 2
    assert len(read.edges) == 4
    assert (read.radii > 0).all()


@pytest.mark.parametrize("edit_mode", [False, True])
@pytest.mark.parametrize(("kind", "domain"), [("INT", "POINT"), ("FLOAT", "FACE")])
def test_a_radius_attribute_of_another_kind_is_kept_under_another_name(
    addon, kind, domain, edit_mode
):
    obj = add_mat(addon)
    mesh = obj.data
    mesh.attributes.remove(mesh.attributes["radius"])
    mesh.attributes.new("radius", kind, domain)
    if edit_mode:
        edit(obj, [])
    assert addon.bridge.heal(obj) == 4
    if edit_mode:
        bpy.ops.object.mode_set(mode="OBJECT")
    found = mesh.attributes["radius"]
    assert (found.data_type, found.domain) == ("FLOAT", "POINT")
    kept = mesh.attributes["radius_displaced"]
    assert (kept.data_type, kept.domain) == (kind, domain)
    assert "radius.001" not in mesh.attributes


@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), float("inf")])
@pytest.mark.parametrize("edit_mode", [False, True])
def test_a_bad_radius_becomes_the_mean_of_its_neighbours(addon, bad, edit_mode):
    obj = add_mat(addon)
    obj.data.attributes["radius"].data[1].value = bad
    if edit_mode:
        edit(obj, [])
    assert addon.bridge.heal(obj) == 1
    expected = np.float32(np.mean(bent_mat().radii[[0, 2, 3]]))
    assert addon.bridge.read_medial_mesh(obj).radii[1] == pytest.approx(expected)
    assert addon.bridge.heal(obj) == 0


def test_a_lone_new_vertex_takes_the_nearest_radius(addon):
    obj = add_mat(addon)
    edit(obj, [])
    bm = bmesh.from_edit_mesh(obj.data)
    bm.verts.new((2.1, 0, 0.5))
    bmesh.update_edit_mesh(obj.data)
    assert addon.bridge.heal(obj) == 1
    assert addon.bridge.read_medial_mesh(obj).radii[4] == np.float32(0.25)


def test_radii_spread_outwards_along_edges(addon):
    centers = np.array([[float(i), 0, 0] for i in range(4)], np.float32)
    edges = np.array([[0, 1], [1, 2], [2, 3]], np.int32)
    radii = np.array([0.5, 0, 0, 0], np.float32)
    repaired = addon.healing.repaired_radii(centers, radii, edges)
    np.testing.assert_array_equal(repaired, [0.5, 0.5, 0.5, 0.5])


def test_radii_are_made_up_where_none_is_usable(addon):
    centers = np.array([[0, 0, 0], [3, 4, 0]], np.float32)
    none = np.zeros(2, np.float32)
    repaired = addon.healing.repaired_radii(centers, none, np.empty((0, 2), np.int32))
    np.testing.assert_allclose(repaired, 5 * addon.healing.FALLBACK_SHARE)


@pytest.mark.parametrize("edit_mode", [False, True])
def test_topology_is_replaced_and_spheres_stay(addon, edit_mode):
    obj = add_mat(addon)
    if edit_mode:
        edit(obj, [2])
    edges, faces = np.array([[0, 3]], np.int32), np.array([[0, 1, 2]], np.int32)
    addon.bridge.write_topology(obj.data, edges, faces)
    read = addon.bridge.read_medial_mesh(obj)
    np.testing.assert_array_equal(read.faces, faces)
    np.testing.assert_array_equal(read.edges, [[0, 1], [0, 2], [0, 3], [1, 2]])
    np.testing.assert_array_equal(read.radii, bent_mat().radii)
    if edit_mode:
        np.testing.assert_array_equal(addon.bridge.selected_spheres(obj.data), [0, 0, 1, 0])


def test_deleted_and_extruded_vertices_tell_themselves(addon):
    obj = add_mat(addon)
    has = addon.bridge.has_original_spheres
    assert has(obj.data, 4)
    edit(obj, [3])
    assert has(obj.data, 4)
    bpy.ops.mesh.extrude_region_move(TRANSFORM_OT_translate={"value": (1, 0, 0)})
    assert not has(obj.data, 5)
    edit(obj, [1])
    bpy.ops.mesh.delete(type="VERT")
    # As many vertices as there were, and yet not the same ones.
    assert addon.bridge.sphere_count(obj.data) == 4
    assert not has(obj.data, 4)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert not has(obj.data, 4)


def test_joined_mats_keep_their_radii(addon):
    one, other = add_mat(addon), add_mat(addon)
    one.select_set(True)
    other.select_set(True)
    bpy.context.view_layer.objects.active = one
    bpy.ops.object.join()
    radii = addon.bridge.read_medial_mesh(one).radii
    np.testing.assert_array_equal(radii, np.tile(bent_mat().radii, 2))


def test_a_vertex_at_no_place_is_refused(addon):
    obj = add_mat(addon)
    obj.data.vertices[0].co.x = float("nan")
    with pytest.raises(ValueError, match="finite"):
        addon.bridge.read_medial_mesh(obj)


def test_spheres_are_shown_at_true_size(addon):
    obj = add_mat(addon)
    depsgraph = bpy.context.evaluated_depsgraph_get()
    balls = [
        (np.array(i.matrix_world.translation), np.array(i.matrix_world.to_scale()))
        for i in depsgraph.object_instances
        if i.is_instance and i.parent.original == obj
    ]
    assert len(balls) == 4
    for (place, scale), center, radius in zip(
        balls, bent_mat().centers, bent_mat().radii, strict=True
    ):
        np.testing.assert_allclose(place, center, atol=1e-6)
        np.testing.assert_allclose(scale, radius, rtol=1e-5)
