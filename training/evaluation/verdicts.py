"""Whether the targets are met: computed from the scores, never typed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.baselines.stages import LEARNED, NEEDS_CAMERA
from training.evaluation.scores import Counts
from training.evaluation.statistics import (
    Doubles,
    Interval,
    Sample,
    category_mean,
    difference_interval,
    interval,
    ratio_interval,
)
from training.evaluation.truth import METRICS

LOWER_IS_BETTER = {"cd": True, "emd": True, "f": False, "f2": False, "iou": False}
LOWER_IS_BETTER["thickness"] = True
SPOKEN = {"cd": "CD", "emd": "EMD", "f": "F-score", "f2": "F-score at twice the reach"}
SPOKEN |= {"iou": "IoU", "thickness": "thickness error"}

MARGINS = {"cd": 0.87, "emd": 0.93, "thickness": 0.93}
"""Ours over the best learned baseline, at most."""

JUDGED = tuple(metric for metric in METRICS if metric != "f2")
"""The scores that have targets."""

INFORMED = "ours_camera", (f"{NEEDS_CAMERA}_camera", *LEARNED)
"""Ours when the true camera is given, and the baselines that it is compared with then."""

RETRIEVAL = ("retrieval_mask", "retrieval_features")


@dataclass(frozen=True)
class Verdict:
    """One target.

    Attributes
    ----------
    target
        In words, with its number.
    found
        The number that was measured, with its 95 percent; "not measured" where it was not.
    met
        None where it was not measured.
    """

    target: str
    found: str
    met: bool | None

    @property
    def line(self) -> str:
        """As a row of the table of verdicts."""
        spoken = {True: "met", False: "**missed**", None: "not measured"}[self.met]
        return f"| {self.target} | {self.found} | {spoken} |"


def verdicts(sample: Sample) -> list[Verdict]:
    """All targets that a sample can tell of, in their order."""
    told = _against_learned(sample, "ours", LEARNED, "")
    if INFORMED[0] in sample.names():
        told += _against_learned(sample, *INFORMED, " where the true camera is given")
    told += _against_retrieval(sample) + _stages(sample)
    wider = sample.wider()
    told += _moved(sample) + _connections(wider)
    return told + _camera(wider) + _mask(wider) + _meshes(wider)


def best_baseline(sample: Sample, metric: str, names: tuple[str, ...]) -> str | None:
    """The best of some contestants in a metric; None where there is none of them."""
    there = [name for name in names if name in sample.names()]
    if not there:
        return None
    sign = 1 if LOWER_IS_BETTER[metric] else -1
    means = {name: category_mean(sample.row(name, metric), sample.category) for name in there}
    return min(there, key=lambda name: sign * means[name])


def _against_learned(sample: Sample, who: str, names: tuple[str, ...], where: str) -> list[Verdict]:
    told = []
    for metric in JUDGED:
        best = best_baseline(sample, metric, names)
        below = MARGINS.get(metric)
        target = (
            f"{SPOKEN[metric]} at least {100 * (1 - below):.0f} % below the best learned baseline"
            if below
            else f"{SPOKEN[metric]} above the best learned baseline"
        ) + where
        if best is None:
            told.append(Verdict(target, "not measured", None))
            continue
        ours, theirs = sample.row(who, metric), sample.row(best, metric)
        found = ratio_interval(ours, theirs, sample.category)
        met = found.value <= below if below else found.value > 1
        told.append(Verdict(target, f"{_share(found)} of {best}'s", met))
    return told


def _against_retrieval(sample: Sample) -> list[Verdict]:
    told = []
    for metric in JUDGED:
        best = best_baseline(sample, metric, RETRIEVAL)
        if best is None:
            continue
        ratio = ratio_interval(
            sample.row("ours", metric), sample.row(best, metric), sample.category
        )
        met = ratio.value < 1 if LOWER_IS_BETTER[metric] else ratio.value > 1
        target = f"{SPOKEN[metric]} better than image retrieval"
        told.append(Verdict(target, f"{_share(ratio)} of {best}'s", met))
    return told


def _stages(sample: Sample) -> list[Verdict]:
    told = []
    for before, after in (("initial", "refined"), ("refined", "smoothed")):
        one, two = (sample.of_views("stages", name, "cd") for name in (after, before))
        ratio = ratio_interval(one, two, sample.category)
        target = f"CD of the {after} surface below that of the {before} one"
        told.append(Verdict(target, _share(ratio), ratio.value < 1))
    return told


def _moved(sample: Sample) -> list[Verdict]:
    told = []
    totals = total_counts([result["moved"] for result in sample.results])
    for kind, least in (("edges", 0.85), ("faces", 0.62)):
        ours = totals["network"][kind].f1
        rules = {name: counts[kind].f1 for name, counts in totals.items() if name != "network"}
        best = max(rules, key=lambda name: rules[name])
        place = f"F1 of {kind} on true spheres moved by 1 %"
        told.append(Verdict(f"{place} at least {least}", f"{ours:.3f}", ours >= least))
        found = f"{ours - rules[best]:+.3f} from the rule {best!r} with {rules[best]:.3f}"
        target = f"{place} at least 0.05 above the best rule"
        told.append(Verdict(target, found, ours - rules[best] >= 0.05))
    return told


def total_counts(told: list[dict[str, Any]]) -> dict[str, dict[str, Counts]]:
    """Counts of edges and faces by way of connecting, added up over shapes."""
    totals: dict[str, dict[str, Counts]] = {}
    for shape in told:
        for name, found in shape.items():
            own = totals.setdefault(name, {"edges": Counts(), "faces": Counts()})
            for kind in own:
                own[kind] = own[kind] + Counts(**found[kind])
    return totals


def _connections(sample: Sample) -> list[Verdict]:
    told = []
    first: dict[str, Any] = sample.results[0]["views"][0]["connections"]
    rules = [name for name in first if name not in ("network", "no dense centers", "at")]
    for metric, sign in (("cd", 1), ("f", -1)):
        found = {name: sample.of_views("connections", name, metric) for name in rules}
        means = {name: sign * category_mean(v, sample.category) for name, v in found.items()}
        if not means:
            continue
        best = min(means, key=lambda name: means[name])
        ours = sample.of_views("connections", "network", metric)
        apart = difference_interval(ours, found[best], sample.category)
        target = f"on predicted spheres, {SPOKEN[metric]} of the surface better than by any rule"
        spoken = f"{_signed(apart)} from the rule {best!r}"
        told.append(Verdict(target, spoken, sign * apart.value < 0))
    return told


def _camera(sample: Sample) -> list[Verdict]:
    if "chair" not in sample.categories:
        return []
    chairs = sample.some(sample.category == sample.categories.index("chair"))
    azimuth, elevation = _errors(chairs, "azimuth"), _errors(chairs, "elevation")
    return [
        _below("azimuth error of chairs, median below 6 degrees", azimuth, np.median, 6),
        _above(
            "azimuth of chairs within 30 degrees for more than 92 %",
            (azimuth <= 30).astype(float),
            np.mean,
            0.92,
        ),
        _below("elevation error of chairs, median below 3 degrees", elevation, np.median, 3),
    ]


def _mask(sample: Sample) -> list[Verdict]:
    told = _covers(sample, "")
    if "chair" in sample.categories:
        chairs = sample.some(sample.category == sample.categories.index("chair"))
        told += _covers(chairs, " of chairs")
    fitted, plain = sample.of_views("fitted", "cd"), sample.row("ours", "cd")
    if np.isfinite(fitted).any():
        ratio = ratio_interval(fitted, plain, sample.category)
        told.append(Verdict("the fit does not raise the CD", _share(ratio, 1), ratio.value <= 1))
    return told


def _covers(sample: Sample, whose: str) -> list[Verdict]:
    before, after = sample.of_views("mask_iou"), sample.of_views("fitted", "mask_iou")
    return [
        _mean_above(f"mask IoU{whose} above 0.80 in the predicted camera", before, sample, 0.80),
        _mean_above(f"mask IoU{whose} above 0.88 after the fit to it", after, sample, 0.88),
    ]


def _meshes(sample: Sample) -> list[Verdict]:
    views = [view for result in sample.results for view in result["views"]]
    good = sum(bool(view["closed"] and view["manifold"]) for view in views)
    seconds = np.median([view["seconds"] for view in views if "seconds" in view])
    return [
        Verdict("every surface closed and manifold", f"{good} of {len(views)}", good == len(views)),
        Verdict(
            "picture to mesh in at most 1 second",
            f"median {seconds:.2f} s of one processor core",
            bool(seconds <= 1),
        ),
    ]


def _errors(sample: Sample, key: str) -> Doubles:
    """(n,) an error of every picture's camera that has one."""
    found = [view["camera"][key] for result in sample.results for view in result["views"]]
    return np.array([value for value in found if value is not None], np.float64)


