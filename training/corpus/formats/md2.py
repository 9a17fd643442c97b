"""Quake 2 models, ``.md2``: the first frame, with the skin that the file names first.

Format: id Software's Quake 2 source release (qfiles.h), one block of 17 numbers, then tables.
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

SKIN_NAME_BYTES = 64


def read_md2(data: bytes, name: str) -> SourceMesh:
    """Read a model in its file's frame: Z up, front toward +X.

    Raises
    ------
    ValueError, struct.error
        When the data is no MD2 model or damaged.
    """
    if data[:4] != b"IDP2":
        raise ValueError(f"{name} is no MD2 model")
    header = struct.unpack_from("<17i", data)
    width, height = header[2], header[3]
    skins, points, coordinates, triangles = header[5], header[6], header[7], header[8]
    skin_start, uv_start, triangle_start, frame_start = header[11:15]
    scale_and_shift = np.frombuffer(data, "<f4", 6, frame_start).astype(np.float64)
    # A frame is its scale, its shift, a name of 16 bytes and then 4 bytes a vertex.
    packed = np.frombuffer(data, np.uint8, 4 * points, frame_start + 40).reshape(-1, 4)
    vertices = packed[:, :3] * scale_and_shift[:3] + scale_and_shift[3:]
    rows = np.frombuffer(data, "<u2", 6 * triangles, triangle_start).reshape(-1, 6)
    texels = np.frombuffer(data, "<i2", 2 * coordinates, uv_start).reshape(-1, 2)
    uv = (texels + 0.5) / [max(width, 1), max(height, 1)]
    corner_uv = upward(uv)[rows[:, 3:]] if len(uv) else None
    skin = zero_ended(data[skin_start : skin_start + SKIN_NAME_BYTES]) if skins > 0 else ""
    faces = rows[:, :3].astype(np.int64)
    part = SourcePart(vertices, faces, np.zeros(len(faces), np.int64), corner_uv)
    return join_parts([part], [Material(texture=skin)])
