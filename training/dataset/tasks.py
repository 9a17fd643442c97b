"""Which shapes a data set is made of, and how each is had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from immat_core.errors import UserError
from training.corpus import CATEGORIES, CorpusModel
from training.corpus.storage import ModelRecord, model_path, read_model
from training.dataset.augmentation import augment_model

Origin = Literal["real", "augmented", "parametric", "shapenet"]


@dataclass(frozen=True)
class ShapeTask:
    """One shape that is to be made.

    Attributes
    ----------
    name
        Names its files; unique, without a dot.
    category
        One of the corpus's.
    origin
        A model of the corpus, a changed one, one that a program drew, or one of ShapeNet.
    base
        Name of the corpus's model, or where ShapeNet's files are.
    number
        Which change of the model.
    """

    name: str
    category: str
    origin: Origin
    base: str = ""
    number: int = 0


def list_tasks(records: Sequence[ModelRecord], augmented: int) -> tuple[ShapeTask, ...]:
    """The shapes of a data set, category by category.

    Parameters
    ----------
    records
        Of the corpus's models, real and parametric.
    augmented
        Changed copies of each real model.
    """
    tasks: list[ShapeTask] = []
    for category in CATEGORIES:
        for record in records:
            if record.category != category:
                continue
            origin: Origin = "parametric" if record.parametric else "real"
            tasks.append(ShapeTask(record.name, category, origin, record.name))
            tasks += [
                ShapeTask(f"{record.name}_a{k}", category, "augmented", record.name, k)
                for k in range(1, augmented * (not record.parametric) + 1)
            ]
    return tuple(tasks)


def load_shape(task: ShapeTask, corpus: Path) -> CorpusModel:
    """The mesh of a task.

    Raises
    ------
    UserError
        When the corpus lacks it or its file cannot be read.
    """
    if task.origin == "shapenet":
        from training.dataset.shapenet import read_shape

        model = read_shape(task.base, task.category)
    else:
        path = model_path(corpus, task.category, task.base)
        if not path.is_file():
            raise UserError(f"the corpus has no model {task.base!r}", "Build it again")
        model = read_model(path)
        if task.origin == "augmented":
            model = augment_model(model, task.number)
    return replace(model, record=replace(model.record, name=task.name))
