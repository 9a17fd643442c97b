"""Maximal balls inside a surface, by the shrinking ball method.

After Ma, Bae and Choi, "3D medial axis point approximation using nearest neighbors and the normal
field", The Visual Computer 28, 2012. The surface is known by its nearest point alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector: TypeAlias = NDArray[np.float64]
Nearest: TypeAlias = Callable[[Vector], tuple[ArrayLike, ArrayLike]]
"""From a point (3,) to the surface's point nearest to it and the outward normal there."""

STEPS = 64
"""Most steps of shrinking; each takes the ball to another point of the surface."""
TIGHT = 1e-4
"""Share of the radius by which the surface may lie inside the ball."""


def maximal_ball(center: ArrayLike, nearest: Nearest, largest: float) -> tuple[Vector, float]:
    """The maximal ball that touches a closed surface where ``center`` is nearest to it.

    Its centre lies on the surface's medial axis. From the surface's nearest point the ball grows
    along the line through ``center`` until the surface stops it; a centre outside is taken inside.

    Parameters
    ----------
    center
        (3,).
    nearest
        See :data:`Nearest`.
    largest
        Radius to start from, no smaller than any ball inside: half the diagonal of the surface.

    Returns
    -------
    centre (3,) float64 and radius.
    """
    start = np.asarray(center, np.float64)
    touched, normal = (np.asarray(value, np.float64) for value in nearest(start))
    inward = _inward(start, touched, normal)
    radius = float(largest)
    for _ in range(STEPS):
        middle = touched + radius * inward
        found = np.asarray(nearest(middle)[0], np.float64)
        if np.linalg.norm(middle - found) >= radius * (1 - TIGHT):
            break
        chord = touched - found
        depth = -float(chord @ inward)
        smaller = float(chord @ chord) / (2 * depth) if depth > 0 else 0.0
        if not 0 < smaller < radius:
            break
        radius = smaller
    return touched + radius * inward, radius


def _inward(center: Vector, touched: Vector, normal: Vector) -> Vector:
    """The unit direction from the surface inwards, through the centre where it is not on it."""
    away = center - touched
    distance = float(np.linalg.norm(away))
    if distance < 1e-9:
        return -normal / max(float(np.linalg.norm(normal)), 1e-30)
    direction: Vector = away / distance
    return direction if direction @ normal < 0 else -direction
