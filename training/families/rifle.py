"""Long guns: hunting, assault and bullpup rifles, shotguns, lever guns, muskets, science fiction.

One unit is the length without the stock's variation; the muzzle points toward -Y, X is across.
"""

from __future__ import annotations

import numpy as np

from training.families.mesh_builder import Floats, MeshBuilder
from training.shapes import palette

Triangles = tuple[Floats, Floats]
BLACK, STEEL = np.full(3, 0.035), np.array([0.16, 0.17, 0.19])
HALF = 0.018
"""Half width of most bodies."""


def hunting_rifle(rng: np.random.Generator) -> Triangles:
    """One wooden stock from butt to forend, a bolt, often a scope."""
    u = rng.uniform
    shape, wood = MeshBuilder(), palette.wood(rng)
    _wooden_stock(rng, shape, wood, forend=u(-0.25, -0.1))
    _barrel(shape, u(-0.62, -0.5), 0.05, u(0.008, 0.011), 0.0, STEEL)
    shape.box([0, 0.1, 0.0], [0.026, 0.2, 0.03], STEEL, bevel=0.2)
    shape.tube([[0, 0.16, 0.005], [0.035, 0.17, -0.005], [0.045, 0.175, -0.02]], 0.005, STEEL, 8)
    _trigger(shape, 0.17, -0.03)
    if rng.random() < 0.75:
        _scope(rng, shape, 0.1, 0.045)
    return shape.triangles


def shotgun(rng: np.random.Generator) -> Triangles:
    """Two barrels side by side or over each other, or a pump under one."""
    u = rng.uniform
    shape, wood = MeshBuilder(), palette.wood(rng) if rng.random() < 0.7 else BLACK
    muzzle = u(-0.6, -0.45)
    kind = rng.integers(3)
    if kind == 2:
        _barrel(shape, muzzle, 0.1, 0.013, 0.0, STEEL)
        _barrel(shape, muzzle + 0.12, 0.1, 0.011, -0.028, STEEL)
        shape.tube([[0, -0.28, -0.03], [0, -0.12, -0.03]], 0.021, wood)
    else:
        across, up = ((0.012, 0.0), (0.0, 0.024))[kind]
        for side in (-1, 1):
            start = len(shape.corners)
            _barrel(shape, muzzle, 0.08, 0.0115, side * up / 2, STEEL)
            for number in range(start, len(shape.corners)):
                shape.corners[number][..., 0] += side * across
        shape.prism(
            [(-0.22, -0.012), (0.06, -0.012), (0.06, -0.05), (-0.2, -0.04)],
            -0.02,
            0.02,
            wood,
            inset=0.15,
        )
    shape.box([0, 0.12, -0.008], [2 * HALF, 0.18, 0.055], STEEL, bevel=0.15)
    _butt(rng, shape, wood, 0.19, -0.01)
    _trigger(shape, 0.17, -0.036)
    return shape.triangles


def assault_rifle(rng: np.random.Generator) -> Triangles:
    """Magazine before the grip, a handguard, sights, a stock that is solid or a frame."""
    u = rng.uniform
    shape, paint = MeshBuilder(), _finish(rng)
    shape.box([0, 0.08, 0.0], [2 * HALF, 0.28, 0.06], paint, bevel=0.12)
    guard = u(0.16, 0.28)
    hand = palette.wood(rng) if rng.random() < 0.3 else paint
    shape.box([0, -0.06 - guard / 2, 0.005], [0.042, guard, 0.046], hand, bevel=0.25)
    muzzle = -0.06 - guard - u(0.1, 0.2)
    _barrel(shape, muzzle, 0.0, 0.0085, 0.008, STEEL)
    shape.tube([[0, muzzle - 0.04, 0.008], [0, muzzle + 0.01, 0.008]], 0.013, BLACK)
    _magazine(rng, shape, u(0.02, 0.06), -0.025, u(0.1, 0.17), BLACK)
    _grip(shape, 0.17, -0.025, paint)
    _trigger(shape, 0.13, -0.028)
    if rng.random() < 0.5:
        _butt(rng, shape, hand, 0.21, 0.0)
    else:
        _frame_stock(rng, shape, 0.21, 0.0)
    if rng.random() < 0.5:
        shape.box([0, -0.06 - 0.85 * guard, 0.05], [0.012, 0.02, 0.06], BLACK)
        shape.box([0, 0.16, 0.045], [0.016, 0.04, 0.04], BLACK)
    else:
        shape.box([0, 0.06, 0.036], [0.018, 0.2, 0.014], BLACK)
        _scope(rng, shape, 0.06, 0.06)
    return shape.triangles


