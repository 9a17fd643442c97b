"""Answers without learning a decoder: a typical shape, the most similar picture, the best shape.

What they answer with is always a whole training shape, with its true medial mesh: the warning of
"What Do Single-view 3D Reconstruction Networks Learn?" (Tatarchenko et al. 2019).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch.nn import functional

from immat_core.engine import Engine
from immat_core.networks.encoder import global_feature
from training.data import ShapeFolder, premultiplied
from training.losses import nearest_indices

Pixels = NDArray[np.uint8]
Descriptor = Callable[[Pixels], NDArray[np.float32]]
"""(n, S, S, 4) uint8 pictures to (n, d) float32; the nearer, the more alike."""

_MASK = 16
_CANDIDATES, _JUDGES = 24, 32
_COARSE, _FINALISTS = 256, 24
_AT_A_TIME = 64


@dataclass(frozen=True, eq=False)
class Gallery:
    """Pictures of training shapes to search in.

    Attributes
    ----------
    described
        (m, d) float32.
    shapes
        (m,) int64, the row of each picture's shape.
    """

    described: NDArray[np.float32]
    shapes: NDArray[np.int64]

    def nearest(self, described: NDArray[np.float32]) -> int:
        """The shape of the picture that is nearest to a description (d,)."""
        # |a - b|^2 without |b|^2, which is the same for all a.
        square = np.einsum("md,md->m", self.described, self.described)
        return int(self.shapes[int((square - 2 * self.described @ described).argmin())])


def make_gallery(
    folder: ShapeFolder, describe: Descriptor, views: Iterable[int], keep: Path | None = None
) -> Gallery:
    """Describe the given views of all shapes of a split.

    Parameters
    ----------
    keep
        File in which the result is kept for the next time; its name has to say what it is of.
    """
    chosen = list(views)
    shapes = np.repeat(np.arange(len(folder)), len(chosen))
    if keep is not None and keep.is_file():
        return Gallery(np.load(keep), shapes)
    parts = []
    for start in range(0, len(folder), _AT_A_TIME):
        pictures = folder.images[start : start + _AT_A_TIME, chosen]
        parts.append(describe(np.ascontiguousarray(pictures.reshape(-1, *pictures.shape[2:]))))
    found = np.concatenate(parts)
    if keep is not None:
        keep.parent.mkdir(parents=True, exist_ok=True)
        beside = keep.with_suffix(f".part{os.getpid()}")
        with beside.open("wb") as file:
            np.save(file, found)
        os.replace(beside, keep)
    return Gallery(found, shapes)


def describe_masks(pictures: Pixels) -> NDArray[np.float32]:
    """Masks at 16 x 16, (n, 256)."""
    alpha = torch.from_numpy(pictures[..., 3].astype(np.float32) / 255)
    small = functional.adaptive_avg_pool2d(alpha[:, None], _MASK).flatten(1)
    described: NDArray[np.float32] = small.numpy()
    return described


def describe_features(engine: Engine) -> Descriptor:
    """The global feature of our own encoder, at length 1."""

    def describe(pictures: Pixels) -> NDArray[np.float32]:
        rows = []
        for picture in pictures:
            image = np.ascontiguousarray(premultiplied(picture[None]).numpy())
            coarsest = engine.run("image2sphere", {"image": image})["features_3"]
            seen = global_feature([torch.from_numpy(coarsest)], engine.config.global_cells)
            feature = seen.numpy().ravel()
            rows.append(feature / max(float(np.linalg.norm(feature)), 1e-12))
        return np.array(rows, np.float32)

    return describe


def typical_shapes(folder: ShapeFolder, seed: int = 0) -> NDArray[np.int64]:
    """For each category, of 24 shapes the one with the least mean distance to 32 others.

    A mean of shapes is none; this is the nearest thing that is. Returns (C,) int64 rows of the
    split, -1 for a category without shapes.
    """
    rng = np.random.default_rng(seed)
    chosen = []
    for category in range(len(folder.categories)):
        rows = np.nonzero(folder.category == category)[0]
        candidates = rng.permutation(rows)[:_CANDIDATES]
        judges = rng.permutation(rows)[:_JUDGES]
        if not len(rows):
            chosen.append(-1)
            continue
        points = np.array(folder.surface[judges, :_COARSE, :3])
        costs = [
            _coarse_chamfer(folder.surface[row, :_COARSE, :3], points).mean() for row in candidates
        ]
        chosen.append(int(candidates[int(np.argmin(costs))]))
    return np.array(chosen, np.int64)


def oracle_shape(
    train: ShapeFolder, points: NDArray[np.floating[Any]], also: Iterable[int] = ()
) -> tuple[int, float]:
    """The training shape that is best for points of the true surface: what retrieval could reach.

    All are compared by 256 points; the best of them, and those of ``also``, by all points. So it
    is never worse than any of ``also``.

    Returns
    -------
    Its row, and the sum of both mean squared distances in the points' unit.
    """
    coarse = _coarse_chamfer(points[:_COARSE], np.asarray(train.surface[:, :_COARSE, :3]))
    rows = {*np.argsort(coarse)[:_FINALISTS].tolist(), *also}
    costs = {row: squared_chamfer(points, train.surface[row, :, :3]) for row in rows}
    best = min(costs, key=lambda row: costs[row])
    return best, costs[best]


def squared_chamfer(one: NDArray[np.floating[Any]], two: NDArray[np.floating[Any]]) -> float:
    """The sum of both mean squared distances of (n, 3) and (m, 3) points to the nearest."""
    there = cKDTree(two).query(one)[0]
    back = cKDTree(one).query(two)[0]
    return float((there**2).mean() + (back**2).mean())


def _coarse_chamfer(
    points: NDArray[np.floating[Any]], others: NDArray[np.floating[Any]]
) -> NDArray[np.float64]:
    """(b,) the same of (n, 3) points to each of (b, m, 3)."""
    two = torch.from_numpy(np.ascontiguousarray(others, np.float32))
    one = torch.from_numpy(np.array(points, np.float32)).expand(len(two), -1, -1).contiguous()
    there = one - two.gather(1, nearest_indices(one, two)[..., None].expand(-1, -1, 3))
    back = two - one.gather(1, nearest_indices(two, one)[..., None].expand(-1, -1, 3))
    cost = there.square().sum(2).mean(1) + back.square().sum(2).mean(1)
    found: NDArray[np.float64] = cost.double().numpy()
    return found
