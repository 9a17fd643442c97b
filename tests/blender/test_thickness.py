"""Thickness in Blender: measured, shown, selected, raised; printing."""

from __future__ import annotations

import struct

import bmesh
import bpy
import numpy as np
import pytest
from furniture import LEG, TOP, table
from shapes import add_mat, edit, settle


def values_of(obj, name="thickness"):
    data = obj.immat.surface.data.attributes[name].data
    found = np.empty(len(data), np.float32)
    data.foreach_get("value", found)
    return found


def places_of(obj):
    mesh = obj.immat.surface.data
    found = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", found.ravel())
    return found


def middles_of(obj):
    mesh = obj.immat.surface.data
    found = np.empty((len(mesh.polygons), 3), np.float32)
    mesh.polygons.foreach_get("center", found.ravel())
    return found


@pytest.fixture
def measured(addon):
    """The table with its heat map."""
    obj = add_mat(addon, table())
    assert bpy.ops.immat.measure_thickness() == {"FINISHED"}
    return obj


def test_the_heat_map_is_the_medial_thickness(addon, measured):
    thickness, places = values_of(measured), places_of(measured)
    top = (np.abs(places[:, 0]) < 0.3) & (places[:, 2] > -0.1)
    np.testing.assert_allclose(thickness[top], 2 * TOP, rtol=1e-5)
    np.testing.assert_allclose(thickness[places[:, 2] < -0.3], 2 * LEG, rtol=1e-5)
    mesh = measured.immat.surface.data
    assert list(mesh["immat_thickness_range"]) == pytest.approx([2 * LEG, 2 * TOP])
    assert mesh.color_attributes.active_color.name == "thickness_color"
    from immat_core.colors import heat_colors, to_linear

    colors = np.empty((len(mesh.vertices), 4), np.float32)
    mesh.attributes["thickness_color"].data.foreach_get("color", colors.ravel())
    thick = to_linear(heat_colors(1.0))
    np.testing.assert_allclose(colors[top, :3], np.tile(thick, (top.sum(), 1)), atol=1e-5)
    assert measured.immat.sphere_colors == "RADIUS"
    names = [m.name for m in mesh.materials]
    assert names == [f"Medial Radius {k:02}" for k in range(1, 12)]
    slots = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    assert set(slots[middles_of(measured)[:, 2] < -0.3].tolist()) == {0}
    assert set(slots[middles_of(measured)[:, 2] > 0.03].tolist()) == {10}


def test_the_heat_map_follows_edits_and_undoes_itself(addon, measured):
    edit(measured, [20])
    bpy.ops.immat.radius(mode="SET", radius=0.1)
    bpy.ops.object.mode_set(mode="OBJECT")
    settle(addon)
    assert values_of(measured).max() == pytest.approx(0.2)
    measured.immat.surface_colors = "NONE"
    settle(addon)
    mesh = measured.immat.surface.data
    assert "thickness" not in mesh.attributes
    assert "immat_thickness_range" not in mesh
    assert not mesh.materials


def test_the_look_goes_from_thickness_to_parts_and_back(addon, measured):
    bpy.ops.immat.find_parts()
    mesh = measured.immat.surface.data
    for look, slots in (("PART", 3), ("THICKNESS", 11), ("PART", 3), ("NONE", 0)):
        measured.immat.surface_colors = look
        settle(addon)
        assert len(mesh.materials) == slots
        assert ("thickness" in mesh.attributes) == (look == "THICKNESS")
        used = {polygon.material_index for polygon in mesh.polygons}
        assert max(used) == max(slots - 1, 0)


