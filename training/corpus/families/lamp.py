"""Lamps: on tables, on floors, for desks, hanging, chandeliers, at walls, in streets, lanterns."""

from __future__ import annotations

import numpy as np

from training.corpus.families.lamp_parts import WARM, add_bulb, add_lantern, add_ring, add_shade
from training.corpus.families.outdoor_lamps import in_street, lantern
from training.corpus.families.solids import SolidBuilder, curve, grey
from training.shapes import palette
from training.shapes.parts import moved


def on_table(rng: np.random.Generator) -> SolidBuilder:
    """A turned, stacked, blocky or bottle-like foot under a shade."""
    shape, tone = SolidBuilder(), palette.paint(rng) if rng.random() < 0.5 else palette.metal(rng)
    tall, reach = rng.uniform(0.18, 0.45), rng.uniform(0.05, 0.1)
    kind = int(rng.integers(4))
    if kind == 0:
        share = np.linspace(0, 1, 14)
        knots = rng.uniform(0.15, 1.0, 5)
        outline = reach * np.interp(share, np.linspace(0, 1, 7), [1, *knots, 0.12])
        shape.lathe(np.stack([outline, share * tall], 1), [0, 0, 0], tone)
    elif kind == 1:
        count = int(rng.integers(2, 6))
        for i in range(count):
            radius = tall / count / 2
            shape.ball(
                [0, 0, (2 * i + 1) * radius],
                [radius * rng.uniform(0.6, 1.2), radius, 1.05 * radius],
                tone,
            )
        shape.lathe([(reach, 0), (0.9 * reach, 0.014)], [0, 0, 0], palette.wood(rng))
    elif kind == 2:
        shape.box([0, 0, 0.012], [2 * reach, 2 * reach, 0.024], palette.wood(rng))
        shape.bar(
            [0, 0, 0.01],
            [0, 0, tall],
            rng.uniform(0.1, 0.6) * reach,
            tone,
            square=bool(rng.integers(2)),
        )
    else:
        for angle in np.radians([90, 210, 330]):
            foot = 1.2 * reach * np.array([np.cos(angle), np.sin(angle), 0])
            shape.bar(foot, [-0.1 * foot[0], -0.1 * foot[1], tall], 0.008, palette.wood(rng))
    shape.bar([0, 0, tall - 0.02], [0, 0, tall + 0.08], 0.007, palette.metal(rng))
    radius = rng.uniform(0.09, 0.22)
    add_bulb(shape, np.array([0, 0, tall + 0.07]), 0.028)
    low = np.array([0, 0, tall + rng.uniform(-0.03, 0.02)])
    for angle in np.radians([30, 150, 270]):
        tip = 0.93 * radius * np.array([np.cos(angle), np.sin(angle), 0])
        shape.bar(
            [0, 0, low[2] + 0.03], moved(tip, 0, 0, low[2] + 0.015), 0.003, grey(0.3), sides=5
        )
    add_shade(
        shape, rng, low, radius, palette.white(rng) if rng.random() < 0.5 else palette.paint(rng)
    )
    return shape


