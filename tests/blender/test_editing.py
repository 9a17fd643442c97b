"""The tools on spheres, in the installed zip: what they do, undo, and when they refuse."""

from __future__ import annotations

import bmesh
import bpy
import numpy as np
import pytest
from shapes import add_mat, assert_surface_is_current, edit, settle, tube_and_sheet

TOOLS = {
    "smooth": {},
    "insert_spheres": {"place": "EDGES"},
    "dissolve_spheres": {},
    "connect_nearest": {},
    "symmetrize": {"plane": "MIDDLE"},
    "thicken_tubes": {},
    "snap_to_mesh": {},
}
"""Every tool, with what it needs to change the MAT of :func:`sample`."""


def sample(addon):
    """The tube and sheet in Edit Mode, two spheres of the tube selected."""
    obj = add_mat(addon, tube_and_sheet())
    edit(obj, [4, 5])
    return obj


def read(addon, obj):
    return addon.bridge.read_medial_mesh(obj)


def arrays(mat):
    return [mat.centers, mat.radii, mat.all_edges, mat.faces]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(arrays(one), arrays(other), strict=True))


def add_box(size=(0.5, 3.0, 3.0)):
    """A box that holds all spheres of the sample; its sides are at -size and size."""
    mesh = bpy.data.meshes.new("Box")
    bm = bmesh.new()
    bmesh.ops.create_cube(bm, size=2)
    bmesh.ops.scale(bm, vec=size, verts=bm.verts)
    bm.to_mesh(mesh)
    bm.free()
    box = bpy.data.objects.new("Box", mesh)
    bpy.context.collection.objects.link(box)
    return box


def run(name, **more):
    return getattr(bpy.ops.immat, name)(**{**TOOLS[name], **more})


# --- all tools ---


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_changes_the_mat_and_the_surface_follows(addon, name):
    obj = sample(addon)
    obj.immat.target = add_box()
    before = read(addon, obj)
    assert run(name) == {"FINISHED"}
    assert not same(before, read(addon, obj))
    settle(addon)
    assert_surface_is_current(addon, obj)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert obj.data.validate() is False


@pytest.mark.parametrize("name", TOOLS)
def test_one_undo_takes_a_tool_back(addon, name):
    obj = sample(addon)
    obj.immat.target = add_box()
    before, key = read(addon, obj), obj.name
    bpy.ops.ed.undo_push(message="before")
    getattr(bpy.ops.immat, name)("EXEC_DEFAULT", True, **TOOLS[name])
    assert not same(before, read(addon, bpy.data.objects[key]))
    bpy.ops.ed.undo()
    obj = bpy.data.objects[key]
    assert obj.mode == "EDIT"
    assert same(before, read(addon, obj))
    assert np.flatnonzero(addon.bridge.selected_spheres(obj.data)).tolist() == [4, 5]


@pytest.mark.parametrize("name", TOOLS)
def test_tools_refuse_what_they_cannot_do(addon, name):
    operator = getattr(bpy.ops.immat, name)
    assert not operator.poll()
    obj = sample(addon)
    assert operator.poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    assert operator.poll() == (name not in {"insert_spheres", "dissolve_spheres"})
    surface = obj.immat.surface
    obj.select_set(False)
    bpy.context.view_layer.objects.active = surface
    bpy.ops.object.mode_set(mode="EDIT")
    assert not operator.poll()


@pytest.mark.parametrize("name", [name for name in TOOLS if name != "symmetrize"])
def test_without_a_selection_tools_do_nothing(addon, name):
    obj = sample(addon)
    edit(obj, [])
    before = read(addon, obj)
    assert run(name) == {"CANCELLED"}
    assert same(before, read(addon, obj))


def test_every_tool_is_in_the_menu(addon):
    from types import SimpleNamespace

    drawn = []
    layout = SimpleNamespace(
        operator=lambda idname, **_: drawn.append(idname), separator=lambda: None
    )
    sample(addon)
    bpy.types.IMMAT_MT_mat.draw(SimpleNamespace(layout=layout), bpy.context)
    assert {f"immat.{name}" for name in TOOLS} <= set(drawn)
    assert layout.operator_context == "INVOKE_DEFAULT"


# --- each tool ---


def test_smoothing_follows_equation_4(addon):
    from immat_core.smoothing import smooth

    obj = sample(addon)
    before = read(addon, obj)
    bpy.ops.immat.smooth(weight=0.25)
    expected = before.spheres
    expected[4:6] = smooth(before.spheres, before.all_edges, 0.25)[4:6]
    np.testing.assert_array_equal(read(addon, obj).spheres, expected)


