"""Boats: rowing boats, canoes, sailing boats, yachts, trawlers, freighters, ferries, catamarans."""

from __future__ import annotations

import numpy as np

from training.corpus.families.boat_parts import (
    WHITE,
    WINDOW,
    WOOD,
    add_house,
    add_hull,
    add_rails,
    add_sail,
    deck_height,
    half_width,
    hull_sections,
)
from training.corpus.families.solids import SolidBuilder, curve, grey
from training.corpus.families.working_boats import ferry, freighter, trawler
from training.shapes import palette
from training.shapes.parts import moved


def rowing(rng: np.random.Generator) -> SolidBuilder:
    """An open boat with benches, oars or an outboard engine: dinghies and skiffs."""
    shape = SolidBuilder()
    length, beam, depth = rng.uniform(2.2, 5.0), rng.uniform(1.0, 1.7), rng.uniform(0.4, 0.65)
    rings = hull_sections(
        length, beam, depth, rng, stern=rng.uniform(0.2, 0.9), flare=rng.uniform(0, 0.6)
    )
    color = palette.wood(rng) if rng.random() < 0.5 else palette.paint(rng)
    shape.sheet(rings, 0.045, color)
    transom = rings[-1]
    shape.extrude(
        transom[:, [0, 2]],
        (length / 2 - 0.05, length / 2),
        color,
        axes=(np.array([1.0, 0, 0]), np.array([0, 0, 1.0]), np.array([0, 1.0, 0])),
    )
    for side in (0, -1):
        shape.tube(rings[:, side], 0.035, color * 0.7, sides=6)
    for share in np.linspace(0.28, 0.86, int(rng.integers(2, 5))):
        half, z = half_width(rings, share), 0.66 * depth
        shape.box([0, (share - 0.5) * length, z], [1.86 * half, 0.22, 0.04], WOOD)
    if rng.random() < 0.6:
        for s in (-1, 1):
            grip = np.array([s * 0.2, 0.1 * length, depth + 0.15])
            blade = np.array([s * (beam / 2 + rng.uniform(0.7, 1.1)), -0.05 * length, depth * 0.4])
            shape.bar(grip, blade, 0.022, WOOD)
            shape.ball(blade, [0.24, 0.06, 0.03], WOOD)
    if rng.random() < 0.4:
        y = length / 2 + 0.08
        shape.box([0, y, depth + 0.2], [0.24, 0.3, 0.34], WINDOW, round_off=0.06)
        shape.box([0, y + 0.02, 0.3], [0.08, 0.14, depth], WINDOW)
    return shape


def canoe(rng: np.random.Generator) -> SolidBuilder:
    """Pointed at both ends: canoes open, kayaks with a deck, gondolas with raised ends."""
    shape = SolidBuilder()
    length, beam, depth = rng.uniform(3.5, 6.5), rng.uniform(0.55, 1.1), rng.uniform(0.28, 0.45)
    share = np.linspace(0, 1, 21)
    wide = beam / 2 * np.clip(np.sin(np.pi * share) ** rng.uniform(0.5, 0.9), 0.02, 1)
    rise = depth * rng.uniform(0, 1.6) * np.abs(2 * share - 1) ** rng.uniform(3, 8)
    angle = np.linspace(-np.pi / 2, np.pi / 2, 13)
    rings = np.empty((21, 13, 3))
    rings[..., 0] = wide[:, None] * np.sin(angle)
    rings[..., 1] = ((share - 0.5) * length)[:, None]
    rings[..., 2] = rise[:, None] + depth * (1 - np.cos(angle))
    color = palette.paint(rng) if rng.random() < 0.6 else palette.wood(rng)
    if rng.random() < 0.5:
        closed = np.concatenate(
            [
                rings,
                rings[:, 1:-1][:, ::-1] * [1, 1, 0]
                + [0, 0, 1] * (rise + 1.16 * depth)[:, None, None],
            ],
            1,
        )
        shape.loft(closed, color)
        for at in np.linspace(-0.1, 0.12, int(rng.integers(1, 3))):
            shape.ball([0, at * length, 1.18 * depth], [0.32 * beam, 0.45, 0.05], WINDOW)
    else:
        shape.sheet(rings, 0.03, color)
        for at in (-0.25, 0.02, 0.25):
            half = float(np.interp(at + 0.5, share, wide))
            shape.bar(
                [-half, at * length, 0.9 * depth], [half, at * length, 0.9 * depth], 0.025, WOOD
            )
    if rng.random() < 0.5:
        ends = [np.array([s * 0.9, -0.06 * length * s, depth + 0.1]) for s in (-1, 1)]
        shape.bar(ends[0], ends[1], 0.018, WOOD)
        for end in ends:
            shape.ball(end, [0.2, 0.02, 0.08], color * 0.5)
    return shape


