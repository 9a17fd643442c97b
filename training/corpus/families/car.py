"""Cars: saloons, estates, vans, pick-ups, sports cars, off-roaders, lorries, racers, old ones."""

from __future__ import annotations

import numpy as np

from training.corpus.families.car_parts import (
    GLASS,
    TYRE,
    Body,
    add_details,
    add_shell,
    add_wheels,
    assemble,
)
from training.corpus.families.solids import SolidBuilder
from training.corpus.families.special_cars import lorry, racing, veteran
from training.shapes import palette


def saloon(rng: np.random.Generator) -> SolidBuilder:
    """Hood, cabin and trunk."""
    belt = rng.uniform(0.86, 0.98)
    return assemble(
        Body(
            rng.uniform(4.2, 5.2),
            rng.uniform(1.66, 1.9),
            rng.uniform(0.16, 0.24),
            belt,
            rng.uniform(1.36, 1.52),
            rng.uniform(0.66, 0.8),
            belt - rng.uniform(0.0, 0.06),
            (
                rng.uniform(-0.24, -0.18),
                rng.uniform(-0.11, -0.06),
                rng.uniform(0.12, 0.2),
                rng.uniform(0.28, 0.35),
            ),
            belt + rng.uniform(-0.06, 0.06),
            rng.uniform(0.29, 0.34),
            (rng.uniform(-0.34, -0.29), rng.uniform(0.27, 0.32)),
        ),
        rng,
    )


def hatchback(rng: np.random.Generator) -> SolidBuilder:
    """A cabin that reaches to the rear: small cars, estates, family vans."""
    belt, roof = rng.uniform(0.86, 1.0), rng.uniform(1.42, 1.72)
    return assemble(
        Body(
            rng.uniform(3.0, 4.7),
            rng.uniform(1.55, 1.85),
            rng.uniform(0.16, 0.24),
            belt,
            roof,
            rng.uniform(0.68, 0.85),
            belt - rng.uniform(0.0, 0.06),
            (
                rng.uniform(-0.34, -0.22),
                rng.uniform(-0.18, -0.06),
                rng.uniform(0.33, 0.44),
                rng.uniform(0.44, 0.49),
            ),
            belt - 0.02,
            rng.uniform(0.27, 0.33),
            (rng.uniform(-0.36, -0.3), rng.uniform(0.28, 0.34)),
        ),
        rng,
    )


def sports(rng: np.random.Generator) -> SolidBuilder:
    """Low and wide with a long hood or a long tail; sometimes open."""
    belt, move = rng.uniform(0.74, 0.84), rng.uniform(-0.14, 0.08)
    roof = rng.uniform(1.1, 1.28)
    cabin = (-0.16 + move, -0.02 + move, 0.1 + move, rng.uniform(0.3, 0.42) + move)
    body = Body(
        rng.uniform(3.9, 4.7),
        rng.uniform(1.7, 2.0),
        rng.uniform(0.1, 0.16),
        belt,
        roof,
        rng.uniform(0.5, 0.62),
        belt - 0.04,
        cabin,
        belt + rng.uniform(-0.04, 0.06),
        rng.uniform(0.3, 0.35),
        (rng.uniform(-0.33, -0.28), rng.uniform(0.27, 0.32)),
    )
    if rng.random() < 0.7:
        return assemble(body, rng)
    shape, color = SolidBuilder(), palette.paint(rng)
    add_shell(shape, body, color, rng)
    add_wheels(shape, body, rng)
    add_details(shape, body, color, rng)
    y, half = cabin[0] * body.length, 0.44 * body.width
    pane = np.array(
        [[[s * half, y, belt - 0.03], [s * 0.86 * half, y + 0.35, belt + 0.3]] for s in (-1, 0, 1)]
    )
    shape.sheet(pane, 0.02, GLASS)
    for s in (-1, 1):
        seat = [s * 0.38, y + 1.1, belt + 0.04]
        shape.box(seat, [0.5, 0.2, 0.5], TYRE * 3.0, round_off=0.08)
    return shape


