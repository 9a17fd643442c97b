"""The list of the corpus: every model by package and file, with its frame, licence and creator.

``manifest.tsv`` holds one line a model, ``packages.tsv`` one a Debian package. Both were looked
through by hand; the models are free of duplicates within a category.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError

CATEGORIES = (
    "plane",
    "bench",
    "cabinet",
    "car",
    "chair",
    "display",
    "lamp",
    "speaker",
    "rifle",
    "couch",
    "table",
    "phone",
    "boat",
)
"""The thirteen categories of ShapeNet that the paper uses, in its order."""

TIERS = ("core", "mid", "all")
"""How much is fetched; each holds the ones before it."""

FRONT_UNSURE = "front-unsure"
"""Flag of models whose front could not be told by eye, symmetric lamps and benches mostly."""

_HERE = Path(__file__).parent


@dataclass(frozen=True)
class Package:
    """A Debian package: its name, the version that was looked at, its tier and its size."""

    name: str
    version: str
    tier: str
    megabytes: int


@dataclass(frozen=True)
class ManifestRow:
    """One model.

    Attributes
    ----------
    name, category
        ``chair_001`` and one of ``CATEGORIES``.
    package, container, member
        The package, the file in it, and the member where that file is an archive (else empty).
    up
        The file's axis that points up.
    rotation
        Nine numbers, row by row, of a rotation that is applied Z up; empty for most.
    yaw
        Quarter turns about Z that bring the front to -Y, in degrees.
    flags
        Of the model, for example ``FRONT_UNSURE``.
    licence, creator
        As the package states them; the creator is empty where none is named.
    """

    name: str
    category: str
    package: str
    container: str
    member: str
    up: Literal["y", "z"]
    rotation: tuple[float, ...]
    yaw: int
    flags: tuple[str, ...]
    licence: str
    creator: str

    @property
    def file(self) -> str:
        """The model's own file name, whose suffix names the format."""
        return self.member or self.container

    @property
    def matrix(self) -> NDArray[np.float64]:
        """(3, 3) float64 from the file's axes to Z up, front -Y."""
        upright = np.eye(3) if self.up == "z" else np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
        if self.rotation:
            upright = np.array(self.rotation).reshape(3, 3) @ upright
        cosine, sine = ((1, 0), (0, 1), (-1, 0), (0, -1))[self.yaw // 90 % 4]
        turn = np.array([[cosine, -sine, 0.0], [sine, cosine, 0], [0, 0, 1]])
        return np.asarray(turn @ upright)


def load_manifest(path: Path = _HERE / "manifest.tsv") -> list[ManifestRow]:
    """Read the list of models.

    Raises
    ------
    UserError
        When a line does not fit: a category or an axis that is not known, a name that stands twice.
    """
    with path.open(encoding="utf-8", newline="") as file:
        rows = [
            _row(line) for line in csv.DictReader(file, delimiter="\t", quotechar=None, quoting=3)
        ]
    names = {row.name for row in rows}
    if len(names) != len(rows):
        raise UserError(f"{path} names a model twice", "Give each line its own name")
    return rows


def load_packages(path: Path = _HERE / "packages.tsv") -> list[Package]:
    """Read the list of packages, smallest tier first."""
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Package(line["package"], line["version"], line["tier"], int(line["megabytes"]))
            for line in csv.DictReader(file, delimiter="\t")
        ]


def packages_of(tier: str) -> list[Package]:
    """The packages of a tier and of those before it.

    Raises
    ------
    UserError
        For a tier that is not one of ``TIERS``.
    """
    if tier not in TIERS:
        raise UserError(f"there is no tier {tier!r}", f"Use one of {', '.join(TIERS)}")
    return [p for p in load_packages() if TIERS.index(p.tier) <= TIERS.index(tier)]


def _row(line: dict[str, str]) -> ManifestRow:
    if line["category"] not in CATEGORIES:
        raise UserError(f"{line['name']}: no category is named {line['category']!r}")
    up: Literal["y", "z"] = "z" if line["up"] == "z" else "y"
    yaw = int(line["yaw"])
    if line["up"] not in ("y", "z") or yaw % 90:
        raise UserError(f"{line['name']}: up is y or z, yaw a multiple of 90")
    return ManifestRow(
        name=line["name"],
        category=line["category"],
        package=line["package"],
        container=line["container"],
        member=line["member"],
        up=up,
        rotation=tuple(float(number) for number in line["rotation"].split()),
        yaw=yaw,
        flags=tuple(line["flags"].split()),
        licence=line["licence"],
        creator=line["creator"],
    )
