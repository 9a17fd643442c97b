"""Changed copies of real models: those of ``training.corpus.variation``, thicker or thinner."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.corpus.canonical import components
from training.corpus.storage import CorpusModel
from training.corpus.variation import draw_variation, vary

Floats = NDArray[np.float64]
Points = NDArray[np.float32]

_NONE: Points = np.zeros((0, 3), np.float32)
THICKNESS = 0.2
"""Standard deviation of the factor's logarithm."""
LEAST_SIDE = 0.005
"""Sides of parts thinner than this share of the diagonal keep their thickness."""


def augment_model(model: CorpusModel, number: int) -> CorpusModel:
    """Change a model; the same number gives the same change."""
    rng = np.random.default_rng([number, zlib.crc32(model.record.name.encode())])
    return change_model(model, number, rng)[0]


def change_model(
    model: CorpusModel, number: int, rng: np.random.Generator, inside: Points = _NONE
) -> tuple[CorpusModel, Points]:
    """Change a model by lot, and points (m, 3) within it as far as proportions change.

    Loose parts get thicker or thinner, all by one factor; then the model is mirrored, scaled along
    its axes and stretched part by part.
    """
    thickened = _thicken_parts(model.vertices.astype(np.float64), model.faces, rng)
    count = len(thickened)
    model = replace(model, vertices=np.concatenate([thickened.astype(np.float32), inside]))
    varied = vary(model, draw_variation(model.record.category, rng), number)
    return replace(varied, vertices=varied.vertices[:count]), varied.vertices[count:]


def _thicken_parts(vertices: Floats, faces: NDArray[np.int32], rng: np.random.Generator) -> Floats:
    """Scale each loose part about its middle, across its longest side."""
    factor = float(np.exp(rng.normal(0, THICKNESS)))
    # Corners that lie on one place belong together, as free models split their vertices.
    _, place = np.unique(np.round(vertices, 5), axis=0, return_inverse=True)
    count, label = components(int(place.max()) + 1, place.ravel()[faces].astype(np.int64))
    part = label[place.ravel()]
    order = np.argsort(part, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(part, minlength=count))[:-1]):
        low, high = vertices[rows].min(0), vertices[rows].max(0)
        size = high - low
        across = (size < 0.5 * size.max()) & (size > LEAST_SIDE)
        middle = (low + high) / 2
        vertices[rows] = middle + (vertices[rows] - middle) * np.where(across, factor, 1.0)
    return vertices
