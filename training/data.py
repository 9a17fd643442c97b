"""The data set on disk and the batches that are drawn from it.

A split is a folder with ``images.npy``, ``photos.npy``, ``cameras.npy``, ``spheres.npy``,
``dense.npy``, ``surface.npy``, ``edges.npy``, ``faces.npy``, ``category.npy``, as
``python -m training.dataset cache`` writes them; ``categories.json`` lies there or one folder up.
Everything is memory-mapped, so a data set of any size starts at once, and what a step sees is a
pure function of seed and step, so a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from immat_core.errors import UserError

_FILES = (
    "images",
    "photos",
    "cameras",
    "spheres",
    "dense",
    "surface",
    "edges",
    "faces",
    "category",
)
AZIMUTH, ELEVATION, DISTANCE, FOCAL, SHIFT_U, SHIFT_V, ROLL = range(7)
"""Columns of a camera row."""


class Batch(NamedTuple):
    """What the image stages train on.

    Attributes
    ----------
    images
        (B, 4, S, S) float32, 0..1, red, green, blue premultiplied by alpha, then alpha.
    spheres
        (B, 256, 4) float32, true centres and radii.
    dense
        (B, 2048, 3) float32, true dense centres.
    cameras
        (B, 7) float32, columns as named in this module.
    category
        (B,) int64.
    shapes
        (B,) int64, row of each shape in the split.
    scales
        (B, 3) float32, by what each shape was scaled along its axes (``training.stretch``).
    """

    images: Tensor
    spheres: Tensor
    dense: Tensor
    cameras: Tensor
    category: Tensor
    shapes: Tensor
    scales: Tensor


@dataclass(frozen=True, eq=False)
class ShapeFolder:
    """One split, memory-mapped; shapes and dtypes as ``training.dataset.cache`` writes them.

    Attributes
    ----------
    images
        (n, V, S, S, 4) uint8, straight alpha: of a photograph the mask as it would be found.
    photos
        (n, V) bool, which pictures are photographs; the others are cut out.
    cameras
        (n, V, 7) float32.
    spheres, dense, surface
        (n, N, 4), (n, D, 3) and (n, P, 6) float32; a surface row is a point and its normal.
    edges, faces
        (n, E, 2) and (n, F, 3) int16, padded with -1.
    category
        (n,) int64, index into ``categories``.
    chances
        (n,) float64, how often each shape is drawn; None for all alike.
    photo_share
        Share of photographs among the views that are drawn.
    """

    images: NDArray[np.uint8]
    photos: NDArray[np.bool_]
    cameras: NDArray[np.float32]
    spheres: NDArray[np.float32]
    dense: NDArray[np.float32]
    surface: NDArray[np.float32]
    edges: NDArray[np.int16]
    faces: NDArray[np.int16]
    category: NDArray[np.int64]
    categories: tuple[str, ...]
    chances: NDArray[np.float64] | None = None
    photo_share: float = 0.5

    def __len__(self) -> int:
        return len(self.spheres)

    @property
    def views(self) -> int:
        """Pictures of each shape."""
        return int(self.images.shape[1])

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
        """(count,) int64, rows of random shapes."""
        if self.chances is None:
            return rng.integers(0, len(self), count)
        return rng.choice(len(self), count, p=self.chances).astype(np.int64)

    def draw_views(self, rng: np.random.Generator, shapes: NDArray[np.int64]) -> NDArray[np.int64]:
        """A random view of each of (count,) shapes, photographs and cut-outs by their share."""
        wanted = rng.random((len(shapes), 1)) < self.photo_share
        # Where a shape has no view of the wanted kind, another one wins.
        chances = rng.random((len(shapes), self.views)) + (self.photos[shapes] == wanted)
        views: NDArray[np.int64] = chances.argmax(1)
        return views

    def topology(self, shape: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """True (e, 2) edges and (f, 3) faces of one shape, int64, without the padding."""
        edges, faces = self.edges[shape].astype(np.int64), self.faces[shape].astype(np.int64)
        return edges[edges[:, 0] >= 0], faces[faces[:, 0] >= 0]


def open_folder(folder: str | Path) -> ShapeFolder:
    """Open one split.

    Raises
    ------
    UserError
        When a file is missing or the files disagree about the number of shapes.
    """
    folder = Path(folder)
    arrays = {}
    for name in _FILES:
        path = folder / f"{name}.npy"
        if not path.is_file():
            raise UserError(f"{path} is missing", "make it with `python -m training.dataset cache`")
        arrays[name] = np.load(path, mmap_mode="r")
    names = next((p for p in (folder, folder.parent) if (p / "categories.json").is_file()), None)
    if names is None:
        raise UserError(f"{folder} has no categories.json", "build the data again")
    categories = tuple(json.loads((names / "categories.json").read_text(encoding="utf-8")))
    if len({len(a) for a in arrays.values()}) != 1:
        raise UserError(f"the files of {folder} differ in length", "build the data again")
    return ShapeFolder(**arrays, categories=categories)


def choose_shapes(
    folder: ShapeFolder, category: str | None, *, balanced: bool, photo_share: float
) -> ShapeFolder:
    """The same split, drawn from in another way.

    Parameters
    ----------
    category
        The only one to draw from; None for all.
    balanced
        Every category as often as every other, however many shapes it has.
    photo_share
        Share of photographs among the views.

    Raises
    ------
    UserError
        For a category that the split does not have.
    """
    own = np.array(folder.category)
    chances: NDArray[np.float64] | None = None
    if category is not None:
        chosen = np.array([folder.categories[k] == category for k in own], np.float64)
        if not chosen.any():
            choice = ", ".join(folder.categories)
            raise UserError(f"there is no {category!r} in the data", f"use one of {choice}")
        chances = chosen / chosen.sum()
    elif balanced:
        weights = 1.0 / np.bincount(own)[own]
        chances = weights / weights.sum()
    return replace(folder, chances=chances, photo_share=photo_share)


def premultiplied(rgba: NDArray[np.uint8]) -> Tensor:
    """(B, S, S, 4) uint8 pictures to the networks' (B, 4, S, S) float32 input."""
    straight = torch.from_numpy(rgba).permute(0, 3, 1, 2).float() / 255
    alpha = straight[:, 3:]
    return torch.cat([straight[:, :3] * alpha, alpha], 1)