def on_floor(rng: np.random.Generator) -> SolidBuilder:
    """A pole on a plate or three legs with a shade, a bowl, a globe, or an arc that hangs over."""
    shape, metal = SolidBuilder(), palette.metal(rng)
    tall, bar, kind = rng.uniform(1.2, 1.8), rng.uniform(0.009, 0.016), int(rng.integers(5))
    radius, reach = rng.uniform(0.13, 0.26), rng.uniform(0.11, 0.2)
    if kind == 4:
        for angle in np.radians([90, 210, 330]):
            foot = 0.3 * np.array([np.cos(angle), np.sin(angle), 0])
            shape.bar(
                foot, [-0.05 * foot[0], -0.05 * foot[1], tall], (0.012, 0.016), palette.wood(rng)
            )
    elif kind != 3:
        shape.lathe([(reach, 0), (0.96 * reach, 0.02), (bar, 0.035)], [0, 0, 0], metal)
        shape.bar([0, 0, 0.01], [0, 0, tall], bar, metal)
    top = np.array([0, 0, tall])
    if kind in (0, 4):
        add_bulb(shape, moved(top, 0, 0, 0.05), 0.032)
        shape.bar([-0.9 * radius, 0, tall], [0.9 * radius, 0, tall], 0.004, metal, sides=6)
        add_shade(shape, rng, moved(top, 0, 0, -0.02), radius, palette.white(rng))
    elif kind == 1:
        bowl = [
            (0.02, -0.02),
            (0.6 * radius, 0.02),
            (radius, rng.uniform(0.06, 0.14)),
            (0.95 * radius, 0.14),
            (0.55 * radius, 0.04),
            (0.01, 0.0),
        ]
        add_ring(shape, np.array(bowl), top, palette.white(rng))
        add_bulb(shape, moved(top, 0, 0, 0.04), 0.03)
    elif kind == 2:
        count = int(rng.integers(1, 6))
        for i in range(count):
            z, side = tall - 0.16 * i, (-1) ** i * (count > 1)
            place = np.array([side * 0.16, 0, z])
            shape.bar([0, 0, z - 0.05], place, 0.007, metal)
            shape.ball(place, rng.uniform(0.06, 0.13), palette.white(rng))
    else:
        out = rng.uniform(0.7, 1.2)
        shape.box([0, 0, 0.03], [0.3, 0.24, 0.06], grey(0.6), round_off=0.01)
        path = curve(
            [[0, 0, 0], [-0.05, 0, 0.8 * tall], [0.35 * out, 0, 1.2 * tall], [out, 0, 0.95 * tall]],
            18,
        )
        shape.tube(path, bar, metal)
        dish = [(0.02, 0), (0.8, -0.5), (1, -0.9), (0.95, -0.9), (0.74, -0.5), (0.01, -0.06)]
        add_ring(shape, np.array(dish) * 0.8 * radius, path[-1], metal)
        add_bulb(shape, moved(path[-1], 0, 0, -0.5 * radius), 0.04)
    return shape


def for_desk(rng: np.random.Generator) -> SolidBuilder:
    """Arms with joints or a goose neck from a foot or clamp to a head; a bar of light."""
    shape, metal = SolidBuilder(), palette.metal(rng) if rng.random() < 0.5 else palette.paint(rng)
    first, second = rng.uniform(0.2, 0.42), rng.uniform(0.18, 0.4)
    a, b = np.radians(rng.uniform(70, 125)), np.radians(rng.uniform(-25, 40))
    knee = np.array([0, -first * np.cos(a), 0.03 + first * np.sin(a)])
    head = knee + second * np.array([0, -np.cos(b), np.sin(b)])
    reach = rng.uniform(0.07, 0.12)
    if rng.random() < 0.7:
        shape.lathe([(reach, 0), (0.95 * reach, 0.018), (0.03, 0.035)], [0, 0, 0], metal)
    else:
        shape.box([0, 0, 0.012], [1.8 * reach, 1.6 * reach, 0.024], metal, round_off=0.006)
    if rng.random() < 0.3:
        shape.tube(
            curve([[0, 0, 0.02], moved(knee, 0, 0.04, 0), moved(knee, 0, -0.06, 0.06), head], 22),
            0.009,
            metal,
        )
    else:
        double = rng.random() < 0.4
        for s in (-1, 1) if double else (0,):
            side = [0.012 * s, 0.0, 0.0]
            shape.bar(np.add([0, 0, 0.02], side), np.add(knee, side), 0.007, metal)
            shape.bar(np.add(knee, side), np.add(head, side), 0.007, metal)
        shape.bar(moved(knee, -0.02, 0, 0), moved(knee, 0.02, 0, 0), 0.014, grey(0.05))
    aim = np.array([0, rng.uniform(-0.7, 0.1), -1.0])
    radius, kind = rng.uniform(0.05, 0.09), int(rng.integers(3))
    if kind == 2:
        shape.box(head, [rng.uniform(0.2, 0.45), 0.05, 0.025], metal, round_off=0.01)
        return shape
    bowl = [
        (0.25, -0.3),
        (0.5, 0.3),
        (1.0, 1.0),
        (1.0, 1.3),
        (0.93, 1.3),
        (0.9, 1.0),
        (0.42, 0.3),
        (0.2, -0.2),
    ]
    scale = [radius, radius * (1.2 if kind else 0.7)]
    add_ring(shape, np.array(bowl) * scale, head, metal, axis=aim)
    shape.lathe(
        [(0.32 * radius, -0.4 * radius), (0.32 * radius, 0.2 * radius)], head, grey(0.1), axis=aim
    )
    shape.ball(head + 0.6 * radius * aim / np.linalg.norm(aim), 0.45 * radius, WARM)
    return shape


