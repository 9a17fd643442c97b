"""Meshes of SuperTuxKart, ``.spm``, static or skinned, in their bind pose.

Format: SuperTuxKart's "space partitioned mesh" version 1, as its source (sp_mesh_loader.cpp) reads
it: a head of 28 bytes, two texture names a material, then sectors of buffers of vertices.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from training.corpus.formats.source_mesh import (
    Material,
    SourceMesh,
    SourcePart,
    join_parts,
    upward,
)

VERSION = 1
HAS_NORMAL, HAS_COLOR, HAS_TANGENT = 1, 2, 4
"""Bits of the head's fourth byte."""
WHITE = 128
"""A vertex color that starts with this byte is white and has no more bytes."""
SKINNED = 0
HEAD_BYTES, SKIN_BYTES = 28, 16


@dataclass(frozen=True)
class _Layout:
    """What stands behind the position of every vertex of a buffer."""

    flags: int
    textures: int
    skinned: bool


def read_spm(data: bytes, name: str) -> SourceMesh:
    """Read a mesh in its file's frame: Y up.

    Raises
    ------
    ValueError, IndexError, struct.error
        When the data is no mesh of version 1 or damaged.
    """
    if data[:2] != b"SP" or data[2] >> 3 != VERSION:
        raise ValueError(f"{name} is no SPM mesh of version {VERSION}")
    skinned, flags = data[2] & 7 == SKINNED, data[3]
    (count,) = struct.unpack_from("<H", data, HEAD_BYTES)
    at = HEAD_BYTES + 2
    names = []
    for _ in range(2 * count):
        names.append(data[at + 1 : at + 1 + data[at]].decode("latin1"))
        at += 1 + data[at]
    materials = [Material(texture=texture) for texture in names[::2]]
    parts: list[SourcePart] = []
    (sectors,) = struct.unpack_from("<H", data, at)
    at += 2
    for _ in range(sectors):
        (buffers,) = struct.unpack_from("<H", data, at)
        at += 2
        for _ in range(buffers):
            points, indices, material = struct.unpack_from("<IIH", data, at)
            pair = names[2 * material : 2 * material + 2]
            textures = (1 + bool(pair[1])) if pair[0] else 0
            layout = _Layout(flags, textures, skinned)
            part, at = _read_buffer(data, at + 10, points, indices, layout)
            owners = np.full(len(part.faces), material)
            parts.append(SourcePart(part.vertices, part.faces, owners, part.uv))
    return join_parts(parts, materials)


def _read_buffer(
    data: bytes, at: int, points: int, indices: int, layout: _Layout
) -> tuple[SourcePart, int]:
    """One buffer and the place behind it; vertices differ in length where colors do."""
    tail = 4 * layout.textures + SKIN_BYTES * layout.skinned
    tail += 4 if layout.textures and layout.flags & HAS_TANGENT else 0
    vertices, uv = np.empty((points, 3)), np.zeros((points, 2))
    for row in range(points):
        vertices[row] = struct.unpack_from("<3f", data, at)
        at += 12 + (4 if layout.flags & HAS_NORMAL else 0)
        if layout.flags & HAS_COLOR:
            at += 1 if data[at] == WHITE else 4
        if layout.textures:
            uv[row] = struct.unpack_from("<2e", data, at)
        at += tail
    width = 2 if points > 255 else 1
    flat = np.frombuffer(data, "<u2" if width == 2 else "u1", indices, at).astype(np.int64)
    faces = flat.reshape(-1, 3)
    if faces.max(initial=-1) >= points:
        raise ValueError("a face names a missing vertex")
    corner_uv = upward(uv)[faces] if layout.textures else None
    part = SourcePart(vertices, faces, np.full(len(faces), -1), corner_uv)
    return part, at + width * indices
