"""A rebuild that takes long is a job: with progress and Cancel, and a new edit starts it again."""

from __future__ import annotations

import threading

import bpy
import pytest
from shapes import add_mat, assert_surface_is_current, settle, surface_in_space


class Worker:
    """Stands in for the route: holds each job until the test lets it go."""

    def __init__(self, addon, monkeypatch):
        self.build = addon.surface_route.build
        self.started = 0
        self.let_go = threading.Event()
        self.begun = threading.Event()
        monkeypatch.setattr(addon.surface_route, "build", self)

    def __call__(self, uid, mat, settings, on_progress=None, should_cancel=None):
        from immat_core.errors import Cancelled

        if on_progress is None:
            return self.build(uid, mat, settings)
        self.started += 1
        on_progress(0.25, "Sampling")
        self.begun.set()
        while not self.let_go.wait(0.005):
            if should_cancel():
                raise Cancelled
        return self.build(uid, mat, settings, on_progress, should_cancel)


@pytest.fixture
def worker(addon, monkeypatch):
    monkeypatch.setattr(addon.pace, "JOB_SECONDS", 0.0)
    monkeypatch.setattr(addon.pace, "REST_SECONDS", 0.0)
    worker = Worker(addon, monkeypatch)
    yield worker
    worker.let_go.set()
    addon.live.forget(wait_seconds=30)


def move(obj, by=0.2):
    obj.data.vertices[0].co.x -= by
    obj.data.update()
    bpy.context.view_layer.update()


def begin(addon, worker, obj):
    """Move and start the job; it stands at a quarter."""
    move(obj)
    assert addon.live.flush() == addon.jobs.POLL_SECONDS
    assert worker.begun.wait(30)
    worker.begun.clear()
    return addon.slow_rebuilds.running(obj.session_uid)


def finish(addon, worker, obj):
    """Let the job go and take what it built."""
    worker.let_go.set()
    addon.slow_rebuilds.finish(obj.session_uid)
    assert addon.live.flush() is None


def test_the_window_has_its_turns_and_the_surface_comes_later(addon, worker):
    obj = add_mat(addon)
    before = surface_in_space(obj)
    job = begin(addon, worker, obj)
    for _ in range(3):
        assert addon.live.flush() == addon.jobs.POLL_SECONDS
    assert (job.share, job.what) == (0.25, "Sampling")
    assert (surface_in_space(obj) == before).all()
    assert (worker.started, addon.live.counters.rebuilds) == (1, 0)
    finish(addon, worker, obj)
    assert addon.live.counters.rebuilds == 1
    assert addon.slow_rebuilds.running(obj.session_uid) is None
    assert_surface_is_current(addon, obj)
    settle(addon)
    assert addon.live.counters.rebuilds == 1


def test_a_new_edit_starts_it_again(addon, worker):
    obj = add_mat(addon)
    first = begin(addon, worker, obj)
    second = begin(addon, worker, obj)
    assert second is not first
    first.wait(30)
    assert first.settle()
    assert first.state is addon.jobs.JobState.CANCELLED
    finish(addon, worker, obj)
    assert (worker.started, addon.live.counters.rebuilds) == (2, 1)
    assert_surface_is_current(addon, obj)


def test_cancel_leaves_the_surface_until_the_next_edit(addon, worker):
    obj = add_mat(addon)
    before = surface_in_space(obj)
    job = begin(addon, worker, obj)
    assert bpy.ops.immat.cancel_surface() == {"FINISHED"}
    job.wait(30)
    assert addon.live.flush() is None
    assert "cancelled" in addon.live.problems[obj.session_uid]
    obj.data.update()
    settle(addon)
    assert worker.started == 1
    assert (surface_in_space(obj) == before).all()
    assert bpy.ops.immat.cancel_surface() == {"CANCELLED"}
    begin(addon, worker, obj)
    finish(addon, worker, obj)
    assert obj.session_uid not in addon.live.problems
    assert_surface_is_current(addon, obj)


def test_going_back_to_what_is_shown_needs_no_job(addon, worker):
    obj = add_mat(addon)
    job = begin(addon, worker, obj)
    move(obj, -0.2)
    obj.data.vertices[0].co.x = 0
    obj.data.update()
    assert addon.live.flush() is None
    job.wait(30)
    assert job.cancelling or job.settle()
    assert addon.live.counters.rebuilds == 0
    assert_surface_is_current(addon, obj)


def test_undo_while_it_runs(addon, worker):
    name = add_mat(addon).name
    bpy.ops.ed.undo_push(message="made")
    before = surface_in_space(bpy.data.objects[name])
    begin(addon, worker, bpy.data.objects[name])
    bpy.ops.ed.undo_push(message="moved")
    bpy.ops.ed.undo()
    worker.let_go.set()
    settle(addon)
    assert (surface_in_space(bpy.data.objects[name]) == before).all()
    bpy.ops.ed.redo()
    bpy.context.view_layer.update()
    addon.live.flush()
    finish(addon, worker, bpy.data.objects[name])
    assert_surface_is_current(addon, bpy.data.objects[name])


def test_a_mat_that_is_deleted_takes_its_job_along(addon, worker):
    obj = add_mat(addon)
    job = begin(addon, worker, obj)
    bpy.data.objects.remove(obj)
    assert addon.live.flush() is None
    job.wait(30)
    assert job.settle()
    assert job.state is addon.jobs.JobState.CANCELLED
    assert not addon.slow_rebuilds._rebuilds


def test_a_file_is_saved_when_the_surface_is_there(addon, worker, tmp_path):
    obj = add_mat(addon)
    name = obj.name
    begin(addon, worker, obj)
    worker.let_go.set()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shape.blend"))
    assert worker.started == 1
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shape.blend"))
    assert_surface_is_current(addon, bpy.data.objects[name])


def test_a_failed_job_says_so_and_is_not_tried_again(addon, worker, monkeypatch):
    from immat_core.errors import UserError

    def fail(*_arguments):
        raise UserError("the voxel is too fine", "Use a larger one")

    obj = add_mat(addon)
    worker.build = fail
    begin(addon, worker, obj)
    finish(addon, worker, obj)
    settle(addon)
    assert addon.live.problems[obj.session_uid] == "the voxel is too fine. Use a larger one"
    assert worker.started == 1


def test_rebuild_surface_waits_for_it_where_there_is_no_window(addon, worker):
    obj = add_mat(addon)
    worker.let_go.set()
    before = surface_in_space(obj)
    move(obj)
    assert bpy.ops.immat.rebuild_surface() == {"FINISHED"}
    assert (surface_in_space(obj).shape != before.shape) or (surface_in_space(obj) != before).any()
    assert_surface_is_current(addon, obj)


def test_fine_voxels_are_expected_to_take_long(addon):
    """So that none blocks the window; the estimate is within a factor of 3 of the truth."""
    from immat_core.surface import build_surface

    obj = add_mat(addon)
    mat = addon.bridge.read_medial_mesh(obj)
    triangles = len(build_surface(mat, 1 / 40).triangles)
    for compiled, seconds in addon.pace.SECONDS_PER_TRIANGLE.items():
        expected = addon.pace.expected_seconds(mat, 1 / 40, compiled) / seconds
        assert triangles / 3 < expected < triangles * 3
        assert addon.pace.expected_seconds(mat, 1 / 4000, compiled) > addon.pace.JOB_SECONDS
