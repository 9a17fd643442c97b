"""Render the pictures of examples/ from held-out parametric shapes, with Cycles.

    PYTHONPATH=. .venv/bin/python tools/render_examples.py examples

Needs the `bpy` wheel; about a minute a picture on two cores.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix
from numpy.typing import NDArray
from PIL import Image

from immat_core.camera import Camera, frame_camera
from training.corpus.families import draw
from training.shapes import ParametricShape, generate

SENSOR = 36.0


@dataclass(frozen=True)
class Example:
    """One picture: a shape by its seed, seen and lit from somewhere; angles in degrees."""

    name: str
    category: str
    seed: int
    azimuth: float = -35.0
    elevation: float = 18.0
    roughness: float = 0.45
    family: bool = False  # of the corpus's programs, else of training.shapes


EXAMPLES = (
    Example("chair.png", "chair", 1_000_106),
    Example("table.png", "table", 1_000_141, azimuth=-30),
    Example("lamp.png", "lamp", 1_000_109, elevation=14, roughness=0.6),
    Example("plane.png", "plane", 1_000_104, azimuth=-52, elevation=22, roughness=0.3),
    Example("car.png", "car", 757, azimuth=-40, elevation=14, roughness=0.3, family=True),
    Example("couch.png", "couch", 204, azimuth=-28, elevation=20, roughness=0.7, family=True),
    Example("boat.png", "boat", 675, azimuth=-50, elevation=16, family=True),
)
PHOTO = Example("chair_photo.jpg", "chair", 1_000_114, azimuth=38.0, elevation=16.0)


def main() -> None:
    """Render every example into a folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=512, help="pixels along each side")
    parser.add_argument("--samples", type=int, default=24, help="Cycles samples a pixel")
    parser.add_argument("--only", help="name of one picture")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for example in EXAMPLES:
        if arguments.only in (None, example.name):
            _render_cutout(example, arguments.out, arguments.size, arguments.samples)
    if arguments.only in (None, PHOTO.name):
        _render_photo(PHOTO, arguments.out, arguments.samples)


def _render_cutout(example: Example, out: Path, size: int, samples: int) -> None:
    """A shape on a transparent background, framed with a little room."""
    scene = _new_scene(samples, (size, size))
    scene.render.film_transparent = True
    if example.family:
        vertices = _add_family_shape(example)
    else:
        shape = generate(example.category, example.seed)
        _add_shape(shape, example.roughness)
        vertices = shape.vertices.astype(np.float64)
    camera = frame_camera(vertices, np.radians(example.azimuth), np.radians(example.elevation), 2.4)
    _add_camera(camera)
    _add_light(camera, side=-50, height=50, power=42, size=1.4)
    _add_light(camera, side=70, height=20, power=9, size=2.5)
    _light_world(0.4)
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.image_settings.compression = 100
    _render_to(out / example.name)


def _render_photo(example: Example, out: Path, samples: int) -> None:
    """A chair on a wooden floor before a wall, in window light, noisy and compressed."""
    width, height = 800, 600
    scene = _new_scene(samples, (width, height))
    scene.view_settings.view_transform = "AgX"
    shape = generate(example.category, example.seed)
    _add_shape(shape, example.roughness)
    camera = frame_camera(
        shape.vertices, np.radians(example.azimuth), np.radians(example.elevation), 2.6
    )
    # the picture is wider than high: three quarters of its height are the chair
    wide = 0.75 * camera.focal * height / width
    _add_camera(Camera(camera.azimuth, camera.elevation, camera.distance, wide, 0.02, -0.03))
    floor = float(shape.vertices[:, 2].min())
    turn = Matrix.Rotation(np.radians(example.azimuth) * 0.6, 4, "Z")
    _add_plane(turn @ Matrix.Translation((0, 0, floor)), (0.34, 0.24, 0.16), 0.5)
    wall = Matrix.Translation((0, 1.15, 0)) @ Matrix.Rotation(np.pi / 2, 4, "X")
    _add_plane(turn @ wall, (0.78, 0.74, 0.66), 0.9)
    _add_light(camera, side=-62, height=42, power=70, size=1.1)
    _light_world(0.5)
    with tempfile.TemporaryDirectory() as folder:
        _render_to(Path(folder) / "photo.png")
        with Image.open(Path(folder) / "photo.png") as image:
            pixels = np.asarray(image.convert("RGB"), np.float64)
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    pixels *= 1 - 0.1 * (rows**2 + columns**2)[..., None]
    pixels += rng.normal(0, 2.5, (height, width, 1)) + rng.normal(0, 1.5, pixels.shape)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(out / example.name, quality=88)


