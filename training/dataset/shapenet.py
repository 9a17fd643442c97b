"""ShapeNet's folders: models of ShapeNetCore v1 and v2, and the public 24-view pictures of v1.

Models: ``SYNSET/MODEL/model.obj`` (v1) or ``SYNSET/MODEL/models/model_normalized.obj`` (v2), with Y
up and the front toward -Z. Pictures (3D-R2N2, Choy et al. 2016, which the paper uses):
``SYNSET/MODEL/rendering/00.png`` to ``23.png`` and ``rendering_metadata.txt``, one line a picture:
azimuth, elevation and roll in degrees, distance as a share of 1.75 diagonals, field of view.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from immat_core.camera import Camera
from immat_core.errors import UserError
from immat_core.mesh_reader import read_mesh
from training.corpus.canonical import components, count_open_edges, to_unit_box
from training.corpus.storage import CorpusModel, ModelRecord, hash_geometry
from training.dataset.tasks import ShapeTask
from training.pictures.view import Picture

CATEGORY_OF_SYNSET = {
    "02691156": "plane",
    "02828884": "bench",
    "02933112": "cabinet",
    "02958343": "car",
    "03001627": "chair",
    "03211117": "display",
    "03636649": "lamp",
    "03691459": "speaker",
    "04090263": "rifle",
    "04256520": "couch",
    "04379243": "table",
    "04401088": "phone",
    "04530566": "boat",
}
"""WordNet's offsets of the paper's thirteen categories."""

MODEL_FILES = ("model.obj", "models/model_normalized.obj")
FARTHEST = 1.75
"""Diagonals that a distance of 1 stands for in the pictures' cameras."""
FOCAL = 35 / 16
"""In half picture widths: a lens of 35 mm before a sensor 32 mm wide."""


def list_shapes(root: Path, renderings: Path | None = None, most: int = 0) -> tuple[ShapeTask, ...]:
    """The shapes of the thirteen categories, in order.

    Parameters
    ----------
    root
        ``ShapeNetCore.v1`` or ``ShapeNetCore.v2``.
    renderings
        Folder with the public pictures; without it shapes are drawn here.
    most
        Shapes a category, 0 for all.

    Raises
    ------
    UserError
        When there is no model.
    """
    tasks = []
    for synset, category in CATEGORY_OF_SYNSET.items():
        found = sorted(
            (folder.name, folder / file)
            for folder in (root / synset).glob("*")
            for file in MODEL_FILES
            if (folder / file).is_file()
        )
        for model, path in found[: most or None]:
            views = renderings / synset / model / "rendering" if renderings else None
            base = json.dumps([str(path.resolve()), str(views.resolve()) if views else ""])
            tasks.append(ShapeTask(f"{category}_{synset}_{model}", category, "shapenet", base))
    if not tasks:
        raise UserError(f"{root} holds no model in ShapeNet's layout", f"Look for {MODEL_FILES[0]}")
    return tuple(tasks)


def read_shape(base: str, category: str) -> CorpusModel:
    """Read a model and turn it to Z up, front -Y.

    Raises ``UserError`` when it cannot be read.
    """
    path = Path(json.loads(base)[0])
    mesh = read_mesh(path)
    x, y, z = mesh.vertices.T
    vertices = to_unit_box(np.stack([-x, z, y], 1)).astype(np.float32)
    faces = mesh.faces.astype(np.int32)
    record = ModelRecord(
        name=path.stem,
        category=category,
        source=f"ShapeNet:{path.parent.name}",
        licence="ShapeNet",
        creator="",
        flags=(),
        vertices=len(vertices),
        faces=len(faces),
        components=components(len(vertices), mesh.faces)[0],
        open_edges=count_open_edges(mesh.faces),
        colored=0.0,
        checksum=hash_geometry(vertices, faces),
        recipe="",
    )
    return CorpusModel(
        record=record,
        vertices=vertices,
        faces=faces,
        colors=np.full((len(faces), 3), 190, np.uint8),
        uv=np.zeros((len(faces), 3, 2), np.float32),
        face_textures=np.full(len(faces), -1, np.int16),
        textures=(),
    )


def read_views(base: str) -> list[Picture]:
    """The public pictures of a shape with their cameras; none where there are none.

    Raises
    ------
    UserError
        When pictures and cameras do not fit together.
    """
    given = json.loads(base)[1]
    cameras = Path(given) / "rendering_metadata.txt"
    if not given or not cameras.is_file():
        return []
    pictures = []
    for number, line in enumerate(cameras.read_text(encoding="ascii").split("\n")):
        if not line.strip():
            continue
        path = cameras.with_name(f"{number:02d}.png")
        try:
            with Image.open(path) as image:
                rgba = np.asarray(image.convert("RGBA"))
        except OSError as error:
            raise UserError(f"{path} cannot be read", "Unpack the pictures again") from error
        camera = camera_of_line(line)
        pictures.append(Picture(np.ascontiguousarray(rgba[..., :3]), rgba[..., 3].copy(), camera))
    return pictures


def camera_of_line(line: str) -> Camera:
    """The camera of a line of ``rendering_metadata.txt`` in our frame.

    Raises ``UserError`` for a line that is not one.
    """
    try:
        azimuth, elevation, roll, distance = (float(value) for value in line.split()[:4])
    except ValueError as error:
        raise UserError(f"this is no camera: {line!r}", "Expected five numbers") from error
    return Camera(
        azimuth=-np.radians(azimuth) - np.pi / 2,
        elevation=float(np.radians(elevation)),
        distance=distance * FARTHEST,
        focal=FOCAL,
        roll=float(np.radians(roll)),
    )
