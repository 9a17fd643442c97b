"""Shapes of other proportions from pictures that are already drawn.

Scaling an object along its axes turns its picture, as seen from afar, into an affine image of
itself: the picture of the scaled object from a slightly other direction. So a picture can be
warped into that of a chair that is taller, deeper or narrower, with its true spheres known, for
the price of resampling it. Of nearby cameras it is off by what perspective adds.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor
from torch.nn import functional

from training.data import (
    AZIMUTH,
    ELEVATION,
    FOCAL,
    ROLL,
    SHIFT_U,
    SHIFT_V,
    Batch,
    ShapeFolder,
)

Doubles = NDArray[np.float64]

_TOUCHING = 4


class Stretch:
    """Warps a share of the pictures of a batch and scales their shapes alike.

    Parameters
    ----------
    folder
        The split that the batches are drawn from.
    amount
        Largest change of each axis, as a logarithm, before the diagonal is made 1 again.
    share
        Of the pictures; the others stay as they are.
    """

    def __init__(self, folder: ShapeFolder, amount: float, share: float = 1.0) -> None:
        self.folder = folder
        self.amount = amount
        self.share = share
        self._known: dict[int, tuple[Doubles, Doubles]] = {}

    def __call__(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """The batch with ``scales`` other than 1; all that is known of a shape follows."""
        if self.amount == 0 or self.share == 0:
            return batch
        count = len(batch.images)
        wanted = np.exp(rng.uniform(-self.amount, self.amount, (count, 3)))
        scales = torch.ones(count, 3)
        for row in np.nonzero(rng.random(count) < self.share)[0]:
            extent = self._shape(int(batch.shapes[row]))[0]
            scale = wanted[row] * np.linalg.norm(extent) / np.linalg.norm(wanted[row] * extent)
            scales[row] = torch.from_numpy(scale)
        return self.scaled(batch, scales)

    def scaled(self, batch: Batch, scales: Tensor) -> Batch:
        """The batch with shapes scaled by (B, 3); those of scale 1 and their pictures stay."""
        rows = np.nonzero((scales != 1).any(1).numpy())[0]
        images, spheres, dense = batch.images.clone(), batch.spheres.clone(), batch.dense.clone()
        cameras, maps = batch.cameras.clone(), []
        for row in rows:
            normals, scale = self._shape(int(batch.shapes[row]))[1], scales[row].double().numpy()
            # A plane with normal n, at a distance of r, is at r / |n / scale| afterwards.
            thicker = (1 / np.linalg.norm(normals / scale, axis=-1)).mean(-1)
            spheres[row, :, :3] *= scales[row]
            spheres[row, :, 3] *= torch.from_numpy(thicker).float()
            dense[row] *= scales[row]
            camera, theta = warp(
                batch.cameras[row].numpy().astype(np.float64), scale, batch.images[row, 3].numpy()
            )
            cameras[row] = torch.from_numpy(camera)
            maps.append(theta)
        if len(rows):
            thetas = torch.from_numpy(np.stack(maps)).float()
            seen = images[rows]
            grid = functional.affine_grid(thetas, list(seen.shape), align_corners=False)
            images[rows] = functional.grid_sample(seen, grid, align_corners=False)
        return batch._replace(
            images=images, spheres=spheres, dense=dense, cameras=cameras, scales=scales
        )

    def _shape(self, row: int) -> tuple[Doubles, Doubles]:
        """The sides of a shape's box (3,), and normals (N, k, 3) where its spheres touch it."""
        if row not in self._known:
            surface = np.array(self.folder.surface[row], np.float64)
            near = cKDTree(surface[:, :3]).query(self.folder.spheres[row, :, :3], _TOUCHING)[1]
            self._known[row] = np.ptp(surface[:, :3], axis=0), surface[near, 3:]
        return self._known[row]


def warp(
    camera: Doubles, scale: Doubles, alpha: NDArray[np.floating[Any]]
) -> tuple[Doubles, Doubles]:
    """The camera of a scaled object, and the affine map that makes its picture.

    Parameters
    ----------
    camera
        (7,), columns as in ``training.data``.
    scale
        (3,), of the object's axes.
    alpha
        (S, S), the object's mask in the picture as it is.

    Returns
    -------
    camera
        (7,), of the new picture, in which the object is as large, and as far off the middle, as
        in the old one.
    theta
        (2, 3), from places in the new picture to places in the old one, both -1..1.
    """
    sa, ca = np.sin(camera[AZIMUTH]), np.cos(camera[AZIMUTH])
    se, ce = np.sin(camera[ELEVATION]), np.cos(camera[ELEVATION])
    right, down = np.array([ca, sa, 0.0]) / scale, np.array([se * sa, -se * ca, -ce]) / scale
    wider = 1 / np.linalg.norm(right)
    right *= wider
    shear = float(down @ right)
    down -= shear * right
    taller = 1 / np.linalg.norm(down)
    down *= taller
    upright = np.array([[wider, 0.0], [-taller * shear * wider, taller]])
    sr, cr = np.sin(camera[ROLL]), np.cos(camera[ROLL])
    roll = np.array([[cr, sr], [-sr, cr]])
    forth = roll @ upright @ roll.T
    old_middle, old_side = _box(alpha, np.eye(2))
    new_middle, new_side = _box(alpha, forth)
    zoom = new_side / old_side
    back = np.linalg.inv(forth)
    changed = camera.copy()
    changed[AZIMUTH] = np.arctan2(right[1], right[0])
    changed[ELEVATION] = np.arctan2(down[:2] @ [right[1], -right[0]], -down[2])
    changed[FOCAL] /= zoom
    shift = forth @ camera[[SHIFT_U, SHIFT_V]]
    changed[[SHIFT_U, SHIFT_V]] = old_middle + (shift - new_middle) / zoom
    return changed, np.column_stack([zoom * back, back @ (new_middle - zoom * old_middle)])


def _box(alpha: NDArray[np.floating[Any]], forth: Doubles) -> tuple[Doubles, float]:
    """Middle and longer side of the box around a mask whose places are mapped by (2, 2)."""
    rows, columns = np.nonzero(alpha >= max(float(alpha.max()) / 2, 1e-6))
    places = (np.stack([columns, rows], 1) + 0.5) * (2 / len(alpha)) - 1
    mapped = places @ forth.T if len(places) else np.zeros((1, 2))
    low, high = mapped.min(0), mapped.max(0)
    return (low + high) / 2, float((high - low).max()) + 2 / len(alpha)
