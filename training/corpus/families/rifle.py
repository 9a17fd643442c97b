"""Long guns, muzzle to the front: hunting, military, bullpup, shot, submachine and old ones."""

from __future__ import annotations

import numpy as np

from training.corpus.families.rifle_parts import (
    BLACK,
    FRONT,
    STEEL,
    add_barrel,
    add_bipod,
    add_grip,
    add_magazine,
    add_plate,
    add_sight,
    add_stock,
    add_trigger,
    draw_material,
)
from training.corpus.families.solids import SolidBuilder
from training.shapes import palette


def hunting(rng: np.random.Generator) -> SolidBuilder:
    """One piece of wood from butt to fore-end, a bolt or a lever, a telescope."""
    shape, wood = SolidBuilder(), draw_material(rng)
    barrel, butt, z = rng.uniform(0.45, 0.7), rng.uniform(0.3, 0.38), 0.0
    fore, drop, comb = rng.uniform(0.2, 0.45), rng.uniform(0.05, 0.09), rng.uniform(-0.02, 0.01)
    hole = rng.random() < 0.25
    outline = [
        (-0.1 - fore, z - 0.012),
        (0.14, z - 0.005),
        (0.2, z - 0.03),
        (0.24, z + comb - 0.012),
        (0.14 + butt, z + comb - 0.02),
        (0.14 + butt, z - drop - 0.07),
    ]
    outline += [
        (0.24, z - drop - 0.012),
        (0.17, z - 0.075),
        (0.12, z - 0.045),
        (-0.1 - fore, z - 0.04),
    ]
    if hole:
        outline = [
            *outline[:6],
            (0.2 + 0.4 * butt, z - drop - 0.06),
            (0.22, z - 0.12),
            (0.16, z - 0.12),
            *outline[8:],
        ]
    add_plate(shape, outline, rng.uniform(0.03, 0.045), wood)
    shape.lathe([(0.016, 0), (0.016, 0.26)], [0, 0.15, z], STEEL, axis=FRONT)
    add_barrel(shape, rng, -0.1, barrel, z, rng.uniform(0.007, 0.011))
    add_trigger(shape, 0.1, z - 0.045)
    if rng.random() < 0.7:
        shape.tube(
            [[0, 0.12, z], [0.04, 0.125, z - 0.01], [0.06, 0.13, z - 0.035]], 0.005, STEEL, sides=8
        )
        shape.ball([0.062, 0.13, z - 0.04], 0.011, STEEL)
    else:
        shape.tube(
            [[0, 0.06, z - 0.05], [0, 0.13, z - 0.1], [0, 0.2, z - 0.09], [0, 0.17, z - 0.05]],
            0.005,
            STEEL,
            sides=6,
        )
    add_sight(shape, rng, 0.02, z + 0.014, 0 if rng.random() < 0.65 else 3)
    if rng.random() < 0.3:
        add_magazine(shape, rng, 0.0, z - 0.03)
    if rng.random() < 0.25:
        add_bipod(shape, rng, -0.1 - fore, z - 0.03)
    return shape


def military(rng: np.random.Generator) -> SolidBuilder:
    """A receiver of metal, a pistol grip, a magazine, a hand guard, a stock that may be a frame."""
    shape, color = SolidBuilder(), draw_material(rng)
    body, high = rng.uniform(0.22, 0.32), rng.uniform(0.05, 0.075)
    guard, barrel = rng.uniform(0.16, 0.32), rng.uniform(0.25, 0.5)
    front, rear = -body / 2, body / 2
    add_plate(
        shape,
        [
            (front, -high * 0.7),
            (front, high * 0.3),
            (rear, high * 0.3),
            (rear, -high * 0.3),
            (rear - 0.05, -high * 0.7),
        ],
        0.036,
        BLACK if rng.random() < 0.6 else STEEL,
    )
    shape.box(
        [0, front - guard / 2, -0.005],
        [rng.uniform(0.036, 0.052), guard, rng.uniform(0.045, 0.065)],
        color,
        round_off=rng.choice([0.0, 0.01, 0.02]),
    )
    add_barrel(shape, rng, front - 0.02, max(barrel, guard + 0.08), 0.0, rng.uniform(0.007, 0.01))
    if rng.random() < 0.4:
        shape.bar([0, front, 0.028], [0, front - guard - 0.04, 0.028], 0.008, STEEL)
    add_grip(shape, rng, rear - 0.075, -high * 0.6, color)
    add_magazine(shape, rng, front + rng.uniform(0.04, 0.09), -high * 0.6)
    add_stock(shape, rng, rear, color)
    add_sight(shape, rng, rng.uniform(-0.04, 0.05), high * 0.3, int(rng.integers(4)))
    if rng.random() < 0.25:
        shape.bar(
            [0, front - guard * 0.5, -0.03], [0, front - guard * 0.5 + 0.01, -0.12], 0.014, color
        )
    if rng.random() < 0.2:
        add_bipod(shape, rng, front - guard, -0.02)
    if rng.random() < 0.2:
        shape.bar([0, front, -0.05], [0, front - guard - 0.02, -0.05], 0.022, BLACK)
    return shape


