"""What a picture is drawn from besides the shape: camera, light, materials, room and lens."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import Camera, frame_camera
from training.pictures import noise
from training.pictures.model import Model
from training.shapes import palette

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Light:
    """How a picture is lit.

    Attributes
    ----------
    direction
        (3,) float64 unit vector toward the key light.
    key, sky, head
        (3,) float64 linear RGB strengths of the key light, of the light from all around, and of
        one at the camera.
    bounce
        (3,) float64, what comes from below as a share of ``sky``.
    """

    direction: Floats
    key: Floats
    sky: Floats
    head: Floats
    bounce: Floats


@dataclass(frozen=True, eq=False)
class Materials:
    """The look of each of a model's groups.

    Attributes
    ----------
    kinds
        (g,) int32, one of ``noise``'s patterns.
    axes
        (g, 3, 3) float64, rows: a place times these is in pattern units.
    tints
        (g, 3) float64, multiply the triangles' colors; the color itself where ``repainted``.
    repainted
        (g,) bool, whether the triangles' own colors are left out.
    speculars, shininess, metals
        (g,) float64: strength and exponent of the highlight, share of mirrored room.
    """

    kinds: NDArray[np.int32]
    axes: Floats
    tints: Floats
    repainted: NDArray[np.bool_]
    speculars: Floats
    shininess: Floats
    metals: Floats


@dataclass(frozen=True, eq=False)
class Ground:
    """A floor or a wall.

    Attributes
    ----------
    kind
        One of ``noise``'s patterns.
    scale
        Pattern units in a unit of length.
    color
        (3,) linear RGB.
    patch
        Low corner, high corner and linear RGB of a rug, or of a picture on the wall, (7,).
    """

    kind: int
    scale: float
    color: Floats
    patch: Floats


@dataclass(frozen=True, eq=False)
class Room:
    """What stands behind the object: a floor at its feet and a wall behind it.

    Attributes
    ----------
    wall_distance
        From the object's middle, away from the camera.
    """

    floor: Ground
    wall: Ground
    wall_distance: float


@dataclass(frozen=True)
class Lens:
    """What a camera does to a picture.

    Attributes
    ----------
    exposure
        Factor on all light.
    balance
        Factors on red and blue.
    blur
        Standard deviation in pixels at 224 pixels a side.
    noise
        Standard deviation of the sensor's noise, 0..1.
    quality
        Of JPEG, 1 to 95; 0 for none.
    """

    exposure: float = 1.0
    balance: tuple[float, float] = (1.0, 1.0)
    blur: float = 0.0
    noise: float = 0.0
    quality: int = 0


@dataclass(frozen=True, eq=False)
class Scene:
    """All that is drawn for one picture; ``room`` is None for an object cut out."""

    camera: Camera
    light: Light
    materials: Materials
    lens: Lens
    room: Room | None
    seed: int


def draw_scene(model: Model, rng: np.random.Generator, *, photo: bool) -> Scene:
    """Draw a view of a model.

    Azimuth from all around, elevation -10 to 50 degrees, 1.1 to 4 diagonals away. The object is
    framed as ``immat_core.image.crop`` frames it; in a photo with the errors that a crop around
    an imperfect mask has.
    """
    azimuth = rng.uniform(0, 2 * np.pi)
    elevation = np.radians(rng.uniform(-10, 50))
    distance = float(np.exp(rng.uniform(np.log(1.1), np.log(4.0))))
    roll = float(rng.normal(0, 0.03)) if photo else 0.0
    camera = frame_camera(model.points, azimuth, elevation, distance, roll=roll)
    if photo:
        zoom, shift = float(np.exp(rng.normal(0, 0.03))), rng.normal(0, 0.02, 2)
        camera = replace(
            camera,
            focal=camera.focal * zoom,
            shift_u=camera.shift_u * zoom + float(shift[0]),
            shift_v=camera.shift_v * zoom + float(shift[1]),
        )
    return Scene(
        camera=camera,
        light=_draw_light(camera, rng),
        materials=_draw_materials(model, rng),
        lens=_draw_lens(rng) if photo else Lens(exposure=rng.uniform(0.85, 1.2)),
        room=_draw_room(rng) if photo else None,
        seed=int(rng.integers(2**31)),
    )


def _draw_light(camera: Camera, rng: np.random.Generator) -> Light:
    """A key light on the camera's side and above, so that no picture is black."""
    azimuth = camera.azimuth + rng.uniform(-1.7, 1.7)
    elevation = rng.uniform(0.3, 1.4)
    flat = np.cos(elevation)
    direction = np.array([np.sin(azimuth) * flat, -np.cos(azimuth) * flat, np.sin(elevation)])
    warmth = rng.normal(0, 0.08)
    warm = np.array([1 + warmth, 1.0, 1 - warmth])
    return Light(
        direction=direction,
        key=rng.uniform(0.3, 0.95) * warm,
        sky=rng.uniform(0.25, 0.6) / warm,
        head=np.full(3, rng.uniform(0.0, 0.25)),
        bounce=np.full(3, rng.uniform(0.3, 0.8)),
    )


