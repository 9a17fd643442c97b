"""The panel of the picture."""

import bpy

from .. import previews
from .sidebar import Sidebar


class IMMAT_PT_picture(Sidebar, bpy.types.Panel):
    """The picture and what is taken for the object in it."""

    bl_label = "Picture"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choice of the picture and its preview."""
        settings = context.scene.immat
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.operator("immat.load_picture", icon="IMAGE_DATA")
        layout.prop(settings, "picture")
        layout.prop(settings, "mask")
        if settings.picture:
            self._draw_preview(settings)

    def _draw_preview(self, settings: bpy.types.PropertyGroup) -> None:
        preview = previews.find(bpy.path.abspath(settings.picture), bpy.path.abspath(settings.mask))
        if preview is None:
            self.layout.label(text="Loading...")
            return
        if preview.loaded:
            self.layout.template_icon(icon_value=preview.icon_id, scale=8.0)
            self.layout.label(text=f"Mask: {preview.message}")
        else:
            self.layout.label(text=preview.message, icon="ERROR")


CLASSES = (IMMAT_PT_picture,)
