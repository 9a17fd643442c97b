"""Planes for one or a few: propeller planes, fighters, biplanes."""

from __future__ import annotations

import numpy as np

from training.corpus.families.plane_parts import (
    GLASS,
    add_body,
    add_gear,
    add_propeller,
    add_tail,
    add_wing,
    add_wings,
)
from training.corpus.families.solids import Floats, SolidBuilder, grey
from training.shapes import palette


def propeller(rng: np.random.Generator) -> SolidBuilder:
    """One engine in front: a high wing with struts or a low one; on wheels or on floats."""
    shape, color = SolidBuilder(), palette.paint(rng)
    length, radius, slim = rng.uniform(6, 10), rng.uniform(0.5, 0.68), rng.uniform(0.12, 0.3)
    rows = [(-0.5, 0, 0.55, 0.6), (-0.42, 0, 0.85, 0.85), (-0.2, 0.1, 1, 1.1)]
    rows += [(0.05, 0.12, 0.9, 1.0), (0.3, 0.15, 0.2 + slim, 0.3 + slim), (0.5, 0.25, 0.06, 0.16)]
    add_body(shape, rows, color, (length, radius))
    add_propeller(shape, rng, np.array([0, -0.5 * length, 0.0]), rng.uniform(0.85, 1.25))
    half, chord = length * rng.uniform(0.5, 0.75), length * rng.uniform(0.17, 0.22)
    high = bool(rng.random() < 0.5)
    z, y = (1.15 if high else -0.5) * radius, -0.26 * length
    tone = color if rng.random() < 0.6 else palette.paint(rng)
    shift = (rng.uniform(0, 0.12) * half, (0.03 if high else 0.1) * half)
    add_wings(shape, rng, (y, z, half, chord), shift, tone, rng.uniform(0.4, 1.0))
    if high:
        cabin = [1.5 * radius, 0.26 * length, 0.9 * radius]
        shape.box([0, -0.15 * length, 0.95 * radius], cabin, GLASS, round_off=0.25 * radius)
        for s in (-1, 1):
            foot = [s * 0.7 * radius, y + 0.5 * chord, -0.6 * radius]
            shape.bar(foot, [s * 0.5 * half, y + 0.4 * chord, z], 0.045, color)
    else:
        canopy = [0.62 * radius, rng.uniform(0.12, 0.22) * length, 0.62 * radius]
        shape.ball([0, -0.08 * length, radius], canopy, GLASS)
    add_tail(shape, rng, length, length * rng.uniform(0.16, 0.21), 0.2 * radius, tone)
    if rng.random() < 0.15:
        _add_floats(shape, (length, radius), tone)
        return shape
    third = -0.42 if rng.random() < 0.6 else 0.42
    main = -0.1 if third < 0 else -0.25
    add_gear(shape, 1.5 * radius, 2.0 * radius, (main * length, third * length))
    return shape


def _add_floats(shape: SolidBuilder, size: tuple[float, float], color: Floats) -> None:
    """Two floats on struts; ``size`` is length and radius of the body."""
    length, radius = size
    rows = [(-0.45, -1.9, 0.15, 0.18), (-0.3, -2.1, 0.55, 0.5), (0.3, -2.0, 0.15, 0.18)]
    for s in (-1, 1):
        x = s * 1.6 * radius
        add_body(shape, rows, color, size, (x, 0, 0))
        for y in (-0.22 * length, 0.02 * length):
            shape.bar([0.3 * x, y, -0.5 * radius], [x, y, -1.9 * radius], 0.06, color)


def fighter(rng: np.random.Generator) -> SolidBuilder:
    """A pointed nose, a bubble canopy, swept or delta wings, intakes, one or two fins, stores."""
    shape, color = SolidBuilder(), palette.paint(rng) * 0.7
    length, wide = rng.uniform(12, 20), rng.uniform(1.0, 1.8)
    radius = length * rng.uniform(0.045, 0.062)
    rows = [(-0.5, 0, 0.03, 0.03), (-0.4, 0, 0.5, 0.5), (-0.25, 0.1, 0.85, 1.0)]
    rows += [(-0.05, 0, wide, 1.0), (0.3, 0, wide, 0.9), (0.47, 0, 0.75 * wide, 0.65)]
    add_body(shape, rows, color, (length, radius))
    canopy = [0.5 * radius, rng.uniform(0.06, 0.1) * length, 0.6 * radius]
    shape.ball([0, -0.26 * length, 0.95 * radius], canopy, GLASS)
    _fighter_wings(shape, rng, (length, radius), color)
    for s in (-1, 1):
        intake = [0.7 * radius, 0.2 * length, 1.1 * radius]
        place = [s * 0.95 * wide * radius, -0.06 * length, -0.1 * radius]
        shape.box(place, intake, color * 0.8, round_off=0.15 * radius)
    fins, high = (-0.6, 0.6) if rng.random() < 0.4 else (0.0,), length * rng.uniform(0.13, 0.2)
    for share in fins:
        x = share * wide * radius
        tip = (x + 0.25 * high * float(np.sign(share)), 0.36 * length, high)
        chords = (0.22 * length, 0.09 * length)
        add_wing(shape, (x, 0.2 * length, 0.3 * radius), tip, chords, color, 0.05)
    for share in (-0.5, 0.5) if wide > 1.4 else (0.0,):
        nozzle = [(0.5 * radius, 0), (0.42 * radius, 0.06 * length)]
        place = [share * wide * radius, 0.45 * length, 0]
        shape.lathe(nozzle, place, grey(0.08), axis=(0, 1, 0), sides=16)
    if rng.random() < 0.4:
        add_gear(shape, 1.6 * radius, 2.2 * radius, (0.08 * length, -0.25 * length))
    return shape


