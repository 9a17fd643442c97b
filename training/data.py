"""The data set on disk and the batches that are drawn from it.

A split is a folder with ``images.npy``, ``cameras.npy``, ``spheres.npy``, ``dense.npy``,
``edges.npy``, ``faces.npy``, ``category.npy``; ``categories.json`` lies there or one folder up.
Everything is memory-mapped, so a data set of any size starts at once, and what a step sees is a
pure function of seed and step, so a resumed run sees what an unbroken one would have seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from immat_core.errors import UserError

_FILES = ("images", "cameras", "spheres", "dense", "edges", "faces", "category")
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
    """

    images: Tensor
    spheres: Tensor
    dense: Tensor
    cameras: Tensor
    category: Tensor
    shapes: Tensor


@dataclass(frozen=True, eq=False)
class ShapeFolder:
    """One split, memory-mapped; shapes and dtypes as written by ``training.dataset_build``."""

    images: NDArray[np.uint8]
    cameras: NDArray[np.float32]
    spheres: NDArray[np.float32]
    dense: NDArray[np.float32]
    edges: NDArray[np.int16]
    faces: NDArray[np.int16]
    category: NDArray[np.int64]
    categories: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.spheres)

    @property
    def views(self) -> int:
        """Pictures of each shape."""
        return int(self.images.shape[1])

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
            raise UserError(f"{path} is missing", "build the data with `python -m training`")
        arrays[name] = np.load(path, mmap_mode="r")
    names = next((p for p in (folder, folder.parent) if (p / "categories.json").is_file()), None)
    if names is None:
        raise UserError(f"{folder} has no categories.json", "build the data again")
    categories = tuple(json.loads((names / "categories.json").read_text(encoding="utf-8")))
    if len({len(a) for a in arrays.values()}) != 1:
        raise UserError(f"the files of {folder} differ in length", "build the data again")
    return ShapeFolder(**arrays, categories=categories)


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
    )


def augment(batch: Batch, rng: np.random.Generator) -> Batch:
    """Mirror half of the shapes, scale the three colours and permute them.

    Mirroring flips the picture, the shape's x and the camera's azimuth, shift and roll, so the
    result is a true picture of a true shape.
    """
    images, spheres, dense, cameras = (t.clone() for t in batch[:4])
    count = len(images)
    gain = torch.from_numpy(rng.uniform(0.7, 1.3, (count, 3, 1, 1)).astype(np.float32))
    alpha = images[:, 3:]
    colors = torch.minimum(images[:, :3] * gain, alpha)[:, rng.permutation(3)]
    images = torch.cat([colors, alpha], 1)
    mirrored = torch.from_numpy(rng.random(count) < 0.5)
    images[mirrored] = images[mirrored].flip(3)
    sign = torch.where(mirrored, -1.0, 1.0)
    spheres[:, :, 0] *= sign[:, None]
    dense[:, :, 0] *= sign[:, None]
    for column in (AZIMUTH, SHIFT_U, ROLL):
        cameras[:, column] *= sign
    images = images.contiguous(memory_format=torch.channels_last)
    return Batch(images, spheres, dense, cameras, batch.category, batch.shapes)


def training_batch(folder: ShapeFolder, size: int, seed: int, step: int) -> Batch:
    """The augmented batch of one step: a pure function of its arguments."""
    rng = np.random.default_rng([seed, step])
    shapes = rng.integers(0, len(folder), size)
    return augment(load_batch(folder, shapes, rng.integers(0, folder.views, size)), rng)
