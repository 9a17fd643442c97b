"""The panel of the surface."""

import bpy

from .. import compiling, live, objects, slow_rebuilds, surface_checks
from .sidebar import MatSidebar


class IMMAT_PT_surface(MatSidebar, bpy.types.Panel):
    """The surface."""

    bl_label = "Surface"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the resolution, the switches, what is being done and what is wrong."""
        obj = objects.active_mat(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(obj.immat, "live")
        layout.prop(obj.immat, "voxel")
        layout.prop(obj.immat, "quads")
        layout.prop(obj.immat, "keep_thin")
        self._draw_rebuild(obj)
        compiling.draw(layout, compiling.surface_line())
        surface = objects.surface_of(obj)
        if surface is not None:
            layout.label(text=f"{len(surface.data.polygons)} Faces")
        problem = live.problems.get(obj.session_uid)
        if problem:
            layout.label(text=problem, icon="ERROR")
        layout.operator("immat.check_surface", icon="CHECKMARK")
        for line in surface_checks.lines(obj):
            layout.label(text=line)

    def _draw_rebuild(self, obj: bpy.types.Object) -> None:
        job = slow_rebuilds.running(obj.session_uid)
        if job is None:
            self.layout.operator("immat.rebuild_surface", icon="FILE_REFRESH")
            return
        row = self.layout.row(align=True)
        row.progress(factor=job.share, text=f"{job.what} ({job.share:.0%})")
        row.operator("immat.cancel_surface", text="", icon="CANCEL")


CLASSES = (IMMAT_PT_surface,)
