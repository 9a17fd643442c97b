"""Boats and ships: rowing boats, canoes, motor boats, yachts, tall ships, freighters, tugs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.families.mesh_builder import Floats, MeshBuilder
from training.shapes import palette

Triangles = tuple[Floats, Floats]
DARK, GLASS, CANVAS = (np.array(c) for c in ([0.04] * 3, [0.03, 0.04, 0.06], [0.85, 0.83, 0.76]))
WALL, THIN = 0.012, np.array([0.004, 0, 0])


@dataclass(frozen=True)
class Hull:
    """A hull of length 1 from the bow at -0.5 to the stern at 0.5.

    Attributes
    ----------
    beam, depth
        Width at the widest place, and height from keel to deck amidships.
    bow, stern
        Width at the ends as a share of the beam.
    sheer
        How much higher bow and stern are than the middle.
    flare
        Width at the keel as a share of the width at the deck.
    rake
        How far the bow leans forward, in lengths.
    """

    beam: float
    depth: float
    bow: float
    stern: float
    sheer: tuple[float, float]
    flare: float
    rake: float

    def width(self, share: Floats) -> Floats:
        """Half width at the deck, ``share`` from 0 at the bow to 1 at the stern."""
        swell = np.sin(np.pi * np.clip(share, 0, 1) ** 0.75)
        ends = self.bow + (self.stern - self.bow) * share
        return np.asarray(self.beam / 2 * (ends + (1 - ends) * np.clip(swell, 0, 1) ** 0.7))

    def deck(self, share: Floats) -> Floats:
        """Height of the deck's edge."""
        front, back = self.sheer
        return np.asarray(
            self.depth
            + front * np.clip(1 - 2 * share, 0, 1) ** 2
            + back * np.clip(2 * share - 1, 0, 1) ** 2
        )


def rowing_boat(rng: np.random.Generator) -> Triangles:
    """Open, with benches and sometimes oars."""
    u = rng.uniform
    shape, paint, wood = MeshBuilder(), palette.furniture(rng), palette.wood(rng)
    hull = Hull(u(0.3, 0.4), u(0.11, 0.15), 0.04, u(0.4, 0.75), (u(0.03, 0.07), 0.02), 0.6, 0.06)
    _open_hull(shape, hull, paint)
    for share in (0.3, 0.55, 0.78)[: int(rng.integers(2, 4))]:
        half = float(hull.width(np.array(share))) * 0.95
        shape.box([0, share - 0.5, 0.7 * hull.depth], [2 * half, 0.06, 0.015], wood)
    if rng.random() < 0.6:
        start = len(shape.corners)
        half = float(hull.width(np.array(0.5)))
        end = np.array([half + u(0.15, 0.3), u(-0.1, 0.1), 0.03])
        shape.tube([[0.3 * half, 0.05, hull.depth + 0.06], end], 0.008, wood, 8)
        shape.box(end, [0.05, 0.12, 0.012], wood)
        shape.mirror(start)
    return shape.triangles


def canoe(rng: np.random.Generator) -> Triangles:
    """Both ends pointed and raised."""
    u = rng.uniform
    shape, wood = MeshBuilder(), palette.wood(rng)
    rise = u(0.04, 0.09)
    hull = Hull(u(0.15, 0.22), u(0.08, 0.11), 0.02, 0.02, (rise, rise), 0.5, 0.0)
    _open_hull(shape, hull, palette.paint(rng))
    for share in (0.3, 0.7):
        half = float(hull.width(np.array(share)))
        shape.box([0, share - 0.5, 0.85 * hull.depth], [2 * half, 0.03, 0.012], wood)
    return shape.triangles


