"""Couches: boxy, with rolled arms, with a corner, framed in wood, round, camel-backed, futons."""

from __future__ import annotations

import numpy as np

from training.corpus.families.couch_frames import framed, futon
from training.corpus.families.couch_parts import add_cushions, add_legs, add_pillows, draw_cloth
from training.corpus.families.solids import Floats, SolidBuilder, curve
from training.shapes import palette
from training.shapes.parts import moved


def boxy(rng: np.random.Generator) -> SolidBuilder:
    """A base, box arms, a back, one to four seat cushions and as many at the back."""
    shape = SolidBuilder()
    arm, seats = rng.uniform(0.08, 0.26), int(rng.integers(1, 5))
    inner = seats * rng.uniform(0.55, 0.72) + (0.3 if seats == 1 else 0)
    width, depth = inner + 2 * arm, rng.uniform(0.78, 1.0)
    foot, seat = rng.uniform(0.0, 0.18), rng.uniform(0.38, 0.46)
    back, rise = rng.uniform(0.66, 0.95), rng.uniform(0.5, 0.68)
    cloth, cushion = draw_cloth(rng), rng.uniform(0.1, 0.2)
    other = cloth if rng.random() < 0.7 else draw_cloth(rng)
    thick, soft = rng.uniform(0.12, 0.24), rng.choice([0.01, 0.03, 0.07])
    base = seat - cushion
    shape.box(
        [0, 0.02, (foot + base) / 2],
        [width - 0.02, depth - 0.04, base - foot],
        cloth,
        round_off=0.02,
    )
    shape.box(
        [0, depth / 2 - thick / 2, (foot + back) / 2],
        [width - 0.02, thick, back - foot],
        cloth,
        round_off=soft,
    )
    if rng.random() < 0.88:
        for side in (-1, 1):
            shape.box(
                [side * (width - arm) / 2, 0, (foot + rise) / 2],
                [arm, depth, rise - foot],
                cloth,
                round_off=soft,
            )
    else:
        inner = width
    span = (-inner / 2, inner / 2)
    add_cushions(
        shape,
        rng,
        span,
        seats,
        (-thick / 2 + 0.0, seat - cushion / 2, depth - thick, cushion),
        other,
    )
    if rng.random() < 0.75:
        high = back - seat + rng.uniform(-0.04, 0.12)
        add_cushions(
            shape, rng, span, seats, (depth / 2 - thick - 0.07, seat + high / 2, 0.2, high), other
        )
    add_pillows(shape, rng, inner, depth / 2 - thick - 0.22, seat)
    add_legs(
        shape,
        rng,
        (width / 2, depth / 2),
        foot,
        palette.wood(rng) if rng.random() < 0.6 else palette.metal(rng),
    )
    return shape


def rolled(rng: np.random.Generator) -> SolidBuilder:
    """A chesterfield or a classic: rolls along arms and back, cushions between."""
    shape = SolidBuilder()
    width, depth = rng.uniform(1.3, 2.4), rng.uniform(0.8, 0.98)
    foot, seat, arm = rng.uniform(0.05, 0.14), rng.uniform(0.4, 0.47), rng.uniform(0.6, 0.74)
    roll, cloth = rng.uniform(0.07, 0.13), draw_cloth(rng)
    back = arm if rng.random() < 0.4 else arm + rng.uniform(0.08, 0.26)
    base = [width - 2 * roll, depth - 0.06, seat - 0.14 - foot]
    shape.box([0, 0, (foot + seat - 0.14) / 2], base, cloth, round_off=0.02)
    _rolled_arms(shape, rng, (width, depth, foot, arm), roll, cloth)
    y, inner = depth / 2 - roll, width / 2 - 2 * roll + 0.02
    ends = [[s * (width / 2 - roll), y, back - roll] for s in (-1, 1)]
    shape.bar(ends[0], ends[1], roll, cloth, sides=20)
    wall = [width - 2 * roll, 1.5 * roll, back - roll - foot]
    shape.box([0, y, (foot + back - roll) / 2], wall, cloth)
    count, span = int(rng.integers(1, 4)), (-inner, inner)
    add_cushions(shape, rng, span, count, (-0.06, seat - 0.07, depth - 0.2, 0.15), cloth)
    if rng.random() < 0.5:
        box = (y - roll - 0.05, (seat + back) / 2, 0.2, back - seat + 0.04)
        add_cushions(shape, rng, span, count, box, cloth)
    add_pillows(shape, rng, inner, y - 0.25, seat)
    add_legs(shape, rng, (width / 2 - 0.05, depth / 2), foot, palette.wood(rng))
    return shape


