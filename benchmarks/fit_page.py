"""The page and the plot of the fit's benchmark: medians, targets met or not, what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

Line = dict[str, Any]

TICKS = (0.03, 0.05, 0.1, 0.2, 0.5)
"""Of the plot, in % of the diagonal."""

OWN, MEAN, Q99 = "watertight shell", 0.0009, 0.0045
HEAD = """# The fit, measured

Written by `benchmarks/fit.py`; do not edit. {shapes} models of the [free corpus](dataset.md) from
{categories} categories and {broken} meshes broken on purpose, {spheres} spheres each.

The reference is the visible surface of each input and the solid that it bounds, found by a flood on
a fine grid that shares nothing with the fit; both are compared with the exact union of the
medial mesh's envelopes. Errors are shares of the bounding box's diagonal, both ways; sheets
without thickness count as surfaces, so that their least radius of 0.25% counts as an error. CPU
seconds are those of one thread. The targets for errors come from a prototype that was measured
against its own watertight shell, so ours are given against that too, as `immat fit` reports them;
the visible surface is stricter, for a shell closes gaps that are narrower than its grid.
"""


def page(lines: Sequence[Line], spheres: int) -> str:
    """The whole page in Markdown."""
    whole = [line for line in lines if not line["fault"]]
    broken = [line for line in lines if line["fault"]]
    compared = _compared(whole)
    head = HEAD.format(
        shapes=len(whole),
        categories=len({line["category"] for line in whole}),
        broken=len(broken),
        spheres=spheres,
    )
    parts = [
        head,
        "## Targets\n",
        _table(("target", "measured", ""), targets(whole, broken, spheres)),
        "\n![Share of the shapes under an error](images/benchmark-fit.png)\n",
        "## Ways\n",
        "Other ways to a medial mesh, and our own with a part left out, on every fourth model: "
        f"{len(compared)} in all.\nMedians over those that a way could do; the last three columns "
        "count shapes. A\nQ-MAT program is given our watertight shell, for it needs closed meshes; "
        "the shell's offset is taken off its\nradii, and spheres that exploded are left out.\n",
        _table(
            (
                *("", "mean error", "99% point", "largest", "IoU 64³", "CPU s"),
                *("components right", "all Betti numbers right", "done"),
            ),
            [_way(name, compared) for name in _ways(compared)],
        ),
        "\n## Categories\n",
        _table(
            (
                *("", "shapes", "mean error", "99% point", "IoU 64³", "CPU s"),
                *("components right", "all Betti numbers right"),
            ),
            [
                _category(name, [line for line in whole if line["category"] == name])
                for name in sorted({line["category"] for line in whole})
            ],
        ),
        "\n## Broken meshes\n",
        "Measured against the mesh as it was before it was broken, where there is one.\n",
        _table(
            ("fault", "model", "spheres", "mean error", "99% point", "Betti", "surface"),
            [_fault(line) for line in broken],
        ),
        *_trouble(whole, spheres),
    ]
    return "\n".join(parts) + "\n"


def targets(whole: Sequence[Line], broken: Sequence[Line], spheres: int) -> list[tuple[str, ...]]:
    """Rows of (target, what was measured, met or not)."""
    every = [_fit(line) for line in (*whole, *broken)]
    fits = [_fit(line) for line in whole]
    exact = [bool(row) and row["finite"] and row["spheres"] == spheres for row in every]
    parts = [bool(row) and row["betti"][0] == row["solid"][0] for row in fits]
    betti = [bool(row) and row["betti"] == row["solid"] for row in fits]
    manifold = [bool(row) and row["manifold"] for row in every]
    good = [row for row in fits if row]
    rows = [
        _share(f"exactly {spheres} finite spheres, whole and broken", exact, 1.0),
        _share("the rebuilt surface is closed and manifold, whole and broken", manifold, 1.0),
        _share("the right number of components", parts, 0.99),
        _share("all Betti numbers of the solid", betti, 0.90),
        _most(
            f"{OWN}: mean error of the median shape", _median(good, "own_mean"), MEAN, percent=True
        ),
        _most(f"{OWN}: its 99% point", _median(good, "own_q99"), Q99, percent=True),
        _most(
            "visible surface: mean error of the median shape",
            _median(good, "mean"),
            MEAN,
            percent=True,
        ),
        _most("visible surface: its 99% point", _median(good, "q99"), Q99, percent=True),
        _least("IoU of the median shape", _median(good, "iou"), 0.92),
        _most("CPU seconds of the median shape", _median(good, "seconds"), 3.0),
    ]
    pairs = [(line["rows"].get("Q-MAT", {}).get("mean"), _fit(line)) for line in whole]
    better = [row["mean"] < theirs for theirs, row in pairs if row and theirs is not None]
    if better:
        rows.append(_share("a smaller mean error than Q-MAT where it can", better, 0.90))
    else:
        rows.append(("a smaller mean error than Q-MAT on 90%", "no program given", "not measured"))
    return rows


def plot(path: Path, lines: Sequence[Line]) -> None:
    """The share of the shapes whose mean error is under each value, a curve a way."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    whole = [line for line in lines if not line["fault"]]
    compared = _compared(whole)
    figure, axes = pyplot.subplots(figsize=(7, 4), dpi=110)
    curves = [("fit", whole), *((name, compared) for name in _ways(compared))]
    for index, (name, shapes) in enumerate(curves):
        tried = [line for line in shapes if name in line["rows"]]
        errors = np.sort([row["mean"] for row in _done(name, tried)]) * 100
        share = np.arange(1, len(errors) + 1) / len(tried)
        label = f"{name}, {len(tried)} shapes"
        axes.step(errors, share, where="post", label=label, linewidth=1.2 if index else 2.2)
    axes.axvline(0.09, color="grey", linestyle=":", label="target for the median")
    axes.set(xscale="log", xlabel="mean error, % of the diagonal", ylabel="share of the shapes")
    axes.set_ylim(0, 1)
    axes.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    pyplot.close(figure)


