"""What a prediction without learning would give: a typical shape, and the most similar picture."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from training.data import ShapeFolder
from training.evaluation.scores import sphere_scores

_MASK = 16
_CANDIDATES, _JUDGES = 24, 32


def typical_shapes(folder: ShapeFolder, seed: int = 0) -> NDArray[np.int64]:
    """For each category, of 24 shapes the one with the least mean distance to 32 others.

    Returns (C,) int64 rows of the split.
    """
    rng = np.random.default_rng(seed)
    chosen = []
    for category in range(len(folder.categories)):
        rows = np.nonzero(folder.category == category)[0]
        candidates = rng.choice(rows, min(_CANDIDATES, len(rows)), replace=False)
        judges = folder.spheres[rng.choice(rows, min(_JUDGES, len(rows)), replace=False)]
        costs = [
            _mean_chamfer(np.broadcast_to(folder.spheres[row], judges.shape), judges)
            for row in candidates
        ]
        chosen.append(candidates[int(np.argmin(costs))])
    return np.array(chosen, np.int64)


def _mean_chamfer(spheres: NDArray[np.float32], targets: NDArray[np.float32]) -> float:
    return float(sphere_scores(np.array(spheres), np.array(targets))["cd"].mean())


def _masks(folder: ShapeFolder) -> torch.Tensor:
    parts = []
    for images in folder.images:
        alpha = torch.from_numpy(images[..., 3].astype(np.float32) / 255)
        parts.append(functional.adaptive_avg_pool2d(alpha[:, None], _MASK).flatten(1))
    return torch.cat(parts)


def retrieved_shapes(
    train: ShapeFolder, test: ShapeFolder, views: tuple[int, ...]
) -> NDArray[np.int64]:
    """Row in ``train`` of the picture whose mask is nearest, for each test shape and view.

    Masks are compared at 16 x 16. Returns (len(test), len(views)) int64.
    """
    known = _masks(train)
    size = known.square().sum(1)
    asked = _masks(test).view(len(test), test.views, -1)[:, list(views)].flatten(0, 1)
    found = [int((size - 2 * known @ mask).argmin()) // train.views for mask in asked]
    return np.array(found, np.int64).reshape(len(test), len(views))
