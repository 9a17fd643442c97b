"""Displays: monitors, televisions, tubes, curved screens, all-in-one computers, screens on arms."""

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

BLACK, GLASS = grey(0.025), grey(0.012)
UPRIGHT = (X, Z, Y)


def _case(rng: np.random.Generator) -> Floats:
    """Black, grey, silver or white plastic."""
    return np.asarray(
        rng.choice([0.02, 0.04, 0.2, 0.5, 0.8]) * np.ones(3) + rng.uniform(0, 0.02, 3)
    )


def _lit(rng: np.random.Generator) -> Floats:
    return GLASS if rng.random() < 0.6 else palette.paint(rng) * 0.5


def _panel(
    shape: SolidBuilder,
    rng: np.random.Generator,
    width: float,
    height: float,
    middle: float,
    case: Floats,
) -> float:
    """A flat screen with its back and, often, a bulge for the electronics; its depth."""
    depth = rng.uniform(0.012, 0.05)
    corner = rng.choice([0.0005, 0.006, 0.02])
    outline = rounded_outline(width, height, corner, (0, middle))
    shape.extrude(outline, (0, depth), case, axes=UPRIGHT)
    side, chin = rng.uniform(0.004, 0.03), rng.uniform(0.005, 0.06)
    screen = rounded_outline(
        width - 2 * side, height - side - chin, 0.001, (0, middle + (chin - side) / 2)
    )
    shape.extrude(screen, (-0.002, depth / 2), _lit(rng), axes=UPRIGHT)
    if rng.random() < 0.6:
        bulge = [
            [sx * width * s, depth + d, middle + sz * height * s]
            for s, d in ((0.38, -0.002), (0.24, rng.uniform(0.02, 0.06)))
            for sx in (-1, 1)
            for sz in (-1, 1)
        ]
        shape.hull(bulge, case * 0.8)
    return depth


def _foot(
    shape: SolidBuilder,
    rng: np.random.Generator,
    width: float,
    low: float,
    depth: float,
    case: Floats,
) -> None:
    """A column from the floor to a panel's back, on one of five kinds of foot."""
    kind = rng.integers(5)
    reach, column = width * rng.uniform(0.3, 0.6), rng.uniform(0.012, 0.05)
    rear = depth + 0.9 * column
    top = [0, rear, low + rng.uniform(0.05, 0.12)]
    if kind == 0:
        shape.box(
            [0, rear, 0.008], [reach, reach * rng.uniform(0.5, 0.9), 0.016], case, round_off=0.005
        )
    elif kind == 1:
        shape.lathe([(reach / 2, 0), (0.46 * reach, 0.015), (column, 0.03)], [0, rear, 0], case)
    elif kind == 2:
        for side in (-1, 1):
            shape.bar([side * reach / 2, rear - 0.4 * reach, 0.01], [0, rear, 0.03], 0.01, case)
        shape.bar([0, rear + 0.25 * reach, 0.01], [0, rear, 0.03], 0.01, case)
    elif kind == 3:
        ring = np.linspace(0, 2 * np.pi, 25)
        path = np.stack(
            [0.5 * reach * np.cos(ring), rear + 0.3 * reach * np.sin(ring), 0 * ring + 0.012], 1
        )
        shape.tube(path[:-1], 0.011, case)
        shape.bar([0, rear + 0.3 * reach, 0.012], [0, rear, 0.06], 0.012, case)
        shape.bar([0, rear, 0.06], top, column, case, square=True)
        return
    else:
        shape.extrude(
            [
                (-0.25 * reach, 0),
                (0.3 * reach, 0),
                (0.3 * reach, 0.012),
                (0.0, 0.03),
                (-0.25 * reach, 0.008),
            ],
            (-reach / 2, reach / 2),
            case,
        )
    shape.bar([0, rear, 0.005], top, column, case, square=bool(rng.random() < 0.6))


def monitor(rng: np.random.Generator) -> SolidBuilder:
    """A flat screen on a foot, in widths from old to very wide; some turned upright."""
    shape = SolidBuilder()
    width = rng.uniform(0.36, 0.8)
    height = width / rng.choice([1.25, 1.33, 1.6, 1.78, 2.37])
    if rng.random() < 0.08:
        width, height = height, width
    low, case = rng.uniform(0.06, 0.2), _case(rng)
    depth = _panel(shape, rng, width, height, low + height / 2, case)
    _foot(shape, rng, width, low, depth, case)
    return shape


