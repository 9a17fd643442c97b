"""Predicting in the add-on: the job, its result, Cancel, failure, thresholds and stages."""

from __future__ import annotations

import threading
from pathlib import Path

import bpy
import numpy as np
import pytest
from shapes import add_mat, assert_surface_is_current, edit, fake_predict, prediction, settle


@pytest.fixture
def picture(tmp_path):
    """A picture that is opaque on a disc."""
    from PIL import Image

    y, x = np.mgrid[:60, :80]
    rgba = np.zeros((60, 80, 4), np.uint8)
    rgba[(x - 40) ** 2 + (y - 30) ** 2 < 400] = (200, 100, 50, 255)
    path = tmp_path / "disc.png"
    Image.fromarray(rgba).save(path)
    return str(path)


def datablocks():
    return {
        name: sorted(block.name for block in getattr(bpy.data, name))
        for name in ("objects", "meshes", "materials", "node_groups", "cameras", "images")
    }


def finish(addon):
    addon.jobs.current().wait(30)
    assert addon.jobs.poll() is None


@pytest.fixture
def predicted(addon, picture, monkeypatch):
    monkeypatch.setattr(addon.predicting, "run_networks", fake_predict())
    bpy.context.scene.immat.picture = picture
    bpy.ops.immat.predict()
    finish(addon)
    settle(addon)
    addon.live.counters.rebuilds = 0
    return bpy.context.active_object


def test_predict_needs_a_picture(addon):
    assert not bpy.ops.immat.predict.poll()


def test_a_prediction_becomes_a_mat_and_its_surface(addon, predicted):
    assert addon.jobs.current().state is addon.jobs.JobState.DONE
    assert predicted.name == "disc"
    expected = prediction().medial_mesh(addon.properties.predict_settings(bpy.context.scene.immat))
    read = addon.bridge.read_medial_mesh(predicted)
    np.testing.assert_array_equal(read.centers, expected.centers)
    np.testing.assert_array_equal(read.radii, expected.radii)
    np.testing.assert_array_equal(read.faces, expected.faces)
    np.testing.assert_array_equal(read.edges, expected.all_edges)
    assert_surface_is_current(addon, predicted)
    assert predicted.immat.stage == "smoothed"
    assert predicted.immat.edge_threshold == pytest.approx(0.2)
    assert addon.live.counters.rebuilds == 0


def test_it_stands_on_the_grid_at_the_size_that_the_user_set(addon, picture, monkeypatch):
    monkeypatch.setattr(addon.predicting, "run_networks", fake_predict())
    bpy.context.scene.immat.picture = picture
    bpy.context.scene.immat.size = 3.0
    bpy.ops.immat.predict()
    finish(addon)
    obj = bpy.context.active_object
    bpy.context.view_layer.update()
    surface = obj.immat.surface
    lowest = min((surface.matrix_world @ v.co).z for v in surface.data.vertices)
    assert lowest == pytest.approx(0, abs=obj.immat.voxel)
    assert tuple(obj.scale) == (1, 1, 1)
    radii = addon.bridge.read_medial_mesh(obj).radii
    np.testing.assert_allclose(radii, 3 * 0.06, rtol=1e-6)
    assert obj.immat.voxel == pytest.approx(3 / 128)


@pytest.mark.parametrize("when", ["before", "after"])
def test_cancel_leaves_the_scene_as_it_was(addon, picture, monkeypatch, when):
    from immat_core.errors import Cancelled

    started, release = threading.Event(), threading.Event()

    def slow(request, progress, should_cancel):
        started.set()
        release.wait(30)
        if should_cancel() and when == "before":
            raise Cancelled
        return fake_predict()(request, progress, should_cancel)

    monkeypatch.setattr(addon.predicting, "run_networks", slow)
    bpy.context.scene.immat.picture = picture
    before = datablocks()
    bpy.ops.immat.predict()
    assert started.wait(30)
    assert not bpy.ops.immat.predict.poll()
    assert addon.jobs.poll() == addon.jobs.POLL_SECONDS
    bpy.ops.immat.cancel()
    assert addon.jobs.current().cancelling
    release.set()
    finish(addon)
    assert addon.jobs.current().state is addon.jobs.JobState.CANCELLED
    assert datablocks() == before
    assert not bpy.ops.immat.cancel.poll()
    assert bpy.ops.immat.predict.poll()


