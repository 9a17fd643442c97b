"""AC3D files, ``.ac`` and the ``.acc`` that the racing simulator TORCS derived from them.

Format: "The AC3D file format", version b, by Inivis. A text file: materials, then a tree of
objects, each with its place, vertices and polygons. TORCS adds triangle strips, normals behind the
vertices and up to four texture layers, of which the first is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.mesh_reader.triangle_mesh import TriangleMesh, checked_mesh

GREY = (0.8, 0.8, 0.8)
POLYGON, TRIANGLE_STRIP = 0, 4
"""Surface types that have an area; the others are lines."""


@dataclass(frozen=True, eq=False)
class Ac3dPart:
    """One object of a file, placed in the file's frame.

    Attributes
    ----------
    name, texture
        As written in the file; empty where there is none.
    vertices
        (n, 3) float64.
    faces
        (t, 3) int64, indices into this part's vertices; t may be 0.
    materials
        (t,) int64, index into the file's materials.
    uv
        (t, 3, 2) float64, texture coordinates of the corners, v upwards.
    """

    name: str
    texture: str
    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    materials: NDArray[np.int64]
    uv: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ac3dFile:
    """Materials, (m, 3) float64 sRGB colors of 0..1, and the parts that name them."""

    materials: NDArray[np.float64]
    parts: tuple[Ac3dPart, ...]


def read_ac3d(path: str | Path) -> TriangleMesh:
    """Read all objects of an ``.ac`` or ``.acc`` file as one mesh, in the file's frame (Y up).

    Raises
    ------
    UserError
        When the file cannot be read, is no AC3D file or holds no surface.
    """
    name = Path(path).name
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "Check the path") from error
    parts = parse_ac3d(data, name).parts
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])[:-1]
    faces = [part.faces + start for part, start in zip(parts, starts, strict=True)]
    empty = np.zeros((0, 3))
    return checked_mesh(
        name,
        np.concatenate([empty, *(part.vertices for part in parts)]),
        np.concatenate([empty.astype(np.int64), *faces]),
    )


def parse_ac3d(data: bytes, name: str) -> Ac3dFile:
    """Take a file apart.

    Raises
    ------
    UserError
        When the text is no AC3D file or ends in the middle; ``name`` is told in the message.
    """
    lines = data.decode("latin1").splitlines()
    if not lines or not lines[0].startswith("AC3D"):
        raise UserError(f"{name} is no AC3D file", "Choose another file")
    cursor = _Cursor(lines)
    try:
        return _read_tree(cursor)
    except (IndexError, ValueError) as error:
        raise UserError(
            f"{name} is damaged near line {cursor.row + 1}: {error}", "Export it again"
        ) from error


@dataclass
class _Cursor:
    """A place in the lines of a file; blank lines do not count."""

    lines: list[str]
    row: int = 1

    def at_end(self) -> bool:
        while self.row < len(self.lines) and not self.lines[self.row].strip():
            self.row += 1
        return self.row >= len(self.lines)

    def take(self) -> list[str]:
        """The words of the next line."""
        if self.at_end():
            raise ValueError("the file ends too early")
        self.row += 1
        return self.lines[self.row - 1].split()

    def text(self) -> str:
        """What stood behind the first word of the line taken last, without quotes."""
        line = self.lines[self.row - 1].strip()
        _, _, rest = line.partition(" ")
        quoted = rest.split('"')
        return quoted[1] if len(quoted) > 2 else rest.strip()


@dataclass
class _Object:
    """An object while it is being read; ``turn`` and ``shift`` place it in its parent."""

    name: str = ""
    texture: str = ""
    turn: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    shift: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    points: list[list[float]] = field(default_factory=list)
    faces: list[tuple[int, int, int]] = field(default_factory=list)
    materials: list[int] = field(default_factory=list)
    uv: list[list[list[float]]] = field(default_factory=list)
    kids: int = 0


def _read_tree(cursor: _Cursor) -> Ac3dFile:
    """Read materials and objects; children inherit their parent's place.

    A stack in place of recursion: a damaged file may nest without end.
    """
    materials: list[list[float]] = []
    parts: list[Ac3dPart] = []
    open_parents = [(np.eye(3), np.zeros(3), -1)]
    while not cursor.at_end():
        words = cursor.take()
        if words[0] == "MATERIAL":
            materials.append(_read_color(cursor.lines[cursor.row - 1]))
        elif words[0] == "OBJECT":
            while open_parents[-1][2] == 0:
                open_parents.pop()
            turn, shift, left = open_parents.pop()
            open_parents.append((turn, shift, left - 1))
            item = _read_object(cursor)
            shift = shift + turn @ item.shift
            turn = turn @ item.turn.T
            parts.append(_place(item, turn, shift))
            open_parents.append((turn, shift, item.kids))
    return Ac3dFile(np.array(materials, np.float64).reshape(-1, 3), tuple(parts))


def _read_color(line: str) -> list[float]:
    """The color of a MATERIAL line; some writers leave no blank behind its quoted name."""
    _, _, rest = line.rpartition('"')
    found = rest.split()
    if found[:1] != ["rgb"] or len(found) < 4:
        return list(GREY)
    return [float(word) for word in found[1:4]]


def _place(item: _Object, turn: NDArray[np.float64], shift: NDArray[np.float64]) -> Ac3dPart:
    points = np.array(item.points, np.float64).reshape(-1, 3)
    return Ac3dPart(
        name=item.name,
        texture=item.texture,
        vertices=points @ turn.T + shift,
        faces=np.array(item.faces, np.int64).reshape(-1, 3),
        materials=np.array(item.materials, np.int64),
        uv=np.array(item.uv, np.float64).reshape(-1, 3, 2),
    )


def _read_object(cursor: _Cursor) -> _Object:
    """Read from behind the line OBJECT to the line ``kids``, which ends every object."""
    item = _Object()
    while not cursor.at_end():
        words = cursor.take()
        keyword = words[0]
        if keyword == "name":
            item.name = cursor.text()
        elif keyword == "data":
            _skip_data(cursor, int(words[1]))
        elif keyword == "texture" and not item.texture:
            texture = cursor.text()
            item.texture = "" if texture.split()[:1] == ["empty"] else texture
        elif keyword == "loc":
            item.shift = np.array([float(word) for word in words[1:4]])
        elif keyword == "rot":
            item.turn = np.array([float(word) for word in words[1:10]]).reshape(3, 3)
        elif keyword == "numvert":
            rows = [cursor.take() for _ in range(int(words[1]))]
            item.points = [[float(word) for word in row[:3]] for row in rows]
        elif keyword == "SURF":
            _read_surface(cursor, int(words[1], 16), item)
        elif keyword == "kids":
            item.kids = int(words[1])
            return item
    return item


def _skip_data(cursor: _Cursor, length: int) -> None:
    """Skip the free text of an object, ``length`` characters that may hold line ends."""
    read = 0
    while read < length and cursor.row < len(cursor.lines):
        read += len(cursor.lines[cursor.row]) + 1
        cursor.row += 1


def _read_surface(cursor: _Cursor, flags: int, item: _Object) -> None:
    """Read one SURF: its material and its corners, as a fan or a strip of triangles."""
    material = 0
    words = cursor.take()
    while words[0] != "refs":
        if words[0] == "mat":
            material = int(words[1])
        words = cursor.take()
    rows = [cursor.take() for _ in range(int(words[1]))]
    corners = [int(row[0]) for row in rows]
    uv = [[float(row[1]), float(row[2])] if len(row) > 2 else [0.0, 0.0] for row in rows]
    kind = flags & 0xF
    if kind == POLYGON:
        fan = [(0, i, i + 1) for i in range(1, len(rows) - 1)]
    elif kind == TRIANGLE_STRIP:
        fan = [(i, i + 1, i + 2) if i % 2 == 0 else (i + 1, i, i + 2) for i in range(len(rows) - 2)]
    else:
        fan = []
    for a, b, c in fan:
        item.faces.append((corners[a], corners[b], corners[c]))
        item.materials.append(material)
        item.uv.append([uv[a], uv[b], uv[c]])
