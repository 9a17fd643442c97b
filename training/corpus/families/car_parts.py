"""What cars are put together from: body, cabin, wheels, lamps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder, X, grey
from training.shapes import palette
from training.shapes.parts import moved

TYRE, GLASS, LAMP, CHROME = (
    grey(0.02),
    np.array([0.05, 0.07, 0.09]),
    grey(0.8),
    grey(0.5),
)


@dataclass(frozen=True)
class Body:
    """Outlines of a car's side in shares of its length (y, -0.5 is the front) and height in meters.

    Attributes
    ----------
    length, width
        In meters.
    clearance, belt, roof
        Heights of the sill, of the lower edge of the windows and of the roof.
    nose, hood
        Heights of the front end and of the hood's rear end.
    cabin
        Four places along the car: foot and top of the windscreen, top and foot of the rear window.
    tail
        Height of the rear end.
    wheel
        Radius of a wheel.
    axles
        Places of the front and rear axle.
    """

    length: float
    width: float
    clearance: float
    belt: float
    roof: float
    nose: float
    hood: float
    cabin: tuple[float, float, float, float]
    tail: float
    wheel: float
    axles: tuple[float, float]


def body_ring(body: Body, y: float, low: float, high: float, width: float, soft: float) -> Floats:
    """A section of the lower body: flat below, tucked in above."""
    half = width / 2
    knots = [
        (-0.9 * half, low),
        (0.9 * half, low),
        (half, low + 0.12 * (high - low)),
        (half, high - soft),
        (0.88 * half, high),
        (-0.88 * half, high),
        (-half, high - soft),
        (-half, low + 0.12 * (high - low)),
    ]
    return np.array([[x, y * body.length, z] for x, z in knots])


def add_shell(shape: SolidBuilder, body: Body, color: Floats, rng: np.random.Generator) -> None:
    """The body below the windows, lofted from the nose to the tail, and its bumpers."""
    a, _, _, d = body.cabin
    low, belt = body.clearance, body.belt
    blunt, soft = rng.uniform(0.72, 0.95), rng.uniform(0.03, 0.14)
    rows = [
        (-0.5, low + 0.08, body.nose - 0.06, blunt * 0.92),
        (-0.48, low, body.nose, blunt),
        (-0.42, low, body.nose + 0.3 * (body.hood - body.nose), 0.98),
        (a, low, body.hood, 1.0),
        (min(a + 0.06, 0), low, belt, 1.0),
        (max(d - 0.03, 0.05), low, belt, 1.0),
        (min(d + 0.02, 0.46), low, max(body.tail, min(belt, body.tail + 0.06)), 0.99),
        (0.48, low + 0.03, body.tail, 0.93),
        (0.5, low + 0.1, body.tail - 0.06, 0.88),
    ]
    rings = [body_ring(body, y, z, top, share * body.width, soft) for y, z, top, share in rows]
    shape.loft(np.array(rings), color)
    bumper = color if rng.random() < 0.5 else TYRE * 3.0
    for end in (-1, 1):
        place = [0, end * 0.495 * body.length, low + 0.16]
        shape.box(place, [0.9 * body.width, 0.1, 0.14], bumper, round_off=0.04)


def add_cabin(shape: SolidBuilder, body: Body, color: Floats, rng: np.random.Generator) -> None:
    """Glass between belt and roof, a roof plate and pillars in the color of the car."""
    a, b, c, d = (place * body.length for place in body.cabin)
    foot, top = 0.46 * body.width, rng.uniform(0.33, 0.42) * body.width
    low, roof = body.belt - 0.03, body.roof
    glass = [[s * foot, y, low] for y in (a, d) for s in (-1, 1)]
    glass += [[s * top, y, roof - 0.05] for y in (b, c) for s in (-1, 1)]
    shape.hull(glass, GLASS)
    plate = [[s * (top + 0.015), y, roof - 0.06] for y in (b - 0.02, c + 0.02) for s in (-1, 1)]
    plate += [[s * 0.85 * top, y, roof] for y in (b + 0.12, c - 0.1) for s in (-1, 1)]
    shape.hull(plate, color)
    middles = [(b + c) / 2] if c - b < 1.2 else [b + (c - b) * 0.33, b + (c - b) * 0.7]
    for s in (-1, 1):
        for start, end in (
            ((foot, a, low), (top, b, roof - 0.04)),
            ((foot, d, low), (top, c, roof - 0.04)),
        ):
            mirrored = np.array([s, 1, 1])
            shape.bar(start * mirrored, end * mirrored, 0.035, color, square=True)
        for y in middles:
            shape.bar([s * foot, y, low], [s * top, y, roof - 0.04], 0.03, color, square=True)


def add_wheels(shape: SolidBuilder, body: Body, rng: np.random.Generator, out: float = 0.0) -> None:
    """Four wheels with rims, and dark arches around them."""
    wide = rng.uniform(0.16, 0.28)
    rim, spokes = rng.choice([0.08, 0.35, 0.6]) * np.ones(3), int(rng.integers(0, 8))
    radius = body.wheel
    for y in np.array(body.axles) * body.length:
        for s in (-1, 1):
            center = np.array([s * (body.width / 2 - wide / 2 + out), y, radius])
            tyre = [(0.55 * radius, -wide / 2), (0.94 * radius, -wide / 2), (radius, -0.3 * wide)]
            tyre += [(radius, 0.3 * wide), (0.94 * radius, wide / 2), (0.6 * radius, wide / 2)]
            shape.lathe(tyre, center, TYRE, axis=s * X, sides=24)
            face = moved(center, s * 0.48 * wide, 0, 0)
            shape.lathe(
                [(0.6 * radius, -0.02), (0.58 * radius, 0.012), (0.16 * radius, 0.02)],
                face,
                rim,
                axis=s * X,
                sides=20,
            )
            for i in range(spokes):
                angle = 2 * np.pi * i / spokes
                tip = face + 0.55 * radius * np.array([0, np.cos(angle), np.sin(angle)])
                shape.bar(face, tip, 0.02, rim * 0.4, sides=6)


def add_details(shape: SolidBuilder, body: Body, color: Floats, rng: np.random.Generator) -> None:
    """Lamps, a grille, mirrors, handles, and sometimes a spoiler, a roof rack or a sign."""
    half, front, rear = body.width / 2, -0.485 * body.length, 0.495 * body.length
    size, high = rng.uniform(0.14, 0.32), rng.uniform(0.08, 0.16)
    for s in (-1, 1):
        place = [s * 0.7 * half, front, body.nose - high]
        if rng.random() < 0.3:
            shape.lathe([(high * 0.7, -0.06), (high * 0.7, 0.02)], place, LAMP, axis=(0, -1, 0))
        else:
            shape.box(place, [size, 0.12, high], LAMP, round_off=0.02)
        shape.box(
            [s * 0.74 * half, rear, body.tail - 0.14],
            [0.2, 0.06, 0.14],
            np.array([0.4, 0.02, 0.02]),
        )
        mirror = [s * (half + 0.05), body.cabin[0] * body.length + 0.3, body.belt + 0.05]
        shape.box(mirror, [0.2, 0.09, 0.13], color, round_off=0.03)
        for y in (-0.02, 0.16):
            shape.box([s * half, y * body.length, body.belt - 0.12], [0.03, 0.16, 0.03], CHROME)
    shape.box(
        [0, front, (body.nose + body.clearance) / 2], [rng.uniform(0.5, 1.0), 0.08, 0.12], TYRE
    )
    extra = rng.random()
    if extra < 0.15:
        for s in (-1, 1):
            shape.bar(
                [s * 0.35, rear - 0.12, body.tail - 0.05],
                [s * 0.35, rear - 0.08, body.tail + 0.16],
                0.02,
                TYRE,
            )
        shape.box([0, rear - 0.08, body.tail + 0.17], [1.3, 0.24, 0.03], color, round_off=0.01)
    elif extra < 0.3:
        for s in (-1, 1):
            ends = [
                [s * 0.3 * body.width, y * body.length, body.roof + 0.04] for y in body.cabin[1:3]
            ]
            shape.bar(ends[0], ends[1], 0.022, TYRE)
    elif extra < 0.36:
        middle = (body.cabin[1] + body.cabin[2]) / 2 * body.length
        shape.box(
            [0, middle, body.roof + 0.05], [0.6, 0.16, 0.1], palette.paint(rng), round_off=0.02
        )


def assemble(body: Body, rng: np.random.Generator) -> SolidBuilder:
    """Put body, cabin, wheels and lamps together in one color."""
    shape, color = SolidBuilder(), palette.paint(rng)
    add_shell(shape, body, color, rng)
    add_cabin(shape, body, color, rng)
    add_wheels(shape, body, rng)
    add_details(shape, body, color, rng)
    return shape
