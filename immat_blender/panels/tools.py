"""The panel of the tools on spheres."""

from typing import ClassVar

import bpy

from .. import objects, profile_curve
from .sidebar import MatSidebar


class IMMAT_PT_tools(MatSidebar, bpy.types.Panel):
    """Tools on spheres."""

    bl_label = "Tools"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the tools and what they need to know."""
        obj = objects.active_mat(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        column = layout.column(align=True)
        column.operator("immat.smooth")
        column.operator("immat.insert_spheres")
        column.operator("immat.dissolve_spheres")
        column.operator("immat.connect_nearest")
        column.operator("immat.symmetrize")
        column = layout.column(align=True)
        column.operator("immat.thicken_tubes")
        node = profile_curve.find()
        if node is None:
            column.operator("immat.edit_profile")
        else:
            layout.template_curve_mapping(node, "mapping")
        column = layout.column(align=True)
        column.prop(obj.immat, "target")
        column.operator("immat.snap_to_mesh")
        layout.prop(context.scene.immat, "radius_gizmo")


CLASSES = (IMMAT_PT_tools,)
