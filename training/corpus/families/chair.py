"""Chairs: four legs, Windsor, office, sled, folding, winged, rocking, shell and bar chairs."""

from __future__ import annotations

import numpy as np

from training.corpus.families.chair_parts import draw_frame
from training.corpus.families.modern_chairs import bar_stool, folding, shell, sled
from training.corpus.families.solids import Floats, SolidBuilder, curve, grey
from training.shapes import palette
from training.shapes.parts import moved


def _seat(
    shape: SolidBuilder,
    rng: np.random.Generator,
    half: tuple[float, float],
    z: float,
    color: Floats,
) -> None:
    """A board or a cushion, narrower at the rear; its top is at z."""
    x, y = half
    rear, thick = rng.uniform(0.78, 1.0), rng.uniform(0.018, 0.07)
    if rng.random() < 0.5:
        corners = [
            [s * x * (1 if y0 < 0 else rear), y0, h]
            for s in (-1, 1)
            for y0 in (-y, y)
            for h in (z - thick, z)
        ]
        shape.hull(corners, color)
    else:
        shape.box([0, 0, z - thick / 2], [2 * x, 2 * y, thick], color, round_off=0.45 * thick)


def four_legs(rng: np.random.Generator) -> SolidBuilder:
    """Rear posts that go on as the back: slats, a ladder, a splat, a board or a cushion between."""
    shape, wood = SolidBuilder(), palette.furniture(rng)
    x, y, z, back = draw_frame(rng)
    _seat(shape, rng, (x, y), z, wood if rng.random() < 0.5 else palette.paint(rng))
    bar, lean, square = rng.uniform(0.013, 0.024), rng.uniform(0.02, 0.14), bool(rng.integers(2))
    inner, low = x - bar, z - 0.06
    for s in (-1, 1):
        front = np.array([s * inner, -y + 0.03, 0])
        shape.bar(front, moved(front, 0, 0, z - 0.01), (0.7 * bar, bar), wood, square=square)
        path = [
            [s * inner, y + 0.04, 0],
            [s * inner, y - 0.02, z],
            [s * inner * 0.96, y + lean, z + back],
        ]
        shape.tube(path, bar, wood, sides=4 if square else 12)
        shape.bar([s * inner, -y + 0.03, low], [s * inner, y, low], 0.8 * bar, wood, square=True)
    for place in (-y + 0.03, y - 0.02):
        shape.bar([-inner, place, low], [inner, place, low], 0.8 * bar, wood, square=True)
    if rng.random() < 0.5:
        down = rng.uniform(0.12, 0.3)
        for s in (-1, 1):
            shape.bar([s * inner, -y + 0.03, down], [s * inner, y + 0.02, down], 0.7 * bar, wood)
        shape.bar([-inner, 0, down], [inner, 0, down], 0.7 * bar, wood)
    _back(shape, rng, (inner, y, z, back, lean), bar, wood)
    if rng.random() < 0.25:
        for s in (-1, 1):
            up = rng.uniform(0.18, 0.25)
            front = np.array([s * (inner + 0.02), -y + 0.06, z])
            shape.bar(front, moved(front, 0, 0, up), bar, wood, square=square)
            rear = [s * inner, y + lean * up / back, z + up]
            shape.bar(moved(front, 0, -0.03, up), rear, 1.2 * bar, wood, square=square)
    return shape


def _back(
    shape: SolidBuilder,
    rng: np.random.Generator,
    box: tuple[float, float, float, float, float],
    bar: float,
    color: Floats,
) -> None:
    """What stands between two rear posts; box is half width, y, z, height and lean."""
    x, y, z, high, lean = box

    def at(side: float, up: float) -> Floats:
        return np.array([side * x, y - 0.02 + (lean + 0.02) * up, z + high * up])

    kind, start = int(rng.integers(5)), rng.uniform(0.1, 0.45)
    shape.tube(
        curve([at(-1, 0.97), moved(at(0, 0.99), 0, 0.02, rng.uniform(0, 0.05)), at(1, 0.97)], 9),
        1.3 * bar,
        color,
    )
    if kind == 0:
        count = int(rng.integers(3, 9))
        for side in np.linspace(-0.8, 0.8, count):
            shape.bar(at(side, 0), at(side, 0.97), rng.uniform(0.006, 0.01), color)
    elif kind == 1:
        for up in np.linspace(start, 0.85, int(rng.integers(2, 6))):
            shape.hull(
                [
                    moved(at(s, up), 0, d, h)
                    for s in (-1, 1)
                    for d in (-0.008, 0.008)
                    for h in (-0.025, 0.025)
                ],
                color,
            )
    elif kind == 2:
        waist = rng.uniform(0.15, 0.5)
        shape.hull(
            [
                moved(at(s * waist, u), 0, d, 0)
                for s in (-1, 1)
                for d in (-0.007, 0.007)
                for u in (0.0, 0.97)
            ],
            color,
        )
    else:
        thick = 0.009 if kind == 3 else rng.uniform(0.02, 0.04)
        tone = color if kind == 3 else palette.paint(rng)
        shape.hull(
            [
                moved(at(s * 0.95, u), 0, d, 0)
                for s in (-1, 1)
                for d in (-thick, thick)
                for u in (start, 0.95)
            ],
            tone,
        )


