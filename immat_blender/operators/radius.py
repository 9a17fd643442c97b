# mypy: disable-error-code="valid-type"
"""The radius of the selected spheres, by dragging, typing or a value: like Alt S on curves."""

from typing import Any, ClassVar

import bpy
import numpy as np
from bpy.props import EnumProperty, FloatProperty
from bpy_extras.view3d_utils import (
    location_3d_to_region_2d,
)
from mathutils import Vector
from numpy.typing import NDArray

from .. import bridge, objects
from .surface import NeedsMat

MODES = (
    ("SCALE", "Scale", "Multiply the radii by a factor"),
    ("SET", "Set", "Give all selected spheres the same radius"),
)
TYPED = {
    **{name: str(digit) for digit, name in enumerate(
        ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
    )},
    **{f"NUMPAD_{digit}": str(digit) for digit in range(10)},
    "PERIOD": ".",
    "NUMPAD_PERIOD": ".",
    "COMMA": ".",
}  # fmt: skip
CONFIRM = ("LEFTMOUSE", "RET", "NUMPAD_ENTER", "SPACE")
CANCEL = ("ESC", "RIGHTMOUSE")
PRECISE = 0.1
SMALLEST = 1e-6


def scaled_radii(
    mesh: bpy.types.Mesh, radii: NDArray[np.float32], factor: float
) -> NDArray[np.float32]:
    """Radii (n,) with those of the selected spheres times ``factor``, kept above zero."""
    chosen = bridge.selected_spheres(mesh)
    return np.where(chosen, np.maximum(radii * abs(factor), SMALLEST), radii).astype(np.float32)


def set_radii(
    mesh: bpy.types.Mesh, radii: NDArray[np.float32], radius: float
) -> NDArray[np.float32]:
    """Radii (n,) with those of the selected spheres replaced by ``radius``."""
    chosen = bridge.selected_spheres(mesh)
    return np.where(chosen, max(radius, SMALLEST), radii).astype(np.float32)


class IMMAT_OT_radius(NeedsMat, bpy.types.Operator):
    """Change the radius of the selected medial spheres"""

    bl_idname = "immat.radius"
    bl_label = "Radius"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO", "BLOCKING", "GRAB_CURSOR"}

    mode: EnumProperty(
        name="Mode", description="Choose how the radii change", items=MODES, options={"SKIP_SAVE"}
    )
    factor: FloatProperty(
        name="Factor",
        description="Multiply the radii by this",
        default=1.0,
        min=0.0,
        soft_max=10.0,
        options={"SKIP_SAVE"},
    )
    radius: FloatProperty(
        name="Radius",
        description="Give the spheres this radius",
        default=0.05,
        min=SMALLEST,
        subtype="DISTANCE",
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The MAT itself must be active, so that the shortcut leaves all other meshes alone."""
        if not objects.is_mat(context.active_object):
            cls.poll_message_set("Select a MAT object")
            return False
        return context.mode in {"OBJECT", "EDIT_MESH"}

    def draw(self, _context: bpy.types.Context) -> None:
        """Show the value that counts."""
        self.layout.use_property_split = True
        self.layout.prop(self, "mode")
        self.layout.prop(self, "factor" if self.mode == "SCALE" else "radius")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Change the radii by the properties: scripts and the redo panel."""
        obj = context.active_object
        mesh, radii = obj.data, bridge.read_medial_mesh(obj).radii
        if not bridge.selected_spheres(mesh).any():
            self.report({"WARNING"}, "No sphere is selected")
            return {"CANCELLED"}
        if self.mode == "SCALE":
            bridge.write_radii(mesh, scaled_radii(mesh, radii, self.factor))
        else:
            bridge.write_radii(mesh, set_radii(mesh, radii, self.radius))
        return {"FINISHED"}

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Start dragging; where the mode is "SET" there is nothing to drag."""
        if self.mode == "SET" or context.region_data is None:
            return self.execute(context)
        obj = context.active_object
        mat = bridge.read_medial_mesh(obj)
        chosen = bridge.selected_spheres(obj.data)
        if not chosen.any():
            self.report({"WARNING"}, "No sphere is selected")
            return {"CANCELLED"}
        self._name = obj.name
        self._radii = mat.radii.copy()
        self._pivot = self._pivot_on_screen(context, mat.centers[chosen].mean(0))
        self._last = self._reach = self._distance(event)
        self._start = max(self._reach, 20.0)
        self._reach = self._start
        self._typed = ""
        self.factor = 1.0
        context.window_manager.modal_handler_add(self)
        self._show(context)
        return {"RUNNING_MODAL"}

    def modal(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Follow the mouse and the keyboard until the user confirms or cancels."""
        if event.type == "MOUSEMOVE":
            self._drag(event)
        elif event.value != "PRESS":
            return {"RUNNING_MODAL"}
        elif event.type in CANCEL:
            return self._finish(context, keep=False)
        elif event.type in CONFIRM:
            return self._finish(context, keep=True)
        elif not self._type(event.type):
            return {"RUNNING_MODAL"}
        self._change(context, self.factor)
        self._show(context)
        return {"RUNNING_MODAL"}

    def cancel(self, context: bpy.types.Context) -> None:
        """Blender ends the operator, as when the window closes."""
        self._finish(context, keep=False)

    def _pivot_on_screen(self, context: bpy.types.Context, center: NDArray[Any]) -> Vector:
        place = context.active_object.matrix_world @ Vector(center.tolist())
        found = location_3d_to_region_2d(context.region, context.region_data, place)
        return found or Vector((context.region.width / 2, context.region.height / 2))

    def _distance(self, event: bpy.types.Event) -> float:
        offset = Vector((event.mouse_region_x, event.mouse_region_y)) - self._pivot
        return float(offset.length)

    def _drag(self, event: bpy.types.Event) -> None:
        """Add up the steps, so that Shift can make the next ones small without a jump."""
        distance = self._distance(event)
        self._reach += (distance - self._last) * (PRECISE if event.shift else 1.0)
        self._last = distance
        if not self._typed:
            self.factor = max(self._reach / self._start, 0.0)

    def _type(self, key: str) -> bool:
        """Take a typed key; whether it was one of a number."""
        if key == "BACK_SPACE":
            self._typed = self._typed[:-1]
        elif key in TYPED and not (TYPED[key] == "." and "." in self._typed):
            self._typed += TYPED[key]
        else:
            return False
        try:
            self.factor = float(self._typed) if self._typed else self._reach / self._start
        except ValueError:
            self.factor = 1.0
        return True

    def _change(self, context: bpy.types.Context, factor: float) -> None:
        mesh = context.active_object.data
        bridge.write_radii(mesh, scaled_radii(mesh, self._radii, factor))

    def _show(self, context: bpy.types.Context) -> None:
        typed = f" [{self._typed}]" if self._typed else ""
        context.area.header_text_set(f"Radius × {self.factor:.4f}{typed}")
        context.area.tag_redraw()

    def _finish(self, context: bpy.types.Context, keep: bool) -> set[str]:
        if context.area is not None:
            context.area.header_text_set(None)
        if keep:
            self._change(context, self.factor)
            return {"FINISHED"}
        obj = bpy.data.objects.get(self._name)
        if obj is not None and bridge.sphere_count(obj.data) == len(self._radii):
            bridge.write_radii(obj.data, self._radii)
        return {"CANCELLED"}


CLASSES = (IMMAT_OT_radius,)
