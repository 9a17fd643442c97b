"""Train what tells an object from its background: ``python -m training.foreground train``.

``python -m training.dataset photos --out data/photos`` makes the data. ``export`` writes the
network that ``immat_core.foreground`` runs, ``score`` prints how well it does on a split. The
training goes on where it was stopped, as that of ``training.train`` does.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from immat_core.background import find_object
from immat_core.errors import UserError
from immat_core.foreground import GRAPH, SIDE, object_probability
from immat_core.networks.foreground import ForegroundNetwork
from immat_core.weights import FOLDER
from training.config import Optimization, TrainingConfig
from training.stages import Stage
from training.train import train_stage

Photos = NDArray[np.uint8]

OPTIMIZATION = Optimization(
    minutes=30, batch=32, learning_rate=2e-3, warmup=100, decay_share=0.5, bfloat16=True
)
ZOOM = (0.6, 1.35)
"""Sizes of the object as shares of the one that it has in the data."""
STRETCH = 0.35
"""Largest logarithm of a picture's aspect, for pictures are squeezed to a square."""
_DISTRACTED, _SWAPPED, _GREY = 0.35, 0.3, 0.08
"""How often something else stands at the border, channels are swapped, color is missing."""


def open_photos(folder: Path) -> Photos:
    """(n, v, SIDE, SIDE, 4) uint8 of one split, memory-mapped.

    Raises
    ------
    UserError
        When it is not there, or its pictures have another size.
    """
    path = folder / "images.npy"
    if not path.is_file():
        raise UserError(f"{path} is missing", "Run `python -m training.dataset photos` first")
    photos: Photos = np.load(path, mmap_mode="r")
    if photos.shape[2:] != (SIDE, SIDE, 4):
        raise UserError(f"{path} is not of {SIDE} pixels", f"Make it with --size {SIDE}")
    return photos


class ForegroundModule(Stage):
    """The network on its way."""

    name = "foreground"

    def __init__(
        self, network: ForegroundNetwork, settings: Optimization, photos: Photos, seed: int = 0
    ) -> None:
        super().__init__(network, settings)
        self.photos = photos
        self.seed = seed

    def make_batch(self, step: int) -> Tensor:
        """(B, 4, SIDE, SIDE) float32: augmented photographs and their masks."""
        rng = np.random.default_rng([self.seed, step])
        count = self.settings.batch
        shapes = rng.integers(len(self.photos), size=count)
        views = rng.integers(self.photos.shape[1], size=count)
        stored = np.stack([self.photos[k, v] for k, v in zip(shapes, views, strict=True)])
        return augment_photos(torch.from_numpy(stored).permute(0, 3, 1, 2).float() / 255, rng)

    def losses(self, batch: Tensor) -> dict[str, Tensor]:
        """Cross-entropy and the soft IoU's distance from 1."""
        with self.autocast():
            logits = self.network(batch[:, :3].contiguous(memory_format=torch.channels_last))
        true = functional.avg_pool2d(batch[:, 3], 2)
        entropy = functional.binary_cross_entropy_with_logits(logits, true)
        found = torch.sigmoid(logits)
        shared = (found * true).sum((1, 2))
        joined = (found + true).sum((1, 2)) - shared
        return {"cross_entropy": entropy, "overlap": 1 - (shared / joined.clamp(min=1)).mean()}