def _rolled_arms(
    shape: SolidBuilder,
    rng: np.random.Generator,
    box: tuple[float, float, float, float],
    roll: float,
    cloth: Floats,
) -> None:
    """A roll on a wall at both sides; ``box`` is width, depth, height of feet and of arms."""
    width, depth, foot, arm = box
    lean, plates = rng.uniform(0.0, 0.12), rng.random() < 0.5
    for side in (-1, 1):
        x = side * (width / 2 - roll)
        front = np.array([x + side * lean, -depth / 2, arm - roll])
        shape.tube([front, moved(front, 0, depth - roll, 0)], roll, cloth, sides=20)
        wall = []
        for y in (-depth / 2 + 0.02, depth / 2 - 0.04):
            for z in (foot, arm - roll):
                out = 0.05 + lean * (z > foot)
                wall += [[x - side * 0.05, y, z], [x + side * out, y, z]]
        shape.hull(wall, cloth)
        if plates:
            profile = [(0.8 * roll, 0), (0.7 * roll, 0.014)]
            shape.lathe(profile, front, palette.wood(rng), axis=(0, -1, 0))


def corner(rng: np.random.Generator) -> SolidBuilder:
    """A long side and a short one, or a chaise: seats along an L, or along a U."""
    shape = SolidBuilder()
    unit, seats = rng.uniform(0.66, 0.85), int(rng.integers(2, 5))
    depth, width = rng.uniform(0.85, 1.0), seats * unit + 0.2
    foot, seat, back = rng.uniform(0.02, 0.14), rng.uniform(0.38, 0.45), rng.uniform(0.65, 0.88)
    thick, cloth = rng.uniform(0.14, 0.24), draw_cloth(rng)
    cushion, soft, side = rng.uniform(0.1, 0.18), rng.choice([0.02, 0.05]), rng.choice([-1, 1])
    base = seat - cushion
    sides = (side, -side) if rng.random() < 0.15 else (side,)
    shape.box([0, 0, (foot + base) / 2], [width, depth, base - foot], cloth, round_off=0.02)
    shape.box(
        [0, (depth - thick) / 2, (foot + back) / 2],
        [width, thick, back - foot],
        cloth,
        round_off=soft,
    )
    add_cushions(
        shape,
        rng,
        (-width / 2 + 0.1, width / 2 - 0.1),
        seats,
        (-thick / 2, seat - cushion / 2, depth - thick, cushion),
        cloth,
    )
    reach = rng.uniform(0.5, 1.6)
    for end in sides:
        x, y = end * (width - depth) / 2, -(depth + reach) / 2
        shape.box([x, y, (foot + base) / 2], [depth, reach, base - foot], cloth, round_off=0.02)
        shape.box(
            [x, y + 0.02, seat - cushion / 2],
            [0.97 * depth, reach + 0.04, cushion],
            cloth,
            round_off=0.04,
        )
        if reach > 0.9:
            wall = [end * (width - thick) / 2, -reach / 2, (foot + back) / 2]
            shape.box(wall, [thick, depth + reach, back - foot], cloth, round_off=soft)
    if len(sides) == 1 and rng.random() < 0.85:
        arm = rng.uniform(0.12, 0.24)
        rise = rng.uniform(0.5, 0.64)
        shape.box(
            [-side * (width + arm) / 2, 0, (foot + rise) / 2],
            [arm, depth, rise - foot],
            cloth,
            round_off=soft,
        )
    if rng.random() < 0.7:
        high = back - seat + rng.uniform(-0.05, 0.1)
        add_cushions(
            shape,
            rng,
            (-width / 2 + 0.12, width / 2 - 0.12),
            seats,
            (depth / 2 - thick - 0.08, seat + high / 2, 0.18, high),
            cloth,
        )
    add_pillows(shape, rng, width, depth / 2 - thick - 0.25, seat)
    add_legs(shape, rng, (width / 2, depth / 2), foot, palette.metal(rng))
    return shape


