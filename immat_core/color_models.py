"""Mixtures of Gaussians over color whose means drift with the place in the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_PLACE_WEIGHT = 40.0
_LEAST_SPREAD = np.array([2.5, 1.2, 1.2])
_DRIFT_RIDGE = 0.01
_MOST_SAMPLES = 6000
_DARKEST_SHADOW = 0.7
_ELSEWHERE = 16.0
_HEIGHT_SLACK = 0.03


def to_lab(rgb: NDArray[np.uint8]) -> Floats:
    """(..., 3) uint8 sRGB to (..., 3) float32 CIE L*a*b*, D65: L is 0..100."""
    linear = _LINEAR[rgb]
    xyz = linear @ _TO_XYZ.T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * (841 / 108) + 4 / 29)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    lab = np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)
    return np.asarray(lab, np.float32)


def _srgb_table() -> NDArray[np.float64]:
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


_LINEAR = _srgb_table()
# IEC 61966-2-1, each row over the white point.
_TO_XYZ = np.array(
    [
        [0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883],
    ]
)


@dataclass(frozen=True, eq=False)
class ColorModel:
    """k Gaussians over L*a*b*.

    Attributes
    ----------
    weights
        (k,), sum 1.
    means, places
        (k, 3) mean colors and (k, 2) mean places.
    drifts
        (k, 2, 3), how the mean color changes with the place.
    precisions
        (k, 3, 3), inverse covariances.
    heights
        (k, 2), between which places down the picture nearly all of the samples were.
    """

    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    places: NDArray[np.float64]
    drifts: NDArray[np.float64]
    precisions: NDArray[np.float64]
    heights: NDArray[np.float64]

    def _squared(
        self, lab: Floats, place: Floats, *, shadowed: bool = False
    ) -> NDArray[np.float64]:
        """(k, ...) squared Mahalanobis distance to each Gaussian, or to its nearest shadow."""
        found = np.empty((len(self.weights), *lab.shape[:-1]))
        for k in range(len(self.weights)):
            expected = self.means[k] + (place - self.places[k]) @ self.drifts[k]
            if shadowed:
                expected = _shade(expected, lab)
            difference = lab - expected
            white = difference @ np.linalg.cholesky(self.precisions[k])
            found[k] = np.einsum("...i,...i->...", white, white) + self._elsewhere(k, place)
        return found

    def _elsewhere(self, k: int, place: Floats) -> NDArray[np.float64]:
        """What is added to a squared distance where the Gaussian was not seen at such a height.

        Floors lie below walls: a floor's color above the horizon is an object's.
        """
        far = np.abs(place[..., 1] - self.heights[k].mean()) - np.ptp(self.heights[k]) / 2
        return np.asarray(_ELSEWHERE * np.clip(far / _HEIGHT_SLACK - 1, 0, 1), np.float64)

    def distance(self, lab: Floats, place: Floats, *, shadowed: bool = False) -> Floats:
        """Mahalanobis distance to the nearest Gaussian of colors (..., 3) at places (..., 2).

        With ``shadowed`` the Gaussians may lie in shadow: darker, of the same chromaticity.
        """
        squared = self._squared(lab, place, shadowed=shadowed)
        return np.asarray(np.sqrt(squared.min(0)), np.float32)

    def log_likelihood(self, lab: Floats, place: Floats, shadow: float = 0.0) -> Floats:
        """Logarithm of the density of colors (..., 3) at places (..., 2).

        ``shadow`` is how likely a shadow is beside plain light.
        """
        _, determinants = np.linalg.slogdet(self.precisions)
        offsets = (np.log(self.weights) + determinants / 2).reshape(-1, *[1] * (lab.ndim - 1))
        terms = offsets - self._squared(lab, place) / 2
        if shadow > 0:
            dark = offsets + np.log(shadow) - self._squared(lab, place, shadowed=True) / 2
            terms = np.concatenate([terms, dark])
        top = terms.max(0)
        return np.asarray(top + np.log(np.exp(terms - top).sum(0)), np.float32)


def _shade(expected: NDArray[np.float64], lab: Floats) -> NDArray[np.float64]:
    """Colors as dark as ``lab``, within what a shadow does.

    Less light scales linear color by s, and so L* + 16, a* and b* by the cube root of s.
    """
    factor = (lab[..., :1] + 16) / np.maximum(expected[..., :1] + 16, 1)
    factor = np.clip(factor, _DARKEST_SHADOW, 1)
    shift = np.array([16.0, 0, 0])
    return np.asarray((expected + shift) * factor - shift)


def fit_color_model(lab: Floats, place: Floats, components: int) -> ColorModel:
    """Fit a model to n samples: k-means over color and place, then a drift and spread for each.

    Deterministic: the first centers are chosen farthest from one another.

    Parameters
    ----------
    lab
        (n, 3) colors, n >= 1.
    place
        (n, 2) places, in longer sides of the picture.
    components
        At most so many Gaussians.
    """
    step = max(len(lab) // _MOST_SAMPLES, 1)
    lab, place = lab[::step].astype(np.float64), place[::step].astype(np.float64)
    joint = np.column_stack([lab, place * _PLACE_WEIGHT])
    owner = _k_means(joint, components)
    rows = [_gaussian(lab[owner == k], place[owner == k]) for k in np.unique(owner)]
    counts = np.array([(owner == k).sum() for k in np.unique(owner)], np.float64)
    columns = (np.stack(column) for column in zip(*rows, strict=True))
    return ColorModel(counts / counts.sum(), *columns)


def _k_means(points: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """(n,) cluster of each point."""
    centers = [points.mean(0)]
    far = ((points - centers[0]) ** 2).sum(1)
    for _ in range(count - 1):
        # Not the farthest but a far one: outliers are few.
        centers.append(points[np.argsort(far)[int(0.97 * (len(far) - 1))]])
        far = np.minimum(far, ((points - centers[-1]) ** 2).sum(1))
    middle = np.stack(centers)
    owner = np.zeros(len(points), np.int64)
    for _ in range(8):
        squared = (points**2).sum(1)[:, None] - 2 * points @ middle.T + (middle**2).sum(1)
        owner = squared.argmin(1)
        counts = np.bincount(owner, minlength=len(middle))
        sums = np.stack([np.bincount(owner, c, len(middle)) for c in points.T], axis=1)
        middle = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], middle)
    return owner


def _gaussian(
    lab: NDArray[np.float64], place: NDArray[np.float64]
) -> tuple[NDArray[np.float64], ...]:
    """Mean, place, drift, precision and heights of one cluster."""
    mean, where = lab.mean(0), place.mean(0)
    offset = place - where
    # The ridge keeps a small cluster from being extrapolated over the whole picture.
    spread = offset.T @ offset / len(lab) + _DRIFT_RIDGE * np.eye(2)
    drift = np.linalg.solve(spread, offset.T @ (lab - mean) / len(lab))
    rest = lab - mean - offset @ drift
    covariance = rest.T @ rest / len(lab) + np.diag(_LEAST_SPREAD**2)
    heights = np.quantile(place[:, 1], [0.03, 0.97])
    return mean, where, drift, np.linalg.inv(covariance), heights
