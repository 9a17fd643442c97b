"""Which shapes a data set is made of, and how each is had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from training.corpus import CATEGORIES, CorpusModel, load_model
from training.corpus.storage import ModelRecord
from training.dataset.augmentation import augment_model
from training.families import generate

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
        A model of the corpus, a changed one, one that a program draws, or one of ShapeNet.
    base
        Name of the corpus's model, or where ShapeNet's files are.
    number
        Which change of the model, or the seed of the program.
    """

    name: str
    category: str
    origin: Origin
    base: str = ""
    number: int = 0


def list_tasks(
    records: Sequence[ModelRecord], parametric: int, augmented: int
) -> tuple[ShapeTask, ...]:
    """The shapes of a data set, category by category.

    Parameters
    ----------
    records
        Of the corpus's models.
    parametric
        Shapes a category that programs draw.
    augmented
        Changed copies of each of the corpus's models.
    """
    tasks: list[ShapeTask] = []
    for category in CATEGORIES:
        for record in records:
            if record.category != category:
                continue
            tasks.append(ShapeTask(record.name, category, "real", record.name))
            tasks += [
                ShapeTask(f"{record.name}_a{k}", category, "augmented", record.name, k)
                for k in range(1, augmented + 1)
            ]
        tasks += [
            ShapeTask(f"{category}_p{seed:05d}", category, "parametric", number=seed)
            for seed in range(parametric)
        ]
    return tuple(tasks)


def load_shape(task: ShapeTask, corpus: Path) -> CorpusModel:
    """The mesh of a task.

    Raises
    ------
    UserError
        When the corpus lacks it or its file cannot be read.
    """
    if task.origin == "parametric":
        model = generate(task.category, task.number)
    elif task.origin == "shapenet":
        from training.dataset.shapenet import read_shape

        model = read_shape(task.base, task.category)
    else:
        model = load_model(task.base, corpus)
        if task.origin == "augmented":
            model = augment_model(model, task.number)
    return replace(model, record=replace(model.record, name=task.name))