def test_walls_and_shape_diameters_are_those_of_the_core(addon, measured):
    """Blender's tree of boxes against ours: the same rays but for their turn about the normal."""
    measured.immat.thickness_measure = "WALL"
    settle(addon)
    wall = values_of(measured)
    vertices, faces = addon.surface_mesh.read_surface(measured.immat.surface.data)
    kernels = pytest.importorskip("immat_core.kernels")
    if not kernels.available():
        pytest.skip("no Numba here")
    from immat_core.thickness import WALL, vertex_thickness

    triangles = faces if faces.shape[1] == 3 else faces[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    expected = vertex_thickness(vertices, triangles, WALL)
    agree = np.isclose(wall, expected, rtol=0.01, atol=1e-4)
    assert agree.mean() > 0.995
    measured.immat.thickness_measure = "DIAMETER"
    settle(addon)
    assert not addon.surface_paint.is_measured(measured, measured.immat.surface.data)
    assert bpy.ops.immat.measure_thickness() == {"FINISHED"}
    ours = vertex_thickness(vertices, triangles)
    ratio = values_of(measured) / ours
    assert np.median(ratio) == pytest.approx(1, abs=0.05)


def test_the_legend_speaks_the_units_of_the_scene(addon, measured):
    legend, units = addon.legend, bpy.context.scene.unit_settings
    units.system, units.scale_length = "METRIC", 0.001
    texts = [text for _, text in legend.shown_values(bpy.context)]
    assert texts[0] == addon.thickness.spoken(bpy.context, 2 * LEG)
    assert "m" in texts[0]
    units.system = "NONE"
    measured.scale = (2, 2, 2)
    bpy.context.view_layer.update()
    assert legend.shown_values(bpy.context)[-1] == (1.0, f"{4 * TOP:.4g}")
    measured.immat.surface_colors = "NONE"
    assert legend.shown_values(bpy.context) == []


def test_thinner_than_selects_spheres_and_vertices(addon, measured):
    assert bpy.ops.immat.select_thinner(limit=0.1) == {"FINISHED"}
    assert bpy.context.mode == "EDIT_MESH"
    bm = bmesh.from_edit_mesh(measured.data)
    assert [v.index for v in bm.verts if v.select] == list(range(16, 26))
    bpy.ops.immat.select_thinner(limit=2 * LEG)
    assert not any(v.select for v in bmesh.from_edit_mesh(measured.data).verts)
    bpy.ops.object.mode_set(mode="OBJECT")
    surface = measured.immat.surface
    bpy.context.view_layer.objects.active = surface
    thin = values_of(measured) < 0.1
    bpy.ops.object.mode_set(mode="EDIT")
    assert bpy.ops.immat.select_thinner(limit=0.1) == {"FINISHED"}
    chosen = [v.select for v in bmesh.from_edit_mesh(surface.data).verts]
    np.testing.assert_array_equal(chosen, thin)
    bpy.ops.object.mode_set(mode="OBJECT")


def test_a_surface_that_is_edited_is_not_measured(addon, measured):
    surface = measured.immat.surface
    bpy.context.view_layer.objects.active = surface
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.immat.measure_thickness.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert bpy.ops.immat.measure_thickness.poll()
    bpy.context.view_layer.objects.active = measured
    edit(measured, [0])
    assert bpy.ops.immat.measure_thickness() == {"FINISHED"}


def test_minimum_thickness_raises_what_is_thin_and_moves_nothing_else(addon, measured):
    before = places_of(measured)
    assert bpy.ops.immat.minimum_thickness(limit=0.08) == {"FINISHED"}
    settle(addon)
    radii = addon.bridge.read_medial_mesh(measured).radii
    np.testing.assert_allclose(radii[:16], TOP)
    np.testing.assert_allclose(radii[16:], 0.04)
    assert (2 * radii >= 0.08).all()
    assert values_of(measured).min() >= 0.08 * (1 - 1e-6)
    measured.immat.thickness_measure = "WALL"
    settle(addon)
    assert values_of(measured).min() >= 0.08 - measured.immat.voxel
    after = places_of(measured)
    far = after[(np.abs(after[:, 0]) < 0.25) & (after[:, 2] > -0.1)]
    moved = np.linalg.norm(far[:, None] - before, axis=2).min(1)
    assert moved.max() < 0.1 * measured.immat.voxel


def test_minimum_thickness_in_scene_units_and_of_a_selection(addon, measured):
    measured.scale = (0.5, 0.5, 0.5)
    bpy.context.view_layer.update()
    edit(measured, [20])
    assert bpy.ops.immat.minimum_thickness(limit=0.04, selected_only=True) == {"FINISHED"}
    bpy.ops.object.mode_set(mode="OBJECT")
    radii = addon.bridge.read_medial_mesh(measured).radii
    assert radii[20] == pytest.approx(0.04)
    np.testing.assert_allclose(radii[21:], LEG)


def test_the_limit_is_that_of_the_panel(addon, measured):
    for limit in (0.08, 0.09):
        measured.immat.thickness_limit = limit
        assert bpy.ops.immat.minimum_thickness() == {"FINISHED"}
        radii = addon.bridge.read_medial_mesh(measured).radii
        assert 2 * radii.min() == pytest.approx(limit, rel=1e-5)


def test_minimum_thickness_is_undone(addon, measured):
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.immat.minimum_thickness(limit=0.08)
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    obj = bpy.context.view_layer.objects.active
    assert addon.bridge.read_medial_mesh(obj).radii.min() == pytest.approx(LEG)


def test_printing_writes_millimeters_and_reports_thin_parts(addon, measured, tmp_path):
    bpy.ops.immat.find_parts()
    bpy.context.scene.unit_settings.scale_length = 0.1
    path = tmp_path / "table.stl"

    assert bpy.ops.immat.export_printing(filepath=str(path), limit=8.0) == {"FINISHED"}

    data = path.read_bytes()
    count = struct.unpack_from("<I", data, 80)[0]
    row = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("end", "<u2")])
    corners = np.frombuffer(data, row, count, 84)["corners"].reshape(-1, 3)
    assert np.ptp(corners, axis=0) == pytest.approx([92, 92, 84], abs=100 / 24)
    text = bpy.data.texts["Printing Report"].as_string()
    assert "Closed, manifold" in text
    assert "Part 2: thinnest wall" in text
    assert "Part 1:" not in text
    mat = addon.bridge.read_medial_mesh(measured)
    assert mat.radii.min() == pytest.approx(LEG)
    printing = addon.operators.printing
    report = printing.export_for_printing(
        bpy.context, measured, path, 8.0, longest_side=46.0, thicken=True
    )
    assert max(report.size) == pytest.approx(46, abs=4)
    assert report.walls[0].thinnest > 8.0 - 46 * measured.immat.voxel
    assert addon.bridge.read_medial_mesh(measured).radii.min() == pytest.approx(LEG)


