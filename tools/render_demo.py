"""Runs in Blender on the demo's file: the picture, the MAT's spheres and the surface, in one row.

``blender -b demo/chair.blend --python tools/render_demo.py -- OUT.png``
The views are those of the predicted camera, so all three show the object from the same side.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

SIDE = 480
SAMPLES = 24
BACKGROUND = (0.93, 0.94, 0.95)
SPHERES_COLOR = (0.05, 0.20, 0.60, 1.0)
SURFACE_COLOR = (0.62, 0.30, 0.12, 1.0)


def add_spheres(mat: bpy.types.Object) -> bpy.types.Object:
    """One mesh object with a ball for every sphere of the MAT, which itself never renders."""
    bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=3, radius=1.0)
    ball = bpy.context.object
    ball.data.shade_smooth()
    for vertex, radius in zip(mat.data.vertices, mat.data.attributes["radius"].data, strict=True):
        copy = bpy.data.objects.new("ball", ball.data)
        bpy.context.collection.objects.link(copy)
        copy.location = mat.matrix_world @ vertex.co
        copy.scale = (radius.value * mat.matrix_world.median_scale,) * 3
        copy.parent = ball
        copy.matrix_parent_inverse.identity()
    # the pattern itself would be one ball too many
    ball.hide_render = True
    return ball


def give_material(
    mesh: bpy.types.Mesh, name: str, color: tuple[float, float, float, float]
) -> None:
    """Replace the materials of a mesh with one of a color."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = next(n for n in material.node_tree.nodes if n.type == "BSDF_PRINCIPLED")
    shader.inputs["Base Color"].default_value = color
    shader.inputs["Roughness"].default_value = 0.5
    mesh.materials.clear()
    mesh.materials.append(material)


def light_scene(camera: bpy.types.Object) -> None:
    """A white sky, and a sun over the camera's left shoulder."""
    world = bpy.data.worlds.new("Demo")
    world.use_nodes = True
    background = next(n for n in world.node_tree.nodes if n.type == "BACKGROUND")
    background.inputs["Color"].default_value = (1, 1, 1, 1)
    background.inputs["Strength"].default_value = 0.45
    bpy.context.scene.world = world
    sun = bpy.data.lights.new("Demo Sun", "SUN")
    sun.energy = 2.2
    sun.angle = 0.2
    lamp = bpy.data.objects.new("Demo Sun", sun)
    bpy.context.collection.objects.link(lamp)
    azimuth = camera.matrix_world.to_euler().z - math.radians(40)
    lamp.rotation_euler = (math.radians(42), 0.0, azimuth)


def set_up_render() -> None:
    """Few samples on the processor, and colors as they are."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples = SAMPLES
    # Debian builds Blender without a denoiser
    scene.cycles.use_denoising = False
    scene.render.film_transparent = True
    scene.render.resolution_percentage = 100
    scene.render.image_settings.file_format = "PNG"
    scene.render.image_settings.color_mode = "RGBA"
    scene.view_settings.view_transform = "Standard"
    width, height = scene.render.resolution_x, scene.render.resolution_y
    scene.render.resolution_x = round(SIDE * width / max(width, height))
    scene.render.resolution_y = round(SIDE * height / max(width, height))


def render(path: Path) -> NDArray[np.float32]:
    """Render what is not hidden; the picture as in ``read_picture``."""
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    pixels = read_picture(path)
    path.unlink()
    return pixels


def read_picture(path: Path) -> NDArray[np.float32]:
    """A picture over the background: (SIDE, SIDE, 3), 0 to 1, the first row at the bottom."""
    image = bpy.data.images.load(str(path))
    width, height = image.size
    image.scale(round(SIDE * width / max(width, height)), round(SIDE * height / max(width, height)))
    width, height = image.size
    pixels = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(pixels)
    rgba = pixels.reshape(height, width, 4)
    whole = np.full((SIDE, SIDE, 3), BACKGROUND, np.float32)
    top, left = (SIDE - height) // 2, (SIDE - width) // 2
    part = whole[top : top + height, left : left + width]
    part += rgba[..., 3:] * (rgba[..., :3] - part)
    return whole


def write_row(panels: list[NDArray[np.float32]], path: Path) -> None:
    """Write panels side by side as one picture."""
    row = np.concatenate(panels, axis=1)
    image = bpy.data.images.new("row", row.shape[1], row.shape[0])
    rgba = np.concatenate([row, np.ones((*row.shape[:2], 1), np.float32)], axis=2)
    image.pixels.foreach_set(rgba.ravel())
    image.filepath_raw = str(path)
    image.file_format = "PNG"
    image.save()


def main() -> None:
    """Render the two views and write the row."""
    out = Path(sys.argv[sys.argv.index("--") + 1])
    mat = next(obj for obj in bpy.data.objects if obj.immat.is_mat)
    surface = mat.immat.surface
    bpy.context.view_layer.objects.active = mat
    bpy.ops.immat.show_over_picture()
    camera = bpy.context.scene.camera
    light_scene(camera)
    set_up_render()
    balls = add_spheres(mat)
    give_material(balls.data, "Spheres", SPHERES_COLOR)
    give_material(surface.data, "Surface", SURFACE_COLOR)
    surface.hide_render = True
    spheres_view = render(out.with_suffix(".spheres.png"))
    for ball in balls.children:
        ball.hide_render = True
    surface.hide_render = False
    surface_view = render(out.with_suffix(".surface.png"))
    picture = Path(bpy.path.abspath(mat.immat.picture))
    write_row([read_picture(picture), spheres_view, surface_view], out)


main()
