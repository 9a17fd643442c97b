"""The pose head's six numbers: how a camera's direction is written for it and read from it.

A picture comes without a camera, so the network guesses where it stood. The azimuth is given as
the sine and cosine of itself and of its double: a table looks the same from both sides, its single
angle averages out to nothing, and its double is still exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.networks.config import POSE_SIZE

DISTANCES = (1.2, 4.0)
"""Nearest and farthest camera that is believed, in units of the object's diagonal."""

ELEVATION_LIMIT = np.pi / 2


@dataclass(frozen=True)
class Pose:
    """Where the camera stood: angles in radians, distance in units of the object's diagonal."""

    azimuth: float
    elevation: float
    distance: float


def encode_pose(
    azimuth: ArrayLike, elevation: ArrayLike, distance: ArrayLike
) -> NDArray[np.float32]:
    """The pose head's targets, (..., 6) float32, of cameras' angles (radians) and distances."""
    a = np.asarray(azimuth, np.float64)
    columns = [np.sin(a), np.cos(a), np.sin(2 * a), np.cos(2 * a)]
    columns += [np.asarray(elevation, np.float64), np.asarray(distance, np.float64)]
    poses: NDArray[np.float32] = np.stack(np.broadcast_arrays(*columns), -1).astype(np.float32)
    return poses


def decode_pose(pose: ArrayLike) -> Pose:
    """Read one row of the pose head.

    The single angle says which half turn is meant, the double angle where in it: the two are
    averaged with weights that grow with the length of their vectors (how sure the head is), the
    double's four times as much, since its error is halved with it.

    Parameters
    ----------
    pose
        (6,) or (1, 6) as written by :func:`encode_pose`; the vectors need not have length 1.

    Raises
    ------
    ValueError
        When there are not six finite numbers.
    """
    row = np.asarray(pose, np.float64).reshape(-1)
    if len(row) != POSE_SIZE or not np.isfinite(row).all():
        raise ValueError(f"a pose is {POSE_SIZE} finite numbers, not {row}")
    single, double = np.arctan2(row[0], row[1]), np.arctan2(row[2], row[3])
    # The nearer of the double's two readings: off by at most a quarter turn.
    turn = (double / 2 - single + np.pi / 2) % np.pi - np.pi / 2
    single_weight, double_weight = row[0] ** 2 + row[1] ** 2, 4 * (row[2] ** 2 + row[3] ** 2)
    azimuth = single + turn * double_weight / max(single_weight + double_weight, 1e-12)
    return Pose(
        float((azimuth + np.pi) % (2 * np.pi) - np.pi),
        float(np.clip(row[4], -ELEVATION_LIMIT, ELEVATION_LIMIT)),
        float(np.clip(row[5], *DISTANCES)),
    )
