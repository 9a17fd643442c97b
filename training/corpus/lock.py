"""What a rebuild must come out as: ``lock.tsv`` holds checksum, cluster and split by model.

It is made once from the whole corpus and kept in the repository, so that a model has the same
split whichever tier is fetched.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from immat_core.atomic_file import written_beside

LOCK_FILE = Path(__file__).parent / "lock.tsv"
COLUMNS = ("name", "checksum", "cluster", "split")


@dataclass(frozen=True)
class LockedModel:
    """The checksum of a model's geometry, its cluster of like shapes and its split."""

    name: str
    checksum: str
    cluster: str
    split: str


Lock: TypeAlias = dict[str, LockedModel]
"""Locked models by name."""


def load_lock(path: Path = LOCK_FILE) -> Lock:
    """Read the lock file; empty where there is none."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [LockedModel(**line) for line in csv.DictReader(file, delimiter="\t")]
    return {row.name: row for row in rows}


def save_lock(models: Iterable[LockedModel], path: Path = LOCK_FILE) -> None:
    """Write the lock file, by name."""
    with written_beside(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerow(COLUMNS)
        for model in sorted(models, key=lambda m: m.name):
            writer.writerow([model.name, model.checksum, model.cluster, model.split])
