"""Pictures of shapes, framed exactly as ``immat_core.image.crop`` frames a picture.

A z-buffer rasteriser on the processor: 2 to 3 CPU-ms a picture of 64 pixels with nine samples
each, by the camera's own projection; VTK needs 10 and more, a graphics library, and its camera
bent to ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numba import njit
from numpy.typing import NDArray

from immat_core.camera import Camera
from training.pictures.raster import visible

Floats = NDArray[np.float32] | NDArray[np.float64]

SUPERSAMPLING = 3
"""Samples a pixel along each side."""


class Renderable(Protocol):
    """Triangles that share no vertex, for example a ``training.shapes.ParametricShape``."""

    @property
    def vertices(self) -> NDArray[np.float32]:
        """(3 t, 3) float32, three a triangle."""

    @property
    def normals(self) -> NDArray[np.float32]:
        """(3 t, 3) float32 unit normals."""

    @property
    def colors(self) -> NDArray[np.float32]:
        """(t, 3) float32 linear RGB, 0..1, one a triangle."""


@dataclass(frozen=True)
class Light:
    """How a picture is lit.

    Attributes
    ----------
    azimuth, elevation
        Where the key light stands, in radians, in the object's frame.
    key, fill, head, ambient
        Strengths of the key light, of a light opposite to it, of one at the camera, and of the
        light from everywhere; their sum is about 1.
    specular, shininess
        Strength and exponent of the highlight.
    """

    azimuth: float = -0.8
    elevation: float = 0.9
    key: float = 0.6
    fill: float = 0.12
    head: float = 0.2
    ambient: float = 0.25
    specular: float = 0.15
    shininess: float = 24.0

    @property
    def direction(self) -> NDArray[np.float64]:
        """(3,) float64 unit vector from the object to the key light."""
        flat = np.cos(self.elevation)
        return np.array(
            [np.sin(self.azimuth) * flat, -np.cos(self.azimuth) * flat, np.sin(self.elevation)]
        )


def render(
    shape: Renderable, camera: Camera, light: Light | None = None, size: int = 64
) -> NDArray[np.uint8]:
    """Render a shape.

    Parameters
    ----------
    camera
        Of the picture, usually from ``frame_camera``: picture coordinates -1..1 span the picture.
    size
        Pixels along each side.

    Returns
    -------
    (size, size, 4) uint8, sRGB and straight alpha; alpha is the covered share of a pixel.
    """
    light = light or Light()
    side = size * SUPERSAMPLING
    _, owner, weights = visible(shape.vertices.reshape(-1, 3, 3), camera, side)
    sums = np.zeros((size, size, 4))
    strengths = (light.key, light.fill, light.head, light.ambient, light.specular, light.shininess)
    _shade(
        owner,
        weights,
        shape.vertices.reshape(-1, 3, 3),
        shape.normals.reshape(-1, 3, 3),
        shape.colors,
        camera.position,
        light.direction,
        strengths,
        sums,
    )
    return _encode(sums / SUPERSAMPLING**2)


def _encode(linear: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Make a linear premultiplied picture (h, w, 4) sRGB with straight alpha."""
    alpha = linear[..., 3:]
    color = linear[..., :3] / np.maximum(alpha, 1e-6)
    srgb = np.where(color <= 0.0031308, 12.92 * color, 1.055 * color ** (1 / 2.4) - 0.055)
    return np.asarray(np.concatenate([srgb * (alpha > 0), alpha], 2) * 255 + 0.5, np.uint8)


@njit(cache=True, nogil=True)
def _shade(
    owner: NDArray[np.int32],
    weights: NDArray[np.float32],
    vertices: NDArray[np.float32],
    normals: NDArray[np.float32],
    colors: NDArray[np.float32],
    eye: NDArray[np.float64],
    key: NDArray[np.float64],
    strengths: tuple[float, float, float, float, float, float],
    sums: NDArray[np.float64],
) -> None:
    """Add up the linear color and the coverage of the samples of each pixel.

    Normals are turned toward the camera, so both sides of a plate are lit.
    """
    key_light, fill, head, ambient, specular, shininess = strengths
    factor = owner.shape[0] // sums.shape[0]
    normal, view = np.empty(3), np.empty(3)
    for row in range(owner.shape[0]):
        for column in range(owner.shape[1]):
            t = owner[row, column]
            if t < 0:
                continue
            b, c = weights[row, column]
            a = 1 - b - c
            for i in range(3):
                normal[i] = a * normals[t, 0, i] + b * normals[t, 1, i] + c * normals[t, 2, i]
                view[i] = eye[i] - (
                    a * vertices[t, 0, i] + b * vertices[t, 1, i] + c * vertices[t, 2, i]
                )
            normal /= max(np.sqrt((normal * normal).sum()), 1e-9)
            view /= np.sqrt((view * view).sum())
            facing = (normal * view).sum()
            if facing < 0:
                normal *= -1.0
            toward = (normal * key).sum()
            opposite = 0.3 * normal[2] * key[2] - normal[0] * key[0] - normal[1] * key[1]
            level = ambient + head * abs(facing) + 0.08 * normal[2]
            level += key_light * max(toward, 0.0) + fill * max(opposite, 0.0)
            half = view + key
            half /= max(np.sqrt((half * half).sum()), 1e-9)
            glint = specular * max((normal * half).sum(), 0.0) ** shininess
            pixel = sums[row // factor, column // factor]
            for i in range(3):
                pixel[i] += min(colors[t, i] * max(level, 0.0) + glint, 1.0)
            pixel[3] += 1
