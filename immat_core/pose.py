"""The pose head's six numbers: how a camera's direction is written for it and read from it.

A picture comes without a camera, so the network guesses where it stood. The azimuth is given as
the sine and cosine of itself and of its double: a table looks the same from both sides, its single
angle averages out to nothing, and its double is still exact.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.camera import frame_camera
from immat_core.medial_mesh import FloatArray
from immat_core.networks.config import POSE_SIZE

DISTANCES = (1.2, 4.0)
"""Nearest and farthest camera that is believed, in units of the object's diagonal."""

ELEVATION_LIMIT = np.pi / 2

CELLS = 32
"""Cells along each side of the picture in which silhouettes are compared."""

SEARCH_STEP = np.radians(3)
SEARCH_STEPS = 17
"""Steps to either side of the predicted azimuth: 51 degrees."""

OFFSET_COST = 0.05
"""Overlap that a turn by one radian has to gain."""


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


def fit_azimuth(pose: Pose, points: FloatArray, alpha: FloatArray) -> Pose:
    """The pose with the azimuth, near the predicted one, that fills the silhouette best.

    The dense centers already have the object's outline, so turning them over the mask takes a third
    off the head's error (the networks' card has the figures). The elevation stays: a
    shape that is predicted a little too high or low explains a silhouette as well as a lower or
    higher camera, and a search made it worse. Front and back are not swapped either.

    Parameters
    ----------
    points
        (n, 3), many points all over the object: the dense centers.
    alpha
        (S, S), 0..1, the mask of the crop.
    """
    wanted = _cells_of_mask(alpha)
    offsets = np.arange(-SEARCH_STEPS, SEARCH_STEPS + 1) * SEARCH_STEP
    scores = [
        _overlap(points, replace(pose, azimuth=pose.azimuth + offset), wanted)
        - OFFSET_COST * offset**2
        for offset in offsets
    ]
    return replace(pose, azimuth=pose.azimuth + float(offsets[int(np.argmax(scores))]))


def _overlap(points: FloatArray, pose: Pose, wanted: NDArray[np.bool_]) -> float:
    """Intersection over union of the cells that the points fall into with those of the mask."""
    camera = frame_camera(points, pose.azimuth, pose.elevation, pose.distance)
    cells = np.floor((camera.project(points)[0] + 1) / 2 * CELLS).astype(np.int64)
    cells = cells.clip(0, CELLS - 1)
    filled = np.zeros((CELLS, CELLS), bool)
    filled[cells[:, 1], cells[:, 0]] = True
    return float((filled & wanted).sum() / max((filled | wanted).sum(), 1))


def _cells_of_mask(alpha: FloatArray) -> NDArray[np.bool_]:
    """(CELLS, CELLS): cells of which the mask covers at least a quarter."""
    of_pixel = np.arange(len(alpha)) * CELLS // len(alpha)
    total = np.zeros((CELLS, CELLS))
    count = np.zeros((CELLS, CELLS))
    np.add.at(total, (of_pixel[:, None], of_pixel[None]), alpha)
    np.add.at(count, (of_pixel[:, None], of_pixel[None]), 1.0)
    covered: NDArray[np.bool_] = total >= 0.25 * np.maximum(count, 1)
    return covered
