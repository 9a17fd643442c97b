"""From a scene to a picture: what the camera sees, and what its lens and its file make of it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFilter import GaussianBlur

from immat_core.camera import Camera
from training.pictures import raster, shade
from training.pictures.model import Model, Pixels
from training.pictures.scene import Lens, Light, Room, Scene

Floats = NDArray[np.float64]

SKY_LIGHTS = 20
"""Directions whose shadows make the light from all around."""
SKY_SIDE, KEY_SIDE = 96, 256
"""Samples along each side of a shadow map."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A rendered view.

    Attributes
    ----------
    image
        (size, size, 3) uint8 sRGB. Black outside the object where there is no room.
    coverage
        (size, size) uint8, the share of each pixel that the object covers, 255 for all.
    camera
        The camera of the picture: coordinates -1..1 span it.
    """

    image: Pixels
    coverage: Pixels
    camera: Camera

    @property
    def rgba(self) -> Pixels:
        """(size, size, 4) uint8, straight alpha."""
        return np.dstack([self.image, self.coverage])


class Renderer:
    """Renders a model; what all its views share is made once.

    Parameters
    ----------
    model
        What is drawn.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._sky_axes = _sky_axes()
        self._sky_maps = np.stack(
            [raster.light_map(model.corners, axes, SKY_SIDE) for axes in self._sky_axes]
        )
        self._textures, self._texture_table = _packed(model.textures)

    def render(self, scene: Scene, size: int = 224) -> Picture:
        """Draw a scene of the model, ``size`` pixels along each side."""
        samples = 2 if size >= 128 else 3
        _, owner, weights = raster.visible(self.model.corners, scene.camera, size * samples)
        key_axes = raster.light_axes(scene.light.direction)
        lighting = shade.Lighting(
            _rows(scene.light),
            raster.light_map(self.model.corners, key_axes, KEY_SIDE),
            key_axes,
            self._sky_maps,
            self._sky_axes,
        )
        sums = np.zeros((size, size, 4))
        thing = self._thing(scene)
        shade.shade_object(owner, weights, thing, lighting, scene.camera.position, sums)
        coverage = sums[..., 3:] / samples**2
        linear = sums[..., :3] / samples**2
        if scene.room is None:
            linear = np.divide(linear, coverage, out=np.zeros_like(linear), where=coverage > 0)
        else:
            linear = linear + (1 - coverage) * self._room(scene.room, scene.camera, lighting, size)
        image = _expose(linear, scene.lens, np.random.default_rng(scene.seed))
        if scene.room is None:
            image[coverage[..., 0] == 0] = 0
        return Picture(image, np.asarray(coverage[..., 0] * 255 + 0.5, np.uint8), scene.camera)

    def _thing(self, scene: Scene) -> shade.Thing:
        model, look = self.model, scene.materials
        return shade.Thing(
            model.corners,
            model.normals,
            model.colors,
            model.groups,
            model.uv,
            look.kinds,
            look.axes,
            look.tints,
            look.repainted,
            np.stack([look.speculars, look.shininess, look.metals], 1),
            self._textures,
            self._texture_table,
            model.texture_of_group,
        )

    def _room(self, room: Room, camera: Camera, lighting: shade.Lighting, size: int) -> Floats:
        away = np.array([-np.sin(camera.azimuth), np.cos(camera.azimuth), 0.0])
        both = (room.floor, room.wall)
        grounds = shade.Grounds(
            np.array([ground.kind for ground in both]),
            np.array([ground.scale for ground in both]),
            np.stack([ground.color for ground in both]),
            np.stack([ground.patch for ground in both]),
            float(self.model.corners[..., 2].min()),
            away * room.wall_distance,
        )
        out = np.empty((size, size, 3))
        shade.shade_room(_rays(camera, size), camera.position, grounds, lighting, out)
        return out


def render(model: Model, scene: Scene, size: int = 224) -> Picture:
    """Draw one view; several of one model are cheaper by one :class:`Renderer`."""
    return Renderer(model).render(scene, size)


def _rows(light: Light) -> Floats:
    return np.stack([light.direction, light.key, light.sky, light.head, light.bounce])


def _rays(camera: Camera, size: int) -> Floats:
    """(size, size, 3) directions through the pixels' middles, one long along the view."""
    middle = (np.arange(size) + 0.5) / size * 2 - 1
    u, v = np.meshgrid(middle, middle)
    right, down, forward = camera.axes
    along = (u - camera.shift_u)[..., None] / camera.focal * right
    across = (v - camera.shift_v)[..., None] / camera.focal * down
    return np.ascontiguousarray(along + across + forward)


@cache
def _sky_axes() -> Floats:
    """(k, 3, 3) axes of lights spread evenly over the ball (the golden spiral)."""
    k = np.arange(SKY_LIGHTS) + 0.5
    height, turn = 1 - 2 * k / SKY_LIGHTS, np.pi * (1 + 5**0.5) * k
    flat = np.sqrt(1 - height**2)
    directions = np.stack([np.cos(turn) * flat, np.sin(turn) * flat, height], 1)
    return np.stack([raster.light_axes(direction) for direction in directions])


def _packed(textures: tuple[Pixels, ...]) -> tuple[Pixels, NDArray[np.int64]]:
    """All textures in one row of bytes, and where each begins, its height and its width."""
    sizes = [texture.size for texture in textures]
    starts = np.cumsum([0, *sizes])[:-1]
    table = np.array(
        [(start, *texture.shape[:2]) for start, texture in zip(starts, textures, strict=True)],
        np.int64,
    ).reshape(-1, 3)
    data = np.concatenate([texture.ravel() for texture in textures] or [np.zeros(0, np.uint8)])
    return np.ascontiguousarray(data, np.uint8), table


def _expose(linear: Floats, lens: Lens, rng: np.random.Generator) -> Pixels:
    """Linear light to an sRGB picture (h, w, 3) uint8, through the lens and its file."""
    red, blue = lens.balance
    light = np.clip(linear * (lens.exposure * np.array([red, 1.0, blue])), 0, 1)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    image = Image.fromarray(np.asarray(srgb * 255 + 0.5, np.uint8))
    if lens.blur:
        image = image.filter(GaussianBlur(lens.blur * image.width / 224))
    if lens.noise:
        noisy = np.asarray(image) + rng.normal(0, 255 * lens.noise, srgb.shape)
        image = Image.fromarray(np.asarray(np.clip(noisy, 0, 255), np.uint8))
    if lens.quality:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=lens.quality)
        image = Image.open(file)
    return np.array(image)
