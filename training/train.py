"""Train the networks: ``python -m training.train --config training/configs/default.yaml``.

All stages run in order, each from the weights of those before it; ``--stage`` runs one. A run
lives in a folder: ``<stage>.pt`` (weights), ``<stage>/last.ckpt`` (where it resumes after being
killed at any moment), logs for TensorBoard and as CSV beside it. The same command runs on several
processes: ``torchrun --nproc_per_node 2 -m training.train -- ...``; each draws batches of its own.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, TQDMProgressBar
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from torch import nn

from immat_core.errors import UserError
from immat_core.networks.build import build_networks
from immat_core.networks.config import NetworkConfig
from training.callbacks import Budget, Save, Validate, read_budget
from training.config import TrainingConfig, read_config
from training.data import ShapeFolder, choose_shapes, open_folder
from training.stages import Image2SphereModule, RefinementModule, Stage

STAGES = ("image2sphere", "camera", "refinement", "topology", "smoothing")
"""The stages in the order in which they are trained."""
SEEING = ("image2sphere", "camera", "refinement")
"""Those that look at pictures and are validated on the way."""
NEEDED = {
    "camera": ("image2sphere",),
    "refinement": ("image2sphere",),
    "smoothing": ("image2sphere", "refinement", "topology"),
}
"""Stages that a stage builds on."""
BEGINS_WITH = {"camera": ("encoder", "pose"), "refinement": ("encoder",)}
"""Parts of which an untrained network takes over what Image2Sphere has learned."""
CALIBRATED = "calibrated.txt"
"""Written beside the topology's checkpoint once its thresholds are fitted."""
_VALIDATION_BATCHES = 4


def network_config(config: TrainingConfig, folder: ShapeFolder) -> NetworkConfig:
    """The networks' sizes: the configured ones, and what the data set fixes."""
    fixed = {"image_size": folder.images.shape[2], "categories": folder.categories}
    try:
        return NetworkConfig(**{**fixed, **config.network})
    except TypeError as error:
        raise UserError(f"the settings of the network are wrong: {error}") from None


def load_networks(config: TrainingConfig, folder: ShapeFolder, run: Path) -> dict[str, nn.Module]:
    """All networks, with the weights of a run where it has them, initial ones elsewhere.

    Raises
    ------
    UserError
        When the run's weights have other sizes than the config's.
    """
    torch.manual_seed(config.seed)
    networks = build_networks(network_config(config, folder))
    for name, network in networks.items():
        path = run / f"{name}.pt"
        if not path.is_file():
            continue
        try:
            network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
        except RuntimeError as error:
            raise UserError(f"{path} does not fit the config: {error}") from error
    return networks


def take_up(start: Path, run: Path) -> None:
    """Copy the weights of another run that this one has not got yet.

    Raises
    ------
    UserError
        When the other run has none.
    """
    found = [path for name in STAGES if (path := start / f"{name}.pt").is_file()]
    if not found:
        raise UserError(f"{start} has no trained networks", "give the folder of a run")
    run.mkdir(parents=True, exist_ok=True)
    for path in found:
        if not (run / path.name).is_file():
            # Every process of a run does this; each has a name of its own beside the file.
            beside = run / f"{path.name}.part{os.getpid()}"
            shutil.copyfile(path, beside)
            os.replace(beside, run / path.name)


def make_stage(name: str, config: TrainingConfig, folder: ShapeFolder, run: Path) -> Stage:
    """The module of one stage, with the networks that it builds on.

    Raises
    ------
    UserError
        When the run lacks the weights of a stage that this one needs.
    """
    for other in NEEDED.get(name, ()):
        if not (run / f"{other}.pt").is_file():
            raise UserError(f"{run} has no trained {other}", f"train --stage {other} first")
    networks: dict[str, Any] = load_networks(config, folder, run)
    for network in networks.values():
        network.to(_device(config.accelerator))
    for other in SEEING:
        networks[other].encoder.to(memory_format=torch.channels_last)
    if name == "image2sphere":
        return Image2SphereModule(networks[name], config, folder)
    for part in () if (run / f"{name}.pt").is_file() else BEGINS_WITH.get(name, ()):
        learned = networks["image2sphere"].get_submodule(part).state_dict()
        networks[name].get_submodule(part).load_state_dict(learned)
    if name == "camera":
        from training.camera_stage import CameraModule

        return CameraModule(networks[name], config, folder)
    if name == "refinement":
        return RefinementModule(networks[name], config, folder, networks["image2sphere"])
    if name == "topology":
        from training.topology_stage import TopologyModule

        return TopologyModule(networks, config, folder, run)
    from training.smoothing_stage import SmoothingModule

    return SmoothingModule(networks, config, folder, run)


