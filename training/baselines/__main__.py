"""Train a baseline on the same data and for as long as all of our stages together.

``python -m training.baselines train NAME --config FILE --run FOLDER``, NAME one of atlasnet,
pixel2mesh, occnet, or all. In a run whose first stage is trained they begin with its encoder
and have the time of the other stages. The same command goes on where it was stopped, as that of
``training.train`` does. The other baselines (typical shape, retrieval, oracle) learn nothing:
``python -m training.evaluation`` has them.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

import torch

from immat_core.errors import UserError
from training.baselines.stages import LEARNED, make_baseline
from training.callbacks import read_budget
from training.config import read_config
from training.data import choose_shapes, open_folder
from training.train import train_stage


def main(argv: list[str] | None = None) -> int:
    """Command line of ``python -m training.baselines``; returns the exit code."""
    options = _parser().parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        config = read_config(options.config)
        if options.data:
            config = dataclasses.replace(config, data=options.data)
        sampling = config.sampling
        folder = choose_shapes(
            open_folder(Path(config.data) / "train"),
            config.category or None,
            balanced=sampling.balanced,
            photo_share=sampling.photo_share,
        )
        for name in LEARNED if options.name == "all" else (options.name,):
            stage = make_baseline(name, config, folder, options.run)
            if options.minutes is not None:
                stage.settings = dataclasses.replace(
                    stage.settings, minutes=options.minutes, steps=0
                )
            if options.steps is not None:
                stage.settings = dataclasses.replace(stage.settings, steps=options.steps)
            if read_budget(options.run / name / "last.ckpt", stage.settings) < 1:
                train_stage(stage, options.run, config, quiet=options.quiet)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.baselines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    train = parser.add_subparsers(dest="command", required=True).add_parser("train")
    train.add_argument("name", choices=(*LEARNED, "all"))
    train.add_argument("--config", default="training/configs/default.yaml")
    train.add_argument("--run", type=Path, default=Path("runs/default"))
    train.add_argument("--data", help="folder of the data set, instead of the config's")
    train.add_argument("--minutes", type=float, help="budget; that of our stages if left out")
    train.add_argument("--steps", type=int, help="budget")
    train.add_argument("--threads", type=int, default=1, help="of torch; one is fastest")
    train.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


if __name__ == "__main__":
    sys.exit(main())
