"""A corpus model as the renderer takes it, with the colors and textures that its source has."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.corpus.storage import CorpusModel
from training.pictures import Model, make_model

TEXTURE_SIDE = 512
"""Textures are made no larger: a picture has 224 pixels."""
MOST_GROUPS = 24
"""Colors beyond the most frequent ones share the last group's material."""


def picture_model(model: CorpusModel, textures: Path) -> Model:
    """Make a model ready for rendering.

    Parameters
    ----------
    textures
        Folder of the texture files. One that cannot be read leaves its faces their color.
    """
    images: list[NDArray[np.uint8]] = []
    readable: dict[int, int] = {}
    for index, name in enumerate(model.textures):
        image = _read_texture(textures / name)
        if image is not None:
            readable[index] = len(images)
            images.append(image)
    bears = np.array([readable.get(int(i), -1) for i in range(len(model.textures))] + [-1])
    texture = bears[model.face_textures]
    groups = _groups(model.colors, texture)
    of_group = np.full(int(groups.max(initial=0)) + 1, -1, np.int64)
    of_group[groups] = texture
    return make_model(
        model.vertices,
        model.faces,
        model.linear_colors,
        groups,
        model.uv,
        images,
        of_group.tolist(),
    )


def _groups(colors: NDArray[np.uint8], texture: NDArray[np.int64]) -> NDArray[np.int64]:
    """Triangles of one texture, or of one color without any, are one group; (t,) from 0."""
    key = np.where(
        texture >= 0,
        (1 << 24) + texture,
        colors.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1]),
    )
    _, group, count = np.unique(key, return_inverse=True, return_counts=True)
    plain = np.unique(group[texture < 0])
    common = plain[np.argsort(-count[plain], kind="stable")]
    rank = np.arange(len(count))
    if len(common) > MOST_GROUPS:
        rank[common[MOST_GROUPS:]] = common[MOST_GROUPS - 1]
    _, group = np.unique(rank[group.ravel()], return_inverse=True)
    return np.asarray(group.ravel(), np.int64)


def _read_texture(path: Path) -> NDArray[np.uint8] | None:
    try:
        with Image.open(path) as image:
            image.thumbnail((TEXTURE_SIDE, TEXTURE_SIDE))
            return np.asarray(image.convert("RGB"))
    except OSError:
        return None
