"""The panel of MATs from meshes, and our line in Object > Convert."""

import bpy

from .. import compiling, objects
from ..operators.fit import FIT_SUMMARY
from .running_job import draw_last_end, draw_running_job
from .sidebar import Sidebar


class IMMAT_PT_fit(Sidebar, bpy.types.Panel):
    """A MAT of an object that is there already."""

    bl_label = "From Mesh"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the button or what runs, how many spheres to make, and how well they fit."""
        settings = context.scene.immat
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        if not draw_running_job(layout):
            layout.operator_context = "EXEC_DEFAULT"
            button = layout.operator("immat.mesh_to_mat", icon="MESH_MONKEY")
            button.spheres = settings.fit_spheres
            button.seed = settings.seed
            compiling.draw(layout, compiling.fit_line())
            draw_last_end(layout)
        layout.prop(settings, "fit_spheres", slider=True)
        obj = objects.active_mat(context)
        if obj is not None and FIT_SUMMARY in obj.data:
            for line in str(obj.data[FIT_SUMMARY]).splitlines():
                layout.label(text=line)


def draw_in_convert_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Our line in Object > Convert; it asks for the settings."""
    menu.layout.separator()
    menu.layout.operator_context = "INVOKE_DEFAULT"
    menu.layout.operator("immat.mesh_to_mat", text="Medial Axis Transform (MAT)")


CLASSES = (IMMAT_PT_fit,)
