"""Render the pictures of the README: picture, medial mesh, surface and edited surface side by side.

    PYTHONPATH=. .venv/bin/python tools/render_showcase.py examples/chair.png docs/images/chair.png

Needs the `bpy` wheel (Cycles renders on the CPU, about 20 s a panel).
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from immat_core import MedialMesh
from immat_core.image import Picture, crop, load_picture
from immat_core.predict import ImageToMat, PredictSettings
from immat_core.surface import build_surface

SIDE = 420
SKIN = (0.30, 0.45, 0.62)
SPHERE = (0.93, 0.42, 0.13)
EDGE = (0.12, 0.25, 0.45)


def main() -> None:
    """Predict from the picture, edit the medial mesh, render each step and join the panels."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--samples", type=int, default=48, help="Cycles samples a pixel")
    arguments = parser.parse_args()
    picture = load_picture(arguments.picture)
    engine = ImageToMat()
    engine.set_image(picture)
    prediction = engine.predict()
    mat = prediction.medial_mesh(PredictSettings())
    panels = [_picture_panel(picture)]
    for objects in (medial_objects, surface_objects, lambda m: surface_objects(edited(m))):
        empty_scene(arguments.samples, prediction.camera.azimuth)
        objects(mat)
        panels.append(render_panel())
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    join_panels(panels).save(arguments.out, optimize=True)


def edited(mat: MedialMesh) -> MedialMesh:
    """What an artist may do in ten seconds: thicken the lower third, raise the upper third."""
    low, high = mat.bounds[:, 2]
    height = (mat.centers[:, 2] - low) / (high - low)
    radii = mat.radii * (1 + 1.2 * np.clip(1 - 3 * height, 0, 1))
    centers = mat.centers.copy()
    centers[:, 2] += 0.5 * (high - low) * np.clip(height - 0.55, 0, 1)
    return MedialMesh(centers, radii, mat.edges, mat.faces)


def empty_scene(samples: int, azimuth: float) -> None:
    """Start anew with a camera and lights that look at a shape of diagonal 1."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = False
    scene.render.resolution_x = scene.render.resolution_y = SIDE
    scene.render.film_transparent = True
    scene.view_settings.view_transform = "Standard"
    world = bpy.data.worlds.new("World")
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (1, 1, 1, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = 0.6
    scene.world = world
    _look_from(azimuth)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.angle = 1.6, 0.3
    sun.rotation_euler = (0.7, 0.1, azimuth - 0.6)
    scene.collection.objects.link(sun)


def _look_from(azimuth: float) -> None:
    scene = bpy.context.scene
    data = bpy.data.cameras.new("Camera")
    camera = bpy.data.objects.new("Camera", data)
    elevation, distance = 0.35, 2.6
    camera.location = (
        distance * np.cos(elevation) * np.sin(azimuth),
        -distance * np.cos(elevation) * np.cos(azimuth),
        distance * np.sin(elevation),
    )
    camera.rotation_euler = (np.pi / 2 - elevation, 0, azimuth)
    data.sensor_width, data.lens = 36, 78
    scene.collection.objects.link(camera)
    scene.camera = camera


def _material(color: tuple[float, float, float]) -> bpy.types.Material:
    material = bpy.data.materials.new("Material")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1)
    shader.inputs["Roughness"].default_value = 0.45
    return material


def add_mesh(
    vertices: NDArray[Any], faces: NDArray[Any], color: tuple[float, float, float]
) -> None:
    """Add a smooth mesh of one color."""
    mesh = bpy.data.meshes.new("Panel")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.shade_smooth()
    mesh.materials.append(_material(color))
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Panel", mesh))


def surface_objects(mat: MedialMesh) -> None:
    """Add the surface of a medial mesh."""
    surface = build_surface(mat, 1 / 200)
    add_mesh(surface.vertices, surface.faces, SKIN)


def medial_objects(mat: MedialMesh) -> None:
    """Spheres at their size, edges as thin tubes, faces as thin plates: all small medial meshes."""
    spheres = build_surface(MedialMesh(mat.centers, np.maximum(mat.radii * 0.75, 0.006)), 1 / 300)
    add_mesh(spheres.vertices, spheres.faces, SPHERE)
    thin = MedialMesh(mat.centers, np.full(len(mat.radii), 0.003), mat.all_edges, mat.faces)
    net = build_surface(thin, 1 / 420)
    add_mesh(net.vertices, net.faces, EDGE)


def render_panel() -> Image.Image:
    """Render what is there, on white."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panel.png"
        bpy.context.scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        rendered = Image.open(path).convert("RGBA")
    panel = Image.new("RGBA", rendered.size, "white")
    panel.alpha_composite(rendered)
    return panel.convert("RGB")


def _picture_panel(picture: Picture) -> Image.Image:
    planes = crop(picture, SIDE).image
    rgb = planes[:3] + (1 - planes[3:])
    return Image.fromarray((rgb.transpose(1, 2, 0).clip(0, 1) * 255).round().astype(np.uint8))


def join_panels(panels: list[Image.Image]) -> Image.Image:
    """Put panels of the same size side by side."""
    width, height = panels[0].size
    joined = Image.new("RGB", (width * len(panels), height), "white")
    for index, panel in enumerate(panels):
        joined.paste(panel, (width * index, 0))
    return joined


if __name__ == "__main__":
    main()
