"""The learned baselines as stages of a training: encoder, data, optimizer and budget are ours."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from immat_core.errors import UserError
from immat_core.metrics import Triangles
from immat_core.networks.config import NetworkConfig
from training import losses
from training.baselines.decoders import (
    AtlasNetSphere,
    Pixel2MeshDecoder,
    as_triangles,
    mesh_regularity,
)
from training.baselines.occupancy import OccupancyNetwork, cached_occupancy
from training.config import Optimization, TrainingConfig
from training.data import Batch, ShapeFolder, augment, load_batch
from training.stages import Stage
from training.stretch import Stretch
from training.train import STAGES, load_networks, network_config

SHAPING = tuple(name for name in STAGES if name != "camera")
"""Our stages that learn shapes. A baseline needs no camera, so it does not get that one's time."""

LEARNED = ("atlasnet", "pixel2mesh", "occnet")
"""The baselines that are trained."""

NEEDS_CAMERA = "pixel2mesh"
"""The one that reads the picture where its vertices project to."""

LARGEST_BATCH = {"pixel2mesh": 16, "occnet": 32}
"""Pictures in a step of those whose steps are dear: with our 64 they would have few of them."""


@dataclass(frozen=True)
class BaselineLoss:
    """What the decoders learn from.

    Attributes
    ----------
    points
        True surface points of a shape in a step of the mesh decoders.
    occupancy_points
        Points of a shape in a step of the occupancy network.
    edges, laplacian
        Weights of Pixel2Mesh's regularity beside a Chamfer distance of weight 1 a level. Its own
        are relative to squared distances; these keep its ratio of the two (0.1 to 0.3) and were
        set once, by eye, so that no triangle folds over.
    """

    points: int = 1024
    occupancy_points: int = 512
    edges: float = 1.0
    laplacian: float = 3.0


def build_baseline(name: str, config: NetworkConfig) -> nn.Module:
    """An untrained network of ``LEARNED``; ``KeyError`` for another name."""
    kinds: dict[str, type[nn.Module]] = {
        "atlasnet": AtlasNetSphere,
        "pixel2mesh": Pixel2MeshDecoder,
        "occnet": OccupancyNetwork,
    }
    network: nn.Module = kinds[name](config)
    return network


