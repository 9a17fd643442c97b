# mypy: disable-error-code="valid-type"
"""Choosing or dropping the picture to predict from."""

from typing import ClassVar

import bpy
from bpy.props import StringProperty

from immat_core.errors import UserError

from .. import predicting, previews

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
TAB = "Image to MAT"


class IMMAT_OT_load_picture(bpy.types.Operator):
    """Load a picture of an object and show what is taken for the object"""

    bl_idname = "immat.load_picture"
    bl_label = "Load Picture"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(
        default=";".join(f"*{suffix}" for suffix in SUFFIXES), options={"HIDDEN"}
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Take a dropped file at once; ask for one otherwise."""
        if self.filepath:
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the picture, and only then make it the scene's."""
        settings = context.scene.immat
        try:
            path = bpy.path.abspath(self.filepath)
            loaded = predicting.load_masked_picture(path)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        # Item assignment: the update callback would read the picture a second time.
        settings["mask"] = ""
        settings["picture"] = self.filepath
        previews.add(path, "", loaded)
        return {"FINISHED"}


class IMMAT_FH_picture(bpy.types.FileHandler):
    """Pictures dropped on a 3D view whose sidebar shows our tab; elsewhere Blender's own rule."""

    bl_idname = "IMMAT_FH_picture"
    bl_label = "Image to MAT"
    bl_import_operator = "immat.load_picture"
    bl_file_extensions = ";".join(SUFFIXES)

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """Whether the tab is open in the view under the pointer."""
        return shows_tab(context.area)


def shows_tab(area: bpy.types.Area | None) -> bool:
    """Whether ``area`` is a 3D view whose sidebar is open at our tab."""
    if area is None or area.type != "VIEW_3D" or not area.spaces.active.show_region_ui:
        return False
    sidebar = next((region for region in area.regions if region.type == "UI"), None)
    return sidebar is not None and sidebar.active_panel_category == TAB


CLASSES = (IMMAT_OT_load_picture, IMMAT_FH_picture)
