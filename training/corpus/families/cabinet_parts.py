"""What cabinets are put together from: carcass, feet, doors and drawers."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder, X, Y, Z, grey
from training.shapes.parts import moved

UPRIGHT = (X, Z, Y)


def add_carcass(
    shape: SolidBuilder,
    size: tuple[float, float, float],
    low: float,
    board: float,
    color: Floats,
    *,
    back: bool = True,
) -> None:
    """Sides, top, bottom and back; open to the front, from ``low`` up."""
    width, depth, height = size
    middle = low + height / 2
    for side in (-1, 1):
        shape.box([side * (width - board) / 2, 0, middle], [board, depth, height], color)
    for z in (low + board / 2, low + height - board / 2):
        shape.box([0, 0, z], [width - board, depth, board], color)
    if back:
        shape.box(
            [0, depth / 2 - 0.006, middle], [width - board, 0.012, height - board], color * 0.85
        )


def add_feet(
    shape: SolidBuilder,
    rng: np.random.Generator,
    width: float,
    depth: float,
    height: float,
    color: Floats,
) -> None:
    """A plinth, block feet, tapered legs or a sled of tube."""
    if height < 0.015:
        return
    kind, bar = rng.integers(4), rng.uniform(0.012, 0.03)
    if kind == 0:
        shape.box([0, 0.02, height / 2], [0.96 * width, depth - 0.06, height + 0.01], color * 0.7)
        return
    for x in (-1, 1):
        if kind == 3:
            place = x * (width / 2 - 0.05)
            reach = depth / 2 - 0.03
            shape.tube(
                [
                    [place, -reach, height + 0.01],
                    [place, -reach, bar],
                    [place, reach, bar],
                    [place, reach, height + 0.01],
                ],
                0.7 * bar,
                color,
                sides=4,
            )
            continue
        for y in (-1, 1):
            top = np.array([x * (width / 2 - 0.045), y * (depth / 2 - 0.045), height + 0.01])
            foot = top * ([1, 1, 0] if kind == 1 else [1.03, 1.06, 0])
            shape.bar(
                foot, top, (0.6 * bar, bar) if kind == 2 else bar * 1.2, color, square=kind == 1
            )


def add_front(
    shape: SolidBuilder,
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    y: float,
    style: tuple[int, int],
    color: Floats,
    *,
    door: bool = True,
) -> None:
    """A door or a drawer front: box is x, z, width, height; style picks its face and its handle."""
    x, z, width, height = box
    face, handle = style
    shape.box([x, y - 0.009, z], [width - 0.006, 0.018, height - 0.006], color, round_off=0.003)
    if face == 1 and min(width, height) > 0.14:
        rim = 0.06
        for s in (-1, 1):
            shape.box(
                [x + s * (width / 2 - rim / 2), y - 0.02, z], [rim, 0.014, height - 0.01], color
            )
            shape.box(
                [x, y - 0.02, z + s * (height / 2 - rim / 2)], [width - 0.01, 0.014, rim], color
            )
    elif face == 2 and min(width, height) > 0.14:
        shape.box(
            [x, y - 0.02, z], [width - 0.1, 0.014, height - 0.1], color * 0.9, round_off=0.006
        )
    elif face == 3 and door:
        shape.box(
            [x, y - 0.02, z], [0.7 * width, 0.006, 0.8 * height], np.array([0.35, 0.42, 0.45])
        )
    elif face == 4:
        for i in range(int(height / 0.05)):
            shape.box(
                [x, y - 0.022, z - height / 2 + 0.03 + 0.05 * i], [width - 0.08, 0.012, 0.03], color
            )
    place = np.array([x, y - 0.02, z])
    if door:
        place[0] += rng.choice([-1, 1]) * (width / 2 - 0.04)
    reach = 0.06 if door else min(0.3 * width, 0.09)
    step = np.array([0, 0, reach]) if door else np.array([reach, 0, 0])
    _add_handle(shape, handle, place, step, grey(0.5 if face % 2 else 0.05))


def _add_handle(shape: SolidBuilder, kind: int, place: Floats, step: Floats, color: Floats) -> None:
    """A knob, a bow, a plate or none; ``step`` goes from its middle to its end."""
    out = np.array([0, -0.03, 0])
    if kind == 0:
        shape.ball(moved(place, 0, -0.015, 0), [0.014, 0.018, 0.014], color)
    elif kind == 1:
        path = [place - step, place - step + out, place + step + out, place + step]
        shape.tube(path, 0.006, color, sides=6)
    elif kind == 2:
        size = 2 * step + np.array([0.02, 0.018, 0.02])
        shape.box(moved(place, 0, -0.004, 0), size, color)


def draw_style(rng: np.random.Generator) -> tuple[int, int]:
    """A face and a handle for :func:`add_front`."""
    return int(rng.integers(0, 5)), int(rng.integers(0, 4))