class BaselineModule(Stage):
    """One baseline on its way: random augmented pictures and points of their shapes."""

    def __init__(
        self, name: str, network: nn.Module, config: TrainingConfig, folder: ShapeFolder, run: Path
    ) -> None:
        super().__init__(network, config.image2sphere.optimization, config.workers)
        self.name = name
        self.seed = config.seed
        self.color = config.sampling.color
        self.stretch = Stretch(folder, config.sampling.stretch, config.sampling.stretch_share)
        self.folder = folder
        self.weights = BaselineLoss()
        self.occupancy = cached_occupancy(folder, run / "occupancy") if name == "occnet" else None

    def make_batch(self, step: int) -> tuple[Batch, Tensor]:
        """The batch of a step, its points as ``dense``, and whether each is inside."""
        rng = np.random.default_rng([self.seed + 5, step])
        count = self.settings.batch
        shapes = self.folder.draw(rng, count)
        batch = load_batch(self.folder, shapes, self.folder.draw_views(rng, shapes))
        points, inside = self._points(shapes, rng)
        # Both change a shape's points with its picture.
        batch = self.stretch(batch._replace(dense=torch.from_numpy(points)), rng)
        return augment(batch, rng, self.color), torch.from_numpy(inside)

    def _points(
        self, shapes: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Points (B, T, 3) of the shapes, and (B, T) 1 for those inside."""
        weights = self.weights
        source: NDArray[np.floating[Any]] = self.folder.surface
        wanted = weights.points
        if self.occupancy is not None:
            source, wanted = self.occupancy[0], weights.occupancy_points
        some = rng.permutation(source.shape[1])[:wanted]
        points = np.stack([source[shape][some, :3] for shape in shapes]).astype(np.float32)
        if self.occupancy is None:
            return points, np.ones(points.shape[:2], np.float32)
        held = np.stack([self.occupancy[1][shape][some] for shape in shapes])
        return points, held.astype(np.float32)

    def losses(self, batch: tuple[Batch, Tensor]) -> dict[str, Tensor]:
        """Cross-entropy of the occupancy, or the Chamfer distance of each level and regularity."""
        seen, inside = batch
        if self.name == "occnet":
            with self.autocast():
                logits = self.network(seen.images, seen.dense)
            entropy = functional.binary_cross_entropy_with_logits(logits.float(), inside)
            return {"cross_entropy": entropy}
        with self.autocast():
            levels = self.network(seen.images, seen.cameras)
        terms = {
            f"chamfer_{k}": losses.chamfer_distance(vertices, seen.dense)
            for k, vertices in enumerate(levels)
        }
        if self.name == "pixel2mesh":
            terms |= self._regularity(levels)
        return terms

    def _regularity(self, levels: list[Tensor]) -> dict[str, Tensor]:
        network: Any = self.network
        before, sums = network.template.expand_as(levels[0]), levels[0].new_zeros(2)
        for graph, after in zip(network.graphs, levels, strict=True):
            sums = sums + torch.stack(mesh_regularity(before, after, graph))
            if after is not levels[-1]:
                before = graph.refine(after)
        weights = self.weights
        return {"edges": weights.edges * sums[0], "laplacian": weights.laplacian * sums[1]}


def whole_budget(config: TrainingConfig, stages: tuple[str, ...] = SHAPING) -> Optimization:
    """The optimization of our first stage, with the minutes (or steps) of ``stages`` together."""
    parts = [getattr(config, name).optimization for name in stages]
    return dataclasses.replace(
        config.image2sphere.optimization,
        minutes=sum(part.minutes for part in parts),
        steps=sum(part.steps for part in parts),
    )


def make_baseline(name: str, config: TrainingConfig, folder: ShapeFolder, run: Path) -> Stage:
    """The stage of one of ``LEARNED``, its initial weights fixed by the config's seed.

    Where our own first stage is trained, a baseline begins with that stage's encoder and has the
    minutes of our other stages that learn shapes: together as long as all of these. One whose
    weights the run has already goes on with its decoder.
    """
    torch.manual_seed(config.seed)
    network: Any = build_baseline(name, network_config(config, folder))
    if (run / f"{name}.pt").is_file():
        network = load_baseline(name, config, folder, run).train()
    budget = whole_budget(config)
    if (run / f"{STAGES[0]}.pt").is_file():
        trained: Any = load_networks(config, folder, run)[STAGES[0]]
        network.encoder.load_state_dict(trained.encoder.state_dict())
        budget = whole_budget(config, SHAPING[1:])
    batch = min(budget.batch, LARGEST_BATCH.get(name, budget.batch))
    budget = dataclasses.replace(budget, batch=batch)
    network.to(memory_format=torch.channels_last)
    changed = dataclasses.replace(
        config, image2sphere=dataclasses.replace(config.image2sphere, optimization=budget)
    )
    return BaselineModule(name, network, changed, folder, run)


def load_baseline(name: str, config: TrainingConfig, folder: ShapeFolder, run: Path) -> nn.Module:
    """A trained baseline, ready to answer.

    Raises
    ------
    UserError
        When the run has no weights of it.
    """
    path = run / f"{name}.pt"
    if not path.is_file():
        raise UserError(
            f"{run} has no trained {name}", f"run `python -m training.baselines train {name}`"
        )
    network = build_baseline(name, network_config(config, folder))
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


@torch.no_grad()
def baseline_surface(name: str, network: nn.Module, image: Tensor, camera: Tensor) -> Triangles:
    """The closed surface that a baseline answers with, in the object's frame.

    Parameters
    ----------
    image
        (1, 4, S, S) as the networks see it.
    camera
        (1, 7); only ``NEEDS_CAMERA`` asks for it.
    """
    if isinstance(network, OccupancyNetwork):
        return network.surface(image)
    return as_triangles(network(image, camera)[-1][0])
