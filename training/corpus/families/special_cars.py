"""Cars of other kinds: lorries, racing cars, veterans."""

from __future__ import annotations

import numpy as np

from training.corpus.families.car_parts import (
    CHROME,
    GLASS,
    LAMP,
    TYRE,
    Body,
    add_wheels,
)
from training.corpus.families.solids import Floats, SolidBuilder
from training.shapes import palette
from training.shapes.parts import moved


def lorry(rng: np.random.Generator) -> SolidBuilder:
    """A cab, with or without a nose, and a bed, a box or a tank on two axles or three."""
    shape, color = SolidBuilder(), palette.paint(rng)
    width, wheel, length = rng.uniform(1.9, 2.4), rng.uniform(0.42, 0.52), rng.uniform(5.0, 8.5)
    nose = rng.uniform(0.7, 1.4) * rng.integers(2)
    cab, roof, low = rng.uniform(1.3, 2.0), rng.uniform(2.2, 2.9), 0.5
    front = -length / 2
    shape.box([0, 0.1, 0.75], [0.8, length - 0.3, 0.22], TYRE)
    if nose:
        hood = [
            [s * w, y, z]
            for y, z, w in ((front, 1.3, 0.75), (front + nose, 1.55, 0.95))
            for s in (-1, 1)
        ]
        shape.hull([*hood, *([1.1 * x, y, low] for x, y, _ in hood)], color)
    a = front + nose
    shell = [[s * width / 2, y, low] for y in (a, a + cab) for s in (-1, 1)]
    shell += [
        [s * 0.46 * width, y, roof] for y in (a + rng.uniform(0.1, 0.4), a + cab) for s in (-1, 1)
    ]
    shape.hull(shell, color)
    shape.box([0, a + 0.14, 0.72 * roof], [0.84 * width, 0.3, 0.3 * roof], GLASS, round_off=0.05)
    for s in (-1, 1):
        shape.box(
            [s * 0.475 * width, a + 0.55 * cab, 0.74 * roof], [0.1, 0.5 * cab, 0.22 * roof], GLASS
        )
        shape.box([s * 0.36 * width, front - 0.02, 0.85], [0.24, 0.1, 0.18], LAMP)
        shape.bar(
            [s * 0.4 * width, a + cab + 0.08, 0.8],
            [s * 0.4 * width, a + cab + 0.08, roof + 0.4],
            0.06,
            CHROME,
        )
    shape.box([0, front, 0.62], [width, 0.16, 0.24], TYRE * 3.0, round_off=0.03)
    _add_load(shape, rng, a + cab + 0.2, length / 2, width)
    rear = (0.36,) if length < 6 else (0.27, 0.27 + 1.1 / length * 1.05)
    for axle in rear:
        axles = (-0.36 + nose / length / 2, axle)
        _add_bare_wheels(shape, rng, (length, width, wheel), axles)
    return shape


def _add_load(
    shape: SolidBuilder, rng: np.random.Generator, start: float, end: float, width: float
) -> None:
    """A box, a tank or an open bed between two places along the frame."""
    kind, color, long = rng.integers(3), palette.paint(rng), end - start
    middle = (start + end) / 2
    if kind == 0:
        high = rng.uniform(1.6, 2.6)
        shape.box([0, middle, 0.88 + high / 2], [1.04 * width, long, high], color)
        return
    if kind == 1:
        profile = [(0.6, 0), (0.9, 0.12), (0.9, long - 0.12), (0.6, long)]
        shape.lathe(profile, [0, start, 1.75], color, axis=(0, 1, 0))
        return
    shape.box([0, middle, 0.92], [width, long, 0.12], color)
    for y in (start, end):
        shape.box([0, y, 1.2], [width, 0.06, 0.6], color)
    for s in (-1, 1):
        shape.box([s * width / 2, middle, 1.2], [0.06, long, 0.6], color)


