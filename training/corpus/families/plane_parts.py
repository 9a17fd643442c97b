"""What planes are put together from: bodies, wings, tails, engines, propellers, wheels."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder, grey
from training.shapes import palette
from training.shapes.parts import moved

GLASS, FRONT = np.array([0.04, 0.06, 0.09]), (0.0, -1.0, 0.0)


def add_body(
    shape: SolidBuilder,
    rows: list[tuple[float, float, float, float]],
    color: Floats,
    scale: tuple[float, float] = (1.0, 1.0),
    at: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> None:
    """A body through ellipses, moved by ``at``.

    Parameters
    ----------
    rows
        Of each ellipse its y, the height of its middle, its half width and half height.
    scale
        What y, and what the others are multiplied by.
    """
    angle = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    rings = []
    for y, z, wide, high in np.array(rows) * [scale[0], scale[1], scale[1], scale[1]]:
        ring = [wide * np.cos(angle), np.full(18, y), z + high * np.sin(angle)]
        rings.append(np.stack(ring, 1))
    shape.loft(np.array(rings) + at, color)


def add_fuselage(
    shape: SolidBuilder, rng: np.random.Generator, length: float, radius: float, color: Floats
) -> None:
    """A round tube with a blunt nose and a tail that rises."""
    rise, tall = rng.uniform(0.2, 0.7) * radius, rng.uniform(0.95, 1.15) * radius
    nose, tail = rng.uniform(0.1, 0.18), rng.uniform(0.6, 0.74)
    share = [(0.0, 0.06), (0.15, 0.42), (0.4, 0.72), (0.7, 0.92), (1.0, 1.0)]
    rows = [
        (length * (nose * s - 0.5), -0.15 * radius * (1 - s), radius * f, tall * f)
        for s, f in share
    ]
    rows += [
        (length * (tail + (1 - tail) * s - 0.5), rise * s, radius * f, tall * f)
        for s, f in ((0, 1.0), (0.4, 0.8), (0.75, 0.42), (1, 0.1))
    ]
    add_body(shape, rows, color)


def add_wing(
    shape: SolidBuilder,
    root: tuple[float, float, float],
    tip: tuple[float, float, float],
    chords: tuple[float, float],
    color: Floats,
    thick: float = 0.12,
) -> None:
    """One panel between two leading edges; the section is a drop, ``thick`` of its chord."""
    section = np.array(
        [
            (0, 0),
            (0.08, 0.35),
            (0.3, 0.5),
            (0.65, 0.32),
            (1, 0.02),
            (0.65, -0.18),
            (0.3, -0.3),
            (0.08, -0.22),
        ]
    )
    axis = np.subtract(tip, root)
    normal = np.array([0.0, 0, 1]) if abs(axis[0]) > abs(axis[2]) else np.array([1.0, 0, 0])
    rings = []
    for edge, chord in ((np.array(root), chords[0]), (np.array(tip), chords[1])):
        along = section[:, :1] * chord * np.array([0, 1.0, 0])
        rings.append(edge + along + section[:, 1:] * thick * chord * normal)
    shape.loft(np.array(rings), color)


def add_wings(
    shape: SolidBuilder,
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    shift: tuple[float, float],
    color: Floats,
    taper: float = 0.4,
) -> None:
    """A pair: box is the root's edge, height, half span and chord; shift is sweep and rise."""
    y, z, half, chord = box
    winglet = rng.random() < 0.3
    for s in (-1, 1):
        tip = (s * half, y + shift[0], z + shift[1])
        add_wing(shape, (0, y, z), tip, (chord, taper * chord), color)
        if winglet:
            top = (s * 1.02 * half, tip[1] + 0.6 * taper * chord, tip[2] + 0.1 * half)
            add_wing(shape, tip, top, (taper * chord, 0.4 * taper * chord), color)


