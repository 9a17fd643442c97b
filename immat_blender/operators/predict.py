"""Predicting a MAT from the picture, and stopping it."""

from typing import ClassVar

import bpy

from immat_core.errors import UserError

from .. import jobs, live, objects, predicting, surface_route
from ..preferences import engine_settings
from ..properties import predict_settings


class IMMAT_OT_predict(bpy.types.Operator):
    """Predict the medial axis transform of the object in the picture"""

    bl_idname = "immat.predict"
    bl_label = "Predict"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A picture is needed, and one job runs at a time."""
        if not context.scene.immat.picture:
            cls.poll_message_set("Choose a picture first")
            return False
        if jobs.running():
            cls.poll_message_set("A prediction is running")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job; its result comes later, with an undo step of its own."""
        try:
            jobs.start(prediction_job(context))
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class IMMAT_OT_cancel(bpy.types.Operator):
    """Stop the prediction that runs and leave the scene as it was"""

    bl_idname = "immat.cancel"
    bl_label = "Cancel"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """There must be something to stop."""
        if not jobs.running():
            cls.poll_message_set("Nothing is running")
            return False
        return True

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Ask the job to stop."""
        jobs.cancel()
        return {"FINISHED"}


def prediction_job(context: bpy.types.Context) -> jobs.Job:
    """The job that predicts from the scene's picture and adds the objects."""
    settings = context.scene.immat
    surface_route.choose_cache_folder()
    surface_route.prepare()
    request = predicting.PredictRequest(
        bpy.path.abspath(settings.picture),
        bpy.path.abspath(settings.mask),
        predict_settings(settings),
        engine_settings(context),
        settings.size,
    )
    return jobs.Job(
        lambda progress, should_cancel: predicting.predict(request, progress, should_cancel),
        apply_prediction,
        can_add_objects,
    )


def can_add_objects() -> bool:
    """Whether the user is in Object Mode and not in the middle of dragging something.

    In Edit Mode an undo step would hold the edited mesh only, not the new objects.
    """
    if bpy.context.mode != "OBJECT":
        return False
    return not any(len(w.modal_operators) for w in bpy.context.window_manager.windows)


def apply_prediction(result: predicting.PredictResult) -> bpy.types.Object:
    """Add the MAT and its surface to the present scene, as one undo step; returns the MAT."""
    obj = objects.add_predicted_mat(bpy.context, result)
    live.adopt(obj, result.surface)
    push_undo("Predict MAT")
    return obj


def push_undo(message: str) -> None:
    """An undo step for what a timer did; operators get theirs from Blender."""
    windows = bpy.context.window_manager.windows
    if bpy.app.background or not windows:
        return
    with bpy.context.temp_override(window=windows[0]):
        bpy.ops.ed.undo_push(message=message)


CLASSES = (IMMAT_OT_predict, IMMAT_OT_cancel)
