"""Telephones, upright with the screen to the front: smart, keypad, flip and slider phones; desk,
cordless and dial telephones.
"""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import (
    Floats,
    SolidBuilder,
    X,
    Y,
    Z,
    curve,
    grey,
    rounded_outline,
)
from training.shapes import palette
from training.shapes.parts import moved

BLACK, GLASS = grey(0.015), grey(0.03)
UPRIGHT = (X, Z, Y)
"""Axes of outlines that look to the front: right, up, backward."""


def _slab(
    shape: SolidBuilder,
    size: tuple[float, float],
    corner: float,
    depth: tuple[float, float],
    color: Floats,
    center: tuple[float, float] = (0.0, 0.0),
) -> None:
    """A plate with round corners that looks to the front; ``center`` is its x and z."""
    outline = rounded_outline(size[0], size[1], corner, center)
    shape.extrude(outline, depth, color, axes=UPRIGHT)


def _keys(
    shape: SolidBuilder,
    rng: np.random.Generator,
    size: tuple[float, float],
    center: tuple[float, float],
    front: float,
) -> None:
    """Three columns and four to six rows of keys, or one plate, on a front at y."""
    rows = int(rng.integers(4, 7))
    color = palette.metal(rng)
    for row in range(rows):
        for column in range(3):
            x = center[0] + (column - 1) * size[0] / 3
            z = center[1] + (row - (rows - 1) / 2) * size[1] / rows
            key = [0.26 * size[0], 0.0016, 0.7 * size[1] / rows]
            shape.box([x, front, z], key, color)


