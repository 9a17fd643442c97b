"""Quads, thin parts, checks, crisp and reduced exports, and when the kernels are compiled."""

from __future__ import annotations

import threading

import bpy
import numpy as np
import pytest
from conftest import RESOURCES
from shapes import add_mat, assert_surface_is_current, settle, surface_arrays

CHAIN = ([[0, 0, 0], [1, 0, 0], [2, 0.3, 0]], [0.02, 0.015, 0.02], [[0, 1], [1, 2]])
"""Thinner than half a voxel."""


def add_chain(addon):
    from immat_core import MedialMesh

    return add_mat(addon, MedialMesh(*CHAIN))


def report_of(obj):
    from immat_core.surface.checks import check_polygons

    return check_polygons(*surface_arrays(obj))


def read_obj(path):
    lines = [line.split() for line in path.read_text("utf-8").splitlines()]
    vertices = np.array([[float(x) for x in line[1:4]] for line in lines if line[:1] == ["v"]])
    faces = [[int(i.split("/")[0]) - 1 for i in line[1:]] for line in lines if line[:1] == ["f"]]
    return vertices, faces


def report_of_file(path):
    from immat_core.surface.checks import check_polygons

    vertices, faces = read_obj(path)
    return check_polygons(vertices, np.array(faces))


def test_quads_and_back(addon):
    obj = add_mat(addon)
    for quads in (True, False):
        obj.immat.quads = quads
        settle(addon)
        assert_surface_is_current(addon, obj)
        if quads:
            assert surface_arrays(obj)[1].shape[1] == 4


def test_an_old_file_keeps_its_surface(addon):
    """Without the new options a surface's signature is the one that the first version wrote."""
    obj = add_mat(addon)
    mat = addon.bridge.read_medial_mesh(obj)
    mesh = obj.immat.surface.data
    assert mesh[addon.surface_mesh.SIGNATURE] == addon.bridge.signature(mat, obj.immat.voxel)


def test_every_option_is_in_the_signature(addon):
    mat = addon.bridge.read_medial_mesh(add_mat(addon))
    make = addon.surface_route.SurfaceSettings
    settings = [make(v, q, k) for v in (0.1, 0.2) for q in (0, 1) for k in (0, 1)]
    assert len({addon.surface_route.signature(mat, s) for s in settings}) == len(settings)


def test_thin_parts_break_unless_they_are_kept(addon):
    obj = add_chain(addon)
    broken = report_of(obj)
    assert broken.components > 1
    assert "may break" in addon.live.problems[obj.session_uid]
    obj.immat.keep_thin = True
    settle(addon)
    assert_surface_is_current(addon, obj)
    report = report_of(obj)
    assert (report.manifold, report.components, report.genus) == (True, 1, 0)
    assert report.volume > broken.volume
    assert "shown thicker" in addon.live.problems[obj.session_uid]
    # The MAT itself is as thin as it was.
    np.testing.assert_array_equal(addon.bridge.read_medial_mesh(obj).radii, np.float32(CHAIN[1]))


@pytest.mark.parametrize("keep", [False, True])
def test_the_voxel_that_is_named_holds_every_part(addon, keep):
    obj = add_chain(addon)
    obj.immat.keep_thin = keep
    settle(addon)
    text = addon.live.problems[obj.session_uid]
    obj.immat.voxel = float(next(word for word in text.split() if word[0].isdigit()))
    settle(addon)
    assert obj.session_uid not in addon.live.problems
    report = report_of(obj)
    assert (report.manifold, report.components, report.genus) == (True, 1, 0)


def test_an_export_does_not_make_thin_parts_thicker(addon, tmp_path):
    obj = add_chain(addon)
    thin = report_of(obj)
    obj.immat.keep_thin = True
    settle(addon)
    before = len(bpy.data.objects), len(bpy.data.meshes)
    kept = report_of(obj)
    assert bpy.ops.immat.export_surface(filepath=str(tmp_path / "a.obj")) == {"FINISHED"}
    found = report_of_file(tmp_path / "a.obj")
    assert (found.components, found.faces) == (thin.components, thin.faces)
    assert found.volume == pytest.approx(thin.volume, rel=1e-3)
    assert (len(bpy.data.objects), len(bpy.data.meshes)) == before
    assert report_of(obj) == kept


@pytest.mark.parametrize("edit_mode", [False, True])
def test_a_crisp_export(addon, tmp_path, edit_mode):
    obj = add_mat(addon)
    obj.immat.surface.data.materials.append(bpy.data.materials.new("Wood"))
    shown = report_of(obj)
    before = len(bpy.data.objects), len(bpy.data.meshes)
    bpy.context.view_layer.objects.active = obj
    if edit_mode:
        bpy.ops.object.mode_set(mode="EDIT")
    done = bpy.ops.immat.export_surface(filepath=str(tmp_path / "a.obj"), crisp=True)
    assert done == {"FINISHED"}
    assert bpy.context.mode == ("EDIT_MESH" if edit_mode else "OBJECT")
    found = report_of_file(tmp_path / "a.obj")
    assert (found.manifold, found.components) == (True, shown.components)
    assert found.volume == pytest.approx(shown.volume, rel=0.03)
    assert "usemtl Wood" in (tmp_path / "a.obj").read_text("utf-8")
    assert (len(bpy.data.objects), len(bpy.data.meshes)) == before
    assert report_of(obj) == shown