def windsor(rng: np.random.Generator) -> SolidBuilder:
    """A thick seat with splayed turned legs and a bow or a comb of spindles."""
    shape, wood = SolidBuilder(), palette.wood(rng) if rng.random() < 0.7 else palette.paint(rng)
    x, y, z, back = draw_frame(rng)
    back += 0.1
    ring = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    plate = np.stack([x * np.cos(ring), y * np.sin(ring) * rng.uniform(0.9, 1.05)], 1)
    shape.hull(
        [[*p * s, z - d] for p in plate for s, d in ((0.8, 0.045), (1, 0.025), (0.98, 0))], wood
    )
    splay, feet = rng.uniform(1.15, 1.4), []
    for sx in (-1, 1):
        for sy in (-1, 1):
            top = np.array([sx * 0.62 * x, sy * 0.6 * y, z - 0.02])
            foot = top * [splay, splay, 0]
            share = np.array([0, 0.15, 0.3, 0.5, 0.8, 1])[:, None]
            radii = np.array([0.012, 0.016, 0.011, 0.021, 0.014, 0.018]) * rng.uniform(0.9, 1.2)
            shape.tube(foot + share * (top - foot), radii, wood)
            feet.append(foot + 0.4 * (top - foot))
    middles = [(feet[0] + feet[1]) / 2, (feet[2] + feet[3]) / 2]
    for a, b in ((feet[0], feet[1]), (feet[2], feet[3]), (middles[0], middles[1])):
        shape.tube([a, (a + b) / 2, b], [0.009, 0.014, 0.009], wood)
    lean, wide = rng.uniform(0.08, 0.18), rng.uniform(0.75, 1.0) * x
    bow = rng.random() < 0.6
    turn = np.linspace(0, np.pi, 17)
    if bow:
        arc = np.stack(
            [wide * np.cos(turn), 0.75 * y + lean * np.sin(turn), z + back * np.sin(turn) ** 0.6], 1
        )
        shape.tube(arc, 0.011, wood)
    else:
        shape.tube(
            curve(
                [
                    [-wide, 0.6 * y + lean, z + back],
                    [0, 0.85 * y + lean, z + back + 0.02],
                    [wide, 0.6 * y + lean, z + back],
                ],
                9,
            ),
            0.02,
            wood,
            sides=4,
        )
    for side in np.linspace(-0.78, 0.78, int(rng.integers(5, 10))):
        up = (1 - side**2) ** 0.3 if bow else 1.0
        out = 0.75 if bow else 0.6 + 0.25 * (1 - side**2)
        end = [side * wide, out * y + lean * up, z + back * up]
        shape.bar([side * wide * 0.85, 0.72 * y, z - 0.01], end, 0.006, wood)
    if rng.random() < 0.5:
        _arm_bow(shape, (1.12 * x, y, z + rng.uniform(0.2, 0.26)), z, wood)
    return shape


def _arm_bow(
    shape: SolidBuilder, box: tuple[float, float, float], seat: float, color: Floats
) -> None:
    """An arm rest around the rear on posts; box is half width, half depth and height."""
    x, y, z = box
    turn = np.linspace(-0.35, np.pi + 0.35, 19)
    path = np.stack([x * np.cos(turn), y * 0.9 * np.sin(turn), 0 * turn + z], 1)
    shape.tube(path, 0.014, color)
    for point in path[[0, 3, -4, -1]]:
        shape.bar([point[0] * 0.85, point[1] * 0.9, seat - 0.01], point, 0.009, color)


