"""Objects become MATs in the add-on: what is fitted, where the result stands, fewer spheres."""

from __future__ import annotations

import threading

import bpy
import numpy as np
import pytest
from mathutils import Matrix
from shapes import add_mat, assert_surface_is_current, edit, settle

SPHERES = 40


def report(**changes):
    from immat_core.fit import FitReport

    values = {
        "betti_solid": (1, 0, 0),
        "betti_mat": (1, 0, 0),
        "mean_error": 0.001,
        "q99_error": 0.004,
        "max_error": 0.01,
        "seconds": {"shell": 0.1},
        "flags": (),
    }
    return FitReport(**{**values, **changes})


def made_mat(request):
    """A row of balls along the longest side of what is to be fitted."""
    from immat_core import MedialMesh

    low, high = request.vertices.min(0), request.vertices.max(0)
    size = high - low
    share = np.linspace(0.3, 0.7, request.spheres)[:, None]
    axis = np.eye(3)[size.argmax()]
    centers = (low + high) / 2 * (1 - axis) + axis * (low + share * size)
    chain = np.stack([np.arange(request.spheres - 1), np.arange(1, request.spheres)], 1)
    return MedialMesh(centers, np.full(request.spheres, 0.12 * size.max()), chain)


@pytest.fixture
def asked(addon, monkeypatch):
    """Stands in for the fit itself; returns the requests that it got."""
    requests = []

    def run_fit(request, progress, should_cancel):
        requests.append(request)
        progress(0.5, "Pretending")
        return made_mat(request), report()

    monkeypatch.setattr(addon.fitting, "run_fit", run_fit)
    return requests


def finish(addon):
    addon.jobs.current().wait(120)
    assert addon.jobs.poll() is None
    job = addon.jobs.current()
    assert job.state is addon.jobs.JobState.DONE, job.message
    settle(addon)
    return bpy.context.active_object


def fit(addon, **settings):
    assert bpy.ops.immat.mesh_to_mat(spheres=SPHERES, **settings) == {"FINISHED"}
    return finish(addon)


def datablocks():
    return {
        name: sorted(block.name for block in getattr(bpy.data, name))
        for name in ("objects", "meshes", "materials", "node_groups", "curves", "metaballs")
    }


def add_curve():
    bpy.ops.curve.primitive_bezier_circle_add()
    bpy.context.object.data.bevel_depth = 0.2


def add_text():
    bpy.ops.object.text_add()
    bpy.context.object.data.body = "MAT"
    bpy.context.object.data.extrude = 0.1


ADDERS = {
    "suzanne": lambda: bpy.ops.mesh.primitive_monkey_add(),
    "cube": lambda: bpy.ops.mesh.primitive_cube_add(),
    "plane": lambda: bpy.ops.mesh.primitive_plane_add(),
    "disc": lambda: bpy.ops.mesh.primitive_circle_add(fill_type="NGON"),
    "uv sphere": lambda: bpy.ops.mesh.primitive_uv_sphere_add(segments=16, ring_count=8),
    "ico sphere": lambda: bpy.ops.mesh.primitive_ico_sphere_add(),
    "cylinder": lambda: bpy.ops.mesh.primitive_cylinder_add(),
    "cone": lambda: bpy.ops.mesh.primitive_cone_add(),
    "torus": lambda: bpy.ops.mesh.primitive_torus_add(),
    "grid": lambda: bpy.ops.mesh.primitive_grid_add(),
    "curve": add_curve,
    "text": add_text,
    "surface": lambda: bpy.ops.surface.primitive_nurbs_surface_torus_add(),
    "metaball": lambda: bpy.ops.object.metaball_add(type="BALL"),
}


