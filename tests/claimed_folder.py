"""Folders that tests install Blender's extensions into: always the same few, one for a session."""

from __future__ import annotations

import fcntl
import itertools
import shutil
from pathlib import Path
from typing import IO

POOL = Path(__file__).resolve().parents[1] / ".tools" / "blender-resources"


def claim_folder(name: str) -> tuple[Path, IO[str]]:
    """An empty folder that no other session has, and its lock, which lasts as long as the process.

    Compiled kernels are kept by the path of their sources: in a new folder each time they would be
    compiled each time.
    """
    POOL.mkdir(parents=True, exist_ok=True)
    for number in itertools.count():
        folder = POOL / f"{name}-{number}"
        lock = folder.with_suffix(".lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder, lock
    raise AssertionError("there is always another number")
