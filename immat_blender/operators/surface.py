# mypy: disable-error-code="valid-type"
"""The surface: rebuilding it by hand, stopping a long rebuild, checking it."""

from typing import ClassVar

import bpy

from immat_core.errors import UserError

from .. import jobs, live, objects, slow_rebuilds, surface_checks


class NeedsMat:
    """The poll of every operator that works on the active MAT."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A MAT, or the surface of one, must be active."""
        if objects.active_mat(context) is None:
            cls.poll_message_set("Select a MAT object")  # type: ignore[attr-defined]
            return False
        return True


class IMMAT_OT_rebuild_surface(NeedsMat, bpy.types.Operator):
    """Rebuild the surface of the active MAT, making it where it was deleted"""

    bl_idname = "immat.rebuild_surface"
    bl_label = "Rebuild Surface"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Rebuild, whether anything changed or not."""
        obj = objects.active_mat(context)
        try:
            surface = live.start_rebuild(obj)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{len(surface.data.polygons)} faces")
        return {"FINISHED"}


class IMMAT_OT_cancel_surface(NeedsMat, bpy.types.Operator):
    """Stop rebuilding the surface of the active MAT and leave it as it is until the next edit"""

    bl_idname = "immat.cancel_surface"
    bl_label = "Cancel Rebuild"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Ask the job to stop."""
        job = slow_rebuilds.running(objects.active_mat(context).session_uid)
        if job is None:
            self.report({"INFO"}, "The surface is not being rebuilt")
            return {"CANCELLED"}
        job.cancel()
        return {"FINISHED"}


class IMMAT_OT_check_surface(NeedsMat, bpy.types.Operator):
    """Check the surface of the active MAT as an export would write it"""

    bl_idname = "immat.check_surface"
    bl_label = "Check Surface"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the check; the panel shows what it finds."""
        try:
            jobs.start(surface_checks.check_job(objects.active_mat(context)))
        except (UserError, ValueError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (IMMAT_OT_rebuild_surface, IMMAT_OT_cancel_surface, IMMAT_OT_check_surface)
