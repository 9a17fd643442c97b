"""AC3D files with their materials, from the core's reader; see ``immat_core.mesh_reader.ac3d``."""

from __future__ import annotations

import re

import numpy as np

from immat_core.mesh_reader.ac3d import Ac3dPart, parse_ac3d
from training.corpus.formats.source_mesh import Material, SourceMesh, SourcePart, join_parts

NO_PART_OF_THE_OBJECT = re.compile(
    r"lightarea|lightvolume|^shine|halo|ground|^wake|bowwave|shadow|^luz$|ombre"
    r"|light.?cone|flare|floodlight",
    re.IGNORECASE,
)
"""Names that FlightGear's models give to light cones, shadows, wakes and the ground."""

PROPELLER = re.compile("prop|prplr|helice|blur", re.IGNORECASE)
DISC_FLATNESS, DISC_FILL = 0.05, 0.55
"""A disc is at most so thick, and its faces fill at least so much of the ellipse around it."""


def read_ac3d_source(data: bytes, name: str) -> SourceMesh:
    """Read a file in its own frame (Y up), without lights, shadows, wakes, ground and the discs of
    turning propellers.

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
        if NO_PART_OF_THE_OBJECT.search(part.name) or is_propeller_disc(part):
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


def is_propeller_disc(part: Ac3dPart) -> bool:
    """Whether a part is the blurred disc of a turning propeller, which is drawn transparent.

    It is told from the blades of a standing one, which fill little of their circle.
    """
    if not PROPELLER.search(part.name) or not len(part.faces):
        return False
    corners = part.vertices[part.faces]
    sizes = np.sort(np.ptp(corners.reshape(-1, 3), axis=0))
    if sizes[0] > DISC_FLATNESS * sizes[2] or sizes[1] < 0.8 * sizes[2]:
        return False
    doubled = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(doubled, axis=1).sum() / 2
    return bool(area > DISC_FILL * np.pi / 4 * sizes[1] * sizes[2])