def test_a_mat_travels_as_ply_and_glb_with_its_parts(addon, measured, tmp_path):
    bpy.ops.immat.find_parts()
    mat = addon.bridge.read_medial_mesh(measured)
    numbers = addon.parts.read_parts(measured.data)
    for suffix in (".ply", ".glb", ".ma"):
        path = tmp_path / f"mat{suffix}"
        bpy.context.view_layer.objects.active = measured
        assert bpy.ops.immat.export_mat(filepath=str(path)) == {"FINISHED"}
        assert bpy.ops.immat.import_mat(filepath=str(path)) == {"FINISHED"}
        obj = bpy.context.view_layer.objects.active
        assert obj != measured
        back = addon.bridge.read_medial_mesh(obj)
        for name in ("centers", "radii", "edges", "faces"):
            np.testing.assert_array_equal(getattr(back, name), getattr(mat, name), err_msg=name)
        found = addon.parts.read_parts(obj.data)
        if suffix == ".ma":
            assert found is None
        else:
            np.testing.assert_array_equal(found, numbers)


def test_blender_imports_the_radii_of_a_glb(addon, measured, tmp_path):
    path = tmp_path / "mat.glb"
    assert bpy.ops.immat.export_mat(filepath=str(path)) == {"FINISHED"}
    known = set(bpy.data.objects)
    bpy.ops.import_scene.gltf(filepath=str(path))
    (made,) = [o for o in bpy.data.objects if o not in known and o.type == "MESH"]
    data = made.data.attributes["_RADIUS"].data
    radii = np.empty(len(data), np.float32)
    data.foreach_get("value", radii)
    assert set(radii.tolist()) == {float(np.float32(LEG)), float(np.float32(TOP))}
    upright = made.matrix_world @ made.data.vertices[20].co
    assert min((v.co - upright).length for v in measured.data.vertices) < 1e-5


@pytest.mark.skipif(not bpy.app.build_options.usd, reason="this Blender has no USD")
def test_usd_carries_surface_and_mat_with_their_attributes(addon, measured, tmp_path):
    bpy.ops.immat.find_parts()
    settle(addon)
    surface = measured.immat.surface
    path = tmp_path / "table.usdc"
    bpy.context.view_layer.objects.active = measured
    assert bpy.ops.immat.export_usd(filepath=str(path)) == {"FINISHED"}
    known = set(bpy.data.objects)
    bpy.ops.wm.usd_import(filepath=str(path))
    made = [o for o in bpy.data.objects if o not in known and o.type == "MESH"]
    by_size = {len(o.data.vertices): o for o in made}
    mat = by_size[26]
    radii = np.array([v.value for v in mat.data.attributes["radius"].data])
    np.testing.assert_allclose(np.sort(radii), [LEG] * 10 + [TOP] * 16, rtol=1e-6)
    skin = by_size[len(surface.data.vertices)]
    assert len(skin.data.polygons) == len(surface.data.polygons)
    numbers = [v.value for v in skin.data.attributes["part"].data]
    expected = [v.value for v in surface.data.attributes["part"].data]
    assert numbers == expected
