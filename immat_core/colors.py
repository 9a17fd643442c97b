"""Colors of parts and of measured lengths, the same in files, pictures and Blender."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.medial_mesh import FloatArray

GOLDEN_TURN = 0.61803398875
"""The step of hue that keeps any number of colors as far apart as can be."""
PART_SHADES = 24
"""Colors of parts before they repeat."""

THIN_TO_THICK = (
    (0.267, 0.005, 0.329),
    (0.283, 0.141, 0.458),
    (0.254, 0.265, 0.530),
    (0.207, 0.372, 0.553),
    (0.164, 0.471, 0.558),
    (0.128, 0.567, 0.551),
    (0.135, 0.659, 0.518),
    (0.267, 0.749, 0.441),
    (0.478, 0.821, 0.318),
    (0.741, 0.873, 0.150),
    (0.993, 0.906, 0.144),
)
"""sRGB of the color map "viridis" at eleven places: as bright as the value is high."""


def part_colors(numbers: ArrayLike) -> FloatArray:
    """(..., 3) float32 sRGB, 0 to 1, of the parts of these numbers, which count from 1.

    0 is gray: no part. After 23 colors they repeat, the gray one with them.
    """
    found: FloatArray = PART_COLORS[np.asarray(numbers, np.int64) % PART_SHADES]
    return found


def heat_colors(shares: ArrayLike) -> FloatArray:
    """(..., 3) float32 sRGB of shares (...) from 0, thin, to 1, thick; beyond, the end's color."""
    stops = np.array(THIN_TO_THICK)
    place = np.clip(np.asarray(shares, np.float64), 0, 1) * (len(stops) - 1)
    channels = [np.interp(place, np.arange(len(stops)), stops[:, k]) for k in range(3)]
    return np.asarray(np.stack(channels, -1), np.float32)


def to_linear(colors: ArrayLike) -> FloatArray:
    """Linear RGB of sRGB colors, both (..., 3) from 0 to 1 (IEC 61966-2-1)."""
    given = np.asarray(colors, np.float64)
    curved = ((given + 0.055) / 1.055) ** 2.4
    return np.asarray(np.where(given <= 0.04045, given / 12.92, curved), np.float32)


def to_bytes(colors: ArrayLike) -> NDArray[np.uint8]:
    """Colors from 0 to 1 as bytes."""
    scaled = np.clip(np.asarray(colors, np.float64), 0, 1) * 255
    stored: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return stored


def _shades() -> FloatArray:
    """(24, 3): gray, then hues by the golden turn; every eight they get darker, then paler."""
    index = np.arange(PART_SHADES - 1)
    hue = (0.03 + GOLDEN_TURN * index) % 1.0
    value = np.array([0.92, 0.68, 0.98])[index // 8]
    saturation = np.array([0.72, 0.80, 0.42])[index // 8]
    wheel = np.abs((hue[:, None] + np.array([0.0, 2 / 3, 1 / 3])) % 1.0 * 6 - 3) - 1
    colors = value[:, None] * (1 - saturation[:, None] * (1 - np.clip(wheel, 0, 1)))
    return np.asarray(np.concatenate([np.full((1, 3), 0.6), colors]), np.float32)


PART_COLORS = _shades()
"""(24, 3) float32 sRGB, the color of a part by its number modulo 24."""
