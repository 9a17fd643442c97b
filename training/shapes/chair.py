"""Parametric chairs, in meters: the seat opens toward -Y, the back stands at +Y."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.shapes import palette
from training.shapes.parts import FREE, INSIDE, Floats, ShapeBuilder, moved


@dataclass(frozen=True, eq=False)
class ChairFrame:
    """What the parts of one chair share; lengths in meters.

    Attributes
    ----------
    width, depth, rear
        The seat's size, and the width of its rear as a share of the front's.
    height, thickness
        Of the seat's middle above the floor, and half the seat's thickness.
    back, tilt
        Height of the back above the seat, and how far its top leans to +Y.
    bar
        Radius of legs and posts.
    square, rounded
        Whether bars are square and plates have round rims.
    round_seat
        Whether the seat is a disc of a quarter of width + depth.
    seat_color, leg_color, back_color
        Linear RGB.
    """

    width: float
    depth: float
    rear: float
    height: float
    thickness: float
    back: float
    tilt: float
    bar: float
    square: bool
    rounded: bool
    round_seat: bool
    seat_color: Floats
    leg_color: Floats
    back_color: Floats

    def seat_point(self, x: float, y: float, z: float = 0.0) -> Floats:
        """A point over the seat for x and y in -1..1, z meters above its middle."""
        share = 1 + (self.rear - 1) * (y + 1) / 2
        return np.array([x * self.width / 2 * share, y * self.depth / 2, self.height + z])

    def back_point(self, x: float, up: float, width: float = 1.0) -> Floats:
        """A point of the back for x in -1..1 and up in 0..1 from the seat to the top."""
        across, behind = (0.62, 0.68) if self.round_seat else (0.94, 0.94)
        base = self.seat_point(x * across * width, behind)
        return np.asarray(base + up * np.array([0.0, self.tilt, self.back]))


def make_chair(rng: np.random.Generator) -> ShapeBuilder:
    """Draw a chair: four legs, star foot, sled, cantilever, panels or an upholstered block."""
    shape = ShapeBuilder()
    if rng.random() < 0.12:
        _armchair(rng, shape)
        return shape
    kind = str(rng.choice(["four", "star", "sled", "panels"], p=[0.7, 0.12, 0.1, 0.08]))
    frame = _draw_frame(rng, round_seat=kind in ("four", "star") and bool(rng.random() < 0.1))
    if frame.round_seat:
        radius = (frame.width + frame.depth) / 4
        shape.disc([0, 0, frame.height], radius, frame.thickness, frame.seat_color, rounded=True)
    else:
        quad = [frame.seat_point(x, y) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        shape.slab(quad, frame.thickness, frame.seat_color, rounded=frame.rounded)
    inset = 0.6 if frame.round_seat else rng.uniform(0.86, 0.95)
    if kind == "four":
        _four_legs(rng, shape, frame, inset)
    elif kind == "star":
        _star_foot(rng, shape, frame)
    elif kind == "sled":
        _sled(rng, shape, frame)
    else:
        _panels(rng, shape, frame)
    _add_back(rng, shape, frame)
    if not frame.round_seat and rng.random() < 0.3:
        _add_arms(rng, shape, frame)
    return shape


def _draw_frame(rng: np.random.Generator, *, round_seat: bool) -> ChairFrame:
    seat = palette.furniture(rng)
    leg = seat if rng.random() < 0.5 else palette.furniture(rng)
    back = seat if rng.random() < 0.65 else leg
    cushion = rng.random() < 0.3
    width = rng.uniform(0.38, 0.54)
    return ChairFrame(
        width=width,
        depth=width if round_seat else rng.uniform(0.38, 0.5),
        rear=rng.uniform(0.82, 1.0) if rng.random() < 0.6 and not round_seat else 1.0,
        height=rng.uniform(0.4, 0.49),
        thickness=rng.uniform(0.025, 0.045) if cushion else rng.uniform(0.012, 0.024),
        back=rng.uniform(0.3, 0.62),
        tilt=rng.uniform(0.0, 0.13),
        bar=rng.uniform(0.012, 0.026),
        square=bool(rng.random() < 0.5),
        rounded=bool(cushion or rng.random() < 0.5),
        round_seat=round_seat,
        seat_color=seat,
        leg_color=leg,
        back_color=back,
    )


def _four_legs(
    rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame, inset: float
) -> None:
    splay = rng.uniform(0.0, 0.14) if rng.random() < 0.5 else 0.0
    foot = rng.uniform(0.65, 1.0)
    tops, feet = [], []
    for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)):
        top = frame.seat_point(x * inset, y * inset)
        end = moved(top, x * splay * frame.width, y * splay * frame.depth, -frame.height)
        radii = (max(frame.bar * foot, 0.009), frame.bar)
        shape.bar(
            end, top, radii, frame.leg_color, square=frame.square, joined=(FREE, frame.thickness)
        )
        tops.append(top)
        feet.append(end)
    if rng.random() < 0.45:
        up = rng.uniform(0.25, 0.6)
        ring = [(1 - up) * f + up * t for f, t in zip(feet, tops, strict=True)]
        kind = rng.integers(3)
        sides = [(0, 3), (1, 2)] if kind < 2 else [(0, 1), (1, 2), (2, 3), (3, 0)]
        radius = max(0.7 * frame.bar, 0.009)
        for a, b in sides:
            shape.bar(
                ring[a],
                ring[b],
                radius,
                frame.leg_color,
                square=frame.square,
                joined=(INSIDE, INSIDE),
            )
        if kind == 1:
            left, right = (ring[0] + ring[3]) / 2, (ring[1] + ring[2]) / 2
            shape.bar(
                left, right, radius, frame.leg_color, square=frame.square, joined=(INSIDE, INSIDE)
            )


def _star_foot(rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame) -> None:
    """A column on a star of four or five feet, or on a round plate."""
    hub = rng.uniform(0.05, 0.1)
    radius = rng.uniform(0.02, 0.032)
    reach = rng.uniform(0.42, 0.56) * (frame.width + frame.depth) / 2 * 1.1
    shape.bar(
        [0, 0, hub - 0.02],
        [0, 0, frame.height],
        radius,
        frame.leg_color,
        joined=(0.016, frame.thickness),
    )
    if rng.random() < 0.25:
        shape.disc([0, 0, hub - 0.03], 0.8 * reach, 0.016, frame.leg_color, rounded=True)
        return
    count = int(rng.integers(4, 6))
    start = rng.uniform(0, 2 * np.pi)
    for i in range(count):
        angle = start + 2 * np.pi * i / count
        end = [reach * np.cos(angle), reach * np.sin(angle), 0.025]
        shape.bar([0, 0, hub], end, (0.02, 0.013), frame.leg_color, joined=(INSIDE, FREE))
        if count == 5:
            shape.ball([end[0], end[1], 0.022], 0.024, np.full(3, 0.06), rings=6)


def _sled(rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame) -> None:
    """Bent tubes at both sides: closed loops, or a cantilever that is open at the rear."""
    radius = max(0.8 * frame.bar, 0.011)
    cantilever = rng.random() < 0.5
    front, rear = [], []
    for x in (-0.94, 0.94):
        top_front, top_rear = frame.seat_point(x, -0.88), frame.seat_point(x, 0.8)
        low_front, low_rear = top_front.copy(), top_rear.copy()
        low_front[2] = low_rear[2] = radius
        low_rear[0] = low_front[0]
        path = (
            [top_front, low_front, low_rear]
            if cantilever
            else [
                top_front,
                low_front,
                low_rear,
                top_rear,
            ]
        )
        shape.tube(
            path,
            radius,
            frame.leg_color,
            joined=(frame.thickness, FREE if cantilever else frame.thickness),
        )
        front.append(low_front)
        rear.append(low_rear)
    for pair in [rear] if rng.random() < 0.5 else [front, rear]:
        shape.bar(pair[0], pair[1], radius, frame.leg_color, joined=(INSIDE, INSIDE))


def _panels(rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame) -> None:
    half = max(frame.thickness, 0.014)
    for x in (-1, 1):
        quad = [frame.seat_point(x * 0.94, y) for y in (-0.95, 0.95)]
        quad = [*quad, quad[1].copy(), quad[0].copy()]
        quad[0][2] = quad[1][2] = 0.0
        shape.slab(quad, min(half, 0.025), frame.leg_color)
    if rng.random() < 0.5:
        low = rng.uniform(0.3, 0.6) * frame.height
        shape.bar(
            [-0.47 * frame.width * frame.rear, 0, low],
            [0.47 * frame.width * frame.rear, 0, low],
            0.014,
            frame.leg_color,
            joined=(INSIDE, INSIDE),
        )


def _add_back(rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame) -> None:
    kind = str(
        rng.choice(
            ["plate", "shell", "spindles", "ladder", "panel"], p=[0.22, 0.18, 0.22, 0.23, 0.15]
        )
    )
    if kind == "plate":
        half = min(frame.thickness, rng.uniform(0.012, 0.03))
        width = rng.uniform(0.8, 1.0)
        quad = [frame.back_point(*c) for c in ((-1, 0), (1, 0), (width, 1), (-width, 1))]
        shape.slab(quad, half, frame.back_color, rounded=frame.rounded)
        return
    if kind == "shell":
        _bent_back(rng, shape, frame, 0.0, 1.0)
        return
    radius = max(frame.bar * rng.uniform(0.75, 1.0), 0.01)
    for x in (-1, 1):
        shape.bar(
            frame.back_point(x, 0),
            frame.back_point(x, 1),
            radius,
            frame.back_color,
            square=frame.square,
            joined=(frame.thickness, INSIDE if kind == "spindles" else FREE),
        )
    if kind == "spindles":
        _spindles(rng, shape, frame, radius)
    elif kind == "ladder":
        _rungs(rng, shape, frame, radius)
    else:
        _bent_back(rng, shape, frame, rng.uniform(0.2, 0.55), 0.97)


def _spindles(
    rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame, radius: float
) -> None:
    """Upright bars under a top rail, straight from the seat or from a lower rail."""
    low = 0.0 if rng.random() < 0.6 else rng.uniform(0.2, 0.4)
    for up in (1.0, low):
        if up > 0:
            shape.bar(
                frame.back_point(-1, up),
                frame.back_point(1, up),
                radius,
                frame.back_color,
                square=frame.square,
                joined=(INSIDE, INSIDE),
            )
    count = int(rng.integers(2, 6))
    for i in range(count):
        x = 2 * (i + 1) / (count + 1) - 1
        shape.bar(
            frame.back_point(x, low),
            frame.back_point(x, 1),
            max(0.65 * radius, 0.009),
            frame.back_color,
            joined=(frame.thickness if low == 0 else INSIDE, INSIDE),
        )


def _rungs(rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame, radius: float) -> None:
    """Level slats between the posts."""
    count = int(rng.integers(2, 5))
    half = min(rng.uniform(0.022, 0.06) / frame.back, 0.2 / count)
    low = rng.uniform(0.25, 0.45)
    for i in range(count):
        up = 0.97 - half - i * (0.97 - half - low) / max(count - 1, 1)
        quad = [frame.back_point(x, up + s * half) for x, s in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
        shape.slab(quad, max(0.6 * radius, 0.009), frame.back_color, rounded=frame.rounded)


def _bent_back(
    rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame, low: float, high: float
) -> None:
    """A plate that is bent around the sitter, between two heights."""
    bend = rng.uniform(0.0, 0.09)
    half = rng.uniform(0.01, 0.022)
    rise = 2 * half / frame.back
    top = rng.uniform(0.75, 1.0) if low == 0 else 1.0
    grid = np.array(
        [
            [
                moved(
                    frame.back_point(x * (1 + (top - 1) * up), up),
                    0,
                    bend * (1 - x * x) * min(up * 4, 1),
                    0,
                )
                for up in np.linspace(low if low == 0 else low + rise / 2, high - rise / 2, 9)
            ]
            for x in np.linspace(-1, 1, 13)
        ]
    )
    shape.patch(grid, half, frame.back_color)


def _add_arms(rng: np.random.Generator, shape: ShapeBuilder, frame: ChairFrame) -> None:
    up = rng.uniform(0.16, 0.25)
    radius = rng.uniform(0.012, 0.022)
    flat = rng.random() < 0.4
    for x in (-1, 1):
        rear = frame.back_point(x, min(up / frame.back, 0.95))
        foot = frame.seat_point(x * 0.96, rng.uniform(-0.8, -0.4))
        front = np.array([foot[0], foot[1], frame.height + up])
        rear[2] = front[2]
        tip = front - [0, rng.uniform(0.0, 0.06), 0]
        if flat:
            wide = np.array([rng.uniform(0.02, 0.035), 0.0, 0.0])
            quad = [tip - wide, tip + wide, rear + wide, rear - wide]
            shape.slab(quad, max(0.75 * radius, 0.01), frame.leg_color, rounded=True)
        else:
            shape.bar(
                tip, rear, radius, frame.leg_color, square=frame.square, joined=(FREE, INSIDE)
            )
        shape.bar(
            foot,
            front,
            radius,
            frame.leg_color,
            square=frame.square,
            joined=(frame.thickness, INSIDE),
        )


def _armchair(rng: np.random.Generator, shape: ShapeBuilder) -> None:
    """An upholstered chair: thick seat, back and arms on short feet."""
    width, depth = rng.uniform(0.6, 0.85), rng.uniform(0.55, 0.75)
    foot, seat = rng.uniform(0.06, 0.15), rng.uniform(0.07, 0.12)
    arm, back = rng.uniform(0.045, 0.08), rng.uniform(0.055, 0.09)
    height, rise = foot + seat, rng.uniform(0.35, 0.55)
    cloth = palette.paint(rng) if rng.random() < 0.75 else palette.wood(rng)
    leg = palette.furniture(rng)
    rounded = bool(rng.random() < 0.8)
    shape.box([0, 0, height], [width / 2, depth / 2, seat], cloth, rounded=rounded)
    low, tilt = height - seat * 0.5, rng.uniform(0.02, 0.12)
    top, y = height + seat + rise, depth / 2 - back
    x = width / 2
    quad = [[-x, y, low], [x, y, low], [x, y + tilt, top], [-x, y + tilt, top]]
    shape.slab(quad, back, cloth, rounded=rounded)
    if rng.random() < 0.8:
        arm_top = height + seat + rng.uniform(0.1, 0.22)
        middle, half = (foot + arm_top) / 2, (arm_top - foot) / 2
        for side in (-1, 1):
            center = [side * (x - 0.2 * arm), 0, middle]
            shape.box(center, [arm, depth / 2 * 0.98, half], cloth, rounded=rounded)
    for px in (-0.8, 0.8):
        for py in (-0.8, 0.8):
            corner = [px * x, py * depth / 2]
            shape.bar(
                [*corner, 0],
                [*corner, foot + 0.5 * seat],
                (0.014, 0.02),
                leg,
                joined=(FREE, INSIDE),
            )
