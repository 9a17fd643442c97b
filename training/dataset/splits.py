"""Which shapes are held out from training: by clusters, so that near twins never part."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.corpus.clusters import CLUSTER_DISTANCE, QUERIES, ShapePoints, shape_distance

SPLITS = ("train", "val", "test")
VALIDATION, TEST = 5, 10
"""Percent of the clusters."""
LOOSE = 0.08
"""Shapes whose boxes differ by more on any side are not compared."""

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
    category whose first shape it is like, or founds one; a cluster's split follows from its name.
    """
    places: dict[str, Place] = {}
    leaders: dict[str, list[_Leader]] = {}
    ordered = sorted(shapes, key=lambda shape: (shape[0] not in known, shape[0]))
    for name, category, points in ordered:
        if name in kin:
            continue
        here = leaders.setdefault(category, [])
        sample = _sample(name, points)
        if name in known:
            place = known[name]
        else:
            like = next((leader for leader in here if leader.is_like(sample)), None)
            place = like.place if like else Place(name, _split(name))
            if like:
                places[name] = place
                continue
        places[name] = place
        here.append(_Leader(place, sample))
    for name, _, _ in shapes:
        if name in kin:
            places[name] = (
                places.get(kin[name]) or known.get(kin[name]) or Place(kin[name], _split(kin[name]))
            )
    return places


class _Leader:
    """The shape that others are compared with."""

    def __init__(self, place: Place, points: ShapePoints) -> None:
        self.place = place
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
    chosen = rng.permutation(len(points))[:QUERIES]
    return ShapePoints(points[chosen].astype(np.float64), cKDTree(points))


def _split(cluster: str) -> str:
    """By the cluster's name alone, so that more shapes move none of the others."""
    percent = zlib.crc32(f"split {cluster}".encode()) % 100
    if percent < TEST:
        return "test"
    return "val" if percent < TEST + VALIDATION else "train"