def load_batch(folder: ShapeFolder, shapes: NDArray[np.int64], views: NDArray[np.int64]) -> Batch:
    """The given (B,) shapes as seen in the given (B,) views, without augmentation."""
    pairs = zip(shapes, views, strict=True)
    rgba = np.stack([folder.images[shape, view] for shape, view in pairs])
    return Batch(
        premultiplied(rgba).contiguous(memory_format=torch.channels_last),
        torch.from_numpy(folder.spheres[shapes]),
        torch.from_numpy(folder.dense[shapes]),
        torch.from_numpy(folder.cameras[shapes, views]),
        torch.from_numpy(folder.category[shapes]),
        torch.from_numpy(shapes),
        torch.ones(len(shapes), 3),
    )


def augment(batch: Batch, rng: np.random.Generator, color: float = 1.0) -> Batch:
    """Mirror half of the shapes and change the colours of all.

    Mirroring flips the picture, the shape's x and the camera's azimuth, shift and roll, so the
    result is a true picture of a true shape.

    Parameters
    ----------
    color
        How strongly colours are changed; 0 leaves them.
    """
    spheres, dense, cameras = (t.clone() for t in batch[1:4])
    count = len(batch.images)
    images = recolored(batch.images, rng, color)
    mirrored = torch.from_numpy(rng.random(count) < 0.5)
    images[mirrored] = images[mirrored].flip(3)
    sign = torch.where(mirrored, -1.0, 1.0)
    spheres[:, :, 0] *= sign[:, None]
    dense[:, :, 0] *= sign[:, None]
    for column in (AZIMUTH, SHIFT_U, ROLL):
        cameras[:, column] *= sign
    images = images.contiguous(memory_format=torch.channels_last)
    return batch._replace(images=images, spheres=spheres, dense=dense, cameras=cameras)


def recolored(images: Tensor, rng: np.random.Generator, strength: float) -> Tensor:
    """Each picture's colours under another light, more or less colourful, channels swapped.

    A straight colour c becomes M c + o. Premultiplied by alpha that is M p + o alpha, so what is
    transparent stays black and a half-covered pixel stays a mixture with nothing.
    """
    if strength == 0:
        return images.clone()
    count = len(images)
    gain = rng.uniform(-0.35, 0.35, (count, 3, 1)) + rng.uniform(-0.25, 0.25, (count, 1, 1))
    fade = 0.7 * strength * rng.random((count, 1, 1)) * (rng.random((count, 1, 1)) < 0.5)
    swapped = np.eye(3)[rng.permuted(np.tile(np.arange(3), (count, 1)), axis=1)]
    mixed = (1 - fade) * swapped + fade / 3
    matrix = (np.exp(strength * gain) * mixed).astype(np.float32)
    offset = (strength * rng.uniform(-0.12, 0.12, (count, 3, 1))).astype(np.float32)
    colors, alpha = images[:, :3].flatten(2), images[:, 3:].flatten(2)
    changed = torch.from_numpy(matrix) @ colors + torch.from_numpy(offset) * alpha
    changed = torch.minimum(changed.clamp_(min=0), alpha)
    return torch.cat([changed, alpha], 1).reshape(images.shape)


def training_batch(
    folder: ShapeFolder,
    size: int,
    seed: int,
    step: int,
    color: float = 1.0,
    change: Callable[[Batch, np.random.Generator], Batch] | None = None,
) -> Batch:
    """The augmented batch of one step: a pure function of its arguments.

    Parameters
    ----------
    change
        What is done to the batch before :func:`augment`, such as ``training.stretch.Stretch``.
    """
    rng = np.random.default_rng([seed, step])
    shapes = folder.draw(rng, size)
    batch = load_batch(folder, shapes, folder.draw_views(rng, shapes))
    return augment(batch if change is None else change(batch, rng), rng, color)
