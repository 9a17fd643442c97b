"""AC3D files with their materials, from the core's reader; see ``immat_core.mesh_reader.ac3d``."""

from __future__ import annotations

import re

from immat_core.mesh_reader.ac3d import parse_ac3d
from training.corpus.formats.source_mesh import Material, SourceMesh, SourcePart, join_parts

NO_PART_OF_THE_OBJECT = re.compile(
    r"lightarea|lightvolume|^shine|halo|ground|^wake|bowwave|shadow|^luz$|ombre"
    r"|light.?cone|flare|floodlight",
    re.IGNORECASE,
)
"""Names that FlightGear's models give to light cones, shadows, wakes and the ground."""


def read_ac3d_source(data: bytes, name: str) -> SourceMesh:
    """Read a file in its own frame (Y up), without lights, shadows, wakes and ground.

    Raises
    ------
    UserError, ValueError
        When the data is no AC3D file, damaged, or holds no surface.
    """
    file = parse_ac3d(data, name)
    colors = [(float(r), float(g), float(b)) for r, g, b in file.materials]
    looks: dict[tuple[int, str], int] = {}
    parts = []
    for part in file.parts:
        if NO_PART_OF_THE_OBJECT.search(part.name):
            continue
        owners = part.materials.copy()
        for material in set(part.materials.tolist()):
            look = looks.setdefault((material, part.texture), len(looks))
            owners[part.materials == material] = look
        parts.append(SourcePart(part.vertices, part.faces, owners, part.uv))
    materials = [
        Material(colors[material] if material < len(colors) else None, texture)
        for material, texture in looks
    ]
    return join_parts(parts, materials)
