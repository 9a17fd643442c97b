"""Simple rules that connect spheres without learning: what the topology network must beat.

Each rule has one number, its threshold, which is chosen on validation data, for edges and for
faces apart. All but :func:`witnesses` take for faces whatever three spheres are all connected.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.int64]
Connections = tuple[Indices, Indices]
"""(e, 2) edges and (f, 3) faces, ascending indices, each once."""


@dataclass(frozen=True)
class Rule:
    """A rule and the thresholds among which validation data choose.

    Attributes
    ----------
    connect
        (N, 3) centers, (M, 3) dense centers and a threshold to edges and faces.
    thresholds
        In ascending order.
    meaning
        What it does, for a table.
    """

    connect: Callable[[Floats, Floats, float], Connections]
    thresholds: tuple[float, ...]
    meaning: str


def nearest_neighbors(centers: Floats, dense: Floats, count: float) -> Connections:
    """Each sphere with its ``count`` nearest others."""
    return with_cliques(_among_nearest(centers, int(count)))


def mutual_neighbors(centers: Floats, dense: Floats, count: float) -> Connections:
    """Two spheres that are among each other's ``count`` nearest."""
    near = _among_nearest(centers, int(count), mutual=True)
    return with_cliques(near)


def local_spacing(centers: Floats, dense: Floats, factor: float) -> Connections:
    """Two spheres nearer than ``factor`` times the smaller of their local spacings.

    A sphere's local spacing is its mean distance to its two nearest others.
    """
    apart = _distances(centers, centers)
    np.fill_diagonal(apart, np.inf)
    spacing = np.sort(apart, axis=1)[:, :2].mean(1)
    return with_cliques(apart < factor * np.minimum(spacing[:, None], spacing))


def touching_clusters(centers: Floats, dense: Floats, count: float) -> Connections:
    """Two spheres of whose clusters of dense centers ``count`` pairs or more are neighbors.

    A dense center belongs to the cluster of its nearest sphere; its neighbors are its six nearest.
    """
    owner = _distances(dense, centers).argmin(1)
    near = cKDTree(dense).query(dense, 7)[1][:, 1:]
    touches = np.zeros((len(centers), len(centers)), np.int64)
    np.add.at(touches, (owner[:, None].repeat(6, 1), owner[near]), 1)
    touches += touches.T
    np.fill_diagonal(touches, 0)
    return with_cliques(touches >= 2 * count)


def witnesses(centers: Floats, dense: Floats, count: float) -> Connections:
    """The witness complex (de Silva and Carlsson, 2004) with dense centers as witnesses.

    Two (three) spheres are connected where they are the two (three) nearest of ``count`` dense
    centers or more.
    """
    size = len(centers)
    three = np.argpartition(_distances(dense, centers), (0, 1, 2), axis=1)[:, :3].astype(np.int64)
    found = []
    for corners in (2, 3):
        rows = np.sort(three[:, :corners], axis=1)
        keys, seen = np.unique(rows @ (size ** np.arange(corners)[::-1]), return_counts=True)
        kept = keys[seen >= count]
        found.append(np.stack(np.unravel_index(kept, (size,) * corners), 1))
    return found[0], found[1]


RULES: dict[str, Rule] = {
    "nearest": Rule(nearest_neighbors, (2, 3, 4, 5, 6), "the k nearest"),
    "mutual": Rule(mutual_neighbors, (3, 4, 5, 6, 7, 8, 10), "among each other's k nearest"),
    "spacing": Rule(
        local_spacing, (1.4, 1.6, 1.8, 2.0, 2.3, 2.6), "nearer than k times the local spacing"
    ),
    "clusters": Rule(
        touching_clusters, (1, 2, 3, 4, 6, 8), "clusters of dense centers touch k times"
    ),
    "witnesses": Rule(witnesses, (1, 2, 3, 4), "two or three nearest of k dense centers"),
}
"""All rules by name."""


def _distances(points: Floats, others: Floats) -> NDArray[np.float64]:
    """(n, m) distances, by the product of matrices: fast, and exact enough to compare."""
    one, two = np.asarray(points, np.float64), np.asarray(others, np.float64)
    square = (one**2).sum(1)[:, None] + (two**2).sum(1) - 2 * one @ two.T
    apart: NDArray[np.float64] = np.sqrt(np.maximum(square, 0))
    return apart


def _among_nearest(centers: Floats, count: int, *, mutual: bool = False) -> NDArray[np.bool_]:
    """(N, N) bool, symmetric: near in either direction, or in both."""
    apart = _distances(centers, centers)
    np.fill_diagonal(apart, np.inf)
    order = np.argsort(apart, axis=1, kind="stable")[:, : min(count, len(centers) - 1)]
    near = np.zeros(apart.shape, bool)
    near[np.arange(len(centers))[:, None], order] = True
    both: NDArray[np.bool_] = near & near.T if mutual else near | near.T
    return both


def with_cliques(linked: NDArray[np.bool_]) -> Connections:
    """The edges of a symmetric (N, N) graph, and its triangles."""
    edges = np.argwhere(np.triu(linked, 1))
    both = np.triu(linked, 1)
    later = both[edges[:, 0]] & both[edges[:, 1]]
    edge, third = np.nonzero(later)
    return edges, np.column_stack([edges[edge], third])
