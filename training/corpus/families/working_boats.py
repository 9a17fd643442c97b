"""Boats that work: trawlers, freighters, ferries."""

from __future__ import annotations

import numpy as np

from training.corpus.families.boat_parts import (
    WHITE,
    WINDOW,
    WOOD,
    add_house,
    add_hull,
    add_rails,
    deck_height,
    hull_sections,
)
from training.corpus.families.solids import SolidBuilder, grey
from training.shapes import palette
from training.shapes.parts import moved


def trawler(rng: np.random.Generator) -> SolidBuilder:
    """A working boat: high bow, wheelhouse fore or aft, masts with booms, a winch."""
    shape = SolidBuilder()
    length = rng.uniform(8, 28)
    beam, depth = length * rng.uniform(0.28, 0.36), length * rng.uniform(0.14, 0.2)
    rings = hull_sections(
        length,
        beam,
        depth,
        rng,
        stern=rng.uniform(0.6, 0.95),
        flare=rng.uniform(0.2, 0.8),
        full=0.5,
    )
    add_hull(shape, rings, palette.paint(rng), WOOD, 0.03 * length)
    aft, deck = rng.random() < 0.5, deck_height(rings, 0.5) - 0.03 * length
    start = (0.12 if aft else -0.26) * length
    end, high = start + rng.uniform(0.16, 0.28) * length, rng.uniform(0.12, 0.17) * length
    color = palette.paint(rng) if rng.random() < 0.4 else WHITE
    add_house(shape, rng, (start, end, deck, 0.56 * beam, high), color)
    shape.box(
        [0, (start + end) / 2, deck + high], [0.64 * beam, end - start, 0.015 * length], color * 0.7
    )
    if rng.random() < 0.6:
        funnel = [0, end - 0.05 * length, deck + high]
        shape.lathe(
            [(0.03 * length, 0), (0.026 * length, 0.09 * length)], funnel, palette.paint(rng)
        )
    for place in ((-0.3, 0.0), (0.05, 0.36))[int(aft) : int(aft) + 1][0]:
        foot = np.array([0, (place if aft else place + 0.2) * length, deck])
        tall = rng.uniform(0.35, 0.6) * length
        shape.bar(foot, moved(foot, 0, 0, tall), (0.012 * length, 0.007 * length), WINDOW)
        tip = moved(foot, 0, rng.uniform(-0.25, 0.25) * length, rng.uniform(0.25, 0.4) * length)
        shape.bar(moved(foot, 0, 0, 0.1 * length), tip, 0.007 * length, WINDOW)
        shape.bar(tip, moved(foot, 0, 0, tall), 0.003 * length, WINDOW, sides=5)
    drum = np.array([-0.12 * beam, (-0.02 if aft else 0.18) * length, deck + 0.04 * length])
    shape.bar(drum, moved(drum, 0.24 * beam, 0, 0), 0.03 * length, grey(0.25))
    add_rails(shape, rings, 0.045 * length, (1, 7), WHITE)
    return shape


def freighter(rng: np.random.Generator) -> SolidBuilder:
    """A long hull with containers, hatches and cranes, or tanks and pipes, and the bridge aft."""
    shape = SolidBuilder()
    length = rng.uniform(60, 250)
    beam, depth = length * rng.uniform(0.12, 0.18), length * rng.uniform(0.06, 0.1)
    stern, flare = rng.uniform(0.7, 0.95), rng.uniform(0.2, 0.8)
    rings = hull_sections(length, beam, depth, rng, stern=stern, flare=flare, full=0.35)
    add_hull(shape, rings, palette.paint(rng) * 0.7, np.array([0.25, 0.08, 0.05]))
    deck, bridge = deck_height(rings, 0.6) + 0.002 * length, float(rng.choice([0.3, 0.36, 0.4]))
    z, high = deck, 0.022 * length
    for i in range(int(rng.integers(2, 5))):
        width = (0.9 if i < 2 else 0.7) * beam
        start, end = (bridge + 0.01 * i) * length, (bridge + 0.1) * length
        add_house(shape, rng, (start, end, z, width, high), WHITE)
        z += high
    wing = [0, (bridge + 0.015) * length, z - 0.005 * length]
    shape.box(wing, [1.02 * beam, 0.02 * length, 0.01 * length], WHITE)
    funnel = [0, (bridge + 0.08) * length, z - 0.02 * length]
    size = [0.2 * beam, 0.04 * length, 0.07 * length]
    shape.box(funnel, size, palette.paint(rng), round_off=0.008 * length)
    _add_cargo(shape, rng, (length, beam, deck, bridge))
    mast = np.array([0, -0.4 * length, deck])
    shape.bar(mast, moved(mast, 0, 0, 0.1 * length), 0.005 * length, WHITE)
    return shape


