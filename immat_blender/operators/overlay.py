"""A camera, and the picture as its background: the shape lies over the picture."""

from typing import ClassVar

import bpy
import numpy as np
from mathutils import Matrix

from immat_core.camera import Camera
from immat_core.errors import UserError

from .. import objects, predicting

SENSOR_WIDTH = 36.0
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
        camera = place_camera(context, obj)
        try:
            show_background(camera.data, obj.immat.picture)
        except UserError as error:
            self.report({"WARNING"}, str(error))
        space = context.space_data
        if space is not None and space.type == "VIEW_3D":
            space.region_3d.view_perspective = "CAMERA"
        return {"FINISHED"}


def place_camera(context: bpy.types.Context, obj: bpy.types.Object) -> bpy.types.Object:
    """The camera that sees ``obj`` as the picture does; the scene's camera and size from now on.

    The predicted camera looks at a square crop. The picture's own camera stands in the same place
    and has the same axes; its focal length and shifts are those of the crop, in picture widths.
    """
    settings = obj.immat
    width, height = settings.picture_size
    left, top, side = settings.crop_box
    seen = Camera(*settings.camera)
    camera = context.scene.camera
    if camera is None or camera.get("immat_of") != obj.name:
        camera = _new_camera(context, obj)
    lens = camera.data
    lens.sensor_fit = "HORIZONTAL"
    lens.sensor_width = SENSOR_WIDTH
    lens.lens = SENSOR_WIDTH * seen.focal * side / 2 / width
    lens.shift_x = 0.5 - (left + side * (1 + seen.shift_u) / 2) / width
    lens.shift_y = (top + side * (1 + seen.shift_v) / 2 - height / 2) / width
    lens.clip_start = 0.01 * settings.size
    camera.matrix_world = obj.matrix_world @ camera_matrix(seen, settings.size)
    context.scene.camera = camera
    context.scene.render.resolution_x = width
    context.scene.render.resolution_y = height
    return camera


def camera_matrix(camera: Camera, size: float) -> Matrix:
    """The matrix of a Blender camera (X right, Y up, looking along -Z) in the MAT's space."""
    right, down, forward = camera.axes
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, -down, -forward], axis=1)
    matrix[:3, 3] = camera.position * size
    return Matrix(matrix.tolist())


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


def _new_camera(context: bpy.types.Context, obj: bpy.types.Object) -> bpy.types.Object:
    name = f"{obj.name} Camera"
    camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
    camera["immat_of"] = obj.name
    context.collection.objects.link(camera)
    return camera


CLASSES = (IMMAT_OT_show_over_picture,)