def _below(target: str, values: Doubles, middle: Callable[..., float], limit: float) -> Verdict:
    return _judged(target, values, middle, lambda value: value < limit)


def _above(target: str, values: Doubles, middle: Callable[..., float], limit: float) -> Verdict:
    return _judged(target, values, middle, lambda value: value > limit)


def _judged(
    target: str, values: Doubles, middle: Callable[..., float], good: Callable[[float], bool]
) -> Verdict:
    if not len(values):
        return Verdict(target, "not measured", None)
    value = float(middle(values))
    return Verdict(target, f"{value:.2f} ({len(values)} pictures)", good(value))


def _mean_above(target: str, values: Doubles, sample: Sample, limit: float) -> Verdict:
    if not np.isfinite(values).any():
        return Verdict(target, "not measured", None)
    found = interval(values, sample.category)
    return Verdict(target, f"{spoken(found, 3)}", found.value > limit)


def spoken(found: Interval, digits: int) -> str:
    """A value with its 95 percent: ``1.23 (1.10 to 1.40)``."""
    low, high = f"{found.low:.{digits}f}", f"{found.high:.{digits}f}"
    return f"{found.value:.{digits}f} ({low} to {high})"


def _share(found: Interval, digits: int = 0) -> str:
    """A ratio and its 95 percent: ``87 % (80 to 95)``."""
    value, low, high = (f"{100 * v:.{digits}f}" for v in (found.value, found.low, found.high))
    return f"{value} % ({low} to {high})"


def _signed(found: Interval) -> str:
    return f"{found.value:+.2f} ({found.low:+.2f} to {found.high:+.2f})"