def add_tail(
    shape: SolidBuilder,
    rng: np.random.Generator,
    length: float,
    size: float,
    high: float,
    color: Floats,
) -> None:
    """A fin and a tail plane, low, in the middle or on top; sometimes two fins or a V."""
    end, sweep, kind = 0.5 * length, rng.uniform(0.2, 0.8) * size, rng.random()
    root = end - rng.uniform(0.9, 1.3) * size
    if kind < 0.1:
        for s in (-1, 1):
            add_wing(
                shape,
                (0, root, high),
                (s * 0.8 * size, root + sweep, high + 0.7 * size),
                (0.9 * size, 0.5 * size),
                color,
            )
        return
    fins = (-0.8, 0.8) if kind > 0.88 else (0.0,)
    for x in fins:
        add_wing(
            shape,
            (x * size, root, high),
            (x * size, root + sweep, high + rng.uniform(0.8, 1.2) * size),
            (size, 0.45 * size),
            color,
        )
    place = rng.choice([0.0, 0.0, 0.45, 0.95]) if len(fins) == 1 else 0.0
    for s in (-1, 1):
        z = high + place * size
        start = root + place * sweep + 0.15 * size
        add_wing(
            shape,
            (0, start, z),
            (s * rng.uniform(0.95, 1.3) * size, start + 0.5 * sweep, z),
            (0.7 * size, 0.35 * size),
            color,
        )


def add_engine(
    shape: SolidBuilder, center: Floats, radius: float, length: float, color: Floats
) -> None:
    """A jet engine's pod: an intake ring, a fan, a cone behind."""
    profile = [(0.85, 0), (1.0, 0.1), (1.0, 0.5), (0.75, 0.85), (0.6, 1.0)]
    shape.lathe(np.array(profile) * [radius, length], center, color, axis=(0, 1, 0), sides=20)
    shape.lathe(
        [(0.78 * radius, -0.004 * length), (0.2 * radius, 0.02 * length)],
        center,
        grey(0.04),
        axis=FRONT,
        sides=20,
    )
    shape.lathe(
        [(0.5 * radius, length * 0.9), (0.1 * radius, 1.2 * length)],
        center,
        grey(0.2),
        axis=(0, 1, 0),
        sides=16,
    )


def add_propeller(
    shape: SolidBuilder, rng: np.random.Generator, hub: Floats, radius: float
) -> None:
    """A spinner and two to five twisted blades."""
    shape.lathe(
        [(0.14 * radius, 0), (0.11 * radius, 0.12 * radius), (0.03 * radius, 0.2 * radius)],
        hub,
        palette.metal(rng),
        axis=FRONT,
    )
    count, turn = int(rng.integers(2, 6)), rng.uniform(0, np.pi)
    for i in range(count):
        angle = turn + 2 * np.pi * i / count
        out = np.array([np.cos(angle), 0, np.sin(angle)])
        side = np.cross(out, [0, 1.0, 0])
        chord, twist = 0.09 * radius, [0, 0.06 * radius, 0]
        blade = []
        for share, wide in ((0.05, 0.6), (0.5, 1.0), (0.95, 0.7)):
            edge = moved(share * radius * out, 0, -0.05 * radius, 0)
            blade += [
                hub
                + edge
                + s * wide * chord * side
                + s * (1 - share) * np.array(twist)
                + t * np.array([0, 0.012 * radius, 0])
                for s in (-1, 1)
                for t in (-1, 1)
            ]
        shape.hull(blade, grey(0.05))


def add_gear(shape: SolidBuilder, half: float, high: float, places: tuple[float, float]) -> None:
    """Wheels on struts: half the track, height, places of the main wheels and of the third."""
    main, third = places
    for x, y in ((-half, main), (half, main), (0.0, third)):
        wheel = (0.35 if x else 0.22) * high
        low = -high + wheel
        top = 0.0 if x or third < main else -0.4 * high
        drop = 0.0 if x or third < main else 0.45 * high
        shape.bar([0.7 * x, y, top], [x, y, low + drop], 0.09 * high, grey(0.4))
        profile = [(wheel, -0.3 * wheel), (wheel, 0.3 * wheel)]
        shape.lathe(profile, [x, y, low + drop], grey(0.03), axis=(1, 0, 0), sides=16)
