"""What the trained networks predict of a split, kept as the input of the stages after them."""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from immat_core.dense_centers import follow
from immat_core.mirror import MOVES
from training.cameras import camera_axes, camera_directions, framed_uv
from training.config import CameraJitter
from training.data import Batch, ShapeFolder, load_batch
from training.second_opinion import look_both_ways
from training.stretch import Stretch

_BATCH = 64
SMALLEST_RADIUS = 0.004
"""As ``immat_core.predict`` keeps it."""


@dataclass(frozen=True, eq=False)
class PredictedShapes:
    """Predictions of M pictures.

    Attributes
    ----------
    shapes, views
        (M,) int64, which picture of the split.
    initial, refined
        (M, N, 4) float32 spheres.
    dense
        (M, D, 3) float32 dense centres.
    directions
        (M, 4) float64, the camera that was projected by: azimuth, elevation, distance, roll.
    pose
        (M, p) float32, the pose head's answer.
    scales
        (M, 3) float32, by what each shape was stretched along its axes.
    """

    shapes: NDArray[np.int64]
    views: NDArray[np.int64]
    initial: NDArray[np.float32]
    refined: NDArray[np.float32]
    dense: NDArray[np.float32]
    directions: NDArray[np.float64]
    pose: NDArray[np.float32]
    scales: NDArray[np.float32]

    def draw(
        self, rng: np.random.Generator
    ) -> tuple[int, NDArray[np.float32], NDArray[np.float32]]:
        """The row of a random picture, its initial or refined spheres, its dense centres."""
        k = int(rng.integers(len(self.shapes)))
        if rng.random() < 0.3:
            return k, self.initial[k], self.dense[k]
        return k, self.refined[k], self.followed(k)

    def followed(self, k: int) -> NDArray[np.float32]:
        """(D, 3), the dense centres of a picture as they follow its refined spheres."""
        return follow(self.dense[k], self.initial[k, :, :3], self.refined[k, :, :3])


def predict_shapes(
    networks: dict[str, nn.Module],
    folder: ShapeFolder,
    count: int,
    seed: int,
    run: Path | None = None,
    camera: CameraJitter | None = None,
    stretch: Stretch | None = None,
) -> PredictedShapes:
    """Run both sphere stages on random pictures of a split.

    Parameters
    ----------
    networks
        "image2sphere" and "refinement" are run.
    count
        How many pictures.
    seed
        Of the choice of pictures and of the cameras' noise.
    run
        Folder in which the result is kept for the next time, under the weights' hash.
    camera
        None for the default jitter.
    stretch
        Changes pictures and shapes, so that the networks err on shapes that they have learned
        from as they do elsewhere; None leaves both.
    """
    rng = np.random.default_rng([seed, 11])
    shapes = folder.draw(rng, count)
    views = folder.draw_views(rng, shapes)
    kept = None if run is None else run / f"predicted_{_hash(networks, shapes, views, stretch)}.npz"
    if kept is not None and kept.is_file():
        with np.load(kept) as stored:
            return PredictedShapes(**{key: stored[key] for key in stored.files})
    jitter = camera or CameraJitter()
    parts: list[dict[str, NDArray[Any]]] = []
    for start in range(0, count, _BATCH):
        chosen = slice(start, start + _BATCH)
        batch = load_batch(folder, shapes[chosen], views[chosen])
        if stretch is not None:
            batch = stretch(batch, rng)
        parts.append(predict_batch(networks, batch, jitter, rng))
    joined = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    result = PredictedShapes(shapes, views, **joined)
    if kept is not None:
        _keep(kept, result)
    return result


@torch.no_grad()
def predict_batch(
    networks: dict[str, Any],
    batch: Batch,
    jitter: CameraJitter,
    rng: np.random.Generator,
) -> dict[str, NDArray[Any]]:
    """One batch's ``initial``, ``refined``, ``dense``, ``directions``, ``pose`` and ``scales``."""
    image2sphere = networks["image2sphere"].eval()
    config, device = image2sphere.config, next(image2sphere.parameters()).device
    out = look_both_ways(image2sphere, batch.images.to(device))
    initial = joined_spheres(out.centers.cpu().numpy(), out.radii.cpu().numpy())
    directions = camera_directions(batch.cameras, out.pose, jitter, rng, config)
    uv = torch.from_numpy(framed_uv(initial, directions)).to(device)
    axes = torch.from_numpy(camera_axes(directions)).to(device)
    refinement = networks["refinement"].eval()
    centers, radii = refinement(batch.images.to(device), out.centers, uv, axes, out.radii)
    return {
        "initial": initial,
        "refined": joined_spheres(centers.cpu().numpy(), radii.cpu().numpy()),
        "dense": out.dense.cpu().numpy(),
        "directions": directions,
        "pose": out.pose.cpu().numpy(),
        "scales": batch.scales.numpy(),
    }


def joined_spheres(centers: NDArray[np.float32], radii: NDArray[np.float32]) -> NDArray[np.float32]:
    """(B, N, 4) spheres with radii kept above 0 as prediction keeps them."""
    kept = np.maximum(radii, np.float32(SMALLEST_RADIUS))
    return np.concatenate([centers, kept[..., None]], 2)


def _hash(
    networks: dict[str, nn.Module],
    shapes: NDArray[np.int64],
    views: NDArray[np.int64],
    stretch: Stretch | None,
) -> str:
    digest = hashlib.sha256(shapes.tobytes() + views.tobytes())
    stretched = (0.0, 0.0) if stretch is None else (stretch.amount, stretch.share)
    digest.update(f"stretched by {stretched}, moved by {MOVES}".encode())
    for name in ("image2sphere", "refinement"):
        for value in networks[name].state_dict().values():
            digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()[:16]


def _keep(path: Path, result: PredictedShapes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Every process of a run writes the same; each has a name of its own beside it.
    beside = path.with_suffix(f".part{os.getpid()}")
    with beside.open("wb") as file:
        np.savez(file, **asdict(result))
    os.replace(beside, path)