def _device(accelerator: str) -> torch.device:
    """Where a process predicts what a stage learns from, before Lightning places the stage."""
    if accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def process_grid(environment: Mapping[str, str]) -> tuple[int, int]:
    """How many processes this machine has, and how many machines, as torchrun or SLURM say."""
    if "LOCAL_WORLD_SIZE" in environment:
        here = int(environment["LOCAL_WORLD_SIZE"])
        return here, int(environment.get("WORLD_SIZE", here)) // here
    if "SLURM_NTASKS" in environment:
        nodes = int(environment.get("SLURM_NNODES", "1"))
        return max(1, int(environment["SLURM_NTASKS"]) // nodes), nodes
    return 1, 1


def train_stage(
    stage: Stage,
    run: Path,
    config: TrainingConfig,
    *,
    validate: Validate | None = None,
    quiet: bool = False,
) -> None:
    """Train one stage to the end of its budget, resuming where the run was killed.

    Parameters
    ----------
    stage
        From ``make_stage``.
    run
        The run's folder.
    config
        Says how often is saved and logged, and on what is trained.
    validate
        Looks at held-out shapes on the way; None for nobody.
    quiet
        No progress bar.
    """
    budget = Budget(stage.settings)
    save = Save(run, stage.name, config.save_minutes, budget)
    callbacks: list[Callback] = [budget, save]
    if validate is not None:
        callbacks.append(validate)
    if not quiet:
        callbacks.append(TQDMProgressBar(refresh_rate=20))
    here, nodes = process_grid(os.environ)
    trainer = lightning.Trainer(
        accelerator=config.accelerator,
        devices=here,
        num_nodes=nodes,
        strategy="ddp" if here * nodes > 1 else "auto",
        max_steps=stage.settings.steps or -1,
        max_epochs=-1,
        gradient_clip_val=stage.settings.clip or None,
        callbacks=callbacks,
        logger=[
            TensorBoardLogger(run, name=stage.name, version="log"),
            CSVLogger(run, name=stage.name),
        ],
        log_every_n_steps=config.log_steps,
        enable_checkpointing=False,
        enable_progress_bar=not quiet,
        enable_model_summary=False,
    )
    resume = save.checkpoint if save.checkpoint.is_file() else None
    trainer.fit(stage, ckpt_path=resume, weights_only=False)


def held_out(name: str, config: TrainingConfig, run: Path) -> Validate | None:
    """The validation of a sphere stage; None for the others and where ``val`` is missing."""
    path = Path(config.data) / "val"
    if not config.validate_steps or name not in SEEING or not path.is_dir():
        return None
    # Varied shapes belong to ``train``.
    unvaried = dataclasses.replace(config.camera, varied_share=0.0)
    config = dataclasses.replace(config, camera=unvaried)
    stage = make_stage(name, config, open_folder(path), run)
    batches = [stage.make_batch(step) for step in range(_VALIDATION_BATCHES)]
    return Validate(stage, batches, config.validate_steps)


def train_all(config: TrainingConfig, run: Path, stages: tuple[str, ...], quiet: bool) -> None:
    """Train the given stages in order; one whose budget is used up is left as it is.

    Raises
    ------
    UserError
        When the data or the weights of an earlier stage are missing.
    """
    folder = _choose(config, open_folder(Path(config.data) / "train"))
    if config.start:
        take_up(Path(config.start), run)
    for name in stages:
        settings = getattr(config, name).optimization
        if read_budget(run / name / "last.ckpt", settings) < 1:
            stage = make_stage(name, config, folder, run)
            train_stage(stage, run, config, validate=held_out(name, config, run), quiet=quiet)
            (run / name / CALIBRATED).unlink(missing_ok=True)
        if name == "topology" and not (run / name / CALIBRATED).is_file():
            _calibrate(config, folder, run)


def main(argv: list[str] | None = None) -> int:
    """Command line of ``python -m training.train``; returns the exit code."""
    options = _parser().parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        config = read_config(options.config)
        given = {"data": options.data, "start": options.start, "category": options.category}
        config = dataclasses.replace(config, **{k: v for k, v in given.items() if v is not None})
        stages = (options.stage,) if options.stage else STAGES
        for name in stages:
            config = with_budget(config, name, options.minutes, options.steps)
        train_all(config, Path(options.run), stages, options.quiet)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="training.train",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--config", default="training/configs/default.yaml")
    parser.add_argument("--run", default="runs/default", help="folder of the run")
    parser.add_argument(
        "--stage", choices=STAGES, help="this stage alone; all in order if left out"
    )
    parser.add_argument("--data", help="folder of the data set, instead of the config's")
    parser.add_argument("--category", help="train on the shapes of this category alone")
    parser.add_argument(
        "--from", dest="start", help="folder of a run whose weights this one begins with"
    )
    parser.add_argument("--minutes", type=float, help="budget of each stage trained now")
    parser.add_argument("--steps", type=int, help="budget of each stage trained now")
    parser.add_argument("--threads", type=int, default=1, help="of torch; one is fastest")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser


def _choose(config: TrainingConfig, folder: ShapeFolder) -> ShapeFolder:
    return choose_shapes(
        folder,
        config.category or None,
        balanced=config.sampling.balanced,
        photo_share=config.sampling.photo_share,
    )


def _calibrate(config: TrainingConfig, folder: ShapeFolder, run: Path) -> None:
    """Fit the topology's answers to the thresholds on shapes that it has not seen, if any."""
    if all((run / f"{name}.pt").is_file() for name in ("image2sphere", "refinement")):
        from training.calibrate import calibrate_run

        if int(os.environ.get("RANK", "0")) == 0:
            networks = load_networks(config, folder, run)
            unseen = Path(config.data) / "val"
            if unseen.is_dir():
                folder = _choose(config, open_folder(unseen))
            best = calibrate_run(networks, network_config(config, folder), folder, run)
            (run / "topology" / CALIBRATED).write_text(f"best before: {best}\n", encoding="utf-8")
            print(f"topology: best thresholds were {best}, now those of the config")
    if torch.distributed.is_initialized():
        torch.distributed.barrier()


def with_budget(
    config: TrainingConfig, stage: str, minutes: float | None, steps: int | None
) -> TrainingConfig:
    """The settings with another length of one stage, where one is given."""
    part = getattr(config, stage)
    budget = part.optimization
    if minutes is not None:
        budget = dataclasses.replace(budget, minutes=minutes, steps=0)
    if steps is not None:
        budget = dataclasses.replace(budget, steps=steps)
    return dataclasses.replace(config, **{stage: dataclasses.replace(part, optimization=budget)})


if __name__ == "__main__":
    sys.exit(main())
