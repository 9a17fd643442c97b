"""What the programs of chairs share."""

from __future__ import annotations

import numpy as np


def draw_frame(rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Half width, half depth, height of the seat, height of the back above it."""
    return (
        rng.uniform(0.19, 0.26),
        rng.uniform(0.19, 0.25),
        rng.uniform(0.41, 0.49),
        rng.uniform(0.32, 0.6),
    )