def bullpup(rng: np.random.Generator) -> SolidBuilder:
    """The magazine behind the grip, all in one shell."""
    shape, color = SolidBuilder(), draw_material(rng)
    length, top = rng.uniform(0.55, 0.72), rng.uniform(0.02, 0.045)
    front, rear = -0.4 * length, 0.6 * length
    hump, low = rng.uniform(0.0, 0.035), rng.uniform(0.06, 0.1)
    outline = [
        (front, top - 0.02),
        (front + 0.14, top + hump),
        (0.3 * length, top + hump),
        (rear, top),
        (rear, -low - 0.03),
        (rear - 0.06, -low - 0.02),
    ]
    outline += [
        (0.24 * length, -low * 0.7),
        (0.1, -0.045),
        (-0.04, -0.045),
        (front + 0.06, -low * rng.uniform(0.5, 0.9)),
        (front, -0.03),
    ]
    add_plate(shape, outline, rng.uniform(0.04, 0.055), color)
    add_barrel(shape, rng, front + 0.02, rng.uniform(0.12, 0.3), 0.0, rng.uniform(0.008, 0.011))
    add_grip(shape, rng, 0.02, -0.04, color)
    add_magazine(shape, rng, rng.uniform(0.2, 0.3) * length + 0.04, -0.05)
    add_sight(shape, rng, rng.uniform(-0.06, 0.03), top + hump, int(rng.choice([0, 1, 2, 2])))
    if rng.random() < 0.4:
        shape.bar([0, front + 0.05, -0.03], [0, front + 0.06, -0.13], 0.015, color)
    return shape


def shotgun(rng: np.random.Generator) -> SolidBuilder:
    """Two barrels side by side or one above the other, or one over a pump."""
    shape, wood = SolidBuilder(), draw_material(rng)
    length, radius = rng.uniform(0.4, 0.75), rng.uniform(0.011, 0.014)
    kind, butt = rng.integers(3), rng.uniform(0.26, 0.34)
    pairs = {
        0: [(-radius, 0.0), (radius, 0.0)],
        1: [(0.0, radius), (0.0, -radius)],
        2: [(0.0, 0.012), (0.0, -0.018)],
    }
    for i, (x, z) in enumerate(pairs[int(kind)]):
        reach = length * (0.8 if kind == 2 and i else 1)
        shape.lathe([(radius, 0), (radius, reach)], [x, -0.02, z], STEEL, axis=FRONT)
    add_plate(
        shape,
        [(-0.04, 0.026), (0.16, 0.02), (0.18, -0.03), (0.02, -0.045), (-0.04, -0.035)],
        0.04,
        STEEL,
    )
    place, size = (-0.24 if kind == 2 else -0.13), (0.17 if kind == 2 else 0.22)
    shape.box([0, place, -0.022], [0.044, size, 0.04], wood, round_off=0.015)
    if rng.random() < 0.7:
        drop = rng.uniform(0.05, 0.09)
        add_plate(
            shape,
            [
                (0.14, 0.015),
                (0.22, -0.015),
                (0.16 + butt, -0.025),
                (0.16 + butt, -drop - 0.08),
                (0.24, -0.075),
                (0.15, -0.04),
            ],
            0.036,
            wood,
        )
    else:
        add_grip(shape, rng, 0.12, -0.03, wood)
    add_trigger(shape, 0.11, -0.04)
    shape.ball([0, -length, 0.03], 0.005, STEEL)
    return shape