@pytest.mark.parametrize("bug", [False, True])
def test_a_failure_is_told_and_leaves_the_scene_as_it_was(addon, picture, monkeypatch, bug):
    from immat_core.errors import UserError

    def fails(*_arguments):
        raise RuntimeError("inner") if bug else UserError("There is no object", "Paint a mask")

    monkeypatch.setattr(addon.predicting, "run_networks", fails)
    bpy.context.scene.immat.picture = picture
    before = datablocks()
    bpy.ops.immat.predict()
    finish(addon)
    job = addon.jobs.current()
    assert job.state is addon.jobs.JobState.FAILED
    assert job.message == (
        "A bug stopped this job (RuntimeError); the console tells more"
        if bug
        else "There is no object. Paint a mask"
    )
    assert datablocks() == before


def test_a_failure_while_objects_are_made_is_told(addon, picture, monkeypatch):
    monkeypatch.setattr(addon.predicting, "run_networks", fake_predict(lambda: None))
    bpy.context.scene.immat.picture = picture
    before = datablocks()
    bpy.ops.immat.predict()
    finish(addon)
    assert addon.jobs.current().state is addon.jobs.JobState.FAILED
    assert datablocks() == before


def test_the_result_waits_until_edit_mode_is_left(addon, picture, monkeypatch):
    edited = add_mat(addon)
    monkeypatch.setattr(addon.predicting, "run_networks", fake_predict())
    bpy.context.scene.immat.picture = picture
    bpy.ops.immat.predict()
    edit(edited, [0])
    before = datablocks()
    addon.jobs.current().wait(30)
    assert addon.jobs.poll() == addon.jobs.POLL_SECONDS
    assert datablocks() == before
    bpy.ops.object.mode_set(mode="OBJECT")
    finish(addon)
    assert bpy.context.active_object.name == "disc"


def test_loading_another_file_cancels_the_job(addon, picture, monkeypatch):
    release = threading.Event()

    def slow(request, progress, should_cancel):
        release.wait(30)
        return fake_predict()(request, progress, should_cancel)

    monkeypatch.setattr(addon.predicting, "run_networks", slow)
    bpy.context.scene.immat.picture = picture
    bpy.ops.immat.predict()
    bpy.ops.wm.read_homefile(use_empty=True)
    before = datablocks()
    release.set()
    finish(addon)
    assert datablocks() == before


def test_the_job_reports_progress(addon, picture, monkeypatch):
    monkeypatch.setattr(addon.predicting, "run_networks", fake_predict())
    bpy.context.scene.immat.picture = picture
    bpy.ops.immat.predict()
    finish(addon)
    assert (addon.jobs.current().share, addon.jobs.current().what) == (0.8, "Building the surface")


@pytest.mark.parametrize("edit_mode", [False, True])
def test_thresholds_act_live_without_predicting_again(addon, predicted, edit_mode):
    if edit_mode:
        edit(predicted, [])
    stage = prediction().stage("smoothed")
    for edge, face in ((0.9, 0.9), (0.0, 0.5), (1.0, 1.0)):
        predicted.immat.edge_threshold = edge
        predicted.immat.face_threshold = face
        expected = stage.medial_mesh(edge, face)
        read = addon.bridge.read_medial_mesh(predicted)
        np.testing.assert_array_equal(read.faces, expected.faces)
        np.testing.assert_array_equal(read.edges, expected.all_edges)
    settle(addon)
    assert addon.live.counters.rebuilds == 1
    assert_surface_is_current(addon, predicted)


def test_thresholds_leave_moved_spheres_where_they_are(addon, predicted):
    predicted.data.vertices[3].co.z += 0.5
    before = addon.bridge.read_medial_mesh(predicted)
    predicted.immat.edge_threshold = 0.9
    after = addon.bridge.read_medial_mesh(predicted)
    np.testing.assert_array_equal(after.centers, before.centers)
    np.testing.assert_array_equal(after.radii, before.radii)


def test_thresholds_do_nothing_once_spheres_were_added(addon, predicted):
    edit(predicted, [0])
    bpy.ops.mesh.extrude_region_move(TRANSFORM_OT_translate={"value": (0, 0, 1)})
    before = addon.bridge.read_medial_mesh(predicted)
    predicted.immat.edge_threshold = 0.95
    np.testing.assert_array_equal(addon.bridge.read_medial_mesh(predicted).edges, before.edges)
    assert not addon.stages.can_apply(predicted)


