"""Parts become shards: the files that are streamed, and an index that names them by a hash."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from immat_core.atomic_file import written_beside
from training.corpus import CATEGORIES
from training.dataset.settings import DatasetSettings
from training.dataset.shape import ShapeRow, part_paths
from training.dataset.splits import SPLITS, Place, place_shapes
from training.dataset.tar import join_tars, read_tar

SHAPES_A_SHARD = 256


def write_shards(
    folder: Path,
    rows: Sequence[ShapeRow],
    settings: DatasetSettings,
    known: Mapping[str, Place],
) -> str:
    """Write ``shards/SPLIT-00000.tar`` ..., ``shapes.jsonl`` and ``index.json``; returns the hash.

    Parameters
    ----------
    folder
        Of the data set, with its parts.
    rows
        Of all shapes; those left out are in ``shapes.jsonl`` but in no shard.
    known
        Places of the real models.
    """
    parts = folder / "parts" / settings.recipe
    good = [row for row in rows if not row.rejected]
    places = _places(parts, good, known)
    found: dict[str, list[dict[str, object]]] = {}
    shards = folder / "shards"
    shards.mkdir(exist_ok=True)
    kept = set()
    for split in SPLITS:
        mine = sorted((r for r in good if places[r.name].split == split), key=_shuffled)
        found[split] = []
        for number, start in enumerate(range(0, len(mine), SHAPES_A_SHARD)):
            some = mine[start : start + SHAPES_A_SHARD]
            path = shards / f"{split}-{number:05d}.tar"
            digest = join_tars(path, [part_paths(parts, row.name)[0] for row in some])
            kept.add(path)
            found[split].append({"file": path.name, "shapes": len(some), "sha256": digest})
    for stale in set(shards.glob("*.tar")) - kept:
        stale.unlink()
    version = _hash(good, places, settings)
    index = {
        "version": version,
        "settings": asdict(settings),
        "categories": list(CATEGORIES),
        "shapes": {
            split: sum(1 for r in good if places[r.name].split == split) for split in SPLITS
        },
        "shards": found,
    }
    _write_rows(folder / "shapes.jsonl", rows, places)
    with written_beside(folder / "index.json") as beside:
        beside.write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    return version


def _places(parts: Path, rows: Sequence[ShapeRow], known: Mapping[str, Place]) -> dict[str, Place]:
    shapes = [
        (row.name, row.category, _surface(part_paths(parts, row.name)[0]))
        for row in tqdm(rows, desc="cluster", unit="shape")
    ]
    kin = {row.name: row.base for row in rows if row.origin == "augmented"}
    return place_shapes(shapes, known, kin)


def _surface(part: Path) -> NDArray[np.float32]:
    """(n, 3) surface points of a part."""
    for name, data in read_tar(part):
        if name.endswith(".npz"):
            with np.load(io.BytesIO(data)) as arrays:
                return np.asarray(arrays["surface"][:, :3], np.float32)
    raise ValueError(f"{part} holds no arrays")


def _shuffled(row: ShapeRow) -> tuple[int, str]:
    """An order without pattern that does not change, so that a stream mixes the categories."""
    return zlib.crc32(f"order {row.name}".encode()), row.name


def _hash(rows: Sequence[ShapeRow], places: Mapping[str, Place], settings: DatasetSettings) -> str:
    """Of what is in the shards and where, whatever the order it was made in."""
    lines = [
        f"{row.name} {row.sha256} {places[row.name].cluster} {places[row.name].split}"
        for row in sorted(rows, key=lambda row: row.name)
    ]
    return hashlib.sha256("\n".join([settings.recipe, *lines]).encode()).hexdigest()[:16]


def _write_rows(path: Path, rows: Sequence[ShapeRow], places: Mapping[str, Place]) -> None:
    with written_beside(path) as beside, beside.open("w", encoding="utf-8") as file:
        for row in sorted(rows, key=lambda row: row.name):
            place = places.get(row.name)
            told = asdict(row) | (asdict(place) if place else {"cluster": "", "split": ""})
            file.write(json.dumps(told) + "\n")