def hanging(rng: np.random.Generator) -> SolidBuilder:
    """A cord from the ceiling to a bell, a cone, a globe, a dish, a basket; or several."""
    shape, metal = SolidBuilder(), palette.metal(rng)
    drop, radius, tone = rng.uniform(0.3, 1.1), rng.uniform(0.1, 0.3), palette.paint(rng)
    count = int(rng.choice([1, 1, 1, 2, 3]))
    if count > 1:
        radius *= 0.6
        shape.box([0, 0, -0.015], [2.6 * radius * (count - 1) + 0.2, 0.07, 0.03], metal)
    kind, wave = int(rng.integers(5)), rng.uniform(0.6, 1.3)
    for i in range(count):
        x, fall = 2.6 * radius * (i - (count - 1) / 2), drop * rng.uniform(0.85, 1.0)
        end = np.array([x, 0, -fall])
        shape.bar([x, 0, 0], end, rng.uniform(0.004, 0.008), metal, sides=8)
        shape.lathe([(0.05, 0), (0.045, -0.025)], [x, 0, 0], metal)
        shape.lathe([(0.02, 0.03), (0.03, -0.06)], end, metal)
        if kind == 0:
            bell = np.array(
                [
                    (0.08, 0),
                    (0.45, -0.25),
                    (0.7, -0.8),
                    (1.0, -1.0),
                    (0.96, -1.0),
                    (0.64, -0.78),
                    (0.4, -0.24),
                    (0.05, -0.05),
                ]
            )
            add_ring(shape, bell * [radius, radius * wave], end, tone)
        elif kind == 1:
            cone = np.array([(0.1, 0), (1.0, -0.7), (1.0, -0.75), (0.95, -0.75), (0.06, -0.06)])
            add_ring(
                shape, cone * [radius, radius * wave], end, tone, sides=int(rng.choice([6, 32]))
            )
        elif kind == 2:
            shape.ball(
                moved(end, 0, 0, -radius), radius * np.array([1, 1, wave]), palette.white(rng)
            )
        elif kind == 3:
            shape.lathe(
                [(0.3 * radius, 0), (radius, -0.06), (radius, -0.09), (0.9 * radius, -0.1)],
                end,
                tone,
            )
        else:
            for angle in np.linspace(0, 2 * np.pi, 9)[:-1]:
                turn = np.linspace(0.1, np.pi - 0.15, 11)
                out = radius * np.sin(turn)
                rib = np.stack(
                    [
                        x + out * np.cos(angle),
                        out * np.sin(angle),
                        -fall - radius * wave * (1 - np.cos(turn)),
                    ],
                    1,
                )
                shape.tube(rib, 0.006, metal, sides=6)
        add_bulb(shape, moved(end, 0, 0, -0.45 * radius), 0.25 * radius)
    return shape


