"""Means over categories and how sure they are: bootstrap over shapes, never over pictures.

Two pictures of one shape are no two samples, so a shape's pictures are averaged first. Then shapes
are drawn with replacement within their categories, and everything that is compared is compared on
the same draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Result = dict[str, Any]
"""What ``shape_scores.score_shape`` tells of a shape."""

ROUNDS = 2000
"""Draws of the bootstrap."""


@dataclass(frozen=True)
class Interval:
    """A value and the middle 95 percent of its draws."""

    value: float
    low: float
    high: float


def category_mean(values: Doubles, category: NDArray[np.int64]) -> float:
    """The mean over categories of the means over their shapes; shapes without a value are left out.

    Parameters
    ----------
    values
        (n,), NaN where there is none.
    category
        (n,) int64.
    """
    known = np.isfinite(values)
    means = [values[known & (category == k)].mean() for k in np.unique(category[known])]
    return float(np.mean(means)) if means else float("nan")


def drawn_means(
    values: Doubles, category: NDArray[np.int64], rounds: int = ROUNDS, seed: int = 0
) -> Doubles:
    """(rounds,) category means of shapes drawn with replacement within their categories.

    The draws depend on ``category`` and ``seed`` alone, so those of two rows of values are of the
    same shapes and may be compared one by one.
    """
    rng = np.random.default_rng(seed)
    total, counted = np.zeros(rounds), np.zeros(rounds)
    for k in np.unique(category):
        own = np.flatnonzero(category == k)
        drawn = rng.multinomial(len(own), np.full(len(own), 1 / len(own)), rounds)
        known = np.isfinite(values[own])
        weight = drawn[:, known].sum(1)
        sums = drawn[:, known] @ values[own][known]
        # A draw without a single known value leaves this category out.
        total += np.divide(sums, weight, out=np.zeros(rounds), where=weight > 0)
        counted += weight > 0
    return np.divide(total, counted, out=np.full(rounds, np.nan), where=counted > 0)


def interval(values: Doubles, category: NDArray[np.int64]) -> Interval:
    """A category mean and its 95 percent."""
    return _around(category_mean(values, category), drawn_means(values, category))


def ratio_interval(one: Doubles, two: Doubles, category: NDArray[np.int64]) -> Interval:
    """The category mean of one over that of two, and its 95 percent on the same draws."""
    below = category_mean(two, category)
    value = category_mean(one, category) / below if below else float("nan")
    low = drawn_means(two, category)
    ratio = np.divide(drawn_means(one, category), low, out=np.full(len(low), np.nan), where=low > 0)
    return _around(value, ratio)


def difference_interval(one: Doubles, two: Doubles, category: NDArray[np.int64]) -> Interval:
    """The category mean of one minus that of two, and its 95 percent on the same draws."""
    value = category_mean(one, category) - category_mean(two, category)
    return _around(value, drawn_means(one, category) - drawn_means(two, category))


def _around(value: float, draws: Doubles) -> Interval:
    known = draws[np.isfinite(draws)]
    if not len(known):
        return Interval(value, float("nan"), float("nan"))
    low, high = np.percentile(known, (2.5, 97.5))
    return Interval(value, float(low), float(high))


@dataclass(frozen=True, eq=False)
class Sample:
    """The scored shapes as arrays.

    Attributes
    ----------
    results
        One a shape.
    categories
        Names of those that occur, sorted.
    category
        (n,) int64, index into ``categories``.
    coarse
        Contestants of which only means are known, see ``earlier.Earlier``: every shape has its
        category's.
    further
        Results of more shapes in short, see ``run.evaluate_wider``.
    """

    results: Sequence[Result]
    categories: tuple[str, ...]
    category: NDArray[np.int64]
    coarse: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    further: Sequence[Result] = ()

    def wider(self) -> Sample:
        """All shapes, those told of in short among them."""
        return make_sample([*self.results, *self.further])

    def row(self, name: str, metric: str) -> Doubles:
        """(n,) a contestant's score of each shape, mean over its pictures; NaN for none."""
        return np.array([_mean(_found(result, name, metric)) for result in self.results])

    def of_views(self, *path: str) -> Doubles:
        """(n,) a value of each picture at nested keys, mean over a shape's pictures."""
        return np.array(
            [_mean([_at(view, path) for view in result["views"]]) for result in self.results]
        )

    def of_looks(self, photo: bool, *path: str) -> Doubles:
        """The same of its photo-like pictures alone, or of its cut-outs."""
        kinds = [[v for v in result["views"] if v["photo"] == photo] for result in self.results]
        return np.array([_mean([_at(view, path) for view in views]) for views in kinds])

    def names(self) -> list[str]:
        """All contestants that any shape has."""
        found: dict[str, None] = {}
        for result in self.results:
            for rows in (result["rows"], *(view["rows"] for view in result["views"])):
                found.update(dict.fromkeys(rows))
        return list(found)

    def mean(self, name: str, metric: str) -> Interval:
        """A contestant's mean and its 95 percent; of an earlier evaluation where it is coarse."""
        if name in self.coarse:
            return Interval(*self.coarse[name]["means"][metric])
        return interval(self.row(name, metric), self.category)

    def some(self, chosen: NDArray[np.bool_]) -> Sample:
        """The shapes that are chosen, (n,) bool."""
        kept = [r for r, wanted in zip(self.results, chosen, strict=True) if wanted]
        return make_sample(kept, self.coarse)


def make_sample(
    results: Sequence[Result],
    coarse: Mapping[str, dict[str, Any]] | None = None,
    further: Sequence[Result] = (),
) -> Sample:
    """Arrange the results of shapes."""
    names = tuple(sorted({result["category"] for result in results}))
    category = np.array([names.index(result["category"]) for result in results], np.int64)
    return Sample(results, names, category, coarse or {}, further)


def _found(result: Result, name: str, metric: str) -> list[float | None]:
    if name in result["rows"]:
        return [result["rows"][name].get(metric)]
    return [view["rows"][name][metric] for view in result["views"] if name in view["rows"]]


def _at(view: Result, path: Sequence[str]) -> float:
    value: Any = view
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return float("nan") if value is None else float(value)


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None and np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
