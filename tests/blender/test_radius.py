"""The radius operator: by value, by dragging, by typing; Esc restores."""

from __future__ import annotations

from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from mathutils import Vector
from shapes import add_mat, bent_mat, edit


def test_it_scales_the_selection_only(addon):
    obj = add_mat(addon)
    edit(obj, [1, 3])
    assert bpy.ops.immat.radius(factor=2) == {"FINISHED"}
    expected = bent_mat().radii * np.float32([1, 2, 1, 2])
    np.testing.assert_array_equal(addon.bridge.read_medial_mesh(obj).radii, expected)


def test_it_sets_one_radius(addon):
    obj = add_mat(addon)
    edit(obj, [0, 2])
    bpy.ops.immat.radius(mode="SET", radius=0.125)
    expected = np.where([1, 0, 1, 0], np.float32(0.125), bent_mat().radii)
    np.testing.assert_array_equal(addon.bridge.read_medial_mesh(obj).radii, expected)


def test_in_object_mode_it_changes_all_spheres(addon):
    obj = add_mat(addon)
    bpy.ops.immat.radius(factor=0.5)
    radii = addon.bridge.read_medial_mesh(obj).radii
    np.testing.assert_array_equal(radii, bent_mat().radii / 2)


def test_radii_stay_above_zero(addon):
    obj = add_mat(addon)
    bpy.ops.immat.radius(factor=0)
    assert (addon.bridge.read_medial_mesh(obj).radii > 0).all()


def test_it_does_nothing_without_a_selection(addon):
    obj = add_mat(addon)
    edit(obj, [])
    assert bpy.ops.immat.radius(factor=2) == {"CANCELLED"}


def test_it_leaves_other_meshes_to_blenders_own_shortcut(addon):
    mesh = bpy.data.meshes.new("other")
    other = bpy.data.objects.new("other", mesh)
    bpy.context.collection.objects.link(other)
    bpy.context.view_layer.objects.active = other
    bpy.ops.object.mode_set(mode="EDIT")
    assert not bpy.ops.immat.radius.poll()


def test_it_can_be_undone(addon):
    name = add_mat(addon).name
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.immat.radius("EXEC_DEFAULT", True, factor=3)
    bpy.ops.ed.undo()
    radii = addon.bridge.read_medial_mesh(bpy.data.objects[name]).radii
    np.testing.assert_array_equal(radii, bent_mat().radii)


class Gesture:
    """Runs the operator's own modal code with events made by hand."""

    def __init__(self, addon, obj):
        self.addon, self.obj = addon, obj
        operator = addon.operators.radius.IMMAT_OT_radius
        functions = {k: v for k, v in vars(operator).items() if callable(v)}
        functions["_pivot_on_screen"] = lambda *_: Vector((100, 100))
        functions["report"] = lambda *_: None
        self.operator = type("Stub", (), functions)()
        self.operator.mode, self.operator.factor = "SCALE", 1.0
        self.context = SimpleNamespace(
            active_object=obj,
            region_data=object(),
            area=SimpleNamespace(header_text_set=lambda _: None, tag_redraw=lambda: None),
            window_manager=SimpleNamespace(modal_handler_add=lambda _: None),
        )
        self.operator.invoke(self.context, self.event("S", x=150))

    @staticmethod
    def event(kind, value="PRESS", x=0, shift=False):
        return SimpleNamespace(
            type=kind, value=value, mouse_region_x=x, mouse_region_y=100, shift=shift
        )

    def send(self, kind, **details):
        return self.operator.modal(self.context, self.event(kind, **details))

    @property
    def radii(self):
        return self.addon.bridge.read_medial_mesh(self.obj).radii


@pytest.fixture
def gesture(addon):
    obj = add_mat(addon)
    edit(obj, [0])
    return Gesture(addon, obj)


def test_dragging_scales_by_the_distance_to_the_pivot(gesture):
    assert gesture.send("MOUSEMOVE", value="NOTHING", x=200) == {"RUNNING_MODAL"}
    np.testing.assert_allclose(gesture.radii, [0.6, 0.2, 0.15, 0.25], rtol=1e-6)
    assert gesture.send("LEFTMOUSE") == {"FINISHED"}
    np.testing.assert_allclose(gesture.radii, [0.6, 0.2, 0.15, 0.25], rtol=1e-6)


def test_shift_makes_small_steps_without_a_jump(gesture):
    gesture.send("MOUSEMOVE", value="NOTHING", x=200)
    gesture.send("MOUSEMOVE", value="NOTHING", x=250, shift=True)
    assert gesture.operator.factor == pytest.approx(2.1)


@pytest.mark.parametrize("key", ["ESC", "RIGHTMOUSE"])
def test_esc_restores(gesture, key):
    gesture.send("MOUSEMOVE", value="NOTHING", x=300)
    assert gesture.send(key) == {"CANCELLED"}
    np.testing.assert_array_equal(gesture.radii, bent_mat().radii)


def test_typed_numbers_win_over_the_mouse(gesture):
    for key in ("ONE", "PERIOD", "FIVE"):
        gesture.send(key)
    gesture.send("MOUSEMOVE", value="NOTHING", x=900)
    assert gesture.send("RET") == {"FINISHED"}
    np.testing.assert_allclose(gesture.radii[0], 0.45, rtol=1e-6)


def test_backspace_takes_a_digit_back_and_at_last_the_mouse_returns(gesture):
    gesture.send("MOUSEMOVE", value="NOTHING", x=200)
    for key in ("NUMPAD_3", "FIVE", "BACK_SPACE"):
        gesture.send(key)
    assert gesture.operator.factor == 3
    gesture.send("BACK_SPACE")
    assert gesture.operator.factor == pytest.approx(2)


def test_a_lone_point_is_no_number_yet(gesture):
    gesture.send("PERIOD")
    assert gesture.operator.factor == 1
    gesture.send("TWO")
    assert gesture.operator.factor == pytest.approx(0.2)


def test_a_key_that_means_nothing_changes_nothing(gesture):
    assert gesture.send("Q") == {"RUNNING_MODAL"}
    np.testing.assert_array_equal(gesture.radii, bent_mat().radii)


def test_ending_from_outside_restores(gesture):
    gesture.send("MOUSEMOVE", value="NOTHING", x=300)
    gesture.operator.cancel(gesture.context)
    np.testing.assert_array_equal(gesture.radii, bent_mat().radii)
