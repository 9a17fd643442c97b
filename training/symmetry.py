"""How much a shape looks the same when it is turned about the vertical.

Whether a camera's azimuth can be told is a matter of the single shape, not of its category: most
lamps look the same from all sides and a desk lamp does not, a square table has four fronts.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from training.losses import nearest_indices

TOLERANCE = 0.006
"""A turn that moves a shape by so much more than its samples lie apart counts for 1 / e; in
diagonals, mean over the shape."""
_TARGETS = 1024


def turn_weights(
    spheres: NDArray[np.float32], dense: NDArray[np.float32], bins: int
) -> NDArray[np.float32]:
    """How alike a shape and its turns are.

    Parameters
    ----------
    spheres
        (N, 4), the shape's medial spheres.
    dense
        (M, 3), its dense medial centres.
    bins
        How many turns: 2 pi k / bins.

    Returns
    -------
    (bins,) float32, 1 for the shape itself down to 0 for a turn that shows it from another side; a
    turn and its opposite have the same, so the weights are those of the mirrored shape too.
    """
    angles = 2 * np.pi * np.arange(bins) / bins
    sine, cosine = np.sin(angles)[:, None], np.cos(angles)[:, None]
    x, y, z = spheres[:, :3].astype(np.float64).T
    turned = np.stack([cosine * x - sine * y, sine * x + cosine * y, np.tile(z, (bins, 1))], 2)
    points = torch.from_numpy(turned.reshape(1, -1, 3).astype(np.float32))
    targets = np.array(dense[:: max(1, len(dense) // _TARGETS)])
    found = nearest_indices(points, torch.from_numpy(targets)[None])[0].numpy()
    apart = np.linalg.norm(points[0].numpy() - targets[found], axis=1).reshape(bins, -1).mean(1)
    excess = np.maximum(apart - apart[0], 0)
    opposite = excess[-np.arange(bins) % bins]
    weights: NDArray[np.float32] = np.exp(-(((excess + opposite) / 2 / TOLERANCE) ** 2))
    return weights.astype(np.float32)