def _new_scene(samples: int, size: tuple[int, int]) -> bpy.types.Scene:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.seed = 0
    # The bpy wheels have a denoiser; Debian's builds of Blender refuse this.
    scene.cycles.use_denoising = True
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.view_settings.view_transform = "Standard"
    scene.world = bpy.data.worlds.new("World")
    return scene


def _add_shape(shape: ParametricShape, roughness: float) -> None:
    """Add the surface with its own normals, one material a color."""
    corners = shape.vertices[shape.triangles].astype(np.float64)
    flat = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = shape.normals[shape.triangles]
    turned = (flat * normals.sum(1)).sum(1) < 0
    order = np.where(turned[:, None], [0, 2, 1], [0, 1, 2])
    triangles = np.take_along_axis(shape.triangles, order, 1)
    mesh = bpy.data.meshes.new(shape.category)
    mesh.from_pydata(shape.vertices.tolist(), [], triangles.tolist())
    colors, which = np.unique(shape.colors, axis=0, return_inverse=True)
    for color in colors:
        mesh.materials.append(_material(tuple(color.tolist()), roughness))
    mesh.polygons.foreach_set("material_index", which.astype(np.int32).ravel())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(triangles), bool))
    mesh.normals_split_custom_set(shape.normals[triangles.ravel()].tolist())
    _link(bpy.data.objects.new(shape.category, mesh))


def _add_family_shape(example: Example) -> NDArray[np.float64]:
    """Add a shape of the corpus in the object's frame, flat-shaded; returns its vertices."""
    shape = draw(example.category, example.seed)
    low, high = shape.vertices.min(0), shape.vertices.max(0)
    middle = (low + high) / 2
    vertices: NDArray[np.float64] = (shape.vertices - middle) / np.linalg.norm(high - low)
    mesh = bpy.data.meshes.new(example.category)
    mesh.from_pydata(vertices.tolist(), [], shape.faces.tolist())
    colors, which = np.unique(shape.colors, axis=0, return_inverse=True)
    for color in colors:
        mesh.materials.append(_material(tuple(color.tolist()), example.roughness))
    mesh.polygons.foreach_set("material_index", which.astype(np.int32).ravel())
    _link(bpy.data.objects.new(example.category, mesh))
    return vertices


def _material(color: tuple[float, ...], roughness: float) -> bpy.types.Material:
    material = bpy.data.materials.new("Material")
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    shader.inputs["Base Color"].default_value = (*color, 1)
    shader.inputs["Roughness"].default_value = roughness
    return material


def _add_plane(matrix: Matrix, color: tuple[float, float, float], roughness: float) -> None:
    """A large square, placed by a matrix."""
    mesh = bpy.data.meshes.new("Plane")
    mesh.from_pydata([(-8, -8, 0), (8, -8, 0), (8, 8, 0), (-8, 8, 0)], [], [(0, 1, 2, 3)])
    mesh.materials.append(_material(color, roughness))
    plane = bpy.data.objects.new("Plane", mesh)
    plane.matrix_world = matrix
    _link(plane)


def _add_camera(camera: Camera) -> None:
    """The scene's camera, with the projection of the core's camera."""
    data = bpy.data.cameras.new("Camera")
    data.sensor_fit, data.sensor_width = "HORIZONTAL", SENSOR
    data.lens = camera.focal * SENSOR / 2
    data.shift_x, data.shift_y = -camera.shift_u / 2, camera.shift_v / 2
    matrix = np.eye(4)
    matrix[:3, :3] = (camera.axes * [[1], [-1], [-1]]).T
    matrix[:3, 3] = camera.position
    item = bpy.data.objects.new("Camera", data)
    item.matrix_world = Matrix(matrix.tolist())
    _link(item)
    bpy.context.scene.camera = item


def _add_light(camera: Camera, side: float, height: float, power: float, size: float) -> None:
    """A square light that looks at the origin; angles in degrees, seen from the camera."""
    stand = Camera(camera.azimuth + np.radians(side), np.radians(height), 2.2)
    data = bpy.data.lights.new("Light", "AREA")
    data.energy, data.size = power, size
    matrix = np.eye(4)
    matrix[:3, :3] = (stand.axes * [[1], [-1], [-1]]).T
    matrix[:3, 3] = stand.position
    item = bpy.data.objects.new("Light", data)
    item.matrix_world = Matrix(matrix.tolist())
    _link(item)


def _light_world(strength: float) -> None:
    world = bpy.context.scene.world
    world.use_nodes = True
    world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.9, 0.95, 1, 1)
    world.node_tree.nodes["Background"].inputs["Strength"].default_value = strength


def _link(item: bpy.types.Object) -> None:
    bpy.context.scene.collection.objects.link(item)


def _render_to(path: Path) -> None:
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main()