def curved(rng: np.random.Generator) -> SolidBuilder:
    """A seat and a back along an arc, open to the front."""
    shape = SolidBuilder()
    radius, span = rng.uniform(0.9, 2.2), rng.uniform(1.0, 2.6)
    depth, cloth = rng.uniform(0.6, 0.85), draw_cloth(rng)
    foot, seat, back = rng.uniform(0.0, 0.12), rng.uniform(0.38, 0.46), rng.uniform(0.62, 0.9)
    span = min(span, 3.2 / radius)
    angle = np.linspace(-span / 2, span / 2, 25)
    taper = rng.uniform(0.0, 0.45)

    def along(inner: float, outer: float, low: float, high: float, soft: float) -> Floats:
        """Rings around the arc: a rectangle with cut corners between two radii."""
        rows = []
        for turn in angle:
            top = low + (high - low) * (1 - taper * (2 * turn / span) ** 2 * (high > seat))
            ring = [
                (inner, low),
                (outer, low),
                (outer, top - soft),
                (outer - soft, top),
                (inner + soft, top),
                (inner, top - soft),
            ]
            rows.append([[r * np.sin(turn), r * np.cos(turn) - radius, z] for r, z in ring])
        return np.array(rows)

    shape.loft(along(radius - depth, radius, foot, seat - 0.13, 0.02), cloth)
    shape.loft(
        along(radius - depth - 0.02, radius - 0.12, seat - 0.13, seat, rng.uniform(0.02, 0.06)),
        cloth,
    )
    shape.loft(
        along(radius - rng.uniform(0.14, 0.26), radius, foot, back, rng.uniform(0.02, 0.06)), cloth
    )
    wood = palette.wood(rng)
    if foot > 0.02:
        for turn in np.linspace(-0.44, 0.44, 4) * span:
            for r in (radius - 0.06, radius - depth + 0.06):
                place = [r * np.sin(turn), r * np.cos(turn) - radius]
                shape.bar([*place, 0], [*place, foot + 0.01], 0.022, wood)
    return shape


def camel(rng: np.random.Generator) -> SolidBuilder:
    """A back whose outline is a wave, scroll arms, turned legs; also a chaise with one arm."""
    shape = SolidBuilder()
    width, depth = rng.uniform(1.1, 2.0), rng.uniform(0.65, 0.85)
    leg, seat = rng.uniform(0.12, 0.24), rng.uniform(0.4, 0.47)
    cloth, wood, side = draw_cloth(rng), palette.wood(rng), rng.choice([-1, 1])
    one = rng.random() < 0.3
    ends, hump = rng.uniform(0.62, 0.75), rng.uniform(0.78, 1.05)
    knots = [
        (-0.5, ends),
        (-0.25, ends + rng.uniform(0, 0.1)),
        (0, hump),
        (0.25, ends + rng.uniform(0, 0.1)),
        (0.5, ends),
    ]
    if one:
        knots = [
            (0.5 * side, seat + 0.02),
            (0.1 * side, seat + 0.1),
            (-0.25 * side, hump),
            (-0.5 * side, ends + 0.05),
        ]
    line = curve([(x * width, z) for x, z in knots], 25)
    outline = [*line.tolist(), (line[-1, 0], leg + 0.06), (line[0, 0], leg + 0.06)]
    axes = (np.array([1.0, 0, 0]), np.array([0, 0, 1.0]), np.array([0, 1.0, 0]))
    shape.extrude(outline, (depth / 2 - rng.uniform(0.1, 0.16), depth / 2), cloth, axes=axes)
    shape.box(
        [0, 0, (leg + seat - 0.08) / 2 + 0.02],
        [width, depth, seat - 0.08 - leg],
        cloth,
        round_off=0.02,
    )
    count = int(rng.integers(1, 3))
    add_cushions(
        shape,
        rng,
        (-width / 2 + 0.05, width / 2 - 0.05),
        count,
        (-0.05, seat - 0.04, depth - 0.14, 0.11),
        cloth,
    )
    for end in (-side,) if one else (-1, 1):
        x = end * width / 2
        roll = rng.uniform(0.06, 0.1)
        shape.bar(
            [x, -depth / 2 + 0.02, ends - roll - 0.06],
            [x, depth / 2 - 0.02, ends - roll - 0.06],
            roll,
            cloth,
            sides=18,
        )
        shape.box([x, 0, (leg + ends) / 2 - 0.02], [0.09, depth - 0.06, ends - leg - 0.1], cloth)
    for x in (-0.46, 0.46):
        for y in (-0.42, 0.42):
            profile = np.array([(0.02, 0), (0.03, 0.15), (0.018, 0.3), (0.035, 0.75), (0.03, 1)])
            shape.lathe(profile * [1, leg + 0.08], [x * width, y * depth, 0], wood)
    return shape


PROGRAMS = (boxy, rolled, corner, framed, curved, camel, futon)
