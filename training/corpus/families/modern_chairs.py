"""Chairs of tube, of shells, that fold, and bar stools."""

from __future__ import annotations

import numpy as np

from training.corpus.families.chair_parts import draw_frame
from training.corpus.families.solids import Floats, SolidBuilder, curve
from training.shapes import palette
from training.shapes.parts import moved


def sled(rng: np.random.Generator) -> SolidBuilder:
    """One bent tube as frame: a sled, a cantilever, a wire chair; seat and back are thin."""
    shape, metal, tone = SolidBuilder(), palette.metal(rng), palette.furniture(rng)
    x, y, z, back = draw_frame(rng)
    bar, lean, kind = rng.uniform(0.009, 0.014), rng.uniform(0.04, 0.14), int(rng.integers(3))
    for s in (-1, 1):
        low, top = [s * x, -y, bar], [s * x, -y + 0.02, z - 0.02]
        rear = [s * x, y + 0.05, bar]
        if kind == 0:
            path = [[s * x, y - 0.02, z - 0.02], rear, low, top, [s * x, y - 0.04, z - 0.02]]
            shape.tube(path, bar, metal)
        elif kind == 1:
            path = [rear, low, top, [s * x, y - 0.02, z - 0.03], [s * x, y + lean, z + back]]
            shape.tube(path, bar, metal)
        else:
            for foot in (low, rear):
                shape.bar([foot[0], foot[1], 0], [s * 0.7 * x, 0.4 * foot[1], z - 0.02], bar, metal)
        if kind != 1:
            shape.bar(
                [s * 0.9 * x, y - 0.03, z - 0.02], [s * 0.9 * x, y + lean, z + back], bar, metal
            )
    if kind == 1:
        shape.bar([-x, y + 0.05, bar], [x, y + 0.05, bar], bar, metal)
    else:
        shape.bar([-x, y + 0.05, bar], [x, y + 0.05, bar], 0.8 * bar, metal)
    sag, thick = rng.uniform(0.0, 0.03), rng.uniform(0.01, 0.04)
    u = np.linspace(-1, 1, 7)
    grid = np.stack([np.column_stack([np.full(7, s * x), u * y, z - sag * (1 - u**2)]) for s in u])
    shape.sheet(grid, thick, tone)
    bow = rng.uniform(0, 0.06)
    up = np.linspace(rng.uniform(0.1, 0.6) * back, back, 6)
    grid = np.stack(
        [
            np.column_stack([np.full(6, s * x), y + lean * up / back + bow * (1 - s * s), z + up])
            for s in u
        ]
    )
    shape.sheet(grid, thick, tone)
    if rng.random() < 0.3:
        for s in (-1, 1):
            shape.tube(
                [
                    [s * x, -y + 0.02, z],
                    [s * 1.08 * x, -y + 0.02, z + 0.2],
                    [s * 1.08 * x, y + 0.4 * lean, z + 0.22],
                ],
                bar,
                metal,
            )
    return shape


def folding(rng: np.random.Generator) -> SolidBuilder:
    """Two crossed frames: garden chairs of slats, director's chairs, deck chairs."""
    shape, frame, cloth = SolidBuilder(), palette.furniture(rng), palette.paint(rng)
    x, y, z, back = draw_frame(rng)
    bar, square, deck = rng.uniform(0.009, 0.018), bool(rng.integers(2)), rng.random() < 0.35
    if deck:
        y, z, back = 0.42, 0.3, rng.uniform(0.5, 0.7)
    top = np.array([0, y + 0.16, z + back])
    for s in (-1, 1):
        side = np.array([s * x, 0, 0])
        shape.bar(moved(side, 0, -1.1 * y, 0), side + top, bar, frame, square=square)
        inner = np.array([s * (x - 2.2 * bar), 0, 0])
        shape.bar(moved(inner, 0, 1.15 * y, 0), moved(inner, 0, -y, z), bar, frame, square=square)
    for place, high in ((-0.8 * y, 0.13 * z), (0.9 * y, 0.2 * z), (-y, z), (top[1], top[2])):
        shape.bar([-x, place, high], [x, place, high], bar, frame, square=square)
    if deck:
        line = curve(
            [(-y, z), (-0.1 * y, 0.55 * z), (0.5 * y, z + 0.3 * back), (top[1], top[2])], 14
        )
        grid = np.stack([np.column_stack([np.full(14, s * 0.92 * x), line]) for s in (-1, 0, 1)])
        shape.sheet(grid, 0.012, cloth)
        return shape
    rows = int(rng.integers(1, 7))
    for row in range(rows):
        wide = 2 * y / rows
        shape.box(
            [0, -y + (row + 0.5) * wide, z],
            [2 * x, wide * (0.85 if rows > 1 else 1), 0.02],
            cloth if rows == 1 else frame,
        )
    slope = (top[1] + 1.1 * y) / top[2]
    for up in np.linspace(0.45, 0.92, int(rng.integers(1, 5))) * back:
        center = [0, -1.1 * y + slope * (z + up), z + up]
        shape.box(center, [2 * x, 0.016, rng.uniform(0.04, 0.12)], cloth if rows == 1 else frame)
    return shape


