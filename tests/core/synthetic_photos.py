"""Photo-like pictures with a known mask: objects on walls, floors, gradients, with shadows."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIZE = (480, 400)
_SCALE = 2


def _canvas() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("L", (SIZE[0] * _SCALE, SIZE[1] * _SCALE))
    return image, ImageDraw.Draw(image)


def _chair(draw: ImageDraw.ImageDraw) -> None:
    s = _SCALE
    for x in (160, 200, 282, 305):
        draw.rectangle([x * s, 220 * s, (x + 12) * s, (320 + 20 * (x in (160, 282))) * s], fill=255)
    draw.polygon(
        [(150 * s, 240 * s), (200 * s, 205 * s), (325 * s, 205 * s), (300 * s, 240 * s)], fill=255
    )
    draw.rectangle([200 * s, 80 * s, 214 * s, 220 * s], fill=255)
    draw.rectangle([304 * s, 80 * s, 318 * s, 220 * s], fill=255)
    for y in (85, 125, 165):
        draw.rectangle([200 * s, y * s, 318 * s, (y + 18) * s], fill=255)


def _lamp(draw: ImageDraw.ImageDraw) -> None:
    s = _SCALE
    draw.ellipse([190 * s, 310 * s, 290 * s, 345 * s], fill=255)
    draw.rectangle([235 * s, 150 * s, 245 * s, 330 * s], fill=255)
    draw.polygon(
        [(205 * s, 60 * s), (275 * s, 60 * s), (310 * s, 155 * s), (170 * s, 155 * s)], fill=255
    )


def _mug(draw: ImageDraw.ImageDraw) -> None:
    s = _SCALE
    draw.rounded_rectangle([160 * s, 130 * s, 280 * s, 300 * s], 20 * s, fill=255)
    draw.ellipse([240 * s, 160 * s, 340 * s, 270 * s], fill=255)
    draw.ellipse([262 * s, 185 * s, 315 * s, 247 * s], fill=0)
    draw.rounded_rectangle([160 * s, 130 * s, 280 * s, 300 * s], 20 * s, fill=255)


def _table(draw: ImageDraw.ImageDraw) -> None:
    s = _SCALE
    draw.polygon(
        [(90 * s, 190 * s), (150 * s, 150 * s), (370 * s, 150 * s), (400 * s, 190 * s)], fill=255
    )
    draw.rectangle([90 * s, 188 * s, 400 * s, 202 * s], fill=255)
    for x, y in ((95, 330), (385, 330), (155, 285), (340, 285)):
        draw.rectangle([x * s, 195 * s, (x + 12) * s, y * s], fill=255)


def _ball(draw: ImageDraw.ImageDraw) -> None:
    s = _SCALE
    draw.ellipse([150 * s, 120 * s, 330 * s, 300 * s], fill=255)


SHAPES = {"chair": _chair, "lamp": _lamp, "mug": _mug, "table": _table, "ball": _ball}


def coverage(shape: str) -> NDArray[np.float64]:
    """(h, w) 0..1, antialiased."""
    image, draw = _canvas()
    SHAPES[shape](draw)
    return np.asarray(image.resize(SIZE, Image.Resampling.BOX), np.float64) / 255


def backdrop(kind: str, rng: np.random.Generator) -> NDArray[np.float64]:
    """(h, w, 3) 0..1."""
    y, x = np.mgrid[: SIZE[1], : SIZE[0]] / np.array([SIZE[1], SIZE[0]])[:, None, None]
    if kind == "plain":
        return np.ones((*y.shape, 3)) * [0.92, 0.92, 0.9]
    if kind == "gradient":
        return np.array([0.55, 0.65, 0.75]) * (0.75 + 0.35 * x + 0.25 * (1 - y))[..., None]
    if kind == "studio":
        light = 1 - 0.8 * ((x - 0.5) ** 2 + (y - 0.4) ** 2)
        return np.array([0.85, 0.83, 0.8]) * light[..., None]
    wall, floor = np.array([0.82, 0.8, 0.72]), np.array([0.5, 0.38, 0.28])
    room = np.where((y > 0.62)[..., None], floor, wall) * (0.85 + 0.25 * x)[..., None]
    if kind == "planks":
        grain = 1 + 0.12 * np.sin(60 * x + 8 * y) * (y > 0.62)
        grain += 0.03 * rng.normal(size=(1, SIZE[0])) * (y > 0.62)
        return room * grain[..., None]
    return room


BACKDROPS = ("plain", "gradient", "studio", "room", "planks")
COLORS = {
    "red": (0.7, 0.15, 0.12),
    "dark": (0.16, 0.15, 0.17),
    "blue": (0.15, 0.25, 0.6),
    "green": (0.2, 0.5, 0.2),
}


def photo(
    shape: str, kind: str, color: str, seed: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """A picture (h, w, 3) uint8 that went through JPEG, and its object's mask (h, w) bool."""
    rng = np.random.default_rng(seed)
    alpha = coverage(shape)
    scene = backdrop(kind, rng)
    shadow = Image.fromarray((alpha * 255).astype(np.uint8))
    shadow = shadow.transform(SIZE, Image.Transform.AFFINE, (1, 0.35, -115, 0, 2.2, -395))
    soft = np.asarray(shadow.filter(ImageFilter.GaussianBlur(9)), np.float64) / 255
    scene = scene * (1 - 0.4 * soft)[..., None]
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    shade = 0.8 + 0.35 * np.sin(x / 37.0 + seed) * np.cos(y / 61.0)
    object_color = (
        np.array(COLORS[color]) * (shade + 0.04 * rng.normal(size=shade.shape))[..., None]
    )
    mixed = scene * (1 - alpha[..., None]) + object_color * alpha[..., None]
    noisy = np.clip(mixed + rng.normal(0, 0.015, mixed.shape), 0, 1)
    image = Image.fromarray((noisy * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(0.7))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=82)
    return np.asarray(Image.open(file)), alpha >= 0.5
