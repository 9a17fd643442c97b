"""Shards as memory-mapped arrays of small pictures: what trains quickly on few cores.

The arrays are those of ``training.data``; see there. A photograph's alpha is its mask with the
errors that background removal makes, for that is what a network will be given.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from training.dataset.loader import StoredShape, read_index, read_shapes
from training.pictures.mask_errors import spoil_mask

SIMPLICES = 2048
"""Rows of a shape's edges and faces; a shape with more is an error."""


def write_cache(folder: Path, out: Path, split: str, size: int) -> int:
    """Write one split as arrays into ``out/SPLIT``; returns how many shapes it has.

    Parameters
    ----------
    folder
        Of the data set.
    size
        Pixels along each side of the pictures.

    Raises
    ------
    UserError
        When the data set is not there.
    """
    index = read_index(folder)
    count: int = index["shapes"][split]
    views: int = index["settings"]["views"]
    target = out / split
    target.mkdir(parents=True, exist_ok=True)
    arrays = {
        name: open_memmap(target / f"{name}.npy", "w+", kind, (count, *shape))  # type: ignore[no-untyped-call]
        for name, (kind, shape) in _layout(views, size, index["settings"]).items()
    }
    names = []
    shapes = tqdm(read_shapes(folder, split), desc=f"cache {split}", total=count)
    for row, shape in enumerate(shapes):
        names.append(shape.name)
        for name, values in _rows(shape, size, index["categories"]):
            arrays[name][row] = values
    for array in arrays.values():
        array.flush()
    (target / "names.json").write_text(json.dumps(names), encoding="utf-8")
    (out / "categories.json").write_text(json.dumps(index["categories"]), encoding="utf-8")
    (out / "version.txt").write_text(f"{index['version']} {size}\n", encoding="utf-8")
    return count


def _layout(
    views: int, size: int, settings: dict[str, Any]
) -> dict[str, tuple[type[Any], tuple[int, ...]]]:
    return {
        "images": (np.uint8, (views, size, size, 4)),
        "photos": (np.bool_, (views,)),
        "cameras": (np.float32, (views, 7)),
        "spheres": (np.float32, (settings["spheres"], 4)),
        "dense": (np.float32, (settings["dense"], 3)),
        "surface": (np.float32, (settings["surface"], 6)),
        "edges": (np.int16, (SIMPLICES, 2)),
        "faces": (np.int16, (SIMPLICES, 3)),
        "category": (np.int64, ()),
    }


def _rows(
    shape: StoredShape, size: int, categories: list[str]
) -> Iterator[tuple[str, NDArray[Any]]]:
    rng = np.random.default_rng(zlib.crc32(f"mask {shape.name}".encode()))
    images = np.empty((len(shape.images), size, size, 4), np.uint8)
    for view, (image, mask) in enumerate(zip(shape.images, shape.masks, strict=True)):
        alpha = spoil_mask(mask, rng) if shape.photos[view] else mask
        images[view] = _shrunk(image, alpha, size)
    yield "images", images
    yield "photos", shape.photos
    yield "cameras", shape.cameras
    yield "spheres", shape.spheres
    yield "dense", shape.dense
    yield "surface", shape.surface
    yield "edges", _padded(shape.name, shape.edges)
    yield "faces", _padded(shape.name, shape.faces)
    yield "category", np.array(categories.index(shape.category))


def _shrunk(image: NDArray[np.uint8], alpha: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """A smaller picture with straight alpha; what is outside does not bleed into the object."""
    weight = alpha[..., None] / np.float32(255)
    both = np.dstack([image * weight, alpha]).astype(np.float32)
    channels = [
        Image.fromarray(np.ascontiguousarray(both[..., k])).resize(
            (size, size), Image.Resampling.BOX
        )
        for k in range(4)
    ]
    small = np.dstack([np.asarray(channel) for channel in channels])
    opaque = np.maximum(small[..., 3:] / 255, 1e-6)
    color = np.where(small[..., 3:] > 0, small[..., :3] / opaque, 0)
    return np.asarray(np.clip(np.dstack([color, small[..., 3:]]) + 0.5, 0, 255), np.uint8)


def _padded(name: str, simplices: NDArray[np.int16]) -> NDArray[np.int16]:
    if len(simplices) > SIMPLICES:
        raise ValueError(f"{name} has {len(simplices)} rows, which do not fit into {SIMPLICES}")
    rows = np.full((SIMPLICES, simplices.shape[1]), -1, np.int16)
    rows[: len(simplices)] = simplices
    return rows
