"""Parametric lamps, about one unit high."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.shapes import palette
from training.shapes.parts import FREE, INSIDE, Floats, ShapeBuilder, moved

_SHELL = 0.011
"""Half thickness of a shade."""


def make_lamp(rng: np.random.Generator) -> ShapeBuilder:
    """Draw a lamp: table, standing, desk, arc or pendant."""
    shape = ShapeBuilder()
    kinds: list[Callable[[np.random.Generator, ShapeBuilder], None]] = [
        _table_lamp,
        _standing,
        _desk,
        _arc,
        _pendant,
    ]
    kinds[rng.choice(5, p=[0.32, 0.26, 0.18, 0.1, 0.14])](rng, shape)
    return shape


def _shade_color(rng: np.random.Generator) -> Floats:
    return palette.white(rng) if rng.random() < 0.5 else palette.paint(rng)


def _shade(
    shape: ShapeBuilder,
    low: float,
    high: float,
    radii: tuple[float, float],
    color: Floats,
    middle: tuple[float, float] = (0.0, 0.0),
) -> None:
    """An open shade, a cone's coat between two heights, hung on a cross bar at its top."""
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    circle = np.stack([np.cos(turn), np.sin(turn)], 1)
    heights = np.linspace(low + _SHELL, high - _SHELL, 4)
    widths = np.interp(heights, [low, high], radii)
    grid = np.empty((24, 4, 3))
    grid[..., :2] = circle[:, None] * widths[:, None] + np.array(middle)
    grid[..., 2] = heights
    shape.patch(grid, _SHELL, color, closed=True)
    level = high - 2 * _SHELL
    reach = float(np.interp(level, [low, high], radii))
    x, y = middle
    for dx, dy in ((reach, 0.0), (0.0, reach)):
        start, end = [x - dx, y - dy, level], [x + dx, y + dy, level]
        shape.bar(start, end, 0.0085, np.full(3, 0.4), joined=(INSIDE, INSIDE), sides=8)


def _foot(rng: np.random.Generator, shape: ShapeBuilder, radius: float, color: Floats) -> float:
    """A round or square plate on the floor; returns the height of its middle."""
    half = rng.uniform(0.012, 0.022)
    if rng.random() < 0.75:
        shape.disc([0, 0, half], radius, half, color, rounded=bool(rng.random() < 0.5))
    else:
        shape.box([0, 0, half], [0.85 * radius, 0.85 * radius, half], color)
    return float(half)


def _table_lamp(rng: np.random.Generator, shape: ShapeBuilder) -> None:
    """A turned body, a neck and a shade or a glass ball."""
    body, foot = palette.furniture(rng), rng.uniform(0.13, 0.2)
    shade_height = rng.uniform(0.28, 0.42)
    wide = rng.uniform(0.2, 0.33)
    narrow = wide * rng.uniform(0.5, 1.0)
    top = rng.uniform(0.42, 0.6)
    base = _foot(rng, shape, foot, body)
    kind = rng.random()
    if kind < 0.4:
        belly = rng.uniform(0.08, 0.16)
        up = np.linspace(base, top, 9)
        share = np.linspace(0, 1, 9)
        radii = 0.03 + (belly - 0.03) * np.sin(np.pi * share ** rng.uniform(0.6, 1.1)) ** 1.2
        path = np.stack([0 * up, 0 * up, up], 1)
        shape.tube(path, radii, body, joined=(base, FREE), sides=24)
    elif kind < 0.65:
        ball = rng.uniform(0.09, 0.15)
        shape.ball([0, 0, base + 0.9 * ball], ball, body)
        shape.bar([0, 0, base + ball], [0, 0, top], 0.018, body, joined=(INSIDE, FREE))
    else:
        shape.bar([0, 0, base], [0, 0, top], rng.uniform(0.014, 0.05), body, joined=(base, FREE))
    if rng.random() < 0.2:
        glass = rng.uniform(0.13, 0.2)
        shape.ball([0, 0, top + 0.8 * glass], glass, palette.white(rng))
        return
    low = top - rng.uniform(0.02, 0.12)
    shape.bar(
        [0, 0, top - 0.02],
        [0, 0, low + shade_height - 2 * _SHELL],
        0.011,
        palette.metal(rng),
        joined=(INSIDE, INSIDE),
    )
    _shade(shape, low, low + shade_height, (wide, narrow), _shade_color(rng))


def _standing(rng: np.random.Generator, shape: ShapeBuilder) -> None:
    """A tall pole on a plate or three legs, under a shade or a ball."""
    color = palette.furniture(rng)
    wide = rng.uniform(0.11, 0.2)
    shade_height = rng.uniform(0.16, 0.26)
    low = 1 - shade_height
    pole = rng.uniform(0.01, 0.016)
    ball = rng.random() < 0.15
    top = low if ball else 1 - 2 * _SHELL
    if rng.random() < 0.6:
        base = _foot(rng, shape, rng.uniform(0.1, 0.16), color)
        shape.bar([0, 0, base], [0, 0, top], pole, color, joined=(base, INSIDE))
    else:
        hub = rng.uniform(0.45, 0.72)
        reach, start = rng.uniform(0.16, 0.24), rng.uniform(0, 2 * np.pi)
        for i in range(3):
            angle = start + 2 * np.pi * i / 3
            end = [reach * np.cos(angle), reach * np.sin(angle), 0.0]
            shape.bar([0, 0, hub], end, (1.2 * pole, pole), color, joined=(INSIDE, FREE))
        shape.bar([0, 0, hub - 0.03], [0, 0, top], pole, color, joined=(INSIDE, INSIDE))
    if ball:
        shape.ball([0, 0, low + 0.8 * wide], 0.85 * wide, palette.white(rng))
    else:
        narrow = wide * rng.uniform(0.55, 1.0)
        _shade(shape, low, 1.0, (wide, narrow), _shade_color(rng))


