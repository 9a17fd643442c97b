"""Topology Prediction's stage: moved true spheres and predicted ones, labelled by geometry."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor, nn

from training.config import TopologyData, TrainingConfig
from training.data import ShapeFolder
from training.labels import Skeleton, label_topology, make_skeleton
from training.losses import topology_loss
from training.predictions import PredictedShapes, predict_shapes
from training.stages import Stage
from training.stretch import Stretch

KEPT = 400
"""Skeletons in memory, of about a megabyte each."""


class Cloud(NamedTuple):
    """Spheres without topology and what the topology network sees of them.

    Attributes
    ----------
    spheres
        (N, 4) float32.
    sparse
        (N, K) int64, each sphere's nearest others.
    around
        (N, D, 3) float32, the dense centres nearest to each sphere.
    """

    spheres: NDArray[np.float32]
    sparse: NDArray[np.int64]
    around: NDArray[np.float32]


class TopologyBatch(NamedTuple):
    """Several clouds, one after the other, and their labels as float32 0 and 1.

    ``rows`` (R,) int64 are the spheres whose faces are learned, ``faces`` (R, K, K) theirs.
    """

    spheres: Tensor
    sparse: Tensor
    around: Tensor
    edges: Tensor
    faces: Tensor
    rows: Tensor


def make_cloud(
    spheres: NDArray[np.float32], dense: NDArray[np.float32], sizes: tuple[int, int]
) -> Cloud:
    """Find both groups of neighbours, of ``sizes`` K and D, as prediction does."""
    centers = np.ascontiguousarray(spheres[:, :3])
    found = cKDTree(centers).query(centers, sizes[0] + 1)[1].astype(np.int64)
    # A sphere need not be its own first hit where two coincide.
    own = found == np.arange(len(centers))[:, None]
    own[~own.any(1), -1] = True
    sparse = found[~own].reshape(len(centers), sizes[0])
    around = dense[cKDTree(dense).query(centers, sizes[1])[1]]
    return Cloud(spheres, sparse, around)


def move_spheres(
    spheres: NDArray[np.float32],
    dense: NDArray[np.float32],
    settings: TopologyData,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """True spheres (N, 4) and dense centres (M, 3) with noise like that of a prediction."""
    # Small noise is drawn more often than large: a third of the shapes are moved by 1 % or more
    # where the largest is 3 %.
    size = settings.jitter * rng.uniform() ** 2
    return moved_by(size, spheres, dense, rng, settings.radius_jitter)


def moved_by(
    size: float,
    spheres: NDArray[np.float32],
    dense: NDArray[np.float32],
    rng: np.random.Generator,
    radius_jitter: float = 12.0,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The same with noise of one standard deviation ``size`` on each coordinate of a centre."""
    moved = np.array(spheres)
    moved[:, :3] += size * rng.standard_normal(moved[:, :3].shape).astype(np.float32)
    noise = radius_jitter * size * rng.standard_normal(len(moved))
    moved[:, 3] *= np.exp(np.clip(noise, -1, 1)).astype(np.float32)
    # The dense centres are predicted more closely than the spheres.
    spread = 0.5 * size * rng.standard_normal(dense.shape)
    return moved, dense + spread.astype(np.float32)


def _turn(rng: np.random.Generator) -> NDArray[np.float32]:
    """A random turn about the vertical, mirrored half of the time, (3, 3)."""
    angle = rng.uniform(0, 2 * np.pi)
    c, s = np.cos(angle), np.sin(angle)
    side = rng.choice((-1.0, 1.0))
    return np.array([[side * c, -s, 0], [side * s, c, 0], [0, 0, 1]], np.float32)


