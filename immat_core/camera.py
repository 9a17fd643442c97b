"""Cameras: from the object's frame to the picture.

The object's frame is that of ``docs/how-it-works.md``: Z up, front toward -Y, box centred on the
origin. Picture coordinates (u, v) run from -1 to 1 over a square picture, u to the right, v down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray

MARGIN = 0.08
"""Share of the network's input that stays free beyond the object on each of its tight sides."""


@dataclass(frozen=True)
class Camera:
    """A perspective camera that looks at the origin from outside.

    Attributes
    ----------
    azimuth
        Angle about Z in radians; 0 looks at the front from -Y, pi/2 stands on the +X side.
    elevation
        Angle above the horizon in radians.
    distance
        From the origin, in units of the object's diagonal; above 0.
    focal
        Focal length in half picture widths: u = focal * x / depth + shift_u.
    shift_u, shift_v
        Where the optical axis meets the picture.
    roll
        Turn of the camera about its own axis in radians, clockwise in the picture for above 0.
    """

    azimuth: float
    elevation: float
    distance: float = 2.0
    focal: float = 2.0
    shift_u: float = 0.0
    shift_v: float = 0.0
    roll: float = 0.0

    @property
    def position(self) -> NDArray[np.float64]:
        """(3,) float64, where the camera stands."""
        stands: NDArray[np.float64] = -self.distance * self.axes[2]
        return stands

    @property
    def axes(self) -> NDArray[np.float64]:
        """(3, 3) float64, rows: the picture's right, the picture's down, the view direction."""
        sa, ca = np.sin(self.azimuth), np.cos(self.azimuth)
        se, ce = np.sin(self.elevation), np.cos(self.elevation)
        forward = np.array([-sa * ce, ca * ce, -se])
        right = np.array([ca, sa, 0.0])
        down = np.cross(forward, right)
        sr, cr = np.sin(self.roll), np.cos(self.roll)
        return np.stack([cr * right + sr * down, cr * down - sr * right, forward])

    def project(self, points: NDArray[np.floating[Any]]) -> tuple[FloatArray, FloatArray]:
        """Project (n, 3) points.

        Returns
        -------
        uv
            (n, 2) float32 picture coordinates.
        depth
            (n,) float32 distance along the view direction, at least 1e-3.
        """
        local = (np.asarray(points, np.float64) - self.position) @ self.axes.T
        depth = np.maximum(local[:, 2], 1e-3)
        uv = self.focal * local[:, :2] / depth[:, None] + [self.shift_u, self.shift_v]
        return uv.astype(np.float32), depth.astype(np.float32)


def frame_camera(
    points: NDArray[np.floating[Any]],
    azimuth: float,
    elevation: float,
    distance: float = 2.0,
    radii: NDArray[np.floating[Any]] | None = None,
    roll: float = 0.0,
) -> Camera:
    """The camera of a given direction in whose picture the points are framed as in a crop.

    The box of the projected points is centred, and the longer of its sides leaves ``MARGIN`` free
    at both ends: exactly what ``image.crop`` does with a picture, so a shape that is predicted
    from a crop projects back onto it. Spheres are taken for discs of ``focal * radius / depth``.

    Parameters
    ----------
    points
        (n, 3), surface points or sphere centres, n >= 1.
    radii
        (n,), sphere radii, or None for bare points.
    """
    uv, depth = Camera(azimuth, elevation, distance, 1.0, roll=roll).project(points)
    grow = np.zeros(len(uv)) if radii is None else np.asarray(radii) / depth
    low = (uv - grow[:, None]).min(0)
    high = (uv + grow[:, None]).max(0)
    focal = 2 * (1 - 2 * MARGIN) / max(float((high - low).max()), 1e-6)
    shift = -focal * (low + high) / 2
    return Camera(azimuth, elevation, distance, focal, float(shift[0]), float(shift[1]), roll)