def test_smoothing_in_object_mode_takes_all_spheres(addon):
    obj = sample(addon)
    bpy.ops.object.mode_set(mode="OBJECT")
    before = read(addon, obj).spheres
    bpy.ops.immat.smooth()
    assert (read(addon, obj).spheres != before).any(1).all()


def test_inserted_spheres_are_selected_and_keep_the_shape(addon):
    from immat_core.envelope import medial_distance

    obj = sample(addon)
    before = read(addon, obj)
    bpy.ops.immat.insert_spheres(place="EDGES", count=3)
    after = read(addon, obj)
    chosen = np.flatnonzero(addon.bridge.selected_spheres(obj.data))
    assert chosen.tolist() == [7, 8, 9]
    np.testing.assert_allclose(after.radii[7:], [0.2125, 0.225, 0.2375], atol=1e-6)
    points = np.random.default_rng(0).uniform(-1, 3, (500, 3))
    np.testing.assert_allclose(
        medial_distance(points, after), medial_distance(points, before), atol=1e-6
    )


def test_faces_are_split_where_faces_are_picked(addon):
    obj = sample(addon)
    edit(obj, [0, 1, 2])
    bpy.context.tool_settings.mesh_select_mode = (False, False, True)
    bm = bmesh.from_edit_mesh(obj.data)
    for face in bm.faces:
        face.select_set({v.index for v in face.verts} == {0, 1, 2})
    bmesh.update_edit_mesh(obj.data)
    bpy.ops.immat.insert_spheres()
    assert len(read(addon, obj).faces) == 4
    assert np.flatnonzero(addon.bridge.selected_spheres(obj.data)).tolist() == [7]


def test_a_quad_beside_the_edit_stays_a_quad_with_its_data(addon):
    obj = sample(addon)
    edit(obj, [0, 1, 2, 3])
    bpy.ops.mesh.dissolve_limited(angle_limit=0.1)
    bm = bmesh.from_edit_mesh(obj.data)
    assert [len(face.verts) for face in bm.faces] == [4]
    seam = next(edge for edge in bm.edges if {v.index for v in edge.verts} == {1, 2})
    seam.seam = True
    edit(obj, [4, 5])
    bpy.ops.immat.insert_spheres()
    bpy.ops.immat.dissolve_spheres()
    bm = bmesh.from_edit_mesh(obj.data)
    assert [len(face.verts) for face in bm.faces] == [4]
    assert [edge.seam for edge in bm.edges].count(True) == 1
    assert len(bm.edges) == 4 + 3


def test_vertex_groups_survive_and_reach_new_spheres(addon):
    obj = sample(addon)
    bpy.ops.object.vertex_group_add()
    bpy.ops.object.vertex_group_assign()
    bpy.ops.immat.insert_spheres()
    bpy.ops.object.mode_set(mode="OBJECT")
    grouped = [vertex.index for vertex in obj.data.vertices if len(vertex.groups)]
    assert grouped == [4, 5, 7]


def test_dissolving_a_straight_tube_changes_nothing_else(addon):
    obj = sample(addon)
    bpy.ops.immat.insert_spheres()
    before = sample_spheres = read(addon, obj)
    bpy.ops.immat.dissolve_spheres()
    after = read(addon, obj)
    assert len(after.radii) == len(before.radii) - 1
    np.testing.assert_allclose(after.spheres, sample_spheres.spheres[:7], atol=1e-6)


def test_connecting_joins_what_is_near_or_loose(addon):
    from immat_core import MedialMesh

    loose = MedialMesh([[0, 0, 0], [1, 0, 0], [1.3, 0, 0], [4, 0, 0]], [0.1] * 4, [[0, 1]])
    obj = add_mat(addon, loose)
    edit(obj, [3])
    assert bpy.ops.immat.connect_nearest() == {"FINISHED"}
    assert read(addon, obj).edges.tolist() == [[0, 1], [2, 3]]
    bpy.ops.object.mode_set(mode="OBJECT")
    # In Object Mode nothing is selected: loose pieces are meant.
    assert bpy.ops.immat.connect_nearest() == {"FINISHED"}
    assert read(addon, obj).edges.tolist() == [[0, 1], [1, 2], [2, 3]]
    with pytest.raises(RuntimeError, match="Nothing is left"):
        bpy.ops.immat.connect_nearest(mode="PIECES")


