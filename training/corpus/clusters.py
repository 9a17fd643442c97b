"""Clusters of like shapes, and a split that never parts them.

Airliners and liveries differ by less than a network's error: with A319 in the training set and A320
in the test set, a score would measure memory. Models are clustered greedily by mean Chamfer
distance; then clusters that hold near duplicates of each other are joined.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

CLUSTER_DISTANCE = 0.012
"""A model joins the nearest cluster whose first model is within this share of the diagonal."""
DUPLICATE_DISTANCE = 0.006
"""Models nearer than this are never parted."""
QUERIES, TARGETS, PROBES = 512, 8192, 64
"""Points of one shape that look for their nearest among those of the other; a first look."""
PROBE_MARGIN = 2.0
"""A pair is far when the first look finds more than so many times the limit."""
TEST_SHARE, VAL_SHARE = 0.15, 0.1

Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ShapePoints:
    """Points on a shape.

    Attributes
    ----------
    queries
        (``QUERIES``, 3) float64, in random order.
    targets
        Search tree of ``TARGETS`` points.
    noise
        Mean distance from the queries to the targets of the same shape, 0.003 to 0.007.
    """

    queries: Points
    targets: Any
    noise: float


def sample_shape(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> ShapePoints:
    """Sample a mesh; the same mesh gives the same points."""
    rng = np.random.default_rng(0)
    queries = _sample_surface(vertices, faces, QUERIES, rng)
    targets = cKDTree(_sample_surface(vertices, faces, TARGETS, rng))
    noise = float(targets.query(queries)[0].mean())
    return ShapePoints(rng.permutation(queries), targets, noise)


def shape_distance(
    first: ShapePoints, second: ShapePoints, limit: float = np.inf, turns: int = 4
) -> float:
    """Mean Chamfer distance, the smallest over quarter turns about Z, without the samples' noise.

    Parameters
    ----------
    limit
        Beyond it the number need not be exact, only larger than it.
    turns
        4 for all quarter turns, 1 where both shapes stand in the same frame for certain.

    Returns
    -------
    Mean of both directions' mean distances to the nearest point, in the meshes' unit; 0 and a
    little for a shape and itself.
    """
    best, noise = np.inf, (first.noise + second.noise) / 2
    far = noise + PROBE_MARGIN * limit
    for quarter in range(turns):
        there = _quarter_turn(first.queries, quarter)
        if _mean_distance(second, there[:PROBES]) > far:
            best = min(best, PROBE_MARGIN * limit)
            continue
        back = _quarter_turn(second.queries, -quarter)
        both = _mean_distance(second, there) + _mean_distance(first, back)
        best = min(best, max(both / 2 - noise, 0.0))
    return best


def near_pairs(shapes: Sequence[ShapePoints], turns: int = 4) -> dict[tuple[int, int], float]:
    """Distance of every pair (i < j) within ``CLUSTER_DISTANCE``."""
    pairs = {}
    for j in range(len(shapes)):
        for i in range(j):
            distance = shape_distance(shapes[i], shapes[j], CLUSTER_DISTANCE, turns)
            if distance < CLUSTER_DISTANCE:
                pairs[i, j] = distance
    return pairs


def cluster_shapes(count: int, pairs: dict[tuple[int, int], float]) -> list[int]:
    """The cluster of each of ``count`` shapes, named by its first member.

    Parameters
    ----------
    pairs
        Distances as from :func:`near_pairs`.
    """
    near: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for (i, j), distance in pairs.items():
        near[j].append((distance, i))
    leader = list(range(count))
    for j in range(count):
        leaders = [(distance, i) for distance, i in near[j] if leader[i] == i]
        if leaders:
            leader[j] = min(leaders)[1]
    for (i, j), distance in sorted(pairs.items()):
        if distance < DUPLICATE_DISTANCE and leader[i] != leader[j]:
            old, new = max(leader[i], leader[j]), min(leader[i], leader[j])
            leader = [new if one == old else one for one in leader]
    return leader


def split_clusters(clusters: Sequence[str]) -> dict[str, str]:
    """Give each cluster "train", "val" or "test" so that about the wanted share of models is held.

    Clusters go to test, then to val, in the order of the hash of their names, as long as they fit;
    so a cluster that holds most of a category trains.

    Parameters
    ----------
    clusters
        The cluster of every model of one category.
    """
    size = {name: clusters.count(name) for name in set(clusters)}
    order = sorted(size, key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    split = dict.fromkeys(order, "train")
    for part, share in (("test", TEST_SHARE), ("val", VAL_SHARE)):
        room = round(share * len(clusters))
        for name in order:
            if split[name] == "train" and size[name] <= room:
                split[name] = part
                room -= size[name]
    return split


def _sample_surface(
    vertices: NDArray[np.float32],
    faces: NDArray[np.int32],
    count: int,
    rng: np.random.Generator,
) -> Points:
    """(count, 3) points spread over the faces by area, stratified."""
    corners = vertices[faces].astype(np.float64)
    doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    reach = np.cumsum(np.linalg.norm(doubled, axis=1))
    places = (np.arange(count) + rng.random(count)) / count * reach[-1]
    chosen = np.minimum(np.searchsorted(reach, places), len(faces) - 1)
    root, along = np.sqrt(rng.random((count, 1))), rng.random((count, 1))
    a, b, c = (corners[chosen, i] for i in range(3))
    return np.asarray((1 - root) * a + root * (1 - along) * b + root * along * c)


def _mean_distance(shape: ShapePoints, points: Points) -> float:
    return float(shape.targets.query(points)[0].mean())


def _quarter_turn(points: Points, quarter: int) -> Points:
    x, y, z = points.T
    turned = ((x, y), (-y, x), (-x, -y), (y, -x))[quarter % 4]
    return np.column_stack([*turned, z])