def office(rng: np.random.Generator) -> SolidBuilder:
    """A star on castors, a gas spring, cushions, arms, sometimes a head rest or a mesh back."""
    shape, cloth, metal = SolidBuilder(), palette.paint(rng), palette.metal(rng)
    x, y, z, back = draw_frame(rng)
    spokes, reach = int(rng.choice([4, 5, 5])), rng.uniform(0.26, 0.34)
    for i in range(spokes):
        angle = 2 * np.pi * i / spokes + 0.3
        tip = moved(reach * np.array([np.cos(angle), np.sin(angle), 0]), 0, 0, 0.085)
        shape.bar([0, 0, 0.11], tip, (0.026, 0.016), metal)
        shape.lathe(
            [(0.027, -0.018), (0.027, 0.018)],
            moved(tip * [1, 1, 0], 0, 0, 0.028),
            grey(0.03),
            axis=(np.sin(angle), -np.cos(angle), 0),
            sides=14,
        )
        shape.bar(moved(tip * [1, 1, 0], 0, 0, 0.03), tip, 0.008, metal)
    shape.bar([0, 0, 0.07], [0, 0, 0.3], 0.03, metal)
    shape.bar([0, 0, 0.25], [0, 0, z - 0.05], 0.018, grey(0.4))
    shape.box([0, 0, z - 0.07], [0.2, 0.24, 0.04], grey(0.03))
    soft = rng.uniform(0.04, 0.09)
    shape.box([0, 0, z - soft / 2], [2 * x, 2 * y, soft], cloth, round_off=0.48 * soft)
    bend, thick = rng.uniform(0.0, 0.06), rng.uniform(0.02, 0.07)
    low, high = z + rng.uniform(0.04, 0.16), z + back + rng.uniform(0, 0.15)
    side = curve([(y - 0.01, low), (y + 0.03 - bend, (low + high) / 2), (y + 0.08, high)], 8)
    grid = np.stack(
        [
            np.column_stack([np.full(8, s * x * 0.95), side[:, 0] - 0.05 * s * s, side[:, 1]])
            for s in np.linspace(-1, 1, 7)
        ]
    )
    shape.sheet(grid, thick, cloth)
    shape.tube(
        [[0, 0.06, z - 0.07], [0, y + 0.07, z - 0.05], [0, y + 0.08, (low + high) / 2]],
        0.02,
        grey(0.03),
        sides=4,
    )
    if rng.random() < 0.3:
        shape.box([0, y + 0.07, high + 0.12], [1.1 * x, 0.06, 0.15], cloth, round_off=0.028)
        shape.bar([0, y + 0.08, high - 0.05], [0, y + 0.08, high + 0.1], 0.012, grey(0.03))
    if rng.random() < 0.7:
        _office_arms(shape, rng, (x, z), grey(0.03))
    return shape


def _office_arms(
    shape: SolidBuilder, rng: np.random.Generator, seat: tuple[float, float], color: Floats
) -> None:
    """Pads on posts, or loops."""
    x, z = seat
    loop, up = rng.random() < 0.5, rng.uniform(0.17, 0.24)
    for s in (-1, 1):
        out = s * (x + 0.045)
        if loop:
            path = [
                [s * 0.8 * x, 0.05, z - 0.05],
                [out, 0.06, z],
                [out, 0.06, z + up],
                [out, -0.16, z + up],
                [out, -0.12, z],
                [s * 0.8 * x, -0.05, z - 0.05],
            ]
            shape.tube(path, 0.015, color)
        else:
            shape.tube(
                [[s * 0.7 * x, 0, z - 0.05], [out, 0, z - 0.03], [out, 0, z + up]],
                0.017,
                color,
                sides=4,
            )
            shape.box([out, -0.02, z + up], [0.07, 0.24, 0.03], color, round_off=0.012)


def winged(rng: np.random.Generator) -> SolidBuilder:
    """An upholstered arm chair: base, arms, a back with or without wings, a cushion, legs."""
    shape, cloth, wood = SolidBuilder(), palette.paint(rng), palette.wood(rng)
    x, y, z, back = rng.uniform(0.3, 0.42), rng.uniform(0.3, 0.42), 0.42, rng.uniform(0.3, 0.7)
    arm, foot, soft = rng.uniform(0.07, 0.16), rng.uniform(0.03, 0.2), rng.uniform(0.02, 0.06)
    rise = z + rng.uniform(0.1, 0.22)
    shape.box([0, 0, (foot + z - 0.1) / 2], [2 * x, 2 * y, z - 0.1 - foot], cloth, round_off=0.02)
    inner = 2 * (x - arm)
    shape.box([0, -0.03, z - 0.05], [inner, 2 * y - 0.06, 0.13], cloth, round_off=0.05)
    lean, thick, top = SolidBuilder(), rng.uniform(0.1, 0.18), z + back
    lean.box(
        [0, y - thick / 2, (foot + top) / 2],
        [2 * x - 0.02, thick, top - foot],
        cloth,
        round_off=soft,
    )
    if rng.random() < 0.5:
        for s in (-1, 1):
            wing = [
                (y - 0.05, rise - 0.05),
                (y - 0.05, top - 0.02),
                (y - rng.uniform(0.15, 0.28), top - 0.06),
                (y - 0.3, rise),
            ]
            lean.extrude(wing, (s * (x - 0.02) - 0.035, s * (x - 0.02) + 0.035), cloth)
    lean.lean(rng.uniform(0, 0.2), [0, y, foot])
    shape.place(lean)
    for s in (-1, 1):
        shape.box(
            [s * (x - arm / 2), 0, (foot + rise) / 2],
            [arm, 2 * y, rise - foot],
            cloth,
            round_off=soft,
        )
        for place in (-y + 0.06, y - 0.06):
            shape.bar(
                [s * (x - 0.06), place, 0],
                [s * (x - 0.06), place, foot + 0.01],
                (0.015, 0.026),
                wood,
            )
    return shape


PROGRAMS = (four_legs, windsor, office, sled, folding, winged, shell, bar_stool)
