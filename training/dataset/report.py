"""The data set in numbers, by category: yield, errors, time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from immat_core.errors import UserError
from training.corpus import CATEGORIES

COLUMNS = (
    "category | real | changed | drawn | left out | yield % | topology right % | "
    "mean error % | 99 % point % | train / val / test | CPU s a shape"
)


def category_table(folder: Path) -> str:
    """A Markdown table of a data set; errors are medians, as shares of the diagonal.

    Raises
    ------
    UserError
        When the data set is not built.
    """
    path = folder / "shapes.jsonl"
    if not path.is_file():
        raise UserError(f"{path} is missing", "Run `python -m training.dataset build`")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
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