def motor_boat(rng: np.random.Generator) -> Triangles:
    """A closed foredeck, a windscreen, an outboard motor."""
    u = rng.uniform
    shape, paint = MeshBuilder(), palette.white(rng) if rng.random() < 0.5 else palette.paint(rng)
    hull = Hull(u(0.28, 0.38), u(0.12, 0.16), 0.03, u(0.75, 0.95), (u(0.03, 0.06), 0), 0.45, 0.1)
    _closed_hull(shape, hull, paint, palette.white(rng))
    cabin = u(0.1, 0.2)
    half = 0.72 * hull.beam / 2
    front, z = u(-0.2, -0.05), hull.depth
    low = [[-half, front, z], [half, front, z], [half, front + 0.05, z], [-half, front + 0.05, z]]
    back = front + 0.5 * cabin
    high = [[-0.8 * half, back, z + cabin * 0.5], [0.8 * half, back, z + cabin * 0.5]]
    shape.loft([low, [*high, *(np.array(high[::-1]) + np.array([0, 0.02, 0])).tolist()]], GLASS)
    for side in (-1, 1):
        shape.box([side * 0.4 * half, 0.15, z + 0.03], [0.5 * half, 0.08, 0.06], DARK, bevel=0.2)
        shape.box([side * 0.4 * half, 0.19, z + 0.07], [0.5 * half, 0.02, 0.1], DARK, bevel=0.2)
    if rng.random() < 0.6:
        shape.box([0, 0.52, hull.depth + 0.02], [0.07, 0.07, 0.1], DARK, bevel=0.25)
        shape.box([0, 0.53, hull.depth - 0.09], [0.025, 0.04, 0.16], DARK)
    if rng.random() < 0.4:
        for side in (-1, 1):
            for y in (front + 0.05, 0.2):
                shape.tube(
                    [[side * half, y, z], [side * half, y, z + 0.22]], 0.007, np.full(3, 0.6), 8
                )
        shape.box(
            [0, front / 2 + 0.13, z + 0.22], [2.1 * half, 0.3 - front, 0.014], CANVAS, bevel=0.2
        )
    return shape.triangles


def motor_yacht(rng: np.random.Generator) -> Triangles:
    """Two or three decks of cabins on a long hull."""
    u = rng.uniform
    shape, paint = MeshBuilder(), palette.white(rng)
    hull = Hull(u(0.22, 0.28), u(0.1, 0.13), 0.03, u(0.75, 0.9), (u(0.03, 0.05), 0), 0.5, 0.1)
    _closed_hull(shape, hull, palette.paint(rng) if rng.random() < 0.4 else paint, paint)
    z, front, back, half = hull.depth, u(-0.28, -0.18), u(0.3, 0.42), 0.38 * hull.beam
    for level in range(int(rng.integers(1, 4))):
        height = 0.055
        slope = u(0.03, 0.09)
        outline = [(front, z), (front + slope, z + height), (back - 0.02, z + height), (back, z)]
        shape.prism(outline, -half, half, paint)
        band = [
            (front + 0.3 * slope, z + 0.015), (front + 0.75 * slope, z + 0.042),
            (back - 0.06, z + 0.042), (back - 0.06, z + 0.015),
        ]  # fmt: skip
        shape.prism(band, -half - 0.003, half + 0.003, GLASS)
        z, half = z + height, half * 0.86
        front, back = front + slope + u(0.02, 0.08), back - u(0.05, 0.14) * (1 + level)
        if back - front < 0.12:
            break
    shape.tube(
        [[0, (front + back) / 2, z - 0.01], [0, (front + back) / 2 + 0.02, z + u(0.06, 0.12)]],
        0.006,
        paint,
        8,
    )
    return shape.triangles


