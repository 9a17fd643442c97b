"""Parametric planes, about one unit long: the nose points toward -Y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.shapes import palette
from training.shapes.parts import FREE, INSIDE, Floats, ShapeBuilder, moved


@dataclass(frozen=True, eq=False)
class Wing:
    """A pair of wings, or one fin, in units of the plane's length.

    Attributes
    ----------
    root
        (3,) the middle of the chord at the body; mirrored in X for a pair.
    span, rise, sweep
        From root to tip along X, Z and Y.
    chord, taper
        Chord at the root, and the tip's share of it.
    half
        Half thickness at the root.
    """

    root: Floats
    span: float
    rise: float
    sweep: float
    chord: float
    taper: float
    half: float

    def tip(self, side: float, share: float = 1.0) -> Floats:
        """The middle of the chord at a share of the span, on the side -1 or 1."""
        step = np.array([side * self.span, self.sweep, self.rise])
        return np.asarray(self.root * [side, 1, 1] + share * step)


def make_plane(rng: np.random.Generator) -> ShapeBuilder:
    """Draw a plane: airliner, propeller plane, biplane or jet fighter."""
    shape = ShapeBuilder()
    kind = str(rng.choice(["airliner", "propeller", "biplane", "jet"], p=[0.52, 0.22, 0.08, 0.18]))
    body = palette.white(rng) if rng.random() < 0.5 else palette.paint(rng)
    wing_color = body if rng.random() < 0.6 else palette.furniture(rng)
    radius = rng.uniform(0.045, 0.07) if kind != "jet" else rng.uniform(0.035, 0.055)
    tail = _fuselage(rng, shape, radius, body, kind)
    wing = _draw_wing(rng, radius, kind)
    _add_wings(shape, wing, wing_color)
    _tail(rng, shape, radius, tail, wing_color, kind)
    if kind == "airliner":
        _engines(rng, shape, wing, radius)
    elif kind == "jet":
        _jet_exhaust(shape, radius)
    else:
        _propeller(rng, shape, radius)
        if kind == "biplane":
            _upper_wing(rng, shape, wing, radius, wing_color)
        if rng.random() < 0.6:
            _landing_gear(shape, radius)
    return shape


def _fuselage(
    rng: np.random.Generator, shape: ShapeBuilder, radius: float, color: Floats, kind: str
) -> Floats:
    """The body as a turned solid; returns the middle of its tail end."""
    blunt = {"airliner": 0.35, "jet": 0.2}.get(kind, 0.75)
    nose = rng.uniform(0.08, 0.12) if kind == "airliner" else rng.uniform(0.14, 0.26)
    along = np.array([0.0, 0.25 * nose, 0.6 * nose, nose, rng.uniform(0.58, 0.68), 0.86, 1.0])
    profile = np.array([blunt, blunt + 0.45 * (1 - blunt), 0.92, 1, 1, 0.6, 0.22])
    if kind == "jet":
        profile[-2:] = 0.9, 0.75
    lift = np.array([-0.25 * (kind == "airliner"), -0.1, 0, 0, 0, 0.28, 0.5]) * radius
    if kind == "jet":
        lift[-2:] = 0
    path = np.stack([0 * along, along - 0.5, lift], 1)
    shape.tube(path, profile * radius, color, sides=18)
    if kind != "airliner" and rng.random() < 0.8:
        y = -0.5 + nose + rng.uniform(0.04, 0.12)
        tint = np.array([0.08, 0.1, 0.14])
        path = [[0, y - 0.07, 0.7 * radius], [0, y, 1.05 * radius], [0, y + 0.1, 0.7 * radius]]
        shape.tube(path, [0.2 * radius, 0.5 * radius, 0.2 * radius], tint, sides=10)
    return np.asarray(np.array([0.0, 0.5, lift[-1]]))


def _draw_wing(rng: np.random.Generator, radius: float, kind: str) -> Wing:
    low = (
        rng.uniform(-0.75, -0.3)
        if rng.random() < 0.7 or kind == "biplane"
        else rng.uniform(0.4, 0.8)
    )
    if kind == "jet":
        chord = rng.uniform(0.3, 0.48)
        sweep = chord * rng.uniform(0.25, 0.5)
        root = np.array([0.5 * radius, rng.uniform(0.02, 0.12), rng.uniform(-0.3, 0.3) * radius])
        return Wing(
            root, rng.uniform(0.24, 0.36), 0.0, sweep, chord, rng.uniform(0.25, 0.45), 0.016
        )
    if kind == "airliner":
        root = np.array([0.4 * radius, rng.uniform(-0.08, 0.02), low * radius])
        span, sweep = rng.uniform(0.42, 0.54), rng.uniform(0.12, 0.28)
        chord, taper = rng.uniform(0.15, 0.21), rng.uniform(0.28, 0.45)
    else:
        root = np.array([0.4 * radius, rng.uniform(-0.2, -0.1), low * radius])
        span, sweep = rng.uniform(0.46, 0.62), rng.uniform(-0.02, 0.04)
        chord, taper = rng.uniform(0.15, 0.21), rng.uniform(0.6, 1.0)
    return Wing(root, span, rng.uniform(0.0, 0.07), sweep, chord, taper, rng.uniform(0.012, 0.018))


def _wing_quad(wing: Wing, side: float) -> tuple[Floats, Floats]:
    along = np.array([0.0, wing.chord / 2, 0.0])
    root, tip = wing.tip(side, 0.0), wing.tip(side)
    quad = np.stack(
        [root - along, tip - wing.taper * along, tip + wing.taper * along, root + along]
    )
    thin = max(0.65 * wing.half, 0.0095)
    return quad, np.array([wing.half, thin, thin, wing.half])


def _add_wings(shape: ShapeBuilder, wing: Wing, color: Floats) -> None:
    for side in (-1.0, 1.0):
        quad, half = _wing_quad(wing, side)
        shape.slab(quad, half, color, rounded=True)


def _fin(
    shape: ShapeBuilder,
    base: Floats,
    height: float,
    chord: float,
    lean: float,
    color: Floats,
    tilt: float = 0.0,
) -> None:
    """An upright fin, or a tilted one for a pair."""
    tip = moved(base, tilt, lean, height)
    quad = [
        moved(base, 0, -chord / 2, 0),
        moved(tip, 0, -0.28 * chord, 0),
        moved(tip, 0, 0.28 * chord, 0),
        moved(base, 0, chord / 2, 0),
    ]
    shape.slab(quad, [0.0115, 0.0098, 0.0098, 0.0115], color, rounded=True)


def _tail(
    rng: np.random.Generator,
    shape: ShapeBuilder,
    radius: float,
    tail: Floats,
    color: Floats,
    kind: str,
) -> None:
    """Fin and tail plane: usual, T-tail, or two fins on a jet."""
    chord = rng.uniform(0.09, 0.13)
    height = rng.uniform(0.13, 0.19)
    lean = rng.uniform(0.04, 0.1) if kind != "propeller" else rng.uniform(0.01, 0.05)
    base = moved(tail, 0, -chord / 2 - 0.02, 0)
    if kind == "jet" and rng.random() < 0.5:
        for side in (-1, 1):
            foot = moved(base, side * 0.6 * radius, 0, 0)
            _fin(
                shape,
                foot,
                height * 0.85,
                chord * 1.2,
                lean,
                color,
                tilt=side * rng.uniform(0, 0.06),
            )
    else:
        _fin(shape, base, height, chord * 1.2, lean, color)
    top = kind != "jet" and rng.random() < 0.25
    share = 0.94 if top else 0.0
    root = moved(base, 0, share * lean, share * height)
    root[0] = 0.0 if top else 0.3 * radius
    plane = Wing(
        root,
        rng.uniform(0.15, 0.21),
        rng.uniform(0, 0.02),
        rng.uniform(0.2, 0.9) * lean,
        chord * 0.9,
        rng.uniform(0.45, 0.8),
        0.0105,
    )
    _add_wings(shape, plane, color)


def _engines(rng: np.random.Generator, shape: ShapeBuilder, wing: Wing, radius: float) -> None:
    """Two or four under the wings, or two at the tail."""
    thick, length = rng.uniform(0.026, 0.038), rng.uniform(0.09, 0.14)
    color = palette.metal(rng) if rng.random() < 0.5 else palette.white(rng)
    if rng.random() < 0.15:
        for side in (-1.0, 1.0):
            x = side * (0.8 * radius + thick)
            shape.bar(
                [x, 0.2, 0.4 * radius], [x, 0.2 + length, 0.4 * radius], (thick, 0.7 * thick), color
            )
        return
    for share in [0.33] if rng.random() < 0.75 else [0.3, 0.62]:
        for side in (-1.0, 1.0):
            hung = wing.tip(side, share)
            front = hung - [0, wing.chord * (1 - (1 - wing.taper) * share) / 2 + 0.3 * length, 0]
            front[2] -= 0.85 * thick + 0.5 * wing.half
            shape.bar(front, moved(front, 0, length, 0), (thick, 0.75 * thick), color, sides=14)


def _jet_exhaust(shape: ShapeBuilder, radius: float) -> None:
    shape.bar([0, 0.46, 0], [0, 0.54, 0], (0.7 * radius, 0.5 * radius), np.full(3, 0.12))


def _propeller(rng: np.random.Generator, shape: ShapeBuilder, radius: float) -> None:
    color = np.full(3, rng.uniform(0.05, 0.3))
    hub = np.array([0.0, -0.515, 0.0])
    shape.bar(
        moved(hub, 0, -0.03, 0),
        moved(hub, 0, 0.04, 0),
        (0.012, 0.35 * radius),
        color,
        joined=(FREE, INSIDE),
    )
    blades, start = int(rng.integers(2, 4)), rng.uniform(0, np.pi)
    reach = rng.uniform(0.1, 0.15)
    for i in range(blades):
        angle = start + 2 * np.pi * i / blades
        end = hub + reach * np.array([np.cos(angle), 0, np.sin(angle)])
        shape.bar(hub, end, (0.013, 0.0095), color, joined=(INSIDE, FREE), sides=8)


def _upper_wing(
    rng: np.random.Generator, shape: ShapeBuilder, wing: Wing, radius: float, color: Floats
) -> None:
    """The second wing of a biplane, on struts."""
    gap = radius * rng.uniform(2.2, 2.8)
    half, chord = 0.012, wing.chord
    middle = moved(wing.root, -wing.root[0], -0.02, gap)
    quad = [
        moved(middle, x * wing.span, y * chord / 2, 0)
        for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    ]
    shape.slab(quad, half, color, rounded=True)
    for side in (-1.0, 1.0):
        for share in (0.1, 0.75):
            foot = wing.tip(side, share)
            top = np.array([foot[0], middle[1], middle[2]])
            shape.bar(foot, top, 0.0095, np.full(3, 0.3), joined=(INSIDE, INSIDE), sides=8)


def _landing_gear(shape: ShapeBuilder, radius: float) -> None:
    for side in (-1, 1):
        foot = [side * 0.11, -0.2, -2.0 * radius]
        shape.bar(
            [side * 0.2 * radius, -0.18, 0], foot, 0.0098, np.full(3, 0.3), joined=(INSIDE, INSIDE)
        )
        shape.ball(foot, 0.026, np.full(3, 0.06), rings=8)
