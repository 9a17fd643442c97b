"""What lamps are put together from: shades, rings, bulbs, lanterns."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder
from training.shapes.parts import moved

WARM = np.array([0.9, 0.85, 0.7])


def add_shade(
    shape: SolidBuilder, rng: np.random.Generator, low: Floats, radius: float, color: Floats
) -> None:
    """An open shade above a point: a thin wall, round or with corners, conical or bent."""
    high, narrow = radius * rng.uniform(0.8, 2.0), rng.uniform(0.3, 1.0)
    sides, bend = int(rng.choice([4, 6, 8, 32, 32, 32])), rng.uniform(-0.12, 0.12)
    share = np.linspace(0, 1, 9)
    outline = radius * (1 + (narrow - 1) * share + bend * np.sin(np.pi * share))
    wall = 0.035 * radius
    profile = np.concatenate(
        [np.stack([outline, share * high], 1), np.stack([outline - wall, share * high], 1)[::-1]]
    )
    add_ring(shape, profile, low, color, sides=sides)


def add_ring(
    shape: SolidBuilder,
    profile: Floats,
    center: Floats,
    color: Floats,
    *,
    axis: Floats | None = None,
    sides: int = 32,
) -> None:
    """Add a closed profile, (k, 2) radius and height, turned about an axis: a ring, no ends."""
    up = np.array([0.0, 0, 1]) if axis is None else np.asarray(axis) / np.linalg.norm(axis)
    side = np.cross(up, [1.0, 0, 0] if abs(up[0]) < 0.9 else [0, 1.0, 0])
    side /= np.linalg.norm(side)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)[:, None]
    ring = np.cos(angle) * side + np.sin(angle) * np.cross(up, side)
    points = profile[:, 0, None, None] * ring + profile[:, 1, None, None] * up
    count = len(profile)
    index = np.arange(count * sides).reshape(count, sides)
    a, b = index, np.roll(index, -1, 1)
    c, d = np.roll(b, -1, 0), np.roll(a, -1, 0)
    faces = [np.stack([a, b, c], -1), np.stack([a, c, d], -1)]
    shape.add(
        np.asarray(center) + points.reshape(-1, 3), np.concatenate(faces).reshape(-1, 3), color
    )


def add_bulb(shape: SolidBuilder, center: Floats, radius: float) -> None:
    """A bulb that stands."""
    shape.ball(center, [radius, radius, 1.25 * radius], WARM)


def add_lantern(
    shape: SolidBuilder, rng: np.random.Generator, low: Floats, radius: float, color: Floats
) -> None:
    """Panes between posts, a roof with a knob, a floor; ``low`` is the middle of the floor."""
    sides, high = int(rng.choice([4, 6, 8])), radius * rng.uniform(1.6, 2.8)
    wide = rng.uniform(1.0, 1.4)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False) + np.pi / sides
    shape.lathe([(0.8 * radius, 0), (0.85 * radius, 0.1 * radius)], low, color, sides=sides)
    shape.lathe(
        [(0.66 * radius, 0.08 * radius), (0.66 * wide * radius, high)], low, WARM, sides=sides
    )
    roof = [
        (1.1 * wide * radius, high),
        (0.5 * radius, high + 0.5 * radius),
        (0.12 * radius, high + 0.9 * radius),
    ]
    shape.lathe(roof, low, color, sides=sides)
    shape.ball(moved(low, 0, 0, high + 0.95 * radius), 0.14 * radius, color)
    for turn in angle:
        out = radius * np.array([np.cos(turn), np.sin(turn), 0])
        shape.bar(
            low + 0.75 * out,
            moved(low + 0.75 * wide * out, 0, 0, high),
            0.06 * radius,
            color,
            sides=6,
        )