def shell(rng: np.random.Generator) -> SolidBuilder:
    """A bent shell on a pedestal, on wooden legs, on rockers or on a wire base."""
    shape, tone = SolidBuilder(), palette.paint(rng)
    x, y, z, back = draw_frame(rng)
    line = curve(
        [
            (-y, z + 0.02),
            (-0.3 * y, z - 0.03),
            (0.7 * y, z - 0.01),
            (1.05 * y, z + 0.14),
            (1.1 * y + rng.uniform(0.02, 0.14), z + back),
        ],
        18,
    )
    curl, arms = rng.uniform(0.0, 0.1), rng.uniform(0, 0.18) * rng.integers(2)
    width = curve(
        [(x * 0.9, 0), (x, 0), (x * rng.uniform(0.9, 1.15), 0), (x * rng.uniform(0.6, 1.0), 0)], 18
    )[:, 0]
    share = np.linspace(0, 1, 18)
    u = np.linspace(-1, 1, 11)
    grid = np.stack(
        [
            np.column_stack(
                [
                    s * width,
                    line[:, 0] - curl * s**2 * share,
                    line[:, 1] + (0.02 + arms * np.exp(-((share - 0.45) ** 2) / 0.03)) * s**4,
                ]
            )
            for s in u
        ]
    )
    shape.sheet(grid, rng.uniform(0.012, 0.03), tone)
    leg = palette.wood(rng) if rng.random() < 0.5 else palette.metal(rng)
    _shell_base(shape, rng, (x, y, z), leg)
    return shape


def _shell_base(
    shape: SolidBuilder, rng: np.random.Generator, box: tuple[float, float, float], leg: Floats
) -> None:
    """A pedestal, four legs, rockers or wire; ``box`` is half width, half depth and height."""
    x, y, z = box
    kind, out = int(rng.integers(4)), 1.05 * x
    if kind == 0:
        reach = rng.uniform(0.2, 0.28)
        profile = [
            (reach, 0),
            (0.9 * reach, 0.015),
            (0.03, 0.06),
            (0.022, z / 2),
            (0.05, z - 0.045),
        ]
        shape.lathe(profile, [0, 0, 0], leg)
        return
    for sx in (-1, 1):
        for sy in (-1, 1):
            foot = np.array([sx * out, sy * 1.1 * y, 0.03 if kind == 2 else 0])
            top = [sx * 0.4 * x, sy * 0.4 * y, z - 0.02]
            shape.bar(foot, top, (0.009, 0.014), leg)
        if kind == 2:
            path = [[sx * out, -0.36, 0.08], [sx * out, 0, 0.012], [sx * out, 0.38, 0.09]]
            shape.tube(curve(path, 13), 0.013, leg, sides=4)
        if kind == 3:
            shape.bar([sx * out, -1.1 * y, 0.01], [sx * out, 1.1 * y, 0.01], 0.008, leg)
            end = np.array([sx * 0.7 * x, -0.7 * y, z / 2])
            shape.bar(end, end * [-1, -1, 1], 0.006, leg)


def bar_stool(rng: np.random.Generator) -> SolidBuilder:
    """A high seat on a column or on legs with a ring for the feet; also low stools."""
    shape, leg, tone = SolidBuilder(), palette.furniture(rng), palette.paint(rng)
    z, radius = rng.uniform(0.4, 0.82), rng.uniform(0.15, 0.2)
    soft = rng.uniform(0.02, 0.08)
    if rng.random() < 0.6:
        shape.lathe(
            [
                (0.9 * radius, -soft),
                (radius, -0.6 * soft),
                (radius, -0.3 * soft),
                (0.85 * radius, 0),
            ],
            [0, 0, z],
            tone,
        )
    else:
        shape.box(
            [0, 0, z - soft / 2], [2 * radius, 1.8 * radius, soft], tone, round_off=0.4 * soft
        )
    ring = rng.uniform(0.25, 0.4) * z
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    if rng.random() < 0.4:
        shape.lathe(
            [(1.1 * radius, 0), (radius, 0.014), (0.028, 0.03), (0.025, z - soft)], [0, 0, 0], leg
        )
        path = np.stack(
            [0.8 * radius * np.cos(turn), 0.8 * radius * np.sin(turn), 0 * turn + ring], 1
        )
        shape.tube(path, 0.01, leg)
        shape.bar([0, 0, ring], [0, -0.8 * radius, ring], 0.009, leg)
    else:
        count, splay = int(rng.integers(3, 5)), rng.uniform(1.0, 1.5)
        for i in range(count):
            angle = 2 * np.pi * (i + 0.5) / count
            out = radius * np.array([np.cos(angle), np.sin(angle), 0])
            shape.bar(
                out * splay,
                moved(out * 0.75, 0, 0, z - soft),
                (0.011, 0.016),
                leg,
                square=bool(count == 4),
            )
        reach = radius * (splay + (0.75 - splay) * ring / z)
        path = np.stack([reach * np.cos(turn), reach * np.sin(turn), 0 * turn + ring], 1)
        shape.tube(path, 0.009, leg)
    if rng.random() < 0.5:
        up = rng.uniform(0.1, 0.35)
        arc = np.linspace(0.25, np.pi - 0.25, 13)
        grid = np.stack(
            [
                np.stack([radius * np.cos(arc), radius * np.sin(arc), 0 * arc + z + h], 1)
                for h in (0.45 * up, up)
            ]
        )
        shape.sheet(grid, 0.02, tone)
        for side in (3, 9):
            shape.bar([*grid[0, side, :2] * 0.9, z - 0.01], grid[0, side], 0.01, leg)
    return shape
