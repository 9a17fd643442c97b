"""Wavefront files, ``.obj``, with the materials of their ``.mtl``, as trimesh reads them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np

from immat_core.errors import UserError
from training.corpus.formats.source_mesh import Material, SourceMesh, SourcePart, join_parts

FindFile = Callable[[str], bytes | None]
"""Gives a file beside the model by the name that the model uses for it."""


class _Neighbours:
    """What trimesh asks for materials and textures."""

    def __init__(self, find: FindFile) -> None:
        self._find = find

    def get(self, name: str) -> bytes:
        data = self._find(name)
        if data is None:
            raise FileNotFoundError(name)
        return data

    __getitem__ = get


def read_wavefront(data: bytes, name: str, find: FindFile) -> SourceMesh:
    """Read a model in its file's frame.

    Raises
    ------
    UserError
        When trimesh is missing or cannot read the text.
    ValueError
        When there is no surface.
    """
    try:
        import trimesh
    except ImportError as error:
        raise UserError(f"{name} needs the package trimesh", "pip install trimesh") from error
    neighbours: Any = _Neighbours(find)
    scene: Any = trimesh.load_scene(
        BytesIO(data), file_type="obj", resolver=neighbours, process=False
    )
    parts: list[SourcePart] = []
    materials: list[Material] = []
    for geometry in scene.geometry.values():
        faces = np.asarray(geometry.faces, np.int64)
        uv = getattr(geometry.visual, "uv", None)
        corner_uv = None if uv is None else np.asarray(uv, np.float64)[faces]
        owners = np.full(len(faces), len(materials))
        parts.append(SourcePart(np.asarray(geometry.vertices, float), faces, owners, corner_uv))
        materials.append(_material(getattr(geometry.visual, "material", None)))
    return join_parts(parts, materials)


def _material(material: Any) -> Material:
    """Kd and map_Kd of a material; a model without a material file has neither."""
    image = getattr(material, "image", None)
    texture = str(image.info.get("file_path", "")) if image is not None else ""
    # What trimesh makes up for models without a material file has no Kd of a file.
    diffuse = (getattr(material, "kwargs", None) or {}).get("kd")
    if diffuse is None or len(diffuse) < 3:
        return Material(None, texture)
    red, green, blue = (float(number) for number in diffuse[:3])
    return Material((red, green, blue), texture)