def bullpup(rng: np.random.Generator) -> Triangles:
    """The magazine behind the grip, in one body that is the stock."""
    u = rng.uniform
    shape, paint = MeshBuilder(), _finish(rng)
    back, drop = 0.42, u(0.1, 0.13)
    body = [
        (-0.18, 0.03), (back, 0.04), (back, -drop), (0.28, -0.05), (0.0, -0.045), (-0.18, -0.03),
    ]  # fmt: skip
    shape.prism(body, -0.024, 0.024, paint, inset=0.08)
    _barrel(shape, u(-0.42, -0.3), 0.0, 0.009, 0.008, STEEL)
    _grip(shape, 0.02, -0.04, paint)
    _trigger(shape, -0.02, -0.045)
    _magazine(rng, shape, 0.2, -0.045, u(0.1, 0.16), BLACK)
    if rng.random() < 0.6:
        for y in (-0.05, 0.16):
            shape.box([0, y, 0.055], [0.014, 0.02, 0.05], BLACK)
        shape.box([0, 0.055, 0.083], [0.018, 0.26, 0.016], BLACK, bevel=0.2)
    else:
        _scope(rng, shape, 0.06, 0.06)
    return shape.triangles


def sniper_rifle(rng: np.random.Generator) -> Triangles:
    """A long heavy barrel on a bipod, a large scope, a stock with a thumb hole or a frame."""
    u = rng.uniform
    shape, paint = MeshBuilder(), _finish(rng)
    shape.box([0, 0.05, -0.005], [0.046, 0.5, 0.05], paint, bevel=0.15)
    muzzle = u(-0.75, -0.6)
    _barrel(shape, muzzle, 0.0, u(0.011, 0.014), 0.012, STEEL)
    if rng.random() < 0.7:
        shape.box([0, muzzle, 0.012], [0.045, 0.06, 0.026], BLACK, bevel=0.15)
    spread, foot = u(0.06, 0.12), u(0.15, 0.2)
    for side in (-1, 1):
        shape.tube([[0, -0.16, -0.02], [side * spread, -0.2, -foot]], 0.006, BLACK, 8)
    _scope(rng, shape, 0.08, 0.055, large=True)
    _grip(shape, 0.23, -0.025, paint)
    _trigger(shape, 0.18, -0.028)
    _magazine(rng, shape, 0.08, -0.03, u(0.05, 0.08), BLACK)
    if rng.random() < 0.5:
        _frame_stock(rng, shape, 0.29, 0.0)
    else:
        _butt(rng, shape, paint, 0.29, 0.0)
    return shape.triangles


def submachine_gun(rng: np.random.Generator) -> Triangles:
    """Short, the magazine long and straight."""
    u = rng.uniform
    shape, paint = MeshBuilder(), _finish(rng)
    shape.tube([[0, -0.12, 0.005], [0, 0.2, 0.005]], 0.024, paint, 10)
    shape.box([0, 0.08, -0.012], [0.034, 0.24, 0.045], paint, bevel=0.15)
    _barrel(shape, u(-0.3, -0.2), 0.0, 0.01, 0.005, STEEL)
    _magazine(rng, shape, u(-0.02, 0.04), -0.03, u(0.16, 0.22), BLACK)
    _grip(shape, 0.14, -0.025, paint)
    _trigger(shape, 0.1, -0.028)
    _frame_stock(rng, shape, 0.2, 0.0)
    if rng.random() < 0.4:
        _scope(rng, shape, 0.05, 0.05)
    return shape.triangles


