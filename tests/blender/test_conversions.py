"""MATs from skins, curves, metaballs and armatures, and back, in the installed zip."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
import pytest
from mathutils import Quaternion
from shapes import add_mat, edit

VOXEL = 1 / 48


def link(name, data):
    """A new object, active and selected alone."""
    obj = bpy.data.objects.new(name, data)
    bpy.context.collection.objects.link(obj)
    activate(obj)
    return obj


def activate(obj):
    for other in bpy.context.selected_objects:
        other.select_set(False)
    obj.select_set(True)
    bpy.context.view_layer.objects.active = obj


def volume(obj):
    """Volume of an object as it is shown, in its own space."""
    bpy.context.view_layer.update()
    bm = bmesh.new()
    bm.from_mesh(obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh())
    bmesh.ops.remove_doubles(bm, verts=bm.verts, dist=1e-6)
    bmesh.ops.recalc_face_normals(bm, faces=bm.faces)
    found = abs(bm.calc_volume(signed=True))
    bm.free()
    return found


def convert(addon, **settings):
    """The MAT that the active object becomes, and the object of it."""
    assert bpy.ops.immat.convert_to_mat(**settings) == {"FINISHED"}
    obj = bpy.context.active_object
    return addon.bridge.read_medial_mesh(obj), obj


def mat_volume(addon, obj, voxel=VOXEL):
    obj.immat.voxel = voxel
    return volume(addon.live.rebuild(obj))


def tree():
    """A trunk that forks, all tubes, and a ring beside it."""
    from immat_core import MedialMesh

    fork = [[0, 0, 0], [0, 0, 1], [0.1, 0, 2], [0.8, 0, 2.8], [-0.5, 0.3, 3]]
    ring = [[2, 0, 0], [3, 0, 0], [3, 1, 0], [2, 1, 0]]
    edges = [[0, 1], [1, 2], [2, 3], [2, 4], [5, 6], [6, 7], [7, 8], [5, 8]]
    return MedialMesh(fork + ring, [0.3, 0.25, 0.2, 0.1, 0.12, 0.1, 0.15, 0.1, 0.15], edges)


def sorted_spheres(mat):
    return np.array(sorted(np.round(mat.spheres, 5).tolist()))


# --- round trips ---


@pytest.mark.parametrize("kind", ["SKIN", "CURVE"])
def test_tubes_come_back_as_they_were(addon, kind):
    mat = tree()
    add_mat(addon, mat)
    assert bpy.ops.immat.convert_from_mat(kind=kind) == {"FINISHED"}
    assert bpy.context.active_object.type == ("MESH" if kind == "SKIN" else "CURVE")
    back, _ = convert(addon, tolerance=0)
    np.testing.assert_allclose(sorted_spheres(back), sorted_spheres(mat), atol=1e-4)
    assert len(back.edges) == len(mat.edges)


def test_an_armature_comes_back_with_the_radii_of_its_joints(addon):
    from immat_core import MedialMesh

    arm = MedialMesh([[0, 0, 0], [0, 0, 1], [0.8, 0, 1.2]], [0.3, 0.2, 0.1], [[0, 1], [1, 2]])
    add_mat(addon, arm)
    bpy.ops.immat.convert_from_mat(kind="ARMATURE")
    armature = bpy.context.active_object
    assert (armature.type, armature.data.display_type) == ("ARMATURE", "ENVELOPE")
    back, _ = convert(addon)
    np.testing.assert_allclose(sorted_spheres(back), sorted_spheres(arm), atol=1e-5)
    assert len(back.edges) == 2


@pytest.mark.parametrize("kind", ["SKIN", "CURVE", "ARMATURE"])
def test_what_is_made_stands_where_the_mat_stands(addon, kind):
    obj = add_mat(addon, tree())
    obj.location, obj.scale = (1, 2, 3), (2, 2, 2)
    bpy.context.view_layer.update()
    bpy.ops.immat.convert_from_mat(kind=kind, hide_source=True)
    made = bpy.context.active_object
    np.testing.assert_allclose(made.matrix_world, obj.matrix_world)
    assert obj.hide_get()
    assert obj.immat.surface.hide_get()
    bpy.ops.immat.convert_to_mat()
    np.testing.assert_allclose(bpy.context.active_object.matrix_world, obj.matrix_world)
    assert made.hide_get()


def test_a_curve_is_as_thick_as_the_surface(addon):
    from immat_core import MedialMesh

    line = MedialMesh([[0, 0, 0], [4, 0, 0], [8, 0, 1]], [0.2, 0.3, 0.2], [[0, 1], [1, 2]])
    obj = add_mat(addon, line)
    expected = mat_volume(addon, obj)
    bpy.ops.immat.convert_from_mat(kind="CURVE")
    # Its ends are flat: two half balls less.
    caps = 4 / 3 * np.pi * 0.2**3
    assert volume(bpy.context.active_object) == pytest.approx(expected - caps, rel=0.03)


def test_sheets_are_no_curves(addon):
    from immat_core import MedialMesh

    add_mat(addon, MedialMesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [0.1] * 3, [], [[0, 1, 2]]))
    with pytest.raises(RuntimeError, match="no tubes"):
        bpy.ops.immat.convert_from_mat(kind="CURVE")
    bpy.ops.immat.convert_from_mat(kind="SKIN")
    skin = bpy.context.active_object
    assert (len(skin.data.edges), [m.type for m in skin.modifiers]) == (3, ["SKIN", "SUBSURF"])
    assert sum(v.use_root for v in skin.data.skin_vertices[0].data) == 1
    assert volume(skin) > 0.01


# --- from Blender's own ---


@pytest.mark.parametrize("kind", ["BEZIER", "NURBS", "POLY"])
def test_a_beveled_curve_keeps_its_volume(addon, kind):
    curve = bpy.data.curves.new("Pipe", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", 0.2, 8
    curve.use_fill_caps = True
    spline = curve.splines.new(kind)
    places = [(0, 0, 0), (2, 0, 0), (4, 1, 0), (6, 1, 1), (9, 1, 1)]
    if kind == "BEZIER":
        spline.bezier_points.add(len(places) - 1)
        for point, place in zip(spline.bezier_points, places, strict=True):
            point.co, point.handle_left_type, point.handle_right_type = place, "AUTO", "AUTO"
        points = spline.bezier_points
    else:
        spline.points.add(len(places) - 1)
        for point, place in zip(spline.points, places, strict=True):
            point.co = (*place, 1)
        spline.use_endpoint_u = True
        points = spline.points
    for index, point in enumerate(points):
        point.radius = 1 + 0.2 * index
    pipe = link("Pipe", curve)
    before = volume(pipe)
    mat, obj = convert(addon, tolerance=0.02)
    assert mat.radii.min() == pytest.approx(0.2, abs=1e-3)
    assert mat.radii.max() == pytest.approx(0.2 * 1.8, abs=1e-2)
    caps = 2 / 3 * np.pi * (0.2**3 + 0.36**3)
    assert mat_volume(addon, obj) == pytest.approx(before + caps, rel=0.04)
    assert (pipe.data, pipe.data.bevel_depth) == (curve, pytest.approx(0.2))
    # Nothing that was made on the way is left.
    assert [o.name for o in bpy.data.objects if o.type == "CURVE"] == ["Pipe"]
    assert len(bpy.data.curves) == 1
    assert not [g for g in bpy.data.node_groups if g.name.startswith("immat")]


def test_a_curve_without_a_bevel_takes_the_given_thickness(addon):
    curve = bpy.data.curves.new("Line", "CURVE")
    spline = curve.splines.new("POLY")
    spline.points.add(1)
    spline.points[1].co = (1, 0, 0, 1)
    spline.points[1].radius = 2
    link("Line", curve)
    mat, _ = convert(addon, thickness=0.05)
    np.testing.assert_allclose(sorted_spheres(mat), [[0, 0, 0, 0.05], [1, 0, 0, 0.1]], atol=1e-6)


def test_hair_curves_have_radii_of_their_own(addon):
    hair = bpy.data.hair_curves.new("Hair")
    hair.add_curves([3, 2])
    places = [(0, 0, 0), (0, 0, 1), (0, 1, 2), (3, 0, 0), (3, 0, 1)]
    hair.attributes["position"].data.foreach_set("vector", np.array(places, np.float32).ravel())
    radius = hair.attributes.get("radius") or hair.attributes.new("radius", "FLOAT", "POINT")
    radius.data.foreach_set("value", [0.1, 0.2, 0.3, 0.4, 0.5])
    link("Hair", hair)
    mat, _ = convert(addon)
    np.testing.assert_allclose(np.sort(mat.radii), [0.1, 0.2, 0.3, 0.4, 0.5], atol=1e-6)
    assert len(mat.edges) == 3


@pytest.mark.parametrize(
    ("kind", "sizes", "tolerance"),
    [
        ("BALL", (1, 1, 1), 0.03),
        ("CAPSULE", (1.5, 1, 1), 0.03),
        ("PLANE", (1.5, 1, 1), 0.03),
        ("ELLIPSOID", (1.6, 1, 0.7), 0.06),
        ("CUBE", (1.2, 1, 0.1), 0.06),
    ],
)
def test_a_metaball_keeps_its_volume(addon, kind, sizes, tolerance):
    data = bpy.data.metaballs.new("Ball")
    data.resolution = 0.08
    element = data.elements.new(type=kind)
    element.co, element.radius = (0.3, 0, 0), 1.5
    element.size_x, element.size_y, element.size_z = sizes
    element.rotation = Quaternion((1, 1, 0), 0.7)
    ball = link("Ball", data)
    before = volume(ball)
    _, obj = convert(addon)
    assert mat_volume(addon, obj, 1 / 32) == pytest.approx(before, rel=tolerance)


def test_metaballs_that_blend_are_joined(addon):
    data = bpy.data.metaballs.new("Snake")
    for index in range(4):
        element = data.elements.new()
        element.co, element.radius = (1.2 * index, 0, 0), 1.5
    far = data.elements.new()
    far.co, far.radius = (12, 0, 0), 1.5
    hole = data.elements.new()
    hole.co, hole.use_negative = (0, 9, 0), True
    link("Snake", data)
    mat, _ = convert(addon)
    assert mat.edges.tolist() == [[0, 1], [1, 2], [2, 3]]
    assert len(mat.radii) == 5


def test_only_elements_that_add_can_be_converted(addon):
    data = bpy.data.metaballs.new("Hole")
    data.elements.new().use_negative = True
    link("Hole", data)
    with pytest.raises(RuntimeError, match="Nothing in Hole"):
        bpy.ops.immat.convert_to_mat()


def test_a_skin_object_keeps_its_radii(addon):
    mesh = bpy.data.meshes.new("Skin")
    mesh.from_pydata([(0, 0, 0), (0, 0, 2), (1, 0, 3)], [(0, 1), (1, 2)], [])
    obj = link("Skin", mesh)
    obj.modifiers.new("Skin", "SKIN")
    if not mesh.skin_vertices:
        bpy.ops.mesh.customdata_skin_add()
    radii = [(0.4, 0.4), (0.2, 0.2), (0.1, 0.4)]
    for vertex, radius in zip(mesh.skin_vertices[0].data, radii, strict=True):
        vertex.radius = radius
    mat, _ = convert(addon)
    np.testing.assert_allclose(mat.radii, [0.4, 0.2, 0.2], atol=1e-6)
    assert mat.edges.tolist() == [[0, 1], [1, 2]]


def test_an_armature_is_read_in_its_pose(addon):
    from immat_core import MedialMesh

    add_mat(addon, MedialMesh([[0, 0, 0], [0, 0, 1]], [0.2, 0.1], [[0, 1]]))
    bpy.ops.immat.convert_from_mat(kind="ARMATURE")
    armature = bpy.context.active_object
    bone = armature.pose.bones[0]
    bone.rotation_mode = "XYZ"
    bone.rotation_euler.x = np.pi / 2
    bpy.context.view_layer.update()
    mat, _ = convert(addon)
    tip = mat.centers[mat.radii.argmin()]
    assert abs(tip[2]) < 1e-5
    assert np.linalg.norm(tip) == pytest.approx(1, abs=1e-5)


# --- manners ---


def test_one_undo_takes_a_conversion_back(addon):
    name = add_mat(addon, tree()).name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.immat.convert_from_mat("EXEC_DEFAULT", True, kind="CURVE")
    bpy.ops.ed.undo_push(message="between")
    count = len(bpy.data.objects)
    bpy.ops.immat.convert_to_mat("EXEC_DEFAULT", True)
    assert len(bpy.data.objects) == count + 2
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == count
    bpy.ops.ed.undo()
    bpy.ops.ed.undo()
    assert not [o for o in bpy.data.objects if o.type == "CURVE"]
    assert name in bpy.data.objects


def test_polls_say_what_can_be_converted(addon):
    assert not bpy.ops.immat.convert_to_mat.poll()
    assert not bpy.ops.immat.convert_from_mat.poll()
    obj = add_mat(addon)
    assert bpy.ops.immat.convert_from_mat.poll()
    # A MAT is a mesh without a Skin modifier.
    assert not bpy.ops.immat.convert_to_mat.poll()
    edit(obj, [0])
    assert not bpy.ops.immat.convert_from_mat.poll()