def television(rng: np.random.Generator) -> SolidBuilder:
    """A large screen on two feet, on a board, on a stand with shelves or made for the wall."""
    shape = SolidBuilder()
    width = rng.uniform(0.7, 1.6)
    height, case = width / rng.uniform(1.7, 1.8), _case(rng)
    kind = rng.integers(4)
    low = rng.uniform(0.03, 0.08) if kind < 3 else 0.0
    depth = _panel(shape, rng, width, height, low + height / 2, case)
    if kind == 0:
        for side in (-1, 1):
            x = side * width * rng.uniform(0.25, 0.42)
            for y in (-0.12, 0.14):
                shape.bar(
                    [x, depth / 2, low + 0.01], [x + side * 0.02, y, 0.006], (0.012, 0.007), case
                )
    elif kind == 1:
        shape.box(
            [0, depth / 2, 0.01],
            [width * rng.uniform(0.3, 0.8), rng.uniform(0.18, 0.28), 0.02],
            case,
            round_off=0.006,
        )
        shape.box([0, depth / 2 + 0.01, low / 2 + 0.02], [0.16 * width, 0.03, low + 0.08], case)
    elif kind == 2:
        arc = curve([[-0.3 * width, -0.1, 0.006], [0, 0.1, 0.006], [0.3 * width, -0.1, 0.006]], 13)
        shape.tube(arc, 0.009, case)
        shape.bar([0, 0.1, 0.006], [0, depth, low + 0.05], 0.02, case)
    if rng.random() < 0.3:
        shape.box(
            [0, depth / 2 - 0.01, low - 0.02], [0.9 * width, 0.03, 0.04], case * 0.6, round_off=0.01
        )
    return shape


def tube(rng: np.random.Generator) -> SolidBuilder:
    """A cathode ray tube: a deep case that tapers to the back, on a swivel foot or four legs."""
    shape = SolidBuilder()
    width = rng.uniform(0.32, 0.75)
    height, depth = width / rng.uniform(1.15, 1.35), width * rng.uniform(0.75, 1.1)
    case = _case(rng) if rng.random() < 0.7 else palette.wood(rng)
    low = rng.uniform(0.02, 0.08)
    if rng.random() < 0.25:
        low = rng.uniform(0.25, 0.4)
        for x in (-0.4, 0.4):
            for y in (0.15, 0.7):
                shape.bar(
                    [1.1 * x * width, y * depth, 0],
                    [x * width, y * depth, low + 0.02],
                    (0.01, 0.016),
                    palette.wood(rng),
                )
    else:
        shape.lathe(
            [(0.36 * width, 0), (0.33 * width, 0.012), (0.18 * width, low + 0.02)],
            [0, 0.4 * depth, 0],
            case * 0.8,
        )
    middle = low + height / 2
    deep = np.array([0, 0.18, 0.4, 0.75, 1]) * depth
    scale = np.array(
        [1, 1, rng.uniform(0.82, 0.98), rng.uniform(0.5, 0.75), rng.uniform(0.4, 0.55)]
    )
    ring = rounded_outline(width, height, rng.uniform(0.005, 0.06))
    drop = rng.uniform(-0.25, 0.1) * height * (1 - scale)
    sections = np.stack(
        [
            np.stack([s * ring[:, 0], np.full(len(ring), y), middle + d + s * ring[:, 1]], -1)
            for s, y, d in zip(scale, deep, drop, strict=True)
        ]
    )
    shape.loft(sections, case)
    side = rng.uniform(0.06, 0.12) * width
    wide, tall = width - 2 * side, height - 2.2 * side
    u, v = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9), indexing="ij")
    bulge = -0.004 - 0.05 * width * (1 - (u**2 + v**2) / 2) * rng.uniform(0.2, 1)
    grid = np.stack([u * wide / 2, bulge + 0.004, middle + 0.3 * side + v * tall / 2], -1)
    shape.sheet(grid, 0.02, GLASS if rng.random() < 0.5 else np.array([0.08, 0.1, 0.09]))
    for i in range(int(rng.integers(0, 5))):
        place = np.array([(0.42 - 0.05 * i) * width, 0, low + 0.4 * side])
        shape.bar(moved(place, 0, 0.01, 0), moved(place, 0, -0.008, 0), 0.008, case * 0.5)
    if rng.random() < 0.2:
        for lean in (-0.3, 0.35):
            shape.bar(
                [0, 0.4 * depth, low + height - 0.01],
                [lean * width, 0.5 * depth, low + height * 1.6],
                0.003,
                BLACK,
            )
    return shape


