"""Which triangle each sample of a picture sees: a z-buffer on the processor."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from immat_core.camera import Camera
from immat_core.medial_mesh import FloatArray, IndexArray


def visible(
    corners: FloatArray, camera: Camera, side: int
) -> tuple[FloatArray, IndexArray, FloatArray]:
    """What a square picture of ``side`` samples sees of (t, 3, 3) triangles.

    Returns
    -------
    nearest
        (side, side) float32, 1 / depth, 0 for nothing.
    owner
        (side, side) int32, the triangle, -1 for none.
    weights
        (side, side, 2) float32, perspective-correct weights of its second and third corner.
    """
    uv, depth = camera.project(corners.reshape(-1, 3))
    screen = np.empty((len(uv), 3), np.float32)
    screen[:, :2] = (uv + 1) * (side / 2)
    screen[:, 2] = 1 / depth
    nearest = np.zeros((side, side), np.float32)
    owner = np.full((side, side), -1, np.int32)
    weights = np.zeros((side, side, 2), np.float32)
    rasterise(screen.reshape(-1, 3, 3), nearest, owner, weights)
    return nearest, owner, weights


def light_axes(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, 3) rows: the light map's x, its y, and toward the light."""
    side = np.cross(direction, (0.0, 0.0, 1.0) if abs(direction[2]) < 0.9 else (1.0, 0.0, 0.0))
    side /= np.linalg.norm(side)
    return np.stack([side, np.cross(direction, side), direction])


def light_map(corners: FloatArray, axes: NDArray[np.float64], side: int) -> FloatArray:
    """Height above the origin along the light of what it meets first, (side, side) float32.

    The map covers the ball of radius ``LIGHT_REACH`` about the origin; -9 where nothing is met.
    """
    local = corners.reshape(-1, 3) @ axes.T.astype(np.float32)
    screen = np.empty_like(local)
    screen[:, :2] = (local[:, :2] / LIGHT_REACH + 1) * (side / 2)
    # the z-buffer keeps what is largest and linear in the picture, which height is here
    screen[:, 2] = local[:, 2] + HEIGHT_OFFSET
    highest = np.zeros((side, side), np.float32)
    owner = np.full((side, side), -1, np.int32)
    rasterise(screen.reshape(-1, 3, 3), highest, owner, np.zeros((side, side, 2), np.float32))
    return np.where(owner >= 0, highest - HEIGHT_OFFSET, np.float32(-9))


LIGHT_REACH = 0.56
"""A shape of diagonal 1 lies within 0.5 of the origin."""
HEIGHT_OFFSET = np.float32(2)
"""Keeps heights above 0, where the z-buffer begins."""


@njit(cache=True, nogil=True)
def rasterise(
    screen: NDArray[np.float32],
    nearest: NDArray[np.float32],
    owner: NDArray[np.int32],
    weights: NDArray[np.float32],
) -> None:
    """Fill in the triangle that each sample sees and its two perspective-correct weights.

    ``screen`` is (t, 3, 3): x and y in samples and 1 / depth; ``nearest`` holds 1 / depth, 0 for
    nothing seen.
    """
    side = nearest.shape[0]
    for t in range(screen.shape[0]):
        x0, y0, w0 = screen[t, 0]
        x1, y1, w1 = screen[t, 1]
        x2, y2, w2 = screen[t, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if abs(area) < 1e-9:
            continue
        left = max(0, int(np.ceil(min(x0, x1, x2) - 0.5)))
        right = min(side - 1, int(np.floor(max(x0, x1, x2) - 0.5)))
        top = max(0, int(np.ceil(min(y0, y1, y2) - 0.5)))
        bottom = min(side - 1, int(np.floor(max(y0, y1, y2) - 0.5)))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                px, py = column + 0.5 - x0, row + 0.5 - y0
                b = (px * (y2 - y0) - (x2 - x0) * py) / area
                c = ((x1 - x0) * py - px * (y1 - y0)) / area
                a = 1 - b - c
                if a < -1e-5 or b < -1e-5 or c < -1e-5:
                    continue
                inverse = a * w0 + b * w1 + c * w2
                if inverse > nearest[row, column]:
                    nearest[row, column] = inverse
                    owner[row, column] = t
                    weights[row, column, 0] = b * w1 / inverse
                    weights[row, column, 1] = c * w2 / inverse
