"""Tables: on four legs, on a column, on trestles, desks, low tables, consoles and work benches."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder, X, Y, Z, curve, rounded_outline
from training.shapes import palette
from training.shapes.parts import moved

FLAT = (X, Y, Z)
"""Axes of outlines that lie flat."""


def _top(
    shape: SolidBuilder, rng: np.random.Generator, size: tuple[float, float, float], color: Floats
) -> float:
    """A top: square, with round corners, oval, of boards or bevelled; the height below it."""
    length, depth, z = size
    thick, kind = rng.uniform(0.014, 0.06), int(rng.integers(5))
    if kind == 0:
        shape.box(
            [0, 0, z - thick / 2], [length, depth, thick], color, round_off=rng.choice([0, 0.006])
        )
    elif kind == 1:
        outline = rounded_outline(length, depth, rng.uniform(0.05, 0.5) * depth)
        shape.extrude(outline, (z - thick, z), color, axes=FLAT)
    elif kind == 2:
        angle = np.linspace(0, 2 * np.pi, 36, endpoint=False)
        power = rng.uniform(0.55, 1.0)
        wave = [np.sign(f(angle)) * np.abs(f(angle)) ** power for f in (np.cos, np.sin)]
        outline = np.stack([length / 2 * wave[0], depth / 2 * wave[1]], 1)
        shape.extrude(outline, (z - thick, z), color, axes=FLAT)
    elif kind == 3:
        count = int(rng.integers(3, 8))
        wide = depth / count
        for i in range(count):
            center = [0, (i + 0.5) * wide - depth / 2, z - thick / 2]
            shape.box(center, [length, 0.94 * wide, thick], color)
        for s in (-1, 1):
            shape.box([s * 0.38 * length, 0, z - thick - 0.012], [0.06, 0.9 * depth, 0.03], color)
    else:
        edge = [[s * length / 2, y * depth / 2, z] for s in (-1, 1) for y in (-1, 1)]
        under = [[0.94 * a, 0.92 * b, z - thick] for a, b, _ in edge]
        shape.hull(edge + under, color)
    return float(z - thick)


def _size(rng: np.random.Generator) -> tuple[float, float, float]:
    """Length, depth and height, from a low one to a bar table."""
    height = rng.choice(
        [
            rng.uniform(0.35, 0.5),
            rng.uniform(0.7, 0.78),
            rng.uniform(0.7, 0.78),
            rng.uniform(0.9, 1.1),
        ]
    )
    length = rng.uniform(0.6, 2.2)
    return length, min(length, rng.uniform(0.5, 1.0)), float(height)


def four_legs(rng: np.random.Generator) -> SolidBuilder:
    """Legs at the corners, straight, tapered, turned or bent; an apron, rails, a lower board."""
    shape, wood = SolidBuilder(), palette.furniture(rng)
    length, depth, z = _size(rng)
    under = _top(shape, rng, (length, depth, z), wood)
    leg = wood if rng.random() < 0.6 else palette.furniture(rng)
    kind, bar, inset = int(rng.integers(4)), rng.uniform(0.018, 0.045), rng.uniform(0.62, 0.94)
    x, y = inset * length / 2 - bar, inset * depth / 2 - bar
    for sx in (-1, 1):
        for sy in (-1, 1):
            top, foot = np.array([sx * x, sy * y, under]), np.array([sx * x, sy * y, 0.0])
            if kind == 0:
                shape.bar(foot, top, bar, leg, square=True)
            elif kind == 1:
                out = rng.uniform(1.0, 1.0 + 0.15 * z)
                shape.bar(foot * [out, out, 1], top, (0.5 * bar, bar), leg)
            elif kind == 2:
                profile = np.array(
                    [
                        (0.5, 0),
                        (0.8, 0.06),
                        (0.5, 0.12),
                        (1.0, 0.4),
                        (0.6, 0.7),
                        (1.1, 0.8),
                        (1.1, 1),
                    ]
                )
                shape.lathe(profile * [bar, under], foot, leg)
            else:
                bend = np.array([sx, sy, 0]) * 0.05
                knees = [foot + bend, moved(foot, 0, 0, 0.35 * z) - 0.4 * bend]
                knees += [moved(foot, 0, 0, 0.75 * z) + 0.6 * bend, top]
                shape.tube(curve(knees, 12), np.linspace(0.5, 1.2, 12) * bar, leg)
    if rng.random() < 0.7:
        high = rng.uniform(0.04, 0.12)
        for s in (-1, 1):
            shape.box([0, s * y, under - high / 2], [2 * x, 0.022, high], leg)
            shape.box([s * x, 0, under - high / 2], [0.022, 2 * y, high], leg)
    _between(shape, rng, (x, y, z), leg)
    return shape


def _between(
    shape: SolidBuilder, rng: np.random.Generator, box: tuple[float, float, float], color: Floats
) -> None:
    """Nothing, a board, rails or a cross between four legs."""
    x, y, z = box
    low, kind = rng.uniform(0.1, 0.4) * z, int(rng.integers(6))
    if kind == 0:
        shape.box([0, 0, low], [2 * x, 2 * y, 0.02], color)
    elif kind == 1:
        for s in (-1, 1):
            shape.bar([s * x, -y, low], [s * x, y, low], 0.016, color, square=True)
        shape.bar([-x, 0, low], [x, 0, low], 0.016, color, square=True)
    elif kind == 2:
        for s in (-1, 1):
            shape.bar([-x, -s * y, low], [x, s * y, low], 0.015, color)


def pedestal(rng: np.random.Generator) -> SolidBuilder:
    """A round or square top on a column with a plate, a cone, three feet or a star."""
    shape, wood = SolidBuilder(), palette.furniture(rng)
    radius, z = (
        rng.uniform(0.25, 0.75),
        rng.choice([rng.uniform(0.45, 0.6), rng.uniform(0.7, 0.78), 1.08]),
    )
    thick, leg = rng.uniform(0.015, 0.05), palette.furniture(rng)
    if rng.random() < 0.7:
        shape.lathe(
            [(0.94 * radius, -thick), (radius, -0.6 * thick), (radius, 0)],
            [0, 0, z],
            wood,
            sides=40,
        )
    else:
        shape.box([0, 0, z - thick / 2], [2 * radius, 2 * radius, thick], wood, round_off=0.006)
    kind, bar = int(rng.integers(4)), rng.uniform(0.025, 0.06)
    reach = radius * rng.uniform(0.55, 0.85)
    if kind == 0:
        shape.lathe(
            [(reach, 0), (0.95 * reach, 0.02), (bar, 0.05), (bar, z - thick)], [0, 0, 0], leg
        )
    elif kind == 1:
        middle = rng.uniform(0.2, 0.7)
        shape.lathe([(0.8 * reach, 0), (bar, middle * z), (0.6 * reach, z - thick)], [0, 0, 0], leg)
    elif kind == 2:
        profile = np.array(
            [(1.2, 0.12), (2.0, 0.25), (1.0, 0.4), (1.8, 0.6), (1.0, 0.8), (1.5, 1.0)]
        )
        shape.lathe(profile * [bar, z - thick], [0, 0, 0], leg)
    else:
        shape.bar([0, 0, 0.1], [0, 0, z - thick], bar, leg, square=bool(rng.integers(2)))
    if kind >= 2:
        count = int(rng.integers(3, 6))
        for i in range(count):
            angle = 2 * np.pi * (i + 0.25) / count
            out = np.array([np.cos(angle), np.sin(angle), 0])
            path = curve(
                [
                    moved(out * 0.5 * bar, 0, 0, 0.26 * z),
                    moved(out * 0.6 * reach, 0, 0, 0.14 * z),
                    moved(out * reach, 0, 0, 0.02),
                ],
                9,
            )
            shape.tube(path, np.linspace(0.8, 0.5, 9) * bar, leg)
    return shape


def trestle(rng: np.random.Generator) -> SolidBuilder:
    """Two trestles, planks, crossed legs or frames of steel below a long top, with a beam."""
    shape, wood = SolidBuilder(), palette.furniture(rng)
    length, depth, z = rng.uniform(1.2, 2.4), rng.uniform(0.6, 1.0), rng.uniform(0.7, 0.78)
    under = _top(shape, rng, (length, depth, z), wood)
    leg, bar, kind = palette.furniture(rng), rng.uniform(0.014, 0.04), int(rng.integers(5))
    place, y = rng.uniform(0.28, 0.45) * length, 0.42 * depth
    for s in (-1, 1):
        x = s * place
        if kind == 0:
            for t in (-1, 1):
                for u in (-1, 1):
                    shape.bar(
                        [x + t * 0.14, u * y, 0], [x, u * 0.8 * y, under], bar, leg, square=True
                    )
                shape.bar(
                    [x + t * 0.08, -0.9 * y, 0.3 * z],
                    [x + t * 0.08, 0.9 * y, 0.3 * z],
                    0.7 * bar,
                    leg,
                )
            shape.bar([x, -0.9 * y, under - bar], [x, 0.9 * y, under - bar], bar, leg, square=True)
        elif kind == 1:
            wide = rng.uniform(0.5, 0.95) * y
            shape.box([x, 0, under / 2], [rng.uniform(0.03, 0.1), 2 * wide, under], leg)
        elif kind == 2:
            for u in (-1, 1):
                shape.bar([x, u * y, 0], [x, -u * 0.8 * y, under], bar, leg, square=True)
        elif kind == 3:
            loop = [[x, -y, under - bar], [x, -y, bar], [x, y, bar], [x, y, under - bar]]
            shape.tube(loop, bar, leg, sides=4)
            shape.bar(loop[0], loop[3], bar, leg, square=True)
        else:
            shape.bar([x, 0, 0.02], [x, 0, under], 1.5 * bar, leg, square=True)
            shape.box([x, 0, 0.025], [0.08, 1.9 * y, 0.05], leg, round_off=0.01)
            shape.box([x, 0, under - 0.02], [0.07, 1.7 * y, 0.04], leg)
    if rng.random() < 0.7:
        high = rng.uniform(0.2, 0.85) * under
        shape.bar([-place, 0, high], [place, 0, high], bar, leg, square=True)
    return shape


def desk(rng: np.random.Generator) -> SolidBuilder:
    """A top with drawers at one side or both, a back plate, sometimes shelves above or a corner."""
    shape, wood = SolidBuilder(), palette.furniture(rng)
    length, depth, z = rng.uniform(1.0, 1.8), rng.uniform(0.55, 0.85), rng.uniform(0.71, 0.77)
    front, thick = wood if rng.random() < 0.6 else palette.furniture(rng), rng.uniform(0.02, 0.04)
    shape.box([0, 0, z - thick / 2], [length, depth, thick], wood)
    sides = [(-1,), (1,), (-1, 1)][rng.integers(3)]
    wide, under = rng.uniform(0.34, 0.46), z - thick
    for s in (-1, 1):
        if s in sides:
            _add_drawers(shape, rng, (s * (length - wide) / 2, wide, depth, under), (wood, front))
        else:
            _add_desk_leg(shape, rng, (s * length / 2, depth, under), wood)
    if rng.random() < 0.6:
        high = rng.uniform(0.25, 0.6)
        shape.box([0, 0.4 * depth, under - high / 2], [length - 0.06, 0.018, high], wood)
    if rng.random() < 0.3:
        up = rng.uniform(0.2, 0.6)
        for x in (-0.47, 0, 0.47):
            shape.box([x * length, 0.36 * depth, z + up / 2], [0.02, 0.24 * depth, up], wood)
        shape.box([0, 0.36 * depth, z + up], [0.96 * length, 0.24 * depth, 0.02], wood)
    elif rng.random() < 0.25:
        wing = rng.uniform(0.5, 0.9)
        x = rng.choice([-1, 1]) * (length - 0.55) / 2
        shape.box([x, -depth / 2 - wing / 2, z - thick / 2], [0.55, wing, thick], wood)
        shape.box([x, -depth / 2 - wing + 0.015, under / 2], [0.5, 0.03, under], wood)
    return shape


def _add_drawers(
    shape: SolidBuilder,
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    colors: tuple[Floats, Floats],
) -> None:
    """A block of drawers on feet; ``box`` is its x, width, depth and top."""
    x, wide, depth, top = box
    wood, front = colors
    low, rows = rng.uniform(0.0, 0.16), int(rng.integers(1, 5))
    high, metal = top - low, palette.metal(rng)
    shape.box([x, 0.01, low + high / 2], [wide, depth - 0.06, high], wood)
    for i in range(rows):
        center = np.array([x, -depth / 2 + 0.03, low + (i + 0.5) * high / rows])
        shape.box(center, [0.93 * wide, 0.024, 0.92 * high / rows], front)
        shape.box(moved(center, 0, -0.02, 0), [0.12, 0.02, 0.016], metal)
    for y in (-0.4 * depth, 0.4 * depth):
        for t in (-0.4 * wide, 0.4 * wide):
            shape.bar([x + t, y, 0], [x + t, y, low + 0.01], 0.018, wood, square=True)


def _add_desk_leg(
    shape: SolidBuilder, rng: np.random.Generator, box: tuple[float, float, float], wood: Floats
) -> None:
    """A plank or two posts at one end; ``box`` is the end's x, the depth and the height."""
    x, depth, top = box
    if rng.random() < 0.5:
        shape.box([x - np.sign(x) * 0.02, 0, top / 2], [0.03, depth - 0.04, top], wood)
        return
    metal = palette.metal(rng)
    for y in (-0.42 * depth, 0.42 * depth):
        shape.bar([0.92 * x, y, 0], [0.92 * x, y, top], 0.02, metal, square=True)


