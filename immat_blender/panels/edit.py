"""The panel of the spheres."""

import bpy

from .. import bridge, objects, sphere_display
from .sidebar import MatSidebar


class IMMAT_PT_edit(MatSidebar, bpy.types.Panel):
    """Editing the spheres."""

    bl_label = "Edit"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the radius operators and how the spheres are shown."""
        obj = objects.active_mat(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.label(text=f"{bridge.sphere_count(obj.data)} Spheres")
        row = layout.row(align=True)
        row.operator("immat.radius", text="Scale Radius")
        row.operator("immat.radius", text="Set Radius").mode = "SET"
        layout.prop(obj.data.immat, "radius")
        modifier = sphere_display.sphere_modifier(obj)
        if modifier is not None:
            layout.prop(modifier, "show_viewport", text="Show Spheres")
        layout.prop(obj.immat, "sphere_colors")
        layout.prop(obj, "display_type", text="Display As")
        layout.prop(obj, "show_in_front")
        layout.operator("immat.show_over_picture", icon="CAMERA_DATA")


CLASSES = (IMMAT_PT_edit,)
