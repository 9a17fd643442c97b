"""Cars: sedans, hatchbacks, off-roaders, vans, pickups, sports cars, old-timers and racers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.families.mesh_builder import Floats, MeshBuilder
from training.shapes import palette

GLASS, RUBBER, STEEL = (np.array(c) for c in ([0.03, 0.04, 0.05], [0.02] * 3, [0.5] * 3))
Triangles = tuple[Floats, Floats]


@dataclass(frozen=True)
class Body:
    """A car's side view, in units of its length; 0 is the nose, 1 the tail.

    Attributes
    ----------
    width, height
        Of the whole car without its mirrors.
    clearance
        Between road and sill.
    wheel
        Radius of the wheels.
    axles
        Where the wheels stand.
    hood, deck
        Heights of the front's and the tail's top, shares of the height above the sill.
    cabin
        Where windscreen and rear window begin below and above: foot, roof, roof, foot.
    """

    width: float
    height: float
    clearance: float
    wheel: float
    axles: tuple[float, float]
    hood: float
    deck: float
    cabin: tuple[float, float, float, float]


def sedan(rng: np.random.Generator) -> Triangles:
    """Three boxes: hood, cabin and trunk."""
    u = rng.uniform
    cabin = (u(0.26, 0.34), u(0.4, 0.46), u(0.68, 0.74), u(0.8, 0.88))
    return _car(
        rng,
        Body(
            u(0.36, 0.42), u(0.29, 0.34), u(0.035, 0.05), u(0.065, 0.075),
            (u(0.17, 0.21), u(0.79, 0.83)), u(0.48, 0.58), u(0.55, 0.64), cabin,
        ),
    )  # fmt: skip


def hatchback(rng: np.random.Generator) -> Triangles:
    """Two boxes, short and high."""
    u = rng.uniform
    cabin = (u(0.24, 0.34), u(0.4, 0.48), u(0.82, 0.92), u(0.95, 0.985))
    return _car(
        rng,
        Body(
            u(0.42, 0.48), u(0.36, 0.44), u(0.045, 0.06), u(0.075, 0.09),
            (u(0.18, 0.22), u(0.79, 0.84)), u(0.46, 0.56), u(0.55, 0.62), cabin,
        ),
    )  # fmt: skip


def off_roader(rng: np.random.Generator) -> Triangles:
    """High, square, on large wheels, often with a spare one."""
    u = rng.uniform
    body = Body(
        u(0.4, 0.46), u(0.42, 0.5), u(0.09, 0.12), u(0.09, 0.11), (u(0.18, 0.21), u(0.77, 0.82)),
        u(0.5, 0.58), u(0.55, 0.6), (u(0.28, 0.34), u(0.34, 0.4), u(0.92, 0.96), 0.985),
    )  # fmt: skip
    shape = _start(rng, body)
    if rng.random() < 0.6:
        z = body.clearance + 0.55 * (body.height - body.clearance)
        _wheel(shape, 0.0, 0.53, z, 0.9 * body.wheel, 0.05, axis=1)
    if rng.random() < 0.5:
        _roof_rack(rng, shape, body)
    return shape.triangles


def van(rng: np.random.Generator) -> Triangles:
    """One box with a short or without a hood."""
    u = rng.uniform
    body = Body(
        u(0.36, 0.44), u(0.38, 0.52), u(0.05, 0.07), u(0.06, 0.075), (u(0.15, 0.2), u(0.76, 0.84)),
        u(0.38, 0.5), u(0.45, 0.5), (u(0.06, 0.16), u(0.16, 0.26), u(0.95, 0.98), 0.99),
    )  # fmt: skip
    return _car(rng, body)


def pickup(rng: np.random.Generator) -> Triangles:
    """A cabin and an open bed."""
    u = rng.uniform
    body = Body(
        u(0.34, 0.4), u(0.31, 0.37), u(0.06, 0.09), u(0.07, 0.085), (u(0.17, 0.2), u(0.77, 0.81)),
        u(0.52, 0.6), u(0.16, 0.24), (u(0.26, 0.3), u(0.35, 0.4), u(0.5, 0.6), u(0.56, 0.63)),
    )  # fmt: skip
    shape = _start(rng, body)
    color = shape.colors[0][0]
    base = body.clearance + body.deck * (body.height - body.clearance)
    top = body.clearance + 0.55 * (body.height - body.clearance)
    front, middle = body.cabin[3] - 0.5, (base + top) / 2
    for side in (-1, 1):
        shape.box(
            [side * (body.width / 2 - 0.012), (front + 0.5) / 2, middle],
            [0.024, 0.5 - front, top - base],
            color,
        )
    shape.box([0, 0.488, middle], [body.width, 0.024, top - base], color)
    return shape.triangles


def sports_car(rng: np.random.Generator) -> Triangles:
    """Low and wide, with a spoiler now and then."""
    u = rng.uniform
    body = Body(
        u(0.42, 0.47), u(0.24, 0.28), u(0.025, 0.035), u(0.07, 0.078),
        (u(0.17, 0.21), u(0.78, 0.82)), u(0.4, 0.55), u(0.6, 0.72),
        (u(0.3, 0.4), u(0.47, 0.53), u(0.62, 0.7), u(0.8, 0.92)),
    )  # fmt: skip
    shape = _start(rng, body)
    if rng.random() < 0.55:
        color = shape.colors[0][0] if rng.random() < 0.6 else RUBBER
        z = body.height * u(0.82, 1.0)
        deck = body.clearance + body.deck * (body.height - body.clearance)
        shape.box([0, 0.46, z], [body.width * u(0.8, 1.0), 0.06, 0.012], color)
        for side in (-1, 1):
            shape.box(
                [side * 0.3 * body.width, 0.45, (z + deck) / 2 - 0.01],
                [0.014, 0.03, z - deck + 0.02],
                color,
            )
    return shape.triangles


def old_timer(rng: np.random.Generator) -> Triangles:
    """Upright cabin, long narrow hood, fenders that stand free."""
    u = rng.uniform
    paint, dark = palette.paint(rng), np.full(3, 0.04)
    shape = MeshBuilder()
    width, wheel, floor = u(0.24, 0.3), u(0.085, 0.11), 0.09
    hood_top, roof = u(0.24, 0.28), u(0.4, 0.46)
    shape.box(
        [0, -0.26, (floor + hood_top) / 2],
        [0.55 * width, 0.36, hood_top - floor],
        paint,
        bevel=0.12,
    )
    shape.box([0, 0.16, (floor + hood_top) / 2], [width, 0.5, hood_top - floor], paint, bevel=0.1)
    shape.box(
        [0, 0.18, (hood_top + roof) / 2], [0.9 * width, 0.4, roof - hood_top], GLASS, bevel=0.05
    )
    shape.box([0, 0.17, roof], [0.96 * width, 0.46, 0.025], dark, bevel=0.3)
    shape.box([0, -0.445, (floor + hood_top) / 2], [0.5 * width, 0.02, hood_top - floor], STEEL)
    for y in (-0.33, 0.33):
        turn = np.linspace(-0.1 * np.pi, 1.05 * np.pi, 12)
        arc = np.stack(
            [0 * turn, y + 1.2 * wheel * np.cos(turn), wheel + 1.2 * wheel * np.sin(turn)], 1
        )
        start = len(shape.corners)
        _strip(shape, arc + [0.38, 0, 0] * np.array([width / 0.5, 1, 1]), 0.07, 0.012, paint)
        shape.mirror(start)
        for side in (-1, 1):
            _wheel(shape, side * width * 0.76, y, wheel, wheel, 0.035)
    for side in (-1, 1):
        shape.box([side * 0.7 * width, 0, 0.075], [0.09, 0.4, 0.014], dark)
        shape.ball([side * 0.4 * width, -0.43, 0.24], 0.03, STEEL)
    return shape.triangles


def racer(rng: np.random.Generator) -> Triangles:
    """Open wheels, a narrow body, wings in front and behind."""
    u = rng.uniform
    paint, dark = palette.paint(rng), np.full(3, 0.04)
    shape = MeshBuilder()
    wheel, track = u(0.065, 0.08), u(0.16, 0.2)
    along = np.array([0.0, 0.12, 0.32, 0.45, 0.6, 0.85, 0.97]) - 0.5
    half = np.array([0.02, 0.035, 0.05, u(0.07, 0.12), u(0.08, 0.12), 0.05, 0.03])
    top = np.array([0.06, 0.09, 0.13, 0.14, u(0.17, 0.22), 0.14, 0.1])
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    rings = [
        np.stack([h * np.cos(turn), np.full(16, y), 0.03 + t / 2 * (1 + np.sin(turn))], 1)
        for y, h, t in zip(along, half, top, strict=True)
    ]
    shape.loft(np.array(rings)[::-1], paint)
    shape.ball([0, 0.02, 0.17], [0.03, 0.04, 0.035], palette.paint(rng))
    for y, size, z in ((-0.47, 0.07, 0.05), (0.45, 0.09, u(0.17, 0.24))):
        shape.box([0, y, z], [2 * track, size, 0.012], paint)
        for side in (-1, 1):
            shape.box([side * track, y, z], [0.012, size * 1.3, 0.06], paint)
    shape.box([0, 0.43, 0.12], [0.03, 0.04, 0.16], dark)
    for y, scale in ((-0.32, 1.0), (0.34, 1.12)):
        for side in (-1, 1):
            _wheel(shape, side * track, y, wheel * scale, wheel * scale, 0.07 * scale)
            shape.tube([[0, y, wheel], [side * track, y, wheel]], 0.009, dark, 8)
            shape.tube([[0, y + 0.08, 0.1], [side * track, y, wheel]], 0.007, dark, 8)
    return shape.triangles


PROGRAMS = {
    "sedan": sedan,
    "hatchback": hatchback,
    "off_roader": off_roader,
    "van": van,
    "pickup": pickup,
    "sports_car": sports_car,
    "old_timer": old_timer,
    "racer": racer,
}


def _car(rng: np.random.Generator, body: Body) -> Triangles:
    return _start(rng, body).triangles


def _start(rng: np.random.Generator, body: Body) -> MeshBuilder:
    """Body, cabin, wheels and what hangs on them."""
    shape = MeshBuilder()
    paint = palette.white(rng) if rng.random() < 0.25 else palette.paint(rng)
    rise = body.height - body.clearance
    hood, deck = body.clearance + body.hood * rise, body.clearance + body.deck * rise
    belt = max(hood, deck if body.deck > 0.3 else hood)
    _hull(rng, shape, body, hood, deck, paint)
    foot, front, back, end = (value - 0.5 for value in body.cabin)
    tumble = rng.uniform(0.72, 0.86)
    glass = np.array(
        [[foot, belt - 0.01], [front, body.height], [back, body.height], [end, belt - 0.01]]
    )
    half = body.width / 2
    rings = []
    for z, share in ((belt - 0.012, 0.93), (body.height - 0.012, tumble)):
        at = (z - belt) / max(body.height - belt, 1e-6)
        low, high = glass[0, 0] + at * (front - foot), glass[3, 0] + at * (back - end)
        x = share * half
        rings.append([[-x, low, z], [x, low, z], [x, high, z], [-x, high, z]])
    shape.loft(np.array(rings), GLASS)
    roof = np.array(rings[-1]).mean(0)
    size = np.ptp(np.array(rings[-1]), axis=0) + np.array([0.006, 0.006, 0.024])
    shape.box(roof + np.array([0, 0, 0.004]), size, paint, bevel=0.25)
    _pillars(shape, np.array(rings), paint)
    for y in body.axles:
        for side in (-1, 1):
            _wheel(
                shape,
                side * (half - 0.028),
                y - 0.5,
                body.wheel,
                body.wheel,
                rng.uniform(0.045, 0.06),
            )
    _details(rng, shape, body, hood, foot, paint)
    return shape


def _hull(
    rng: np.random.Generator,
    shape: MeshBuilder,
    body: Body,
    hood: float,
    deck: float,
    paint: Floats,
) -> None:
    """The painted lower body: a side view with wheel arches, narrower at its rims."""
    low = body.clearance
    nose, tail = rng.uniform(0.55, 0.85), rng.uniform(0.7, 0.95)
    top = [
        (0.5, low + tail * (deck - low)),
        (0.485, deck - 0.01),
        (body.cabin[3] - 0.5, deck),
        (body.cabin[0] - 0.5, hood),
        (-0.4, hood - rng.uniform(0.0, 0.03)),
        (-0.485, low + nose * (hood - low)),
        (-0.5, low + 0.5 * nose * (hood - low)),
    ]
    bottom: list[tuple[float, float]] = [(-0.49, low)]
    for axle in body.axles:
        turn = np.linspace(np.pi, 0, 9)
        reach = 1.16 * body.wheel
        arch = [
            (axle - 0.5 + reach * np.cos(t), max(low, body.wheel + reach * np.sin(t))) for t in turn
        ]
        bottom += [(arch[0][0], low), *arch, (arch[-1][0], low)]
    outline = np.array([*bottom, (0.49, low), *top])
    _, first = np.unique(np.round(outline, 5), axis=0, return_index=True)
    outline = outline[np.sort(first)]
    half = body.width / 2
    middle = np.array([0.0, (low + hood) / 2])
    rings = []
    for x, share in ((-1.0, 0.94), (-0.9, 1.0), (0.9, 1.0), (1.0, 0.94)):
        flat = middle + (outline - middle) * [share, 0.5 + share / 2]
        rings.append(np.insert(flat, 0, x * half, axis=1))
    shape.loft(np.array(rings), paint)


def _pillars(shape: MeshBuilder, rings: Floats, paint: Floats) -> None:
    """Bars in the color of the body from the belt to the roof's corners."""
    for below, above in zip(rings[0], rings[1], strict=True):
        outward = np.array([np.sign(below[0]) * 0.004, 0, 0])
        shape.tube([below + outward, above + outward], 0.012, paint, 6)


