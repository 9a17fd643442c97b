"""While a shape is dragged its surface may be coarser; once it rests it is what it should be."""

from __future__ import annotations

import itertools
import math

import bpy
import pytest
from shapes import (
    add_mat,
    assert_surface_is_current,
    edit,
    settle,
    surface_arrays,
    surface_in_space,
)

STEP = 0.05
"""Seconds between two movements of a dragging mouse."""


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(addon, monkeypatch):
    clock = Clock()
    monkeypatch.setattr(addon.live, "clock", clock)
    return clock


@pytest.fixture(params=["reference", "compiled"])
def route(request, addon, monkeypatch):
    """Both routes, whatever this session has compiled by now."""
    from immat_core import kernels

    if request.param == "compiled":
        kernels.load()
    monkeypatch.setattr(kernels, "ready", lambda: request.param == "compiled")
    return request.param


@pytest.fixture
def slow_machine(addon, monkeypatch):
    """Every rebuild takes longer than a frame may, and as long as the one before."""
    monkeypatch.setattr(addon.pace, "FRAME_SECONDS", 1e-3)
    monkeypatch.setattr(addon.pace, "expected_drag_seconds", lambda *_arguments: 4e-3)
    monkeypatch.setattr(addon.pace.Pace, "note", lambda pace, _seconds: pace.begin(4e-3))


def move(obj, by=0.03):
    obj.data.vertices[0].co.x -= by
    obj.data.update()
    bpy.context.view_layer.update()


def signature(addon, obj, coarser=None):
    settings = addon.surface_route.settings_of(obj)
    mat = addon.bridge.read_medial_mesh(obj)
    return addon.surface_route.signature(mat, settings.coarser(coarser) if coarser else settings)


def shown(addon, obj):
    return obj.immat.surface.data[addon.surface_mesh.SIGNATURE]


def rest(addon, clock):
    clock.now += addon.pace.REST_SECONDS
    assert addon.live.flush() is None


def test_a_fast_machine_shows_every_step_as_it_is(addon, clock, route):
    obj = add_mat(addon)
    for count in range(1, 7):
        move(obj)
        assert addon.live.flush() is None
        assert addon.live.counters.rebuilds == count
        assert_surface_is_current(addon, obj)
        clock.now += STEP
    rest(addon, clock)
    assert addon.live.counters.rebuilds == 6


def test_a_slow_machine_shows_less_until_the_shape_rests(addon, clock, route, slow_machine):
    obj = add_mat(addon)
    move(obj)
    assert addon.live.flush() is None
    assert_surface_is_current(addon, obj)
    at_rest = len(obj.immat.surface.data.polygons)
    for _ in range(4):
        clock.now += STEP
        move(obj)
        seconds = addon.live.flush()
        assert 0 < seconds <= addon.pace.REST_SECONDS
        assert shown(addon, obj) != signature(addon, obj)
        assert len(obj.immat.surface.data.polygons) < 0.6 * at_rest
        assert not obj.immat.surface.data.validate()
    assert addon.live.counters.rebuilds == 5
    clock.now += STEP
    assert 0 < addon.live.flush() <= addon.pace.REST_SECONDS - STEP + 1e-6
    assert addon.live.counters.rebuilds == 5
    rest(addon, clock)
    assert addon.live.counters.rebuilds == 6
    assert_surface_is_current(addon, obj)


def test_a_new_drag_begins_as_coarse_as_the_last(addon, clock, route, slow_machine):
    obj = add_mat(addon)
    sizes = []
    for _ in range(2):
        for _ in range(3):
            move(obj)
            addon.live.flush()
            sizes.append(len(obj.immat.surface.data.polygons))
            clock.now += STEP
        rest(addon, clock)
        clock.now += 1
    first, *dragged = sizes[3:]
    assert max(dragged) < 0.6 * first
    assert_surface_is_current(addon, obj)


def test_while_the_mouse_is_held_the_first_change_is_a_drag(
    addon, clock, slow_machine, monkeypatch
):
    obj = add_mat(addon)
    monkeypatch.setattr(addon.live, "is_held", lambda: True)
    move(obj)
    assert addon.live.flush() > 0
    assert shown(addon, obj) != signature(addon, obj)
    # A mouse that is held still lets the surface become what it should be.
    rest(addon, clock)
    assert_surface_is_current(addon, obj)


def test_thin_parts_do_not_vanish_from_a_coarse_preview(addon, clock, route, slow_machine):
    from immat_core import MedialMesh
    from immat_core.surface.checks import check_polygons

    chain = MedialMesh([[0, 0, 0], [1, 0, 0], [2, 0.3, 0]], [0.05, 0.04, 0.05], [[0, 1], [1, 2]])
    obj = add_mat(addon, chain)
    for _ in range(3):
        move(obj)
        addon.live.flush()
        clock.now += STEP
    assert shown(addon, obj) != signature(addon, obj)
    report = check_polygons(*surface_arrays(obj))
    assert (report.manifold, report.components, report.genus) == (True, 1, 0)


def test_quads_come_when_the_shape_rests(addon, clock, route):
    obj = add_mat(addon)
    clock.now += 1
    obj.immat.quads = True
    settle(addon)
    corners = {surface_arrays(obj)[1].shape[1]}
    for _ in range(3):
        clock.now += STEP
        move(obj)
        addon.live.flush()
        corners.add(surface_arrays(obj)[1].shape[1])
    assert corners == ({4, 3} if route == "compiled" else {4})
    rest(addon, clock)
    assert surface_arrays(obj)[1].shape[1] == 4
    assert_surface_is_current(addon, obj)


