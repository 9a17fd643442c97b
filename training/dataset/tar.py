"""Tar files whose bytes depend on nothing but what is in them."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from immat_core.atomic_file import written_beside


def write_tar(path: Path, members: Mapping[str, bytes]) -> str:
    """Write files into a tar in the mapping's order; returns the SHA-256 of its bytes."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members.items():
            tar.addfile(_info(name, len(data)), io.BytesIO(data))
    whole = file.getvalue()
    with written_beside(path) as beside:
        beside.write_bytes(whole)
    return hashlib.sha256(whole).hexdigest()


def join_tars(path: Path, parts: Sequence[Path]) -> str:
    """Write the files of several tars into one; returns the SHA-256 of its bytes."""
    with written_beside(path) as beside:
        with tarfile.open(beside, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for part in parts:
                for name, data in read_tar(part):
                    tar.addfile(_info(name, len(data)), io.BytesIO(data))
        with beside.open("rb") as written:
            return hashlib.file_digest(written, "sha256").hexdigest()


def read_tar(path: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a tar in their order."""
    with tarfile.open(path) as tar:
        for member in tar:
            held = tar.extractfile(member)
            if held is not None:
                yield member.name, held.read()


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    return info
