"""What a training step of Image2Sphere costs in CPU time, part by part.

    OMP_NUM_THREADS=1 python -m benchmarks.training_step --data data/cache/64 --width 0.5

Prints one row of a Markdown table: milliseconds of CPU time in one thread, pictures a CPU second.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

from immat_core.networks.build import build_networks
from immat_core.networks.config import NetworkConfig
from training import losses
from training.config import SphereLoss
from training.data import Batch, ShapeFolder, open_folder, training_batch
from training.stages import sphere_losses

PARTS = ("data", "forward", "spheres", "dense", "backward", "optimizer")
BATCH = 64


class Clock:
    """Adds up CPU time by part."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self._last = time.process_time()

    def stop(self, part: str) -> None:
        """Everything since the last stop was this part."""
        now = time.process_time()
        self.seconds[part] += now - self._last
        self._last = now


def step(
    network: nn.Module, optimizer: torch.optim.Optimizer, folder: ShapeFolder, number: int
) -> Clock:
    """One step as ``training.stages`` makes it; the two small heads are left out."""
    clock, weights = Clock(), SphereLoss(emd_share=0.25, dense_share=0.25)
    batch: Batch = training_batch(folder, BATCH, 0, number)
    clock.stop("data")
    with torch.autocast("cpu", torch.bfloat16):
        out = network(batch.images)
    clock.stop("forward")
    terms = sphere_losses(out.centers, out.radii, batch.spheres, weights)
    clock.stop("spheres")
    some = round(weights.dense_share * BATCH)
    dense = losses.chamfer_distance(out.dense[:some], batch.dense[:some])
    clock.stop("dense")
    (torch.stack(list(terms.values())).sum() + dense + out.pose.sum() * 0).backward()
    clock.stop("backward")
    clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    clock.stop("optimizer")
    return clock


def main() -> None:
    """Measure one configuration."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data/cache/64"))
    parser.add_argument("--width", type=float, default=0.5)
    parser.add_argument("--dense-rank", type=int, default=256)
    parser.add_argument("--steps", type=int, default=8)
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder = open_folder(options.data / "train")
    config = NetworkConfig(
        image_size=folder.images.shape[2],
        width=options.width,
        dense_rank=options.dense_rank,
        categories=folder.categories,
    )
    network = build_networks(config)["image2sphere"]
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    # The first two compile the losses and fill caches.
    clocks = [step(network.train(), optimizer, folder, k) for k in range(options.steps + 2)][2:]
    mean = {part: sum(c.seconds[part] for c in clocks) / options.steps for part in PARTS}
    whole = sum(mean.values())
    cells = [f"{config.image_size} px", f"{options.width:g}"]
    cells += [f"{1000 * mean[part]:.0f}" for part in PARTS]
    print(f"| {' | '.join(cells)} | {1000 * whole:.0f} | {BATCH / whole:.0f} |")


if __name__ == "__main__":
    main()