@pytest.mark.parametrize("crisp", [False, True])
def test_a_reduced_export(addon, tmp_path, crisp):
    obj = add_mat(addon)
    shown = report_of(obj)
    bpy.ops.immat.export_surface(filepath=str(tmp_path / "a.obj"), crisp=crisp, triangles=500)
    found = report_of_file(tmp_path / "a.obj")
    assert (found.manifold, found.components, found.genus) == (True, 1, shown.genus)
    assert 400 <= found.faces <= 500
    assert found.volume == pytest.approx(shown.volume, rel=0.05)


def test_a_wrong_ending_costs_no_export(addon, tmp_path):
    add_mat(addon)
    with pytest.raises(RuntimeError, match="ending"):
        bpy.ops.immat.export_surface(filepath=str(tmp_path / "a.docx"), crisp=True)
    assert not list(tmp_path.iterdir())


def check(addon):
    assert bpy.ops.immat.check_surface() == {"FINISHED"}
    addon.jobs.current().wait(60)
    addon.jobs.poll()


def test_checks_tell_what_an_export_would_hold(addon):
    obj = add_chain(addon)
    pieces = report_of(obj).components
    obj.immat.keep_thin = True
    settle(addon)
    assert addon.surface_checks.lines(obj) == []
    check(addon)
    first, second = addon.surface_checks.lines(obj)
    assert first == f"Closed, manifold, {pieces} pieces, genus 0"
    assert second.startswith("Volume 0.00")
    assert "thinnest wall 0.0" in second
    obj.data.vertices[0].co.x -= 0.1
    obj.data.update()
    settle(addon)
    assert addon.surface_checks.lines(obj) == ["The shape has changed since it was checked"]
    obj.immat.keep_thin = False
    obj.immat.voxel = 0.01
    settle(addon)
    check(addon)
    assert addon.surface_checks.lines(obj)[0] == "Closed, manifold, 1 piece, genus 0"


def test_reports_are_said_in_few_words(addon):
    from immat_core.surface.checks import check_polygons

    corners = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float64)
    faces = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]])
    say = addon.surface_checks.describe
    assert say(check_polygons(corners, faces)) == [
        "Closed, manifold, 1 piece, genus 0",
        "Volume 0.1667",
    ]
    assert say(check_polygons(corners, faces[:3]))[0] == "Open, not manifold, 1 piece"


def test_kernels_are_prepared_when_the_first_mat_is_there(addon, monkeypatch):
    from immat_core import kernels

    asked = []
    monkeypatch.setattr(kernels, "ready", lambda: False)
    monkeypatch.setattr(kernels, "prepare", lambda: asked.append(kernels.cache_folder()))
    monkeypatch.delenv("IMMAT_CACHE")
    addon.live.flush()
    addon.live.request_all()
    addon.live.flush()
    assert asked == []
    # A run without a window is over before they would be ready.
    add_mat(addon)
    assert asked == []
    monkeypatch.setattr(addon.surface_route, "_is_windowless", lambda: False)
    add_mat(addon).data.update()
    settle(addon)
    assert asked
    assert all(str(folder).startswith(RESOURCES) for folder in asked)
    assert all("image_to_mat" in str(folder) and folder.is_dir() for folder in asked)


class Lines:
    """A panel's layout that keeps what is written into it."""

    def __init__(self):
        self.texts = []

    def label(self, text, icon):
        self.texts.append(text)


def test_the_panel_says_that_kernels_are_compiled_until_they_are(addon, monkeypatch):
    """The line goes by itself: a timer sees the end and has the panels drawn again."""
    from immat_core import kernels

    compiling = addon.compiling
    state = kernels._Preparation()
    monkeypatch.setattr(kernels, "_preparation", state)
    drawn = []
    monkeypatch.setattr(addon.jobs, "redraw", lambda: drawn.append(1))

    def texts():
        layout = Lines()
        compiling.draw(layout, compiling.surface_line())
        return layout.texts

    assert texts() == []
    assert not bpy.app.timers.is_registered(compiling.poll)
    # As while the thread of kernels.prepare() runs.
    state.thread = threading.current_thread()
    assert texts() == ["Compiling the surface kernels (once)..."]
    assert bpy.app.timers.is_registered(compiling.poll)
    assert compiling.poll() == compiling.POLL_SECONDS
    assert drawn == []
    state.done.set()
    assert compiling.poll() is None
    assert drawn == [1]
    assert texts() == ["Slower surface: nothing could be compiled"]
    state.loaded = True
    assert texts() == []
    compiling.forget()
    assert not bpy.app.timers.is_registered(compiling.poll)


def test_the_panel_says_that_the_fit_is_compiled(addon, monkeypatch):
    layout = Lines()
    compiling = addon.compiling
    monkeypatch.setattr(addon.fit_kernels, "preparing", lambda: True)
    compiling.draw(layout, compiling.fit_line())
    assert layout.texts == ["Compiling the fit (once)..."]
    compiling.forget()
    monkeypatch.setattr(addon.fit_kernels, "preparing", lambda: False)
    assert compiling.fit_line() is None


def test_until_then_the_reference_route_serves(addon, monkeypatch):
    from immat_core import kernels
    from immat_core.surface import build_surface

    monkeypatch.setattr(kernels, "ready", lambda: False)
    obj = add_mat(addon)
    expected = build_surface(addon.bridge.read_medial_mesh(obj), obj.immat.voxel)
    np.testing.assert_array_equal(surface_arrays(obj)[0], expected.vertices)
    np.testing.assert_array_equal(surface_arrays(obj)[1], expected.faces)
