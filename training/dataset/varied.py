"""Pictures of varied shapes, for the camera stage: a shape of other proportions is another shape.

Every shape of ``train`` is varied as ``augmentation`` does, again and again, and drawn from a few
sides. What a camera is learned from needs no medial mesh, so this is quick: 18 minutes on two
cores for 34,000 shapes. Into ``CACHE/varied`` go

- ``images.npy`` (m, V, S, S, 4) uint8, straight alpha: of a photograph the mask as it would be
  found;
- ``cameras.npy`` (m, V, 7) float32, columns as in ``training.data``;
- ``turns.npy`` (m, K) float32, how alike each varied shape and its turns are
  (``training.symmetry``);
- ``drawn.npy`` (n,) bool, which shapes of ``train`` a program drew.

Row k n + i is the k-th variation of the i-th of the n shapes of ``train``.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from immat_core.errors import UserError
from immat_core.networks.config import NetworkConfig
from training.corpus import list_models
from training.data import DISTANCE
from training.dataset.augmentation import change_model
from training.dataset.looks import picture_model
from training.dataset.settings import DatasetSettings
from training.dataset.tasks import ShapeTask, list_tasks, load_shape
from training.pictures import draw_scene
from training.pictures.mask_errors import spoil_mask
from training.pictures.view import Renderer
from training.symmetry import turn_weights

FOLDER = "varied"
BINS = NetworkConfig().azimuth_bins
"""Turns that are compared."""
LEAST_QUALITY = 85
"""Of a small picture as JPEG: its blocks are 8 pixels wide, however small it is."""
_SEED = 77


@dataclass(frozen=True, eq=False)
class _Job:
    """One variation of a shape."""

    corpus: Path
    task: ShapeTask
    number: int
    centers: NDArray[np.float32]
    dense: NDArray[np.float32]
    views: int
    size: int


class _Made(NamedTuple):
    """Rows of the arrays."""

    images: NDArray[np.uint8]
    cameras: NDArray[np.float32]
    turns: NDArray[np.float32]


def write_varied(folder: Path, corpus: Path, variations: int, views: int, workers: int) -> int:
    """Draw what is not drawn yet; returns how many varied shapes there are.

    Parameters
    ----------
    folder
        Of a cache (``training.dataset.cache``).
    corpus
        That its shapes are from.
    variations, views
        Of each shape, and of each of these; half of the views are photographs.
    workers
        Processes.

    Raises
    ------
    UserError
        When the cache or a shape's model is not there.
    """
    train = folder / "train"
    if not (train / "names.json").is_file():
        raise UserError(
            f"{train} holds no shapes", "make it with `python -m training.dataset cache`"
        )
    names = json.loads((train / "names.json").read_text(encoding="utf-8"))
    size = np.load(train / "images.npy", mmap_mode="r").shape[2]
    arrays = _open_arrays(folder / FOLDER, len(names) * variations, views, size)
    missing = np.flatnonzero(arrays["cameras"][:, 0, DISTANCE] == 0)
    tasks = {task.name: task for task in list_tasks(list_models(folder=corpus), augmented=1)}
    unknown = [name for name in names if name not in tasks]
    if unknown:
        raise UserError(f"the corpus has no model {unknown[0]!r}", "Build it again")
    spheres, dense = (np.load(train / f"{x}.npy", mmap_mode="r") for x in ("spheres", "dense"))

    def jobs() -> Iterator[_Job]:
        for row in missing:
            number, shape = divmod(int(row), len(names))
            balls, inner = np.array(spheres[shape, :, :3]), np.array(dense[shape])
            yield _Job(corpus, tasks[names[shape]], number + 1, balls, inner, views, size)

    made = _make_all(jobs(), workers)
    bar = tqdm(
        made, "varied shapes", len(arrays["turns"]), initial=len(arrays["turns"]) - len(missing)
    )
    for row, found in zip(missing, bar, strict=True):
        arrays["images"][row], arrays["turns"][row] = found.images, found.turns
        arrays["cameras"][row] = found.cameras
    for array in arrays.values():
        array.flush()
    drawn = np.array([tasks[name].origin == "parametric" for name in names])
    np.save(folder / FOLDER / "drawn.npy", drawn)
    return len(arrays["turns"])


def _open_arrays(target: Path, count: int, views: int, size: int) -> dict[str, Any]:
    """The arrays of an earlier call with equal numbers, or new ones, zero wherever undrawn."""
    layout: dict[str, tuple[type[Any], tuple[int, ...]]] = {
        "images": (np.uint8, (count, views, size, size, 4)),
        "cameras": (np.float32, (count, views, 7)),
        "turns": (np.float32, (count, BINS)),
    }
    target.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {}
    for name, (kind, shape) in layout.items():
        path = target / f"{name}.npy"
        array = np.load(path, mmap_mode="r+") if path.is_file() else None
        if array is None or array.shape != shape:
            array = open_memmap(path, "w+", kind, shape)  # type: ignore[no-untyped-call]
        arrays[name] = array
    return arrays


def _make_all(jobs: Iterator[_Job], workers: int) -> Iterator[_Made]:
    """What comes of each job, in order; a few at a time wait in line."""
    if workers <= 1:
        yield from map(_make, jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        waiting = []
        for job in jobs:
            waiting.append(pool.submit(_make, job))
            if len(waiting) > 8 * workers:
                yield waiting.pop(0).result()
        for future in waiting:
            yield future.result()


def _make(job: _Job) -> _Made:
    name = job.task.name
    rng = np.random.default_rng([_SEED, zlib.crc32(name.encode()), job.number])
    model = load_shape(job.task, job.corpus)
    inside = np.concatenate([job.centers, job.dense])
    model, inside = change_model(model, job.number, rng, inside)
    centers, dense = np.split(inside, [len(job.centers)])
    scenery = picture_model(model, job.corpus / "textures")
    renderer = Renderer(scenery)
    images = np.empty((job.views, job.size, job.size, 4), np.uint8)
    cameras = np.empty((job.views, 7), np.float32)
    for view in range(job.views):
        photo = view % 2 == 1
        scene = draw_scene(scenery, rng, photo=photo)
        lens = scene.lens
        lens = replace(
            lens,
            # The noise of a large picture, averaged over the pixels of a small one.
            noise=lens.noise * job.size / DatasetSettings.size,
            quality=max(lens.quality, LEAST_QUALITY) if lens.quality else 0,
        )
        picture = renderer.render(replace(scene, lens=lens), job.size)
        alpha = _found_mask(picture.coverage, rng) if photo else picture.coverage
        images[view] = np.dstack([picture.image, alpha])
        images[view][alpha == 0] = 0
        cameras[view] = astuple(picture.camera)
    return _Made(images, cameras, turn_weights(centers, dense, BINS))


def _found_mask(coverage: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """A mask with the errors of one that was found in a picture of the usual size."""
    large, small = DatasetSettings.size, len(coverage)
    enlarged = Image.fromarray(coverage).resize((large, large), Image.Resampling.BILINEAR)
    spoiled = Image.fromarray(spoil_mask(np.asarray(enlarged), rng))
    return np.asarray(spoiled.resize((small, small), Image.Resampling.BOX))
