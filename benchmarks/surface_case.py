"""One case of the surface benchmark: a shape at a resolution, and what every route took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A shape at a resolution, and what every route took.

    Attributes
    ----------
    shape, steps
        Name, and samples along the box's side: the voxel is ``1 / steps``.
    triangles
        Of the fast route's surface.
    milliseconds
        CPU time, the median over the rounds; routes that did not run are missing.
    """

    shape: str
    steps: int
    triangles: int
    milliseconds: Mapping[str, float]

    def ratio(self, slow: str, fast: str) -> float | None:
        """How many times longer ``slow`` takes than ``fast``."""
        if slow not in self.milliseconds or fast not in self.milliseconds:
            return None
        return self.milliseconds[slow] / self.milliseconds[fast]
