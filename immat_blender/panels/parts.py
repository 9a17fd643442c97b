"""The panel of the parts."""

from typing import ClassVar

import bpy

from .. import objects, parts
from .sidebar import MatSidebar


class IMMAT_PT_parts(MatSidebar, bpy.types.Panel):
    """Parts of the MAT and its surface."""

    bl_label = "Parts"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the buttons and how parts show."""
        obj = objects.active_mat(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.operator("immat.find_parts", icon="MOD_EXPLODE")
        column = layout.column()
        column.enabled = parts.has_parts(obj.data)
        column.prop(obj.immat, "surface_colors")
        column.prop(obj.immat, "part_groups")
        row = column.row(align=True)
        row.operator("immat.select_part")
        row.operator("immat.assign_part")
        row = column.row(align=True)
        row.operator_context = "EXEC_DEFAULT"
        row.operator("immat.separate_by_part", text="Separate MAT").target = "MAT"
        row.operator("immat.separate_by_part", text="Separate Surface").target = "SURFACE"


CLASSES = (IMMAT_PT_parts,)
