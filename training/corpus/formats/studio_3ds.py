"""3D Studio files with their materials, from ``immat_core.mesh_reader.studio_3ds``."""

from __future__ import annotations

import numpy as np

from immat_core.mesh_reader.studio_3ds import parse_3ds
from training.corpus.formats.source_mesh import Material, SourceMesh, SourcePart, join_parts


def read_studio_3ds_source(data: bytes, name: str) -> SourceMesh:
    """Read a file in its own frame (Z up).

    Raises
    ------
    UserError, ValueError
        When the data is no 3D Studio file, damaged, or holds no surface.
    """
    file = parse_3ds(data, name)
    places = {label: index for index, label in enumerate(file.materials)}
    parts = [
        SourcePart(
            part.vertices,
            part.faces,
            np.array([places.get(label, -1) for label in part.materials], np.int64),
            part.uv,
        )
        for part in file.parts
    ]
    materials = [Material(m.color, m.texture) for m in file.materials.values()]
    return join_parts(parts, materials)