def sailing(rng: np.random.Generator) -> SolidBuilder:
    """A yacht with a mast or two, sails that belly, a keel and a rudder."""
    shape = SolidBuilder()
    length = rng.uniform(5, 14)
    beam, depth = length * rng.uniform(0.24, 0.34), length * rng.uniform(0.08, 0.13)
    rings = hull_sections(length, beam, depth, rng, stern=rng.uniform(0.4, 0.85), full=0.7)
    add_hull(shape, rings, palette.paint(rng), WOOD if rng.random() < 0.5 else WHITE)
    deck = deck_height(rings, 0.5)
    add_house(shape, rng, (-0.1 * length, 0.15 * length, deck, 0.5 * beam, 0.06 * length), WHITE)
    if rng.random() < 0.7:
        fin = [
            (-0.08 * length, 0.1 * depth),
            (0.08 * length, 0.1 * depth),
            (0.06 * length, -0.12 * length),
            (-0.02 * length, -0.12 * length),
        ]
        shape.extrude(fin, (-0.008 * length, 0.008 * length), WINDOW)
        shape.extrude(
            [
                (0.44 * length, 0.4 * depth),
                (0.49 * length, 0.4 * depth),
                (0.48 * length, -0.08 * length),
                (0.44 * length, -0.08 * length),
            ],
            (-0.006 * length, 0.006 * length),
            WINDOW,
        )
    cloth = WHITE if rng.random() < 0.6 else palette.paint(rng)
    masts = [(-0.08, 1.0)] if rng.random() < 0.75 else [(-0.18, 0.9), (0.2, 0.7)]
    furled = rng.random() < 0.2
    for place, scale in masts:
        tall = length * rng.uniform(1.0, 1.35) * scale
        foot = np.array([0, place * length, deck])
        shape.bar(foot, moved(foot, 0, 0, tall), (0.012 * length, 0.006 * length), grey(0.5))
        out = rng.uniform(0.3, 0.42) * length * scale
        low = moved(foot, 0, 0, 0.12 * length)
        boom = moved(low, rng.uniform(-0.3, 0.3) * out, out, 0)
        shape.bar(low, boom, 0.008 * length, grey(0.5))
        if furled:
            shape.bar(
                moved(low, 0, 0, 0.02 * length),
                moved(boom, 0, 0, 0.02 * length),
                0.02 * length,
                cloth,
            )
            continue
        add_sail(shape, (low, boom, moved(foot, 0, 0, 0.96 * tall)), 0.06 * length, cloth)
        if place < 0:
            tack = np.array([0, -0.47 * length, deck_height(rings, 0.05) + 0.02 * length])
            clew = moved(low, 0.1 * length, 0.05 * length, 0)
            add_sail(
                shape,
                (tack, clew, moved(foot, 0, 0, rng.uniform(0.7, 0.9) * tall)),
                0.06 * length,
                cloth,
            )
    return shape


