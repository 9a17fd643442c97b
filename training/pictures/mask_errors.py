"""Masks as background removal leaves them: a bit too wide or narrow, with bites and leftovers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.ImageFilter import GaussianBlur, MaxFilter, MinFilter

BLOBS = 3
"""Most bites and most leftovers of a mask."""


def spoil_mask(coverage: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A mask (h, w) uint8 with the errors of a cut-out; one in three stays as it is.

    The errors are those that we saw our own background removal make: an edge that is off by a
    pixel or two, pieces that are lost where object and room look alike, shadows that stay.
    """
    if rng.random() < 1 / 3:
        return coverage
    mask = Image.fromarray(coverage)
    width = int(rng.integers(0, 3))
    if width:
        mask = mask.filter((MinFilter, MaxFilter)[rng.integers(2)](2 * width - 1))
    if rng.random() < 0.5:
        mask = mask.filter(GaussianBlur(rng.uniform(0.4, 1.5)))
    values = np.array(mask).astype(np.float32)
    rows, columns = np.nonzero(coverage > 127)
    for _ in range(int(rng.integers(0, BLOBS + 1)) * bool(len(rows))):
        at = int(rng.integers(len(rows)))
        values *= 1 - _blob(values.shape, rows[at], columns[at], 0.035, rng)
    for _ in range(int(rng.integers(0, BLOBS + 1)) * bool(len(rows))):
        at = int(rng.integers(len(rows)))
        row, column = rows[at] + rng.normal(0, 12), columns[at] + rng.normal(0, 12)
        values = np.maximum(values, 255 * _blob(values.shape, row, column, 0.03, rng))
    return np.asarray(np.clip(values + 0.5, 0, 255), np.uint8)


def _blob(
    shape: tuple[int, ...], row: Any, column: Any, size: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """(h, w) 0..1, a soft ellipse of up to ``size`` picture heights around a place."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    high, wide = rng.uniform(0.3, 1, 2) * size * shape[0] + 1
    away = np.hypot((y - row) / high, (x - column) / wide)
    return np.asarray(np.clip(3 * (1.2 - away), 0, 1), np.float32)
