"""What the fit changes, what the camera then sees, and how that hangs on each unknown.

The unknowns are ten that act on the whole and four of each sphere:

    azimuth, elevation, roll, log distance, log focal length, two shifts, log stretch along x, y, z
    x, y, z, log radius

All are changes of the given camera and spheres, 0 at the start.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immat_core.camera import Camera
from immat_core.silhouette.discs import NEAREST, DoubleArray

CAMERA, COMMON, OWN = 7, 10, 4
"""Numbers of a camera, of all that acts on the whole, and of one sphere."""
_TURN = 1e-5
_THICKEST = 1.5
"""Greatest change of a radius's logarithm."""


@dataclass(frozen=True, eq=False)
class Given:
    """The camera and the (n, 4) float64 spheres that the fit starts from."""

    camera: Camera
    spheres: DoubleArray


@dataclass(frozen=True, eq=False)
class Linear:
    """Discs that the camera sees, and their derivatives.

    Attributes
    ----------
    discs
        (n, 3) float64: u, v, radius.
    common
        (n, 3, 10), by the unknowns of the whole.
    own
        (n, 3, 4), by each sphere's own.
    """

    discs: DoubleArray
    common: DoubleArray
    own: DoubleArray


@dataclass(frozen=True, eq=False)
class State:
    """Values of the unknowns: ``common`` (10,) and ``own`` (n, 4), float64."""

    given: Given
    common: DoubleArray
    own: DoubleArray

    @classmethod
    def start(cls, given: Given) -> State:
        """Nothing changed."""
        return cls(given, np.zeros(COMMON), np.zeros((len(given.spheres), OWN)))

    def moved(self, common: DoubleArray, own: DoubleArray) -> State:
        """The state after a step; angles turn by 0.1 at most, where the step is still linear."""
        turned = common.copy()
        turned[:3] = turned[:3].clip(-0.1, 0.1)
        there = self.own + own
        there[:, 3] = there[:, 3].clip(-_THICKEST, _THICKEST)
        return State(self.given, self.common + turned, there)

    @property
    def camera(self) -> Camera:
        """The changed camera."""
        return self._turned(self.common[:3])

    @property
    def spheres(self) -> DoubleArray:
        """(n, 4), the changed spheres; a stretched shape's radii grow by the mean stretch."""
        stretch = self.common[CAMERA:]
        centers = self.given.spheres[:, :3] * np.exp(stretch) + self.own[:, :3]
        radii = self.given.spheres[:, 3] * np.exp(stretch.mean() + self.own[:, 3])
        return np.column_stack([centers, radii])

    def linear(self) -> Linear:
        """What the camera sees, and the derivatives."""
        camera, spheres = self.camera, self.spheres
        centers, radii = spheres[:, :3], spheres[:, 3]
        local = centers @ camera.axes.T + [0.0, 0.0, camera.distance]
        depth = np.maximum(local[:, 2], NEAREST)
        scale = camera.focal / depth
        seen = np.column_stack([local[:, :2], radii]) * scale[:, None]
        count = len(spheres)
        by_local = np.zeros((count, 3, 3))
        by_local[:, 0, 0] = by_local[:, 1, 1] = scale
        by_local[:, :, 2] = -seen / depth[:, None]
        own = np.empty((count, 3, OWN))
        own[:, :, :3] = by_local @ camera.axes
        own[:, :, 3] = [[0.0, 0.0, 1.0]] * seen
        common = np.zeros((count, 3, COMMON))
        for angle in range(3):
            turn = np.zeros(3)
            turn[angle] = _TURN
            ahead, behind = (
                self._turned(self.common[:3] + turn),
                self._turned(self.common[:3] - turn),
            )
            slope = centers @ ((ahead.axes - behind.axes) / (2 * _TURN)).T
            common[:, :, angle] = np.einsum("nij,nj->ni", by_local, slope)
        common[:, :, 3] = by_local[:, :, 2] * camera.distance
        common[:, :, 4] = seen
        common[:, 0, 5] = common[:, 1, 6] = 1.0
        stretched = self.given.spheres[:, :3] * np.exp(self.common[CAMERA:])
        common[:, :, CAMERA:] = own[:, :, :3] * stretched[:, None] + own[:, :, 3:] / 3
        shift = np.array([camera.shift_u, camera.shift_v, 0.0])
        return Linear(seen + shift, common, own)

    def _turned(self, angles: DoubleArray) -> Camera:
        """The changed camera, with other changes of azimuth, elevation and roll."""
        given, change = self.given.camera, self.common
        return Camera(
            given.azimuth + float(angles[0]),
            given.elevation + float(angles[1]),
            given.distance * float(np.exp(change[3])),
            given.focal * float(np.exp(change[4])),
            given.shift_u + float(change[5]),
            given.shift_v + float(change[6]),
            given.roll + float(angles[2]),
        )