def _draw_materials(model: Model, rng: np.random.Generator) -> Materials:
    """A look for each group; a repainted model has two or three materials in all."""
    count = len(model.texture_of_group)
    repaint = rng.random() < 0.4
    stock = [_draw_material(rng) for _ in range(int(rng.integers(1, 4)))]
    chosen = rng.integers(0, len(stock), count)
    kinds = np.empty(count, np.int32)
    axes = np.empty((count, 3, 3))
    tints, repainted = np.ones((count, 3)), np.zeros(count, np.bool_)
    values = np.empty((3, count))
    for group in range(count):
        kind, color, shine = stock[chosen[group]]
        kinds[group], values[:, group] = kind, shine
        axes[group] = _draw_axes(rng)
        repainted[group] = repaint
        if repaint:
            tints[group] = color
        elif model.texture_of_group[group] >= 0:
            kinds[group] = noise.IMAGE
        else:
            tints[group] = np.exp(rng.normal(0, 0.1, 3))
            kinds[group] = kind if rng.random() < 0.5 else noise.PLAIN
    return Materials(kinds, axes, tints, repainted, *values)


def _draw_material(rng: np.random.Generator) -> tuple[int, Floats, Floats]:
    """A pattern, its color, and specular, shininess, metal."""
    name = rng.choice(["wood", "cloth", "paint", "metal", "stone", "print"])
    dull, glossy = rng.uniform(0, 0.08), rng.uniform(0.1, 0.5)
    soft, sharp = rng.uniform(4, 15), float(np.exp(rng.uniform(np.log(15), np.log(120))))
    if name == "wood":
        return noise.WOOD, palette.wood(rng), np.array([glossy * 0.6, sharp * 0.6, 0.0])
    if name == "cloth":
        return noise.FABRIC, palette.paint(rng), np.array([dull, soft, 0.0])
    if name == "metal":
        return noise.PLAIN, palette.metal(rng), np.array([glossy, sharp, rng.uniform(0.3, 0.9)])
    if name == "stone":
        return noise.MOTTLED, palette.paint(rng), np.array([dull, soft, 0.0])
    if name == "print":
        kind = int(rng.choice([noise.STRIPES, noise.CHECKS]))
        return kind, palette.paint(rng), np.array([dull, soft, 0.0])
    color = palette.white(rng) if rng.random() < 0.3 else palette.paint(rng)
    return noise.PLAIN, color, np.array([glossy, sharp, 0.0])


def _draw_axes(rng: np.random.Generator) -> Floats:
    """A rotation, often along the object's own axes, times the pattern's scale."""
    scale = float(np.exp(rng.uniform(np.log(3), np.log(14))))
    if rng.random() < 0.6:
        return np.asarray(np.eye(3)[rng.permutation(3)] * scale)
    basis, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    return np.asarray(basis * scale, np.float64)


def _draw_room(rng: np.random.Generator) -> Room:
    kinds = [noise.WOOD, noise.CHECKS, noise.FABRIC, noise.MOTTLED, noise.PLAIN, noise.PLAIN]
    floor = Ground(
        kind=int(rng.choice(kinds)),
        scale=float(np.exp(rng.uniform(np.log(1.0), np.log(8)))),
        color=_draw_ground_color(rng),
        patch=_draw_patch(rng, -1.2, 1.2),
    )
    wall_kinds = [noise.PLAIN, noise.PLAIN, noise.PLAIN, noise.MOTTLED, noise.STRIPES, noise.CHECKS]
    wall = Ground(
        kind=int(rng.choice(wall_kinds)),
        scale=float(np.exp(rng.uniform(np.log(1.0), np.log(6)))),
        color=_draw_ground_color(rng),
        patch=_draw_patch(rng, -1.0, 1.6),
    )
    return Room(floor, wall, wall_distance=float(rng.uniform(0.55, 3.0)))


def _draw_ground_color(rng: np.random.Generator) -> Floats:
    choices = [palette.white(rng), palette.paint(rng), palette.wood(rng)]
    return np.asarray(choices[int(rng.integers(3))])


def _draw_patch(rng: np.random.Generator, low: float, high: float) -> Floats:
    """A rectangle and its color; an empty one in half of the cases."""
    corner = rng.uniform(low, high, 2)
    size = rng.uniform(0.2, 1.5, 2) * (rng.random() < 0.5)
    return np.concatenate([corner, corner + size, palette.paint(rng)])


def _draw_lens(rng: np.random.Generator) -> Lens:
    return Lens(
        exposure=float(np.exp(rng.normal(0, 0.25))),
        balance=(float(np.exp(rng.normal(0, 0.06))), float(np.exp(rng.normal(0, 0.06)))),
        blur=float(rng.uniform(0, 1.2)) if rng.random() < 0.7 else 0.0,
        noise=float(rng.uniform(0, 0.03)),
        quality=int(rng.integers(45, 96)) if rng.random() < 0.8 else 0,
    )
