"""The panel of the rig."""

from typing import ClassVar

import bpy

from .. import objects, rigging
from .sidebar import MatSidebar


class IMMAT_PT_rig(MatSidebar, bpy.types.Panel):
    """An armature from the MAT."""

    bl_label = "Rig"
    bl_options: ClassVar[set[str]] = {"DEFAULT_CLOSED"}

    def draw(self, context: bpy.types.Context) -> None:
        """Draw what can be done with the rig, or towards one."""
        armature = rigging.rig_of(objects.active_mat(context))
        if armature is None:
            self.layout.operator("immat.add_rig", icon="ARMATURE_DATA")
            return
        self.layout.label(text=f"{armature.name}: {len(armature.data.bones)} Bones")
        self.layout.operator("immat.remove_rig", icon="X")


CLASSES = (IMMAT_PT_rig,)
