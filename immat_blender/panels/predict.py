"""The panel of the prediction."""

import bpy

from .. import jobs, objects, stages
from .sidebar import Sidebar


class IMMAT_PT_predict(Sidebar, bpy.types.Panel):
    """The prediction: start, progress, thresholds, stage."""

    bl_label = "Predict"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the settings of the next prediction and those of the active one."""
        settings = context.scene.immat
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        self._draw_job()
        layout.prop(settings, "spheres")
        layout.prop(settings, "size")
        layout.prop(settings, "seed")
        obj = objects.active_mat(context)
        if obj is not None and stages.PROPERTY in obj.data:
            self._draw_stage(obj)

    def _draw_job(self) -> None:
        job = jobs.current()
        if job is None or not jobs.running():
            self.layout.operator("immat.predict", icon="PLAY")
            if job is not None and job.message:
                self.layout.label(text=job.message, icon="ERROR")
            elif job is not None and job.state is jobs.JobState.CANCELLED:
                self.layout.label(text=job.state.value)
            return
        row = self.layout.row(align=True)
        what = "Cancelling" if job.cancelling else job.what
        row.progress(factor=job.share, text=f"{what} ({job.share:.0%})")
        row.operator("immat.cancel", text="", icon="CANCEL")

    def _draw_stage(self, obj: bpy.types.Object) -> None:
        column = self.layout.column()
        column.active = column.enabled = stages.can_apply(obj)
        column.prop(obj.immat, "stage")
        column.prop(obj.immat, "edge_threshold", slider=True)
        column.prop(obj.immat, "face_threshold", slider=True)
        if not column.enabled:
            self.layout.label(text="Spheres were added or removed", icon="INFO")


CLASSES = (IMMAT_PT_predict,)
