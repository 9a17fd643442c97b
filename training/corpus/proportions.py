"""Proportions of the parametric models beside those of the real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.corpus.manifest import CATEGORIES
from training.corpus.storage import ModelRecord, model_path, read_index

QUANTILES = (0.1, 0.5, 0.9)
SIDES = ("width", "depth", "height")


def proportion_table(folder: Path) -> str:
    """A Markdown table: the box's sides as shares of its diagonal, 10 / 50 / 90 % points.

    Parameters
    ----------
    folder
        Of the built corpus.
    """
    records = read_index(folder)
    heads = " | ".join(f"{side}, real | drawn" for side in SIDES)
    lines = [f"| | real | drawn | {heads} |", "|" + "---|" * (3 + 2 * len(SIDES))]
    for category in CATEGORIES:
        kinds = [
            [r for r in records if r.category == category and r.parametric == parametric]
            for parametric in (False, True)
        ]
        if not all(kinds):
            continue
        sizes = [_quantiles(folder, kind) for kind in kinds]
        cells = " | ".join(
            f"{_cell(sizes[0][axis])} | {_cell(sizes[1][axis])}" for axis in range(3)
        )
        lines.append(f"| {category} | {len(kinds[0])} | {len(kinds[1])} | {cells} |")
    return "\n".join(lines) + "\n"


def _quantiles(folder: Path, records: list[ModelRecord]) -> NDArray[np.float64]:
    """(3, 3): axis, quantile."""
    sizes = np.empty((len(records), 3))
    for row, record in enumerate(records):
        with np.load(model_path(folder, record.category, record.name)) as arrays:
            sizes[row] = np.ptp(arrays["vertices"], axis=0)
    return np.asarray(np.quantile(sizes, QUANTILES, axis=0).T)


def _cell(values: NDArray[np.float64]) -> str:
    return " / ".join(f"{value:.2f}" for value in values)
