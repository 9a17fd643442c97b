"""The panel of the surface."""

import bpy

from .. import live, objects
from .sidebar import MatSidebar


class IMMAT_PT_surface(MatSidebar, bpy.types.Panel):
    """The surface."""

    bl_label = "Surface"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the resolution, the live switch and what is wrong."""
        obj = objects.active_mat(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(obj.immat, "live")
        layout.prop(obj.immat, "voxel")
        layout.operator("immat.rebuild_surface", icon="FILE_REFRESH")
        surface = objects.surface_of(obj)
        if surface is not None:
            layout.label(text=f"{len(surface.data.polygons)} Faces")
        problem = live.problems.get(obj.session_uid)
        if problem:
            layout.label(text=problem, icon="ERROR")


CLASSES = (IMMAT_PT_surface,)
