"""The page of the evaluation: definitions, verdicts, tables and the pictures' captions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.baselines.stages import LEARNED
from training.evaluation.shape_scores import THRESHOLDS
from training.evaluation.statistics import Doubles, Interval, Sample, category_mean, interval
from training.evaluation.truth import METRICS
from training.evaluation.verdicts import RETRIEVAL, SPOKEN, spoken, total_counts, verdicts

NAMES = {
    "ceiling": "ceiling: the true medial mesh",
    "floor": "floor: two samplings of one surface",
    "oracle": "oracle: the best training shape",
    "typical": "typical shape of the true category",
    "retrieval_mask": "retrieval by mask",
    "retrieval_features": "retrieval by our encoder",
    "atlasnet": "AtlasNet, sphere",
    "pixel2mesh": "Pixel2Mesh-style, camera as ours found it",
    "occnet": "OccNet decoder",
    "ours": "**ours**",
    "pixel2mesh_camera": "Pixel2Mesh-style, true camera given",
    "ours_camera": "ours, true camera given",
}
"""The contestants, in the order of the tables."""

DIGITS = {"cd": 2, "emd": 2, "f": 1, "f2": 1, "iou": 3, "thickness": 2}
TABLE_1 = ("cd", "iou", "emd", "f")
HIGH_GENUS = 2
"""Loops from which on a shape is in table 3."""
LOOP_METRICS = ("cd", "iou")

DEFINITIONS = (Path(__file__).parent / "definitions.md").read_text(encoding="utf-8")
"""What the page begins with."""


def page(sample: Sample, about: dict[str, Any]) -> str:
    """The whole page as Markdown.

    Parameters
    ----------
    sample
        The scored shapes.
    about
        ``networks`` (what was evaluated), ``data``, ``split``, ``command``, and ``kept``, the
        contestants whose scores are of an earlier evaluation.
    """
    parts = ["# Evaluation", intro(sample, about), DEFINITIONS, "## Targets", _verdicts(sample)]
    parts += ["## Table 1: surfaces", *_surfaces(sample)]
    parts += ["## Table 2: thickness", _one_metric(sample, "thickness")]
    parts += ["## Table 3: shapes with loops", _high_genus(sample)]
    parts += ["## Table 4: stages", _stages(sample), _figure("stages", "Fig. 13: all stages")]
    parts += ["## Connections", _connections(sample)]
    parts += [
        _figure("connections", "Fig. 5: ways to connect the same spheres"),
        _figure("thresholds", "Fig. 9: thresholds"),
        _figure("dense", "Fig. 10: with and without dense centers; with the CD that they save"),
    ]
    parts += [
        "## Camera and mask",
        _camera(sample.wider()),
        _figure("pose", "Errors of the azimuth"),
    ]
    parts += ["## Cut-outs and photographs", _looks(sample)]
    before = ", when they were scored; ours has changed since" if about["kept"] else ""
    parts += ["## Contestants", _figure("methods", f"Each category at its median CD{before}")]
    parts += ["## Worst cases", _figure("worst", "The surfaces with the largest CD")]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def intro(sample: Sample, about: dict[str, Any]) -> str:
    """What was evaluated, and what of it before."""
    pictures = sum(len(result["views"]) for result in sample.results)
    told = (
        f"{len(sample.results)} shapes of the split {about['split']!r} of {about['data']}, "
        f"{pictures} pictures, {about['networks']}. Made by `{about['command']}`."
    )
    if about["kept"]:
        told += f" Scored before, on the same pictures: {_named(about['kept'])}."
    if sample.coarse:
        lost = "these" if set(sample.coarse) == set(about["kept"]) else _named(sample.coarse)
        told += f" Of {lost} the shapes' own scores are lost and the means are known. What"
        told += " is said of ours as a share of one of them has the spread of ours alone."
    if sample.further:
        wider = len(sample.wider().results)
        told += " What is told of camera, mask and fit, of closed surfaces and of ways to connect"
        told += f" the same spheres is of {wider} shapes of the split, a picture of each."
    return told


def _named(contestants: Iterable[str]) -> str:
    names = [NAMES[name].split(":")[0].split(",")[0] for name in contestants]
    return ", ".join(dict.fromkeys(names))


def _figure(name: str, caption: str) -> str:
    return f"![{caption}](images/evaluation_{name}.png)\n\n*{caption}.*"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def _verdicts(sample: Sample) -> str:
    lines = [verdict.line for verdict in verdicts(sample)]
    return "\n".join(["| target | found | |", "|---|---|---|", *lines])


def contestants_of(sample: Sample) -> list[str]:
    """The contestants that have scores, in the order of the tables."""
    there = sample.names()
    return [name for name in NAMES if name in there]


def _surfaces(sample: Sample) -> list[str]:
    parts = []
    for metric in TABLE_1:
        better = "lower" if metric in ("cd", "emd") else "higher"
        parts += [f"### {SPOKEN[metric]} ({better} is better)", _one_metric(sample, metric)]
    return parts


def _one_metric(sample: Sample, metric: str) -> str:
    rows = []
    for name in contestants_of(sample):
        values = sample.row(name, metric)
        cells = [
            f"{category_mean(values[own], sample.category[own]):.{DIGITS[metric]}f}"
            for own in _by_category(sample)
        ]
        mean = spoken(sample.mean(name, metric), DIGITS[metric])
        rows.append([NAMES[name], mean, *cells])
    return _table(["", "mean", *sample.categories], rows)


def _by_category(sample: Sample) -> list[Any]:
    return [sample.category == k for k in range(len(sample.categories))]


def _high_genus(sample: Sample) -> str:
    loops = np.array([result["loops"] for result in sample.results])
    some = sample.some(loops >= HIGH_GENUS)
    if not len(some.results):
        return f"No shape has {HIGH_GENUS} loops or more."
    intro = (
        f"{len(some.results)} shapes of {len(some.categories)} categories have {HIGH_GENUS} loops "
        f"or more, {loops[loops >= HIGH_GENUS].mean():.1f} in the mean."
    )
    told = loop_means(sample)
    rows = [
        [NAMES[name], *(spoken(Interval(*told[name][m]), DIGITS[m]) for m in LOOP_METRICS)]
        for name in contestants_of(some)
        if name in told
    ]
    return intro + "\n\n" + _table(["", *(SPOKEN[m] for m in LOOP_METRICS)], rows)


def loop_means(sample: Sample) -> dict[str, dict[str, list[float]]]:
    """Each contestant's means of shapes with loops and their 95 percent, by metric."""
    loops = np.array([result["loops"] for result in sample.results])
    some = sample.some(loops >= HIGH_GENUS)
    told: dict[str, dict[str, list[float]]] = {}
    for name in contestants_of(some):
        if name in sample.coarse:
            told |= {name: sample.coarse[name]["loops"]} if sample.coarse[name]["loops"] else {}
            continue
        found = {m: interval(some.row(name, m), some.category) for m in LOOP_METRICS}
        told[name] = {m: [i.value, i.low, i.high] for m, i in found.items()}
    return told


