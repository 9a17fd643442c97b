"""Train the networks: ``python -m training.train --config training/configs/default.yaml``.

All stages run in order, each from the weights of those before it; ``--stage`` runs one. A run
lives in a folder: ``<stage>.pt`` (weights), ``<stage>/last.ckpt`` (where it resumes after being
killed at any moment), logs for TensorBoard and as CSV beside it.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import time
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
from training.config import Optimization, TrainingConfig, read_config
from training.data import ShapeFolder, open_folder
from training.stages import Image2SphereModule, RefinementModule, Stage

STAGES = ("image2sphere", "refinement", "topology", "smoothing")
"""The stages in the order in which they are trained."""


class Budget(Callback):
    """Ends a stage after its steps or minutes and sets the learning rate on the way."""

    def __init__(self, settings: Optimization) -> None:
        self.settings = settings
        self.seconds = 0.0
        self._started = 0.0

    def done(self, step: int) -> float:
        """Share of the budget that is used up, 0..1 and beyond."""
        if self.settings.steps:
            return step / self.settings.steps
        return self.seconds / max(60 * self.settings.minutes, 1e-9)

    def rate(self, step: int) -> float:
        """Learning rate of a step: linear warm-up, constant, linear decay to 0."""
        settings = self.settings
        rise = (step + 1) / max(settings.warmup, 1)
        fall = (1 - self.done(step)) / max(settings.decay_share, 1e-9)
        return settings.learning_rate * max(min(rise, fall, 1.0), 0.0)

    def on_train_batch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any
    ) -> None:
        """Set the learning rate."""
        self._started = time.perf_counter()
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = self.rate(trainer.global_step)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any
    ) -> None:
        """Stop when the budget is used up."""
        self.seconds += time.perf_counter() - self._started
        pl_module.log("minutes", self.seconds / 60)
        if self.done(trainer.global_step) >= 1:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """The time that is used up, kept over a resume."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the time up again."""
        self.seconds = state_dict["seconds"]


class Save(Callback):
    """Writes checkpoint and weights every few minutes and at the end, whole or not at all."""

    def __init__(self, folder: Path, stage: str, minutes: float) -> None:
        self.checkpoint = folder / stage / "last.ckpt"
        self.weights = folder / f"{stage}.pt"
        self.period = 60 * minutes
        self._last = time.monotonic()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any
    ) -> None:
        """Save when it is time."""
        if time.monotonic() - self._last >= self.period:
            self.save(trainer, pl_module)

    def on_train_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Save the result."""
        self.save(trainer, pl_module)

    def save(self, trainer: lightning.Trainer, stage: lightning.LightningModule) -> None:
        """Write beside, then rename: a kill leaves the previous file."""
        assert isinstance(stage, Stage)
        self.checkpoint.parent.mkdir(parents=True, exist_ok=True)
        beside = self.checkpoint.with_suffix(".part")
        trainer.save_checkpoint(beside)
        os.replace(beside, self.checkpoint)
        beside = self.weights.with_suffix(".part")
        torch.save(stage.network.state_dict(), beside)
        os.replace(beside, self.weights)
        self._last = time.monotonic()


def network_config(config: TrainingConfig, folder: ShapeFolder) -> NetworkConfig:
    """The networks' sizes: the configured ones, and what the data set fixes."""
    fixed = {"image_size": folder.images.shape[2], "categories": folder.categories}
    try:
        return NetworkConfig(**{**fixed, **config.network})
    except TypeError as error:
        raise UserError(f"the settings of the network are wrong: {error}") from None


def load_networks(config: TrainingConfig, folder: ShapeFolder, run: Path) -> dict[str, nn.Module]:
    """All networks, with the weights of a run where it has them, initial ones elsewhere."""
    torch.manual_seed(config.seed)
    networks = build_networks(network_config(config, folder))
    for name, network in networks.items():
        path = run / f"{name}.pt"
        if path.is_file():
            network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return networks


