"""Changed copies of real models that stay plausible: stretched, mirrored, thicker or thinner."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from training.corpus.canonical import components, to_unit_box
from training.corpus.storage import CorpusModel

Floats = NDArray[np.float64]

WHOLE_STRETCH, PART_STRETCH, THICKNESS = 0.16, 0.22, 0.2
"""Standard deviations of the logarithms of the factors."""
LEAST_SIDE = 0.02
"""Parts thinner than this share of the diagonal keep their thickness."""


def augment_model(model: CorpusModel, number: int) -> CorpusModel:
    """Change a model; the same number gives the same change.

    The whole is scaled differently along its axes, one in two is mirrored; the height, and so
    legs against back, and the depth are stretched part-wise; loose parts get thicker or thinner.
    """
    rng = np.random.default_rng([number, zlib.crc32(model.record.name.encode())])
    vertices = model.vertices.astype(np.float64)
    vertices = _thicken_parts(vertices, model.faces, rng)
    vertices *= np.exp(rng.normal(0, WHOLE_STRETCH, 3))
    for axis in (1, 2):
        vertices[:, axis] = _stretch_parts(vertices[:, axis], rng)
    faces, uv = model.faces, model.uv
    if rng.random() < 0.5:
        vertices[:, 0] *= -1
        faces, uv = faces[:, ::-1], uv[:, ::-1]
    return replace(
        model,
        vertices=np.ascontiguousarray(to_unit_box(vertices), np.float32),
        faces=np.ascontiguousarray(faces),
        uv=np.ascontiguousarray(uv),
    )


def _stretch_parts(values: Floats, rng: np.random.Generator) -> Floats:
    """A continuous map of a coordinate that stretches its lower, middle and upper part."""
    low, high = float(values.min()), float(values.max())
    if high - low < LEAST_SIDE:
        return values
    knots = np.linspace(low, high, 4)
    lengths = np.diff(knots) * np.exp(rng.normal(0, PART_STRETCH, 3))
    return np.interp(values, knots, np.concatenate([[low], low + np.cumsum(lengths)]))


def _thicken_parts(vertices: Floats, faces: NDArray[np.int32], rng: np.random.Generator) -> Floats:
    """Scale each loose part about its middle, across its longest side, all by one factor."""
    factor = float(np.exp(rng.normal(0, THICKNESS)))
    # Corners that lie on one place belong together, as free models split their vertices.
    _, place = np.unique(np.round(vertices, 5), axis=0, return_inverse=True)
    count, label = components(int(place.max()) + 1, place.ravel()[faces].astype(np.int64))
    part = label[place.ravel()]
    order = np.argsort(part, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(part, minlength=count))[:-1]):
        low, high = vertices[rows].min(0), vertices[rows].max(0)
        size = high - low
        across = (size < 0.5 * size.max()) & (size > LEAST_SIDE / 4)
        middle = (low + high) / 2
        scale = np.where(across, factor, 1.0)
        vertices[rows] = middle + (vertices[rows] - middle) * scale
    return vertices