def off_roader(rng: np.random.Generator) -> SolidBuilder:
    """High and square on large wheels, a spare wheel behind, bars in front."""
    belt, roof = rng.uniform(1.1, 1.25), rng.uniform(1.7, 1.95)
    body = Body(
        rng.uniform(3.6, 5.0),
        rng.uniform(1.7, 2.0),
        rng.uniform(0.3, 0.45),
        belt,
        roof,
        belt - rng.uniform(0.05, 0.14),
        belt - 0.03,
        (rng.uniform(-0.26, -0.2), rng.uniform(-0.2, -0.14), rng.uniform(0.4, 0.46), 0.48),
        belt,
        rng.uniform(0.36, 0.46),
        (rng.uniform(-0.35, -0.3), rng.uniform(0.28, 0.33)),
    )
    shape = assemble(body, rng)
    if rng.random() < 0.5:
        center = [0, 0.5 * body.length + 0.1, belt - 0.1]
        shape.lathe([(0.36, -0.1), (0.38, 0), (0.34, 0.1)], center, TYRE, axis=(0, 1, 0))
    if rng.random() < 0.5:
        y = -0.5 * body.length - 0.08
        for s in (-1, 1):
            shape.bar([s * 0.4, y, 0.4], [s * 0.4, y, belt - 0.1], 0.035, TYRE)
        for z in (0.5, belt - 0.14):
            shape.bar([-0.7, y, z], [0.7, y, z], 0.03, TYRE)
    return shape


def pick_up(rng: np.random.Generator) -> SolidBuilder:
    """A short cabin and an open bed behind it."""
    belt = rng.uniform(1.02, 1.18)
    cabin = (-0.22, rng.uniform(-0.16, -0.12), rng.uniform(0.02, 0.14), rng.uniform(0.06, 0.17))
    length, width = rng.uniform(4.6, 5.8), rng.uniform(1.7, 2.0)
    floor = belt - rng.uniform(0.36, 0.5)
    body = Body(
        length,
        width,
        rng.uniform(0.26, 0.38),
        belt,
        rng.uniform(1.68, 1.85),
        belt - 0.12,
        belt - 0.04,
        cabin,
        floor,
        rng.uniform(0.34, 0.42),
        (-0.33, rng.uniform(0.27, 0.32)),
    )
    shape = assemble(body, rng)
    color, start = shape.colors[0], (cabin[3] + 0.02) * length
    middle, high = (start + 0.49 * length) / 2, belt - floor + 0.1
    for s in (-1, 1):
        shape.box(
            [s * (width / 2 - 0.04), middle, belt - high / 2],
            [0.07, 0.49 * length - start, high],
            color,
        )
    for y in (start, 0.49 * length):
        shape.box([0, y, belt - high / 2], [width - 0.06, 0.06, high], color)
    if rng.random() < 0.25:
        shape.box(
            [0, middle, belt], [width - 0.1, 0.49 * length - start, 0.05], TYRE, round_off=0.02
        )
    return shape


def van(rng: np.random.Generator) -> SolidBuilder:
    """One box: a delivery van, a bus, a camper."""
    length, width, roof = rng.uniform(3.8, 6.8), rng.uniform(1.7, 2.1), rng.uniform(1.8, 2.7)
    belt, low = rng.uniform(1.0, 1.2), rng.uniform(0.2, 0.32)
    slope = rng.uniform(0.03, 0.12)
    body = Body(
        length,
        width,
        low,
        belt,
        roof,
        belt - rng.uniform(0.0, 0.25),
        belt,
        (-0.47 + rng.uniform(0, 0.08), -0.47 + 0.08 + slope, 0.47, 0.49),
        belt,
        rng.uniform(0.3, 0.38),
        (-0.32, rng.uniform(0.26, 0.34)),
    )
    shape, color = SolidBuilder(), palette.paint(rng)
    add_shell(shape, body, color, rng)
    add_wheels(shape, body, rng)
    add_details(shape, body, color, rng)
    a, b = body.cabin[0] * length, body.cabin[1] * length
    half, top = width / 2 - 0.015, width / 2 - rng.uniform(0.06, 0.2)
    box = [[s * half, y, belt - 0.05] for y in (a, 0.495 * length) for s in (-1, 1)]
    box += [[s * top, y, roof] for y in (b, 0.47 * length) for s in (-1, 1)]
    shape.hull(box, color if rng.random() < 0.7 else palette.paint(rng))
    share = 0.72
    pane = [[s * 0.82 * half, a - 0.012, belt] for s in (-1, 1)]
    pane += [
        [s * 0.82 * top, a + share * (b - a) - 0.012, belt + share * (roof - belt)] for s in (-1, 1)
    ]
    shape.hull([*pane, *([x, y + 0.06, z] for x, y, z in pane)], GLASS)
    windows = int(rng.choice([1, 1, 3, 4]))
    step = (0.46 * length - b) / windows if windows > 1 else 0.9
    for i in range(windows):
        for s in (-1, 1):
            shape.box(
                [s * (half + top) / 2, b + (i + 0.5) * step, belt + 0.4 * (roof - belt)],
                [half - top + 0.05, 0.8 * step, 0.45 * (roof - belt)],
                GLASS,
            )
    return shape


PROGRAMS = (saloon, hatchback, sports, off_roader, pick_up, van, lorry, racing, veteran)
