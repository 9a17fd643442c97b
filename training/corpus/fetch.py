"""Fetch Debian packages and unpack them without installing anything.

Needs ``apt-get`` and ``dpkg-deb``, so Debian or a container of it; neither needs to be root. A
package is downloaded into a folder beside its place and renamed when it is whole, so a killed run
goes on with the package that it was at.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from immat_core.errors import UserError
from training.corpus.manifest import Package

VERSION_FILE = ".version"
"""Holds the version of an unpacked package and says that all of it is there."""


def fetch_packages(folder: Path, packages: Sequence[Package]) -> dict[str, str]:
    """Download and unpack what is not there yet, one package after the other.

    Parameters
    ----------
    folder
        Gets one folder a package.

    Returns
    -------
    The packages that could not be had, with the reason; the others are there.

    Raises
    ------
    UserError
        When this system has no ``apt-get`` or ``dpkg-deb``.
    """
    for program in ("apt-get", "dpkg-deb"):
        if shutil.which(program) is None:
            raise UserError(f"{program} is missing", "Run this on Debian or in a container of it")
    folder.mkdir(parents=True, exist_ok=True)
    failed: dict[str, str] = {}
    total = sum(package.megabytes for package in packages)
    with tqdm(total=total, desc="fetch", unit="MB") as bar:
        for package in packages:
            bar.set_postfix_str(package.name)
            try:
                _fetch(folder, package)
            except UserError as error:
                failed[package.name] = str(error)
            bar.update(package.megabytes)
    return failed


def fetched_version(folder: Path, package: str) -> str | None:
    """The version of an unpacked package; None where it is not there or not whole."""
    path = folder / package / VERSION_FILE
    return path.read_text(encoding="utf-8").strip() if path.is_file() else None


def _fetch(folder: Path, package: Package) -> None:
    if fetched_version(folder, package.name) is not None:
        return
    with tempfile.TemporaryDirectory(prefix=f".{package.name}-", dir=folder) as name:
        beside = Path(name)
        archive = _download(beside, package)
        version = _run(["dpkg-deb", "-f", archive.name, "Version"], beside).strip()
        if version != package.version:
            told = f"{package.name} is {version}, the manifest was made with {package.version}"
            print(f"warning: {told}", file=sys.stderr)
        _run(["dpkg-deb", "-x", archive.name, "unpacked"], beside)
        (beside / "unpacked" / VERSION_FILE).write_text(version, encoding="utf-8")
        target = folder / package.name
        if target.exists():
            shutil.rmtree(target)
        (beside / "unpacked").rename(target)


def _download(folder: Path, package: Package) -> Path:
    """Download the version of the manifest, or else the one that this release has."""
    try:
        _run(["apt-get", "download", f"{package.name}={package.version}"], folder)
    except UserError:
        _run(["apt-get", "download", package.name], folder)
    return next(folder.glob("*.deb"))


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason told"])[-1]
        raise UserError(f"{' '.join(command)}: {reason}", "Run apt-get update, then try again")
    return done.stdout
