"""Cameras of a batch: the pose head's losses, and projections framed as the product frames them."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from immat_core.camera import Camera, frame_camera
from immat_core.networks.config import NetworkConfig
from immat_core.pose_head import decode_poses
from training.config import CameraJitter
from training.data import AZIMUTH, DISTANCE, ELEVATION, ROLL, Batch, ShapeFolder
from training.symmetry import TOLERANCE, turn_weights

SHARPNESS = 60.0
"""Concentration of the true azimuth's distribution over the bins: 7 degrees."""
_ELEVATION_WEIGHT, _DISTANCE_WEIGHT = 20.0, 0.1
_ABSOLUTE_WEIGHT, _NEAR = 5.0, 0.02
"""Of the absolute error of the elevation, which is squared below so many radians."""


class PoseLoss:
    """Loss of a pose head.

    The target is a distribution with a peak at every azimuth from which the shape
    looks as it does from the true one (``training.symmetry``). The head then says what it does
    not know with several peaks, where a regression would answer with their mean.
    """

    def __init__(self, folder: ShapeFolder, bins: int, *, absolute: bool = False) -> None:
        """
        Parameters
        ----------
        folder
            The split that the batches are drawn from.
        bins
            ``NetworkConfig.azimuth_bins``.
        absolute
            Whether the elevation's error counts as it is, not squared, so that pictures that tell
            nothing of it do not outweigh the others.
        """
        self.absolute = absolute
        self.folder = folder
        self.bins = bins
        self._turns: dict[int, NDArray[np.float32]] = {}

    def __call__(self, pose: Tensor, batch: Batch) -> Tensor:
        """() float, mean over the batch, of (B, p) answers."""
        turns = self.turns(batch.shapes).to(pose.device) * still_alike(batch, self.bins)
        return self.of(pose, batch.cameras, turns)

    def of(self, pose: Tensor, cameras: Tensor, turns: Tensor) -> Tensor:
        """The same of (B, 7) cameras of shapes that are like their turns by (B, bins)."""
        target = azimuth_targets(cameras[:, AZIMUTH], turns)
        found = functional.log_softmax(pose[:, : self.bins], 1)
        terms = functional.kl_div(found, target, reduction="none").sum(1)
        elevation, distance = (pose[:, -2:] - cameras[:, [ELEVATION, DISTANCE]]).T
        if self.absolute:
            near = functional.smooth_l1_loss(
                elevation, torch.zeros_like(elevation), reduction="none", beta=_NEAR
            )
            terms = terms + _ABSOLUTE_WEIGHT * near
        else:
            terms = terms + _ELEVATION_WEIGHT * elevation.square()
        return torch.mean(terms + _DISTANCE_WEIGHT * distance.square())

    def turns(self, shapes: Tensor) -> Tensor:
        """(B, bins) float32, how alike each shape and its turns are; each is found once."""
        rows = shapes.tolist()
        for row in rows:
            if row not in self._turns:
                both = np.array(self.folder.spheres[row]), np.array(self.folder.dense[row])
                self._turns[row] = turn_weights(*both, self.bins)
        return torch.from_numpy(np.stack([self._turns[row] for row in rows]))


def still_alike(batch: Batch, bins: int) -> Tensor:
    """(B, bins) float32: what a stretched shape keeps of the likeness to its turns.

    A turn by t moves a point at distance r from the axis by about |log(sx / sy) sin t| r / 2.
    """
    ratio = (batch.scales[:, 0] / batch.scales[:, 1]).log().abs()
    reach = batch.spheres[..., :2].norm(dim=2).mean(1) / 2
    angles = 2 * np.pi * torch.arange(bins, device=reach.device) / bins
    apart = (ratio * reach)[:, None] * angles.sin().abs()
    return torch.exp(-((apart / TOLERANCE) ** 2))


def azimuth_targets(azimuth: Tensor, turns: Tensor) -> Tensor:
    """(B, K) distributions over azimuth bins, of (B,) true azimuths and (B, K) turn weights."""
    bins = turns.shape[1]
    angles = 2 * np.pi * torch.arange(bins, device=turns.device) / bins
    around = torch.exp(SHARPNESS * (torch.cos(angles - azimuth[:, None]) - 1))
    own = torch.arange(bins, device=turns.device)
    # Circular convolution: the true peak, once for each turn.
    shifted = around[:, (own[:, None] - own) % bins]
    target = torch.einsum("bkt,bt->bk", shifted, turns)
    return target / target.sum(1, keepdim=True)


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


def camera_axes(directions: NDArray[np.float64]) -> NDArray[np.float32]:
    """(B, 3, 3) float32, the axes of cameras of (B, 4) azimuth, elevation, distance, roll."""
    rows = [Camera(a, e, d, roll=r).axes for a, e, d, r in directions]
    return np.stack(rows).astype(np.float32)


def camera_directions(
    cameras: Tensor,
    pose: Tensor,
    jitter: CameraJitter,
    rng: np.random.Generator,
    config: NetworkConfig,
) -> NDArray[np.float64]:
    """Directions (B, 4) to project from: the true ones, turned a little, or the predicted ones.

    In use the camera is the pose head's guess unless the user gives one, so ``predicted_share``
    of the shapes is seen by that guess, with its real errors.
    """
    rows, answers = cameras.cpu().numpy().astype(np.float64), pose.detach().cpu().numpy()
    directions = rows[:, [AZIMUTH, ELEVATION, DISTANCE, ROLL]]
    directions[:, 0] += rng.normal(0, jitter.azimuth, len(rows))
    directions[:, 1] += rng.normal(0, jitter.elevation, len(rows))
    for k in np.nonzero(rng.random(len(rows)) < jitter.predicted_share)[0]:
        guess = decode_poses(answers[k], config)[0]
        directions[k] = guess.azimuth, guess.elevation, guess.distance, 0.0
    return directions
