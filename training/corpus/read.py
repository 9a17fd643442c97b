"""Read every listed model of the fetched packages into the frame of the corpus."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from tqdm import tqdm

from training.corpus.canonical import (
    clean,
    components,
    count_open_edges,
    drop_ground,
    to_unit_box,
)
from training.corpus.fetch import fetched_version
from training.corpus.formats import read_source
from training.corpus.lock import Lock
from training.corpus.looks import read_looks
from training.corpus.manifest import ManifestRow
from training.corpus.package_files import FilePlace, PackageFiles
from training.corpus.storage import (
    CorpusModel,
    ModelRecord,
    hash_geometry,
    model_path,
    read_record,
    save_model,
    update_index,
)

READERS_VERSION = 5
"""Raised when a reader or the frame changes, so that models are read again."""


@dataclass(frozen=True)
class ReadReport:
    """What became of the models.

    Attributes
    ----------
    read
        Records of all models that are there now.
    failed
        Reason by name.
    absent
        Names of models whose package is not fetched.
    changed
        Names of models whose geometry differs from what the lock file says.
    """

    read: tuple[ModelRecord, ...]
    failed: dict[str, str]
    absent: tuple[str, ...]
    changed: tuple[str, ...]


def read_models(
    folder: Path, rows: Sequence[ManifestRow], lock: Lock, workers: int = 1
) -> ReadReport:
    """Read what is not read yet and write the index; one bad model never stops the others.

    Parameters
    ----------
    folder
        Of the corpus, with ``packages/`` in it; gets ``meshes/``, ``textures/``, ``index.jsonl``.
    """
    absent = {
        package
        for package in {row.package for row in rows}
        if fetched_version(folder / "packages", package) is None
    }
    present = [row for row in rows if row.package not in absent]
    records: list[ModelRecord] = []
    failed: dict[str, str] = {}
    with tqdm(total=len(present), desc="read", unit="model") as bar:
        for row, result in zip(present, _read_all(folder, present, workers), strict=True):
            if isinstance(result, ModelRecord):
                known = lock.get(row.name)
                records.append(
                    replace(result, cluster=known.cluster, split=known.split) if known else result
                )
            else:
                failed[row.name] = result
            bar.update()
    update_index(folder, records, parametric=False)
    return ReadReport(
        read=tuple(records),
        failed=failed,
        absent=tuple(row.name for row in rows if row.package in absent),
        changed=tuple(
            r.name for r in records if r.name in lock and lock[r.name].checksum != r.checksum
        ),
    )


def read_row(folder: Path, row: ManifestRow) -> CorpusModel:
    """Read one model, without storing it; its textures are stored.

    Raises
    ------
    UserError, ValueError, IndexError, KeyError, OSError, struct.error
        When the file is missing or damaged.
    """
    files = _open_package(folder / "packages" / row.package)
    place = FilePlace(row.container, row.member)
    source = read_source(
        files.read(place), place.path.name, lambda name: files.find_beside(place, name)
    )
    mesh = clean(source.vertices @ row.matrix.T, source.faces)
    mesh = drop_ground(mesh)
    looks = read_looks(source, files, place, folder / "textures")
    vertices = to_unit_box(mesh.vertices).astype(np.float32)
    faces = mesh.faces.astype(np.int32)
    record = ModelRecord(
        name=row.name,
        category=row.category,
        source=f"{row.package}:{row.file}",
        licence=row.licence,
        creator=row.creator,
        flags=row.flags,
        vertices=len(vertices),
        faces=len(faces),
        components=components(len(vertices), mesh.faces)[0],
        open_edges=count_open_edges(mesh.faces),
        colored=round(looks.known, 3),
        checksum=hash_geometry(vertices, faces),
        recipe=_recipe(row),
    )
    return CorpusModel(
        record=record,
        vertices=vertices,
        faces=faces,
        colors=looks.colors[mesh.origin],
        uv=source.uv[mesh.origin].astype(np.float32),
        face_textures=looks.face_textures[mesh.origin],
        textures=looks.textures,
    )


def _read_all(
    folder: Path, rows: Sequence[ManifestRow], workers: int
) -> Iterator[ModelRecord | str]:
    if workers <= 1:
        yield from (_read_and_save(folder, row) for row in rows)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_read_and_save, [folder] * len(rows), rows, chunksize=8)


def _read_and_save(folder: Path, row: ManifestRow) -> ModelRecord | str:
    """The record of a model that is there afterwards, or the reason why it is not."""
    stored = read_record(model_path(folder, row.category, row.name))
    if stored is not None and stored.recipe == _recipe(row):
        return stored
    try:
        model = read_row(folder, row)
    except Exception as error:  # one bad model never stops the others, whatever is wrong with it
        return f"{type(error).__name__}: {error}"
    save_model(folder, model)
    return model.record


@lru_cache(maxsize=4)
def _open_package(folder: Path) -> PackageFiles:
    return PackageFiles(folder)


def _recipe(row: ManifestRow) -> str:
    text = repr((READERS_VERSION, *astuple(row)))
    return hashlib.sha256(text.encode()).hexdigest()[:12]
