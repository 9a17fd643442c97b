"""Plausible variations of a model: mirrored, scaled by axis, and stretched part by part.

A stretch is a monotone map of each coordinate by itself: what was straight and along an axis stays
so, what stood on another part still does, and left and right stay mirror images.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from training.corpus.canonical import to_unit_box
from training.corpus.storage import CorpusModel, hash_geometry

Floats = NDArray[np.float64]

VARIED = "varied"
"""Flag of a variation: its name is its source's with a number, its split its source's."""

ROUND_PARTS = ("car", "plane", "speaker")
"""Categories with wheels, propellers or cones, which a strong stretch would make oval."""
KNOTS = 4
"""Pieces of a stretch along each half of an axis."""


@dataclass(frozen=True)
class Variation:
    """How a model is varied.

    Attributes
    ----------
    mirror
        Whether left becomes right.
    scale
        Factors of x, y and z.
    stretch
        Factors for equal pieces of each axis: ``KNOTS`` of x from the middle outward, alike to
        both sides, twice as many of y and of z from end to end.
    """

    mirror: bool
    scale: tuple[float, float, float]
    stretch: tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]


def draw_variation(category: str, rng: np.random.Generator) -> Variation:
    """Draw a variation; categories of ``ROUND_PARTS`` vary less."""
    reach = 0.05 if category in ROUND_PARTS else 0.16
    spread = 0.06 if category in ROUND_PARTS else 0.22

    def factors(count: int, size: float) -> tuple[float, ...]:
        return tuple(float(f) for f in np.exp(rng.uniform(-size, size, count)))

    x, y, z = factors(3, reach)
    pieces = (factors(KNOTS, spread), factors(2 * KNOTS, spread), factors(2 * KNOTS, spread))
    return Variation(bool(rng.random() < 0.5), (x, y, z), pieces)


def vary(model: CorpusModel, variation: Variation, number: int) -> CorpusModel:
    """Apply a variation; the result stands in the frame of the corpus again.

    Returns
    -------
    A model named ``NAME~NUMBER``; faces keep their order, colors and textures, and look outward
    where they did.
    """
    points = model.vertices.astype(np.float64)
    places = [
        _stretch(points[:, 0], variation.stretch[0], symmetric=True),
        _stretch(points[:, 1], variation.stretch[1]),
        _stretch(points[:, 2], variation.stretch[2]),
    ]
    varied = np.stack(places, axis=1) * variation.scale
    faces, uv = model.faces, model.uv
    if variation.mirror:
        varied[:, 0] *= -1
        faces, uv = faces[:, ::-1].copy(), uv[:, ::-1].copy()
    vertices = to_unit_box(varied).astype(np.float32)
    record = replace(
        model.record,
        name=f"{model.record.name}~{number}",
        flags=(*model.record.flags, VARIED),
        checksum=hash_geometry(vertices, faces),
    )
    return replace(model, record=record, vertices=vertices, faces=faces, uv=uv)


def _stretch(places: Floats, factors: tuple[float, ...], *, symmetric: bool = False) -> Floats:
    """Map (n,) coordinates by a rising piecewise linear function that keeps both ends.

    ``symmetric`` makes the function odd about the middle of the box, which is the origin.
    """
    end = float(np.abs(places).max())
    if end == 0:
        return places
    pieces = np.array([*factors[::-1], *factors] if symmetric else factors)
    knots = np.linspace(-end, end, len(pieces) + 1)
    mapped = np.concatenate([[0.0], np.cumsum(pieces)])
    mapped = (mapped / mapped[-1] * 2 - 1) * end
    return np.interp(places, knots, mapped)
