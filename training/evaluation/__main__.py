"""Score a run and the baselines on held-out shapes.

``python -m training.evaluation --run FOLDER`` writes docs/evaluation.md with its pictures, the
numbers beside it as JSON, and the short tables of the README and of the networks' card. A shape
that has been scored is kept in the run's folder, so the same command goes on where it was stopped,
and a change of the weights, the data or the number of views scores anew. Learned baselines that the
run does not have keep their scores of the JSON that is there, if it is of the same pictures; with
``--alone`` so do all baselines, and a part of the training shapes is enough. ``--wider 806``
tells of more shapes, in short, what ours does: camera, fit to the mask, ways to connect spheres.
``--shapes 13 --views 1`` is a quick look, which belongs elsewhere (``--out``).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import torch

from immat_core import kernels
from immat_core.errors import UserError
from training.config import read_config
from training.evaluation.contestants import Contestants, EvaluationSettings
from training.evaluation.earlier import (
    pictures_hash,
    scores_by_shape,
    shape_names,
    with_earlier,
)
from training.evaluation.page import page, summary
from training.evaluation.run import evaluate, evaluate_wider, write_whole
from training.evaluation.short_table import MARK, PAGES, short_table, told_in
from training.evaluation.statistics import Result, make_sample
from training.marked_page import write_marked


def main(argv: list[str] | None = None) -> int:
    """Command line of ``python -m training.evaluation``; returns the exit code."""
    options = _parser().parse_args(argv)
    torch.set_num_threads(1)
    try:
        config = read_config(options.config)
        if options.data:
            config = dataclasses.replace(config, data=options.data)
        settings = EvaluationSettings(
            config,
            options.run,
            options.split,
            options.shapes,
            options.views,
            options.gallery_views,
            options.alone,
            options.wider,
        )
        kernels.load()
        contestants = Contestants(settings)
        results = evaluate(settings, options.processes, contestants)
        further = evaluate_wider(settings, options.processes, contestants)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    _write(options, settings, contestants, results, further)
    return 0


def _write(
    options: argparse.Namespace,
    settings: EvaluationSettings,
    contestants: Contestants,
    results: list[Result],
    further: list[Result],
) -> None:
    from training.evaluation.figures import write_figures

    beside, pictures = options.out.with_suffix(".json"), pictures_hash(settings)
    results, earlier = with_earlier(results, beside, pictures)
    sample = make_sample(results, earlier.coarse, further)
    about: dict[str, Any] = {
        "networks": f"the networks of {settings.run}" if settings.trained else "shipped networks",
        "data": settings.config.data,
        "split": settings.split,
        "command": f"python -m training.evaluation --run {settings.run} --split {settings.split} "
        f"--shapes {settings.shapes} --views {settings.views}{' --alone' * settings.alone}"
        + f" --wider {settings.wider}"
        * bool(settings.wider),
        "kept": earlier.names,
    }
    text = page(sample, about)
    means = summary(sample)
    names = shape_names(settings)
    told = json.dumps({**about, **means, "pictures": pictures, "names": names}, indent=1)
    scores = json.dumps(scores_by_shape(sample)).replace("}, ", "},\n  ")
    write_whole(options.out, text)
    write_whole(beside, f'{told[:-2]},\n "scores": {scores}\n}}\n')
    write_figures(contestants, sample, options.out.parent / "images")
    for path in PAGES if told_in(options.out) else ():
        write_marked(path, MARK, short_table(means))
    print(text[text.index("## Targets") : text.index("## Table 1")])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.evaluation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", default="training/configs/default.yaml")
    parser.add_argument(
        "--run", type=Path, default=Path("runs/default"), help="our networks and the baselines'"
    )
    parser.add_argument("--data", help="folder of the data set, instead of the config's")
    parser.add_argument("--split", choices=("test", "val"), default="test")
    parser.add_argument("--shapes", type=int, default=0, help="how many; all if left out")
    parser.add_argument("--views", type=int, default=2, help="pictures of each shape")
    parser.add_argument(
        "--gallery-views", type=int, default=4, help="of a training shape, searched by features"
    )
    parser.add_argument(
        "--alone", action="store_true", help="score ours alone; the others keep their scores"
    )
    parser.add_argument(
        "--wider", type=int, default=0, help="shapes of which ours is told in short"
    )
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("docs/evaluation.md"))
    return parser


if __name__ == "__main__":
    sys.exit(main())
