"""What couches are put together from: legs, cushions, pillows, cloth."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder
from training.shapes import palette


def draw_cloth(rng: np.random.Generator) -> Floats:
    """Mostly muted, sometimes strong or of leather."""
    if rng.random() < 0.25:
        return np.array([0.22, 0.1, 0.05]) * rng.uniform(0.4, 1.6)
    return palette.paint(rng)


def add_legs(
    shape: SolidBuilder,
    rng: np.random.Generator,
    half: tuple[float, float],
    height: float,
    color: Floats,
) -> None:
    """Four legs or more under a rectangle; nothing where the height is small."""
    if height < 0.02:
        return
    kind, bar = rng.integers(4), rng.uniform(0.018, 0.04)
    columns = (-1, 0, 1) if half[0] > 0.95 else (-1, 1)
    for x in columns:
        for y in (-1, 1):
            top = np.array([x * (half[0] - 0.07), y * (half[1] - 0.07), height + 0.01])
            if kind == 0:
                shape.bar(top * [1, 1, 0], top, bar, color, square=True)
            elif kind == 1:
                shape.bar(top * [1.04, 1.08, 0], top, (0.5 * bar, bar), color)
            elif kind == 2:
                shape.lathe(
                    np.array([(0.6, 0), (1, 0.3), (1.1, 0.6), (0.8, 1)])
                    * [bar * 1.3, height + 0.01],
                    top * [1, 1, 0],
                    color,
                )
            else:
                shape.box([top[0], top[1], height / 2], [0.03, 0.16, height + 0.01], color)


def add_cushions(
    shape: SolidBuilder,
    rng: np.random.Generator,
    span: tuple[float, float],
    count: int,
    box: tuple[float, float, float, float],
    color: Floats,
) -> None:
    """Cushions side by side from x to x; box is middle y, middle z, depth, height."""
    y, z, depth, height = box
    width = (span[1] - span[0]) / count
    soft = rng.uniform(0.15, 0.48) * min(depth, height)
    for i in range(count):
        x = span[0] + (i + 0.5) * width
        shape.box([x, y, z], [0.985 * width, depth, height], color, round_off=soft)


def add_pillows(
    shape: SolidBuilder, rng: np.random.Generator, width: float, y: float, z: float
) -> None:
    """Lay up to three pillows against the back."""
    for _ in range(int(rng.integers(0, 4))):
        size = rng.uniform(0.17, 0.24)
        pillow = SolidBuilder()
        u, v = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9), indexing="ij")
        thick = 0.012 + 0.06 * (1 - u**2) * (1 - v**2)
        points = [np.stack([u * size, s * thick, v * size], -1).reshape(-1, 3) for s in (-1, 1)]
        pillow.hull(np.concatenate(points), palette.paint(rng))
        pillow.lean(rng.uniform(0.15, 0.4))
        shape.place(pillow, [rng.uniform(-0.4, 0.4) * width, y, z + size], rng.uniform(-0.5, 0.5))