def coffee(rng: np.random.Generator) -> SolidBuilder:
    """Low: a drum, a block with plates, hairpin legs, a tray on a cross, a top on loops."""
    shape, tone, other = SolidBuilder(), palette.furniture(rng), palette.furniture(rng)
    length, z, kind = rng.uniform(0.6, 1.3), rng.uniform(0.28, 0.46), int(rng.integers(5))
    depth = length * rng.uniform(0.45, 1.0)
    if kind == 0:
        radius, waist = length / 2, rng.uniform(0.6, 1.1)
        profile = [(0.9, 0), (waist, z / 2), (1.0, z - 0.03), (1.0, z)]
        shape.lathe(np.array(profile) * [radius, 1], [0, 0, 0], tone, sides=40)
        return shape
    under = _top(shape, rng, (length, depth, z), tone)
    if kind == 1:
        for level in np.linspace(0.1, 0.75, int(rng.integers(1, 3))) * z:
            shape.box([0, 0, level], [0.9 * length, 0.9 * depth, 0.025], other)
        block = [rng.uniform(0.2, 0.7) * length, rng.uniform(0.1, 0.6) * depth, under]
        shape.box([0, 0, under / 2], block, other)
        return shape
    bar = rng.uniform(0.01, 0.03)
    for s in (-1, 1):
        _low_legs(shape, kind, (s * 0.4 * length, 0.38 * depth, under), bar, other)
    return shape


