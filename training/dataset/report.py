"""The data set in numbers, by category: yield, errors, time; and what a larger one would take."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from immat_core.errors import UserError
from training.corpus import CATEGORIES
from training.marked_page import DOCS, write_marked

COLUMNS = (
    "category | real | changed | drawn | left out | yield % | topology right % | "
    "mean error % | 99 % point % | train / val / test | CPU s a shape"
)


PAPER_YIELD = 47.5
"""Percent of ShapeNet that the paper could make medial meshes of."""
SCALES = {"tier core's 4,984": 4_984, "ShapeNet's 51,300": 51_300, "a million": 1_000_000}
CORES = (2, 64, 1024)


def category_table(folder: Path) -> str:
    """A Markdown table of a data set; errors are medians, as shares of the diagonal.

    Raises
    ------
    UserError
        When the data set is not built.
    """
    rows = _rows(folder)
    lines = [f"| {COLUMNS} |", "|" + "---|" * (COLUMNS.count("|") + 1)]
    for category in CATEGORIES:
        mine = [row for row in rows if row["category"] == category]
        if mine:
            lines.append(_line(category, mine))
    lines.append(_line("**all**", rows))
    left_out = [row for row in rows if row["rejected"]]
    if left_out:
        lines += ["", "Left out:", ""]
        lines += [f"- {row['name']}: {row['rejected']}" for row in left_out]
    return "\n".join(lines)


def scale_table(folder: Path) -> str:
    """A Markdown table: hours and disk of larger builds at the rates of this one."""
    good = [row for row in _rows(folder) if not row["rejected"]]
    seconds = float(np.mean([row["fit_seconds"] + row["picture_seconds"] for row in good]))
    shards = sum(path.stat().st_size for path in (folder / "shards").glob("*.tar"))
    size = shards / max(len(good), 1)
    heads = " | ".join(f"hours on {cores} cores" for cores in CORES)
    lines = [f"| shapes | core hours | {heads} | shards, GB |", "|" + "---|" * (3 + len(CORES))]
    for name, count in {f"these {len(good):,}": len(good), **SCALES}.items():
        hours = count * seconds / 3600
        wall = " | ".join(f"{hours / cores:,.1f}" for cores in CORES)
        lines.append(f"| {name} | {hours:,.0f} | {wall} | {count * size / 1e9:,.1f} |")
    return "\n".join(lines)


def summary(folder: Path) -> str:
    """What one asks first of a data set, in one paragraph."""
    rows = _rows(folder)
    good = [row for row in rows if not row["rejected"]]
    share = 100 * len(good) / len(rows)
    views = json.loads((folder / "index.json").read_text("utf-8"))
    rate = views["settings"]["views"] / np.mean([row["picture_seconds"] for row in good])
    size = sum(path.stat().st_size for path in folder.rglob("*.tar")) / 1e9
    error = 100 * np.median([row["mean_error"] for row in good])
    return (
        f"Version `{views['version']}`: {len(good):,} of {len(rows):,} shapes, a yield of "
        f"{share:.1f} % (the paper, of ShapeNet with Q-MAT: {PAPER_YIELD} %). At the median the "
        f"surface rebuilt from a medial mesh is {error:.3f} % of the diagonal off the shape's. "
        f"A core draws {rate:.0f} pictures a second. Shards and parts take {size:.1f} GB."
    )


def write_docs(folder: Path) -> None:
    """Put the data set's numbers into ``docs/dataset.md``."""
    text = "\n\n".join([summary(folder), category_table(folder), scale_table(folder)])
    write_marked(DOCS / "dataset.md", "built", text + "\n")


def _rows(folder: Path) -> list[dict[str, Any]]:
    path = folder / "shapes.jsonl"
    if not path.is_file():
        raise UserError(f"{path} is missing", "Run `python -m training.dataset build`")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _line(name: str, rows: Sequence[dict[str, Any]]) -> str:
    good = [row for row in rows if not row["rejected"]]
    origins = [row["origin"] for row in rows]
    splits = [row["split"] for row in good]
    right = np.mean([row["betti_mat"] == row["betti_solid"] for row in good])
    cells = [
        name,
        str(origins.count("real") + origins.count("shapenet")),
        str(origins.count("augmented")),
        str(origins.count("parametric")),
        str(len(rows) - len(good)),
        f"{100 * len(good) / len(rows):.1f}",
        f"{100 * right:.1f}",
        f"{100 * np.median([row['mean_error'] for row in good]):.3f}",
        f"{100 * np.median([row['q99_error'] for row in good]):.3f}",
        " / ".join(str(splits.count(split)) for split in ("train", "val", "test")),
        f"{np.median([row['fit_seconds'] + row['picture_seconds'] for row in good]):.1f}",
    ]
    return f"| {' | '.join(cells)} |"
