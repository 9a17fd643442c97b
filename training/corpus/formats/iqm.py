"""Inter-Quake models, ``.iqm``: positions, triangles and texture coordinates; animations are left.

Format: Lee Salzman's "Inter-Quake Model format" (iqm.txt), version 2.
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

MAGIC = b"INTERQUAKEMODEL\0"
POSITION, TEXTURE_COORDINATE = 0, 1
"""Types of vertex arrays."""


def read_iqm(data: bytes, name: str) -> SourceMesh:
    """Read a model in its file's frame: Z up, front toward +X.

    Raises
    ------
    ValueError, struct.error
        When the data is no IQM model, damaged, or holds animations only.
    """
    if data[:16] != MAGIC:
        raise ValueError(f"{name} is no IQM model")
    header = struct.unpack_from("<27I", data, 16)
    text_start, meshes, mesh_start = header[4:7]
    arrays, points, array_start, triangles, triangle_start = header[7:12]
    vertices, uv = np.zeros((0, 3)), np.zeros((0, 2))
    for index in range(arrays):
        kind, _, _, _, at = struct.unpack_from("<5I", data, array_start + 20 * index)
        if kind == POSITION:
            vertices = np.frombuffer(data, "<f4", 3 * points, at).reshape(-1, 3).astype(float)
        elif kind == TEXTURE_COORDINATE:
            uv = upward(np.frombuffer(data, "<f4", 2 * points, at).reshape(-1, 2))
    faces = np.frombuffer(data, "<u4", 3 * triangles, triangle_start).reshape(-1, 3)
    owners = np.full(triangles, -1, np.int64)
    materials: list[Material] = []
    for index in range(meshes):
        row = struct.unpack_from("<6I", data, mesh_start + 24 * index)
        _, text, _, _, first, count = row
        owners[first : first + count] = index
        materials.append(Material(texture=zero_ended(data[text_start + text :][:256])))
    if faces.size and faces.max() >= len(vertices):
        raise ValueError("a face names a missing vertex")
    corners = faces.astype(np.int64)
    part = SourcePart(vertices, corners, owners, uv[corners] if len(uv) else None)
    return join_parts([part], materials)
