"""Scoring shape by shape, on several processes, going on where it was stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from immat_core import kernels
from training.evaluation.contestants import Contestants, EvaluationSettings, chosen_shapes
from training.evaluation.shape_scores import score_in_short, score_shape
from training.evaluation.statistics import Result

_contestants: Contestants | None = None


def evaluate(
    settings: EvaluationSettings, processes: int = 1, contestants: Contestants | None = None
) -> list[Result]:
    """The results of all chosen shapes, those that are kept and those scored now.

    Parameters
    ----------
    processes
        How many score side by side; 1 scores in this process.
    contestants
        Loaded ones for this process; None loads them when they are needed.
    """
    opened = contestants or Contestants(settings)
    shapes = chosen_shapes(opened.test, settings.shapes)
    return _kept_or_scored(settings, shapes, "", processes, opened)


def evaluate_wider(
    settings: EvaluationSettings, processes: int = 1, contestants: Contestants | None = None
) -> list[Result]:
    """The results in short of further shapes, see ``EvaluationSettings.wider``.

    The parameters are those of :func:`evaluate`.
    """
    if not settings.wider:
        return []
    opened = contestants or Contestants(settings)
    scored = chosen_shapes(opened.test, settings.shapes)
    more = sorted(set(chosen_shapes(opened.test, settings.wider)) - set(scored))
    return _kept_or_scored(settings, more, "short_", processes, opened)


def _kept_or_scored(
    settings: EvaluationSettings,
    shapes: list[int],
    kind: str,
    processes: int,
    contestants: Contestants,
) -> list[Result]:
    """The results of a kind, of which what is missing is scored and kept."""
    kept = settings.run / "evaluation" / f"{kind}{settings.split}_{settings.fingerprint()}"
    missing = [shape for shape in shapes if not (kept / f"{shape}.json").is_file()]
    scored = (
        _side_by_side(settings, missing, kind, processes)
        if processes > 1
        else (_SCORES[kind](contestants, shape) for shape in missing)
    )
    # Sums of several threads are rounded otherwise than those of one, and a fit to a mask shows it.
    with threadpool_limits(1):
        for result in tqdm(scored, desc="shapes", total=len(missing), disable=None):
            write_whole(kept / f"{result['shape']}.json", json.dumps(result))
    texts = [(kept / f"{shape}.json").read_text(encoding="utf-8") for shape in shapes]
    return [json.loads(text) for text in texts]


_SCORES: dict[str, Callable[[Contestants, int], Result]] = {
    "": score_shape,
    "short_": score_in_short,
}


def _side_by_side(
    settings: EvaluationSettings, shapes: list[int], kind: str, processes: int
) -> Iterator[Result]:
    if not shapes:
        return
    with ProcessPoolExecutor(
        processes, get_context("spawn"), initializer=_open, initargs=(settings,)
    ) as pool:
        for future in as_completed([pool.submit(_score, kind, shape) for shape in shapes]):
            yield future.result()


def _open(settings: EvaluationSettings) -> None:
    global _contestants
    torch.set_num_threads(1)
    threadpool_limits(1)
    kernels.load()
    _contestants = Contestants(settings)


def _score(kind: str, shape: int) -> Result:
    assert _contestants is not None
    return _SCORES[kind](_contestants, shape)


def write_whole(path: Path, text: str) -> None:
    """Write a file beside, then rename it, so that a kill leaves the old one or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(f".part{os.getpid()}")
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)
