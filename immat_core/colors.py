"""Colors of parts and of measured lengths, the same in files, pictures and Blender."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.medial_mesh import FloatArray

GOLDEN_TURN = 0.61803398875
"""The step of hue that keeps any number of parts as far apart as can be."""

HEAT = np.array(
    [
        [0.78, 0.06, 0.10],
        [0.96, 0.44, 0.14],
        [0.98, 0.86, 0.35],
        [0.55, 0.80, 0.58],
        [0.20, 0.55, 0.74],
        [0.18, 0.22, 0.55],
    ]
)
"""(6, 3) sRGB from thin to thick: warm is thin, as what may break should be seen first."""


def part_colors(count: int) -> FloatArray:
    """(count, 3) float32 sRGB, 0 to 1: distinct colors; those of the first parts never change."""
    index = np.arange(count)
    hue = (0.06 + GOLDEN_TURN * index) % 1.0
    # Every few colors a lighter and a paler one, as hues alone repeat after about eight.
    value = np.array([0.90, 0.72, 0.98])[(index // 8) % 3]
    saturation = np.array([0.62, 0.75, 0.38])[(index // 8) % 3]
    return _from_hsv(hue, saturation, value)


def heat_colors(shares: ArrayLike) -> FloatArray:
    """(..., 3) float32 sRGB of shares (...) from 0, thin, to 1, thick; beyond, the end's color."""
    place = np.clip(np.asarray(shares, np.float64), 0, 1) * (len(HEAT) - 1)
    steps = np.arange(len(HEAT))
    channels = [np.interp(place, steps, HEAT[:, channel]) for channel in range(3)]
    return np.stack(channels, -1).astype(np.float32)


def to_linear(colors: ArrayLike) -> FloatArray:
    """Linear RGB of sRGB colors, both (..., 3) from 0 to 1 (IEC 61966-2-1)."""
    given = np.asarray(colors, np.float64)
    curved = ((given + 0.055) / 1.055) ** 2.4
    return np.where(given <= 0.04045, given / 12.92, curved).astype(np.float32)


def to_bytes(colors: ArrayLike) -> NDArray[np.uint8]:
    """Colors from 0 to 1 as bytes."""
    scaled = np.clip(np.asarray(colors, np.float64), 0, 1) * 255
    stored: NDArray[np.uint8] = np.rint(scaled).astype(np.uint8)
    return stored


def _from_hsv(
    hue: NDArray[np.float64], saturation: NDArray[np.float64], value: NDArray[np.float64]
) -> FloatArray:
    wheel = np.abs((hue[:, None] + np.array([0.0, 2 / 3, 1 / 3])) % 1.0 * 6 - 3) - 1
    full = np.clip(wheel, 0, 1)
    colors: FloatArray = (value[:, None] * (1 - saturation[:, None] * (1 - full))).astype(
        np.float32
    )
    return colors
