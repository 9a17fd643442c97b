"""3D Studio files, ``.3ds``: binary chunks within chunks, little-endian.

Format: "3D-Studio File Format", by J. van Velthuizen and M. Lindner; a chunk is a 16-bit id, a
32-bit length that counts its own head, and its content. Mesh vertices stand in the file's frame
already, so the local matrices and the key frames are not needed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.mesh_reader.triangle_mesh import TriangleMesh, checked_mesh

MAIN, EDITOR, OBJECT, MESH = 0x4D4D, 0x3D3D, 0x4000, 0x4100
VERTICES, FACES, FACE_MATERIAL, TEXTURE_COORDINATES = 0x4110, 0x4120, 0x4130, 0x4140
MATERIAL, MATERIAL_NAME, DIFFUSE, TEXTURE, TEXTURE_FILE = 0xAFFF, 0xA000, 0xA020, 0xA200, 0xA300
FLOAT_COLORS, BYTE_COLORS = (0x0010, 0x0013), (0x0011, 0x0012)
"""Ids of chunks that hold a color, as three floats or as three bytes."""

GREY = (0.8, 0.8, 0.8)


@dataclass(frozen=True)
class Studio3dsMaterial:
    """sRGB color, 0..1, and the name of the texture's file, empty where there is none."""

    color: tuple[float, float, float] = GREY
    texture: str = ""


@dataclass(frozen=True, eq=False)
class Studio3dsPart:
    """One mesh object.

    Attributes
    ----------
    name
        As written in the file.
    vertices
        (n, 3) float64.
    faces
        (t, 3) int64, indices into this part's vertices.
    materials
        (t,) names of materials, empty where a face has none.
    uv
        (t, 3, 2) float64, v upwards; zeros where the part has no texture coordinates.
    """

    name: str
    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]
    materials: tuple[str, ...]
    uv: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Studio3dsFile:
    """The parts of a file and the materials that their faces name."""

    materials: dict[str, Studio3dsMaterial]
    parts: tuple[Studio3dsPart, ...]


def read_studio_3ds(path: str | Path) -> TriangleMesh:
    """Read all mesh objects of a ``.3ds`` file as one mesh, in the file's frame (Z up).

    Raises
    ------
    UserError
        When the file cannot be read, is no 3D Studio file or holds no surface.
    """
    name = Path(path).name
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", "Check the path") from error
    parts = parse_3ds(data, name).parts
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])[:-1]
    faces = [part.faces + start for part, start in zip(parts, starts, strict=True)]
    empty = np.zeros((0, 3))
    return checked_mesh(
        name,
        np.concatenate([empty, *(part.vertices for part in parts)]),
        np.concatenate([empty.astype(np.int64), *faces]),
    )


def parse_3ds(data: bytes, name: str) -> Studio3dsFile:
    """Take a file apart.

    Raises
    ------
    UserError
        When the bytes are no 3D Studio file or end in the middle; ``name`` is told in the message.
    """
    if len(data) < 6 or struct.unpack_from("<H", data)[0] != MAIN:
        raise UserError(f"{name} is no 3D Studio file", "Choose another file")
    materials: dict[str, Studio3dsMaterial] = {}
    parts = []
    try:
        for kind, start, end in _walk(data, (0, len(data)), MAIN, EDITOR):
            if kind == MATERIAL:
                label, material = _read_material(data, start, end)
                materials[label] = material
            elif kind == OBJECT:
                label, start = _read_text(data, start, end)
                parts += [
                    _read_part(data, label, span)
                    for inner, *span in _chunks(data, start, end)
                    if inner == MESH
                ]
    except (IndexError, ValueError, struct.error) as error:
        raise UserError(f"{name} is damaged: {error}", "Export it again") from error
    return Studio3dsFile(materials, tuple(parts))


def _chunks(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Id, start and end of the content of each chunk between two places."""
    while start + 6 <= end:
        kind, length = struct.unpack_from("<HI", data, start)
        if length < 6:
            return
        yield kind, start + 6, min(start + length, end)
        start += length


def _walk(data: bytes, span: tuple[int, int], *path: int) -> Iterator[tuple[int, int, int]]:
    """The chunks inside all chunks that stand at a path of ids."""
    if not path:
        yield from _chunks(data, *span)
        return
    for kind, start, end in _chunks(data, *span):
        if kind == path[0]:
            yield from _walk(data, (start, end), *path[1:])


def _read_text(data: bytes, start: int, end: int) -> tuple[str, int]:
    """A text that a zero byte ends, and the place behind it."""
    stop = data.index(b"\0", start, end)
    return data[start:stop].decode("latin1"), stop + 1


def _read_material(data: bytes, start: int, end: int) -> tuple[str, Studio3dsMaterial]:
    name, color, texture = "", GREY, ""
    for kind, first, last in _chunks(data, start, end):
        if kind == MATERIAL_NAME:
            name, _ = _read_text(data, first, last)
        elif kind == DIFFUSE:
            color = _read_color(data, first, last)
        elif kind == TEXTURE:
            for inner, inner_start, inner_end in _chunks(data, first, last):
                if inner == TEXTURE_FILE:
                    texture, _ = _read_text(data, inner_start, inner_end)
    return name, Studio3dsMaterial(color, texture)


def _read_color(data: bytes, start: int, end: int) -> tuple[float, float, float]:
    for kind, first, _ in _chunks(data, start, end):
        if kind in FLOAT_COLORS:
            red, green, blue = struct.unpack_from("<3f", data, first)
            return red, green, blue
        if kind in BYTE_COLORS:
            red, green, blue = struct.unpack_from("<3B", data, first)
            return red / 255, green / 255, blue / 255
    return GREY


def _read_part(data: bytes, name: str, span: list[int]) -> Studio3dsPart:
    vertices, faces = np.zeros((0, 3)), np.zeros((0, 3), np.int64)
    vertex_uv = np.zeros((0, 2))
    materials: list[str] = []
    for kind, start, end in _chunks(data, *span):
        if kind not in (VERTICES, FACES, TEXTURE_COORDINATES):
            continue
        (count,) = struct.unpack_from("<H", data, start)
        first = start + 2
        if kind == VERTICES:
            vertices = np.frombuffer(data, "<f4", 3 * count, first).reshape(-1, 3).astype(float)
        elif kind == TEXTURE_COORDINATES:
            vertex_uv = np.frombuffer(data, "<f4", 2 * count, first).reshape(-1, 2).astype(float)
        else:
            rows = np.frombuffer(data, "<u2", 4 * count, first).reshape(-1, 4)
            faces = rows[:, :3].astype(np.int64)
            materials = _face_materials(data, first + 8 * count, end, count)
    if faces.size and faces.max() >= len(vertices):
        raise ValueError(f"a face of {name!r} names a missing vertex")
    has_uv = len(vertex_uv) == len(vertices)
    uv = vertex_uv[faces] if has_uv else np.zeros((len(faces), 3, 2))
    return Studio3dsPart(name, vertices, faces, tuple(materials), uv)


def _face_materials(data: bytes, start: int, end: int, count: int) -> list[str]:
    """The name of the material of each of ``count`` faces; groups of faces name theirs."""
    names = [""] * count
    for kind, first, last in _chunks(data, start, end):
        if kind == FACE_MATERIAL:
            name, at = _read_text(data, first, last)
            (members,) = struct.unpack_from("<H", data, at)
            for face in np.frombuffer(data, "<u2", members, at + 2):
                names[face] = name
    return names
