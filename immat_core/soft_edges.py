"""A small mask brought to a picture's full size along the picture's own edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_RADIUS = 3
_SOFTNESS = 2e-4
_STRIP = 512


def upsample_mask(
    rgb: NDArray[np.uint8], small: NDArray[np.uint8], mask: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Fast guided filter (He and Sun 2015): alpha is locally a linear function of the color.

    Parameters
    ----------
    rgb
        (h, w, 3) uint8, the picture.
    small
        (sh, sw, 3) uint8, its small copy.
    mask
        (sh, sw) bool, of the copy.

    Returns
    -------
    (h, w) uint8.
    """
    from PIL import Image

    height, width = rgb.shape[:2]
    planes = [
        Image.fromarray(np.ascontiguousarray(plane, np.float32))
        for plane in np.moveaxis(_coefficients(small.astype(np.float32) / 255, mask), -1, 0)
    ]
    near = Image.fromarray(box_mean(mask.astype(np.float32), _RADIUS))
    result = np.empty((height, width), np.uint8)
    # In strips, so that a picture of 100 megapixels is never held as floats.
    for top in range(0, height, _STRIP):
        rows = slice(top, min(top + _STRIP, height))
        scale = len(mask) / height
        box = (0.0, rows.start * scale, float(mask.shape[1]), rows.stop * scale)
        size = (width, rows.stop - rows.start)
        a0, a1, a2, b, share = (
            np.asarray(plane.resize(size, Image.Resampling.BILINEAR, box))
            for plane in [*planes, near]
        )
        guide = rgb[rows].astype(np.float32) / 255
        alpha = a0 * guide[..., 0] + a1 * guide[..., 1] + a2 * guide[..., 2] + b
        # Far from the outline the small mask is right; the linear model may not be.
        alpha = np.where(share > 0.99, 1, np.where(share < 0.01, 0, alpha))
        result[rows] = np.round(np.clip((alpha - 0.2) / 0.6, 0, 1) * 255).astype(np.uint8)
    return result


def _coefficients(guide: Floats, mask: NDArray[np.bool_]) -> Floats:
    """(h, w, 4): alpha = a . color + b, averaged over the windows around each pixel."""
    target = mask.astype(np.float32)
    mean = box_mean(guide, _RADIUS)
    mean_target = box_mean(target, _RADIUS)
    covariance = box_mean(guide[..., :, None] * guide[..., None, :], _RADIUS)
    covariance -= mean[..., :, None] * mean[..., None, :]
    covariance += _SOFTNESS * np.eye(3, dtype=np.float32)
    cross = box_mean(guide * target[..., None], _RADIUS) - mean * mean_target[..., None]
    a = np.linalg.solve(covariance.astype(np.float64), cross[..., None].astype(np.float64))[..., 0]
    b = mean_target - (a * mean).sum(-1)
    return box_mean(np.concatenate([a, b[..., None]], axis=-1).astype(np.float32), _RADIUS)


def box_mean(values: Floats, radius: int) -> Floats:
    """Mean over the (2 radius + 1)² window around each pixel of (h, w, ...), cut at the border."""
    result = values.astype(np.float64)
    for axis in (0, 1):
        length = result.shape[axis]
        start = np.zeros_like(np.take(result, [0], axis))
        total = np.concatenate([start, np.cumsum(result, axis)], axis)
        high = np.minimum(np.arange(length) + radius + 1, length)
        low = np.maximum(np.arange(length) - radius, 0)
        count = (high - low).reshape([-1 if i == axis else 1 for i in range(result.ndim)])
        result = (np.take(total, high, axis) - np.take(total, low, axis)) / count
    return result.astype(np.float32)
