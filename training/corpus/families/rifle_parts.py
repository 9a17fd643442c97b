"""What long guns are put together from: barrel, grip, magazine, sights, stock."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder, grey
from training.shapes import palette

STEEL, BLACK, FRONT = grey(0.06), grey(0.025), (0.0, -1.0, 0.0)


def draw_material(rng: np.random.Generator) -> Floats:
    """Wood, black plastic, olive, tan or grey."""
    kind = rng.integers(5)
    if kind < 2:
        return palette.wood(rng) * 0.8
    tones = ([0.03, 0.03, 0.03], [0.1, 0.11, 0.05], [0.4, 0.3, 0.18])
    return np.array(tones[kind - 2]) * rng.uniform(0.7, 1.3)


def add_plate(
    shape: SolidBuilder, outline: list[tuple[float, float]], width: float, color: Floats
) -> None:
    """A part of constant width from its side view, (y, z) corners."""
    shape.extrude(outline, (-width / 2, width / 2), color)


def add_barrel(
    shape: SolidBuilder,
    rng: np.random.Generator,
    start: float,
    length: float,
    z: float,
    radius: float,
) -> None:
    """From y = start to the front: a tapered tube, a muzzle device, a front sight."""
    end = start - length
    shape.lathe(
        [(1.5 * radius, 0), (1.2 * radius, 0.3 * length), (radius, length)],
        [0, start, z],
        STEEL,
        axis=FRONT,
    )
    kind = rng.integers(4)
    if kind == 0:
        shape.lathe(
            [(1.7 * radius, 0), (1.7 * radius, rng.uniform(0.03, 0.06))],
            [0, end, z],
            BLACK,
            axis=FRONT,
        )
    elif kind == 1:
        shape.lathe(
            [(2.4 * radius, 0), (2.4 * radius, rng.uniform(0.1, 0.2))],
            [0, end, z],
            BLACK,
            axis=FRONT,
        )
    if rng.random() < 0.6:
        y = end + 0.05
        add_plate(
            shape, [(y, z), (y + 0.03, z), (y + 0.012, z + 0.035), (y, z + 0.035)], 0.006, STEEL
        )


def add_grip(
    shape: SolidBuilder, rng: np.random.Generator, y: float, z: float, color: Floats
) -> None:
    """A pistol grip that leans back, and the trigger in its guard."""
    lean, length = rng.uniform(0.01, 0.05), rng.uniform(0.08, 0.11)
    add_plate(
        shape,
        [
            (y, z + 0.01),
            (y + 0.045, z + 0.01),
            (y + 0.045 + lean, z - length),
            (y + lean, z - length),
        ],
        0.03,
        color,
    )
    add_trigger(shape, y, z)


def add_trigger(shape: SolidBuilder, y: float, z: float) -> None:
    """The trigger in its guard."""
    guard = [[0, y, z], [0, y - 0.008, z - 0.032], [0, y - 0.05, z - 0.032], [0, y - 0.058, z]]
    shape.tube(guard, 0.0035, STEEL, sides=6)
    shape.bar([0, y - 0.03, z], [0, y - 0.026, z - 0.022], 0.003, STEEL, sides=6)


def add_magazine(shape: SolidBuilder, rng: np.random.Generator, y: float, z: float) -> None:
    """A box, straight or bent forward, or a drum."""
    kind, length = rng.integers(4), rng.uniform(0.07, 0.2)
    if kind == 3:
        shape.lathe([(0.055, -0.025), (0.055, 0.025)], [0, y, z - 0.05], BLACK, axis=(1, 0, 0))
        return
    bend = rng.uniform(0.02, 0.07) * (kind > 0)
    share = np.linspace(0, 1, 6)
    front = [(y - 0.03 - bend * s * s, z - length * s) for s in share]
    back = [(y + 0.03 - bend * s * s * 0.9, z - length * s + 0.01 * s) for s in share[::-1]]
    add_plate(shape, front + back, 0.024, BLACK)


def add_sight(shape: SolidBuilder, rng: np.random.Generator, y: float, z: float, kind: int) -> None:
    """A telescope on two rings, a red dot, a carrying handle, or irons."""
    if kind == 0:
        length, radius = rng.uniform(0.2, 0.36), rng.uniform(0.014, 0.02)
        center = z + rng.uniform(0.035, 0.05)
        profile = [
            (1.25 * radius, -length / 2),
            (1.25 * radius, -0.3 * length),
            (radius * 0.8, -0.2 * length),
            (radius * 0.8, 0.2 * length),
            (1.6 * radius, 0.34 * length),
            (1.6 * radius, length / 2),
        ]
        shape.lathe(profile, [0, y, center], BLACK, axis=FRONT)
        shape.lathe([(0.012, 0), (0.012, 0.03)], [0, y, center + 0.01], BLACK)
        for step in (-0.12, 0.12):
            shape.box(
                [0, y + step * length, (z + center) / 2], [0.018, 0.02, center - z + 0.01], BLACK
            )
    elif kind == 1:
        shape.box([0, y, z + 0.02], [0.03, 0.06, 0.045], BLACK, round_off=0.008)
    elif kind == 2:
        reach = rng.uniform(0.08, 0.12)
        shape.tube(
            [
                [0, y - reach, z],
                [0, y - 0.8 * reach, z + 0.05],
                [0, y + 0.8 * reach, z + 0.055],
                [0, y + reach, z],
            ],
            0.008,
            BLACK,
            sides=4,
        )
    else:
        shape.box([0, y, z + 0.012], [0.012, 0.03, 0.03], STEEL)


def add_bipod(shape: SolidBuilder, rng: np.random.Generator, y: float, z: float) -> None:
    """Two legs that spread to the front."""
    reach = rng.uniform(0.16, 0.24)
    for s in (-1, 1):
        shape.bar([0, y, z], [s * 0.45 * reach, y - 0.02, z - reach], 0.006, STEEL, sides=8)


def add_stock(shape: SolidBuilder, rng: np.random.Generator, y: float, color: Floats) -> None:
    """Solid, skeleton, or a tube with a shoulder piece."""
    length, kind = rng.uniform(0.18, 0.28), rng.integers(3)
    end, drop = y + length, rng.uniform(0.05, 0.1)
    if kind == 0:
        add_plate(
            shape,
            [
                (y, 0.012),
                (end, rng.uniform(-0.01, 0.015)),
                (end, -drop - 0.05),
                (y + 0.06, -0.05),
                (y, -0.035),
            ],
            0.034,
            color,
        )
    elif kind == 1:
        shape.tube(
            [[0, y, 0.0], [0, end, -0.005], [0, end, -drop - 0.04], [0, y, -0.035]],
            0.009,
            color,
            sides=int(rng.choice([4, 8])),
        )
    else:
        shape.bar([0, y, -0.005], [0, end, -0.005], 0.014, STEEL)
        add_plate(
            shape,
            [
                (end - 0.12, 0.015),
                (end, 0.015),
                (end, -drop - 0.05),
                (end - 0.025, -drop - 0.05),
                (end - 0.07, -0.03),
                (end - 0.12, -0.03),
            ],
            0.032,
            color,
        )
