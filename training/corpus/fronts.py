"""Which models may look the wrong way, judged by their shape.

The manifest's fronts were set by eye. One model turned by a quarter costs more than it seems: a
network that is right about it is scored as wrong, and its twins teach it to be unsure.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LONG_ACROSS = ("bench", "cabinet", "couch", "table")
"""Categories that are longer from side to side than from front to back."""

BACKED = ("bench", "chair", "couch")
"""Categories whose highest quarter, the back, stands behind the rest."""

LONGER = 1.5
"""A depth over a width that is suspect; kitchen cabinets come near it."""

LEAN = 0.04
"""A shift of the highest quarter, in diagonals, that says where the back stands."""


def suspect_front(category: str, points: NDArray[np.floating[Any]]) -> str:
    """Why a model's front may not be toward -Y; empty where nothing speaks against it.

    A hint to look, not a verdict: a corner sofa or a chair with a desk has its height at one side.

    Parameters
    ----------
    points
        (n, 3), on the surface, in the frame of the corpus.
    """
    width, depth, _ = np.ptp(points, axis=0)
    if category in LONG_ACROSS and depth > LONGER * width:
        return f"{depth / width:.1f} times as deep as wide"
    if category in BACKED:
        height = points[:, 2]
        high = height > height.max() - 0.25 * np.ptp(height)
        aside, behind = (points[high].mean(0) - points.mean(0))[:2]
        if behind < -LEAN:
            return "its highest parts are in front"
        if abs(aside) > max(LEAN, abs(behind)):
            return "its highest parts are at one side"
    return ""
