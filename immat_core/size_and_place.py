"""How large a shape is and where it lies: what no picture tells, so the camera goes along."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from immat_core.camera import Camera
from immat_core.medial_mesh import FloatArray

SMALLEST_RADIUS = 0.004
"""Of a predicted sphere: half a voxel of the default surface, in which smaller ones vanish."""


def box_of(spheres: FloatArray) -> tuple[FloatArray, float]:
    """Middle (3,) and diagonal of the box around (n, 4) spheres."""
    low = (spheres[:, :3] - spheres[:, 3:]).min(0)
    high = (spheres[:, :3] + spheres[:, 3:]).max(0)
    return (low + high) / 2, float(np.linalg.norm(high - low))


def scaled_and_moved(
    spheres: FloatArray, camera: Camera, scale: float, offset: FloatArray
) -> tuple[FloatArray, Camera]:
    """(n, 4) spheres scaled about the origin, then moved, and the camera that sees them as before.

    A camera looks at the origin, so what moves across its view is left to the shifts: exact at the
    origin's depth, and nearly so elsewhere for a small offset.
    """
    moved = scale * spheres
    moved[:, :3] += offset
    right, down, forward = camera.axes @ offset
    distance = scale * camera.distance - forward
    shift = camera.focal * np.array([right, down]) / distance
    u, v = camera.shift_u - shift[0], camera.shift_v - shift[1]
    camera = replace(camera, distance=float(distance), shift_u=float(u), shift_v=float(v))
    return moved.astype(np.float32), camera