def sailing_yacht(rng: np.random.Generator) -> Triangles:
    """One mast, a main sail and a jib, a keel fin."""
    u = rng.uniform
    shape, paint = MeshBuilder(), palette.white(rng) if rng.random() < 0.6 else palette.paint(rng)
    hull = Hull(u(0.24, 0.32), u(0.1, 0.14), 0.02, u(0.45, 0.7), (0.03, 0.01), 0.35, 0.1)
    _closed_hull(shape, hull, paint, palette.wood(rng))
    height, foot = u(0.9, 1.3), u(-0.12, 0.0)
    shape.tube(
        [[0, foot, 0.04], [0, foot, hull.depth + height]], (0.011, 0.007), np.full(3, 0.6), 10
    )
    boom = u(0.38, 0.45)
    z = hull.depth + 0.1
    shape.tube([[0, foot, z], [0, boom, z]], 0.008, np.full(3, 0.6), 8)
    if rng.random() < 0.85:
        belly = u(0.02, 0.06) * rng.choice([-1, 1])
        main = [[0, foot + 0.01, z], [0, boom - 0.02, z], [0, foot + 0.01, z + 0.93 * height - 0.1]]
        _sail(shape, np.array(main), belly)
        if rng.random() < 0.75:
            jib = [
                [0, foot - 0.02, z - 0.05],
                [0, -0.48, hull.depth + 0.05],
                [0, foot - 0.02, z + 0.7 * height],
            ]
            _sail(shape, np.array(jib), belly)
    shape.box(
        [0, u(-0.02, 0.05), hull.depth + 0.025], [0.4 * hull.beam, 0.25, 0.07], paint, bevel=0.2
    )
    fin = u(0.12, 0.22)
    keel = [(-0.08, 0.03), (0.08, 0.03), (0.05, -fin), (-0.02, -fin)]
    shape.prism(keel, -0.012, 0.012, DARK)
    shape.prism([(0.4, 0.05), (0.46, 0.05), (0.45, -0.1), (0.41, -0.1)], -0.008, 0.008, DARK)
    return shape.triangles


