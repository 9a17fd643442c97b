"""The data set's photographs as they are, with the true masks: what a background remover learns.

``images.npy`` of a split is (n, v, S, S, 4) uint8: sRGB, and the share of the pixel that is the
object's.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from training.dataset.loader import StoredShape, read_index, read_shapes


def write_photos(folder: Path, out: Path, split: str, size: int, views: int) -> int:
    """Write the first photographs of each shape of a split; returns how many shapes it has.

    Parameters
    ----------
    folder
        Of the data set.
    size
        Pixels along each side.
    views
        Photographs a shape; one with fewer shows some again.

    Raises
    ------
    UserError
        When the data set is not there.
    """
    count: int = read_index(folder)["shapes"][split]
    target = out / split
    target.mkdir(parents=True, exist_ok=True)
    shape = (count, views, size, size, 4)
    images = open_memmap(target / "images.npy", "w+", np.uint8, shape)  # type: ignore[no-untyped-call]
    shapes = tqdm(read_shapes(folder, split), desc=f"photographs {split}", total=count)
    for row, stored in enumerate(shapes):
        images[row] = _photos(stored, size, views)
    images.flush()
    return count


def _photos(shape: StoredShape, size: int, views: int) -> NDArray[np.uint8]:
    chosen = np.resize(np.flatnonzero(shape.photos), views)
    found = np.empty((views, size, size, 4), np.uint8)
    for k, view in enumerate(chosen):
        both = np.dstack([shape.images[view], shape.masks[view]])
        # Straight colors: what is behind the object belongs to a photograph.
        channels = [Image.fromarray(np.ascontiguousarray(both[..., c])) for c in range(4)]
        small = [channel.resize((size, size), Image.Resampling.BOX) for channel in channels]
        found[k] = np.dstack([np.asarray(channel) for channel in small])
    return found
