"""The point of a triangle that is nearest to a point: safe for slivers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

Floats = NDArray[np.float64]
Spot = tuple[float, float, float]


@kernel
def nearest_on_segment(x: float, y: float, z: float, a: Any, b: Any) -> Spot:
    """The point of the segment from ``a`` to ``b`` (3,) that is nearest."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    length2 = ux * ux + uy * uy + uz * uz
    t = 0.0
    if length2 > 0:
        t = ((x - a[0]) * ux + (y - a[1]) * uy + (z - a[2]) * uz) / length2
        t = min(max(t, 0.0), 1.0)
    return a[0] + t * ux, a[1] + t * uy, a[2] + t * uz


@kernel
def nearest_on_triangle(x: float, y: float, z: float, corners: Any) -> Spot:
    """The point of a triangle (3, 3) that is nearest: its foot, or that of the nearest side."""
    a = corners[0]
    ux, uy, uz = corners[1, 0] - a[0], corners[1, 1] - a[1], corners[1, 2] - a[2]
    vx, vy, vz = corners[2, 0] - a[0], corners[2, 1] - a[1], corners[2, 2] - a[2]
    px, py, pz = x - a[0], y - a[1], z - a[2]
    uu, uv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz
    vv = vx * vx + vy * vy + vz * vz
    pu, pv = px * ux + py * uy + pz * uz, px * vx + py * vy + pz * vz
    s, t, area2 = vv * pu - uv * pv, uu * pv - uv * pu, uu * vv - uv * uv
    if area2 > 0 and s >= 0 and t >= 0 and s + t <= area2:
        s /= area2
        t /= area2
        return a[0] + s * ux + t * vx, a[1] + s * uy + t * vy, a[2] + s * uz + t * vz
    best = np.inf
    fx, fy, fz = a[0], a[1], a[2]
    for side in range(3):
        sx, sy, sz = nearest_on_segment(x, y, z, corners[side], corners[(side + 1) % 3])
        distance2 = (x - sx) ** 2 + (y - sy) ** 2 + (z - sz) ** 2
        if distance2 < best:
            best = distance2
            fx, fy, fz = sx, sy, sz
    return fx, fy, fz
