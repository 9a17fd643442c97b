"""The stage that trains the camera network, on pictures of the shapes as they are and varied."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from immat_core.errors import UserError
from immat_core.networks.camera import CameraNetwork
from training.cameras import PoseLoss
from training.config import TrainingConfig
from training.data import AZIMUTH, ShapeFolder, premultiplied, recolored
from training.dataset.varied import FOLDER
from training.stages import Stage

SEED = 4
"""Added to the run's, so that this stage sees other pictures than the sphere stages."""
DRAWN_SHARE, REAL_SHARES = 0.5, (0.3, 0.5)
"""How often shapes that a program drew, and real ones, are seen of a category. The real ones are
few and unlike each other: they count twice, within these bounds."""


class PosedPictures(NamedTuple):
    """A batch of the camera stage.

    Attributes
    ----------
    images
        (B, 4, S, S) float32 as the networks take them.
    cameras
        (B, 7) float32, columns as in ``training.data``.
    turns
        (B, K) float32, how alike each shape and its turns are.
    """

    images: Tensor
    cameras: Tensor
    turns: Tensor


class CameraModule(Stage):
    """Azimuth, elevation and distance of a picture's camera."""

    name = "camera"

    def __init__(self, network: CameraNetwork, config: TrainingConfig, folder: ShapeFolder) -> None:
        super().__init__(network, config.camera.optimization, config.workers)
        self.config = config
        self.folder = folder
        self.pose_loss = PoseLoss(folder, network.config.azimuth_bins, absolute=True)
        self.varied = open_varied(config) if config.camera.varied_share else None
        self.chances = None if self.varied is None else origin_chances(folder, self.varied.drawn)

    def make_batch(self, step: int) -> PosedPictures:
        """Random pictures, augmented and moved a little."""
        camera = self.config.camera
        rng = np.random.default_rng([self.config.seed + SEED, step])
        batch = mirrored(self._pictures(rng), rng)
        images = shifted(
            recolored(batch.images, rng, self.config.sampling.color), camera.shift, rng
        )
        images = hidden(images, camera.hidden_share, rng)
        return batch._replace(images=images.contiguous(memory_format=torch.channels_last))

    def losses(self, batch: PosedPictures) -> dict[str, Tensor]:
        """Of azimuth, elevation and distance, in one."""
        with self.autocast():
            pose: Tensor = self.network(batch.images)
        return {"pose": self.pose_loss.of(pose, batch.cameras, batch.turns)}

    def _pictures(self, rng: np.random.Generator) -> PosedPictures:
        folder, count = self.folder, self.settings.batch
        if self.chances is None:
            shapes = folder.draw(rng, count)
        else:
            shapes = rng.choice(len(folder), count, p=self.chances)
        views = rng.integers(0, folder.views, count)
        rgba, cameras = np.array(folder.images[shapes, views]), folder.cameras[shapes, views]
        turns = self.pose_loss.turns(torch.from_numpy(shapes)).numpy()
        if self.varied is not None:
            chosen = np.flatnonzero(rng.random(count) < self.config.camera.varied_share)
            rows, views = self.varied.draw(rng, shapes[chosen])
            rgba[chosen] = self.varied.images[rows, views]
            cameras[chosen] = self.varied.cameras[rows, views]
            turns[chosen] = self.varied.turns[rows]
        return PosedPictures(
            premultiplied(rgba), torch.from_numpy(cameras), torch.from_numpy(turns)
        )


class VariedPictures(NamedTuple):
    """What ``training.dataset.varied`` writes; see there."""

    images: NDArray[np.uint8]
    cameras: NDArray[np.float32]
    turns: NDArray[np.float32]
    drawn: NDArray[np.bool_]

    def draw(
        self, rng: np.random.Generator, shapes: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """A variation, as a row, and a view of it for each of (n,) shapes of ``train``."""
        count = len(self.drawn)
        variations = rng.integers(0, len(self.images) // count, len(shapes))
        return variations * count + shapes, rng.integers(0, self.images.shape[1], len(shapes))


def open_varied(config: TrainingConfig) -> VariedPictures:
    """Open the pictures of varied shapes that belong to the data of a run.

    Raises
    ------
    UserError
        When they are not drawn yet.
    """
    folder = Path(config.data) / FOLDER
    if not (folder / "drawn.npy").is_file():
        raise UserError(
            f"{folder} is missing",
            "draw it with `python -m training.dataset varied`, or set varied_share to 0",
        )
    names = VariedPictures._fields
    return VariedPictures(*(np.load(folder / f"{name}.npy", mmap_mode="r") for name in names))


def origin_chances(folder: ShapeFolder, drawn: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(n,) float64: the chances of a split's shapes, of which (n,) were ``drawn`` by a program."""
    usual = np.full(len(folder), 1 / len(folder)) if folder.chances is None else folder.chances
    chances = np.zeros(len(folder))
    for category in np.unique(folder.category):
        own = folder.category == category
        real = np.clip(2 * np.mean(~drawn[own]), *REAL_SHARES)
        for group, share in ((own & drawn, DRAWN_SHARE), (own & ~drawn, real)):
            chances[group] = usual[own].sum() * share / max(group.sum(), 1)
    return np.asarray(chances / chances.sum())


def mirrored(batch: PosedPictures, rng: np.random.Generator) -> PosedPictures:
    """Half of the pictures as a mirror shows them; the likeness to turns is the same there."""
    images, cameras = batch.images.clone(), batch.cameras.clone()
    chosen = torch.from_numpy(rng.random(len(images)) < 0.5)
    images[chosen] = images[chosen].flip(3)
    cameras[chosen, AZIMUTH] *= -1
    return batch._replace(images=images, cameras=cameras)


def shifted(images: Tensor, most: int, rng: np.random.Generator) -> Tensor:
    """(B, C, S, S) pictures, each moved by up to ``most`` pixels each way; nothing comes in."""
    if most == 0:
        return images
    size = images.shape[-1]
    wide = functional.pad(images, (most, most, most, most))
    places = rng.integers(0, 2 * most + 1, (len(images), 2)).tolist()
    moved = [
        one[:, top : top + size, left : left + size]
        for one, (top, left) in zip(wide, places, strict=True)
    ]
    return torch.stack(moved).contiguous(memory_format=torch.channels_last)


def hidden(images: Tensor, share: float, rng: np.random.Generator) -> Tensor:
    """(B, C, S, S) pictures, a ``share`` of which lack a box of up to a third of their sides."""
    images = images.clone()
    size = images.shape[-1]
    for row in np.flatnonzero(rng.random(len(images)) < share):
        height, width = rng.integers(size // 10, size // 3, 2)
        top, left = rng.integers(0, size - height), rng.integers(0, size - width)
        images[row, :, top : top + height, left : left + width] = 0
    return images