def yacht(rng: np.random.Generator) -> SolidBuilder:
    """A motor boat: open with a windscreen, or with one to three decks stepped to the bow."""
    shape = SolidBuilder()
    length = rng.uniform(5, 30)
    beam, depth = length * rng.uniform(0.22, 0.34), length * rng.uniform(0.1, 0.16)
    rings = hull_sections(
        length, beam, depth, rng, stern=rng.uniform(0.8, 1), flare=rng.uniform(0.3, 1.2)
    )
    hull = WHITE if rng.random() < 0.6 else palette.paint(rng)
    add_hull(shape, rings, hull, WOOD if rng.random() < 0.5 else WHITE * 0.9)
    decks = int(rng.integers(0, 4))
    z, start, end, width = deck_height(rings, 0.5), -0.22, rng.uniform(0.2, 0.42), 0.8 * beam
    if decks == 0:
        screen = np.array(
            [
                [
                    [s * 0.36 * beam, -0.02 * length + 0.06 * length * abs(s), z],
                    [s * 0.3 * beam, 0.06 * length + 0.05 * length * abs(s), z + 0.07 * length],
                ]
                for s in (-1, -0.5, 0, 0.5, 1)
            ]
        )
        shape.sheet(screen, 0.008 * length, WINDOW)
        for s in (-1, 1):
            shape.box(
                [s * 0.2 * beam, 0.18 * length, z + 0.03 * length],
                [0.24 * beam, 0.08 * length, 0.09 * length],
                palette.paint(rng),
                round_off=0.02 * length,
            )
        shape.box(
            [0, 0.52 * length, 0.8 * depth],
            [0.2 * beam, 0.1 * length, depth],
            WINDOW,
            round_off=0.02 * length,
        )
    for _ in range(decks):
        high = length * rng.uniform(0.06, 0.09)
        add_house(shape, rng, (start * length, end * length, z, width, high), WHITE)
        z += high
        shape.box(
            [0, (start + end) / 2 * length + 0.04 * length, z],
            [1.04 * width, (end - start) * length, 0.012 * length],
            WHITE,
        )
        start, end, width = (
            start + rng.uniform(0.06, 0.14),
            end - rng.uniform(0.02, 0.14),
            0.86 * width,
        )
    if decks:
        mast = np.array([0, (start + end) / 2 * length, z])
        shape.bar(mast, moved(mast, 0, 0.02 * length, 0.1 * length), 0.006 * length, WHITE)
        shape.box(
            moved(mast, 0, 0.02 * length, 0.07 * length),
            [0.14 * beam, 0.02 * length, 0.012 * length],
            WHITE,
        )
    add_rails(shape, rings, 0.05 * length, (1, 9), grey(0.6))
    return shape


def catamaran(rng: np.random.Generator) -> SolidBuilder:
    """Two hulls and a deck between them, with a mast or a house; three hulls with outriggers."""
    shape = SolidBuilder()
    length = rng.uniform(4, 14)
    beam, depth = length * rng.uniform(0.45, 0.6), length * rng.uniform(0.08, 0.13)
    color, slim = (
        palette.paint(rng) if rng.random() < 0.5 else WHITE,
        length * rng.uniform(0.07, 0.12),
    )
    outrigger = rng.random() < 0.3
    rings = hull_sections(length, slim, depth, rng, stern=0.7, full=0.6)
    for s in (-1, 0, 1) if outrigger else (-1, 1):
        scale = np.array([0.6, 0.6, 0.7]) if outrigger and s else np.ones(3)
        shape.loft(moved(rings * scale, s * (beam - slim) / 2, 0, 0), color)
    deck = 0.92 * depth
    if outrigger:
        for y in (-0.16, 0.16):
            path = [
                (-0.46 * beam, y * length, 0.6 * depth),
                (0, y * length, 1.5 * depth),
                (0.46 * beam, y * length, 0.6 * depth),
            ]
            shape.tube(curve(path, 13), 0.012 * length, WOOD)
    else:
        shape.box([0, 0.08 * length, deck], [beam - slim, 0.5 * length, 0.03 * length], WHITE)
    if not outrigger and rng.random() < 0.6:
        add_house(
            shape, rng, (-0.14 * length, 0.24 * length, deck, 0.6 * beam, 0.1 * length), WHITE
        )
    if rng.random() < 0.7:
        cloth = palette.paint(rng) if rng.random() < 0.5 else WHITE
        foot = np.array([0, -0.12 * length, deck])
        tall = rng.uniform(0.9, 1.3) * length
        shape.bar(foot, moved(foot, 0, 0, tall), (0.012 * length, 0.006 * length), grey(0.4))
        low = moved(foot, 0, 0, 0.16 * length)
        clew = moved(low, rng.uniform(-0.1, 0.1) * length, 0.38 * length, 0)
        add_sail(shape, (low, clew, moved(foot, 0, 0, 0.97 * tall)), 0.05 * length, cloth)
        add_sail(
            shape,
            (
                np.array([0, -0.46 * length, 1.2 * depth]),
                moved(low, 0.06 * length, 0, 0),
                moved(foot, 0, 0, 0.8 * tall),
            ),
            0.05 * length,
            cloth,
        )
    return shape


PROGRAMS = (rowing, canoe, sailing, yacht, trawler, freighter, ferry, catamaran)
