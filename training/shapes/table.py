"""Parametric tables, in meters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.shapes import palette
from training.shapes.parts import FREE, INSIDE, Floats, ShapeBuilder, moved


@dataclass(frozen=True, eq=False)
class TableFrame:
    """What the parts of one table share; lengths in meters, ``height`` to the top's middle."""

    width: float
    depth: float
    height: float
    thickness: float
    bar: float
    square: bool
    top_color: Floats
    leg_color: Floats


def make_table(rng: np.random.Generator) -> ShapeBuilder:
    """Draw a table: dining, coffee, side or desk; four legs, pedestal, trestle, panels, crossed."""
    shape = ShapeBuilder()
    frame, is_round = _draw_frame(rng)
    if is_round:
        radius = frame.width / 2
        rounded = bool(rng.random() < 0.5)
        shape.disc([0, 0, frame.height], radius, frame.thickness, frame.top_color, rounded=rounded)
    else:
        half = [frame.width / 2, frame.depth / 2, frame.thickness]
        shape.box([0, 0, frame.height], half, frame.top_color, rounded=bool(rng.random() < 0.4))
    odds = [0.5, 0.5, 0, 0, 0] if is_round else [0.6, 0.08, 0.12, 0.12, 0.08]
    kind = str(rng.choice(["four", "pedestal", "trestle", "panels", "crossed"], p=odds))
    if kind == "four":
        _four_legs(rng, shape, frame, 0.66 if is_round else rng.uniform(0.82, 0.95), is_round)
    elif kind == "pedestal":
        _pedestal(rng, shape, frame)
    elif kind == "trestle":
        _trestle(rng, shape, frame)
    elif kind == "panels":
        _panels(rng, shape, frame)
    else:
        _crossed(rng, shape, frame)
    return shape


def _draw_frame(rng: np.random.Generator) -> tuple[TableFrame, bool]:
    is_round = bool(rng.random() < 0.25)
    size = rng.choice(3, p=[0.5, 0.3, 0.2])  # dining or desk, coffee, side table
    width = rng.uniform(*((1.0, 1.7), (0.8, 1.2), (0.42, 0.6))[size])
    if is_round:
        width = rng.uniform(*((0.8, 1.2), (0.7, 1.0), (0.42, 0.6))[size])
    depth = width if is_round else width * rng.uniform(0.45, 1.0 if size == 2 else 0.7)
    height = rng.uniform(*((0.68, 0.78), (0.36, 0.5), (0.45, 0.65))[size])
    top = palette.furniture(rng)
    frame = TableFrame(
        width=width,
        depth=depth,
        height=height,
        thickness=rng.uniform(0.009, 0.018) * float(np.hypot(width, height)) + 0.002,
        bar=rng.uniform(0.011, 0.026) * float(np.hypot(width, height)) + 0.002,
        square=bool(rng.random() < 0.55),
        top_color=top,
        leg_color=top if rng.random() < 0.5 else palette.furniture(rng),
    )
    return frame, is_round


def _bar(
    shape: ShapeBuilder,
    frame: TableFrame,
    start: Floats,
    end: Floats,
    share: float = 1.0,
    host: float = INSIDE,
) -> None:
    """A bar between two other parts; ``host`` is the half thickness of that at its end."""
    radius = max(share * frame.bar, 0.0075 * frame.width)
    shape.bar(start, end, radius, frame.leg_color, square=frame.square, joined=(INSIDE, host))


def _four_legs(
    rng: np.random.Generator, shape: ShapeBuilder, frame: TableFrame, inset: float, is_round: bool
) -> None:
    splay = rng.uniform(0.02, 0.1) * frame.height if rng.random() < 0.4 else 0.0
    thin = rng.uniform(0.6, 1.0)
    tops, feet = [], []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        top = np.array([x * frame.width / 2 * inset, y * frame.depth / 2 * inset, frame.height])
        end = moved(top, x * splay, y * splay, -frame.height)
        radii = (max(frame.bar * thin, 0.0085 * frame.width), frame.bar)
        shape.bar(
            end, top, radii, frame.leg_color, square=frame.square, joined=(FREE, frame.thickness)
        )
        tops.append(top)
        feet.append(end)
    kind = rng.random()
    if kind < 0.22 and not is_round:
        level = rng.uniform(0.2, 0.5) * frame.height
        corner = feet[2] + (tops[2] - feet[2]) * level / frame.height + 0.4 * frame.bar
        half = [corner[0], corner[1], frame.thickness * 0.8]
        shape.box([0, 0, level], half, frame.leg_color)
    elif kind < 0.5:
        up = rng.uniform(0.15, 0.4)
        ring = [(1 - up) * f + up * t for f, t in zip(feet, tops, strict=True)]
        _bar(shape, frame, ring[0], ring[3], 0.75)
        _bar(shape, frame, ring[1], ring[2], 0.75)
        _bar(shape, frame, (ring[0] + ring[3]) / 2, (ring[1] + ring[2]) / 2, 0.75)
    elif kind < 0.7 and not is_round:
        drop = frame.thickness + 0.05 * frame.height
        rail = [t - [0, 0, drop] for t in tops]
        for a, b in ((0, 1), (1, 2), (2, 3), (3, 0)):
            _bar(shape, frame, rail[a], rail[b], 0.8)


