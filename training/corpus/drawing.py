"""Pictures of the corpus's models, to be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from immat_core.atomic_file import written_beside
from immat_core.camera import frame_camera
from training.corpus.storage import CorpusModel
from training.render import Light, render

AZIMUTH, ELEVATION, DISTANCE = 0.6, 0.35, 2.2
"""The camera of every tile: right in front of the model, to its left, and above it."""
PAPER = 235
LABEL_HEIGHT = 12


@dataclass(frozen=True, eq=False)
class Drawing:
    """A model as the renderer takes it: no vertex is shared by two triangles.

    Attributes
    ----------
    vertices, normals
        (3 t, 3) float32; the normals are those of the flat triangles.
    colors
        (t, 3) float32 linear RGB.
    """

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    colors: NDArray[np.float32]


def draw_flat(model: CorpusModel) -> Drawing:
    """Take a model's triangles apart."""
    corners = model.vertices[model.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-20)
    return Drawing(
        vertices=np.ascontiguousarray(corners.reshape(-1, 3)),
        normals=np.repeat(normals, 3, axis=0).astype(np.float32),
        colors=model.linear_colors.astype(np.float32),
    )


def draw_tile(model: CorpusModel, size: int) -> NDArray[np.uint8]:
    """A picture of a model with its name under it, (size + ``LABEL_HEIGHT``, size, 3) uint8."""
    drawing = draw_flat(model)
    camera = frame_camera(drawing.vertices, AZIMUTH, ELEVATION, DISTANCE)
    picture = render(drawing, camera, Light(), size).astype(np.float32)
    alpha = picture[..., 3:] / 255
    flat = picture[..., :3] * alpha + PAPER * (1 - alpha)
    tile = Image.new("RGB", (size, size + LABEL_HEIGHT), (PAPER,) * 3)
    tile.paste(Image.fromarray(flat.astype(np.uint8)))
    ImageDraw.Draw(tile).text((2, size), model.record.name, fill=(20, 20, 20))
    return np.asarray(tile)


def save_sheet(
    path: Path, models: Sequence[CorpusModel], size: int = 128, columns: int = 12
) -> None:
    """Save pictures of models, row by row, in their order."""
    tiles = [draw_tile(model, size) for model in models]
    blank = np.full((size + LABEL_HEIGHT, size, 3), PAPER, np.uint8)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.concatenate(tiles[i : i + columns], 1) for i in range(0, len(tiles), columns)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with written_beside(path) as beside:
        Image.fromarray(np.concatenate(rows)).save(beside)