@pytest.mark.parametrize("mode", ["OBJECT", "EDIT"])
def test_symmetry_mirrors_centers_and_radii(addon, mode):
    from immat_core import MedialMesh

    mat = MedialMesh([[-2, 0, 0], [0.004, 0, 0], [1, 0, 1]], [0.3, 0.2, 0.1], [[0, 1], [1, 2]])
    obj = add_mat(addon, mat)
    bpy.ops.object.mode_set(mode=mode)
    bpy.ops.immat.symmetrize(direction="POSITIVE_X", plane="ORIGIN", snap=0.01)
    after = read(addon, obj)
    np.testing.assert_allclose(after.centers, [[0, 0, 0], [1, 0, 1], [-1, 0, 1]], atol=1e-6)
    np.testing.assert_allclose(after.radii, [0.2, 0.1, 0.1])
    assert after.edges.tolist() == [[0, 1], [0, 2]]


def test_symmetry_at_the_cursor(addon):
    obj = sample(addon)
    bpy.ops.object.mode_set(mode="OBJECT")
    obj.location.z = 5
    bpy.context.view_layer.update()
    bpy.context.scene.cursor.location = (0, 0, 7)
    bpy.ops.immat.symmetrize(direction="NEGATIVE_Z", plane="CURSOR", snap=0)
    heights = read(addon, obj).centers[:, 2]
    np.testing.assert_allclose(np.sort(heights), np.sort(4 - heights), atol=1e-6)
    assert heights.min() == 0


def test_a_side_without_spheres_cannot_be_kept(addon):
    obj = sample(addon)
    before = read(addon, obj)
    bpy.context.scene.cursor.location = (-9, 0, 0)
    with pytest.raises(RuntimeError, match="No sphere lies on the side"):
        bpy.ops.immat.symmetrize(direction="NEGATIVE_X", snap=0, plane="CURSOR")
    assert same(before, read(addon, obj))


@pytest.mark.parametrize(
    ("profile", "middle"), [("LINEAR", 1.5), ("SMOOTH", 1.5), ("ARCH", 2.0), ("CURVE", 1.5)]
)
def test_a_tube_is_thickened_along_its_length(addon, profile, middle):
    from immat_core import MedialMesh

    line = MedialMesh([[0, 0, z] for z in range(5)], [0.1] * 5, [[i, i + 1] for i in range(4)])
    obj = add_mat(addon, line)
    edit(obj, [3])
    bpy.ops.immat.thicken_tubes(profile=profile, start=1, end=2)
    factors = read(addon, obj).radii / 0.1
    last = 1.0 if profile == "ARCH" else 2.0
    np.testing.assert_allclose(factors[[0, 2, 4]], [1, middle, last], rtol=1e-3)
    assert (np.diff(factors[:3]) > 0).all()


def test_sheets_are_no_tubes(addon):
    obj = sample(addon)
    edit(obj, [1, 2])
    with pytest.raises(RuntimeError, match="No tube is selected"):
        bpy.ops.immat.thicken_tubes()


def test_spheres_fill_a_mesh(addon):
    obj = sample(addon)
    box = add_box((0.5, 3, 4))
    before = read(addon, obj)
    bpy.ops.immat.snap_to_mesh(target=box.name)
    after = read(addon, obj)
    np.testing.assert_allclose(after.spheres[4:6], [[0, 0, 1, 0.5], [0, 0, 2, 0.5]], atol=1e-3)
    np.testing.assert_array_equal(after.spheres[[0, 1, 6]], before.spheres[[0, 1, 6]])


def test_only_the_radius_is_fitted_where_that_is_asked(addon):
    obj = sample(addon)
    obj.immat.target = add_box((0.5, 3, 4))
    before = read(addon, obj)
    bpy.ops.immat.snap_to_mesh(radius_only=True)
    after = read(addon, obj)
    np.testing.assert_array_equal(after.centers, before.centers)
    np.testing.assert_allclose(after.radii[4:6], [0.5, 0.2], atol=1e-6)


def test_fitting_sees_modifiers_and_transforms(addon):
    obj = sample(addon)
    bpy.ops.object.mode_set(mode="OBJECT")
    box = add_box((1, 1, 1))
    box.scale = (-0.25, 3, 4)
    mirror = box.modifiers.new("Subdivision", "SUBSURF")
    mirror.subdivision_type = "SIMPLE"
    obj.location = (0, 0, -1)
    bpy.context.view_layer.update()
    edit(obj, [4])
    bpy.ops.immat.snap_to_mesh(target=box.name)
    np.testing.assert_allclose(read(addon, obj).spheres[4], [0, 0, 1, 0.25], atol=1e-3)


def test_fitting_needs_one_mesh(addon):
    sample(addon)
    with pytest.raises(RuntimeError, match="no mesh to fit into"):
        bpy.ops.immat.snap_to_mesh()
    with pytest.raises(RuntimeError, match="no other mesh"):
        bpy.ops.immat.snap_to_mesh(target="nothing")
