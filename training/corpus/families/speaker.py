"""Loudspeakers: bookshelf boxes, towers, portable ones, sound bars, balls, guitar amplifiers."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder, X, grey
from training.shapes import palette
from training.shapes.parts import moved

BLACK, RUBBER = grey(0.03), grey(0.012)
FRONT = (0.0, -1.0, 0.0)


def _driver(shape: SolidBuilder, center: Floats, radius: float, rng: np.random.Generator) -> None:
    """A ring, a sunk cone and a dust cap, all looking to the front."""
    cone = rng.choice([0.02, 0.1, 0.4, 0.6]) * np.ones(3)
    ring = 0.08 * radius
    profile = [(radius, -ring), (radius, ring), (0.9 * radius, 2 * ring), (0.8 * radius, ring)]
    shape.lathe([*profile, (0.75 * radius, -ring)], center, BLACK, axis=FRONT)
    shape.lathe([(0.78 * radius, 0.6 * ring), (0.25 * radius, -2 * ring)], center, cone, axis=FRONT)
    shape.ball(center, [0.28 * radius, 0.16 * radius, 0.28 * radius], cone * 0.6)


def _stack(
    shape: SolidBuilder,
    rng: np.random.Generator,
    size: tuple[float, float, float],
    drivers: int,
    bottom: float,
) -> None:
    """Drivers one above the other on the front of a box, the smallest on top."""
    width, depth, height = size
    radii = np.linspace(rng.uniform(0.34, 0.46), rng.uniform(0.12, 0.24), drivers) * width
    space = (height - 2 * radii.sum()) / (drivers + 1)
    if space < 0.01 * height:
        radii *= 0.9 * height / (2 * radii.sum() + 0.02 * height)
        space = (height - 2 * radii.sum()) / (drivers + 1)
    place = bottom
    for radius in radii:
        place += space + radius
        _driver(shape, np.array([0, -depth / 2, place]), radius, rng)
        place += radius


def bookshelf(rng: np.random.Generator) -> SolidBuilder:
    """A box with one to three drivers, a bass port, feet or a stand."""
    shape = SolidBuilder()
    width, depth = rng.uniform(0.14, 0.3), rng.uniform(0.15, 0.36)
    height = width * rng.uniform(1.25, 2.2)
    body = palette.furniture(rng)
    bottom = rng.uniform(0.005, 0.02)
    kind = rng.integers(3)
    if kind == 0:
        bottom = rng.uniform(0.45, 0.75)
        shape.bar(
            [0, 0, 0.02],
            [0, 0, bottom],
            rng.uniform(0.015, 0.05),
            BLACK,
            square=bool(rng.integers(2)),
        )
        shape.box([0, 0, 0.012], [1.1 * width, 1.1 * depth, 0.024], BLACK)
    else:
        for x in (-0.38, 0.38):
            for y in (-0.38, 0.38):
                foot = [x * width, y * depth]
                shape.bar([*foot, 0], [*foot, bottom + 0.01], 0.05 * width, RUBBER)
    edge = rng.choice([0.0, 0.01, 0.03])
    shape.box([0, 0, bottom + height / 2], [width, depth, height], body, round_off=edge)
    if rng.random() < 0.5:
        plate = [0.94 * width, 0.02, 0.96 * height]
        shape.box([0, -depth / 2, bottom + height / 2], plate, palette.furniture(rng) * 0.5)
        depth += 0.02
    _stack(
        shape, rng, (width, depth, 0.86 * height), int(rng.integers(1, 4)), bottom + 0.1 * height
    )
    if rng.random() < 0.5:
        port = np.array([rng.choice([-0.25, 0, 0.25]) * width, -depth / 2, bottom + 0.07 * height])
        shape.lathe(
            [(0.03, -0.005), (0.035, 0.008), (0.02, 0.008), (0.018, -0.005)],
            port,
            RUBBER,
            axis=FRONT,
        )
    return shape


def tower(rng: np.random.Generator) -> SolidBuilder:
    """A tall box, straight, tapered or bulging, on a plinth or spikes."""
    shape = SolidBuilder()
    width, depth, height = rng.uniform(0.14, 0.3), rng.uniform(0.2, 0.42), rng.uniform(0.75, 1.3)
    color = palette.furniture(rng)
    taper, bulge = rng.uniform(0.55, 1.0), rng.uniform(0, 0.25) * rng.integers(2)
    share = np.linspace(0, 1, 9)
    scale = (1 + (taper - 1) * share + bulge * np.sin(np.pi * share))[:, None]
    ring = np.array([[-1, -1], [1, -1], [rng.uniform(0.4, 1), 1], [0, 1]])
    ring[3, 0] = -ring[2, 0]
    flat = ring[None] * [width / 2, depth / 2] * np.stack([scale, np.ones_like(scale)], -1)
    rise = np.broadcast_to((0.04 + share * height)[:, None, None], (9, 4, 1))
    shape.loft(np.concatenate([flat, rise], -1), color)
    if rng.random() < 0.6:
        shape.box(
            [0, 0, 0.02],
            [width * rng.uniform(1.1, 1.5), depth * rng.uniform(1.05, 1.2), 0.04],
            BLACK,
            round_off=0.008,
        )
    else:
        for x in (-0.45, 0.45):
            for y in (-0.42, 0.42):
                shape.bar(
                    [x * width, y * depth, 0], [x * width, y * depth, 0.06], (0.004, 0.016), BLACK
                )
    inner = width * min(1.0, taper)
    _stack(shape, rng, (inner, depth, 0.9 * height), int(rng.integers(2, 6)), 0.04 + 0.06 * height)
    return shape


def portable(rng: np.random.Generator) -> SolidBuilder:
    """A cylinder of cloth that lies, with caps and a strap, or stands, as smart speakers do."""
    shape = SolidBuilder()
    radius, length = rng.uniform(0.03, 0.09), rng.uniform(0.1, 0.34)
    cloth, cap = palette.paint(rng), palette.metal(rng)
    if rng.random() < 0.5:
        squash = rng.uniform(0.6, 1.3)
        profile = [
            (0.7 * radius, 0),
            (radius, 0.1 * length),
            (radius * squash, 0.85 * length),
            (0.75 * radius * squash, length),
        ]
        shape.lathe(np.array(profile), [0, 0, 0.01], cloth)
        shape.lathe([(0.72 * radius, 0), (0.74 * radius, 0.015)], [0, 0, 0], RUBBER)
        shape.lathe(
            [(0.6 * radius * squash, 0), (0.55 * radius * squash, 0.006)],
            [0, 0, 0.01 + length],
            cap,
        )
        return shape
    shape.lathe([(radius, 0), (radius, length)], [-length / 2, 0, radius], cloth, axis=X)
    end = rng.uniform(0.006, 0.03)
    for side in (-1, 1):
        start = [side * length / 2, 0, radius]
        reach = radius * rng.uniform(0.8, 1.08)
        shape.lathe([(reach, 0), (reach, end / 2), (0.7 * reach, end)], start, cap, axis=side * X)
    if rng.random() < 0.6:
        shape.box([0, 0, 0.006], [0.7 * length, 1.1 * radius, 0.012], RUBBER, round_off=0.004)
    if rng.random() < 0.4:
        arch = [
            [-0.4 * length, 0, 1.9 * radius],
            [-0.3 * length, 0, 3 * radius],
            [0.3 * length, 0, 3 * radius],
            [0.4 * length, 0, 1.9 * radius],
        ]
        shape.tube(arch, 0.008, cap)
    return shape


def sound_bar(rng: np.random.Generator) -> SolidBuilder:
    """A long bar with round or angled ends, sometimes with its bass box beside it."""
    shape = SolidBuilder()
    length, depth, height = rng.uniform(0.5, 1.2), rng.uniform(0.06, 0.13), rng.uniform(0.05, 0.11)
    color = palette.metal(rng)
    shape.box(
        [0, 0, height / 2],
        [length, depth, height],
        color,
        round_off=rng.choice([0, 0.01, 0.4 * height]),
    )
    shape.box(
        [0, -depth / 2, height / 2], [0.96 * length, 0.012, 0.8 * height], BLACK, round_off=0.004
    )
    for i in range(int(rng.integers(0, 7))):
        center = np.array([(i - 2.5) * length / 7, -depth / 2 - 0.004, height / 2])
        _driver(shape, center, 0.3 * height, rng)
    if rng.random() < 0.4:
        side = rng.uniform(0.2, 0.34)
        center = np.array([length / 2 + side, 0.1, side * 0.6])
        shape.box(center, [side, side * 1.1, side * 1.2], BLACK, round_off=0.01)
        _driver(shape, np.array([center[0], 0.1 - side * 0.55, center[2]]), 0.36 * side, rng)
    return shape


def ball(rng: np.random.Generator) -> SolidBuilder:
    """An egg with a driver on a foot, a stem or three legs."""
    shape = SolidBuilder()
    radius, color = rng.uniform(0.05, 0.14), palette.paint(rng)
    squash = np.array([1, rng.uniform(0.7, 1.2), rng.uniform(0.8, 1.5)])
    stem = radius * rng.choice([0.3, 0.8, 3, 5])
    center = np.array([0, 0, stem + radius * squash[2]])
    shape.ball(center, radius * squash, color)
    _driver(
        shape,
        moved(center, 0, -(0.86 * radius * squash[1]), 0),
        rng.uniform(0.45, 0.62) * radius,
        rng,
    )
    if rng.random() < 0.6:
        reach = radius * rng.uniform(0.6, 1.1)
        shape.lathe([(reach, 0), (0.9 * reach, 0.02)], [0, 0, 0], BLACK)
        shape.bar([0, 0, 0.01], center, 0.14 * radius, palette.metal(rng))
        return shape
    for angle in np.radians([30, 150, 270]):
        foot = radius * 1.1 * np.array([np.cos(angle), np.sin(angle), 0])
        shape.bar(foot, center, (0.06 * radius, 0.12 * radius), BLACK)
    return shape


def amplifier(rng: np.random.Generator) -> SolidBuilder:
    """A guitar amplifier: a box with a cloth front, knobs above it, corners and a handle."""
    shape = SolidBuilder()
    width, depth, height = rng.uniform(0.3, 0.75), rng.uniform(0.18, 0.32), rng.uniform(0.3, 0.7)
    skin = rng.choice([0.02, 0.05, 0.3]) * np.ones(3)
    shape.box([0, 0, height / 2 + 0.02], [width, depth, height], skin, round_off=0.012)
    panel = rng.uniform(0.1, 0.2) * height
    front = -depth / 2
    shape.box(
        [0, front, 0.02 + (height - panel) / 2],
        [0.9 * width, 0.02, 0.84 * (height - panel)],
        palette.furniture(rng) * 0.6,
    )
    shape.box(
        [0, front, 0.02 + height - 0.6 * panel],
        [0.9 * width, 0.016, 0.7 * panel],
        palette.metal(rng),
    )
    for i in range(int(rng.integers(3, 9))):
        start = np.array([(i / 8 - 0.45) * 0.85 * width, front, 0.02 + height - 0.6 * panel])
        shape.bar(start, moved(start, 0, -0.03, 0), 0.012, BLACK)
    if rng.random() < 0.6:
        count = int(rng.integers(1, 3))
        radius = min(0.4 * (height - panel), 0.42 * width / count)
        for i in range(count):
            center = np.array(
                [(i - (count - 1) / 2) * 2.1 * radius, front - 0.012, 0.02 + (height - panel) / 2]
            )
            _driver(shape, center, 0.85 * radius, rng)
    top = 0.02 + height
    shape.tube(
        [
            [-0.12, 0, top - 0.01],
            [-0.1, 0, top + 0.035],
            [0.1, 0, top + 0.035],
            [0.12, 0, top - 0.01],
        ],
        0.011,
        RUBBER,
    )
    for x in (-0.4, 0.4):
        for y in (-0.35, 0.35):
            shape.bar([x * width, y * depth, 0], [x * width, y * depth, 0.04], 0.018, RUBBER)
    return shape


PROGRAMS = (bookshelf, tower, portable, sound_bar, ball, amplifier)
