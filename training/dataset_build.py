"""Build the parametric data set: ``python -m training.dataset_build --out data/parametric``.

One folder a split with memory-mapped arrays, N shapes with V views each:

========================  =========================================================================
``images.npy``            uint8 (N, V, size, size, 4), sRGB, straight alpha
``cameras.npy``           float32 (N, V, 7): azimuth, elevation, distance, focal, shift_u, shift_v,
                          roll of ``immat_core.camera.Camera``
``spheres.npy``           float32 (N, 256, 4): center and radius
``dense.npy``             float32 (N, 2048, 3): points on the medial mesh
``edges.npy, faces.npy``  int16 (N, 1024, 2) and (N, 1024, 3), padded with -1
``category.npy``          int64 (N,), index into ``categories.json``
========================  =========================================================================

A build that is killed goes on where it stopped and ends with the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from tqdm import tqdm

from training.contact_sheet import save_contact_sheet
from training.render import draw_camera, draw_light, render
from training.shapes import CATEGORIES, generate
from training.shapes.medial import DENSE_POINTS, SPHERES

SIMPLICES = 1024
CHUNK = 32
TEST_SEED = 1_000_000
"""Seeds from here on are held out."""

Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class BuildSettings:
    """What a split holds; two builds with equal settings give the same bytes.

    Attributes
    ----------
    shapes
        Number of shapes a category.
    views
        Pictures a shape.
    size
        Pixels along each side of a picture.
    first_seed
        Seed of the first shape of each category.
    """

    shapes: int
    views: int = 12
    size: int = 64
    first_seed: int = 0

    @property
    def count(self) -> int:
        """Number of shapes of the split."""
        return self.shapes * len(CATEGORIES)

    def layout(self) -> dict[str, tuple[type[Any], tuple[int, ...]]]:
        """Type and shape of every array."""
        n, v = self.count, self.views
        return {
            "images": (np.uint8, (n, v, self.size, self.size, 4)),
            "cameras": (np.float32, (n, v, 7)),
            "spheres": (np.float32, (n, SPHERES, 4)),
            "dense": (np.float32, (n, DENSE_POINTS, 3)),
            "edges": (np.int16, (n, SIMPLICES, 2)),
            "faces": (np.int16, (n, SIMPLICES, 3)),
            "category": (np.int64, (n,)),
        }


def build_split(folder: Path, settings: BuildSettings, workers: int = 1) -> None:
    """Build one split, or finish what an earlier call with the same settings left.

    Raises
    ------
    ValueError
        When the folder holds a split of other settings.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays = _open_arrays(folder, settings)
    progress = folder / "progress.txt"
    done = int(progress.read_text()) if progress.exists() else 0
    chunks = [range(a, min(a + CHUNK, settings.count)) for a in range(done, settings.count, CHUNK)]
    with tqdm(total=settings.count, initial=done, desc=folder.name, unit="shape") as bar:
        for chunk, rows in zip(chunks, _build_chunks(chunks, settings, workers), strict=True):
            for name, array in arrays.items():
                array[chunk.start : chunk.stop] = rows[name]
            for array in arrays.values():
                array.flush()
            _replace(progress, str(chunk.stop))
            bar.update(len(chunk))
    _replace(folder / "categories.json", json.dumps(list(CATEGORIES)))


def build_shape(index: int, settings: BuildSettings) -> Arrays:
    """The rows of one shape, without the leading axis; see the module for the layout."""
    category, number = divmod(index, settings.shapes)
    seed = settings.first_seed + number
    shape = generate(CATEGORIES[category], seed)
    rng = np.random.default_rng([7, category, seed])
    images = np.empty((settings.views, settings.size, settings.size, 4), np.uint8)
    cameras = np.empty((settings.views, 7), np.float32)
    for view in range(settings.views):
        camera = draw_camera(shape.vertices, rng)
        cameras[view] = astuple(camera)
        images[view] = render(shape, camera, draw_light(camera, rng), settings.size)
    return {
        "images": images,
        "cameras": cameras,
        "spheres": shape.mat.spheres,
        "dense": shape.dense,
        "edges": _pad(shape.mat.edges),
        "faces": _pad(shape.mat.faces),
        "category": np.array(category),
    }


def _open_arrays(folder: Path, settings: BuildSettings) -> dict[str, np.memmap[Any, np.dtype[Any]]]:
    """Open the arrays for writing; ``settings.json`` says that all of them are there."""
    recorded = folder / "settings.json"
    wanted = json.dumps(asdict(settings))
    if recorded.exists() and recorded.read_text() != wanted:
        raise ValueError(f"{folder} holds a data set of other settings: {recorded.read_text()}")
    if not recorded.exists():
        for name, (kind, shape) in settings.layout().items():
            _map_array(folder / f"{name}.npy", "w+", kind, shape).flush()
        _replace(recorded, wanted)
    return {name: _map_array(folder / f"{name}.npy", "r+") for name in settings.layout()}


def _map_array(
    path: Path, mode: str, kind: type[Any] | None = None, shape: tuple[int, ...] | None = None
) -> np.memmap[Any, np.dtype[Any]]:
    array: np.memmap[Any, np.dtype[Any]] = open_memmap(path, mode, kind, shape)  # type: ignore[no-untyped-call]
    return array


def _build_chunks(chunks: list[range], settings: BuildSettings, workers: int) -> Iterator[Arrays]:
    if workers <= 1:
        yield from (_build_chunk(chunk, settings) for chunk in chunks)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_build_chunk, chunks, [settings] * len(chunks))


def _build_chunk(chunk: range, settings: BuildSettings) -> Arrays:
    rows = [build_shape(index, settings) for index in chunk]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _pad(simplices: NDArray[np.int32]) -> NDArray[np.int16]:
    """Pad index rows with -1 to ``SIMPLICES`` rows.

    Raises ``ValueError`` when there are more: a shape may not lose an edge in silence.
    """
    if len(simplices) > SIMPLICES:
        raise ValueError(f"{len(simplices)} rows do not fit into {SIMPLICES}")
    padded = np.full((SIMPLICES, simplices.shape[1]), -1, np.int16)
    padded[: len(simplices)] = simplices
    return padded


def _replace(path: Path, text: str) -> None:
    """Write a small file so that it is never seen half-written."""
    beside = path.with_suffix(".part")
    beside.write_text(text)
    os.replace(beside, path)


def main() -> None:
    """Build both splits and a contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("data/parametric"))
    parser.add_argument("--shapes", type=int, default=1500, help="training shapes a category")
    parser.add_argument("--test-shapes", type=int, default=60, help="held-out shapes a category")
    parser.add_argument("--views", type=int, default=12, help="pictures a shape")
    parser.add_argument("--size", type=int, default=64, help="pixels along each side")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    save_contact_sheet(arguments.out / "contact_sheet.png")
    for name, shapes, first in (
        ("test", arguments.test_shapes, TEST_SEED),
        ("train", arguments.shapes, 0),
    ):
        settings = BuildSettings(shapes, arguments.views, arguments.size, first)
        build_split(arguments.out / name, settings, arguments.workers)
    _replace(arguments.out / "READY", "")


if __name__ == "__main__":
    main()
