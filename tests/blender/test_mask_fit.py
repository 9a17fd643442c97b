"""Fit to Picture: the job, what it changes, what stops it."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest
from shapes import assert_surface_is_current, fake_predict, predicted_mat, prediction, settle

SIZE = 2.0


@pytest.fixture
def picture(tmp_path):
    """A picture of the made-up prediction, made taller, as its camera and crop see it."""
    from PIL import Image

    from immat_core.medial_mesh import MedialMesh
    from immat_core.predict import PredictSettings
    from immat_core.silhouette import silhouette

    made = prediction()
    mat = made.medial_mesh(PredictSettings())
    tall = MedialMesh(mat.centers * [1, 1, 1.4], mat.radii * 1.2, mat.edges, mat.faces)
    left, top, side = map(int, made.crop_box)
    seen = silhouette(tall, made.camera, side)
    rgba = np.zeros((made.picture_size[1], made.picture_size[0], 4), np.uint8)
    height, width = rgba.shape[:2]
    rows, columns = (
        slice(max(top, 0), min(top + side, height)),
        slice(left, min(left + side, width)),
    )
    part = seen[rows.start - top : rows.stop - top, : columns.stop - left]
    rgba[rows, columns] = np.where(part[..., None], (200, 100, 50, 255), 0)
    path = tmp_path / "tall.png"
    Image.fromarray(rgba).save(path)
    return str(path)


def finish(addon):
    addon.jobs.current().wait(60)
    assert addon.jobs.poll() is None
    return addon.jobs.current()


def state(addon, obj):
    mat = addon.bridge.read_medial_mesh(obj)
    return mat.spheres, tuple(obj.immat.camera), tuple(obj.immat.crop_box)


def overlap(addon, obj):
    """What the panel says: before and after, in percent."""
    before, after = str(obj.data[addon.mask_fitting.OVERLAP]).split(", now ")
    return int(before.removeprefix("Overlap ").rstrip("%")), int(after.rstrip("%"))


def test_it_covers_its_picture_better_at_the_size_that_it_has(addon, picture):
    obj = predicted_mat(addon, picture, SIZE)
    spheres, camera, _ = state(addon, obj)
    assert bpy.ops.immat.fit_to_picture() == {"FINISHED"}
    assert finish(addon).state is addon.jobs.JobState.DONE
    before, after = overlap(addon, obj)
    assert before < 80
    assert after > before + 8
    moved, turned, _ = state(addon, obj)
    assert turned != camera
    diagonals = [np.linalg.norm(np.ptp(s[:, :3], axis=0)) for s in (spheres, moved)]
    assert diagonals[1] == pytest.approx(diagonals[0], rel=0.15)
    settle(addon)
    addon.live.rebuild(obj)
    assert_surface_is_current(addon, obj)
    # What is stored is what the camera of the overlay needs.
    bpy.ops.immat.show_over_picture()
    assert bpy.context.scene.camera["immat_of"] == obj.name
    again = bpy.context.scene.camera.matrix_world.copy()
    assert bpy.ops.immat.fit_to_picture() == {"FINISHED"}
    finish(addon)
    assert overlap(addon, obj)[0] == pytest.approx(after, abs=1)
    assert bpy.context.scene.camera.matrix_world != again or overlap(addon, obj)[1] == after


def test_another_stage_comes_with_the_predicted_camera(addon, picture):
    obj = predicted_mat(addon, picture, SIZE)
    _, camera, crop_box = state(addon, obj)
    bpy.ops.immat.show_over_picture()
    placed = bpy.context.scene.camera.matrix_world.copy()
    bpy.ops.immat.fit_to_picture()
    finish(addon)
    assert state(addon, obj)[1] != camera
    obj.immat.stage = "initial"
    assert state(addon, obj)[1:] == (camera, crop_box)
    assert addon.mask_fitting.OVERLAP not in obj.data
    found = np.array(bpy.context.scene.camera.matrix_world)
    np.testing.assert_allclose(found, np.array(placed), atol=1e-6)


def test_the_command_fits_before_it_writes(addon, picture, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(addon.predicting, "run_networks", fake_predict())
    mats = []
    for name, extra in (("as_predicted", []), ("fitted", ["--fit-mask"])):
        out = tmp_path / f"{name}.blend"
        assert addon.batch.main([picture, "-o", str(out), "--json", *extra]) == 0
        bpy.ops.wm.open_mainfile(filepath=str(out))
        mats.append(state(addon, bpy.data.objects["tall"]))
    plain, fitted = (json.loads(x) for x in capsys.readouterr().out.splitlines() if x[:1] == "{")
    assert "iou" not in plain
    assert fitted["iou"] > fitted["iou_before"] + 0.08
    assert fitted["mesh"]["manifold"]
    assert not np.array_equal(mats[0][0], mats[1][0])
    assert mats[1][1] == pytest.approx([fitted["camera"][key] for key in plain["camera"]], rel=1e-5)


def test_an_edited_mat_is_fitted_with_the_spheres_that_it_has(addon, picture):
    obj = predicted_mat(addon, picture, SIZE)
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.immat.fit_to_picture.poll()
    bpy.ops.mesh.select_all(action="DESELECT")
    bpy.ops.object.mode_set(mode="OBJECT")
    obj.data.vertices[0].select = True
    bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.delete(type="VERT")
    bpy.ops.object.mode_set(mode="OBJECT")
    count = len(obj.data.vertices)
    bpy.ops.immat.fit_to_picture()
    assert finish(addon).state is addon.jobs.JobState.DONE
    assert len(obj.data.vertices) == count == 11
    assert overlap(addon, obj)[1] > overlap(addon, obj)[0]


def test_cancel_and_a_change_meanwhile_leave_the_mat_alone(addon, picture):
    obj = predicted_mat(addon, picture, SIZE)
    before = state(addon, obj)
    bpy.ops.immat.fit_to_picture()
    assert not bpy.ops.immat.fit_to_picture.poll()
    bpy.ops.immat.cancel()
    assert finish(addon).state is addon.jobs.JobState.CANCELLED
    for found, kept in zip(state(addon, obj), before, strict=True):
        np.testing.assert_array_equal(found, kept)
    bpy.ops.immat.fit_to_picture()
    addon.jobs.current().wait(60)
    obj.data.vertices[0].co.x += 0.1
    changed = state(addon, obj)
    assert finish(addon).message == "The MAT was changed meanwhile. Fit it to the picture again"
    for found, kept in zip(state(addon, obj), changed, strict=True):
        np.testing.assert_array_equal(found, kept)


def test_a_mat_without_its_picture_is_told_so(addon, picture, tmp_path):
    assert not bpy.ops.immat.fit_to_picture.poll()
    obj = predicted_mat(addon, str(tmp_path / "gone.png"), SIZE)
    bpy.ops.immat.fit_to_picture()
    job = finish(addon)
    assert job.state is addon.jobs.JobState.FAILED
    assert "gone.png" in job.message
    obj.immat.picture = ""
    assert not bpy.ops.immat.fit_to_picture.poll()


def test_a_camera_of_one_crop_becomes_that_of_another(addon):
    from immat_core.camera import Camera

    camera = Camera(0.4, 0.2, 2.0, 3.0, 0.1, -0.2, 0.05)
    old, new = (10.0, 20.0, 100.0), (4.0, 30.0, 80.0)
    points = np.random.default_rng(0).normal(0, 0.2, (20, 3))
    pixels = []
    for box, seen in ((old, camera), (new, addon.mask_fitting.camera_of_crop(camera, old, new))):
        uv, _ = seen.project(points)
        pixels.append((uv + 1) * box[2] / 2 + box[:2])
    np.testing.assert_allclose(pixels[1], pixels[0], atol=1e-4)
