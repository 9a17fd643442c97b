"""Exactly so many spheres, each fitted to a cluster of the surface.

Variational medial axis sampling (Huang et al. 2024): every sample joins the sphere of least cost
``(n.(p - c) - r)^2 + lambda (|p - c| - r)^2``, every sphere moves to its samples' least squares,
and the worst clusters are split. What is added here: spheres that cost little to hand over are
moved to where the error is, and no cluster spans two components.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import Cancelled
from immat_core.fit.clusters import Assignment, assign, fit_clusters
from immat_core.fit.farthest import farthest_points
from immat_core.fit.medial_balls import Samples, Surface, project_balls
from immat_core.fit.nearest import nearest_points

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

FIRST = 48
"""Spheres to start with, where that many are wanted."""
GROWTH = 0.25
"""Share of spheres added a round."""
RELOCATE_ROUNDS, PLAIN_ROUNDS = 6, 6
RELOCATED = 16
"""One in so many spheres may move elsewhere in a relocating round."""
LEAST_SAMPLES = 4
"""Samples under which a cluster is given up."""


@dataclass(frozen=True, eq=False)
class Spheres:
    """Spheres and the component of the solid that each belongs to.

    Attributes
    ----------
    balls
        (k, 4) float64, centres and radii.
    part
        (k,) int64.
    """

    balls: Floats
    part: Indices

    def where(self, kept: NDArray[np.bool_]) -> Spheres:
        """Those that are kept."""
        return Spheres(self.balls[kept], self.part[kept])

    def plus(self, samples: Samples, rows: Indices) -> Spheres:
        """With the balls of some samples added."""
        return Spheres(
            np.concatenate([self.balls, samples.balls[rows]]),
            np.concatenate([self.part, samples.part[rows]]),
        )


def place_spheres(
    samples: Samples,
    where: Surface,
    count: int,
    seed: int = 0,
    on_round: Callable[[float], None] | None = None,
    should_cancel: Callable[[], bool] | None = None,
) -> Spheres:
    """Spheres that share a surface among them.

    Parameters
    ----------
    samples
        More than ``count``, with balls; every component has some.
    count
        How many spheres; fewer come back when clusters would be nearly empty.
    on_round
        Called with the share that is done.

    Raises
    ------
    Cancelled
        When ``should_cancel`` said so.
    """
    spheres = _first_spheres(samples, min(FIRST, count), seed)
    start = 1.5 * float(samples.balls[:, 3].max())
    schedule = _schedule(len(spheres.part), count)
    for turn, (target, relocating) in enumerate(schedule):
        if should_cancel is not None and should_cancel():
            raise Cancelled
        found = assign(samples, spheres)
        kept = _worth_keeping(found, spheres)
        if not kept.all():
            spheres = spheres.where(kept)
            found = assign(samples, spheres)
        moved = fit_clusters(samples, found.label, spheres.balls)
        moved = project_balls(where, moved, spheres.part, start, samples.careful)
        if samples.careful:
            put_back(samples, where, found, spheres.part, moved)
        spheres = Spheres(moved, spheres.part)
        if target:
            found = assign(samples, spheres)
            if relocating:
                kept = _kept_when_relocating(found, spheres, max(1, count // RELOCATED))
                if not kept.all():
                    spheres = spheres.where(kept)
                    found = assign(samples, spheres)
            spheres = _split(samples, spheres, found, target - len(spheres.part))
        if on_round is not None:
            on_round((turn + 1) / len(schedule))
    if len(spheres.part) < count:
        found = assign(samples, spheres)
        spheres = _split(samples, spheres, found, count - len(spheres.part))
    return spheres


def put_back(
    samples: Samples, where: Surface, found: Assignment, part: Indices, balls: Floats
) -> None:
    """Make the ball of its best sample of each sphere that went to another component.

    Nothing else would make such a sphere maximal: the nearest surface is not its own.
    """
    _, row = nearest_points(where.tree, balls[:, :3])
    strays = np.flatnonzero(where.part[row] != part)
    best = np.flatnonzero(_first_by(found.label, found.cost))
    best = best[np.isin(found.label[best], strays)]
    balls[found.label[best]] = samples.balls[best]


def _first_spheres(samples: Samples, count: int, seed: int) -> Spheres:
    """Balls far apart in place and radius, and one for each component that got none."""
    rows = farthest_points(samples.balls, count, seed)
    missing = np.setdiff1d(samples.part, samples.part[rows])
    first = np.unique(samples.part, return_index=True)
    extra = first[1][np.isin(first[0], missing)]
    rows = np.concatenate([rows, extra])
    return Spheres(samples.balls[rows], samples.part[rows])


def _schedule(first: int, count: int) -> list[tuple[int, bool]]:
    """How many spheres each round ends with (0: as many as it has), and whether it relocates."""
    rounds = []
    size = first
    while size < count:
        size += min(max(int(size * GROWTH), 4), count - size)
        rounds.append((size, False))
    return rounds + [(count, True)] * RELOCATE_ROUNDS + [(0, False)] * PLAIN_ROUNDS


def _worth_keeping(found: Assignment, spheres: Spheres) -> NDArray[np.bool_]:
    """Spheres with samples enough; the fullest of every component whatever it has."""
    filled = np.bincount(found.label, minlength=len(spheres.part))
    return (filled >= LEAST_SAMPLES) | _first_by(spheres.part, -filled)


def _kept_when_relocating(found: Assignment, spheres: Spheres, most: int) -> NDArray[np.bool_]:
    """All but the few whose samples lose little to their next best spheres."""
    count = len(spheres.part)
    loss = np.bincount(found.label, found.second - found.cost, minlength=count)
    error = np.sort(np.bincount(found.label, found.cost, minlength=count))[::-1]
    cheapest = np.argsort(loss, kind="stable")[:most]
    cheapest = cheapest[loss[cheapest] < 0.5 * error[: len(cheapest)]]
    kept = np.ones(count, np.bool_)
    kept[cheapest] = False
    return kept | _first_by(spheres.part, -loss)


def _split(samples: Samples, spheres: Spheres, found: Assignment, count: int) -> Spheres:
    """Add the balls at the worst samples of the worst clusters."""
    if count <= 0:
        return spheres
    error = np.bincount(found.label, found.cost, minlength=len(spheres.part))
    worst = np.flatnonzero(_first_by(found.label, -found.cost))
    chosen = worst[np.argsort(-error[found.label[worst]], kind="stable")[:count]]
    return spheres.plus(samples, chosen)


def _first_by(group: Indices, key: NDArray[np.floating] | Indices) -> NDArray[np.bool_]:  # type: ignore[type-arg]
    """Which row has the least key in its group; the first of those that tie."""
    order = np.lexsort((key, group))
    first = np.zeros(len(group), np.bool_)
    first[order[np.diff(group[order], prepend=-1) != 0]] = True
    return first
