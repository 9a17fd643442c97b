# mypy: disable-error-code="valid-type"
"""The surface: rebuilding it by hand."""

from typing import ClassVar

import bpy

from immat_core.errors import UserError

from .. import live, objects


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
            surface = live.rebuild(obj, force=True)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{len(surface.data.polygons)} faces")
        return {"FINISHED"}


CLASSES = (IMMAT_OT_rebuild_surface,)