def _stages(sample: Sample) -> str:
    head = ["stage", "spheres: CD", "spheres: EMD", "spheres: radius", "surface: CD", "F-score"]
    rows = []
    for name in ("initial", "refined", "smoothed"):
        keys = ("sphere_cd", "sphere_emd", "sphere_radius")
        cells = [
            spoken(interval(1000 * sample.of_views("stages", name, key), sample.category), 2)
            for key in keys
        ]
        cells += [
            spoken(interval(sample.of_views("stages", name, key), sample.category), DIGITS[key])
            for key in ("cd", "f")
        ]
        rows.append([name, *cells])
    note = (
        "Spheres: CD the mean of both mean distances of centers, EMD the mean distance of their "
        "best matching, radius the mean difference to the radius at the nearest center; all in "
        "thousandths of the diagonal."
    )
    return _table(head, rows) + "\n\n" + note


def _connections(sample: Sample) -> str:
    predicted = [view["connections"] for r in sample.results for view in r["views"][:1]]
    kept = [{k: v for k, v in told.items() if k != "at"} for told in predicted]
    on_predicted = total_counts(
        [{k: {s: v[s] for s in ("edges", "faces")} for k, v in told.items()} for told in kept]
    )
    on_moved = total_counts([result["moved"] for result in sample.results])
    rows, wide = [], sample.wider()
    for name, counts in on_predicted.items():
        moved = on_moved.get(name)
        cells = [f"{c.precision:.2f} / {c.recall:.2f} / {c.f1:.3f}" for c in counts.values()]
        cells += [f"{moved[kind].f1:.3f}" if moved else "" for kind in ("edges", "faces")]
        cells += [
            spoken(interval(wide.of_views("connections", name, key), wide.category), 2)
            for key in ("cd", "f")
        ]
        rows.append([name, *cells])
    head = ["", "edges: precision / recall / F1", "faces", "edges, moved", "faces, moved"]
    note = (
        "On the smoothed spheres of each shape's first picture; *moved*: F1 on true spheres whose "
        "coordinates are moved by one percent of the diagonal. What is right is decided by "
        "geometry (`training/labels.py`); each rule has the thresholds that are best on moved "
        "validation shapes, and so has the network on moved ones. *No dense centers*: the same "
        "network is shown its spheres' centers instead."
    )
    if sample.further:
        note += (
            f" CD and F-score, and the targets for them, are of {len(wide.results)} shapes, for "
            f"ways to connect differ by little; all else is of {len(sample.results)}."
        )
    return _table([*head, "surface: CD", "F-score"], rows) + "\n\n" + note


