"""ASCII scene exports of 3ds Max, ``.ase``: geometry, textures and their coordinates.

Format: the text that Autodesk's ASCII exporter writes; a name with a star, its values, and blocks
in braces. Games use a small part of it.
"""

from __future__ import annotations

import re

import numpy as np

from training.corpus.formats.source_mesh import Material, SourceMesh, SourcePart, join_parts

_VERTEX = re.compile(r"\*MESH_VERTEX\s+\d+\s+(\S+)\s+(\S+)\s+(\S+)")
_FACE = re.compile(r"\*MESH_FACE\s+\d+:?\s*A:\s*(\d+)\s*B:\s*(\d+)\s*C:\s*(\d+)")
_TEXTURE_VERTEX = re.compile(r"\*MESH_TVERT\s+\d+\s+(\S+)\s+(\S+)")
_TEXTURE_FACE = re.compile(r"\*MESH_TFACE\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)")
_OWNER = re.compile(r"\*MATERIAL_REF\s+(\d+)")
_BITMAP = re.compile(r'\*BITMAP\s+"([^"]*)"')


def read_ase(data: bytes, name: str) -> SourceMesh:
    """Read a scene in its file's frame: Z up, front toward +X in games of Quake's family.

    Raises
    ------
    ValueError
        When the text is no such export or damaged.
    """
    text = data.decode("latin1")
    if "*3DSMAX_ASCIIEXPORT" not in text[:200]:
        raise ValueError(f"{name} is no ASCII scene export")
    head, *objects = re.split(r"\*GEOMOBJECT\s*\{", text)
    # Indented by one tab: a material of the list. Deeper ones are its sub-materials.
    blocks = re.split(r"^\t\*MATERIAL\s+\d+\s*\{", head, flags=re.MULTILINE)[1:]
    found = [_BITMAP.search(block) for block in blocks]
    materials = [Material(texture=match[1] if match else "") for match in found]
    return join_parts([_read_object(block, len(materials)) for block in objects], materials)


def _read_object(text: str, materials: int) -> SourcePart:
    vertices = np.array(_VERTEX.findall(text), np.float64).reshape(-1, 3)
    faces = np.array(_FACE.findall(text), np.int64).reshape(-1, 3)
    texture_vertices = np.array(_TEXTURE_VERTEX.findall(text), np.float64).reshape(-1, 2)
    texture_faces = np.array(_TEXTURE_FACE.findall(text), np.int64).reshape(-1, 3)
    match = _OWNER.search(text)
    owner = int(match[1]) if match and int(match[1]) < materials else -1
    whole = len(texture_faces) == len(faces)
    whole = whole and texture_faces.max(initial=-1) < len(texture_vertices)
    uv = texture_vertices[texture_faces] if whole else None
    return SourcePart(vertices, faces, np.full(len(faces), owner), uv)
