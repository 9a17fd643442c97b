"""Cameras out of the pose head's numbers: peaks, their mass, and how finely they are placed."""

from __future__ import annotations

import numpy as np
import pytest

from immat_core.networks.config import NetworkConfig
from immat_core.pose_head import MOST_CANDIDATES, azimuth_probabilities, both_ways, decode_poses

BINS = 36
CONFIG = NetworkConfig()


def row(*peaks, concentration=60.0, elevation=0.3, distance=2.2):
    """A pose row whose distribution is a mixture of von Mises peaks (azimuth, share)."""
    angles = 2 * np.pi * np.arange(BINS) / BINS
    mixed = sum(w * np.exp(concentration * (np.cos(angles - a) - 1)) for a, w in peaks)
    return [*np.log(mixed + 1e-9), elevation, distance]


def apart(one, other):
    return abs((one - other + np.pi) % (2 * np.pi) - np.pi)


@pytest.mark.parametrize("azimuth", np.linspace(-3.1, 3.1, 23))
def test_a_single_peak_is_found_between_the_bins(azimuth):
    found = decode_poses(row((azimuth, 1.0)), CONFIG)
    assert len(found) == 1
    assert apart(found[0].azimuth, azimuth) < np.radians(0.6)
    assert found[0].probability == pytest.approx(1, abs=1e-3)
    assert (found[0].elevation, found[0].distance) == pytest.approx((0.3, 2.2))


def test_front_and_back_are_two_candidates_and_not_their_mean():
    found = decode_poses(row((0.4, 0.7), (0.4 + np.pi, 0.3)), CONFIG)
    assert [c.probability for c in found] == pytest.approx([0.7, 0.3], abs=0.01)
    assert apart(found[0].azimuth, 0.4) < 0.01
    assert apart(found[1].azimuth, 0.4 + np.pi) < 0.01


def test_four_sides_are_four_candidates_of_one_probability():
    found = decode_poses(row(*((0.2 + k * np.pi / 2, 1.0) for k in range(4))), CONFIG)
    assert [c.probability for c in found] == pytest.approx([0.25] * 4, abs=0.01)


@pytest.mark.parametrize("seed", range(8))
def test_any_numbers_give_candidates_in_order(seed):
    rng = np.random.default_rng(seed)
    found = decode_poses(rng.normal(0, 3, BINS + 2), CONFIG)
    assert 1 <= len(found) <= MOST_CANDIDATES
    masses = [c.probability for c in found]
    assert masses == sorted(masses, reverse=True)
    assert sum(masses) <= 1 + 1e-9
    assert all(-np.pi <= c.azimuth <= np.pi and 1.2 <= c.distance <= 4 for c in found)


def test_a_level_distribution_has_one_candidate_with_all_of_it():
    found = decode_poses([0.0] * BINS + [0.1, 2.0], CONFIG)
    assert [c.probability for c in found] == [1.0]
    assert azimuth_probabilities(np.zeros(BINS)) == pytest.approx(1 / BINS)


@pytest.mark.parametrize("pose", [[0.0] * 6, [np.nan] * (BINS + 2)])
def test_numbers_that_are_no_pose_are_refused(pose):
    with pytest.raises(ValueError, match="38 finite numbers"):
        decode_poses(pose, CONFIG)


def test_a_mirror_image_takes_part_from_the_opposite_azimuth():
    one = row((0.5, 0.8), (0.5 + np.pi, 0.2), elevation=0.2, distance=2.0)
    mirrored = row((-0.7, 0.9), (-0.7 + np.pi, 0.1), elevation=0.4, distance=3.0)
    found = decode_poses(both_ways(one, mirrored), CONFIG)
    assert apart(found[0].azimuth, 0.6) < 0.02
    # The odds are the geometric mean of 4 and 9.
    assert found[0].probability / found[1].probability == pytest.approx(6, rel=0.05)
    assert (found[0].elevation, found[0].distance) == pytest.approx((0.3, 2.5))
    several = both_ways([one, one, one], [mirrored, mirrored])
    assert several == pytest.approx(both_ways(one, mirrored))
    same = both_ways(one, row((-0.5, 0.8), (-0.5 - np.pi, 0.2), elevation=0.2, distance=2.0))
    assert azimuth_probabilities(same[:-2]) == pytest.approx(azimuth_probabilities(one[:-2]))
