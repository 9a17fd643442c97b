"""Cameras of a batch: the pose head's loss, and projections framed as the product frames them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from immat_core.camera import frame_camera
from immat_core.pose import decode_pose
from training.config import CameraJitter
from training.data import AZIMUTH, DISTANCE, ELEVATION, ROLL

_POSE_WEIGHTS = {
    # sin a, cos a, sin 2a, cos 2a, elevation, distance. An axial object keeps a little weight on
    # the single angle: that pulls it to zero length, which is how the head says "either way".
    "directed": (1.0, 1.0, 0.5, 0.5, 4.0, 0.25),
    "axial": (0.1, 0.1, 1.0, 1.0, 4.0, 0.25),
    "none": (0.0, 0.0, 0.0, 0.0, 4.0, 0.25),
}


def pose_weights(categories: tuple[str, ...], azimuth: dict[str, str]) -> Tensor:
    """(C, 6) float32, the weight of each of the pose's numbers for each category.

    ``azimuth`` is ``TrainingConfig.azimuth``. ``KeyError`` for a kind that it does not know.
    """
    return torch.tensor([_POSE_WEIGHTS[azimuth.get(name, "directed")] for name in categories])


def pose_targets(cameras: Tensor) -> Tensor:
    """(B, 6) float32 targets of the pose head for (B, 7) camera rows."""
    angle = cameras[:, AZIMUTH]
    single = [angle.sin(), angle.cos(), (2 * angle).sin(), (2 * angle).cos()]
    return torch.stack([*single, cameras[:, ELEVATION], cameras[:, DISTANCE]], 1)


def pose_loss(pose: Tensor, cameras: Tensor, category: Tensor, weights: Tensor) -> Tensor:
    """Weighted mean square error of the pose head; ``weights`` from ``pose_weights``."""
    return (weights[category] * (pose - pose_targets(cameras)).square()).mean()


def framed_uv(
    spheres: NDArray[np.float32],
    directions: NDArray[np.float64],
    points: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Where centres project to when each shape fills the picture as its crop does.

    Parameters
    ----------
    spheres
        (B, N, 4) float32, the initial spheres, which the cameras frame.
    directions
        (B, 4): azimuth, elevation, distance, roll.
    points
        (B, M, 3 or more) float32, what is projected; None for the spheres themselves.

    Returns
    -------
    (B, M, 2) float32, by the same ``frame_camera`` that prediction uses.
    """
    points = spheres if points is None else points
    found = np.empty((*points.shape[:2], 2), np.float32)
    for k, (balls, (azimuth, elevation, distance, roll)) in enumerate(
        zip(spheres, directions, strict=True)
    ):
        camera = frame_camera(
            balls[:, :3], azimuth, elevation, distance, radii=balls[:, 3], roll=roll
        )
        found[k] = camera.project(points[k, :, :3])[0]
    return found


def camera_directions(
    cameras: Tensor, pose: Tensor, jitter: CameraJitter, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Directions (B, 4) to project from: the true ones, turned a little, or the predicted ones.

    In use the camera is the pose head's guess unless the user gives one, so ``predicted_share``
    of the shapes is seen by that guess, with its real errors.
    """
    rows = cameras.numpy().astype(np.float64)
    directions = rows[:, [AZIMUTH, ELEVATION, DISTANCE, ROLL]]
    directions[:, 0] += rng.normal(0, jitter.azimuth, len(rows))
    directions[:, 1] += rng.normal(0, jitter.elevation, len(rows))
    for k in np.nonzero(rng.random(len(rows)) < jitter.predicted_share)[0]:
        guess = decode_pose(pose[k].detach().numpy())
        directions[k] = guess.azimuth, guess.elevation, guess.distance, 0.0
    return directions