@pytest.mark.parametrize("name", ADDERS)
def test_everything_with_a_surface_is_fitted_as_it_is_shown(addon, asked, name):
    ADDERS[name]()
    source = bpy.context.object
    obj = fit(addon)
    (request,) = asked
    evaluated = source.evaluated_get(bpy.context.evaluated_depsgraph_get())
    corners = np.array(evaluated.bound_box)
    np.testing.assert_allclose(request.vertices.min(0), corners.min(0), atol=1e-4)
    np.testing.assert_allclose(request.vertices.max(0), corners.max(0), atol=1e-4)
    assert (request.faces.min(), request.faces.max()) == (0, len(request.vertices) - 1)
    assert (request.spheres, request.source) == (SPHERES, source.name)
    assert (obj.name, addon.objects.is_mat(obj)) == (f"{source.name} MAT", True)
    expected = made_mat(request)
    read = addon.bridge.read_medial_mesh(obj)
    np.testing.assert_array_equal(read.centers, expected.centers)
    np.testing.assert_array_equal(read.radii, expected.radii)
    np.testing.assert_array_equal(read.edges, expected.edges)
    assert_surface_is_current(addon, obj)
    # The job built the surface: the main thread never waits for it.
    assert addon.live.counters.rebuilds == 0


def test_modifiers_are_applied_and_the_source_keeps_them(addon, asked):
    bpy.ops.mesh.primitive_cube_add()
    source = bpy.context.object
    modifier = source.modifiers.new("Row", "ARRAY")
    modifier.count, modifier.relative_offset_displace = 3, (1, 0, 0)
    fit(addon)
    assert np.ptp(asked[0].vertices, axis=0).tolist() == [6, 2, 2]
    assert (len(source.modifiers), len(source.data.vertices)) == (1, 8)