def threshold_curves(sample: Sample) -> dict[str, list[float]]:
    """By threshold: F1 of edges and of faces, and the surface's CD where it was rebuilt."""
    told = [view["connections"]["at"] for r in sample.results for view in r["views"][:1]]
    curves: dict[str, list[float]] = {"edges": [], "faces": [], "cd": []}
    for k in range(len(THRESHOLDS)):
        totals = total_counts([{"all": {s: at[k][s] for s in ("edges", "faces")}} for at in told])
        for kind in ("edges", "faces"):
            curves[kind].append(totals["all"][kind].f1)
        values = np.array([at[k].get("cd", np.nan) for at in told], np.float64)
        curves["cd"].append(category_mean(values, sample.category))
    return curves


def camera_values(sample: Sample, key: str, category: str | None = None) -> Doubles:
    """An error of every picture's camera that has one."""
    found = [
        view["camera"][key]
        for result in sample.results
        if category in (None, result["category"])
        for view in result["views"]
    ]
    return np.array([value for value in found if value is not None], np.float64)


def _camera(sample: Sample) -> str:
    rows = []
    for name in sample.categories:
        cells = [_spread(camera_values(sample, key, name)) for key in ("azimuth", "head_azimuth")]
        elevation = camera_values(sample, "elevation", name)
        own = sample.some(sample.category == sample.categories.index(name))
        overlap = ", ".join(
            f"{category_mean(values, own.category):.3f}"
            for values in (own.of_views("mask_iou"), own.of_views("fitted", "mask_iou"))
            if np.isfinite(values).any()
        )
        right = category_mean(own.of_views("category_right"), own.category)
        rows.append([name, *cells, f"{np.median(elevation):.1f}", overlap])
        rows[-1].append(f"{100 * right:.0f} %")
    overall = interval(sample.of_views("mask_iou"), sample.category)
    head = ["", "azimuth error: median, 90 %, within 30", "of the head alone"]
    head += ["elevation, median", "mask IoU: predicted, fitted", "category right"]
    note = (
        "Degrees, pictures counted alike. The azimuth counts modulo turns after which the true "
        "shape looks the same; where all turns look the same there is no error. "
        f"Mask IoU, mean over categories: {spoken(overall, 3)}."
    )
    fitted = sample.of_views("fitted", "mask_iou")
    if np.isfinite(fitted).any():
        cd = [
            spoken(interval(values, sample.category), 2)
            for values in (sample.of_views("fitted", "cd"), sample.row("ours", "cd"))
        ]
        note += (
            f" After the fit to the mask: {spoken(interval(fitted, sample.category), 3)}, and the "
            f"surface's CD is {cd[0]} instead of {cd[1]}."
        )
    return _table(head, rows) + "\n\n" + note


def _looks(sample: Sample) -> str:
    rows = []
    for name, photo in (("cut-outs", False), ("photo-like, their masks with errors", True)):
        paths = (("rows", "ours", "cd"), ("rows", "ours", "f"), ("mask_iou",))
        found = [sample.of_looks(photo, *path) for path in paths]
        if np.isfinite(found[0]).any():
            cells = [
                spoken(interval(values, sample.category), digits)
                for values, digits in zip(found, (2, 1, 3), strict=True)
            ]
            rows.append([name, *cells])
    return _table(["ours on", "CD", "F-score", "mask IoU"], rows)


def _spread(errors: Doubles) -> str:
    if not len(errors):
        return "-"
    low, high = np.percentile(errors, (50, 90))
    return f"{low:.1f}, {high:.1f}, {100 * (errors <= 30).mean():.0f} %"


def summary(sample: Sample) -> dict[str, Any]:
    """The means of all contestants in all metrics, and the verdicts, for the JSON file."""
    means: dict[str, Any] = {}
    by_category: dict[str, Any] = {}
    for name in contestants_of(sample):
        found = {m: sample.mean(name, m) for m in METRICS}
        means[name] = {m: [_known(v) for v in (i.value, i.low, i.high)] for m, i in found.items()}
        by_category[name] = {
            metric: {
                category: _known(category_mean(values[own], sample.category[own]))
                for category, own in zip(sample.categories, _by_category(sample), strict=True)
            }
            for metric in METRICS
            for values in [sample.row(name, metric)]
        }
    told = [vars(verdict) for verdict in verdicts(sample)]
    kinds = {"learned": list(LEARNED), "retrieval": list(RETRIEVAL)}
    return {
        "means": means,
        "by_category": by_category,
        "loops": loop_means(sample),
        "verdicts": told,
        "kinds": kinds,
        "shapes": len(sample.results),
    }


def _known(value: float) -> float | None:
    """JSON has no NaN."""
    return value if np.isfinite(value) else None