def smart(rng: np.random.Generator) -> SolidBuilder:
    """A slab with a screen, a camera bump with lenses, buttons; some with a home key or a case."""
    shape = SolidBuilder()
    width = rng.uniform(0.058, 0.085)
    height, depth = width * rng.uniform(1.75, 2.25), rng.uniform(0.006, 0.013)
    corner = width * rng.uniform(0.05, 0.24)
    frame = palette.metal(rng) if rng.random() < 0.6 else palette.paint(rng)
    _slab(shape, (width, height), corner, (-depth / 2, depth / 2), frame)
    chin = rng.uniform(0.93, 0.98) if rng.random() < 0.6 else rng.uniform(0.74, 0.86)
    screen = (width * rng.uniform(0.88, 0.97), height * chin)
    lit = GLASS if rng.random() < 0.5 else palette.paint(rng) * 0.6
    _slab(shape, screen, 0.8 * corner, (-depth / 2 - 0.0008, 0), lit)
    if chin < 0.9:
        home = np.array([0, -depth / 2, -0.46 * height])
        shape.bar(moved(home, 0, 0.001, 0), moved(home, 0, -0.001, 0), 0.07 * width, BLACK)
    for i in range(int(rng.integers(1, 4))):
        z = (0.12 + 0.09 * i) * height
        shape.box(
            [rng.choice([-1, 1]) * width / 2, 0, z],
            [0.003, 0.5 * depth, 0.06 * height],
            frame * 0.8,
        )
    lenses = int(rng.integers(1, 5))
    x, z = rng.choice([-0.28, 0.0, 0.28]) * width, 0.38 * height
    wide = width * rng.uniform(0.2, 0.42)
    tall = wide * rng.uniform(0.8, 1.6)
    _slab(shape, (wide, tall), 0.3 * wide, (0, depth / 2 + 0.0016), frame * 0.7, (x, z))
    for i in range(lenses):
        lens = np.array(
            [x + (i % 2 - 0.5) * 0.45 * wide, depth / 2, z + (i // 2 - 0.5) * 0.5 * tall]
        )
        shape.bar(lens, moved(lens, 0, 0.0032, 0), 0.16 * wide, BLACK)
    return shape


def keypad(rng: np.random.Generator) -> SolidBuilder:
    """A bar phone: a rounded body, a small screen over keys, sometimes a stub antenna."""
    shape = SolidBuilder()
    width, depth = rng.uniform(0.042, 0.056), rng.uniform(0.012, 0.026)
    height = width * rng.uniform(2.0, 3.1)
    color = palette.paint(rng)
    bulge, waist = rng.uniform(0.0, 0.25), rng.uniform(-0.12, 0.12)
    rise = np.linspace(-1, 1, 13)
    ring = rounded_outline(1, 1, rng.uniform(0.2, 0.45))
    half = np.sqrt(np.maximum(1 - np.abs(rise) ** rng.uniform(4, 12), 0.05))
    wide = width * half * (1 - waist * np.cos(np.pi * rise))
    thick = depth * np.maximum(half, 0.4) * (1 + bulge * np.cos(0.5 * np.pi * rise))
    flat = np.stack([ring[None, :, 0] * wide[:, None], ring[None, :, 1] * thick[:, None]], -1)
    z = np.broadcast_to((rise * height / 2)[:, None, None], (*flat.shape[:2], 1))
    shape.loft(np.concatenate([flat, z], -1), color)
    front = -0.5 * depth * (1 + bulge) - 0.0004
    _slab(shape, (0.74 * width, 0.3 * height), 0.003, (front - 0.0005, 0), GLASS, (0, 0.2 * height))
    _keys(shape, rng, (0.8 * width, 0.38 * height), (0, -0.21 * height), front)
    if rng.random() < 0.4:
        side = rng.choice([-1, 1]) * 0.32 * width
        shape.bar(
            [side, 0, 0.44 * height],
            [side, 0, height * rng.uniform(0.55, 0.75)],
            (0.006, 0.005),
            BLACK,
        )
    return shape


def flip(rng: np.random.Generator) -> SolidBuilder:
    """Two halves that meet at a hinge, opened by 140 to 180 degrees."""
    shape, lid = SolidBuilder(), SolidBuilder()
    width, depth = rng.uniform(0.044, 0.056), rng.uniform(0.008, 0.014)
    height = width * rng.uniform(1.6, 2.1)
    color, corner = palette.paint(rng), rng.uniform(0.004, 0.018)
    _slab(shape, (width, height), corner, (0, depth), color, (0, -height / 2))
    _keys(shape, rng, (0.82 * width, 0.6 * height), (0, -0.58 * height), -0.0004)
    shape.bar(
        [0, 0, -0.12 * height], [0, -0.0015, -0.12 * height], 0.16 * width, palette.metal(rng)
    )
    _slab(lid, (width * rng.uniform(0.92, 1), height), corner, (0, depth), color, (0, height / 2))
    _slab(lid, (0.8 * width, 0.68 * height), 0.003, (-0.0008, 0.002), GLASS, (0, 0.54 * height))
    lid.lean(-np.radians(rng.uniform(2, 40)))
    shape.place(lid)
    shape.bar([-0.46 * width, depth / 2, 0], [0.46 * width, depth / 2, 0], 0.6 * depth, color * 0.7)
    return shape


def slider(rng: np.random.Generator) -> SolidBuilder:
    """An upper slab pushed up, or sideways, over a lower one with keys."""
    shape = SolidBuilder()
    width, depth = rng.uniform(0.05, 0.062), rng.uniform(0.006, 0.009)
    height, corner = width * rng.uniform(1.7, 2.2), rng.uniform(0.004, 0.02)
    lower, upper = palette.paint(rng), palette.metal(rng)
    out = rng.uniform(0.35, 0.5)
    _slab(shape, (width, height), corner, (0, 1.2 * depth), lower)
    up = (0.0, out * height) if rng.random() < 0.7 else (out * width * 1.2, 0.0)
    _slab(shape, (width, height), corner, (-depth, 0.0005), upper, up)
    _slab(
        shape,
        (0.86 * width, 0.7 * height),
        0.004,
        (-depth - 0.0008, 0),
        GLASS,
        (up[0], up[1] + 0.06 * height),
    )
    place = (
        (0.0, -0.5 * height + 0.5 * out * height)
        if up[0] == 0
        else (-0.5 * width + 0.3 * up[0], 0.0)
    )
    extent = (0.82 * width, 0.8 * out * height) if up[0] == 0 else (0.5 * up[0], 0.8 * height)
    _keys(shape, rng, extent, place, -0.0006)
    return shape


def _handset(
    shape: SolidBuilder, rng: np.random.Generator, length: float, center: Floats, color: Floats
) -> None:
    """A receiver that lies along X: a bow with two cups below its ends."""
    bow = rng.uniform(0.02, 0.05)
    path = curve(
        [[-length / 2, 0, 0], [-length / 4, 0, bow], [length / 4, 0, bow], [length / 2, 0, 0]], 11
    )
    thick = rng.uniform(0.012, 0.02)
    shape.tube(center + path, thick, color, sides=int(rng.choice([4, 12])))
    for side in (-1, 1):
        cup = center + np.array([side * length / 2, 0, -0.012])
        radius = rng.uniform(0.022, 0.032)
        shape.lathe(
            [(0.7 * radius, -0.018), (radius, -0.012), (radius, 0.008), (0.5 * radius, 0.022)],
            cup,
            color,
        )


def desk(rng: np.random.Generator) -> SolidBuilder:
    """A wedge with keys, a display and a receiver at its left."""
    shape = SolidBuilder()
    width, depth = rng.uniform(0.16, 0.26), rng.uniform(0.17, 0.25)
    low, high = rng.uniform(0.012, 0.03), rng.uniform(0.05, 0.13)
    color = palette.metal(rng) if rng.random() < 0.7 else palette.paint(rng)
    side = [
        (-depth / 2, 0),
        (depth / 2, 0),
        (depth / 2, high * rng.uniform(0.5, 1)),
        (0.36 * depth, high),
        (-depth / 2, low),
    ]
    shape.extrude(side, (-width / 2, width / 2), color)
    slope = (high - low) / (0.86 * depth)
    top, angle = SolidBuilder(), np.arctan(slope)
    rows, columns = int(rng.integers(4, 6)), int(rng.integers(3, 6))
    for row in range(rows):
        for column in range(columns):
            x, y = 0.02 + (column - 0.5) * 0.1 * width, (row * 0.11 - 0.42) * depth
            key = [0.075 * width, 0.07 * depth, 0.01]
            top.box([x, y, low + (y + depth / 2) * slope], key, color * 0.5 + 0.1)
    y = 0.2 * depth
    top.box(
        [0.2 * width, y, low + (y + depth / 2) * slope], [0.42 * width, 0.17 * depth, 0.012], GLASS
    )
    shape.place(top)
    receiver = SolidBuilder()
    length = 0.95 * depth
    _handset(receiver, rng, length, np.zeros(3), color * 0.6)
    upright = SolidBuilder()
    upright.place(receiver, turn=np.pi / 2)
    upright.lean(-angle)
    shape.place(upright, [-0.34 * width, 0, (low + high) / 2 + 0.036])
    return shape


def cordless(rng: np.random.Generator) -> SolidBuilder:
    """A handset that stands in a cradle, leaning back."""
    shape, handset = SolidBuilder(), SolidBuilder()
    width, height = rng.uniform(0.042, 0.056), rng.uniform(0.14, 0.19)
    color = palette.metal(rng)
    depth = rng.uniform(0.018, 0.03)
    handset.box([0, 0, height / 2], [width, depth, height], color, round_off=0.4 * depth)
    handset.box([0, -depth / 2, 0.76 * height], [0.72 * width, 0.003, 0.22 * height], GLASS)
    _keys(handset, rng, (0.8 * width, 0.4 * height), (0, 0.36 * height), -depth / 2 - 0.0006)
    if rng.random() < 0.4:
        handset.bar(
            [0.3 * width, 0, 0.95 * height],
            [0.3 * width, 0, height * rng.uniform(1.1, 1.4)],
            0.005,
            BLACK,
        )
    handset.lean(np.radians(rng.uniform(5, 28)))
    shape.place(handset, [0, 0, 0.016])
    reach = rng.uniform(1.4, 2.2) * width
    if rng.random() < 0.5:
        shape.lathe(
            [(reach / 2, 0), (0.95 * reach / 2, 0.016), (0.6 * reach / 2, 0.034)],
            [0, 0.012, 0],
            color * 0.7,
        )
    else:
        shape.box(
            [0, 0.015, 0.015],
            [reach, reach * rng.uniform(0.9, 1.6), 0.03],
            color * 0.7,
            round_off=0.01,
        )
    shape.box(
        [0, 0.6 * depth + 0.012, 0.04],
        [1.2 * width, 0.02, rng.uniform(0.04, 0.09)],
        color * 0.7,
        round_off=0.006,
    )
    return shape


def dial(rng: np.random.Generator) -> SolidBuilder:
    """An old telephone: a body like a bell, a dial with holes, a receiver across its cradle."""
    shape = SolidBuilder()
    width, depth, height = rng.uniform(0.16, 0.22), rng.uniform(0.15, 0.2), rng.uniform(0.08, 0.13)
    color = palette.paint(rng) if rng.random() < 0.6 else BLACK
    share = np.linspace(0, 1, 8)
    ring = rounded_outline(1, 1, rng.uniform(0.1, 0.35))
    flare = (1 - rng.uniform(0.4, 0.62) * share ** rng.uniform(0.5, 1.1))[:, None]
    flat = np.stack([ring[None, :, 0] * width * flare, ring[None, :, 1] * depth * flare], -1)
    flat[..., 1] += 0.12 * depth * share[:, None]
    rise = np.broadcast_to((share * height)[:, None, None], (*flat.shape[:2], 1))
    shape.loft(np.concatenate([flat, rise], -1), color)
    face = np.array([0, -0.36 * depth, 0.48 * height])
    axis = np.array([0, -0.8, 0.6])
    reach = 0.3 * width
    shape.lathe(
        [(reach, -0.02), (reach, 0.006), (0.4 * reach, 0.012)], face, palette.metal(rng), axis=axis
    )
    right, up = X, np.cross(axis, X)
    for angle in np.radians(np.arange(10) * 30.0):
        hole = face + 0.72 * reach * (np.cos(angle) * right + np.sin(angle) * up)
        shape.lathe(
            [(0.12 * reach, 0.004), (0.12 * reach, 0.014)], hole, BLACK, axis=axis, sides=10
        )
    for side in (-1, 1):
        place = np.array([side * 0.22 * width, 0.1 * depth, height])
        shape.bar(moved(place, 0, 0, -0.02), moved(place, 0, 0, 0.025), 0.01, color * 0.7)
    _handset(
        shape,
        rng,
        width * rng.uniform(0.95, 1.2),
        np.array([0, 0.1 * depth, height + 0.028]),
        color,
    )
    return shape


PROGRAMS = (smart, keypad, flip, slider, desk, cordless, dial)
