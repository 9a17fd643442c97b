"""The camera that sees a MAT as its picture does."""

import bpy
import numpy as np
from mathutils import Matrix

from immat_core.camera import Camera

SENSOR_WIDTH = 36.0
OWNER = "immat_of"
"""Property of a camera object: the name of the MAT that it was made for."""


def place(context: bpy.types.Context, obj: bpy.types.Object) -> bpy.types.Object:
    """The camera that sees ``obj`` as the picture does; the scene's camera and size from now on.

    The predicted camera looks at a square crop. The picture's own camera stands in the same place
    and has the same axes; its focal length and shifts are those of the crop, in picture widths.
    """
    settings = obj.immat
    width, height = settings.picture_size
    left, top, side = settings.crop_box
    seen = Camera(*settings.camera)
    camera = context.scene.camera
    if camera is None or camera.get(OWNER) != obj.name:
        camera = _new_camera(context, obj)
    lens = camera.data
    lens.sensor_fit = "HORIZONTAL"
    lens.sensor_width = SENSOR_WIDTH
    lens.lens = SENSOR_WIDTH * seen.focal * side / 2 / width
    lens.shift_x = 0.5 - (left + side * (1 + seen.shift_u) / 2) / width
    lens.shift_y = (top + side * (1 + seen.shift_v) / 2 - height / 2) / width
    lens.clip_start = 0.01 * settings.size
    camera.matrix_world = obj.matrix_world @ matrix(seen, settings.size)
    context.scene.camera = camera
    context.scene.render.resolution_x = width
    context.scene.render.resolution_y = height
    return camera


def follow(context: bpy.types.Context, obj: bpy.types.Object) -> None:
    """Place the scene's camera anew where it is the MAT's; leave every other one."""
    camera = context.scene.camera
    if camera is not None and camera.get(OWNER) == obj.name:
        place(context, obj)


def matrix(camera: Camera, size: float) -> Matrix:
    """The matrix of a Blender camera (X right, Y up, looking along -Z) in the MAT's space."""
    right, down, forward = camera.axes
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([right, -down, -forward], axis=1)
    matrix[:3, 3] = camera.position * size
    return Matrix(matrix.tolist())


def _new_camera(context: bpy.types.Context, obj: bpy.types.Object) -> bpy.types.Object:
    name = f"{obj.name} Camera"
    camera = bpy.data.objects.new(name, bpy.data.cameras.new(name))
    camera[OWNER] = obj.name
    context.collection.objects.link(camera)
    return camera