def test_the_mat_lies_over_its_source_with_a_scale_of_one(addon, asked):
    bpy.ops.object.empty_add(location=(0, 0, 2), rotation=(0.4, 0, 0))
    parent = bpy.context.object
    parent.scale = (1, 2, 1)
    bpy.ops.mesh.primitive_cube_add(location=(1, 2, 3), rotation=(0.3, 0.2, 0.1))
    source = bpy.context.object
    source.scale = (3, -1, 0.5)
    source.parent = parent
    bpy.context.view_layer.update()
    world = source.matrix_world.copy()
    obj = fit(addon)
    assert tuple(obj.scale) == (1, 1, 1)
    np.testing.assert_allclose(obj.matrix_world.translation, world.translation, atol=1e-6)
    expected = np.array([world @ v.co for v in source.data.vertices])
    mine = np.array([obj.matrix_world @ Matrix.Translation(v) for v in asked[0].vertices])
    np.testing.assert_allclose(mine[:, :3, 3], expected, atol=1e-5)
    rotation = np.array(obj.matrix_world)[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(rotation) == pytest.approx(1)


@pytest.mark.parametrize("hide", [True, False])
def test_the_source_is_hidden_if_that_is_wanted(addon, asked, hide):
    bpy.ops.mesh.primitive_cube_add()
    source = bpy.context.object
    obj = fit(addon, hide_source=hide)
    assert (source.hide_get(), source.hide_render) == (hide, hide)
    assert bpy.context.selected_objects == [obj]


def test_sheets_without_thickness_stay_whole(addon, asked, monkeypatch):
    def thin(request, progress, should_cancel):
        from immat_core import MedialMesh

        corners = [[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]
        return MedialMesh(corners, [0.005] * 4, faces=[[0, 1, 2], [0, 2, 3]]), report()

    bpy.ops.mesh.primitive_plane_add()
    obj = fit(addon)
    assert not obj.immat.keep_thin
    bpy.data.objects.remove(obj)
    bpy.ops.mesh.primitive_plane_add()
    monkeypatch.setattr(addon.fitting, "run_fit", thin)
    obj = fit(addon)
    assert obj.immat.keep_thin
    assert_surface_is_current(addon, obj)
    surface = obj.immat.surface
    assert max(surface.dimensions) == pytest.approx(2, abs=0.05)


def test_the_mat_says_how_well_it_fits(addon, asked, monkeypatch):
    bpy.ops.mesh.primitive_cube_add()
    obj = fit(addon)
    assert obj.data["immat_fit"] == "Mean error 0.10%\n99% within 0.40%"
    assert addon.fitting.summary(report(betti_mat=(1, 1, 0))).endswith("\nHoles or pieces differ")


def test_only_what_has_a_surface_can_be_fitted(addon):
    poll = bpy.ops.immat.mesh_to_mat.poll
    assert not poll()
    bpy.ops.object.empty_add()
    assert not poll()
    bpy.ops.object.light_add()
    assert not poll()
    bpy.ops.mesh.primitive_cube_add()
    assert poll()
    bpy.ops.object.mode_set(mode="EDIT")
    assert not poll()
    bpy.ops.object.mode_set(mode="OBJECT")
    obj = add_mat(addon)
    bpy.context.view_layer.objects.active = obj
    assert not poll()
    # A skin that was sculpted, say, may become a MAT anew.
    bpy.context.view_layer.objects.active = obj.immat.surface
    assert poll()


def test_without_numba_the_button_says_so(addon, monkeypatch):
    bpy.ops.mesh.primitive_cube_add()
    monkeypatch.setattr(addon.operators.fit.kernels, "available", lambda: False)
    assert not bpy.ops.immat.mesh_to_mat.poll()
    with pytest.raises(RuntimeError, match=r"Numba is missing; install the extension"):
        bpy.ops.immat.mesh_to_mat()


def test_an_object_with_no_face_is_refused_in_words(addon, asked):
    before_fit = asked.copy()
    bpy.ops.curve.primitive_bezier_curve_add()
    bpy.context.object.name = "Line"
    before = datablocks()
    bpy.ops.immat.mesh_to_mat()
    addon.jobs.current().wait(30)
    assert addon.jobs.poll() is None
    job = addon.jobs.current()
    assert job.state is addon.jobs.JobState.FAILED
    assert job.message == "Line has no faces. Choose an object with a surface"
    assert datablocks() == before
    assert asked == before_fit
    assert not bpy.context.object.hide_get()


@pytest.mark.parametrize("when", ["before", "after"])
def test_cancel_leaves_the_scene_as_it_was(addon, monkeypatch, when):
    from immat_core.errors import Cancelled

    started, release = threading.Event(), threading.Event()

    def slow(request, progress, should_cancel):
        started.set()
        release.wait(30)
        if should_cancel() and when == "before":
            raise Cancelled
        return made_mat(request), report()

    monkeypatch.setattr(addon.fitting, "run_fit", slow)
    bpy.ops.mesh.primitive_cube_add()
    source = bpy.context.object
    before = datablocks()
    bpy.ops.immat.mesh_to_mat(spheres=SPHERES)
    assert started.wait(30)
    assert not bpy.ops.immat.mesh_to_mat.poll()
    bpy.ops.immat.cancel()
    release.set()
    addon.jobs.current().wait(30)
    assert addon.jobs.poll() is None
    assert addon.jobs.current().state is addon.jobs.JobState.CANCELLED
    assert datablocks() == before
    assert (source.hide_get(), bpy.context.active_object) == (False, source)
    assert bpy.ops.immat.mesh_to_mat.poll()


def test_the_source_may_go_away_meanwhile(addon, monkeypatch):
    release = threading.Event()

    def slow(request, progress, should_cancel):
        release.wait(30)
        return made_mat(request), report()

    monkeypatch.setattr(addon.fitting, "run_fit", slow)
    bpy.ops.mesh.primitive_cube_add(location=(1, 0, 0))
    bpy.ops.immat.mesh_to_mat(spheres=SPHERES)
    bpy.data.objects.remove(bpy.context.object)
    release.set()
    obj = finish(addon)
    assert obj.location.x == 1
    assert_surface_is_current(addon, obj)


def test_suzanne_becomes_a_mat_that_fits(addon):
    """The real fit: the whole way from the installed zip."""
    bpy.ops.mesh.primitive_monkey_add(location=(1, 2, 3))
    bpy.context.object.scale = (2, 2, 2)
    bpy.ops.immat.mesh_to_mat(spheres=256)
    obj = finish(addon)
    mat = addon.bridge.read_medial_mesh(obj)
    assert len(mat.radii) == 256
    assert_surface_is_current(addon, obj)
    surface = obj.immat.surface
    size = np.array(bpy.data.objects["Suzanne"].dimensions)
    np.testing.assert_allclose(surface.dimensions, size, atol=0.02 * np.linalg.norm(size))
    assert obj.location[:] == (1, 2, 3)
    # Its eyes are pieces of their own, half sunk into the head: one solid.
    from immat_core.surface.checks import check_polygons

    vertices, faces = addon.surface_mesh.read_surface(surface.data)
    checked = check_polygons(vertices, faces)
    assert (checked.manifold, checked.components) == (True, 1)
    error = float(obj.data["immat_fit"].split()[2].rstrip("%"))
    assert 0 < error < 0.3
    # It is edited like any other.
    before = surface.data.vertices[0].co.copy()
    for vertex in obj.data.vertices:
        vertex.co.z += 0.5
    obj.data.update()
    settle(addon)
    assert addon.live.counters.rebuilds == 1
    assert_surface_is_current(addon, obj)
    assert before != surface.data.vertices[0].co


def chain(spheres=40):
    """A straight tube of many spheres, which half of them describe as well."""
    from immat_core import MedialMesh

    centers = np.zeros((spheres, 3))
    centers[:, 0] = np.linspace(-1, 1, spheres)
    edges = np.stack([np.arange(spheres - 1), np.arange(1, spheres)], 1)
    return MedialMesh(centers, np.full(spheres, 0.2), edges)


@pytest.mark.parametrize("edit_mode", [False, True])
def test_reduced_spheres_keep_the_shape_and_undo_brings_them_back(addon, edit_mode):
    obj = add_mat(addon, chain())
    obj.data.vertices[0].co.x -= 0.05
    group = obj.vertex_groups.new(name="mine")
    group.add(list(range(40)), 1.0, "REPLACE")
    settle(addon)
    bpy.ops.ed.undo_push(message="made")
    if edit_mode:
        edit(obj, [])
        bpy.ops.ed.undo_push(message="editing")
    before = addon.bridge.read_medial_mesh(obj)
    assert bpy.ops.immat.simplify(spheres=12) == {"FINISHED"}
    bpy.ops.ed.undo_push(message="reduced")
    settle(addon)
    after = addon.bridge.read_medial_mesh(obj)
    assert len(after.radii) == 12
    assert len(after.edges) == 11
    np.testing.assert_allclose(after.bounds, before.bounds, atol=0.01)
    if not edit_mode:
        assert all(len(vertex.groups) == 1 for vertex in obj.data.vertices)
        assert_surface_is_current(addon, obj)
    bpy.ops.ed.undo()
    obj = next(o for o in bpy.data.objects if o.immat.is_mat)
    back = addon.bridge.read_medial_mesh(obj)
    np.testing.assert_array_equal(back.centers, before.centers)
    np.testing.assert_array_equal(back.edges, before.edges)
    settle(addon)


def test_reducing_to_more_spheres_changes_nothing(addon):
    obj = add_mat(addon, chain())
    before = addon.bridge.read_medial_mesh(obj)
    bpy.ops.immat.simplify(spheres=100)
    after = addon.bridge.read_medial_mesh(obj)
    np.testing.assert_array_equal(after.centers, before.centers)


def test_the_convert_menu_asks_and_the_panel_does_not(addon):
    class Layout:
        """What a menu draws, as far as our lines go."""

        def __init__(self):
            self.drawn = []

        def separator(self):
            pass

        def operator(self, name, text=""):
            self.drawn.append((name, text, self.operator_context))

    class Menu:
        layout = Layout()

    addon.panels.fit.draw_in_convert_menu(Menu, bpy.context)
    assert Menu.layout.drawn == [
        ("immat.mesh_to_mat", "Medial Axis Transform (MAT)", "INVOKE_DEFAULT")
    ]
