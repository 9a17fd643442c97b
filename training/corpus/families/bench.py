"""Benches: of slats on iron or wood, plain, of stone, at picnic tables, upholstered, on beams."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder, curve
from training.shapes import palette
from training.shapes.parts import moved

STONE = np.array([0.45, 0.43, 0.4])


def _slats(
    shape: SolidBuilder,
    start: Floats,
    end: Floats,
    count: int,
    size: tuple[float, float, float],
    color: Floats,
) -> None:
    """Slats along X between two points of a side view; size is length, share, thickness."""
    step = (end - start) / count
    along = step / np.linalg.norm(step)
    up = np.array([0, -along[2], along[1]])
    wide = np.linalg.norm(step) * size[1] / 2
    for i in range(count):
        middle = start + (i + 0.5) * step
        corners = [
            middle + s * wide * along + t * size[2] / 2 * up for s in (-1, 1) for t in (-1, 1)
        ]
        shape.hull([moved(c, x * size[0] / 2, 0, 0) for c in corners for x in (-1, 1)], color)


def park(rng: np.random.Generator) -> SolidBuilder:
    """Slats for seat and back on two or three side frames, of iron, of wood or of stone blocks."""
    shape = SolidBuilder()
    length, depth = rng.uniform(1.0, 2.2), rng.uniform(0.38, 0.55)
    height, back = rng.uniform(0.4, 0.47), rng.uniform(0.28, 0.5)
    wood = palette.wood(rng) if rng.random() < 0.7 else palette.paint(rng)
    lean, thick = rng.uniform(0.06, 0.2), rng.uniform(0.018, 0.045)
    front = np.array([0, -depth / 2, height])
    rear = np.array([0, depth / 2, height - rng.uniform(0, 0.04)])
    low, top = moved(rear, 0, 0.03, rng.uniform(0.05, 0.16)), moved(rear, 0, 0.03 + lean, back)
    seat = (length, rng.uniform(0.75, 0.94), thick)
    _slats(shape, front, rear, int(rng.integers(2, 10)), seat, wood)
    _slats(shape, low, top, int(rng.integers(1, 8)), (length, rng.uniform(0.7, 0.92), thick), wood)
    frame = (_iron_side, _wooden_side, _stone_side)[rng.integers(3)]
    arms, color = bool(rng.random() < 0.6), palette.metal(rng)
    inset = rng.uniform(0.84, 0.99)
    for x in (-1, 0, 1) if length > 1.7 else (-1, 1):
        side = np.array([x * inset * length / 2, 0, 0])
        below = np.array([0, 0, -thick / 2 - 0.012])
        line = [side + front + below, side + rear + below, side + low, side + top]
        frame(shape, line, 0.03 if arms else 0.0, wood if frame is _wooden_side else color)
    return shape


def _iron_side(shape: SolidBuilder, line: list[Floats], arm: float, color: Floats) -> None:
    """Bent legs, a bar below seat and back, an arm rest; ``line`` is front, rear, low, top."""
    front, rear, low, top = line
    depth = rear[1] - front[1]
    for start, out in ((front, -1), (rear, 1)):
        foot = start * [1, 1, 0] + [0, out * 0.08 * depth, 0.01]
        bend = start * [1, 1, 0] + [0, -out * 0.05 * depth, 0.22]
        shape.tube(curve([foot, bend, start], 9), 0.019, color)
    shape.tube([front, rear, moved(low, 0, 0.03, 0), moved(top, 0, 0.03, 0)], 0.019, color)
    if arm:
        path = [front, moved(front, 0, 0.04, 0.22), moved(rear, 0, 0, 0.24), (low + top) / 2]
        shape.tube(curve(path, 12), 0.019, color)


def _wooden_side(shape: SolidBuilder, line: list[Floats], arm: float, color: Floats) -> None:
    """Square posts that go on up as arm and back."""
    front, rear, low, top = line
    post = 0.034
    up = 0.22 if arm else 0.0
    shape.bar(front * [1, 1, 0], moved(front, 0, 0.04, up), post, color, square=True)
    foot = moved(rear * [1, 1, 0], 0, 0.06, 0)
    shape.tube([foot, moved(rear, 0, 0.05, 0), moved(top, 0, 0.035, 0)], post, color, sides=4)
    below = [0, 0, -0.01]
    shape.bar(np.add(front, below), np.add(rear, below), 0.8 * post, color, square=True)
    if arm:
        shape.bar(moved(front, 0, -0.02, 0.22), (low + top) / 2, post, color, square=True)


def _stone_side(shape: SolidBuilder, line: list[Floats], arm: float, color: Floats) -> None:
    """A block below the seat, and a post of metal for the back."""
    front, rear, _, top = line
    depth, height = rear[1] - front[1], front[2]
    middle = [front[0], (front[1] + rear[1]) / 2, height / 2]
    shape.box(middle, [0.1 + arm, depth * 0.9, height], STONE, round_off=0.012)
    shape.bar(rear, moved(top, 0, 0.04, 0), 0.03, color, square=True)


def plain(rng: np.random.Generator) -> SolidBuilder:
    """A board or a few on four legs, planks, trestles, loops of steel or turned legs; no back."""
    shape = SolidBuilder()
    length, depth, height = rng.uniform(0.7, 2.2), rng.uniform(0.24, 0.45), rng.uniform(0.38, 0.5)
    wood, thick = palette.furniture(rng), rng.uniform(0.02, 0.09)
    boards, end = int(rng.integers(1, 6)), np.array([0, depth / 2, height - thick / 2])
    if boards == 1:
        edge = rng.choice([0, 0.01, 0.02])
        shape.box([0, 0, height - thick / 2], [length, depth, thick], wood, round_off=edge)
    else:
        size = (length, rng.uniform(0.8, 0.95), thick)
        _slats(shape, end * [0.0, -1.0, 1.0], end, boards, size, wood)
    kind, reach = int(rng.integers(5)), rng.uniform(0.7, 0.97) * length / 2
    leg, top = palette.furniture(rng), height - 0.6 * thick
    for x in (-reach, reach):
        _plain_leg(shape, rng, kind, (x, depth, top), leg)
    if kind < 3 and rng.random() < 0.5:
        z = rng.uniform(0.25, 0.6) * height
        shape.box([0, 0, z], [2 * reach * 0.97, 0.03, 0.06], leg)
    return shape


def _plain_leg(
    shape: SolidBuilder,
    rng: np.random.Generator,
    kind: int,
    box: tuple[float, float, float],
    color: Floats,
) -> None:
    """What carries one end; ``box`` is its x, the depth of the seat and the height below it."""
    x, depth, top = box
    if kind == 1:
        shape.box([x * 0.95, 0, top / 2], [rng.uniform(0.03, 0.12), 0.9 * depth, top], color)
        return
    if kind == 3:
        bar = rng.uniform(0.01, 0.024)
        reach = 0.44 * depth
        path = [[x, -reach, top], [x, -reach, bar], [x, reach, bar], [x, reach, top]]
        shape.tube(path, bar, color, sides=4)
        return
    for y in (-0.36 * depth, 0.36 * depth):
        if kind == 0:
            splay, bar = 1 + rng.uniform(0, 0.08), rng.uniform(0.014, 0.04)
            square = bool(rng.integers(2))
            shape.bar([x * splay, y * splay, 0], [x * 0.97, y, top], bar, color, square=square)
        elif kind == 2:
            shape.bar([x * 0.95, 1.3 * y, 0], [x * 0.95, -0.8 * y, top], 0.024, color, square=True)
        else:
            profile = [
                (0.012, 0),
                (0.02, 0.1),
                (0.014, 0.16),
                (0.034, 0.5),
                (0.02, 0.8),
                (0.032, 1),
            ]
            shape.lathe(np.array(profile) * [1, top], [0.95 * x, y, 0], color)


def stone(rng: np.random.Generator) -> SolidBuilder:
    """A thick bent band of concrete, or a slab on blocks, sometimes with wood on top."""
    shape = SolidBuilder()
    length, depth, height = rng.uniform(1.2, 2.6), rng.uniform(0.38, 0.6), rng.uniform(0.4, 0.5)
    color = STONE * rng.uniform(0.5, 1.6)
    if rng.random() < 0.5:
        bend, back = rng.uniform(-0.5, 0.5), rng.uniform(0.3, 0.45) * rng.integers(2)
        profile = [
            (-depth / 2, 0.0),
            (depth / 2, 0),
            (depth / 2, height + back),
            (depth / 2 - 0.12, height + back),
            (depth / 2 - 0.16, height),
            (-depth / 2, height),
        ]
        profile[0] = (-depth / 2 + rng.uniform(0, 0.3) * depth, 0)
        share = np.linspace(-1, 1, 15)
        ring = np.array(profile)
        sections = np.stack(
            [
                np.column_stack(
                    [np.full(len(ring), s * length / 2), ring[:, 0] + bend * s * s, ring[:, 1]]
                )
                for s in share
            ]
        )
        shape.loft(sections, color)
        return shape
    thick = rng.uniform(0.07, 0.16)
    shape.box(
        [0, 0, height - thick / 2],
        [length, depth, thick],
        color,
        round_off=rng.choice([0.0, 0.015, 0.03]),
    )
    count = int(rng.integers(2, 4))
    for i in range(count):
        x = (i / (count - 1) - 0.5) * length * rng.uniform(0.6, 0.85)
        low, high = rng.uniform(0.1, 0.25), rng.uniform(0.1, 0.25)
        shape.hull(
            [
                [x + sx * w, sy * 0.42 * depth, z]
                for w, z in ((low, 0), (high, height - thick / 2))
                for sx in (-1, 1)
                for sy in (-1, 1)
            ],
            color * 0.9,
        )
    if rng.random() < 0.4:
        middle = np.array([0, depth / 2 * 0.9, height + 0.018])
        _slats(
            shape,
            middle * [0.0, -1.0, 1.0],
            middle,
            int(rng.integers(3, 7)),
            (0.95 * length, 0.86, 0.03),
            palette.wood(rng),
        )
    return shape


def picnic(rng: np.random.Generator) -> SolidBuilder:
    """A table with a bench at each side, in one frame of crossed legs."""
    shape = SolidBuilder()
    length, wood = rng.uniform(1.2, 2.2), palette.wood(rng)
    high, low, reach = rng.uniform(0.68, 0.78), rng.uniform(0.4, 0.46), rng.uniform(0.6, 0.78)
    top = np.array([0, rng.uniform(0.3, 0.42), high])
    _slats(shape, top * [0.0, -1.0, 1.0], top, int(rng.integers(3, 7)), (length, 0.93, 0.04), wood)
    for side in (-1, 1):
        inner, outer = (
            np.array([0, side * (reach - 0.13), low]),
            np.array([0, side * (reach + 0.13), low]),
        )
        _slats(shape, inner, outer, int(rng.integers(1, 4)), (length, 0.93, 0.04), wood)
    for x in (-0.36 * length, 0.36 * length):
        shape.bar(
            [x, -reach - 0.1, low - 0.05], [x, reach + 0.1, low - 0.05], 0.032, wood, square=True
        )
        shape.bar([x, -top[1], high - 0.04], [x, top[1], high - 0.04], 0.03, wood, square=True)
        spread = rng.uniform(0.8, 1.0) * reach
        for side in (-1, 1):
            foot = [x + 0.03, side * spread, 0.0]
            crossed = side * rng.choice([0.4, 0.4, -0.3]) * top[1] * 2
            shape.bar(foot, [x + 0.03, crossed, high - 0.03], 0.032, wood, square=True)
    return shape


def upholstered(rng: np.random.Generator) -> SolidBuilder:
    """A cushion on a frame with legs, a chest, or with rolled arms at both ends."""
    shape = SolidBuilder()
    length, depth, height = rng.uniform(0.7, 1.5), rng.uniform(0.36, 0.52), rng.uniform(0.4, 0.52)
    cloth, wood = palette.paint(rng), palette.wood(rng)
    cushion = rng.uniform(0.06, 0.16)
    count = int(rng.integers(1, 4))
    for i in range(count):
        x = ((i + 0.5) / count - 0.5) * length
        shape.box(
            [x, 0, height - cushion / 2],
            [length / count * 0.99, depth, cushion],
            cloth,
            round_off=0.4 * cushion,
        )
    low = height - cushion
    if rng.random() < 0.35:
        foot = rng.uniform(0.0, 0.06)
        shape.box(
            [0, 0, (low + foot) / 2],
            [0.97 * length, 0.95 * depth, low - foot + 0.01],
            wood if rng.random() < 0.5 else cloth * 0.8,
        )
        low = foot
    else:
        shape.box([0, 0, low - 0.02], [0.96 * length, 0.94 * depth, 0.06], wood)
    if low > 0.01:
        splay, bar = rng.uniform(0, 0.25), rng.uniform(0.012, 0.03)
        for x in (-0.45, 0.45):
            for y in (-0.42, 0.42):
                top, out = (
                    np.array([x * length, y * depth, low]),
                    np.array([np.sign(x), np.sign(y), 0]),
                )
                shape.bar(
                    moved(top, 0, 0, -low) + 0.2 * splay * out * low, top, (0.7 * bar, bar), wood
                )
    if rng.random() < 0.4:
        roll = rng.uniform(0.05, 0.09)
        for x in (-length / 2, length / 2):
            shape.bar([x, -depth / 2, height + roll], [x, depth / 2, height + roll], roll, cloth)
            shape.box([x, 0, height - 0.02], [1.2 * roll, 0.94 * depth, 2 * roll + 0.1], cloth)
    return shape


def on_beam(rng: np.random.Generator) -> SolidBuilder:
    """Seats side by side on a beam, as in waiting rooms."""
    shape = SolidBuilder()
    count, width = int(rng.integers(2, 6)), rng.uniform(0.48, 0.6)
    height, color, steel = rng.uniform(0.4, 0.46), palette.paint(rng), palette.metal(rng)
    length = count * width
    shape.bar(
        [-length / 2, 0.05, height - 0.08],
        [length / 2, 0.05, height - 0.08],
        0.035,
        steel,
        square=True,
    )
    back, lean = rng.uniform(0.32, 0.48), rng.uniform(0.05, 0.18)
    thick, bow = rng.uniform(0.012, 0.05), rng.uniform(0, 0.05)
    side = curve(
        [
            (-0.24, height - 0.01),
            (-0.05, height - 0.02),
            (0.16, height),
            (0.24, height + 0.12),
            (0.24 + lean, height + back),
        ],
        14,
    )
    for i in range(count):
        middle = (i - (count - 1) / 2) * width
        across = middle + np.linspace(-0.47, 0.47, 7) * width * 0.94
        grid = np.stack(
            [
                np.column_stack(
                    [
                        np.full(14, at),
                        side[:, 0] - bow * ((at - middle) / width * 2) ** 2,
                        side[:, 1],
                    ]
                )
                for at in across
            ]
        )
        shape.sheet(grid, thick, color)
        shape.bar([middle, 0.05, height - 0.1], [middle, 0.08, height], 0.03, steel)
    arms = rng.random() < 0.5
    for i in range(count + 1) if arms else (0, count):
        x = (i - count / 2) * width
        if arms:
            shape.tube(
                [[x, 0.05, height - 0.08], [x, 0.08, height + 0.2], [x, -0.18, height + 0.2]],
                0.016,
                steel,
            )
    for x in (-0.36 * length, 0.36 * length):
        shape.bar([x, 0.05, 0.02], [x, 0.05, height - 0.08], 0.03, steel)
        shape.bar([x, -0.24, 0.015], [x, 0.3, 0.015], 0.018, steel)
    return shape


PROGRAMS = (park, plain, stone, picnic, upholstered, on_beam)