def make_stage(name: str, config: TrainingConfig, folder: ShapeFolder, run: Path) -> Stage:
    """The module of one stage, with the networks that it builds on.

    Raises
    ------
    UserError
        When the run lacks the weights of a stage that this one needs.
    """
    networks: dict[str, Any] = load_networks(config, folder, run)
    networks["image2sphere"].to(memory_format=torch.channels_last)
    needed = {"refinement": STAGES[:1], "smoothing": STAGES[:3]}.get(name, ())
    for other in needed:
        if not (run / f"{other}.pt").is_file():
            raise UserError(f"{run} has no trained {other}", f"train --stage {other} first")
    if name == "image2sphere":
        return Image2SphereModule(networks[name], config, folder)
    if name == "refinement":
        return RefinementModule(networks[name], config, folder, networks["image2sphere"])
    if name == "topology":
        from training.topology_stage import TopologyModule

        return TopologyModule(networks, config, folder, run)
    from training.smoothing_stage import SmoothingModule

    return SmoothingModule(networks, config, folder, run)


def train_stage(
    stage: Stage, run: Path, save_minutes: float, log_steps: int = 20, *, quiet: bool = False
) -> None:
    """Train one stage to the end of its budget, resuming where the run was killed.

    Parameters
    ----------
    stage
        From ``make_stage``.
    run
        The run's folder.
    save_minutes
        Time between checkpoints.
    log_steps
        Steps between entries of the logs.
    quiet
        No progress bar.
    """
    budget = Budget(stage.settings)
    save = Save(run, stage.name, save_minutes)
    callbacks: list[Callback] = [budget, save]
    if not quiet:
        callbacks.append(TQDMProgressBar(refresh_rate=20))
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_steps=stage.settings.steps or -1,
        max_epochs=-1,
        gradient_clip_val=stage.settings.clip or None,
        callbacks=callbacks,
        logger=[
            TensorBoardLogger(run, name=stage.name, version="log"),
            CSVLogger(run, name=stage.name),
        ],
        log_every_n_steps=log_steps,
        enable_checkpointing=False,
        enable_progress_bar=not quiet,
        enable_model_summary=False,
    )
    resume = save.checkpoint if save.checkpoint.is_file() else None
    trainer.fit(stage, ckpt_path=resume, weights_only=False)


def main(argv: list[str] | None = None) -> int:
    """Command line of ``python -m training.train``; returns the exit code."""
    parser = argparse.ArgumentParser(prog="training.train", description=__doc__)
    parser.add_argument("--config", default="training/configs/default.yaml")
    parser.add_argument("--run", default="runs/default", help="folder of the run")
    parser.add_argument(
        "--stage", choices=STAGES, help="this stage alone; all in order if left out"
    )
    parser.add_argument("--data", help="folder of the data set, instead of the config's")
    parser.add_argument("--minutes", type=float, help="budget of each stage trained now")
    parser.add_argument("--steps", type=int, help="budget of each stage trained now")
    parser.add_argument("--threads", type=int, default=1, help="of torch; one is fastest")
    options = parser.parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        config = read_config(options.config)
        if options.data:
            config = dataclasses.replace(config, data=options.data)
        folder = open_folder(Path(config.data) / "train")
        for name in (options.stage,) if options.stage else STAGES:
            changed = with_budget(config, name, options.minutes, options.steps)
            stage = make_stage(name, changed, folder, Path(options.run))
            train_stage(stage, Path(options.run), config.save_minutes, config.log_steps)
            if name == "topology":
                _calibrate(config, folder, Path(options.run))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _calibrate(config: TrainingConfig, folder: ShapeFolder, run: Path) -> None:
    """Fit the topology's answers to the thresholds, once there are spheres to judge by."""
    if all((run / f"{name}.pt").is_file() for name in STAGES[:2]):
        from training.calibrate import calibrate_run

        networks = load_networks(config, folder, run)
        best = calibrate_run(networks, network_config(config, folder), folder, run)
        print(f"topology: best thresholds were {best}, now those of the config")


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