@pytest.mark.parametrize("coarse", [False, True])
def test_a_file_saved_in_the_middle_of_a_drag_is_whole(
    addon, clock, tmp_path, monkeypatch, slow_machine, coarse
):
    obj = add_mat(addon)
    for _ in range(3 if coarse else 1):
        move(obj)
        addon.live.flush()
        clock.now += STEP
    assert (shown(addon, obj) == signature(addon, obj)) is not coarse
    name = obj.name
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shape.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shape.blend"))
    assert_surface_is_current(addon, bpy.data.objects[name])


def test_undo_in_the_middle_of_a_drag(addon, clock, route, slow_machine):
    name = add_mat(addon).name
    bpy.ops.ed.undo_push(message="made")
    before = surface_in_space(bpy.data.objects[name])
    for _ in range(3):
        move(bpy.data.objects[name])
        addon.live.flush()
        clock.now += STEP
    bpy.ops.ed.undo_push(message="dragged")
    bpy.ops.ed.undo()
    clock.now += 1
    settle(addon)
    assert (surface_in_space(bpy.data.objects[name]) == before).all()
    bpy.ops.ed.redo()
    clock.now += 1
    settle(addon)
    assert_surface_is_current(addon, bpy.data.objects[name])


def test_what_is_kept_follows_through_every_kind_of_change(addon, route):
    """The same as a new build after each of many edits, undone, redone, removed and added."""
    name = add_mat(addon).name
    bpy.ops.ed.undo_push(message="made")
    for count, index in enumerate(itertools.islice(itertools.cycle((0, 3, 1, 2)), 12)):
        obj = bpy.data.objects[name]
        edit(obj, [index % addon.bridge.sphere_count(obj.data)])
        if count % 4 == 3:
            bpy.ops.mesh.extrude_region_move(TRANSFORM_OT_translate={"value": (0.2, 0.1, 0.3)})
        elif count % 4 == 2:
            bpy.ops.immat.radius(factor=1.2)
        else:
            bpy.ops.transform.translate(value=(0.05, -0.08, 0.02 * count))
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.ops.ed.undo_push(message=f"edit {count}")
        settle(addon)
        assert_surface_is_current(addon, bpy.data.objects[name])
        if count % 3 == 0:
            bpy.ops.ed.undo()
            settle(addon)
            assert_surface_is_current(addon, bpy.data.objects[name])
            bpy.ops.ed.redo()
            settle(addon)
            assert_surface_is_current(addon, bpy.data.objects[name])
    copy = bpy.data.objects[name].copy()
    copy.data = copy.data.copy()
    bpy.context.collection.objects.link(copy)
    bpy.data.objects.remove(bpy.data.objects[name])
    move(copy)
    settle(addon)
    assert_surface_is_current(addon, copy)


def test_what_is_kept_goes_with_its_mat(addon):
    from immat_core import kernels

    kernels.load()
    obj = add_mat(addon)
    move(obj)
    settle(addon)
    uid = obj.session_uid
    assert addon.surface_route.keeps(uid, addon.surface_route.settings_of(obj))
    assert uid in addon.live._paces
    bpy.data.objects.remove(obj)
    addon.live.flush()
    assert not addon.surface_route._kept
    assert not addon.live._paces


def test_the_pace_holds_the_frame(addon, monkeypatch):
    """The time of a rebuild goes with the inverse square of the voxel, up to a fixed part."""
    monkeypatch.setattr(addon.pace, "FRAME_SECONDS", 1 / 30)
    for full, fixed in itertools.product((0.01, 0.05, 0.2, 1.0, 3.0), (0.0, 0.005)):
        pace = addon.pace.Pace()
        seen = []
        for _ in range(12):
            seconds = fixed + full / pace.coarseness**2
            seen.append((pace.coarseness, seconds))
            pace.note(seconds)
        coarseness, seconds = seen[-1]
        assert seconds <= 1 / 30 or coarseness == addon.pace.STEPS[-1]
        # It settles, and not on less than there is time for.
        assert {value for value, _ in seen[3:]} == {coarseness}
        finer = [step for step in addon.pace.STEPS if step < coarseness]
        if finer and seconds <= 1 / 30:
            assert 1.44 * full / finer[-1] ** 2 + fixed > 1 / 30 / 1.44


def test_the_pace_does_not_go_coarser_in_vain(addon, monkeypatch):
    """Where the time does not depend on the voxel, nothing is gained by a coarser one."""
    monkeypatch.setattr(addon.pace, "FRAME_SECONDS", 1 / 30)
    pace = addon.pace.Pace()
    for _ in range(10):
        pace.note(0.05)
    assert pace.coarseness == 1


def test_the_pace_becomes_finer_again(addon, monkeypatch):
    monkeypatch.setattr(addon.pace, "FRAME_SECONDS", 1 / 30)
    pace = addon.pace.Pace()
    pace.note(2.0)
    assert pace.coarseness == addon.pace.STEPS[-1]
    for _ in addon.pace.STEPS:
        pace.note(0.001)
    assert pace.coarseness == 1
    assert math.isclose(pace.rests_in(0.0), 0)
