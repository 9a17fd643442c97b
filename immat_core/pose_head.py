"""What a pose head's numbers mean: cameras in the order of how likely they are.

The camera network has one, and so has Image2Sphere, for its training. It answers with a
distribution over azimuths. A picture from the side may show a chair from the left or the right, a
table looks the same from both ends: an average of the two would be a camera that is surely wrong,
so each peak is a candidate of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.networks.config import NetworkConfig

DISTANCES = (1.2, 4.0)
"""Nearest and farthest camera that is believed, in units of the object's diagonal."""

ELEVATION_LIMIT = np.pi / 2

MOST_CANDIDATES = 6
LEAST_PROBABILITY = 0.02
"""Peaks below this are left out, but for the highest."""


@dataclass(frozen=True)
class PoseCandidate:
    """A camera that may have taken the picture.

    Attributes
    ----------
    azimuth
        Radians, -pi..pi; see ``camera.Camera``.
    elevation
        Radians.
    distance
        In units of the object's diagonal.
    probability
        0..1; all candidates together have at most 1.
    """

    azimuth: float
    elevation: float
    distance: float
    probability: float


def decode_poses(pose: ArrayLike, config: NetworkConfig) -> list[PoseCandidate]:
    """The cameras that a row of the pose head speaks of, the likeliest first.

    Each peak of the distribution is a candidate, its probability the mass around it.

    Parameters
    ----------
    pose
        (p,) or (1, p), p as ``config.pose_size`` says.

    Returns
    -------
    list
        One to ``MOST_CANDIDATES``.

    Raises
    ------
    ValueError
        When there are not ``config.pose_size`` finite numbers.
    """
    row = np.asarray(pose, np.float64).reshape(-1)
    if len(row) != config.pose_size or not np.isfinite(row).all():
        raise ValueError(f"a pose is {config.pose_size} finite numbers, not {row}")
    elevation = float(np.clip(row[-2], -ELEVATION_LIMIT, ELEVATION_LIMIT))
    distance = float(np.clip(row[-1], *DISTANCES))
    return [
        PoseCandidate(_wrapped(azimuth), elevation, distance, probability)
        for azimuth, probability in _peaks(row[:-2])
    ]


def both_ways(pose: ArrayLike, mirrored: ArrayLike) -> NDArray[np.float64]:
    """One row out of the head's answers to a picture and to its mirror image.

    What is seen in a mirror is the mirrored object from the azimuth's opposite, at the same
    elevation and distance. The answers err apart, so their mean errs less.

    Parameters
    ----------
    pose, mirrored
        (p,) or (k, p), as for :func:`decode_poses`, of k pictures that show the same.

    Returns
    -------
    (p,) float64: the means of the azimuths' log probabilities, of elevation and of distance.
    """
    own, other = (np.atleast_2d(np.asarray(rows, np.float64)).copy() for rows in (pose, mirrored))
    bins = own.shape[1] - 2
    other[:, :bins] = other[:, -np.arange(bins) % bins]
    for rows in (own, other):
        rows[:, :bins] = np.log(np.maximum(azimuth_probabilities(rows[:, :bins]), 1e-12))
    mean: NDArray[np.float64] = (own.mean(0) + other.mean(0)) / 2
    return mean


def azimuth_probabilities(logits: ArrayLike) -> NDArray[np.float64]:
    """(..., K) probabilities of (..., K) logits of azimuth bins."""
    values = np.asarray(logits, np.float64)
    powers = np.exp(values - values.max(-1, keepdims=True))
    probabilities: NDArray[np.float64] = powers / powers.sum(-1, keepdims=True)
    return probabilities


def _peaks(logits: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Azimuth and mass of each peak, the heaviest first.

    The circle is cut at the valleys between the peaks; a peak stands at the mean of the bins
    around its highest one, so it is placed more finely than the bins are.
    """
    probabilities = azimuth_probabilities(logits)
    bins = len(probabilities)
    # Neighbours share what lies between them; a lone bin's noise is no peak.
    left, right = np.roll(probabilities, 1), np.roll(probabilities, -1)
    smooth = 0.5 * probabilities + 0.25 * (left + right)
    tops = np.nonzero((smooth > np.roll(smooth, 1)) & (smooth >= np.roll(smooth, -1)))[0]
    if not len(tops):
        return [(0.0, 1.0)]  # level all around
    owner = _uphill(smooth)
    found = []
    for top in tops:
        mass = float(probabilities[owner == top].sum())
        around = (top + np.arange(-2, 3)) % bins
        own = probabilities[around] * (owner[around] == top)
        offset = float((own * np.arange(-2, 3)).sum() / max(own.sum(), 1e-12))
        found.append((2 * np.pi * (top + offset) / bins, mass))
    found.sort(key=lambda peak: -peak[1])
    kept = [peak for peak in found if peak[1] >= LEAST_PROBABILITY] or found[:1]
    return kept[:MOST_CANDIDATES]


def _uphill(heights: NDArray[np.float64]) -> NDArray[np.int64]:
    """For each bin of a circle the peak that climbing from it ends at."""
    bins = len(heights)
    here = np.arange(bins)
    both = np.stack([(here - 1) % bins, here, (here + 1) % bins])
    # Of equals the earlier side: what stands level is climbed to its first bin.
    steps: NDArray[np.int64] = both[np.argmax(heights[both], axis=0), here]
    for _ in range(bins):
        steps = steps[steps]
    return steps


def _wrapped(azimuth: float) -> float:
    return float((azimuth + np.pi) % (2 * np.pi) - np.pi)