def _fit(line: Line) -> Line | None:
    row: Line | None = line["rows"].get("fit")
    return None if row is None or "failed" in row else row


def _compared(lines: Sequence[Line]) -> list[Line]:
    """Those on which other ways were tried too."""
    return [line for line in lines if line["compared"]]


def _ways(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(name for line in lines for name in line["rows"]))


def _done(name: str, lines: Sequence[Line]) -> list[Line]:
    rows = [line["rows"].get(name, {"failed": ""}) for line in lines]
    return [row for row in rows if "failed" not in row]


def _median(rows: Sequence[Line], key: str) -> float:
    return float(np.median([row[key] for row in rows])) if rows else float("nan")


def _way(name: str, lines: Sequence[Line]) -> tuple[str, ...]:
    tried = [line for line in lines if name in line["rows"]]
    good = [line for line in tried if "failed" not in line["rows"][name]]
    rows = [line["rows"][name] for line in good]
    solids = [(_fit(line) or {}).get("solid") for line in good]
    parts = sum(bool(s) and r["betti"][0] == s[0] for r, s in zip(rows, solids, strict=True) if s)
    betti = sum(bool(s) and r["betti"] == s for r, s in zip(rows, solids, strict=True) if s)
    label = f"**{name}**" if name == "fit" else name
    exploded = sum(row.get("exploded", 0) > 0 for row in rows)
    if exploded:
        label += f" (spheres exploded on {exploded})"
    return (
        label,
        *(_percent(_median(rows, key)) for key in ("mean", "q99", "largest")),
        f"{_median(rows, 'iou'):.3f}",
        f"{_median(rows, 'seconds'):.2f}",
        *(str(count) for count in (parts, betti)),
        f"{len(rows)} of {len(tried)}",
    )


def _category(name: str, lines: Sequence[Line]) -> tuple[str, ...]:
    rows = _done("fit", lines)
    parts = sum(row["betti"][0] == row["solid"][0] for row in rows)
    betti = sum(row["betti"] == row["solid"] for row in rows)
    return (
        name,
        str(len(lines)),
        *(_percent(_median(rows, key)) for key in ("mean", "q99")),
        f"{_median(rows, 'iou'):.3f}",
        f"{_median(rows, 'seconds'):.2f}",
        str(parts),
        str(betti),
    )


def _fault(line: Line) -> tuple[str, ...]:
    row = _fit(line)
    if row is None:
        return (line["fault"], line["name"], "failed", "", "", "", "")
    betti = "right" if row["betti"] == row["solid"] else f"{row['betti']} for {row['solid']}"
    return (
        line["fault"],
        line["name"],
        str(row["spheres"]),
        _percent(row["mean"]),
        _percent(row["q99"]),
        betti,
        "manifold" if row["manifold"] else "not manifold",
    )


def _trouble(whole: Sequence[Line], spheres: int) -> list[str]:
    """The shapes that missed something, by name."""
    rows = []
    for line in whole:
        row = _fit(line)
        if row is None:
            rows.append((line["name"], "failed"))
        elif row["betti"] != row["solid"]:
            rows.append((line["name"], f"Betti numbers {row['betti']} for {row['solid']}"))
        elif not row["manifold"]:
            rows.append((line["name"], "the rebuilt surface is not manifold"))
        elif row["spheres"] != spheres:
            rows.append((line["name"], f"{row['spheres']} spheres"))
    if not rows:
        return []
    return ["\n## What is not right\n", _table(("shape", ""), rows)]


def _share(what: str, right: Sequence[bool], least: float) -> tuple[str, ...]:
    share = float(np.mean(right)) if len(right) else 0.0
    sign = "" if least == 1 else "at least "
    met = "met" if share >= least else "**not met**"
    return f"{what}: {sign}{least:.0%}", f"{sum(right)} of {len(right)}", met


def _most(what: str, value: float, limit: float, percent: bool = False) -> tuple[str, ...]:
    shown, wanted = (
        (_percent(value), _percent(limit)) if percent else (f"{value:.2f}", f"{limit:g}")
    )
    return f"{what}: at most {wanted}", shown, "met" if value <= limit else "**not met**"


def _least(what: str, value: float, limit: float) -> tuple[str, ...]:
    met = "met" if value >= limit else "**not met**"
    return f"{what}: at least {limit:g}", f"{value:.3f}", met


def _percent(value: float) -> str:
    return f"{value:.3%}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
