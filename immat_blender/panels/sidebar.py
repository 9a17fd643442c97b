"""Where our panels are."""

import bpy

from .. import objects
from ..operators.picture import TAB


class Sidebar:
    """Where our panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB


class MatSidebar(Sidebar):
    """A panel of the active MAT."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only with a MAT."""
        return objects.active_mat(context) is not None
