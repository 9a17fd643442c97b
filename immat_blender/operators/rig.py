# mypy: disable-error-code="valid-type"
"""Adding and removing a rig."""

from typing import Any, ClassVar

import bpy
from bpy.props import BoolProperty, IntProperty

from immat_core.errors import UserError

from .. import bridge, live, objects, rigging


class IMMAT_OT_add_rig(bpy.types.Operator):
    """Make an armature with bones along curves and one for each sheet, and bind the surface"""

    bl_idname = "immat.add_rig"
    bl_label = "Add Rig"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    bones: IntProperty(
        name="Bones",
        description="Set how many bones to aim at; 0 leaves it to the bends",
        default=0,
        min=0,
        soft_max=100,
    )
    joint_spheres: BoolProperty(
        name="Joint Spheres",
        description="Insert spheres beside joints on long edges, so that only the joint bends",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A MAT without a rig, in Object Mode."""
        obj = objects.active_mat(context)
        reason = ""
        if obj is None:
            reason = "Select a MAT object"
        elif context.mode != "OBJECT":
            reason = "Go to Object Mode first"
        elif obj.library is not None or obj.data.library is not None:
            reason = "This MAT is linked from another file"
        elif rigging.rig_of(obj) is not None:
            reason = "This MAT has a rig already; remove it first"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Build the skeleton and bind."""
        from immat_core.rig import RigSettings, build_rig
        from immat_core.segmentation import segment_spheres

        obj: Any = objects.active_mat(context)
        try:
            mat = bridge.read_medial_mesh(obj)
            if not len(mat.radii):
                raise UserError("This MAT has no sphere", "Add spheres first")
            found = segment_spheres(mat)
            settings = RigSettings(self.bones, self.joint_spheres)
            rig = build_rig(mat, found.parts, found.sheets, settings)
            surface = live.rebuild(obj)
            armature = rigging.add_rig(context, obj, surface, rig)
            live.rebuild(obj)
            rigging.bind_surface(obj, surface)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except ValueError as error:
            self.report({"ERROR"}, f"This MAT cannot be read: {error}")
            return {"CANCELLED"}
        inserted = len(rig.edit.mat.radii) - len(mat.radii)
        beside = f"; {inserted} spheres inserted at joints" if inserted else ""
        self.report({"INFO"}, f"{len(armature.data.bones)} bones{beside}")
        return {"FINISHED"}


class IMMAT_OT_remove_rig(bpy.types.Operator):
    """Take away the armature of the MAT and its weights"""

    bl_idname = "immat.remove_rig"
    bl_label = "Remove Rig"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A MAT with a rig, in Object Mode."""
        obj = objects.active_mat(context)
        if obj is None or rigging.rig_of(obj) is None:
            cls.poll_message_set("Select a MAT that has a rig")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        rigging.remove_rig(objects.active_mat(context))
        return {"FINISHED"}


CLASSES = (IMMAT_OT_add_rig, IMMAT_OT_remove_rig)
