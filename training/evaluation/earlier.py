"""Scores as committed: a machine that lost its trained baselines costs no new training.

``docs/evaluation.json`` has every contestant's scores of every shape, its means by category and
their intervals. A later evaluation of the same pictures takes from there what it does not score
itself; nothing of ours. Where the shapes' own scores are lost too, their means by category serve.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from training.baselines.stages import LEARNED, NEEDS_CAMERA
from training.data import open_folder
from training.evaluation.contestants import EvaluationSettings, chosen_shapes
from training.evaluation.statistics import Result, Sample
from training.evaluation.truth import METRICS

WHOLE_SHAPES = ("oracle", "typical", "retrieval_mask", "retrieval_features")
"""Contestants that answer with a training shape."""

KEPT = (*WHOLE_SHAPES, *LEARNED, f"{NEEDS_CAMERA}_camera")
"""Contestants whose earlier scores are as good as new ones: they do not change with ours, but for
the camera that the first of Pixel2Mesh's two rows is given."""

_DIGITS = 5


@dataclass(frozen=True)
class Earlier:
    """What was taken from an earlier evaluation.

    Attributes
    ----------
    names
        The contestants that were added.
    coarse
        Of those only the means are known: for each its ``means``, ``by_category`` and ``loops``, as
        in ``page.summary``.
    """

    names: tuple[str, ...] = ()
    coarse: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def pictures_hash(settings: EvaluationSettings) -> str:
    """A hash of what is answered: the chosen shapes' pictures and surfaces, not the networks."""
    folder = open_folder(Path(settings.config.data) / settings.split)
    digest = hashlib.sha256(f"{settings.split} {settings.views}".encode())
    for shape in chosen_shapes(folder, settings.shapes):
        digest.update(f"{shape} ".encode())
        for array in (folder.images[shape, : settings.views], folder.surface[shape]):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def shape_names(settings: EvaluationSettings) -> dict[str, str]:
    """The data set's name of each scored row of the split, so that those can be built alone."""
    folder = Path(settings.config.data) / settings.split
    path = folder / "names.json"
    names = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else []
    chosen = chosen_shapes(open_folder(folder), settings.shapes)
    return {str(shape): names[shape] for shape in chosen if shape < len(names)}


def scores_by_shape(sample: Sample) -> dict[str, dict[str, list[float]]]:
    """For each row of the split, each contestant's scores in the order of ``METRICS``.

    Those of which only means are known are left out.
    """
    told: dict[str, dict[str, list[float]]] = {str(r["shape"]): {} for r in sample.results}
    for name in sample.names():
        table = np.stack([sample.row(name, metric) for metric in METRICS], 1)
        for result, row in zip(sample.results, table, strict=True):
            if np.isfinite(row).all() and name not in sample.coarse:
                told[str(result["shape"])][name] = [float(f"{v:.{_DIGITS}g}") for v in row]
    return told


def with_earlier(
    results: Sequence[Result], path: Path, pictures: str
) -> tuple[list[Result], Earlier]:
    """The results, and in them the earlier scores of contestants that nobody scored now.

    Parameters
    ----------
    results
        One a shape, as ``score_shape`` tells.
    path
        An earlier evaluation's JSON; it may be missing.
    pictures
        ``pictures_hash`` of the results; scores of other pictures are not taken.
    """
    earlier: dict[str, Any] = {}
    if path.is_file():
        earlier = json.loads(path.read_text(encoding="utf-8"))
    if earlier.get("pictures") != pictures:
        return list(results), Earlier()
    lost = [name for name in KEPT if not any(name in _rows(result) for result in results)]
    found = [earlier.get("scores", {}).get(str(result["shape"]), {}) for result in results]
    fine = [name for name in lost if all(name in rows for rows in found)]
    means = earlier.get("by_category", {})
    coarse = [name for name in lost if name not in fine and name in means]
    added = [
        {name: dict(zip(METRICS, rows[name], strict=True)) for name in fine}
        | {
            name: {m: told.get(result["category"]) for m, told in means[name].items()}
            for name in coarse
        }
        for result, rows in zip(results, found, strict=True)
    ]
    joined = [{**r, "rows": {**r["rows"], **a}} for r, a in zip(results, added, strict=True)]
    kinds = ("means", "by_category", "loops")
    told = {name: {kind: earlier[kind].get(name, {}) for kind in kinds} for name in coarse}
    return joined, Earlier(tuple(name for name in KEPT if name in (*fine, *coarse)), told)


def _rows(result: Result) -> set[str]:
    """The contestants that a shape has scores of."""
    return set(result["rows"]).union(*(view["rows"] for view in result["views"]))
