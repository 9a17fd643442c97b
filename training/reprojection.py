"""Spheres against the silhouette that the picture shows.

A ball inside an object is seen inside its silhouette, and all of the silhouette is seen to be near
some ball. How far true spheres are off can only be guessed from a picture, but this can be read
from it, so what a network learns of it holds for shapes that it has never seen.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn import functional

from training.cameras import project
from training.config import SphereLoss
from training.losses import gather_points, nearest_indices

SAMPLES = 256
"""Points of a silhouette to which the nearest sphere is sought."""


def silhouette_losses(
    spheres: Tensor, cameras: Tensor, alpha: Tensor, weights: SphereLoss
) -> dict[str, Tensor]:
    """The weighted terms ``inside`` and ``cover``, in half picture widths; none of weight 0.

    Parameters
    ----------
    spheres
        (B, N, 4), with gradient.
    cameras
        (B, 7) as ``training.data`` has them.
    alpha
        (B, S, S), 0..1, the masks.
    weights
        ``inside`` of how far balls are seen outside, ``cover`` of how far the mask is from balls.
    """
    terms: dict[str, Tensor] = {}
    if not (weights.inside or weights.cover):
        return terms
    uv, depth = project(spheres[..., :3], cameras)
    masks = alpha.detach().float().cpu().numpy() >= 0.5
    if weights.inside:
        outside = torch.from_numpy(signed_distances(masks)).to(uv)[:, None]
        away = functional.grid_sample(
            outside, uv[:, :, None], padding_mode="border", align_corners=False
        )[:, 0, :, 0]
        seen = spheres[..., 3] * cameras[:, 3, None] / depth
        terms["inside"] = weights.inside * functional.relu(away + seen).mean()
    if weights.cover:
        places = torch.from_numpy(silhouette_points(masks)).to(uv)
        with torch.no_grad():
            flat = (functional.pad(p, (0, 1)) for p in (places, uv))
            near = nearest_indices(*flat)
        apart = (places - gather_points(uv, near)).norm(dim=2)
        terms["cover"] = weights.cover * apart.mean()
    return terms


def signed_distances(masks: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(B, S, S) distances to the outline in half picture widths, below 0 inside the mask."""
    pixel = 2 / masks.shape[1]
    fields = []
    for mask in masks:
        # Between the middles of two pixels runs the outline.
        out, within = (distance_transform_edt(m) for m in (~mask, mask))
        fields.append(np.where(mask, 0.5 - within, out - 0.5))
    return np.asarray(pixel * np.stack(fields), np.float32)


def silhouette_points(masks: NDArray[np.bool_]) -> NDArray[np.float32]:
    """(B, SAMPLES, 2) middles of pixels, evenly from a mask; the middle where it is empty."""
    size = masks.shape[1]
    places = np.zeros((len(masks), SAMPLES, 2), np.float32)
    for k, mask in enumerate(masks):
        rows, columns = np.nonzero(mask)
        if len(rows):
            chosen = np.linspace(0, len(rows) - 1, SAMPLES).round().astype(int)
            middles = np.stack([columns, rows], 1)[chosen] + 0.5
            places[k] = middles * (2 / size) - 1
    return places