class TopologyModule(Stage):
    """Eq. (3) on clouds of moved true spheres and, where a run has them, of predicted ones."""

    name = "topology"

    def __init__(
        self, networks: dict[str, Any], config: TrainingConfig, folder: ShapeFolder, run: Path
    ) -> None:
        super().__init__(networks["topology"], config.topology.optimization)
        self.config = config.topology
        self.seed = config.seed
        self.folder = folder
        sizes: Any = networks["image2sphere"].config
        self.sizes = (sizes.sparse_neighbors, sizes.dense_neighbors)
        self._skeletons: OrderedDict[tuple[int, tuple[float, ...]], Skeleton] = OrderedDict()
        self.predicted: PredictedShapes | None = None
        if self.config.data.predicted_share > 0:
            frozen: dict[str, nn.Module] = networks
            data = self.config.data
            stretch = Stretch(folder, data.stretch)
            self.predicted = predict_shapes(
                frozen, folder, data.predicted_shapes, config.seed, run, stretch=stretch
            )

    def make_batch(self, step: int) -> TopologyBatch:
        """Random clouds with their labels."""
        rng = np.random.default_rng([self.seed + 2, step])
        parts = [self._labelled(rng) for _ in range(self.settings.batch)]
        count = sum(len(cloud.spheres) for cloud, _, _ in parts)
        # Faces cost most of a step, and those of a sphere's neighbours tell much the same.
        wanted = max(1, round(self.config.face_share * count))
        rows = np.sort(rng.permutation(count)[:wanted])
        offset = np.cumsum([0, *(len(cloud.spheres) for cloud, _, _ in parts)])
        sparse = [cloud.sparse + o for (cloud, _, _), o in zip(parts, offset, strict=False)]
        return TopologyBatch(
            torch.from_numpy(np.concatenate([cloud.spheres for cloud, _, _ in parts])),
            torch.from_numpy(np.concatenate(sparse)),
            torch.from_numpy(np.concatenate([cloud.around for cloud, _, _ in parts])),
            torch.from_numpy(np.concatenate([edges for _, edges, _ in parts])).float(),
            torch.from_numpy(np.concatenate([faces for _, _, faces in parts])[rows]).float(),
            torch.from_numpy(rows),
        )

    def losses(self, batch: TopologyBatch) -> dict[str, Tensor]:
        """Eq. (3)."""
        with self.autocast():
            edges, faces = self.network(batch.spheres, batch.sparse, batch.around, batch.rows)
        loss = topology_loss(
            edges.float(), batch.edges, faces.float(), batch.faces, self.config.face_weight
        )
        return {"cross_entropy": loss}

    def skeleton(self, shape: int, scale: tuple[float, ...] = (1.0, 1.0, 1.0)) -> Skeleton:
        """The true skeleton of a stretched shape; those asked for lately are kept."""
        asked = shape, scale
        if asked not in self._skeletons:
            self._skeletons[asked] = make_skeleton(self.folder, shape, scale)
            if len(self._skeletons) > KEPT:
                self._skeletons.popitem(last=False)
        self._skeletons.move_to_end(asked)
        return self._skeletons[asked]

    def _labelled(
        self, rng: np.random.Generator
    ) -> tuple[Cloud, NDArray[np.bool_], NDArray[np.bool_]]:
        use_predicted = rng.random() < self.config.data.predicted_share
        if use_predicted and self.predicted is not None:
            k, spheres, dense = self.predicted.draw(rng)
            scale = tuple(self.predicted.scales[k].tolist())
            skeleton = self.skeleton(int(self.predicted.shapes[k]), scale)
        else:
            shape = int(self.folder.draw(rng, 1)[0])
            true, samples = self.folder.spheres[shape], self.folder.dense[shape]
            spheres, dense = move_spheres(true, samples, self.config.data, rng)
            skeleton = self.skeleton(shape)
        cloud = make_cloud(spheres, dense, self.sizes)
        edges, faces = label_topology(spheres[:, :3], cloud.sparse, skeleton)
        turn = _turn(rng)
        turned = spheres.copy()
        turned[:, :3] = spheres[:, :3] @ turn
        return Cloud(turned, cloud.sparse, cloud.around @ turn), edges, faces
