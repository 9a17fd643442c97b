"""The panel of the thickness."""

from typing import ClassVar

import bpy

from .. import legend, objects, surface_paint
from .sidebar import MatSidebar


class IMMAT_PT_thickness(MatSidebar, bpy.types.Panel):
    """How thick the shape is."""

    bl_label = "Thickness"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the heat map's settings and range, and what can be done about thin places."""
        obj = objects.active_mat(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(obj.immat, "surface_colors")
        layout.prop(obj.immat, "thickness_measure")
        layout.operator("immat.measure_thickness", icon="DRIVER_DISTANCE")
        values = legend.shown_values(context)
        if values:
            layout.label(text=f"From {values[0][1]} to {values[-1][1]}")
        elif obj.immat.surface_colors == surface_paint.BY_THICKNESS:
            layout.label(text="Press Measure for this shape", icon="INFO")
        layout.prop(obj.immat, "thickness_limit")
        column = layout.column(align=True)
        column.operator("immat.select_thinner")
        column.operator("immat.minimum_thickness")


CLASSES = (IMMAT_PT_thickness,)
