"""Models on disk: one ``meshes/CATEGORY/NAME.npz`` each, textures, and ``index.jsonl``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from immat_core.atomic_file import written_beside
from immat_core.errors import UserError

PARAMETRIC = "parametric"
"""Flag of models that a family's program drew."""

HASH_UNIT = 1e-4
"""Vertices are rounded to this share of the diagonal before they are hashed."""


@dataclass(frozen=True)
class ModelRecord:
    """One line of the index: what is known of a model without its arrays.

    Attributes
    ----------
    name, category, source, licence, creator, flags
        As in the manifest; ``source`` is "package:file".
    vertices, faces, components, open_edges
        Counts; an edge is open that does not lie between exactly two faces.
    colored
        Share of the faces whose color the source tells.
    checksum
        Of the geometry, see ``hash_geometry``.
    recipe
        Of the manifest's line and the version of the readers that made this file.
    cluster
        Shapes that are alike have the same; empty where none was given.
    split
        "train", "val", "test", or empty.
    """

    name: str
    category: str
    source: str
    licence: str
    creator: str
    flags: tuple[str, ...]
    vertices: int
    faces: int
    components: int
    open_edges: int
    colored: float
    checksum: str
    recipe: str
    cluster: str = ""
    split: str = ""

    @property
    def parametric(self) -> bool:
        """Whether a program drew it; else it is a real model."""
        return PARAMETRIC in self.flags


@dataclass(frozen=True, eq=False)
class CorpusModel:
    """A model in the frame of the corpus: Z up, front -Y, box centred, diagonal 1.

    Attributes
    ----------
    record
        Its line of the index.
    vertices
        (n, 3) float32.
    faces
        (t, 3) int32; any soup, neither closed nor oriented.
    colors
        (t, 3) uint8, sRGB.
    uv
        (t, 3, 2) float32, v upwards; zeros where a face has no texture.
    face_textures
        (t,) int16, index into ``textures``, -1 for none.
    textures
        Image files in the corpus's folder ``textures``.
    """

    record: ModelRecord
    vertices: NDArray[np.float32]
    faces: NDArray[np.int32]
    colors: NDArray[np.uint8]
    uv: NDArray[np.float32]
    face_textures: NDArray[np.int16]
    textures: tuple[str, ...]

    @property
    def linear_colors(self) -> NDArray[np.float32]:
        """(t, 3) float32 linear RGB, 0..1, as the renderer wants them."""
        srgb = self.colors.astype(np.float32) / 255
        return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def model_path(folder: Path, category: str, name: str) -> Path:
    """Where a model lies in a corpus's folder."""
    return folder / "meshes" / category / f"{name}.npz"


def save_model(folder: Path, model: CorpusModel) -> None:
    """Write a model so that it is never seen half-written."""
    path = model_path(folder, model.record.category, model.record.name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_beside(path) as beside:
        np.savez_compressed(
            beside,
            vertices=model.vertices,
            faces=model.faces,
            colors=model.colors,
            uv=model.uv if model.textures else np.zeros((0, 3, 2), np.float32),
            face_textures=model.face_textures,
            textures=np.array(json.dumps(model.textures)),
            record=np.array(json.dumps(asdict(model.record))),
        )


def read_model(path: Path) -> CorpusModel:
    """Read a model.

    Raises
    ------
    UserError
        When there is no such file.
    """
    if not path.is_file():
        raise UserError(f"{path} is missing", "Run python -m training.corpus build")
    with np.load(path) as file:
        faces = file["faces"]
        uv = file["uv"]
        return CorpusModel(
            record=record_from(json.loads(str(file["record"]))),
            vertices=file["vertices"],
            faces=faces,
            colors=file["colors"],
            uv=uv if len(uv) else np.zeros((len(faces), 3, 2), np.float32),
            face_textures=file["face_textures"],
            textures=tuple(json.loads(str(file["textures"]))),
        )


def read_record(path: Path) -> ModelRecord | None:
    """A model's record without its arrays; None where there is no whole file."""
    try:
        with np.load(path) as file:
            return record_from(json.loads(str(file["record"])))
    except (OSError, ValueError, KeyError, EOFError):
        return None


def record_from(values: dict[str, object]) -> ModelRecord:
    """A record from its JSON object."""
    record = ModelRecord(**values)  # type: ignore[arg-type]
    return replace(record, flags=tuple(record.flags))


def update_index(folder: Path, records: Iterable[ModelRecord], *, parametric: bool) -> None:
    """Write ``index.jsonl``, one model a line, by name.

    All lines of real models, or all of parametric ones, are replaced; the others stay.
    """
    exists = (folder / "index.jsonl").is_file()
    others = [r for r in read_index(folder) if r.parametric != parametric] if exists else []
    everything = sorted([*records, *others], key=lambda record: record.name)
    lines = [json.dumps(asdict(record)) for record in everything]
    with written_beside(folder / "index.jsonl") as beside:
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_index(folder: Path) -> list[ModelRecord]:
    """Read ``index.jsonl``.

    Raises
    ------
    UserError
        When there is none.
    """
    path = folder / "index.jsonl"
    if not path.is_file():
        raise UserError(f"{path} is missing", "Run python -m training.corpus build")
    lines = path.read_text(encoding="utf-8").splitlines()
    return [record_from(json.loads(line)) for line in lines]


def hash_geometry(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> str:
    """16 hexadecimal digits that tell whether a rebuilt model is the same."""
    rounded = np.round(vertices.astype(np.float64) / HASH_UNIT).astype("<i4")
    return hashlib.sha256(rounded.tobytes() + faces.astype("<i4").tobytes()).hexdigest()[:16]
