"""Readers for the formats that free games and programs keep their models in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

from training.corpus.formats.ac3d import read_ac3d_source
from training.corpus.formats.ase import read_ase
from training.corpus.formats.iqm import read_iqm
from training.corpus.formats.md2 import read_md2
from training.corpus.formats.md3 import read_md3
from training.corpus.formats.md5mesh import read_md5mesh
from training.corpus.formats.milkshape import read_milkshape
from training.corpus.formats.pmd import read_pmd
from training.corpus.formats.source_mesh import Material, SourceMesh
from training.corpus.formats.spm import read_spm
from training.corpus.formats.studio_3ds import read_studio_3ds_source
from training.corpus.formats.wavefront import FindFile, read_wavefront

__all__ = ["SUFFIXES", "FindFile", "Material", "SourceMesh", "read_source"]

_READERS: dict[str, Callable[[bytes, str], SourceMesh]] = {
    ".ac": read_ac3d_source,
    ".acc": read_ac3d_source,
    ".3ds": read_studio_3ds_source,
    ".md2": read_md2,
    ".md3": read_md3,
    ".md5mesh": read_md5mesh,
    ".iqm": read_iqm,
    ".pmd": read_pmd,
    ".spm": read_spm,
    ".ase": read_ase,
    ".txt": read_milkshape,
}
SUFFIXES = (".obj", *_READERS)
"""Suffixes that :func:`read_source` knows, lower case."""


def read_source(data: bytes, name: str, find: FindFile) -> SourceMesh:
    """Read a model in its file's frame.

    Parameters
    ----------
    name
        Of the file; its suffix names the format.
    find
        Gives material files beside it.

    Raises
    ------
    KeyError
        For a suffix that is not one of ``SUFFIXES``.
    UserError, ValueError, IndexError, struct.error
        When the data is damaged.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".obj":
        return read_wavefront(data, name, find)
    return _READERS[suffix](data, name)
