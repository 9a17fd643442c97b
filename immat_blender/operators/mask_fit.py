"""Drawing a predicted MAT to the outline in its picture."""

from dataclasses import astuple
from typing import ClassVar

import bpy
import numpy as np

from immat_core.camera import Camera
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

from .. import bridge, jobs, live, mask_fitting, objects, picture_camera, surface_route
from .predict import can_add_objects, push_undo


class IMMAT_OT_fit_to_picture(bpy.types.Operator):
    """Move the spheres and the camera of the active MAT until it covers its picture's object"""

    bl_idname = "immat.fit_to_picture"
    bl_label = "Fit to Picture"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The MAT must come from a picture, and one job runs at a time."""
        obj = objects.active_mat(context)
        reason = ""
        if obj is None or not obj.immat.picture or not all(obj.immat.picture_size):
            reason = "Select a MAT that was predicted from a picture"
        elif context.mode != "OBJECT":
            reason = "Leave Edit Mode first"
        elif jobs.running():
            reason = "Another job is running"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job; its result comes later, with an undo step of its own."""
        try:
            jobs.start(mask_fit_job(objects.active_mat(context)))
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def mask_fit_job(obj: bpy.types.Object) -> jobs.Job:
    """The job that fits a MAT to its picture, as it is now."""
    request = mask_fit_request(obj)
    return jobs.Job(
        lambda progress, should_cancel: mask_fitting.fit(request, progress, should_cancel),
        apply_mask_fit,
        can_add_objects,
    )


def mask_fit_request(obj: bpy.types.Object) -> mask_fitting.MaskFitRequest:
    """The MAT and its picture as they are now; raises ``UserError`` when it has no sphere."""
    settings = obj.immat
    mat = bridge.read_medial_mesh(obj)
    if not len(mat.radii):
        raise UserError("The MAT has no sphere", "Add one, or predict it again")
    surface_route.choose_cache_folder()
    surface_route.prepare()
    return mask_fitting.MaskFitRequest(
        uid=obj.session_uid,
        signature=bridge.signature(mat, settings.voxel),
        picture=bpy.path.abspath(settings.picture),
        mask=bpy.path.abspath(settings.mask),
        mat=MedialMesh(
            mat.centers / settings.size, mat.radii / settings.size, mat.edges, mat.faces
        ),
        camera=Camera(*settings.camera),
        crop_box=tuple(settings.crop_box),
        size=settings.size,
    )


def apply_mask_fit(outcome: mask_fitting.MaskFitOutcome) -> None:
    """Give the MAT its new spheres and camera, as one undo step.

    Raises ``UserError`` when it was deleted or changed since the fit began.
    """
    request = outcome.request
    obj = next((o for o in objects.mat_objects() if o.session_uid == request.uid), None)
    if obj is None:
        raise UserError("The MAT was deleted meanwhile", "Predict it again")
    now = bridge.signature(bridge.read_medial_mesh(obj), obj.immat.voxel)
    if now != request.signature:
        raise UserError("The MAT was changed meanwhile", "Fit it to the picture again")
    obj.data[mask_fitting.OVERLAP] = mask_fitting.summary(outcome.fit)
    bridge.write_spheres(obj.data, outcome.fit.mat.spheres * np.float32(request.size))
    obj.immat.camera = astuple(outcome.fit.camera)
    obj.immat.crop_box = outcome.crop_box
    picture_camera.follow(bpy.context, obj)
    live.request(obj)
    push_undo("Fit to Picture")


CLASSES = (IMMAT_OT_fit_to_picture,)
