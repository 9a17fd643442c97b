"""The two stages of Image2Sphere as Lightning modules, and what all stages share."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from immat_core.networks.image2sphere import Image2Sphere, Image2SphereOutput
from immat_core.networks.refinement import SphereRefinement
from training import losses
from training.cameras import PoseLoss, camera_axes, camera_directions, framed_uv
from training.config import Optimization, SphereLoss, TrainingConfig
from training.data import Batch, ShapeFolder, training_batch
from training.second_opinion import look_both_ways
from training.stretch import Stretch


class Stage(lightning.LightningModule):
    """One network on its way: batches by step, a loss, AdamW.

    A subclass has ``make_batch(step)``, a pure function of the step, and ``losses(batch)``.
    Networks that stay fixed are kept in ``fixed``, out of the module's parameters, so that a
    checkpoint holds what this stage trains and nothing else.
    """

    name = ""
    fixed: tuple[nn.Module, ...] = ()

    def __init__(self, network: nn.Module, settings: Optimization, workers: int = 0) -> None:
        super().__init__()
        self.network = network
        self.settings = settings
        self.workers = workers

    def on_fit_start(self) -> None:
        """Bring what stays fixed to where the training runs."""
        for network in self.fixed:
            network.to(self.device)

    def make_batch(self, step: int) -> Any:
        """What the given optimizer step sees."""
        raise NotImplementedError

    def losses(self, batch: Any) -> dict[str, Tensor]:
        """The weighted terms of the loss by name."""
        raise NotImplementedError

    def autocast(self) -> torch.autocast:
        """bfloat16 for the networks where the settings say so."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bfloat16)

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Sum the terms and log each."""
        terms = self.losses(batch)
        total = torch.stack(list(terms.values())).sum()
        values = {f"{self.name}/{key}": value.detach() for key, value in terms.items()}
        self.log_dict(values)
        self.log("loss", total.detach(), prog_bar=True)
        return total

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW; the rate is set step by step by ``training.train.Budget``."""
        settings = self.settings
        return torch.optim.AdamW(
            self.network.parameters(),
            settings.learning_rate,
            weight_decay=settings.weight_decay,
            fused=True,
        )

    def train_dataloader(self) -> DataLoader[Any]:
        """Batches without end, from the current step on."""
        return DataLoader(_Steps(self), batch_size=None, num_workers=self.workers)


class _Steps(IterableDataset[Any]):
    """The batches of this process: of n processes, each takes every n-th."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def __iter__(self) -> Iterator[Any]:
        worker = get_worker_info()
        first, stride = (worker.id, worker.num_workers) if worker is not None else (0, 1)
        trainer = self.stage.trainer
        for step in count(self.stage.global_step + first, stride):
            yield self.stage.make_batch(step * trainer.world_size + trainer.global_rank)


def sphere_losses(
    centers: Tensor, radii: Tensor, targets: Tensor, weights: SphereLoss
) -> dict[str, Tensor]:
    """Eq. (2): the three terms, weighted.

    Parameters
    ----------
    centers, radii
        (B, n, 3) and (B, n), predicted.
    targets
        (B, n, 4), the true spheres.
    """
    true = targets[..., :3].contiguous()
    squared = weights.paper
    terms = {
        "chamfer": weights.chamfer * losses.chamfer_distance(centers, true, squared=squared),
        "radius": weights.radius
        * losses.radius_loss(centers, radii, true, targets[..., 3], paper=squared),
    }
    if weights.emd > 0:
        some = max(1, round(weights.emd_share * len(centers)))
        terms["emd"] = weights.emd * losses.earth_movers_distance(
            centers[:some], true[:some], squared=squared, increment=weights.increment
        )
    return terms


class Image2SphereModule(Stage):
    """The sub-network on global features: initial spheres, dense centres, pose, category."""

    name = "image2sphere"

    def __init__(self, network: Image2Sphere, config: TrainingConfig, folder: ShapeFolder) -> None:
        super().__init__(network, config.image2sphere.optimization, config.workers)
        self.config = config
        self.folder = folder
        self.pose_loss = PoseLoss(folder, network.config.azimuth_bins)
        self.stretch = Stretch(folder, config.sampling.stretch, config.sampling.stretch_share)

    def make_batch(self, step: int) -> Batch:
        """A random, augmented batch."""
        config = self.config
        return training_batch(
            self.folder,
            self.settings.batch,
            config.seed,
            step,
            config.sampling.color,
            self.stretch,
        )

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """Eq. (2), the dense centres' Chamfer distance, the pose and the category."""
        weights = self.config.image2sphere.loss
        with self.autocast():
            out: Image2SphereOutput = self.network(batch.images)
        terms = sphere_losses(out.centers, out.radii, batch.spheres, weights)
        some = max(1, round(weights.dense_share * len(batch.images)))
        terms["dense"] = weights.dense * losses.chamfer_distance(
            out.dense[:some], batch.dense[:some], squared=weights.paper
        )
        terms["pose"] = weights.pose * self.pose_loss(out.pose, batch)
        terms["category"] = weights.category * functional.cross_entropy(
            out.category, batch.category
        )
        return terms


class RefinementModule(Stage):
    """The sub-network on local features; the global one is fixed."""

    name = "refinement"

    def __init__(
        self,
        network: SphereRefinement,
        config: TrainingConfig,
        folder: ShapeFolder,
        image2sphere: Image2Sphere,
    ) -> None:
        super().__init__(network, config.refinement.optimization, config.workers)
        self.config = config
        self.folder = folder
        self.sizes = image2sphere.config
        self.stretch = Stretch(folder, config.refinement.stretch, config.refinement.stretch_share)
        self.fixed = (image2sphere.eval().requires_grad_(False),)

    def make_batch(self, step: int) -> tuple[Batch, np.random.Generator]:
        """A random, augmented batch, other than the global stage's, and its camera noise."""
        seed, color = self.config.seed + 1, self.config.sampling.color
        batch = training_batch(self.folder, self.settings.batch, seed, step, color, self.stretch)
        return batch, np.random.default_rng([seed, step, 1])

    def losses(self, batch: tuple[Batch, np.random.Generator]) -> dict[str, Tensor]:
        """Eq. (2) on the refined spheres."""
        seen, rng = batch
        settings = self.config.refinement
        with torch.no_grad(), self.autocast():
            out = look_both_ways(self.fixed[0], seen.images)
        directions = camera_directions(seen.cameras, out.pose, settings.camera, rng, self.sizes)
        initial = torch.cat([out.centers, out.radii[..., None]], 2)
        uv = torch.from_numpy(framed_uv(initial.cpu().numpy(), directions)).to(self.device)
        axes = torch.from_numpy(camera_axes(directions)).to(self.device)
        with self.autocast():
            centers, radii = self.network(seen.images, out.centers, uv, axes, out.radii)
        return sphere_losses(centers.float(), radii.float(), seen.spheres, settings.loss)
