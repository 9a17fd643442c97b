"""The ``.ma`` text format of medial meshes, as Q-MAT writes it.

The first line is ``nv ne nf``, then come ``v x y z r``, ``e i j`` and ``f i j k`` lines, indices
from 0. Blank lines and everything after ``#`` are skipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from immat_core.atomic_file import written_beside
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

FIELDS = {"v": 4, "e": 2, "f": 3}
"""Numbers on a line of each kind, in the order in which the first line counts them."""


def read_ma(path: str | Path) -> MedialMesh:
    """Read a medial mesh.

    Edges and faces that are listed twice count once.

    Raises
    ------
    UserError
        For a file that cannot be read or is not in the format, naming the file and line.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a text file", "Choose a .ma file") from error
    return _Reader(str(path), text).medial_mesh()


def write_ma(path: str | Path, mat: MedialMesh) -> None:
    """Write a medial mesh so that reading it gives the same one, to the bit.

    Written beside ``path`` and then renamed. Raises ``UserError`` when that cannot be done.
    """
    lines = [f"{len(mat.radii)} {len(mat.edges)} {len(mat.faces)}"]
    # A float32's own text is the shortest that reads back as the same float32.
    lines += ["v " + " ".join(map(str, sphere)) for sphere in mat.spheres]
    lines += [f"e {i} {j}" for i, j in mat.edges.tolist()]
    lines += [f"f {i} {j} {k}" for i, j, k in mat.faces.tolist()]
    with written_beside(path) as beside:
        beside.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


class _Reader:
    """One file on its way in; every error names the file and the line."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        self.text = text

    def medial_mesh(self) -> MedialMesh:
        lines = self._lines()
        number, words = next(lines, (1, []))
        if len(words) != 3:
            raise self._error(number, "the first line must be three counts: nv ne nf")
        counts = [self._integer(number, word) for word in words]
        rows: dict[str, list[list[float]]] = {kind: [] for kind in FIELDS}
        for number, words in lines:
            kind, values = words[0], words[1:]
            if kind not in FIELDS:
                raise self._error(number, f"{kind!r} is none of v, e, f")
            if len(values) != FIELDS[kind]:
                raise self._error(number, f"{kind!r} needs {FIELDS[kind]} numbers")
            if kind == "v":
                rows[kind].append(self._sphere(number, values))
            else:
                rows[kind].append(self._simplex(number, values, counts[0]))
        for kind, count in zip(FIELDS, counts, strict=True):
            if len(rows[kind]) != count:
                raise UserError(
                    f"{self.path}: the first line promises {count} {kind!r} lines, "
                    f"but there are {len(rows[kind])}"
                )
        spheres = np.array(rows["v"], np.float32).reshape(-1, 4)
        edges = np.array(rows["e"], np.int32).reshape(-1, 2)
        faces = np.array(rows["f"], np.int32).reshape(-1, 3)
        return MedialMesh(spheres[:, :3], spheres[:, 3], edges, faces)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        for number, line in enumerate(self.text.splitlines(), 1):
            words = line.partition("#")[0].split()
            if words:
                yield number, words

    def _sphere(self, number: int, words: list[str]) -> list[float]:
        try:
            values = [float(word) for word in words]
        except ValueError as error:
            raise self._error(number, "a coordinate or radius is not a number") from error
        with np.errstate(over="ignore"):
            stored = np.array(values, np.float32)
        if not np.isfinite(stored).all():
            raise self._error(number, "a coordinate or radius is not finite")
        if stored[3] <= 0:
            raise self._error(number, f"the radius {words[3]} is not above 0")
        return values

    def _simplex(self, number: int, words: list[str], spheres: int) -> list[float]:
        indices = [self._integer(number, word) for word in words]
        if not all(0 <= index < spheres for index in indices):
            raise self._error(number, f"an index is outside 0..{spheres - 1}")
        if len(set(indices)) < len(indices):
            raise self._error(number, "a sphere is named twice")
        return [*indices]

    def _integer(self, number: int, word: str) -> int:
        try:
            value = int(word)
        except ValueError as error:
            raise self._error(number, f"{word!r} is not a whole number") from error
        if value < 0:
            raise self._error(number, f"{word} is negative")
        return value

    def _error(self, number: int, what: str) -> UserError:
        return UserError(f"{self.path}, line {number}: {what}")