def racing(rng: np.random.Generator) -> SolidBuilder:
    """Open wheels, a needle nose, wings in front and behind."""
    shape, color = SolidBuilder(), palette.paint(rng)
    length, track, wheel = rng.uniform(4.0, 5.2), rng.uniform(1.6, 2.0), rng.uniform(0.29, 0.35)
    high = rng.uniform(0.75, 1.0)
    rows = [
        (-0.5, 0.3, 0.06, 0.08),
        (-0.3, 0.4, 0.16, 0.16),
        (-0.1, 0.48, 0.3, 0.26),
        (0.05, 0.46, 0.5, 0.3),
        (0.25, 0.46, 0.4, 0.28),
        (0.45, 0.42, 0.14, 0.16),
    ]
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    rings = [
        np.stack([w * np.cos(angle), np.full(12, y * length), z - 0.05 + h * np.sin(angle)], 1)
        for y, z, w, h in rows
    ]
    shape.loft(np.array(rings), color)
    shape.hull(
        [
            [s * w, y * length, z]
            for y, z, w in (
                (0.08, 0.5, 0.2),
                (0.08, high, 0.1),
                (0.4, 0.45, 0.1),
                (0.16, high, 0.08),
            )
            for s in (-1, 1)
        ],
        color,
    )
    shape.ball([0, -0.01 * length, 0.78], [0.13, 0.15, 0.15], palette.paint(rng))
    wing = palette.paint(rng)
    shape.box([0, -0.48 * length, 0.16], [track, 0.36, 0.03], wing, round_off=0.01)
    rise = rng.uniform(0.75, 1.0)
    shape.box([0, 0.48 * length, rise], [0.6 * track, 0.34, 0.03], wing, round_off=0.01)
    for s in (-1, 1):
        shape.box([s * track / 2, -0.48 * length, 0.2], [0.02, 0.4, 0.18], wing)
        shape.box([s * 0.3 * track, 0.48 * length, rise - 0.12], [0.02, 0.4, 0.36], wing)
        for y in (-0.33, 0.33):
            for z in (0.26, 0.42):
                shape.bar(
                    [0.1 * s, y * length * 0.96, z],
                    [s * track / 2, y * length, 0.32],
                    0.02,
                    TYRE,
                    sides=6,
                )
    _add_bare_wheels(shape, rng, (length, track + 0.3, wheel), (-0.33, 0.33))
    return shape


def veteran(rng: np.random.Generator) -> SolidBuilder:
    """Before 1935: an upright radiator, round lamps, wings over thin wheels, open or closed."""
    shape, color = SolidBuilder(), palette.paint(rng)
    dark, length, width = TYRE * 2.0, rng.uniform(3.3, 4.4), rng.uniform(1.4, 1.65)
    wheel, floor, hood = rng.uniform(0.36, 0.44), 0.55, rng.uniform(1.0, 1.4)
    front, end, tall = -0.38 * length, 0.42 * length, rng.uniform(1.15, 1.3)
    start, roof = front + hood, rng.uniform(1.65, 1.9)
    bonnet = [[s * 0.3, front, z] for s in (-1, 1) for z in (floor, 1.08)]
    bonnet += [[s * 0.42, start, z] for s in (-1, 1) for z in (floor, 1.08)]
    shape.hull([*bonnet, [0, front, 1.2], [0, start, 1.22]], color)
    shape.box([0, front - 0.05, 0.88], [0.62, 0.12, 0.68], CHROME, round_off=0.05)
    middle, long = (start + end) / 2, end - start
    tub = [0.82 * width, long, tall - floor]
    shape.box([0, middle, (floor + tall) / 2], tub, color, round_off=0.06)
    if rng.random() < 0.6:
        glass = [0.76 * width, long - 0.3, roof - tall]
        shape.box([0, middle + 0.1, (tall + roof) / 2 - 0.02], glass, GLASS, round_off=0.05)
        shape.box([0, middle + 0.05, roof], [0.82 * width, long, 0.08], dark, round_off=0.035)
    for s in (-1, 1):
        for y in (start, end - 0.1):
            foot = np.array([s * 0.38 * width, y, tall - 0.1])
            shape.bar(foot, moved(foot, 0, 0, roof - tall + 0.1), 0.03, color, square=True)
        lamp = [s * 0.42, front - 0.12, 0.95]
        shape.lathe([(0.15, 0), (0.13, -0.12), (0.04, -0.2)], lamp, CHROME, axis=(0, -1, 0))
        shape.box([s * 0.46 * width, 0, 0.42], [0.26, 0.44 * length, 0.04], dark)
        _add_wings(shape, s, (length, width, wheel), dark)
    shape.box([0, 0, 0.5], [0.6, 0.84 * length, 0.14], dark)
    _add_bare_wheels(shape, rng, (length, width + 0.1, wheel), (-0.32, 0.32))
    return shape


def _add_wings(
    shape: SolidBuilder, side: int, size: tuple[float, float, float], color: Floats
) -> None:
    """Sheets bent over the wheels of one side, and the axles; size is length, width, wheel."""
    length, width, wheel = size
    turn = np.linspace(-0.3, np.pi + 0.1, 12)
    for y in (-0.32 * length, 0.32 * length):
        arc = [y, wheel] + 1.22 * wheel * np.stack([-np.cos(turn), np.sin(turn)], 1)
        edges = (width / 2 - 0.14, width / 2 + 0.12)
        grid = np.stack([np.column_stack([np.full(12, side * x), arc]) for x in edges], 1)
        shape.sheet(grid, 0.03, color)
        shape.bar([0, y, wheel], [side * width / 2, y, wheel], 0.04, color)


def _add_bare_wheels(
    shape: SolidBuilder,
    rng: np.random.Generator,
    size: tuple[float, float, float],
    axles: tuple[float, float],
) -> None:
    """Wheels where there is no body around them; size is length, width, wheel."""
    length, width, wheel = size
    none = (0.0, 0.0, 0.0, 0.0)
    add_wheels(shape, Body(length, width, 0, 0, 0, 0, 0, none, 0, wheel, axles), rng)