def lever_gun(rng: np.random.Generator) -> Triangles:
    """A loop under the receiver, a tube below the barrel; long as a musket without the lever."""
    u = rng.uniform
    shape, wood = MeshBuilder(), palette.wood(rng)
    brass = palette.metal(rng)
    muzzle = u(-0.55, -0.4)
    _barrel(shape, muzzle, 0.06, 0.011, 0.008, STEEL)
    musket = rng.random() < 0.4
    if musket:
        outline = [(muzzle + 0.08, 0.0), (0.1, 0.0), (0.1, -0.04), (muzzle + 0.08, -0.022)]
        shape.prism(outline, -HALF, HALF, wood, inset=0.15)
        shape.tube([[0, 0.1, 0.02], [0.02, 0.13, 0.045]], 0.008, STEEL, 8)
        for y in np.linspace(muzzle + 0.12, -0.08, 3):
            shape.tube([[0, y - 0.012, -0.004], [0, y + 0.012, -0.004]], 0.024, brass)
    else:
        _barrel(shape, muzzle + 0.03, 0.06, 0.009, -0.016, STEEL)
        shape.box([0, -0.12, -0.012], [0.036, 0.2, 0.036], wood, bevel=0.25)
        turn = np.linspace(0.1 * np.pi, 1.9 * np.pi, 12)
        loop = np.stack([0 * turn, 0.2 + 0.05 * np.cos(turn), -0.06 + 0.026 * np.sin(turn)], 1)
        shape.tube(loop, 0.0055, brass, 8)
    shape.box([0, 0.12, -0.008], [0.036, 0.18, 0.056], brass if not musket else STEEL, bevel=0.15)
    _butt(rng, shape, wood, 0.19, -0.012)
    _trigger(shape, 0.17, -0.035)
    return shape.triangles


def blaster(rng: np.random.Generator) -> Triangles:
    """Science fiction: a bulky body, coils around the barrel, fins and pods."""
    u = rng.uniform
    shape, paint, second = MeshBuilder(), palette.paint(rng), _finish(rng)
    length, deep = u(0.3, 0.45), u(0.1, 0.15)
    body = [
        (-0.1, 0.05), (-0.1 + length, 0.06), (length, -0.02), (0.6 * length, -deep / 2),
        (-0.06, -deep / 2), (-0.14, 0.0),
    ]  # fmt: skip
    shape.prism(body, -0.035, 0.035, paint, inset=0.12)
    muzzle = u(-0.45, -0.3)
    _barrel(shape, muzzle, 0.0, u(0.014, 0.024), 0.015, second)
    for y in np.linspace(muzzle + 0.06, -0.16, int(rng.integers(2, 6))):
        shape.tube([[0, y - 0.012, 0.015], [0, y + 0.012, 0.015]], u(0.03, 0.045), paint)
    shape.lathe(
        [(0.02, 0), (0.035, -0.05), (0.028, -0.05), (0.014, 0)],
        [0, muzzle + 0.02, 0.015],
        second,
        axis=1,
    )
    _grip(shape, 0.16, -0.04, second)
    _trigger(shape, 0.11, -0.05)
    if rng.random() < 0.6:
        _frame_stock(rng, shape, length - 0.03, 0.01)
    if rng.random() < 0.6:
        _scope(rng, shape, 0.05, 0.085, large=True)
    if rng.random() < 0.6:
        shape.lathe(
            [(0.03, -0.06), (0.04, 0.0), (0.03, 0.06)], [0, 0.0, -deep / 2 - 0.02], second, axis=1
        )
    return shape.triangles


PROGRAMS = {
    "hunting_rifle": hunting_rifle,
    "shotgun": shotgun,
    "assault_rifle": assault_rifle,
    "bullpup": bullpup,
    "sniper_rifle": sniper_rifle,
    "submachine_gun": submachine_gun,
    "lever_gun": lever_gun,
    "blaster": blaster,
}


def _finish(rng: np.random.Generator) -> Floats:
    """Black, sand, olive, or anything."""
    if rng.random() < 0.3:
        return palette.paint(rng)
    finishes = np.array([[0.04] * 3, [0.35, 0.29, 0.18], [0.12, 0.14, 0.07]])
    return np.asarray(finishes[rng.integers(3)], np.float64)


def _barrel(
    shape: MeshBuilder, muzzle: float, breech: float, radius: float, z: float, color: Floats
) -> None:
    middle = muzzle + 0.3 * (breech - muzzle)
    path = [[0, breech, z], [0, middle, z], [0, muzzle, z]]
    shape.tube(path, (1.25 * radius, radius, radius), color)


