"""Meshes of Pyrogenesis, the engine of 0 A.D., ``.pmd``; textures are named elsewhere.

Format: Wildfire Games' "PMD File Format", versions up to 4; version 4 has several texture
coordinates a vertex.
"""

from __future__ import annotations

import struct

import numpy as np

from training.corpus.formats.source_mesh import SourceMesh, SourcePart, join_parts

FIXED_VERTEX_BYTES = 44
"""Position, normal and four weighted bones; 8 bytes a texture coordinate come on top."""


def read_pmd(data: bytes, name: str) -> SourceMesh:
    """Read a mesh in its file's frame: Y up.

    Raises
    ------
    ValueError, struct.error
        When the data is no PMD mesh or damaged.
    """
    if data[:4] != b"PSMD":
        raise ValueError(f"{name} is no PMD mesh")
    version, _, points = struct.unpack_from("<3I", data, 4)
    coordinates, start = (struct.unpack_from("<I", data, 16)[0], 20) if version >= 4 else (1, 16)
    size = FIXED_VERTEX_BYTES + 8 * coordinates
    rows = np.frombuffer(data, np.uint8, size * points, start).reshape(points, size)
    vertices = rows[:, :12].copy().view("<f4").astype(np.float64)
    start += size * points
    (triangles,) = struct.unpack_from("<I", data, start)
    faces = np.frombuffer(data, "<u2", 3 * triangles, start + 4).reshape(-1, 3).astype(np.int64)
    part = SourcePart(vertices, faces, np.full(len(faces), -1))
    return join_parts([part], [])
