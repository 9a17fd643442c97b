"""MATs and surfaces from and to files, and the shape over its picture."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from mathutils import Vector
from mathutils.kdtree import KDTree
from shapes import add_mat, assert_surface_is_current, bent_mat, edit, predicted_mat, prediction


@pytest.mark.parametrize("edit_mode", [False, True])
def test_a_mat_goes_out_and_comes_back(addon, tmp_path, edit_mode):
    obj = add_mat(addon)
    if edit_mode:
        edit(obj, [0])
        bpy.ops.transform.translate(value=(0.5, 0, 0))
    path = str(tmp_path / "shape.ma")
    bpy.ops.immat.export_mat(filepath=path)
    written = addon.bridge.read_medial_mesh(obj)
    if edit_mode:
        bpy.ops.object.mode_set(mode="OBJECT")
    bpy.ops.immat.import_mat(filepath=path)
    back = bpy.context.active_object
    assert back.name == "shape"
    read = addon.bridge.read_medial_mesh(back)
    np.testing.assert_array_equal(read.spheres, written.spheres)
    np.testing.assert_array_equal(read.edges, written.edges)
    np.testing.assert_array_equal(read.faces, written.faces)
    assert_surface_is_current(addon, back)


def test_import_can_be_undone(addon, tmp_path):
    from immat_core.ma_file import write_ma

    write_ma(tmp_path / "shape.ma", bent_mat())
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.immat.import_mat("EXEC_DEFAULT", True, filepath=str(tmp_path / "shape.ma"))
    assert len(bpy.data.objects) == 2
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 0


def test_a_bad_file_names_its_line_and_adds_nothing(addon, tmp_path):
    (tmp_path / "bad.ma").write_text("1 0 0\nv 0 0 zero 1\n")
    with pytest.raises(RuntimeError, match=r"bad\.ma.*2"):
        bpy.ops.immat.import_mat(filepath=str(tmp_path / "bad.ma"))
    assert len(bpy.data.objects) == len(bpy.data.meshes) == 0


IMPORTERS = {
    ".glb": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    ".obj": lambda path: bpy.ops.wm.obj_import(filepath=path),
    ".ply": lambda path: bpy.ops.wm.ply_import(filepath=path),
    ".stl": lambda path: bpy.ops.wm.stl_import(filepath=path),
}


@pytest.mark.parametrize("suffix", IMPORTERS)
@pytest.mark.parametrize("edit_mode", [False, True])
def test_the_surface_goes_out_and_only_it(addon, tmp_path, suffix, edit_mode):
    obj = add_mat(addon)
    if edit_mode:
        edit(obj, [0])
    path = str(tmp_path / f"shape{suffix}")
    bpy.ops.immat.export_surface(filepath=path)
    assert obj.mode == ("EDIT" if edit_mode else "OBJECT")
    assert bpy.context.active_object == obj
    expected = KDTree(len(obj.immat.surface.data.vertices))
    for vertex in obj.immat.surface.data.vertices:
        expected.insert(vertex.co, vertex.index)
    expected.balance()
    count = len(obj.immat.surface.data.vertices)
    bpy.ops.wm.read_homefile(use_empty=True)
    IMPORTERS[suffix](path)
    (found,) = [o for o in bpy.data.objects if o.type == "MESH"]
    bpy.context.view_layer.update()
    nearest = [expected.find(found.matrix_world @ v.co) for v in found.data.vertices]
    assert {index for _, index, _ in nearest} == set(range(count))
    assert max(distance for _, _, distance in nearest) < 1e-5


def test_a_name_without_an_ending_takes_the_chosen_format(addon, tmp_path):
    add_mat(addon)
    bpy.ops.immat.export_surface(filepath=str(tmp_path / "shape"), file_format=".ply")
    assert [path.name for path in tmp_path.iterdir()] == ["shape.ply"]


def test_an_unknown_ending_is_refused(addon, tmp_path):
    add_mat(addon)
    with pytest.raises(RuntimeError, match=r"Use \.glb"):
        bpy.ops.immat.export_surface(filepath=str(tmp_path / "shape.fbx"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("size", [1.0, 2.5])
def test_the_camera_sees_the_shape_where_the_picture_shows_it(addon, size):
    made = prediction()
    obj = predicted_mat(addon, size=size)
    obj.location = (1, 2, 3)
    obj.rotation_euler = (0.1, 0.2, 0.3)
    bpy.context.view_layer.update()
    camera = addon.picture_camera.place(bpy.context, obj)
    bpy.context.view_layer.update()
    scene = bpy.context.scene
    assert (scene.render.resolution_x, scene.render.resolution_y) == (200, 120)
    left, top, side = made.crop_box
    uv, _ = made.camera.project(made.stages[2].spheres[:, :3])
    expected = np.array([left, top]) + (uv + 1) / 2 * side
    for vertex, (x, y) in zip(obj.data.vertices, expected, strict=True):
        seen = world_to_camera_view(scene, camera, obj.matrix_world @ Vector(vertex.co))
        assert seen.x * 200 == pytest.approx(x, abs=1e-2)
        assert (1 - seen.y) * 120 == pytest.approx(y, abs=1e-2)


def test_the_picture_is_the_cameras_background_once(addon, tmp_path):
    from PIL import Image

    path = tmp_path / "picture.png"
    Image.new("RGB", (200, 120), "red").save(path)
    predicted_mat(addon, str(path))
    for _ in range(2):
        assert bpy.ops.immat.show_over_picture() == {"FINISHED"}
    assert len(bpy.data.cameras) == 1
    (background,) = bpy.context.scene.camera.data.background_images
    assert tuple(background.image.size) == (200, 120)


def test_a_picture_that_lies_on_its_side_is_turned(addon, tmp_path):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.new("RGB", (120, 80), "white")
    turned.paste((200, 30, 30), (30, 20, 90, 60))
    path = tmp_path / "turned.jpg"
    turned.save(path, exif=exif)
    image = addon.operators.overlay._upright_image(str(path))
    assert tuple(image.size) == (80, 120)
    assert image.packed_file is not None


def test_a_mat_without_a_picture_cannot_be_shown_over_one(addon):
    add_mat(addon)
    assert not bpy.ops.immat.show_over_picture.poll()
