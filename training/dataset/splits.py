"""Which shapes are held out from training: by clusters, so that near twins never part."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.corpus.clusters import (
    CLUSTER_DISTANCE,
    QUERIES,
    TEST_SHARE,
    VAL_SHARE,
    ShapePoints,
    shape_distance,
)

SPLITS = ("train", "val", "test")
LOOSE = 0.08
"""Shapes whose boxes differ by more on any side are not compared."""

LARGEST_SHARE = 0.1
"""A cluster that holds more of its category trains."""

Points = NDArray[np.float32]


@dataclass(frozen=True)
class Place:
    """Where a shape belongs: its cluster, named after the first shape of it, and its split."""

    cluster: str
    split: str


def place_shapes(
    shapes: Sequence[tuple[str, str, Points]], known: Mapping[str, Place], kin: Mapping[str, str]
) -> dict[str, Place]:
    """Give every shape a cluster and every cluster a split.

    Parameters
    ----------
    shapes
        Name, category and (n, 3) surface points of each, in an order that does not change.
    known
        Places that are given already, for example those of the real models.
    kin
        Shapes that go where another one goes, as changed copies do.

    Returns
    -------
    The place of each shape. A shape without a place or kin joins the first cluster of its
    category whose first shape it is like, or founds one; :func:`split_of` says which clusters are
    held out.
    """
    clusters: dict[str, str] = {}
    leaders: dict[str, list[_Leader]] = {}
    for name, category, points in sorted(
        shapes, key=lambda shape: (shape[0] not in known, shape[0])
    ):
        if name in kin:
            continue
        here = leaders.setdefault(category, [])
        sample = _sample(name, points)
        like = None
        if name not in known:
            like = next((leader.cluster for leader in here if leader.is_like(sample)), None)
        clusters[name] = known[name].cluster if name in known else like or name
        if like is None:
            here.append(_Leader(clusters[name], sample))
    splits = {place.cluster: place.split for place in known.values()}
    for category in leaders:
        mine = Counter(clusters[n] for n, c, _ in shapes if c == category and n in clusters)
        most = max(LARGEST_SHARE * mine.total(), 1)
        splits = {name: split_of(name) if mine[name] <= most else "train" for name in mine} | splits
    places = {name: Place(cluster, splits[cluster]) for name, cluster in clusters.items()}
    lone = Place("", "train")
    return places | {
        name: places.get(kin[name], known.get(kin[name], replace(lone, cluster=kin[name])))
        for name, _, _ in shapes
        if name in kin
    }


def split_of(cluster: str) -> str:
    """Where a cluster goes by its name alone, so that a data set that grows moves no shape."""
    number = int.from_bytes(hashlib.sha256(cluster.encode()).digest()[:8]) / 2**64
    if number < TEST_SHARE:
        return "test"
    return "val" if number < TEST_SHARE + VAL_SHARE else "train"


class _Leader:
    """The shape that others are compared with."""

    def __init__(self, cluster: str, points: ShapePoints) -> None:
        self.cluster = cluster
        self.points = points
        self.box = _box(points)

    def is_like(self, points: ShapePoints) -> bool:
        """Whether a shape is a near twin. All shapes stand upright and look to the front."""
        if np.abs(_box(points) - self.box).max() > LOOSE:
            return False
        distance = shape_distance(self.points, points, CLUSTER_DISTANCE, turns=1)
        return distance < CLUSTER_DISTANCE


def _box(points: ShapePoints) -> NDArray[np.float64]:
    """(6,) lower and upper corner."""
    return np.concatenate([points.queries.min(0), points.queries.max(0)])


def _sample(name: str, points: Points) -> ShapePoints:
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    shuffled = rng.permutation(points.astype(np.float64))
    queries, targets = shuffled[:QUERIES], cKDTree(shuffled[QUERIES:])
    return ShapePoints(queries, targets, float(targets.query(queries)[0].mean()))
