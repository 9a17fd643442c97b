"""Colors of parametric shapes, linear RGB."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def wood(rng: np.random.Generator) -> Floats:
    """A color between light maple and dark walnut, (3,)."""
    light, dark = np.array([0.68, 0.47, 0.28]), np.array([0.17, 0.09, 0.05])
    share = rng.uniform(0, 1)
    return np.asarray(
        np.clip((1 - share) * light + share * dark + rng.normal(0, 0.03, 3), 0.03, 0.97)
    )


def paint(rng: np.random.Generator) -> Floats:
    """Any color, from muted to strong, (3,)."""
    grey = rng.uniform(0.12, 0.85)
    return np.asarray(np.clip(grey + rng.uniform(0.05, 0.35) * rng.normal(0, 1, 3), 0.04, 0.96))


def metal(rng: np.random.Generator) -> Floats:
    """Grey, black or brass, (3,)."""
    if rng.random() < 0.2:
        return np.asarray(np.array([0.62, 0.47, 0.2]) * rng.uniform(0.7, 1.2))
    return np.asarray(rng.choice([0.06, 0.15, 0.4, 0.6]) + rng.uniform(-0.03, 0.03, 3))


def white(rng: np.random.Generator) -> Floats:
    """Off-white, (3,)."""
    return np.asarray(rng.uniform(0.75, 0.95) + rng.uniform(-0.04, 0.02, 3))


def furniture(rng: np.random.Generator) -> Floats:
    """What furniture is made of, (3,)."""
    kind = rng.choice(4, p=[0.45, 0.3, 0.12, 0.13])
    return (wood, paint, metal, white)[kind](rng)