def curved(rng: np.random.Generator) -> SolidBuilder:
    """A wide monitor bent toward the viewer."""
    shape = SolidBuilder()
    width, case = rng.uniform(0.6, 1.3), _case(rng)
    height, low = width / rng.uniform(1.8, 3.2), rng.uniform(0.08, 0.2)
    radius = rng.uniform(0.9, 1.8)
    angle = np.linspace(-0.5, 0.5, 17) * width / radius
    x, y = radius * np.sin(angle), -radius * (1 - np.cos(angle))
    z = low + np.array([0, height])
    for away, size, color, thick in ((0.0, 1.0, case, 0.02), (-0.012, 0.965, _lit(rng), 0.012)):
        grid = np.stack(
            [
                np.stack([x * size, y + away, np.full(17, z.mean() + (h - z.mean()) * size)], -1)
                for h in z
            ],
            1,
        )
        shape.sheet(grid, thick, color)
    _foot(shape, rng, 0.7 * width, low + 0.15 * height, 0.012, case)
    return shape


def all_in_one(rng: np.random.Generator) -> SolidBuilder:
    """A computer in its screen: a chin, a bent foot, sometimes a keyboard in front."""
    shape = SolidBuilder()
    width, case = rng.uniform(0.42, 0.7), _case(rng)
    height, low, depth = (
        width * rng.uniform(0.62, 0.8),
        rng.uniform(0.05, 0.1),
        rng.uniform(0.01, 0.035),
    )
    case_outline = rounded_outline(width, height, rng.uniform(0.004, 0.025), (0, low + height / 2))
    shape.extrude(case_outline, (0, depth), case, axes=UPRIGHT)
    chin = rng.uniform(0.12, 0.24) * height
    glass = rounded_outline(
        0.97 * width, height - chin - 0.012, 0.002, (0, low + chin + (height - chin) / 2)
    )
    shape.extrude(glass, (-0.002, 0.004), _lit(rng), axes=UPRIGHT)
    reach, wide = rng.uniform(0.14, 0.22), width * rng.uniform(0.25, 0.5)
    bent = np.array(
        [
            [-0.3 * reach, 0.004],
            [0.7 * reach, 0.006],
            [0.75 * reach, 0.02],
            [depth, low + 0.5 * height],
        ]
    )
    grid = np.stack(
        [np.column_stack([np.full(9, sx * wide / 2), curve(list(bent), 9)]) for sx in (-1, 1)], 1
    )
    shape.sheet(grid, 0.008, case)
    if rng.random() < 0.5:
        shape.box([0, -0.22, 0.008], [0.42, 0.12, 0.014], case, round_off=0.003)
        for row in range(5):
            shape.box([0, -0.18 - 0.021 * row, 0.016], [0.4, 0.015, 0.006], case * 0.6 + 0.05)
    return shape


def on_arm(rng: np.random.Generator) -> SolidBuilder:
    """A screen on an arm with joints from a clamp, a pole with one to three screens, or a kiosk."""
    shape = SolidBuilder()
    width, case = rng.uniform(0.4, 0.6), _case(rng)
    height = width / rng.uniform(1.5, 1.8)
    count = int(rng.choice([1, 2, 2, 3]))
    pole, low = rng.uniform(0.35, 0.6), rng.uniform(0.12, 0.3)
    shape.box([0, 0.2, 0.012], [0.12, 0.14, 0.024], BLACK)
    shape.bar([0, 0.2, 0], [0, 0.2, pole], 0.018, palette.metal(rng))
    for i in range(count):
        place = (i - (count - 1) / 2) * 1.06 * width
        screen, turn = SolidBuilder(), -0.35 * (i - (count - 1) / 2)
        _panel(screen, rng, width, height, low + height / 2, case)
        bend = [0.4 * place, 0.1, 0.9 * pole]
        shape.place(screen, [place, 0.12 * abs(i - (count - 1) / 2) * -1, 0], turn)
        shape.tube([[0, 0.2, 0.9 * pole], bend, [place, 0.04, low + height / 2]], 0.014, BLACK)
    return shape


PROGRAMS = (monitor, television, tube, curved, all_in_one, on_arm)
