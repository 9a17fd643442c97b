"""Lamps of streets and gardens, and lanterns to carry."""

from __future__ import annotations

import numpy as np

from training.corpus.families.lamp_parts import add_lantern
from training.corpus.families.solids import Floats, SolidBuilder, curve, grey
from training.shapes import palette
from training.shapes.parts import moved


def in_street(rng: np.random.Generator) -> SolidBuilder:
    """A high pole with one or two bent arms and flat heads, globes, or a lantern on top."""
    shape, metal = SolidBuilder(), palette.metal(rng)
    tall, kind = rng.uniform(2.5, 6.5), int(rng.integers(4))
    bar, square = tall * rng.uniform(0.008, 0.014), bool(rng.random() < 0.2)
    shape.bar([0, 0, 0], [0, 0, tall], (1.3 * bar, 0.8 * bar), metal, square=square)
    base = rng.uniform(0.06, 0.25) * tall
    shape.lathe([(2.4 * bar, 0), (2.2 * bar, 0.4 * base), (1.4 * bar, base)], [0, 0, 0], metal)
    if kind == 3:
        size = rng.uniform(0.05, 0.08) * tall
        add_lantern(shape, rng, np.array([0, 0, 0.99 * tall]), size, metal)
        return shape
    reach, arms = tall * rng.uniform(0.12, 0.3), int(rng.choice([1, 1, 2, 2, 4]))
    for i in range(arms):
        turn = -np.pi / 2 + 2 * np.pi * i / arms
        out = reach * np.array([np.cos(turn), np.sin(turn), 0])
        _street_arm(shape, rng, kind, (tall, 0.65 * bar), out, metal)
    return shape


def _street_arm(
    shape: SolidBuilder,
    rng: np.random.Generator,
    kind: int,
    size: tuple[float, float],
    out: Floats,
    metal: Floats,
) -> None:
    """An arm from the pole to a flat head, a globe or a lantern; ``size`` is height and radius."""
    tall, bar = size
    if kind == 0:
        tip = moved(out, 0, 0, tall * rng.uniform(1.0, 1.08))
        path = [[0, 0, 0.92 * tall], moved(0.25 * out, 0, 0, 1.02 * tall), tip]
        shape.tube(curve(np.array(path), 11), bar, metal)
        along = 0.12 * tall * out / np.linalg.norm(out)
        side, up = np.cross(along, [0, 0, 0.3]), np.array([0, 0, 0.012 * tall])
        ends = [tip + s * side + a * along for s in (-1, 1) for a in (0, 1)]
        shape.hull([*(end - 0.5 * up for end in ends), *(end + 0.7 * up for end in ends)], metal)
    elif kind == 1:
        tip = moved(0.6 * out, 0, 0, tall)
        path = [[0, 0, 0.86 * tall], moved(0.4 * out, 0, 0, 0.86 * tall), tip]
        shape.tube(curve(np.array(path), 9), bar, metal)
        shape.ball(moved(tip, 0, 0, 0.045 * tall), 0.05 * tall, palette.white(rng))
    else:
        tip = moved(0.7 * out, 0, 0, 0.97 * tall)
        path = [[0, 0, 0.9 * tall], moved(0.35 * out, 0, 0, 1.04 * tall), tip]
        shape.tube(curve(np.array(path), 11), bar, metal)
        add_lantern(shape, rng, moved(tip, 0, 0, -0.14 * tall), 0.04 * tall, metal)


def lantern(rng: np.random.Generator) -> SolidBuilder:
    """A lantern to carry or to stand in a garden, with a handle or on a stone foot; paper lamps."""
    shape, tone = SolidBuilder(), palette.metal(rng)
    radius, kind = rng.uniform(0.07, 0.14), int(rng.integers(3))
    if kind == 0:
        add_lantern(shape, rng, np.zeros(3), radius, tone)
        top = 3.4 * radius
        turn = np.linspace(0.1, np.pi - 0.1, 13)
        path = np.stack(
            [radius * np.cos(turn), 0 * turn, 0.7 * top + 0.9 * radius * np.sin(turn)], 1
        )
        shape.tube(path, 0.05 * radius, tone, sides=8)
    elif kind == 1:
        stone = grey(rng.uniform(0.25, 0.5))
        foot, sides = rng.uniform(2, 5) * radius, int(rng.choice([4, 6, 8]))
        profile = [
            (1.3 * radius, 0),
            (1.2 * radius, 0.3 * radius),
            (0.5 * radius, 0.5 * radius),
            (0.45 * radius, foot),
            (1.2 * radius, foot + 0.4 * radius),
            (1.2 * radius, foot + 0.6 * radius),
        ]
        shape.lathe(profile, [0, 0, 0], stone, sides=sides)
        add_lantern(shape, rng, np.array([0, 0, foot + 0.6 * radius]), 1.1 * radius, stone)
    else:
        share = np.linspace(0, np.pi, 2 * int(rng.integers(6, 14)) + 1)
        high, ripple = rng.uniform(0.8, 2.0), rng.uniform(0, 0.05)
        outline = (
            radius * (0.35 + 0.65 * np.sin(share)) * (1 + ripple * (-1.0) ** np.arange(len(share)))
        )
        shape.lathe(
            np.stack([outline, radius * high * (1 - np.cos(share))], 1),
            [0, 0, 0],
            palette.paint(rng),
        )
        for z in (0.0, 2 * radius * high):
            shape.lathe(
                [(0.38 * radius, -0.06 * radius), (0.38 * radius, 0.06 * radius)], [0, 0, z], tone
            )
        shape.bar(
            [0, 0, 2 * radius * high],
            [0, 0, 2 * radius * high + rng.uniform(0.5, 2) * radius],
            0.02 * radius,
            tone,
        )
        shape.bar(
            [0, 0, -rng.uniform(0.3, 1.2) * radius], [0, 0, 0], 0.08 * radius, palette.paint(rng)
        )
    return shape