def _desk(rng: np.random.Generator, shape: ShapeBuilder) -> None:
    """Two jointed arms that reach toward -Y, with a bell at the end."""
    color, bell = palette.furniture(rng), palette.paint(rng)
    base = _foot(rng, shape, rng.uniform(0.12, 0.19), color)
    pole = rng.uniform(0.011, 0.017)
    lean, reach = rng.uniform(-0.2, 0.6), rng.uniform(0.5, 1.6)
    first, second = rng.uniform(0.35, 0.55), rng.uniform(0.3, 0.5)
    elbow = np.array([0, first * np.sin(lean), base + first * np.cos(lean)])
    head = elbow + second * np.array([0, -np.sin(reach), np.cos(reach)])
    shape.bar([0, 0, base], elbow, pole, color, joined=(base, INSIDE))
    shape.bar(elbow, head, pole, color, joined=(INSIDE, INSIDE))
    shape.ball(elbow, 1.7 * pole, color, rings=6)
    aim = np.array([0, -rng.uniform(0.1, 0.8), -1.0])
    aim /= np.linalg.norm(aim)
    length, mouth = rng.uniform(0.12, 0.2), rng.uniform(0.07, 0.13)
    along = np.array([0.0, 0.15, 0.4, 1.0])
    widths = np.array([0.02, 0.3 * mouth, 0.65 * mouth, mouth])
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
    side, up = np.array([1.0, 0.0, 0.0]), np.cross(aim, [1.0, 0.0, 0.0])
    circle = np.cos(turn) * side + np.sin(turn) * up
    grid = head + length * along[:, None] * aim + widths[:, None] * circle[:, None]
    shape.patch(grid, _SHELL, bell, closed=True)


def _arc(rng: np.random.Generator, shape: ShapeBuilder) -> None:
    """A bent pole that carries its shade toward -Y."""
    color = palette.metal(rng)
    base = _foot(rng, shape, rng.uniform(0.12, 0.18), color)
    pole, radius = rng.uniform(0.011, 0.016), rng.uniform(0.22, 0.34)
    rise = rng.uniform(0.45, 0.6)
    angle = np.linspace(0, np.pi * rng.uniform(0.75, 0.95), 12)
    arc = np.stack([0 * angle, -radius * (1 - np.cos(angle)), rise + radius * np.sin(angle)], 1)
    path = np.concatenate([[[0, 0, base]], arc])
    shape.tube(path, pole, color, joined=(base, INSIDE))
    tip = path[-1]
    wide = rng.uniform(0.11, 0.18)
    if rng.random() < 0.35:
        shape.ball([0, tip[1], tip[2] - 0.6 * wide], 0.8 * wide, _shade_color(rng))
        return
    high = float(tip[2]) + 2 * _SHELL
    low = high - rng.uniform(0.12, 0.2)
    _shade(
        shape,
        low,
        high,
        (wide, wide * rng.uniform(0.4, 0.8)),
        _shade_color(rng),
        (0.0, float(tip[1])),
    )


def _pendant(rng: np.random.Generator, shape: ShapeBuilder) -> None:
    """A lamp that hangs from a ceiling plate: one shade, or arms with glass balls."""
    color = palette.metal(rng)
    height = rng.uniform(0.65, 1.0)
    shape.disc([0, 0, height], rng.uniform(0.06, 0.1), 0.014, color, rounded=True)
    if rng.random() < 0.55:
        drop, wide = rng.uniform(0.18, 0.3), rng.uniform(0.2, 0.34)
        shape.bar([0, 0, drop - 2 * _SHELL], [0, 0, height], 0.0095, color, joined=(INSIDE, INSIDE))
        _shade(shape, 0.0, drop, (wide, wide * rng.uniform(0.25, 0.9)), _shade_color(rng))
        return
    hub, reach = rng.uniform(0.25, 0.4), rng.uniform(0.25, 0.38)
    shape.bar([0, 0, hub - 0.03], [0, 0, height], 0.014, color, joined=(FREE, INSIDE))
    shape.ball([0, 0, hub], 0.035, color, rings=8)
    count, start = int(rng.integers(3, 7)), rng.uniform(0, 2 * np.pi)
    glass, ball = palette.white(rng), rng.uniform(0.05, 0.085)
    for i in range(count):
        angle = start + 2 * np.pi * i / count
        end = np.array(
            [reach * np.cos(angle), reach * np.sin(angle), hub + rng.uniform(-0.02, 0.02)]
        )
        shape.bar([0, 0, hub], end, 0.0105, color, joined=(INSIDE, INSIDE))
        shape.ball(moved(end, 0, 0, 0.7 * ball), ball, glass, rings=8)
