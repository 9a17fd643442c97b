"""Reading the data set: shape by shape from the shards, or view by view as a stream for torch."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from immat_core.errors import UserError
from immat_core.medial_mesh import IndexArray
from training.dataset.tar import read_tar


@dataclass(frozen=True, eq=False)
class StoredShape:
    """A shape of the data set; V views, N spheres.

    Attributes
    ----------
    name, category
        Its name and category.
    about
        Everything else that its ``.json`` tells.
    spheres
        (N, 4) float32, centres and radii.
    edges, faces
        (e, 2) and (f, 3) int16.
    dense
        (D, 3) float32, dense medial centres.
    surface
        (S, 6) float32, points of the surface and unit normals.
    images
        (V, size, size, 3) uint8.
    masks
        (V, size, size) uint8, the share of each pixel that the object covers.
    cameras
        (V, 7) float32, the fields of ``Camera`` in their order.
    photos
        (V,) bool, which views look like photographs.
    """

    name: str
    category: str
    about: dict[str, Any]
    spheres: NDArray[np.float32]
    edges: NDArray[np.int16]
    faces: NDArray[np.int16]
    dense: NDArray[np.float32]
    surface: NDArray[np.float32]
    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    cameras: NDArray[np.float32]
    photos: NDArray[np.bool_]

    @property
    def simplices(self) -> tuple[IndexArray, IndexArray]:
        """Edges and faces as a ``MedialMesh`` takes them."""
        return self.edges.astype(np.int32), self.faces.astype(np.int32)


def read_index(folder: Path) -> dict[str, Any]:
    """The data set's ``index.json``: version, settings, categories, shapes and shards by split.

    Raises
    ------
    UserError
        When there is none.
    """
    path = folder / "index.json"
    if not path.is_file():
        raise UserError(f"{path} is missing", "Run `python -m training.dataset build`")
    index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return index


def read_shapes(folder: Path, split: str) -> Iterator[StoredShape]:
    """The shapes of a split, in the order of the shards."""
    for shard in read_index(folder)["shards"][split]:
        members = read_tar(folder / "shards" / shard["file"])
        for name, group in groupby(members, key=lambda member: member[0].split(".", 1)[0]):
            yield decode_shape(name, {key.split(".", 1)[1]: data for key, data in group})


def decode_shape(name: str, files: dict[str, bytes]) -> StoredShape:
    """A shape from its files by suffix, as WebDataset groups them."""
    about = json.loads(files["json"])
    views = range(len(about["views"]))
    with np.load(io.BytesIO(files["mat.npz"])) as arrays:
        return StoredShape(
            name=name,
            category=about["category"],
            about=about,
            spheres=arrays["spheres"].astype(np.float32),
            edges=arrays["edges"],
            faces=arrays["faces"],
            dense=arrays["dense"].astype(np.float32),
            surface=arrays["surface"].astype(np.float32),
            images=np.stack([_decode(files[f"{view:02d}.jpg"]) for view in views]),
            masks=np.stack([_decode(files[f"{view:02d}.mask.png"]) for view in views]),
            cameras=np.array([view["camera"] for view in about["views"]], np.float32),
            photos=np.array([view["photo"] for view in about["views"]]),
        )


def stream_views(folder: Path, split: str, seed: int = 0, shuffle: int = 64) -> Any:
    """An endless stream of single views for torch's ``DataLoader``.

    Each item is a dict: ``image`` (3, S, S) float32 0..1, ``mask`` (S, S) float32, ``camera`` (7,),
    ``category`` int, ``spheres`` (N, 4), ``dense`` (D, 3), ``edges`` (e, 2), ``faces`` (f, 3),
    ``surface`` (S, 6), ``name``. Shards are shared out among processes and workers.

    Parameters
    ----------
    shuffle
        Shapes that are held to be drawn from.
    """
    import webdataset

    index = read_index(folder)
    urls = [str(folder / "shards" / shard["file"]) for shard in index["shards"][split]]
    categories = index["categories"]
    stream = webdataset.DataPipeline(
        webdataset.ResampledShards(urls, seed=seed),
        webdataset.split_by_node,
        webdataset.split_by_worker,
        webdataset.tarfile_to_samples(),
        webdataset.shuffle(shuffle, initial=shuffle),
    )
    return stream.compose(lambda samples: _views(samples, categories, seed))


def _views(
    samples: Iterator[dict[str, Any]], categories: list[str], seed: int
) -> Iterator[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    for sample in samples:
        files = {key: data for key, data in sample.items() if isinstance(data, bytes)}
        shape = decode_shape(sample["__key__"].rsplit("/", 1)[-1], files)
        view = int(rng.integers(len(shape.images)))
        yield {
            "name": shape.name,
            "image": shape.images[view].transpose(2, 0, 1).astype(np.float32) / 255,
            "mask": shape.masks[view].astype(np.float32) / 255,
            "camera": shape.cameras[view],
            "category": categories.index(shape.category),
            "spheres": shape.spheres,
            "dense": shape.dense,
            "edges": shape.edges.astype(np.int64),
            "faces": shape.faces.astype(np.int64),
            "surface": shape.surface,
        }


def _decode(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)
