"""A ring around the active sphere that is dragged to change its radius."""

from typing import Any, ClassVar

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d, region_2d_to_location_3d
from mathutils import Matrix, Vector

from . import edits, objects

REACH = 7.0
"""Pixels from the ring within which the pointer has it."""
PRECISE = 0.1
SMALLEST = 1e-6


class IMMAT_GT_radius(bpy.types.Gizmo):
    """The ring: it faces the view and is as large as the sphere."""

    bl_idname = "IMMAT_GT_radius"

    def setup(self) -> None:
        """Nothing is held yet."""
        self.index, self.name = -1, ""
        self.start = self.radius = self.last = 0.0

    def place(self, context: bpy.types.Context) -> None:
        """Follow the active sphere and the view."""
        obj = context.active_object
        index = edits.active_sphere(obj.data)
        if index < 0:
            return
        center, radius = edits.sphere_at(obj.data, index)
        size = radius * obj.matrix_world.median_scale
        self.matrix_basis = (
            Matrix.Translation(obj.matrix_world @ center)
            @ context.region_data.view_rotation.to_matrix().to_4x4()
            @ Matrix.Scale(size, 4)
        )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the ring."""
        self.draw_preset_circle(self.matrix_basis)

    def test_select(self, context: bpy.types.Context, pointer: tuple[int, int]) -> int:
        """0 where the pointer is on the ring, else -1."""
        middle = location_3d_to_region_2d(
            context.region, context.region_data, self.matrix_basis.translation
        )
        rim = location_3d_to_region_2d(
            context.region, context.region_data, self.matrix_basis @ Vector((1, 0, 0))
        )
        if middle is None or rim is None:
            return -1
        away = (Vector(pointer) - middle).length - (rim - middle).length
        reach = REACH * context.preferences.system.ui_scale
        return 0 if abs(away) <= reach else -1

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take hold of the active sphere."""
        obj = context.active_object
        self.name, self.index = obj.name, edits.active_sphere(obj.data)
        if self.index < 0:
            return {"CANCELLED"}
        self.start = self.radius = edits.sphere_at(obj.data, self.index)[1]
        self.last = self._distance(context, event)
        return {"RUNNING_MODAL"}

    def modal(
        self, context: bpy.types.Context, event: bpy.types.Event, tweak: set[str]
    ) -> set[str]:
        """Follow the pointer; with Shift in small steps."""
        distance = self._distance(context, event)
        self.radius += (distance - self.last) * (PRECISE if "PRECISE" in tweak else 1.0)
        self.last = distance
        shown = max(self.radius, SMALLEST)
        edits.set_radius(context.active_object.data, self.index, shown)
        context.area.header_text_set(f"Radius {shown:.4f}")
        return {"RUNNING_MODAL"}

    def exit(self, context: bpy.types.Context, cancel: bool) -> None:
        """Let go: one step of undo, or all as it was."""
        context.area.header_text_set(None)
        obj = bpy.data.objects.get(self.name)
        if obj is None or not obj.data.is_editmode:
            return
        if cancel:
            edits.set_radius(obj.data, self.index, self.start)
        else:
            bpy.ops.ed.undo_push(message="Radius")

    def _distance(self, context: bpy.types.Context, event: bpy.types.Event) -> float:
        """From the pointer to the centre, on the plane of the ring, in the object's unit."""
        pointer = (event.mouse_region_x, event.mouse_region_y)
        center = self.matrix_basis.translation
        place = region_2d_to_location_3d(context.region, context.region_data, pointer, center)
        scale = context.active_object.matrix_world.median_scale or 1.0
        return float((place - center).length / scale)


class IMMAT_GGT_radius(bpy.types.GizmoGroup):
    """The ring of the active sphere, in Edit Mode of a MAT."""

    bl_idname = "IMMAT_GGT_radius"
    bl_label = "Sphere Radius"
    bl_space_type = "VIEW_3D"
    bl_region_type = "WINDOW"
    bl_options: ClassVar[set[str]] = {"3D", "PERSISTENT"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Where a sphere of an edited MAT is active, unless the user does not want it."""
        if context.mode != "EDIT_MESH" or not context.scene.immat.radius_gizmo:
            return False
        obj: Any = context.active_object
        return objects.is_mat(obj) and edits.active_sphere(obj.data) >= 0

    def setup(self, _context: bpy.types.Context) -> None:
        """Make the ring."""
        ring = self.gizmos.new(IMMAT_GT_radius.bl_idname)
        ring.color, ring.alpha = (1.0, 0.75, 0.2), 0.8
        ring.color_highlight, ring.alpha_highlight = (1.0, 1.0, 1.0), 1.0
        ring.line_width = 2.0
        ring.use_draw_modal = True
        ring.use_draw_scale = False

    def draw_prepare(self, context: bpy.types.Context) -> None:
        """Follow the sphere and the view before each redraw."""
        for ring in self.gizmos:
            ring.place(context)


CLASSES = (IMMAT_GT_radius, IMMAT_GGT_radius)


def register() -> None:
    """Register the gizmo and its group."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Take them away in reverse."""
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