def _fighter_wings(
    shape: SolidBuilder, rng: np.random.Generator, size: tuple[float, float], color: Floats
) -> None:
    """A delta with or without canards, or swept wings with tail planes; stores below."""
    length, radius = size
    half, delta = length * rng.uniform(0.28, 0.4), rng.random() < 0.45
    chord = length * (rng.uniform(0.38, 0.5) if delta else rng.uniform(0.2, 0.32))
    root = (-0.02 if delta else -0.1) * length
    sweep = 0.85 * chord if delta else rng.uniform(0.3, 0.9) * half
    taper, drop = 0.08 if delta else rng.uniform(0.25, 0.45), rng.uniform(-0.04, 0.02) * half
    canard, stores = rng.random() < 0.6, np.linspace(0.4, 0.8, int(rng.integers(0, 3)))
    for s in (-1, 1):
        tip = (s * half, root + sweep, drop)
        add_wing(shape, (0, root, 0), tip, (chord, taper * chord), color, 0.05)
        if not delta:
            tip = (s * 0.55 * half, 0.42 * length, 0)
            chords = (0.15 * length, 0.06 * length)
            add_wing(shape, (0, 0.32 * length, 0), tip, chords, color, 0.05)
        elif canard:
            tip = (s * 0.4 * half, -0.14 * length, 0.35 * radius)
            chords = (0.1 * length, 0.04 * length)
            add_wing(shape, (0, -0.22 * length, 0.3 * radius), tip, chords, color, 0.06)
        for share in stores:
            y = root + share * sweep + 0.1 * chord
            body = np.array([(0.02, 0), (0.16, 0.4), (0.16, 2.4)]) * radius
            place = [s * share * half, y, -0.45 * radius]
            shape.lathe(body, place, grey(0.6), axis=(0, 1, 0), sides=12)
            pylon = [0.08 * radius, radius, 0.5 * radius]
            shape.box([place[0], y + 1.2 * radius, -0.2 * radius], pylon, color)


def biplane(rng: np.random.Generator) -> SolidBuilder:
    """Two or three wings one above the other with struts, an open seat, a radial engine."""
    shape, color, tone = SolidBuilder(), palette.paint(rng), palette.paint(rng)
    length, radius = rng.uniform(5.5, 8), rng.uniform(0.4, 0.52)
    rows = [
        (-0.5, 0, 0.9, 0.9),
        (-0.36, 0, 1, 1),
        (-0.05, 0.02, 0.85, 1),
        (0.2, 0.1, 0.45, 0.6),
        (0.5, 0.2, 0.05, 0.1),
    ]
    add_body(shape, rows, color, (length, radius))
    shape.lathe(
        [(1.1 * radius, 0), (1.1 * radius, 0.3)],
        [0, -0.5 * length, 0],
        palette.metal(rng),
        axis=(0, 1, 0),
    )
    add_propeller(shape, rng, np.array([0, -0.5 * length, 0.0]), rng.uniform(0.9, 1.2))
    gap, stagger = rng.uniform(1.1, 1.5), rng.uniform(-0.1, 0.5)
    levels = (
        [-0.7 * radius, -0.7 * radius + gap] if rng.random() < 0.85 else [-0.7 * radius, 0.55, 1.35]
    )
    half, chord, y = (
        length * rng.uniform(0.5, 0.66),
        length * rng.uniform(0.14, 0.19),
        -0.3 * length,
    )
    for i, z in enumerate(levels):
        wide = half * (1 - rng.uniform(0, 0.15) * (i == 0))
        for s in (-1, 1):
            add_wing(
                shape,
                (0, y - stagger * z * 0.4, z),
                (s * wide, y - stagger * z * 0.4, z + 0.04 * half),
                (chord, 0.9 * chord),
                tone,
                0.07,
            )
    low, high = levels[0], levels[-1]
    for s in (-1, 1):
        for share in (0.15, 0.7) if rng.random() < 0.6 else (0.15, 0.45, 0.85):
            for at in (0.2, 0.75):
                foot = [s * share * half, y + at * chord - stagger * low * 0.4, low]
                shape.bar(
                    foot,
                    [s * share * half, y + at * chord - stagger * high * 0.4, high + 0.02 * half],
                    0.03,
                    palette.wood(rng),
                )
    for place in (-0.05, 0.07) if rng.random() < 0.5 else (0.0,):
        shape.ball([0, place * length, radius], [0.4 * radius, 0.35, 0.25 * radius], grey(0.03))
        shape.box(
            [0, place * length - 0.35, 1.15 * radius], [0.6 * radius, 0.03, 0.4 * radius], GLASS
        )
    add_tail(shape, rng, length, length * rng.uniform(0.14, 0.18), 0.2 * radius, tone)
    add_gear(shape, 1.5 * radius, 2.3 * radius, (-0.32 * length, 0.42 * length))
    return shape
