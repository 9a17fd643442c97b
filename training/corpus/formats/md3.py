"""Quake 3 models, ``.md3``: the first frame of every surface.

Format: id Software's Quake 3 source release (qfiles.h): surfaces of triangles, shader names,
texture coordinates and vertices in 1/64 units.
"""

from __future__ import annotations

import struct

import numpy as np

from training.corpus.formats.source_mesh import (
    Material,
    SourceMesh,
    SourcePart,
    join_parts,
    upward,
    zero_ended,
)

VERTEX_UNIT = 1 / 64
NAME_BYTES = 64


def read_md3(data: bytes, name: str) -> SourceMesh:
    """Read a model in its file's frame: Z up, front toward +X.

    Raises
    ------
    ValueError, struct.error
        When the data is no MD3 model or damaged.
    """
    if data[:4] != b"IDP3":
        raise ValueError(f"{name} is no MD3 model")
    (surfaces,) = struct.unpack_from("<i", data, 84)
    (start,) = struct.unpack_from("<i", data, 100)
    parts: list[SourcePart] = []
    materials: list[Material] = []
    for index in range(surfaces):
        part, texture, length = _read_surface(data, start, index)
        parts.append(part)
        materials.append(Material(texture=texture))
        start += length
    return join_parts(parts, materials)


def _read_surface(data: bytes, start: int, material: int) -> tuple[SourcePart, str, int]:
    """One surface, the name of its first shader and its length in bytes."""
    numbers = struct.unpack_from("<9i", data, start + 72)
    _, shaders, points, triangles = numbers[:4]
    triangle_start, shader_start, uv_start, vertex_start, length = numbers[4:]
    packed = np.frombuffer(data, "<i2", 4 * points, start + vertex_start).reshape(-1, 4)
    faces = np.frombuffer(data, "<i4", 3 * triangles, start + triangle_start).reshape(-1, 3)
    uv = np.frombuffer(data, "<f4", 2 * points, start + uv_start).reshape(-1, 2)
    at = start + shader_start
    texture = zero_ended(data[at : at + NAME_BYTES]) if shaders > 0 else ""
    if faces.size and not 0 <= faces.min() <= faces.max() < points:
        raise ValueError("a face names a missing vertex")
    part = SourcePart(
        packed[:, :3] * VERTEX_UNIT,
        faces.astype(np.int64),
        np.full(len(faces), material),
        upward(uv)[faces],
    )
    return part, texture, length
