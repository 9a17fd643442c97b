"""A sheet of shapes beside their medial spheres, to be looked at before a training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from immat_core.camera import Camera
from immat_core.medial_mesh import MedialMesh
from training.render import draw_camera, draw_light, render
from training.shapes import CATEGORIES, generate

_PAPER = 235
_COLUMNS = 4


def save_contact_sheet(path: Path, count: int = 24, first_seed: int = 0, size: int = 192) -> None:
    """Save pictures of ``count`` shapes, each beside its spheres as discs in the same camera."""
    tiles = []
    for i in range(count):
        shape = generate(CATEGORIES[i % len(CATEGORIES)], first_seed + i // len(CATEGORIES))
        rng = np.random.default_rng([8, first_seed, i])
        camera = draw_camera(shape.vertices, rng)
        picture = render(shape, camera, draw_light(camera, rng), size).astype(np.float32)
        alpha = picture[..., 3:] / 255
        flat = picture[..., :3] * alpha + _PAPER * (1 - alpha)
        tiles.append(np.concatenate([flat, draw_spheres(shape.mat, camera, size)], 1))
    rows = [np.concatenate(tiles[i : i + _COLUMNS], 1) for i in range(0, count, _COLUMNS)]
    Image.fromarray(np.concatenate(rows).astype(np.uint8)).save(path)


def draw_spheres(mat: MedialMesh, camera: Camera, size: int) -> NDArray[np.float32]:
    """Draw spheres as shaded discs and edges as dark lines, (size, size, 3) float32 of 0..255."""
    picture = np.full((size, size, 3), _PAPER, np.float32)
    uv, depth = camera.project(mat.centers)
    half = size / 2
    pixels, discs = (uv + 1) * half, camera.focal * mat.radii / depth * half
    rows, columns = np.mgrid[:size, :size] + 0.5
    for i in np.argsort(-depth):
        away = np.hypot(columns - pixels[i, 0], rows - pixels[i, 1]) / discs[i]
        inside = away < 1
        tone = np.array([90, 150, 215]) * (1.15 - 0.45 * away[inside, None] ** 2)
        picture[inside] = np.minimum(tone, 255)
    share = np.linspace(0, 1, 24)[:, None, None]
    ends = pixels[mat.all_edges]
    along = ((1 - share) * ends[:, 0] + share * ends[:, 1]).reshape(-1, 2).astype(int)
    along = along[((along >= 0) & (along < size)).all(1)]
    picture[along[:, 1], along[:, 0]] = [120, 20, 20]
    return picture
