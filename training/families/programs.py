"""All programs by category and name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from training.corpus.families import PROGRAMS as SOLID_PROGRAMS
from training.corpus.families.solids import SolidBuilder
from training.families import boat, car, rifle
from training.shapes.chair import make_chair
from training.shapes.lamp import make_lamp
from training.shapes.parts import ShapeBuilder
from training.shapes.plane import make_plane
from training.shapes.table import make_table

Triangles: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]
"""(t, 3, 3) corners in any unit, Z up and front -Y, and (t, 3) linear RGB colors."""

Program: TypeAlias = Callable[[np.random.Generator], Triangles]


def _built(
    make: Callable[[np.random.Generator], ShapeBuilder], rng: np.random.Generator
) -> Triangles:
    builder = make(rng)
    return np.concatenate(builder.corners), np.concatenate(builder.colors)


def _solids(
    make: Callable[[np.random.Generator], SolidBuilder], rng: np.random.Generator
) -> Triangles:
    builder = make(rng)
    corners = [v[f] for v, f in zip(builder.vertices, builder.faces, strict=True)]
    counts = [len(faces) for faces in builder.faces]
    return np.concatenate(corners), np.repeat(np.array(builder.colors), counts, axis=0)


PROGRAMS: dict[str, Mapping[str, Program]] = {
    **{
        category: {program.__name__: partial(_solids, program) for program in programs}
        for category, programs in SOLID_PROGRAMS.items()
    },
    "boat": boat.PROGRAMS,
    "car": car.PROGRAMS,
    "rifle": rifle.PROGRAMS,
    "chair": {"four_legs": partial(_built, make_chair)},
    "table": {"tables": partial(_built, make_table)},
    "lamp": {"lamps": partial(_built, make_lamp)},
    "plane": {"propeller": partial(_built, make_plane)},
}
