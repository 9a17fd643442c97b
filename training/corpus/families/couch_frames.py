"""Couches whose frame is seen: loose cushions in wood or tube, futons, day beds."""

from __future__ import annotations

import numpy as np

from training.corpus.families.couch_parts import add_cushions, add_pillows, draw_cloth
from training.corpus.families.solids import Floats, SolidBuilder, curve
from training.shapes import palette


def framed(rng: np.random.Generator) -> SolidBuilder:
    """Loose cushions in a frame of wood or tube with open arms."""
    shape = SolidBuilder()
    seats = int(rng.integers(2, 4))
    width, depth = seats * rng.uniform(0.58, 0.7) + 0.1, rng.uniform(0.7, 0.85)
    seat, back, rise = rng.uniform(0.4, 0.46), rng.uniform(0.72, 0.92), rng.uniform(0.54, 0.66)
    wood = palette.wood(rng) if rng.random() < 0.7 else palette.metal(rng)
    bar, square = rng.uniform(0.014, 0.03), bool(rng.integers(2))
    lean, kind, y = rng.uniform(0.04, 0.18), int(rng.integers(3)), depth / 2 - 0.05
    for side in (-1, 1):
        _framed_side(shape, kind, (side * width / 2, depth, rise), (bar, square), wood)
        x = side * width / 2
        low = [[x, -depth / 2 + 0.04, seat - 0.15], [x, y, seat - 0.18]]
        shape.bar(low[0], low[1], bar, wood, square=square)
    rails = [(-depth / 2 + 0.05, seat - 0.16), (y, seat - 0.16), (y, seat + 0.1)]
    for place, z in [*rails, (y + lean, back - 0.04)]:
        shape.bar([-width / 2, place, z], [width / 2, place, z], bar, wood, square=square)
    for i in range(2 * seats):
        x = ((i + 0.5) / (2 * seats) - 0.5) * width
        top = [x, y + lean, back - 0.04]
        shape.bar([x, y, seat - 0.16], top, 0.8 * bar, wood, square=square)
    cloth, thick, cushions = draw_cloth(rng), rng.uniform(0.08, 0.14), SolidBuilder()
    span, high = (-width / 2 + 0.03, width / 2 - 0.03), back - seat
    add_cushions(shape, rng, span, seats, (-0.03, seat - 0.08, depth - 0.12, thick), cloth)
    add_cushions(cushions, rng, span, seats, (y - 0.07, seat + high / 2, 0.12, high), cloth)
    cushions.lean(np.arctan2(lean, high), [0, y, seat])
    shape.place(cushions)
    return shape


def _framed_side(
    shape: SolidBuilder,
    kind: int,
    box: tuple[float, float, float],
    section: tuple[float, bool],
    color: Floats,
) -> None:
    """Legs and an arm: posts with a board, a loop, or one bent piece; ``box`` is x, depth, rise."""
    x, depth, rise = box
    bar, square = section
    front, rear = -depth / 2, depth / 2 - 0.05
    if kind == 0:
        ends = ((front, front + 0.06), (rear + 0.06, rear))
        for foot, top in ends:
            shape.bar([x, foot, 0], [x, top, rise], (0.8 * bar, bar), color, square=square)
        shape.box([x, 0, rise], [0.07, depth * 1.04, 0.03], color, round_off=0.01)
    elif kind == 1:
        loop = [[x, front, rise], [x, front, bar], [x, rear, bar], [x, rear, rise]]
        shape.tube(loop, bar, color, sides=4 if square else 12)
        shape.bar(loop[0], loop[3], bar, color, square=square)
    else:
        bent = [[x, front, 0.0], [x, front - 0.02, 0.4], [x, -0.1, rise], [x, rear, rise + 0.06]]
        shape.tube(curve(bent, 14), bar, color)
        shape.bar([x, rear + 0.08, 0], [x, rear, rise + 0.08], bar, color)


def futon(rng: np.random.Generator) -> SolidBuilder:
    """A mattress folded over slats, or a day bed with a frame at three sides."""
    shape = SolidBuilder()
    width, depth = rng.uniform(1.5, 2.1), rng.uniform(0.75, 0.95)
    seat, thick = rng.uniform(0.34, 0.44), rng.uniform(0.1, 0.2)
    cloth, frame = draw_cloth(rng), palette.furniture(rng)
    bar, rise = rng.uniform(0.015, 0.035), rng.uniform(0.55, 0.75)
    shape.box(
        [0, -0.02, seat - thick / 2], [width - 0.08, depth, thick], cloth, round_off=0.4 * thick
    )
    low = seat - thick - 0.03
    shape.box([0, 0, low], [width - 0.04, depth, 0.06], frame)
    bed = rng.random() < 0.4
    if not bed:
        back = SolidBuilder()
        back.box([0, 0, 0.27], [width - 0.08, thick, 0.6], cloth, round_off=0.4 * thick)
        back.lean(rng.uniform(0.15, 0.45))
        shape.place(back, [0, depth / 2 - 0.06, seat - 0.08])
    y = depth / 2
    for side in (-1, 1):
        x = side * width / 2
        for place in (-y, y):
            shape.bar([x, place, 0], [x, place, rise], bar, frame, square=True)
        for z in np.linspace(low, rise - bar, int(rng.integers(2, 5))):
            shape.bar([x, -y, z], [x, y, z], bar, frame, square=True)
    if bed:
        for z in np.linspace(seat + 0.05, rise - bar, int(rng.integers(2, 4))):
            shape.bar([-width / 2, y, z], [width / 2, y, z], 0.8 * bar, frame, square=True)
        count = int(rng.integers(3, 12))
        for i in range(count):
            x = ((i + 0.5) / count - 0.5) * width
            shape.bar([x, y, low], [x, y, rise - bar], 0.6 * bar, frame)
        add_pillows(shape, rng, width, y - 0.2, seat)
    return shape
