"""Planes: airliners, business jets, fighters, propeller planes, biplanes, gliders, transports."""

from __future__ import annotations

import numpy as np

from training.corpus.families.plane_parts import (
    GLASS,
    add_body,
    add_engine,
    add_fuselage,
    add_gear,
    add_propeller,
    add_tail,
    add_wing,
    add_wings,
)
from training.corpus.families.small_planes import biplane, fighter, propeller
from training.corpus.families.solids import Floats, SolidBuilder, grey
from training.shapes import palette
from training.shapes.parts import moved


def airliner(rng: np.random.Generator) -> SolidBuilder:
    """A tube with swept low wings and two to four engines below them, or two at the tail."""
    shape = SolidBuilder()
    length, color = (
        rng.uniform(28, 70),
        palette.white(rng) if rng.random() < 0.5 else palette.paint(rng),
    )
    radius = length * rng.uniform(0.04, 0.056)
    add_fuselage(shape, rng, length, radius, color)
    half, chord = length * rng.uniform(0.4, 0.56), length * rng.uniform(0.13, 0.19)
    root, sweep, rise = (
        -rng.uniform(0.12, 0.2) * length,
        rng.uniform(0.35, 0.62) * half,
        rng.uniform(0.03, 0.12) * half,
    )
    tone = grey(0.55)
    add_wings(
        shape, rng, (root, -0.5 * radius, half, chord), (sweep, rise), tone, rng.uniform(0.2, 0.35)
    )
    add_tail(shape, rng, length, length * rng.uniform(0.12, 0.16), 0.3 * radius, palette.paint(rng))
    pod, rear = radius * rng.uniform(0.42, 0.68), rng.random() < 0.25
    if rear:
        for s in (-1, 1):
            add_engine(
                shape,
                np.array([s * 1.55 * radius, 0.22 * length, 0.5 * radius]),
                pod,
                3.6 * pod,
                color,
            )
            shape.box(
                [s * 1.2 * radius, 0.26 * length, 0.5 * radius],
                [0.9 * radius, 1.6 * pod, 0.2 * pod],
                color,
            )
    else:
        for share in ((0.32,), (0.32,), (0.28, 0.55))[rng.integers(3)]:
            for s in (-1, 1):
                y, z = root + share * sweep - 0.5 * pod, -0.5 * radius + share * rise - 1.15 * pod
                add_engine(
                    shape, np.array([s * share * half, y - 1.4 * pod, z]), pod, 3.4 * pod, color
                )
                shape.box(
                    [s * share * half, y + 0.9 * pod, z + 0.95 * pod],
                    [0.2 * pod, 2.6 * pod, 0.7 * pod],
                    tone,
                )
    shape.box(
        [0, -0.455 * length, 0.32 * radius],
        [1.1 * radius, 0.02 * length, 0.22 * radius],
        GLASS,
        round_off=0.06 * radius,
    )
    if rng.random() < 0.4:
        add_gear(shape, 1.6 * radius, 2.4 * radius, (0.02 * length, -0.38 * length))
    return shape


def business(rng: np.random.Generator) -> SolidBuilder:
    """A small jet with engines at the rear and a T tail, or a twin with propellers on its wings."""
    shape = SolidBuilder()
    length, color = (
        rng.uniform(9, 22),
        palette.white(rng) if rng.random() < 0.6 else palette.paint(rng),
    )
    radius = length * rng.uniform(0.055, 0.075)
    add_fuselage(shape, rng, length, radius, color)
    half, chord = length * rng.uniform(0.38, 0.6), length * rng.uniform(0.12, 0.17)
    turbo = rng.random() < 0.5
    root, high = -0.08 * length, rng.choice([-0.6, 0.8]) * radius if turbo else -0.6 * radius
    sweep = rng.uniform(0.0, 0.1) * half if turbo else rng.uniform(0.3, 0.55) * half
    add_wings(
        shape, rng, (root, high, half, chord), (sweep, 0.07 * half), color, rng.uniform(0.35, 0.6)
    )
    add_tail(shape, rng, length, length * rng.uniform(0.15, 0.2), 0.4 * radius, palette.paint(rng))
    for s in (-1, 1):
        if turbo:
            x = s * 0.34 * half
            add_body(
                shape,
                [
                    (root - 0.1 * length, high + 0.1 * radius, 0.28 * radius, 0.3 * radius),
                    (root + 0.3 * chord, high, 0.42 * radius, 0.45 * radius),
                    (root + chord * 1.1, high, 0.12 * radius, 0.15 * radius),
                ],
                color,
            )
            shape.vertices[-1][:, 0] += x
            add_propeller(
                shape, rng, np.array([x, root - 0.1 * length, high + 0.1 * radius]), 1.5 * radius
            )
        else:
            add_engine(
                shape,
                np.array([s * 1.6 * radius, 0.16 * length, 0.55 * radius]),
                0.55 * radius,
                2.4 * radius,
                color,
            )
            shape.box(
                [s * 1.2 * radius, 0.22 * length, 0.55 * radius],
                [0.9 * radius, radius, 0.12 * radius],
                color,
            )
    shape.ball(
        [0, -0.36 * length, 0.55 * radius], [0.75 * radius, 0.055 * length, 0.5 * radius], GLASS
    )
    if rng.random() < 0.6:
        add_gear(shape, 1.5 * radius, 2.2 * radius, (0.03 * length, -0.36 * length))
    return shape