def _details(
    rng: np.random.Generator,
    shape: MeshBuilder,
    body: Body,
    hood: float,
    foot: float,
    paint: Floats,
) -> None:
    """Lamps, bumpers and mirrors."""
    half = body.width / 2
    lamp = np.array([0.9, 0.88, 0.75])
    z = body.clearance + 0.6 * (hood - body.clearance)
    for side in (-1, 1):
        shape.ball([side * 0.72 * half, -0.475, z], [0.045, 0.025, 0.02], lamp)
        shape.box([side * 0.75 * half, 0.492, z], [0.06, 0.02, 0.03], np.array([0.5, 0.02, 0.02]))
        shape.box(
            [side * (half + 0.018), foot + 0.05, hood + 0.015],
            [0.045, 0.025, 0.03],
            paint,
            bevel=0.2,
        )
    if rng.random() < 0.7:
        bumper = STEEL if rng.random() < 0.3 else np.full(3, 0.05)
        for y in (-0.5, 0.5):
            shape.box(
                [0, y, body.clearance + 0.035], [0.94 * body.width, 0.03, 0.04], bumper, bevel=0.25
            )


def _wheel(
    shape: MeshBuilder, x: float, y: float, z: float, radius: float, width: float, axis: int = 0
) -> None:
    """A tire and its rim, turned about X, or about another axis."""
    h = width / 2
    tire = [
        (0.6 * radius, -h), (0.92 * radius, -h), (radius, -0.6 * h), (radius, 0.6 * h),
        (0.92 * radius, h), (0.6 * radius, h),
    ]  # fmt: skip
    shape.lathe(tire, [x, y, z], RUBBER, axis=axis)
    shape.lathe([(0.62 * radius, -0.8 * h), (0.62 * radius, 0.8 * h)], [x, y, z], STEEL, axis=axis)


def _roof_rack(rng: np.random.Generator, shape: MeshBuilder, body: Body) -> None:
    y = np.array([body.cabin[1], body.cabin[2]]) - 0.5
    z, x = body.height + 0.02, 0.34 * body.width
    for side in (-1, 1):
        shape.tube([[side * x, y[0], z], [side * x, y[1], z]], 0.007, STEEL, 8)
    for share in np.linspace(0.1, 0.9, int(rng.integers(2, 5))):
        at = y[0] + share * (y[1] - y[0])
        shape.tube([[-x, at, z], [x, at, z]], 0.006, STEEL, 8)
        for side in (-1, 1):
            shape.tube([[side * x, at, z], [side * x, at, z - 0.03]], 0.006, STEEL, 8)


def _strip(shape: MeshBuilder, arc: Floats, width: float, thickness: float, color: Floats) -> None:
    """A bent band: a fender over a wheel."""
    outward = arc - arc.mean(0)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    side = np.array([width / 2, 0, 0])
    rings = [
        [p - side, p + side, p + side + thickness * n, p - side + thickness * n]
        for p, n in zip(arc, outward, strict=True)
    ]
    shape.loft(np.array(rings), color)