def tall_ship(rng: np.random.Generator) -> Triangles:
    """Two or three masts with square sails, a bowsprit, a raised stern."""
    u = rng.uniform
    shape, wood = MeshBuilder(), palette.wood(rng)
    hull = Hull(
        u(0.2, 0.28), u(0.13, 0.18), 0.06, u(0.6, 0.8), (u(0.04, 0.08), u(0.06, 0.12)), 0.5, 0.06
    )
    _closed_hull(shape, hull, wood, palette.wood(rng))
    shape.box([0, 0.39, hull.depth + 0.1], [0.7 * hull.beam, 0.2, 0.12], wood, bevel=0.08)
    shape.tube(
        [[0, -0.42, hull.depth + 0.04], [0, -0.68, hull.depth + 0.14]], (0.014, 0.007), wood, 8
    )
    masts = int(rng.integers(2, 4))
    sails = rng.random() < 0.8
    for number, y in enumerate(np.linspace(-0.28, 0.3, masts)):
        height = u(0.55, 0.75) * (1.0 if number == masts // 2 else 0.85)
        top = hull.depth + height
        shape.tube([[0, y, 0.05], [0, y, top]], (0.014, 0.008), wood, 8)
        count = int(rng.integers(2, 4))
        levels = hull.depth + height * np.linspace(0.28, 0.95, count + 1)
        for k, z in enumerate(levels[1:]):
            half = hull.beam * u(0.75, 0.95) * (1 - 0.22 * k)
            shape.tube([[-half, y - 0.015, z], [half, y - 0.015, z]], 0.006, wood, 8)
            if sails:
                below = levels[k] + 0.03
                _square_sail(shape, half * 0.95, y - 0.02, below, float(z), u(0.03, 0.06))
    return shape.triangles


def freighter(rng: np.random.Generator) -> Triangles:
    """A long hull, a bridge aft, containers or hatches on deck."""
    u = rng.uniform
    shape, paint = MeshBuilder(), palette.paint(rng)
    hull = Hull(u(0.14, 0.18), u(0.07, 0.1), 0.1, u(0.75, 0.9), (u(0.02, 0.04), 0.0), 0.85, 0.03)
    _closed_hull(shape, hull, paint, DARK + 0.2)
    white, z = palette.white(rng), hull.depth
    bridge = u(0.08, 0.14)
    shape.box([0, 0.38, z + bridge / 2], [0.82 * hull.beam, 0.1, bridge], white, bevel=0.05)
    shape.box([0, 0.36, z + bridge], [1.0 * hull.beam, 0.06, 0.03], white)
    shape.lathe([(0.022, 0), (0.018, 0.09)], [0, 0.43, z + bridge - 0.03], paint, sides=12)
    if rng.random() < 0.6:
        for y in np.arange(-0.36, 0.28, 0.075):
            stack = int(rng.integers(0, 4))
            for level in range(stack):
                for x in np.linspace(-0.32, 0.32, 3):
                    center = [x * hull.beam, y, z + 0.018 + 0.034 * level]
                    shape.box(center, [0.29 * hull.beam, 0.068, 0.033], palette.paint(rng))
    else:
        for y in np.linspace(-0.32, 0.22, int(rng.integers(3, 6))):
            shape.box([0, y, z + 0.015], [0.6 * hull.beam, 0.09, 0.03], DARK + 0.15, bevel=0.1)
        for y in np.linspace(-0.25, 0.15, int(rng.integers(1, 4))):
            shape.tube([[0, y, z], [0, y, z + 0.14]], 0.008, white, 8)
            shape.tube([[0, y, z + 0.05], [0, y + 0.1, z + 0.13]], 0.006, white, 8)
    return shape.triangles


def tug(rng: np.random.Generator) -> Triangles:
    """Short and high, a wheelhouse forward, a funnel behind it."""
    u = rng.uniform
    shape, paint, white = MeshBuilder(), palette.paint(rng), palette.white(rng)
    hull = Hull(u(0.34, 0.42), u(0.14, 0.19), 0.1, u(0.6, 0.8), (u(0.06, 0.1), 0.01), 0.55, 0.04)
    _closed_hull(shape, hull, paint, palette.wood(rng))
    z, house = hull.depth, u(0.12, 0.16)
    shape.box([0, 0.0, z + 0.05], [0.62 * hull.beam, 0.42, 0.1], white, bevel=0.1)
    shape.box([0, -0.1, z + 0.1 + house / 2], [0.5 * hull.beam, 0.2, house], white, bevel=0.06)
    shape.box([0, -0.1, z + 0.1 + 0.62 * house], [0.51 * hull.beam, 0.205, 0.3 * house], GLASS)
    shape.box([0, -0.1, z + 0.1 + house], [0.56 * hull.beam, 0.25, 0.014], white)
    shape.lathe([(0.045, 0), (0.045, 0.12), (0.05, 0.13), (0.03, 0.16)], [0, 0.1, z + 0.09], paint)
    shape.tube([[0, -0.02, z + 0.2], [0, -0.02, z + u(0.4, 0.55)]], 0.008, DARK + 0.3, 8)
    if rng.random() < 0.5:
        turn = np.linspace(0, 2 * np.pi, 9)[:-1]
        for share in (0.3, 0.5, 0.7):
            x, y = float(hull.width(np.array(share))), share - 0.5
            for side in (-1, 1):
                ring = [
                    [side * x, y + 0.035 * np.cos(t), 0.75 * z + 0.035 * np.sin(t)] for t in turn
                ]
                shape.tube([*ring, ring[0]], 0.014, DARK, 8)
    return shape.triangles


PROGRAMS = {
    "rowing_boat": rowing_boat,
    "canoe": canoe,
    "motor_boat": motor_boat,
    "motor_yacht": motor_yacht,
    "sailing_yacht": sailing_yacht,
    "tall_ship": tall_ship,
    "freighter": freighter,
    "tug": tug,
}


def _stations(hull: Hull, inset: float = 0.0) -> Floats:
    """(k, 7, 3) cross-sections from rail to rail under the keel; the bow leans forward."""
    share = np.linspace(0, 1, 15) ** 1.15
    half = np.maximum(hull.width(share) - inset, 0.002)
    top = hull.deck(share)
    keel = hull.depth * 0.35 * np.clip(1 - 5 * share, 0, 1) ** 2 + inset
    rings = []
    for s, w, t, k in zip(share, half, top, keel, strict=True):
        y = s - 0.5
        lean = hull.rake * np.clip(1 - 4 * s, 0, 1)
        low = min(k, t - 0.01)
        x = w * np.array([1, 0.5 + hull.flare / 2, hull.flare * 0.8, 0])
        z = low + (t - low) * np.array([1, 0.45, 0.08, 0])
        forward = y - lean * (z - low) / max(t - low, 1e-6)
        right = np.stack([x, forward, z], 1)
        rings.append(np.concatenate([right, (right * [-1, 1, 1])[-2::-1]]))
    return np.array(rings)


def _closed_hull(shape: MeshBuilder, hull: Hull, paint: Floats, deck: Floats) -> None:
    """A hull with a flat deck a bit below its rail."""
    rings = _stations(hull)
    shape.loft(rings, paint)
    rail = 0.02
    plan = [(ring[0, 0], ring[0, 1], ring[0, 2]) for ring in rings]
    for side in (-1, 1):
        path = [[side * (x - 0.004), y, z + rail / 2] for x, y, z in plan]
        _band(shape, np.array(path), 0.008, rail, paint)
    inner = [
        [
            [-0.97 * x, y, z + 0.001],
            [0.97 * x, y, z + 0.001],
            [0.97 * x, y, z - 0.01],
            [-0.97 * x, y, z - 0.01],
        ]
        for x, y, z in plan
    ]
    shape.loft(np.array(inner), deck)


def _open_hull(shape: MeshBuilder, hull: Hull, paint: Floats) -> None:
    """A hull that is a shell ``WALL`` thick, open above."""
    outside, inside = _stations(hull), _stations(hull, WALL)
    inside[..., 2] = np.minimum(np.maximum(inside[..., 2], WALL), outside[..., 2].max() + 1)
    inside[:, [0, -1], 2] = outside[:, [0, -1], 2]
    inside[0, :, 1] += WALL
    inside[-1, :, 1] -= WALL
    rings = np.concatenate([outside, inside[:, ::-1]], axis=1)
    shape.loft(rings, paint)


def _band(shape: MeshBuilder, path: Floats, width: float, height: float, color: Floats) -> None:
    """A bar of a rectangular section along a path in the plane."""
    x, z = np.array([width / 2, 0, 0]), np.array([0, 0, height / 2])
    shape.loft(np.stack([path - x - z, path + x - z, path + x + z, path - x + z], 1), color)


def _sail(shape: MeshBuilder, corners: Floats, belly: float) -> None:
    """A triangle of cloth that the wind fills: tack, clew and head."""
    tack, clew, head = corners
    rings = []
    for up in np.linspace(0, 0.97, 8):
        low, high = tack + up * (head - tack), clew + up * (head - clew)
        line = low + np.linspace(0, 1, 7)[:, None] * (high - low)
        curve = belly * np.sin(np.pi * np.linspace(0, 1, 7)) * (1 - up) ** 0.5
        line[:, 0] += curve
        both = np.concatenate([line + THIN, (line - THIN)[::-1]])
        rings.append(both)
    shape.loft(np.array(rings), CANVAS)


def _square_sail(
    shape: MeshBuilder, half: float, y: float, low: float, high: float, belly: float
) -> None:
    """A square of cloth below a yard, blown forward."""
    rings = []
    for z in np.linspace(low, high, 6):
        x = np.linspace(-half, half, 9) * (1 + 0.06 * (high - z) / (high - low))
        swell = belly * np.sin(np.pi * (z - low) / (high - low)) * np.cos(np.pi * x / (2.3 * half))
        line = np.stack([x, y - swell, np.full(9, z)], 1)
        rings.append(np.concatenate([line - THIN[[1, 0, 2]], (line + THIN[[1, 0, 2]])[::-1]]))
    shape.loft(np.array(rings), CANVAS)