def augment_photos(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Other sizes, places, proportions and colors, and other things at the border.

    Parameters
    ----------
    pictures
        (B, 4, SIDE, SIDE) float32, sRGB and mask in 0..1.
    """
    count = len(pictures)
    some = torch.from_numpy(rng.random(count) < _DISTRACTED)
    if some.any():
        pictures = torch.where(some[:, None, None, None], _distracted(pictures, rng), pictures)
    smallest, largest = np.log(ZOOM).tolist()
    zoom = np.exp(rng.uniform(smallest, largest, count))
    stretch = np.exp(rng.uniform(-STRETCH, STRETCH, count) / 2)
    scale = np.stack([1 / (zoom * stretch), stretch / zoom], 1)
    # A small object may stand anywhere, a large one is moved a little out of the picture.
    room = np.maximum(np.abs(scale - 1), 0.12)
    shift = rng.uniform(-1, 1, (count, 2)) * room
    scale[:, 0] *= rng.choice([-1, 1], count)
    moved = _moved(pictures, scale, shift, "border")
    return torch.cat([_recolored(moved[:, :3], rng), moved[:, 3:]], 1)


def _moved(
    pictures: Tensor, scale: NDArray[np.float64], shift: NDArray[np.float64], padding: str
) -> Tensor:
    """Each picture seen through a window: (B, 2) its size over the picture's, and its middle."""
    windows = np.zeros((len(pictures), 2, 3), np.float32)
    windows[:, [0, 1], [0, 1]], windows[:, :, 2] = scale, shift
    grid = functional.affine_grid(
        torch.from_numpy(windows), [len(pictures), 4, SIDE, SIDE], align_corners=False
    )
    return functional.grid_sample(pictures, grid, padding_mode=padding, align_corners=False)


def _distracted(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """The object of another picture, small, at the border and behind: background, that is."""
    count = len(pictures)
    others = pictures[torch.from_numpy(rng.permutation(count))]
    scale = np.tile(1 / rng.uniform(0.2, 0.5, (count, 1)), (1, 2))
    angle = rng.uniform(0, 2 * np.pi, count)
    place = rng.uniform(0.75, 1.1, (count, 1)) * np.stack([np.cos(angle), np.sin(angle)], 1)
    small = _moved(others, scale, -place * scale, "zeros")
    cover = small[:, 3:] * (1 - pictures[:, 3:])
    colors = pictures[:, :3] * (1 - cover) + small[:, :3] * cover
    return torch.cat([colors, pictures[:, 3:]], 1)


def _recolored(colors: Tensor, rng: np.random.Generator) -> Tensor:
    """Under another light, through another lens: gain, contrast, channels, noise."""
    count = len(colors)

    def draw(low: float, high: float, channels: int) -> Tensor:
        return torch.from_numpy(rng.uniform(low, high, (count, channels, 1, 1)).astype(np.float32))

    swapped = np.tile(np.arange(3), (count, 1))
    some = rng.random(count) < _SWAPPED
    swapped[some] = rng.permuted(swapped[some], axis=1)
    colors = colors.gather(1, torch.from_numpy(swapped)[..., None, None].expand_as(colors))
    grey = torch.from_numpy((rng.random(count) < _GREY).astype(np.float32))[:, None, None, None]
    colors = grey * colors.mean(1, keepdim=True) + (1 - grey) * colors
    middle = colors.mean((1, 2, 3), keepdim=True)
    colors = middle + (colors - middle) * draw(0.6, 1.5, 1)
    colors = colors * draw(0.75, 1.3, 1) * draw(0.9, 1.1, 3)
    noise = torch.from_numpy(rng.standard_normal(colors.shape, np.float32))
    return (colors + noise * draw(0.0, 0.03, 1)).clamp(0, 1)


@torch.no_grad()
def score(network: ForegroundNetwork, photos: Photos) -> NDArray[np.float64]:
    """(n v,) the overlap of each photograph's mask with what the network finds, untouched."""
    network.eval()
    flat = photos.reshape(-1, *photos.shape[2:])
    found = []
    for start in range(0, len(flat), 64):
        batch = torch.from_numpy(np.array(flat[start : start + 64])).permute(0, 3, 1, 2) / 255
        mask = network(batch[:, :3]) > 0
        true = functional.avg_pool2d(batch[:, 3], 2) > 0.5
        shared = (mask & true).sum((1, 2)).double()
        found.append(shared / (mask | true).sum((1, 2)).clamp(min=1))
    return torch.cat(found).numpy()


def product_scores(photos: Photos, count: int = 100) -> NDArray[np.float64]:
    """(2, count) the overlap that ``immat_core.background`` reaches: without and with a network.

    The network is the one that stands beside the others, the exported one.
    """
    flat = photos.reshape(-1, *photos.shape[2:])
    found = np.empty((2, count))
    for k, row in enumerate(np.linspace(0, len(flat) - 1, count).astype(int)):
        colors, true = np.ascontiguousarray(flat[row, ..., :3]), flat[row, ..., 3] > 127
        for way, likely in enumerate((None, object_probability(colors))):
            mask = find_object(colors, likely)
            found[way, k] = (mask & true).sum() / max((mask | true).sum(), 1)
    return found


def load_network(run: Path) -> ForegroundNetwork:
    """The trained network of a run; ``UserError`` when it has none."""
    path = run / "foreground.pt"
    if not path.is_file():
        raise UserError(f"{run} has no trained foreground", "Train it first")
    network = ForegroundNetwork()
    network.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return network.eval()


def export_foreground(network: ForegroundNetwork, path: Path) -> None:
    """Write the ONNX file, weights in float16 inside, that answers with probabilities."""
    from training.export import export_alone

    served = torch.nn.Sequential(network, torch.nn.Sigmoid()).eval()
    path.write_bytes(export_alone(served, torch.zeros(1, 3, SIDE, SIDE), "image", "object"))


def main(argv: list[str] | None = None) -> int:
    """Command line of ``python -m training.foreground``; returns the exit code."""
    options = _parser().parse_args(argv)
    torch.set_num_threads(1)
    try:
        if options.command == "train":
            torch.manual_seed(options.seed)
            network = ForegroundNetwork().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            settings = _settings(options.minutes, options.steps)
            photos = open_photos(options.data / "train")
            stage = ForegroundModule(network, settings, photos, options.seed)
            train_stage(stage, options.run, TrainingConfig(), quiet=options.quiet)
        elif options.command == "score":
            photos = open_photos(options.data / options.split)
            _tell("the network alone", score(load_network(options.run), photos))
            if (FOLDER / GRAPH).is_file():
                without, whole = product_scores(photos)
                _tell("colors alone", without)
                _tell("colors and the shipped network", whole)
        else:
            export_foreground(load_network(options.run), options.out)
            print(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB")
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _tell(what: str, found: NDArray[np.float64]) -> None:
    low, middle, high = (f"{np.quantile(found, q):.3f}" for q in (0.1, 0.5, 0.9))
    spread = f"10 % below {low}, median {middle}, 10 % above {high}"
    print(f"{what}: IoU of {len(found)} photographs, mean {found.mean():.3f}, {spread}")


def _settings(minutes: float | None, steps: int | None) -> Optimization:
    from dataclasses import replace

    settings = OPTIMIZATION
    if minutes is not None:
        settings = replace(settings, minutes=minutes)
    return settings if steps is None else replace(settings, steps=steps)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.foreground",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    train, scored, export = (commands.add_parser(name) for name in ("train", "score", "export"))
    for command in (train, scored, export):
        command.add_argument("--run", type=Path, default=Path("runs/foreground"))
    for command in (train, scored):
        command.add_argument("--data", type=Path, default=Path("data/photos"))
    train.add_argument("--minutes", type=float, help=f"budget, {OPTIMIZATION.minutes:g} if not")
    train.add_argument("--steps", type=int, help="budget")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("--quiet", action="store_true", help="no progress bar")
    scored.add_argument("--split", default="val")
    export.add_argument("--out", type=Path, default=FOLDER / GRAPH)
    return parser


if __name__ == "__main__":
    sys.exit(main())