def _add_cargo(
    shape: SolidBuilder, rng: np.random.Generator, box: tuple[float, float, float, float]
) -> None:
    """Bays before the bridge; ``box`` is length, beam, height of the deck, place of the bridge."""
    length, beam, deck, bridge = box
    kind, bays = rng.integers(3), int(rng.integers(4, 10))
    step, steel = (bridge + 0.36) * length / bays, grey(0.4)
    for i in range(bays):
        y = -0.36 * length + (i + 0.5) * step
        if kind == 0:
            for j in range(5):
                tall = 0.02 * length * int(rng.integers(1, 5))
                size = [0.17 * beam, 0.9 * step, tall]
                shape.box([(j - 2) * 0.18 * beam, y, deck + tall / 2], size, palette.paint(rng))
        elif kind == 1:
            hatch = [0.66 * beam, 0.72 * step, 0.02 * length]
            shape.box([0, y, deck + 0.008 * length], hatch, steel)
            if i % 2:
                top = np.array([0, y - 0.5 * step, deck + 0.11 * length])
                shape.bar([0, top[1], deck], top, 0.008 * length, WHITE, square=True)
                jib = moved(top, 0, 0.8 * step, 0.02 * length)
                shape.bar(top, jib, 0.005 * length, WHITE, square=True)
        else:
            z = deck + 0.012 * length
            shape.bar([-0.42 * beam, y, z], [0.42 * beam, y, z], 0.006 * length, steel)
    if kind == 2:
        z = deck + 0.014 * length
        shape.bar([0, -0.36 * length, z], [0, bridge * length, z], 0.012 * length, steel)


def ferry(rng: np.random.Generator) -> SolidBuilder:
    """Decks over the whole length: ferries, cruise ships, river boats, house boats."""
    shape = SolidBuilder()
    length = rng.uniform(12, 200)
    beam, depth = length * rng.uniform(0.16, 0.3), length * rng.uniform(0.05, 0.1)
    rings = hull_sections(
        length, beam, depth, rng, stern=rng.uniform(0.8, 1.0), full=rng.uniform(0.25, 0.5)
    )
    color = palette.paint(rng)
    add_hull(shape, rings, color, WHITE)
    z, start, end = deck_height(rings, 0.5), -rng.uniform(0.28, 0.38), rng.uniform(0.4, 0.48)
    for _ in range(int(rng.integers(1, 5))):
        high = rng.uniform(0.03, 0.05) * length
        add_house(shape, rng, (start * length, end * length, z, 0.88 * beam, high), WHITE)
        shape.box(
            [0, (start + end) / 2 * length, z + high],
            [0.94 * beam, (end - start) * length, 0.006 * length],
            WHITE * 0.9,
        )
        z, start, end = z + high, start + rng.uniform(0, 0.06), end - rng.uniform(0, 0.08)
    kind = rng.integers(3)
    if kind == 0:
        for i in range(int(rng.integers(1, 4))):
            foot = [0, (0.05 + 0.12 * i) * length, z]
            shape.lathe(
                [(0.1 * beam, 0), (0.09 * beam, 0.08 * length)], foot, color, axis=(0, 0.2, 1)
            )
    elif kind == 1:
        shape.lathe(
            [(0.12 * length, -0.3 * beam), (0.12 * length, 0.3 * beam)],
            [0, 0.53 * length, 0.1 * length],
            color,
            axis=(1, 0, 0),
        )
    else:
        roof = rng.uniform(0.3, 0.42)
        shape.box([0, 0, z + 0.04 * length], [0.8 * beam, roof * length, 0.006 * length], color)
        for x in (-0.36, 0.36):
            for y in (-0.45, 0.45):
                shape.bar(
                    [x * beam, y * roof * length, z],
                    [x * beam, y * roof * length, z + 0.04 * length],
                    0.004 * length,
                    WHITE,
                )
    add_house(
        shape,
        rng,
        (-0.3 * length, -0.2 * length, z - 0.001 * length, 0.6 * beam, 0.03 * length),
        WHITE,
    )
    return shape