def glider(rng: np.random.Generator) -> SolidBuilder:
    """A slender body, very long narrow wings, a T or V tail; also flying wings and hang gliders."""
    shape, color = SolidBuilder(), palette.white(rng) if rng.random() < 0.6 else palette.paint(rng)
    length, half = rng.uniform(6, 8.5), rng.uniform(6.5, 12)
    if rng.random() < 0.2:
        chord, sweep = rng.uniform(1.2, 2.2), rng.uniform(0.2, 0.5) * 5
        for s in (-1, 1):
            add_wing(
                shape,
                (0, -chord, 0),
                (s * 5, -chord + sweep, rng.uniform(0, 0.6)),
                (2 * chord, 0.7 * chord),
                color,
                0.1,
            )
            add_wing(
                shape,
                (s * 5, -chord + sweep, 0.2),
                (s * 5.05, sweep - 0.4, 1.1),
                (0.7 * chord, 0.3 * chord),
                palette.paint(rng),
                0.08,
            )
        shape.ball([0, -0.3 * chord, 0.15], [0.35, 0.9 * chord, 0.35], GLASS)
        return shape
    radius, chord = rng.uniform(0.3, 0.4), rng.uniform(0.7, 1.0)
    rows = [
        (-0.5, -0.2, 0.1, 0.1),
        (-0.42, -0.1, 0.7, 0.75),
        (-0.25, 0, 1, 1.15),
        (-0.05, 0.05, 0.8, 0.9),
        (0.12, 0.15, 0.35, 0.4),
        (0.5, 0.2, 0.15, 0.18),
    ]
    add_body(shape, rows, color, (length, radius))
    shape.ball(
        [0, -0.3 * length, 0.65 * radius], [0.75 * radius, 0.13 * length, 0.6 * radius], GLASS
    )
    middle, bend = rng.uniform(0.45, 0.7), rng.uniform(0.02, 0.08)
    y, z = -0.16 * length, rng.uniform(0.2, 0.9) * radius
    for s in (-1, 1):
        knee, tip = (
            (s * middle * half, y, z + bend * middle * half),
            (s * half, y + 0.25, z + 1.6 * bend * half),
        )
        add_wing(shape, (0, y, z), knee, (chord, 0.85 * chord), color)
        add_wing(shape, knee, tip, (0.85 * chord, 0.4 * chord), color)
    add_tail(
        shape,
        rng,
        length,
        rng.uniform(1.0, 1.4),
        0.2 * radius,
        palette.paint(rng) if rng.random() < 0.5 else color,
    )
    return shape


def transport(rng: np.random.Generator) -> SolidBuilder:
    """A fat body under a high wing with two or four engines, a ramp tail, wheels in bulges."""
    shape, color = SolidBuilder(), palette.paint(rng) * 0.8
    length = rng.uniform(18, 55)
    radius = length * rng.uniform(0.06, 0.085)
    rows = [(-0.5, -0.25, 0.1, 0.1), (-0.47, -0.2, 0.5, 0.5), (-0.38, 0, 1, 1)]
    rows += [(0.12, 0, 1, 1), (0.32, 0.4, 0.6, 0.55), (0.5, 0.75, 0.1, 0.15)]
    add_body(shape, rows, color, (length, radius))
    jets, half = bool(rng.random() < 0.4), length * rng.uniform(0.45, 0.62)
    chord, root, z = length * rng.uniform(0.11, 0.16), -0.14 * length, 0.95 * radius
    sweep = rng.uniform(0.25, 0.5) * half if jets else 0.05 * half
    drop = -rng.uniform(0.0, 0.08) * half
    box, taper = (root, z, half, chord), rng.uniform(0.3, 0.55)
    add_wings(shape, rng, box, (sweep, drop), color, taper)
    for share in ((0.34,), (0.26, 0.52))[rng.integers(2)]:
        for s in (-1, 1):
            at = np.array([s * share * half, root + share * sweep, z + share * drop])
            _wing_engine(shape, rng, at, radius, color, jet=jets)
    add_tail(shape, rng, length, length * rng.uniform(0.16, 0.2), 0.8 * radius, color)
    axles = (-0.08, -0.02, 0.04)[: int(rng.integers(1, 4))]
    for s in (-1, 1):
        x = s * 0.95 * radius
        bulge = [0.4 * radius, 0.13 * length, 0.4 * radius]
        shape.ball([x, -0.04 * length, -0.75 * radius], bulge, color)
        for y in axles:
            wheel = np.array([(0.22, -0.12), (0.22, 0.12)]) * radius
            place = [x, y * length, -1.15 * radius]
            shape.lathe(wheel, place, grey(0.03), axis=(1, 0, 0), sides=16)
    panes = [1.2 * radius, 0.03 * length, 0.3 * radius]
    shape.box([0, -0.43 * length, 0.5 * radius], panes, GLASS, round_off=0.08 * radius)
    return shape


def _wing_engine(
    shape: SolidBuilder,
    rng: np.random.Generator,
    place: Floats,
    radius: float,
    color: Floats,
    *,
    jet: bool,
) -> None:
    """A pod on a pylon, or a nacelle with a propeller, at the edge of a wing."""
    if jet:
        pod = moved(place, 0, -0.9 * radius, -0.6 * radius)
        add_engine(shape, pod, 0.42 * radius, 1.5 * radius, color)
        pylon = [0.1 * radius, radius, 0.5 * radius]
        shape.box(moved(place, 0, 0.2 * radius, -0.2 * radius), pylon, color)
        return
    rows = [(-0.6, 0, 0.2, 0.22), (0.2, -0.05, 0.3, 0.32), (1.3, 0, 0.08, 0.1)]
    x, y, z = place.tolist()
    add_body(shape, rows, color, (radius, radius), (x, y, z))
    add_propeller(shape, rng, moved(place, 0, -0.6 * radius, 0), 1.05 * radius)


PROGRAMS = (airliner, business, propeller, fighter, biplane, glider, transport)