def _wooden_stock(
    rng: np.random.Generator, shape: MeshBuilder, wood: Floats, forend: float
) -> None:
    """Forend, wrist and butt in one piece."""
    u = rng.uniform
    back, drop, heel = u(0.5, 0.58), u(0.1, 0.13), u(-0.02, 0.0)
    outline = [
        (forend, 0.0), (0.2, 0.0), (0.26, -0.012), (0.32, heel), (back, heel - 0.01),
        (back, heel - drop), (0.36, -0.07), (0.25, -0.06), (0.18, -0.042), (forend, -0.03),
    ]  # fmt: skip
    shape.prism(outline, -HALF, HALF, wood, inset=0.12)


def _butt(
    rng: np.random.Generator, shape: MeshBuilder, color: Floats, front: float, z: float
) -> None:
    """A solid stock behind the receiver."""
    u = rng.uniform
    back, drop = front + u(0.22, 0.3), u(0.09, 0.13)
    heel = z + u(-0.02, 0.015)
    outline = [
        (front, z + 0.02), (back, heel + 0.01), (back, heel - drop), (front + 0.1, z - 0.055),
        (front, z - 0.03),
    ]  # fmt: skip
    shape.prism(outline, -HALF, HALF, color, inset=0.12)
    if rng.random() < 0.5:
        shape.box(
            [0, back + 0.005, heel - drop / 2 + 0.005], [2 * HALF, 0.012, drop], BLACK, bevel=0.2
        )


def _frame_stock(rng: np.random.Generator, shape: MeshBuilder, front: float, z: float) -> None:
    """Two rods and a plate, or one rod."""
    back = front + rng.uniform(0.18, 0.26)
    drop = rng.uniform(0.09, 0.12)
    shape.tube([[0, front - 0.02, z + 0.01], [0, back, z + 0.01]], 0.009, BLACK, 8)
    if rng.random() < 0.6:
        shape.tube([[0, front - 0.02, z - 0.02], [0, back, z - drop + 0.02]], 0.008, BLACK, 8)
    shape.box([0, back, z + 0.02 - drop / 2], [0.03, 0.018, drop], BLACK, bevel=0.2)


def _grip(shape: MeshBuilder, y: float, z: float, color: Floats) -> None:
    outline = [(y, z + 0.01), (y + 0.045, z + 0.01), (y + 0.085, z - 0.1), (y + 0.04, z - 0.105)]
    shape.prism(outline, -0.015, 0.015, color, inset=0.12)


def _trigger(shape: MeshBuilder, y: float, z: float) -> None:
    """The guard's loop and the trigger in it."""
    turn = np.linspace(np.pi, 2 * np.pi, 9)
    loop = np.stack([0 * turn, y + 0.032 * np.cos(turn), z + 0.034 * np.sin(turn) + 0.004], 1)
    shape.tube(loop, 0.0045, BLACK, 8)
    shape.tube([[0, y + 0.005, z + 0.005], [0, y - 0.002, z - 0.02]], 0.004, BLACK, 6)


def _magazine(
    rng: np.random.Generator, shape: MeshBuilder, y: float, z: float, length: float, color: Floats
) -> None:
    """Straight, or bent forward."""
    bend = rng.uniform(0.0, 0.06) if rng.random() < 0.6 else 0.0
    along = np.linspace(0, 1, 6)
    front = np.stack([y - bend * along**2, z + 0.02 - length * along], 1)
    back = front[::-1] + np.array([rng.uniform(0.035, 0.06), 0])
    shape.prism(np.concatenate([front, back]), -0.012, 0.012, color)


def _scope(
    rng: np.random.Generator, shape: MeshBuilder, y: float, z: float, *, large: bool = False
) -> None:
    """A telescope on two rings."""
    length = rng.uniform(0.16, 0.26) * (1.2 if large else 1.0)
    bell = rng.uniform(0.016, 0.024) * (1.25 if large else 1.0)
    profile = [
        (0.75 * bell, length / 2), (0.75 * bell, 0.3 * length), (0.5 * bell, 0.22 * length),
        (0.5 * bell, -0.15 * length), (bell, -0.28 * length), (bell, -length / 2),
    ]  # fmt: skip
    shape.lathe(profile, [0, y, z], BLACK, axis=1, sides=16)
    for place in (-0.1, 0.15):
        shape.box([0, y + place * length, z - 0.02], [0.012, 0.016, 0.05], BLACK)
