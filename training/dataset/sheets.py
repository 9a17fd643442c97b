"""Contact sheets of the data set: two pictures, the medial mesh and the surface rebuilt from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from immat_core.atomic_file import written_beside
from immat_core.contact_sheet import REBUILT, View, draw_medial_mesh, draw_mesh
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import build_surface
from training.corpus import CATEGORIES
from training.dataset.loader import StoredShape, read_shapes
from training.marked_page import DOCS

TILE, COLUMNS, LABEL = 128, 2, 12
VOXEL = 1 / 96


def save_sheets(folder: Path, count: int = 12, *, docs: bool = False) -> list[Path]:
    """Write ``sheets/CATEGORY.png`` with the first ``count`` shapes of each category.

    Parameters
    ----------
    docs
        Write a sheet with one shape of each category, a real one where there is one, into the
        documentation too.
    """
    found: dict[str, list[StoredShape]] = {category: [] for category in CATEGORIES}
    for split in ("test", "val", "train"):
        if all(len(shapes) >= count for shapes in found.values()):
            break
        for shape in read_shapes(folder, split):
            if len(found[shape.category]) < count:
                found[shape.category].append(shape)
    sheets = folder / "sheets"
    sheets.mkdir(exist_ok=True)
    written = []
    for category, shapes in found.items():
        if shapes:
            path = sheets / f"{category}.png"
            with written_beside(path) as beside:
                _sheet([_row(shape) for shape in shapes]).save(beside)
            written.append(path)
    if docs:
        shown = [_real_first(shapes) for shapes in found.values() if shapes]
        path = DOCS / "images" / "dataset.jpg"
        with written_beside(path) as beside:
            _sheet([_row(shape) for shape in shown]).save(beside, "JPEG", quality=88)
        written.append(path)
    return written


def _real_first(shapes: list[StoredShape]) -> StoredShape:
    return next((shape for shape in shapes if shape.about["origin"] == "real"), shapes[0])


def _row(shape: StoredShape) -> NDArray[np.uint8]:
    """Cut out, photograph, medial mesh, surface, side by side, with the name below."""
    cut = int(np.flatnonzero(~shape.photos)[0]) if not shape.photos.all() else 0
    photo = int(np.flatnonzero(shape.photos)[0]) if shape.photos.any() else cut
    mat = MedialMesh(shape.spheres[:, :3], shape.spheres[:, 3], *shape.simplices)
    surface = build_surface(mat, VOXEL, clamp_thin=True)
    view = View.of(surface.vertices, TILE)
    tiles = [
        _small(_on_paper(shape.images[cut], shape.masks[cut])),
        _small(shape.images[photo]),
        draw_medial_mesh(view, mat),
        draw_mesh(view, surface.vertices, surface.triangles, REBUILT),
    ]
    row = Image.new("RGB", (4 * TILE, TILE + LABEL), (235, 235, 235))
    row.paste(Image.fromarray(np.hstack(tiles)))
    ImageDraw.Draw(row).text((2, TILE), shape.name, fill=(20, 20, 20))
    return np.asarray(row)


def _sheet(rows: list[NDArray[np.uint8]]) -> Image.Image:
    blank = np.full_like(rows[0], 235)
    rows = [*rows, *[blank] * (-len(rows) % COLUMNS)]
    lines = [np.hstack(rows[i : i + COLUMNS]) for i in range(0, len(rows), COLUMNS)]
    return Image.fromarray(np.vstack(lines))


def _on_paper(image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    share = mask[..., None] / 255
    return np.asarray(image * share + 255 * (1 - share), np.uint8)


def _small(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(image).resize((TILE, TILE), Image.Resampling.BOX))
