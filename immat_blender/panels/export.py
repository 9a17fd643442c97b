"""The panel of the files."""

import bpy

from .sidebar import MatSidebar


class IMMAT_PT_export(MatSidebar, bpy.types.Panel):
    """Files."""

    bl_label = "Export"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the export buttons."""
        self.layout.operator("immat.export_surface", icon="EXPORT")
        self.layout.operator("immat.export_mat", icon="EXPORT")
        self.layout.operator("immat.export_usd", icon="EXPORT")
        self.layout.operator("immat.export_printing", icon="EXPORT")


CLASSES = (IMMAT_PT_export,)