def test_each_stage_can_be_shown(addon, predicted):
    for name, radius in (("initial", 0.08), ("refined", 0.07), ("smoothed", 0.06)):
        predicted.immat.stage = name
        radii = addon.bridge.read_medial_mesh(predicted).radii
        np.testing.assert_array_equal(radii, np.float32(radius))
        settle(addon)
        assert_surface_is_current(addon, predicted)


def test_stages_survive_saving_and_undo(addon, predicted, tmp_path):
    bpy.ops.ed.undo_push(message="predicted")
    predicted.immat.edge_threshold = 0.9
    bpy.ops.ed.undo_push(message="threshold")
    bpy.ops.ed.undo()
    obj = bpy.data.objects["disc"]
    settle(addon)
    assert obj.immat.edge_threshold == pytest.approx(0.2)
    assert_surface_is_current(addon, obj)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "file.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "file.blend"))
    obj = bpy.data.objects["disc"]
    obj.immat.face_threshold = 0.9
    expected = prediction().stage("smoothed").medial_mesh(0.2, 0.9)
    np.testing.assert_array_equal(addon.bridge.read_medial_mesh(obj).faces, expected.faces)


def test_damaged_stages_are_ignored(addon, predicted):
    predicted.data[addon.stages.PROPERTY] = "bm9uc2Vuc2U="
    assert not addon.stages.apply_thresholds(predicted)
    assert addon.stages.load(add_mat(addon).data, "smoothed") is None


def assert_previewed(addon, picture):
    """The icon holds the picture; without a window Blender gives it no number to draw it by."""
    preview = addon.previews.find(picture, "")
    assert (preview.loaded, preview.message) == (True, "The Picture's Transparency")
    icon = addon.previews.icon(picture, "")
    assert tuple(icon.image_size) == (80, 80)
    pixels = np.array(icon.image_pixels_float[:]).reshape(80, 80, 4)
    assert set(np.unique(pixels[..., 3])) == {0, 1}
    np.testing.assert_allclose(pixels[40, 40], np.float32([200, 100, 50, 255]) / 255, atol=1e-2)


def test_a_picture_is_loaded_with_its_preview(addon, picture):
    assert bpy.ops.immat.load_picture(filepath=picture) == {"FINISHED"}
    assert bpy.context.scene.immat.picture == picture
    assert_previewed(addon, picture)


def test_a_bad_picture_is_refused_and_the_old_one_stays(addon, picture, tmp_path):
    bpy.ops.immat.load_picture(filepath=picture)
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    with pytest.raises(RuntimeError, match=r"bad\.png"):
        bpy.ops.immat.load_picture(filepath=str(bad))
    assert bpy.context.scene.immat.picture == picture


def test_a_typed_path_is_previewed_in_the_background(addon, picture):
    addon.previews.forget()
    bpy.context.scene.immat.picture = picture
    for _ in range(200):
        if addon.previews.poll() is None and addon.previews.find(picture, ""):
            break
        threading.Event().wait(0.05)
    assert_previewed(addon, picture)


def test_a_typed_path_to_nothing_says_so(addon, tmp_path):
    missing = str(tmp_path / "missing.png")
    bpy.context.scene.immat.picture = missing
    for _ in range(200):
        addon.previews.poll()
        if addon.previews.find(missing, ""):
            break
        threading.Event().wait(0.05)
    assert "missing.png" in addon.previews.find(missing, "").message


def test_preview_pixels_are_square_and_bottom_row_first(addon):
    rgba = np.zeros((300, 600, 4), np.uint8)
    rgba[0, :] = 255
    pixels = addon.previews.preview_pixels(rgba)
    assert pixels.shape == (200, 200, 4)
    assert pixels.dtype == np.float32
    rows = np.flatnonzero(pixels.any((1, 2)))
    assert len(rows) <= 1
    assert all(row >= 100 for row in rows)


@pytest.mark.skipif(
    not list((Path(__file__).parents[2] / "immat_core" / "weights").glob("*.safetensors")),
    reason="no trained weights here yet",
)
def test_the_real_networks_predict_from_a_picture(addon, picture):
    bpy.context.scene.immat.picture = picture
    bpy.ops.immat.predict()
    finish(addon)
    assert addon.jobs.current().state is addon.jobs.JobState.DONE, addon.jobs.current().message
    obj = bpy.context.active_object
    assert addon.bridge.sphere_count(obj.data) == 256
    assert_surface_is_current(addon, obj)