def _low_legs(
    shape: SolidBuilder, kind: int, box: tuple[float, float, float], bar: float, color: Floats
) -> None:
    """One side's legs: hairpins, half of a cross, or a loop; ``box`` is x, half depth, height."""
    x, y, under = box
    if kind == 4:
        loop = [[x, -y, under - bar], [x, -y, bar], [x, y, bar], [x, y, under - bar]]
        shape.tube(loop, bar, color, sides=4)
        side = np.sign(x) * y
        shape.bar([-x, side, bar], [x, side, bar], bar, color, square=True)
        return
    for t in (-1, 1):
        foot = np.array([x, t * y, 0])
        if kind == 3:
            shape.bar(foot, [-x, t * y, under], 0.016, color, square=True)
            continue
        for out in (0.05, -0.05):
            top = [0.9 * x + out * np.sign(x), 0.9 * t * y - out * t, under]
            shape.bar(foot, top, 0.006, color)
    if kind == 3:
        z = under - 0.015
        shape.bar([x, -y, z], [x, y, z], 0.014, color, square=True)


def console(rng: np.random.Generator) -> SolidBuilder:
    """Narrow and high, with a drawer row and shelves; half moons; work benches."""
    shape, wood = SolidBuilder(), palette.furniture(rng)
    length, depth, z = rng.uniform(0.7, 1.6), rng.uniform(0.28, 0.6), rng.uniform(0.75, 0.95)
    leg, thick, bar = palette.furniture(rng), rng.uniform(0.02, 0.07), rng.uniform(0.015, 0.04)
    if rng.random() < 0.35:
        angle = np.linspace(0, np.pi, 25)
        outline = np.stack([length / 2 * np.cos(angle), depth / 2 - depth * np.sin(angle)], 1)
        shape.extrude(outline, (z - thick, z), wood, axes=FLAT)
        for x, y in ((-0.42, 0.4), (0.42, 0.4), (-0.2, -0.28), (0.2, -0.28)):
            shape.bar(
                [x * length, y * depth, 0],
                [x * length, y * depth, z - thick],
                (0.6 * bar, bar),
                leg,
            )
        return shape
    shape.box([0, 0, z - thick / 2], [length, depth, thick], wood)
    x, y = length / 2 - bar, depth / 2 - bar
    for sx in (-1, 1):
        for sy in (-1, 1):
            shape.bar([sx * x, sy * y, 0], [sx * x, sy * y, z - thick], bar, leg, square=True)
    for level in np.linspace(0.12, 0.6, int(rng.integers(0, 4))) * z:
        shape.box([0, 0, level], [2 * x, 2 * y, 0.022], wood)
    drawers = int(rng.integers(0, 4))
    for i in range(drawers):
        wide = 2 * x / drawers
        center = np.array([(i + 0.5) * wide - x, 0, z - thick - 0.07])
        shape.box(center, [0.96 * wide, 2 * y, 0.13], wood)
        shape.ball(moved(center, 0, -y - 0.012, 0), [0.014, 0.018, 0.014], leg)
    if rng.random() < 0.25:
        high = rng.uniform(0.3, 0.7)
        shape.box([0, y, z + high / 2], [length, 0.02, high], leg)
        shape.box([0, y - 0.08, z + high], [length, 0.18, 0.02], wood)
    return shape


PROGRAMS = (four_legs, pedestal, trestle, desk, coffee, console)
