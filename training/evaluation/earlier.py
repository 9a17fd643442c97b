"""Scores by shape, as committed: a machine that lost its trained baselines costs no new training.

``docs/evaluation.json`` has the scores of every shape by contestant. A later evaluation of the same
pictures takes from there the learned baselines that its run does not have; nothing of ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from training.baselines.stages import LEARNED, NEEDS_CAMERA
from training.evaluation.contestants import EvaluationSettings
from training.evaluation.statistics import Result, Sample
from training.evaluation.truth import METRICS

KEPT = (*LEARNED, f"{NEEDS_CAMERA}_camera")
"""Contestants whose earlier scores are as good as new ones: they do not change with ours, but for
the camera that the first of Pixel2Mesh's two rows is given."""

_DIGITS = 5


def pictures_hash(settings: EvaluationSettings) -> str:
    """A hash of what is answered: the data and the pictures of a shape, not the networks."""
    data = Path(settings.config.data)
    digest = hashlib.sha256(f"{settings.split} {settings.views}".encode())
    for path in (data / "version.txt", data / settings.split / "names.json"):
        digest.update(path.read_bytes() if path.is_file() else b"-")
    return digest.hexdigest()[:16]


def scores_by_shape(sample: Sample) -> dict[str, dict[str, list[float]]]:
    """For each row of the split, each contestant's scores in the order of ``METRICS``."""
    told: dict[str, dict[str, list[float]]] = {str(r["shape"]): {} for r in sample.results}
    for name in sample.names():
        table = np.stack([sample.row(name, metric) for metric in METRICS], 1)
        for result, row in zip(sample.results, table, strict=True):
            if np.isfinite(row).all():
                told[str(result["shape"])][name] = [float(f"{v:.{_DIGITS}g}") for v in row]
    return told


def with_earlier(
    results: Sequence[Result], path: Path, pictures: str
) -> tuple[list[Result], list[str]]:
    """The results, and in them the earlier scores of learned baselines that nobody has now.

    Parameters
    ----------
    results
        One a shape, as ``score_shape`` tells.
    path
        An earlier evaluation's JSON; it may be missing.
    pictures
        ``pictures_hash`` of the results; scores of other pictures are not taken.

    Returns
    -------
    results
        With the added rows.
    names
        The contestants that were added.
    """
    earlier: dict[str, Any] = {}
    if path.is_file():
        earlier = json.loads(path.read_text(encoding="utf-8"))
    by_shape = earlier.get("scores", {}) if earlier.get("pictures") == pictures else {}
    found = [by_shape.get(str(result["shape"]), {}) for result in results]
    names = [
        name
        for name in KEPT
        if all(name in rows for rows in found)
        and not any(name in view["rows"] for result in results for view in result["views"])
    ]
    added = [
        {name: dict(zip(METRICS, rows[name], strict=True)) for name in names} for rows in found
    ]
    return [{**r, "rows": {**r["rows"], **a}} for r, a in zip(results, added, strict=True)], names
