"""The free corpus: real and parametric models of thirteen categories in one frame.

``python -m training.corpus build --tier core`` makes it; then::

    from training.corpus import iterate, load_model

    chair = load_model("chair_001")
    for model in iterate(category="chair"):
        ...
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from immat_core.errors import UserError
from training.corpus.manifest import CATEGORIES
from training.corpus.storage import CorpusModel, ModelRecord, model_path, read_index, read_model

__all__ = [
    "CATEGORIES",
    "CORPUS_FOLDER",
    "CorpusModel",
    "ModelRecord",
    "iterate",
    "list_models",
    "load_model",
]

CORPUS_FOLDER = Path("data/corpus")
"""Where the commands build the corpus unless they are told otherwise."""


def load_model(name: str, folder: Path = CORPUS_FOLDER) -> CorpusModel:
    """Load one model by its name, for example ``chair_001``.

    Raises
    ------
    UserError
        When the corpus is not built or has no such model.
    """
    for record in read_index(folder):
        if record.name == name:
            return _load(folder, record)
    raise UserError(f"the corpus has no model {name!r}", "See index.jsonl for the names")


def list_models(
    category: str | None = None,
    split: str | None = None,
    folder: Path = CORPUS_FOLDER,
    *,
    parametric: bool | None = None,
) -> list[ModelRecord]:
    """The records of all models, or of one category or split, by name.

    ``parametric`` asks for drawn models (True) or real ones (False) alone.

    Raises
    ------
    UserError
        When the corpus is not built.
    """
    return [
        record
        for record in read_index(folder)
        if category in (None, record.category)
        and split in (None, record.split)
        and parametric in (None, record.parametric)
    ]


def iterate(
    category: str | None = None,
    split: str | None = None,
    folder: Path = CORPUS_FOLDER,
    *,
    parametric: bool | None = None,
) -> Iterator[CorpusModel]:
    """Load the models of :func:`list_models` one after the other."""
    for record in list_models(category, split, folder, parametric=parametric):
        yield _load(folder, record)


def _load(folder: Path, record: ModelRecord) -> CorpusModel:
    """A model with the index's record, which also knows cluster and split."""
    model = read_model(model_path(folder, record.category, record.name))
    return CorpusModel(
        record=record,
        vertices=model.vertices,
        faces=model.faces,
        colors=model.colors,
        uv=model.uv,
        face_textures=model.face_textures,
        textures=model.textures,
    )