def submachine(rng: np.random.Generator) -> SolidBuilder:
    """Short: a tube or a box with a long magazine, a wire or folding stock, sometimes a jacket."""
    shape, color = SolidBuilder(), draw_material(rng)
    body = rng.uniform(0.22, 0.34)
    front, rear = -0.5 * body, 0.5 * body
    tube = rng.random() < 0.5
    if tube:
        shape.lathe([(0.02, 0), (0.02, body)], [0, rear, 0], STEEL, axis=FRONT)
    else:
        shape.box([0, 0, 0], [0.04, body, rng.uniform(0.05, 0.08)], STEEL, round_off=0.006)
    add_barrel(shape, rng, front, rng.uniform(0.06, 0.25), 0.0, 0.009)
    if rng.random() < 0.4:
        reach = rng.uniform(0.1, 0.2)
        shape.lathe([(0.018, 0), (0.018, reach)], [0, front, 0], STEEL * 1.6, axis=FRONT)
    add_grip(shape, rng, rng.uniform(0.2, 0.8) * rear - 0.02, -0.02, color)
    side = rng.random() < 0.15 and tube
    if side:
        shape.box([-0.12, front + 0.06, 0], [0.2, 0.03, 0.02], BLACK)
    else:
        add_magazine(shape, rng, front + rng.uniform(0.03, 0.09), -0.02)
    if rng.random() < 0.7:
        end = rear + rng.uniform(0.16, 0.26)
        shape.tube(
            [[0, rear - 0.02, 0.01], [0, end, 0.0], [0, end, -0.1], [0, rear - 0.02, -0.015]],
            0.006,
            STEEL,
            sides=8,
        )
    else:
        add_stock(shape, rng, rear, color)
    if rng.random() < 0.5:
        shape.box([0, front - 0.04, -0.03], [0.035, 0.1, 0.04], color, round_off=0.01)
    add_sight(shape, rng, 0.0, 0.025, int(rng.choice([1, 3, 3])))
    return shape


def musket(rng: np.random.Generator) -> SolidBuilder:
    """A long barrel in a stock that reaches to the muzzle, with a lock, bands and a ramrod."""
    shape, wood = SolidBuilder(), palette.wood(rng)
    length, radius = rng.uniform(0.6, 1.1), rng.uniform(0.009, 0.014)
    butt, drop = rng.uniform(0.3, 0.4), rng.uniform(0.06, 0.14)
    cover = rng.uniform(0.6, 0.95) * length
    outline = [
        (-cover, -0.006),
        (0.06, -0.004),
        (0.12, -0.02),
        (0.1 + butt, -drop),
        (0.1 + butt - 0.012, -drop - rng.uniform(0.09, 0.13)),
    ]
    outline += [(0.16, -0.07), (0.08, -0.045), (-0.1, -0.038), (-cover, -0.028)]
    add_plate(shape, outline, rng.uniform(0.028, 0.042), wood)
    shape.lathe(
        [(1.3 * radius, 0), (radius, length)],
        [0, 0.08, 0.0],
        STEEL * 2.0,
        axis=FRONT,
        sides=int(rng.choice([8, 20])),
    )
    brass = np.array([0.5, 0.36, 0.12])
    for y in np.linspace(0.25, 0.92, int(rng.integers(2, 5))) * -cover:
        shape.box([0, y, -0.012], [0.036, 0.018, 0.045], brass, round_off=0.006)
    shape.box([0.02, 0.05, -0.015], [0.014, 0.13, 0.032], STEEL * 3.0, round_off=0.005)
    shape.tube(
        [[0.026, 0.08, -0.01], [0.028, 0.09, 0.035], [0.028, 0.06, 0.045]],
        0.006,
        STEEL * 3.0,
        sides=8,
    )
    shape.bar([0, -0.2, -0.036], [0, -length + 0.06, -0.018], 0.004, STEEL)
    add_trigger(shape, 0.09, -0.045)
    if rng.random() < 0.3:
        tip = -length + 0.06
        shape.hull(
            [[0, tip, -0.02], [0.006, tip, -0.01], [-0.006, tip, -0.01], [0, tip - 0.35, -0.012]],
            STEEL * 4.0,
        )
    return shape


PROGRAMS = (hunting, military, bullpup, shotgun, submachine, musket)
