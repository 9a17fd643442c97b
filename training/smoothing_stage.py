"""MAT Smoothing's stage: Eq. (4) on the predicted topology, then the network that answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from immat_core import topology
from immat_core.medial_mesh import IndexArray, MedialMesh
from immat_core.networks.config import NetworkConfig
from immat_core.predict import adjacency
from immat_core.smoothing import smooth
from training.cameras import camera_axes, framed_uv
from training.config import TrainingConfig
from training.data import Batch, ShapeFolder, load_batch
from training.predictions import PredictedShapes, predict_shapes
from training.stages import Stage, sphere_losses
from training.topology_stage import make_cloud


class Smoothed(NamedTuple):
    """Spheres (N, 4) float32 after Eq. (4), and the (e, 2) connections that it went over."""

    spheres: NDArray[np.float32]
    edges: IndexArray


class SmoothingBatch(NamedTuple):
    """Pictures, the smoothed spheres (B, N, 4), ``uv``, (B, 3, 3) axes, (B, N, N) adjacency."""

    seen: Batch
    spheres: Tensor
    uv: Tensor
    axes: Tensor
    adjacency: Tensor


@torch.no_grad()
def predicted_topology(
    network: nn.Module,
    spheres: NDArray[np.float32],
    dense: NDArray[np.float32],
    config: NetworkConfig,
) -> topology.TopologyCandidates:
    """Candidates of one shape's (N, 4) spheres and (M, 3) dense centres, as in prediction."""
    cloud = make_cloud(spheres, dense, (config.sparse_neighbors, config.dense_neighbors))
    device = next(network.parameters()).device
    edges, faces = network(*(torch.from_numpy(part).to(device) for part in cloud))
    return topology.gather_candidates(
        cloud.sparse, edges.sigmoid().cpu().numpy(), faces.sigmoid().cpu().numpy()
    )


def smooth_prediction(
    spheres: NDArray[np.float32],
    candidates: topology.TopologyCandidates,
    config: NetworkConfig,
    weight: float,
) -> Smoothed:
    """Eq. (4) over the connections above the thresholds."""
    edges, faces = topology.select(
        candidates,
        config.edge_threshold,
        config.face_threshold,
        centers=spheres[:, :3],
        fill_holes=False,
    )
    connected = MedialMesh(spheres[:, :3], spheres[:, 3], edges, faces).all_edges
    return Smoothed(smooth(spheres, connected, weight), connected)


class SmoothingModule(Stage):
    """The MAT refinement network; all others are fixed and their predictions made beforehand."""

    name = "smoothing"

    def __init__(
        self, networks: dict[str, Any], config: TrainingConfig, folder: ShapeFolder, run: Path
    ) -> None:
        super().__init__(networks["smoothing"], config.smoothing.optimization)
        self.config = config.smoothing
        self.seed = config.seed
        self.folder = folder
        self.sizes: NetworkConfig = networks["image2sphere"].config
        self.fixed = tuple(
            networks[n].eval().requires_grad_(False) for n in ("image2sphere", "topology")
        )
        self.predicted: PredictedShapes = predict_shapes(
            networks, folder, self.config.predicted_shapes, config.seed, run, self.config.camera
        )
        self._smoothed: dict[int, Smoothed] = {}

    def make_batch(self, step: int) -> SmoothingBatch:
        """Random predictions, each smoothed the first time that it is drawn."""
        rng = np.random.default_rng([self.seed + 3, step])
        chosen = rng.integers(0, len(self.predicted.shapes), self.settings.batch)
        smoothed = [self._smooth(int(k)) for k in chosen]
        spheres = np.stack([s.spheres for s in smoothed])
        uv = framed_uv(self.predicted.initial[chosen], self.predicted.directions[chosen], spheres)
        rows = [adjacency(spheres.shape[1], s.edges) for s in smoothed]
        return SmoothingBatch(
            load_batch(self.folder, self.predicted.shapes[chosen], self.predicted.views[chosen]),
            torch.from_numpy(spheres),
            torch.from_numpy(uv),
            torch.from_numpy(camera_axes(self.predicted.directions[chosen])),
            torch.from_numpy(np.stack(rows)),
        )

    def losses(self, batch: SmoothingBatch) -> dict[str, Tensor]:
        """Eq. (2) on the displaced spheres."""
        with self.autocast():
            with torch.no_grad():
                out = self.fixed[0](batch.seen.images)
            moved = self.network(
                batch.seen.images, *out[5:], batch.spheres, batch.uv, batch.axes, batch.adjacency
            )
        spheres = batch.spheres + moved.float()
        return sphere_losses(
            spheres[..., :3], spheres[..., 3], batch.seen.spheres, self.config.loss
        )

    def _smooth(self, k: int) -> Smoothed:
        if k not in self._smoothed:
            spheres = self.predicted.refined[k]
            candidates = predicted_topology(
                self.fixed[1], spheres, self.predicted.dense[k], self.sizes
            )
            self._smoothed[k] = smooth_prediction(
                spheres, candidates, self.sizes, self.config.weight
            )
        return self._smoothed[k]
