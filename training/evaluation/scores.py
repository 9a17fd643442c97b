"""Scores of predicted spheres, connections and cameras against the true ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from immat_core.topology import TopologyCandidates
from training.labels import Skeleton, true_connections
from training.losses import gather_points, match_indices, nearest_indices

RULE_FACTOR = 1.8
"""The rule connects two spheres that are nearer than this times their local spacing."""


@dataclass(frozen=True)
class Counts:
    """How many connections were right, predicted and true; adds up over shapes."""

    right: int = 0
    predicted: int = 0
    true: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.right + other.right,
            self.predicted + other.predicted,
            self.true + other.true,
        )

    @property
    def precision(self) -> float:
        """Share of the predicted that is right."""
        return self.right / max(self.predicted, 1)

    @property
    def recall(self) -> float:
        """Share of the true that was predicted."""
        return self.right / max(self.true, 1)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.right / max(self.predicted + self.true, 1)


def sphere_scores(
    spheres: NDArray[np.float32], targets: NDArray[np.float32]
) -> dict[str, NDArray[np.float64]]:
    """Scores of (B, n, 4) spheres against (B, n, 4) true ones, each (B,).

    ``cd``: mean of the two directed mean distances of centres; ``emd``: mean distance of the best
    matching; ``radius``: mean absolute difference to the radius at the closest centre, averaged
    over both directions. All in units of the object's diagonal.
    """
    a, b = torch.from_numpy(spheres), torch.from_numpy(targets)
    p, q = a[..., :3].contiguous(), b[..., :3].contiguous()
    there, back = nearest_indices(p, q), nearest_indices(q, p)
    matched = gather_points(q, match_indices(p, q))
    toward = (p - gather_points(q, there)).norm(dim=2).mean(1)
    home = (q - gather_points(p, back)).norm(dim=2).mean(1)
    radius = (a[..., 3] - b[..., 3].gather(1, there)).abs().mean(1)
    radius = radius + (b[..., 3] - a[..., 3].gather(1, back)).abs().mean(1)
    return {
        "cd": (0.5 * (toward + home)).double().numpy(),
        "emd": (p - matched).norm(dim=2).mean(1).double().numpy(),
        "radius": (0.5 * radius).double().numpy(),
    }


def _keys(simplices: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    rows = np.sort(simplices.astype(np.int64), axis=1)
    weights = 65536 ** np.arange(rows.shape[1], dtype=np.int64)[::-1]
    return np.unique(rows @ weights)


def true_topology(
    centers: NDArray[np.float32], skeleton: Skeleton
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Keys of all right edges and faces between (N, 3) centres, by the rule of the labels."""
    edges, faces = true_connections(centers, skeleton)
    return _keys(edges), _keys(faces)


def count(simplices: NDArray[np.integer[Any]], true: NDArray[np.int64]) -> Counts:
    """Compare (n, 2) edges or (n, 3) faces with the keys of the right ones."""
    keys = _keys(simplices)
    return Counts(int(np.isin(keys, true).sum()), len(keys), len(true))


def with_sides(
    edges: NDArray[np.integer[Any]], faces: NDArray[np.integer[Any]]
) -> NDArray[np.integer[Any]]:
    """(e, 2) edges and the sides of (f, 3) faces."""
    return np.concatenate([edges, *(faces[:, pair] for pair in ([0, 1], [1, 2], [0, 2]))])


def threshold_counts(
    candidates: TopologyCandidates,
    true: tuple[NDArray[np.int64], NDArray[np.int64]],
    thresholds: tuple[float, float],
) -> tuple[Counts, Counts]:
    """Counts of the candidate edges and faces at or above the two thresholds."""
    edges = candidates.edges[candidates.edge_probabilities >= thresholds[0]]
    faces = candidates.faces[candidates.face_probabilities >= thresholds[1]]
    return count(edges, true[0]), count(faces, true[1])


def rule_topology(
    centers: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges (e, 2) and faces (f, 3) of the rule that the network must beat.

    Two spheres are connected when their distance is below 1.8 times the smaller of their local
    spacings, the mean distance to the two nearest; three that are connected are a face.
    """
    apart = np.linalg.norm(centers[:, None] - centers, axis=2)
    np.fill_diagonal(apart, np.inf)
    spacing = np.sort(apart, axis=1)[:, :2].mean(1)
    linked = apart < RULE_FACTOR * np.minimum(spacing[:, None], spacing)
    edges = np.argwhere(np.triu(linked))
    faces = [(i, j, k) for i, j in edges for k in np.nonzero(linked[i] & linked[j])[0] if k > j]
    return edges, np.array(faces, np.int64).reshape(-1, 3)