def chandelier(rng: np.random.Generator) -> SolidBuilder:
    """Bent arms around a turned column, candles or small shades on them; or a hanging ring."""
    shape, metal = SolidBuilder(), palette.metal(rng)
    count, reach, drop = int(rng.integers(3, 10)), rng.uniform(0.25, 0.5), rng.uniform(0.25, 0.7)
    shape.lathe([(0.06, 0), (0.05, -0.03)], [0, 0, 0], metal)
    ring = rng.random() < 0.3
    low = -drop - 0.3
    if ring:
        turn = np.linspace(0, 2 * np.pi, 37)[:-1]
        profile = np.array(
            [
                (reach - 0.02, -0.02),
                (reach + 0.02, -0.02),
                (reach + 0.02, 0.02),
                (reach - 0.02, 0.02),
            ]
        )
        add_ring(shape, profile, np.array([0, 0, low]), metal, sides=len(turn))
        for i in range(4):
            angle = np.pi / 2 * i
            shape.bar(
                [0, 0, -0.02],
                [reach * np.cos(angle), reach * np.sin(angle), low],
                0.005,
                metal,
                sides=6,
            )
    else:
        shape.bar([0, 0, 0], [0, 0, -drop], 0.007, metal)
        knots = rng.uniform(0.3, 1.0, 4) * 0.07
        outline = np.interp(np.linspace(0, 1, 13), np.linspace(0, 1, 6), [0.012, *knots, 0.015])
        shape.lathe(np.stack([outline, np.linspace(0, -0.36, 13)], 1), [0, 0, -drop], metal)
    sag, cup = rng.uniform(0.05, 0.2), bool(rng.random() < 0.5)
    tone = palette.white(rng)
    for i in range(count):
        angle = 2 * np.pi * i / count
        out = np.array([np.cos(angle), np.sin(angle), 0])
        tip = moved(out * reach, 0, 0, low + 0.04)
        if not ring:
            path = curve([[0, 0, -drop - 0.2], moved(out * 0.5 * reach, 0, 0, low - sag), tip], 13)
            shape.tube(path, 0.008, metal, sides=8)
        shape.lathe([(0.035, 0), (0.02, -0.012)], tip, metal)
        shape.bar(tip, moved(tip, 0, 0, 0.08), 0.011, tone)
        add_bulb(shape, moved(tip, 0, 0, 0.1), 0.016)
        if cup:
            profile = np.array([(0.055, 0.05), (0.035, 0.15), (0.031, 0.15), (0.05, 0.05)])
            add_ring(shape, profile, tip, tone, sides=16)
    return shape


def at_wall(rng: np.random.Generator) -> SolidBuilder:
    """A plate at the wall behind, an arm or two, and shades, globes, a lantern or a spot."""
    shape, metal = SolidBuilder(), palette.metal(rng)
    high, kind = rng.uniform(0.08, 0.25), int(rng.integers(4))
    if rng.random() < 0.5:
        shape.box([0, 0, 0], [rng.uniform(0.06, 0.14), 0.02, high], metal, round_off=0.008)
    else:
        shape.lathe([(0.5 * high, 0), (0.42 * high, 0.02)], [0, 0, 0], metal, axis=(0, -1, 0))
    out, up, tone = rng.uniform(0.1, 0.25), rng.uniform(-0.1, 0.15), palette.white(rng)
    sides = (-0.13, 0.13) if rng.random() < 0.35 else (0.0,)
    for x in sides:
        tip = np.array([x, -out, up])
        shape.tube(curve([[0, 0, 0], [x * 0.6, -0.8 * out, -0.06], tip], 12), 0.008, metal)
        radius = rng.uniform(0.05, 0.1)
        if kind == 0:
            add_shade(shape, rng, moved(tip, 0, 0, 0.02), radius, tone)
            add_bulb(shape, moved(tip, 0, 0, 0.05), 0.02)
            shape.bar(tip, moved(tip, 0, 0, 0.05), 0.012, metal)
            shape.bar(
                moved(tip, -radius * 0.95, 0, 0.03),
                moved(tip, radius * 0.95, 0, 0.03),
                0.003,
                metal,
                sides=5,
            )
        elif kind == 1:
            shape.ball(moved(tip, 0, 0, radius), radius, tone)
        elif kind == 2:
            add_lantern(shape, rng, moved(tip, 0, 0, -0.22), radius, metal)
        else:
            aim = np.array([rng.uniform(-0.5, 0.5), -1, rng.uniform(-0.8, 0.4)])
            shape.lathe([(0.5 * radius, -radius), (0.6 * radius, radius)], tip, metal, axis=aim)
            shape.lathe(
                [(0.5 * radius, radius), (0.5 * radius, 1.05 * radius)], tip, WARM, axis=aim
            )
    return shape


PROGRAMS = (on_table, on_floor, for_desk, hanging, chandelier, at_wall, in_street, lantern)
