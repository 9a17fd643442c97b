"""A picture's mask as a field of signed distances to its outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.silhouette.discs import DoubleArray

BEYOND = 0.25
"""How far the field reaches beyond the picture -1..1 on each side."""
_CHUNK = 1 << 21


@dataclass(frozen=True, eq=False)
class MaskField:
    """Signed distances to a mask's outline, in picture coordinates.

    Attributes
    ----------
    inside
        (size, size) bool, the cells of the mask.
    distance
        (nodes, nodes) float64 at the middles of the cells and of those within ``BEYOND`` of the
        picture, rows from the top; negative in the mask.
    """

    inside: NDArray[np.bool_]
    distance: DoubleArray

    @property
    def size(self) -> int:
        """Cells along each side of the picture."""
        return len(self.inside)

    @property
    def cells(self) -> DoubleArray:
        """(c, 2) float64, u and v of the middles of the mask's cells."""
        rows, columns = np.nonzero(self.inside)
        return (np.stack([columns, rows], axis=1) + 0.5) * (2 / self.size) - 1

    def at(self, points: DoubleArray) -> tuple[DoubleArray, DoubleArray]:
        """Distance (p,) and its gradient (p, 2) at (p, 2) points, linear between the nodes.

        Beyond the field the distance grows with the way from it.
        """
        pad = (len(self.distance) - self.size) // 2
        place = (points + 1) * (self.size / 2) - 0.5 + pad
        last = len(self.distance) - 1
        held = place.clip(0, last)
        corner = np.minimum(held.astype(np.int64), last - 1)
        x, y = (held - corner).T
        column, row = corner.T
        a, b = self.distance[row, column], self.distance[row, column + 1]
        c, d = self.distance[row + 1, column], self.distance[row + 1, column + 1]
        value = (a * (1 - x) + b * x) * (1 - y) + (c * (1 - x) + d * x) * y
        slope = np.stack([(b - a) * (1 - y) + (d - c) * y, (c - a) * (1 - x) + (d - b) * x], axis=1)
        away = place - held
        beyond = np.hypot(*away.T)
        outward = away / np.maximum(beyond, 1e-12)[:, None]
        value = value + beyond * (2 / self.size)
        gradient = np.where(beyond[:, None] > 0, outward, slope * (self.size / 2))
        return np.asarray(value, np.float64), gradient


def mask_field(alpha: NDArray[np.floating[Any]]) -> MaskField:
    """The field of a mask: its outline is where alpha, between cells, is a half of its greatest.

    Parameters
    ----------
    alpha
        (size, size), 0..1, of the crop.

    Raises
    ------
    ValueError
        When no cell is in the mask.
    """
    level = np.asarray(alpha, np.float64)
    level = level / max(float(level.max()), 1e-9) - 0.5
    if not (level >= 0).any() or float(np.max(alpha)) <= 0:
        raise ValueError("an empty mask has no outline")
    pad = int(np.ceil(BEYOND * len(level) / 2))
    wide = np.pad(level, pad, constant_values=-0.5)
    outline = _crossings(wide)
    rows, columns = np.indices(wide.shape)
    nodes = np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float64)
    square = np.empty(len(nodes))
    step = max(1, _CHUNK // len(outline))
    length = (outline**2).sum(1)
    for begin in range(0, len(nodes), step):
        part = nodes[begin : begin + step]
        square[begin : begin + step] = (length - 2 * part @ outline.T).min(1) + (part**2).sum(1)
    distance = np.sqrt(np.maximum(square, 0)).reshape(wide.shape) * (2 / len(level))
    return MaskField(level >= 0, np.where(wide >= 0, -distance, distance))


def _crossings(level: DoubleArray) -> DoubleArray:
    """(k, 2) x and y, in cells, where ``level`` changes its sign between neighbors."""
    found = []
    for axis in (0, 1):
        near = level[:-1] if axis == 0 else level[:, :-1]
        far = level[1:] if axis == 0 else level[:, 1:]
        rows, columns = np.nonzero((near >= 0) != (far >= 0))
        a, b = near[rows, columns], far[rows, columns]
        way = a / (a - b)
        x, y = (columns, rows + way) if axis == 0 else (columns + way, rows)
        found.append(np.stack([x, y], axis=1))
    crossings: DoubleArray = np.concatenate(found)
    return crossings
