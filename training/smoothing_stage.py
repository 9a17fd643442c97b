"""MAT Smoothing's stage: Eq. (4) on the predicted topology, then the network that answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from immat_core import topology
from immat_core.dense_centers import link, vouch
from immat_core.medial_mesh import IndexArray, MedialMesh
from immat_core.networks.config import NetworkConfig
from immat_core.smoothing import adjacency, smooth
from training.cameras import camera_axes, framed_uv
from training.config import TrainingConfig
from training.data import Batch, ShapeFolder, load_batch
from training.predictions import PredictedShapes, predict_shapes
from training.stages import Stage, sphere_losses
from training.stretch import Stretch
from training.topology_stage import make_cloud


class SmoothingBatch(NamedTuple):
    """Pictures, (B, N, 4) spheres smoothed and before, ``uv``, axes, (B, N, N) adjacency."""

    seen: Batch
    spheres: Tensor
    before: Tensor
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


def connections(
    spheres: NDArray[np.float32], candidates: topology.TopologyCandidates, config: NetworkConfig
) -> IndexArray:
    """The (e, 2) connections above the thresholds, over which Eq. (4) goes."""
    edges, faces = topology.select(
        candidates,
        config.edge_threshold,
        config.face_threshold,
        centers=spheres[:, :3],
        radii=spheres[:, 3],
        fill_holes=False,
    )
    return MedialMesh(spheres[:, :3], spheres[:, 3], edges, faces).all_edges


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
        self.stretch = Stretch(folder, self.config.stretch)
        self.predicted: PredictedShapes = predict_shapes(
            networks,
            folder,
            self.config.predicted_shapes,
            config.seed,
            run,
            self.config.camera,
            self.stretch,
        )
        self._edges: dict[int, IndexArray] = {}

    def make_batch(self, step: int) -> SmoothingBatch:
        """Random predictions, smoothed more or less; each is connected when it is first drawn."""
        rng = np.random.default_rng([self.seed + 3, step])
        chosen = rng.integers(0, len(self.predicted.shapes), self.settings.batch)
        edges = [self._connections(int(k)) for k in chosen]
        before = self.predicted.refined[chosen]
        least, most = self.config.weights
        weights = rng.uniform(least, most, len(chosen))
        spheres = np.stack([smooth(*given) for given in zip(before, edges, weights, strict=True)])
        uv = framed_uv(self.predicted.initial[chosen], self.predicted.directions[chosen], spheres)
        rows = [adjacency(spheres.shape[1], e) for e in edges]
        shapes, views = self.predicted.shapes[chosen], self.predicted.views[chosen]
        seen = load_batch(self.folder, shapes, views)
        return SmoothingBatch(
            self.stretch.scaled(seen, torch.from_numpy(self.predicted.scales[chosen])),
            torch.from_numpy(spheres),
            torch.from_numpy(before),
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
                batch.seen.images,
                *out[5:],
                batch.spheres,
                batch.before,
                batch.uv,
                batch.axes,
                batch.adjacency,
            )
        spheres = batch.spheres + moved.float()
        return sphere_losses(
            spheres[..., :3], spheres[..., 3], batch.seen.spheres, self.config.loss
        )

    def _connections(self, k: int) -> IndexArray:
        if k not in self._edges:
            spheres = self.predicted.refined[k]
            dense = self.predicted.followed(k)
            candidates = predicted_topology(self.fixed[1], spheres, dense, self.sizes)
            candidates = vouch(candidates, spheres[:, :3], dense, link(self.predicted.dense[k]))
            self._edges[k] = connections(spheres, candidates, self.sizes)
        return self._edges[k]
