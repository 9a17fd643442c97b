"""Parametric families: programs that draw shapes of the thirteen categories.

Each category has several programs, which differ in how the object is built, not in numbers alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from training.corpus.families import (
    bench,
    boat,
    cabinet,
    car,
    chair,
    couch,
    display,
    lamp,
    phone,
    plane,
    rifle,
    speaker,
    table,
)
from training.corpus.families.solids import SolidBuilder

Program: TypeAlias = Callable[[np.random.Generator], SolidBuilder]

PROGRAMS: dict[str, tuple[Program, ...]] = {
    "bench": bench.PROGRAMS,
    "boat": boat.PROGRAMS,
    "cabinet": cabinet.PROGRAMS,
    "car": car.PROGRAMS,
    "chair": chair.PROGRAMS,
    "couch": couch.PROGRAMS,
    "display": display.PROGRAMS,
    "lamp": lamp.PROGRAMS,
    "phone": phone.PROGRAMS,
    "plane": plane.PROGRAMS,
    "rifle": rifle.PROGRAMS,
    "speaker": speaker.PROGRAMS,
    "table": table.PROGRAMS,
}
"""The programs of each category."""


@dataclass(frozen=True, eq=False)
class FamilyShape:
    """A drawn shape, in meters: Z up, front toward -Y, made of closed solids that may overlap.

    Attributes
    ----------
    program
        Name of the program that drew it.
    vertices
        (n, 3) float64.
    faces
        (t, 3) int64, outward.
    colors
        (t, 3) float64 linear RGB, 0..1.
    """

    program: str
    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    colors: NDArray[np.float64]


def draw(category: str, seed: int) -> FamilyShape:
    """Draw the shape of a seed; the programs take turns. The same seed gives the same arrays.

    Raises
    ------
    KeyError
        For a category without programs.
    """
    programs = PROGRAMS[category]
    program = programs[seed % len(programs)]
    # Python's own hash of a text changes from run to run; its bytes do not.
    rng = np.random.default_rng([*category.encode(), *program.__name__.encode(), seed])
    builder = program(rng)
    starts = np.cumsum([0] + [len(points) for points in builder.vertices])[:-1]
    parts = zip(builder.faces, starts, strict=True)
    counts = [len(faces) for faces in builder.faces]
    return FamilyShape(
        program=program.__name__,
        vertices=np.concatenate(builder.vertices),
        faces=np.concatenate([faces + start for faces, start in parts]),
        colors=np.repeat(np.array(builder.colors), counts, axis=0),
    )
