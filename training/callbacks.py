"""What happens around the steps of a stage: its budget and rate, checkpoints, validation."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback

from training.config import Optimization
from training.stages import Stage


class Budget(Callback):
    """Ends a stage after its steps or minutes and sets the learning rate on the way.

    Of several processes the first one's clock counts, so all stop at the same step.
    """

    def __init__(self, settings: Optimization) -> None:
        self.settings = settings
        self.seconds = 0.0
        self._last = 0.0

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

    def on_train_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Start the clock."""
        self._last = time.perf_counter()

    def on_train_batch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any
    ) -> None:
        """Set the learning rate."""
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = self.rate(trainer.global_step)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any
    ) -> None:
        """Stop when the budget is used up."""
        now = time.perf_counter()
        self.seconds = float(trainer.strategy.broadcast(self.seconds + now - self._last))
        self._last = now
        pl_module.log("minutes", self.seconds / 60)
        if self.done(trainer.global_step) >= 1:
            trainer.should_stop = True

    def state_dict(self) -> dict[str, Any]:
        """The time that is used up, kept over a resume."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take the time up again."""
        self.seconds = state_dict["seconds"]


def read_budget(checkpoint: Path, settings: Optimization) -> float:
    """Share of a budget that a stage's checkpoint has used up, 0 where there is none."""
    if not checkpoint.is_file():
        return 0.0
    stored = torch.load(checkpoint, map_location="cpu", weights_only=False)
    budget = Budget(settings)
    budget.load_state_dict(stored["callbacks"]["Budget"])
    return budget.done(stored["global_step"])


class Save(Callback):
    """Writes checkpoint and weights every few minutes and at the end, whole or not at all."""

    def __init__(self, folder: Path, stage: str, minutes: float, budget: Budget) -> None:
        self.checkpoint = folder / stage / "last.ckpt"
        self.weights = folder / f"{stage}.pt"
        self.period = 60 * minutes
        self.budget = budget
        self._last = 0.0

    def on_train_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Count from where the budget stands."""
        self._last = self.budget.seconds

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any
    ) -> None:
        """Save when it is time, by the budget's clock, which all processes share."""
        if self.budget.seconds - self._last >= self.period:
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
        if trainer.is_global_zero:
            os.replace(beside, self.checkpoint)
            save_weights(stage.network, self.weights)
        trainer.strategy.barrier()
        self._last = self.budget.seconds


def save_weights(network: torch.nn.Module, path: Path) -> None:
    """Write a network's weights, whole or not at all."""
    save_tensors(network.state_dict(), path)


def save_tensors(tensors: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write tensors by name, whole or not at all."""
    beside = path.with_suffix(".part")
    torch.save(dict(tensors), beside)
    os.replace(beside, path)


class Validate(Callback):
    """Logs the loss on batches of held-out shapes every so many steps, in the first process."""

    def __init__(self, stage: Stage, batches: Sequence[Any], steps: int) -> None:
        """
        Parameters
        ----------
        stage
            Made on the held-out split; it is given the trained network.
        batches
            Of that stage, always the same.
        steps
            Between two looks.
        """
        self.stage = stage
        self.batches = batches
        self.steps = steps

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, *_: Any
    ) -> None:
        """Look when it is time."""
        if trainer.global_step % self.steps or not trainer.is_global_zero:
            return
        assert isinstance(pl_module, Stage)
        self.stage.network = pl_module.network
        self.stage.to(pl_module.device)
        self.stage.on_fit_start()
        found = {f"validation/{key}": value for key, value in self.scores().items()}
        # Past the module's own log, which repeats a value until there is a new one.
        for logger in trainer.loggers:
            logger.log_metrics(found, trainer.global_step)
        pl_module.network.train()

    @torch.no_grad()
    def scores(self) -> dict[str, float]:
        """The loss and its terms, means over the batches."""
        self.stage.network.eval()
        found = []
        # A batch may hold a random generator, which using it would change.
        for batch in copy.deepcopy(self.batches):
            placed = self.stage.transfer_batch_to_device(batch, self.stage.device, 0)
            found.append({k: float(v) for k, v in self.stage.losses(placed).items()})
        terms = {key: sum(one[key] for one in found) / len(found) for key in found[0]}
        return {**terms, "loss": sum(terms.values())}