def _pedestal(rng: np.random.Generator, shape: ShapeBuilder, frame: TableFrame) -> None:
    size = min(frame.width, frame.depth)
    radius = rng.uniform(0.03, 0.075) * size + 0.01
    waist = rng.uniform(0.6, 1.0)
    half = max(0.016 * size, 0.011 * frame.width)
    heights = np.array([half, 0.3, 0.7, 1.0]) * [1, frame.height, frame.height, frame.height]
    path = np.stack([0 * heights, 0 * heights, heights], 1)
    radii = radius * np.array([1.2, waist, waist, 1.1])
    shape.tube(path, radii, frame.leg_color, joined=(half, frame.thickness), sides=20)
    if rng.random() < 0.55:
        foot = rng.uniform(0.24, 0.36) * size
        shape.disc([0, 0, half], foot, half, frame.leg_color, rounded=bool(rng.random() < 0.5))
        return
    count, start = int(rng.integers(3, 5)), rng.uniform(0, 2 * np.pi)
    for i in range(count):
        angle = start + 2 * np.pi * i / count
        reach = 0.4 * size
        end = [reach * np.cos(angle), reach * np.sin(angle), 0.8 * frame.bar]
        begin = [0, 0, 0.16 * frame.height]
        radii2 = (frame.bar, max(0.75 * frame.bar, 0.009 * frame.width))
        shape.bar(begin, end, radii2, frame.leg_color, joined=(INSIDE, FREE))


def _trestle(rng: np.random.Generator, shape: ShapeBuilder, frame: TableFrame) -> None:
    """Two ends, each a post or a leaning pair on a foot, with a beam between."""
    x = frame.width / 2 * rng.uniform(0.62, 0.85)
    level = rng.uniform(0.2, 0.5) * frame.height
    leaning = rng.random() < 0.5
    reach = frame.depth * 0.4
    for side in (-x, x):
        if leaning:
            for y in (-1, 1):
                leg = np.array([[side, y * reach, 0.0], [side, y * reach * 0.25, frame.height]])
                shape.tube(
                    leg,
                    frame.bar,
                    frame.leg_color,
                    square=frame.square,
                    joined=(FREE, frame.thickness),
                )
            half = reach * (1 - 0.75 * level / frame.height)
            _bar(shape, frame, np.array([side, -half, level]), np.array([side, half, level]), 0.9)
        else:
            foot = np.array([side, 0.0, frame.bar])
            _bar(shape, frame, foot, np.array([side, 0.0, frame.height]), 1.2, frame.thickness)
            beam = np.array([0.0, reach, 0.0])
            shape.bar(foot - beam, foot + beam, frame.bar, frame.leg_color, square=frame.square)
    _bar(shape, frame, np.array([-x, 0.0, level]), np.array([x, 0.0, level]), 0.9)


def _panels(rng: np.random.Generator, shape: ShapeBuilder, frame: TableFrame) -> None:
    x = frame.width / 2 * rng.uniform(0.85, 0.97)
    half = max(frame.thickness, 0.012 * frame.width)
    for side in (-x, x):
        center = [side, 0, frame.height / 2]
        shape.box(center, [half, frame.depth / 2 * 0.95, frame.height / 2], frame.leg_color)
    kind = rng.random()
    if kind < 0.4:
        level = rng.uniform(0.2, 0.6) * frame.height
        shape.box([0, 0, level], [x, frame.depth / 2 * 0.85, half * 0.8], frame.leg_color)
    elif kind < 0.7:
        tall = rng.uniform(0.2, 0.4) * frame.height
        center = [0, frame.depth * 0.35, frame.height - tall]
        shape.box(center, [x, half * 0.8, tall], frame.leg_color)


def _crossed(rng: np.random.Generator, shape: ShapeBuilder, frame: TableFrame) -> None:
    """Crossed legs at both ends and a beam through the crossings."""
    x = frame.width / 2 * rng.uniform(0.75, 0.92)
    y = frame.depth * 0.42
    for side in (-x, x):
        for lean in (-1, 1):
            foot, top = [side, lean * y, 0.0], [side, -lean * y, frame.height]
            shape.bar(
                foot,
                top,
                frame.bar,
                frame.leg_color,
                square=frame.square,
                joined=(FREE, frame.thickness),
            )
    level = frame.height / 2
    _bar(shape, frame, np.array([-x, 0.0, level]), np.array([x, 0.0, level]), 0.9)
