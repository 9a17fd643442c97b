"""A camera, and the picture as its background: the shape lies over the picture."""

from typing import ClassVar

import bpy
import numpy as np

from immat_core.errors import UserError

from .. import objects, picture_camera, predicting

EXIF_ORIENTATION = 0x0112


class IMMAT_OT_show_over_picture(bpy.types.Operator):
    """Look through the predicted camera at the shape over its picture"""

    bl_idname = "immat.show_over_picture"
    bl_label = "Show over Picture"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The MAT must come from a picture."""
        obj = objects.active_mat(context)
        if obj is None or not all(obj.immat.picture_size):
            cls.poll_message_set("Select a MAT that was predicted from a picture")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add or move the camera and look through it."""
        obj = objects.active_mat(context)
        camera = picture_camera.place(context, obj)
        try:
            show_background(camera.data, obj.immat.picture)
        except UserError as error:
            self.report({"WARNING"}, str(error))
        space = context.space_data
        if space is not None and space.type == "VIEW_3D":
            space.region_3d.view_perspective = "CAMERA"
        return {"FINISHED"}


def show_background(lens: bpy.types.Camera, picture: str) -> None:
    """Show the picture behind what the camera sees; raises ``UserError`` if it cannot be read."""
    image = _upright_image(bpy.path.abspath(picture))
    lens.show_background_images = True
    shown = lens.background_images[0] if lens.background_images else lens.background_images.new()
    shown.image = image
    shown.alpha = 1.0
    shown.display_depth = "BACK"
    shown.frame_method = "STRETCH"


def _upright_image(path: str) -> bpy.types.Image:
    """The picture as an image; turned and packed where its EXIF data says so."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            turned = opened.getexif().get(EXIF_ORIENTATION, 1) != 1
    except (OSError, UnidentifiedImageError) as error:
        raise UserError(
            f"The picture {path} cannot be shown", "Was it moved or deleted?"
        ) from error
    if not turned:
        return bpy.data.images.load(path, check_existing=True)
    rgba = predicting.load_masked_picture(path).rgba[::-1].astype(np.float32) / 255
    rgba[..., 3] = 1
    image = bpy.data.images.new(bpy.path.basename(path), rgba.shape[1], rgba.shape[0])
    image.pixels.foreach_set(rgba.ravel())
    image.pack()
    return image


CLASSES = (IMMAT_OT_show_over_picture,)
