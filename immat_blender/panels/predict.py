"""The panel of the prediction."""

import bpy

from .. import mask_fitting, objects, stages
from .running_job import draw_last_end, draw_running_job
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
        if not draw_running_job(layout):
            layout.operator("immat.predict", icon="PLAY")
            draw_last_end(layout)
        layout.prop(settings, "spheres")
        layout.prop(settings, "size")
        layout.prop(settings, "seed")
        obj = objects.active_mat(context)
        if obj is not None and stages.PROPERTY in obj.data:
            self._draw_stage(obj)
        if obj is not None and all(obj.immat.picture_size):
            layout.operator("immat.fit_to_picture", icon="MOD_SHRINKWRAP")
            if mask_fitting.OVERLAP in obj.data:
                layout.label(text=str(obj.data[mask_fitting.OVERLAP]))

    def _draw_stage(self, obj: bpy.types.Object) -> None:
        column = self.layout.column()
        column.active = column.enabled = stages.can_apply(obj)
        column.prop(obj.immat, "stage")
        column.prop(obj.immat, "edge_threshold", slider=True)
        column.prop(obj.immat, "face_threshold", slider=True)
        if not column.enabled:
            self.layout.label(text="Spheres were added or removed", icon="INFO")


CLASSES = (IMMAT_PT_predict,)
