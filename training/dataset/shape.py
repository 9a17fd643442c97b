"""One shape of the data set: its medial mesh by the fit, its surface, its pictures, as members."""

from __future__ import annotations

import io
import json
import time
import zlib
from dataclasses import asdict, astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from immat_core.errors import UserError
from immat_core.fit import QUICK, FitResult, FitSettings, fit_medial_mesh
from training.corpus.storage import CorpusModel
from training.dataset.looks import picture_model
from training.dataset.settings import DatasetSettings
from training.dataset.tar import write_tar
from training.dataset.tasks import ShapeTask, load_shape
from training.pictures import draw_scene
from training.pictures.view import Picture, Renderer

FITS = (QUICK, FitSettings())
"""Where the gate refuses the quick fit, the usual one."""
WORST_ERROR = 0.02
"""A medial mesh whose surface is farther off in one percent of its samples is left out."""


@dataclass(frozen=True)
class ShapeRow:
    """What came of a shape: a line of the data set's index.

    Attributes
    ----------
    name, category, origin, base
        As in its task.
    rejected
        Why it is left out; empty for a shape that is in.
    program, licence, source
        Of the model it was made from.
    betti_solid, betti_mat
        Components, loops and voids of the solid and of the medial mesh.
    mean_error, q99_error, max_error
        Of the medial mesh's surface, shares of the diagonal.
    flags
        What the fit says.
    fit_seconds, picture_seconds
        Of processor time.
    edges, faces
        Of the medial mesh.
    sha256
        Of the shape's files; empty where it is left out.
    """

    name: str
    category: str
    origin: str
    base: str
    rejected: str = ""
    program: str = ""
    licence: str = ""
    source: str = ""
    betti_solid: tuple[int, int, int] = (0, 0, 0)
    betti_mat: tuple[int, int, int] = (0, 0, 0)
    mean_error: float = 0.0
    q99_error: float = 0.0
    max_error: float = 0.0
    flags: tuple[str, ...] = ()
    fit_seconds: float = 0.0
    picture_seconds: float = 0.0
    edges: int = 0
    faces: int = 0
    sha256: str = ""


def part_paths(parts: Path, name: str) -> tuple[Path, Path]:
    """A shape's files and its row; the row is written last and says that both are there."""
    return parts / f"{name}.tar", parts / f"{name}.json"


def build_shape(task: ShapeTask, settings: DatasetSettings, corpus: Path, parts: Path) -> ShapeRow:
    """Make a shape and write its part; whatever is wrong with it ends up in its row."""
    tar, row_path = part_paths(parts, task.name)
    try:
        row = _make(task, settings, corpus, tar)
    except UserError as error:
        row = ShapeRow(task.name, task.category, task.origin, task.base, rejected=str(error))
    beside = row_path.with_suffix(".part")
    beside.write_text(json.dumps(asdict(row)), encoding="utf-8")
    beside.replace(row_path)
    return row


def read_row(path: Path) -> ShapeRow:
    """Read a row that :func:`build_shape` wrote."""
    values = json.loads(path.read_text(encoding="utf-8"))
    for name in ("betti_solid", "betti_mat", "flags"):
        values[name] = tuple(values[name])
    return ShapeRow(**values)


def _make(task: ShapeTask, settings: DatasetSettings, corpus: Path, tar: Path) -> ShapeRow:
    model = load_shape(task, corpus)
    started = time.process_time()
    fit = _fit(model, settings)
    fitted = time.process_time()
    report, record = fit.report, model.record
    row = ShapeRow(
        name=task.name,
        category=task.category,
        origin=task.origin,
        base=task.base,
        rejected=reason_against(fit),
        program=record.source.partition(":")[2] if task.origin == "parametric" else "",
        licence=record.licence,
        source=record.source,
        betti_solid=report.betti_solid,
        betti_mat=report.betti_mat,
        mean_error=round(report.mean_error, 6),
        q99_error=round(report.q99_error, 6),
        max_error=round(report.max_error, 6),
        flags=report.flags,
        fit_seconds=round(fitted - started, 2),
        edges=len(fit.mat.edges),
        faces=len(fit.mat.faces),
    )
    if row.rejected:
        return row
    pictures = _draw(task, model, settings, corpus)
    digest = write_tar(tar, _members(row, fit, pictures, settings))
    taken = round(time.process_time() - fitted, 2)
    return replace(row, picture_seconds=taken, sha256=digest)


def _fit(model: CorpusModel, settings: DatasetSettings) -> FitResult:
    """The first of ``FITS`` that the gate lets through, or the last."""
    for fit_settings in FITS:
        fit = fit_medial_mesh(
            model.vertices,
            model.faces,
            settings.spheres,
            seed=settings.seed,
            dense=settings.dense,
            settings=fit_settings,
        )
        if not reason_against(fit):
            break
    return fit


def reason_against(fit: FitResult) -> str:
    """Why a fit is not good enough to learn from; empty when it is."""
    report = fit.report
    if report.betti_mat[0] != report.betti_solid[0]:
        return f"{report.betti_mat[0]} pieces, not {report.betti_solid[0]}"
    if report.q99_error > WORST_ERROR:
        return f"one percent of the surface is more than {report.q99_error:.3f} off"
    return ""


def _draw(
    task: ShapeTask, model: CorpusModel, settings: DatasetSettings, corpus: Path
) -> list[tuple[Picture, bool]]:
    """The views of a shape, and whether each looks like a photograph."""
    if task.origin == "shapenet":
        from training.dataset.shapenet import read_views

        found = read_views(task.base)
        if found:
            return [(picture, False) for picture in found[: settings.views]]
    scenery = picture_model(model, corpus / "textures")
    renderer = Renderer(scenery)
    drawn = []
    for view in range(settings.views):
        rng = np.random.default_rng([settings.seed, zlib.crc32(task.name.encode()), view])
        # not drawn by lot: every shape has its share of both
        photo = int((view + 1) * settings.photo_share) > int(view * settings.photo_share)
        scene = draw_scene(scenery, rng, photo=photo)
        drawn.append((renderer.render(scene, settings.size), photo))
    return drawn


def _members(
    row: ShapeRow,
    fit: FitResult,
    pictures: list[tuple[Picture, bool]],
    settings: DatasetSettings,
) -> dict[str, bytes]:
    """The files of a shape by name, as WebDataset groups them: all that stands before a dot."""
    rng = np.random.default_rng([settings.seed, zlib.crc32(row.name.encode())])
    chosen = rng.permutation(len(fit.surface))[: settings.surface]
    # what depends on the machine's mood must not be in the hash
    about = {k: v for k, v in asdict(row).items() if not k.endswith("seconds")} | {
        "views": [
            {"camera": astuple(picture.camera), "photo": photo} for picture, photo in pictures
        ]
    }
    arrays: dict[str, NDArray[Any]] = {
        "spheres": fit.mat.spheres,
        "edges": fit.mat.edges.astype(np.int16),
        "faces": fit.mat.faces.astype(np.int16),
        "dense": fit.dense.astype(np.float16),
        "surface": np.hstack([fit.surface[chosen], fit.normals[chosen]]).astype(np.float16),
    }
    members = {
        f"{row.name}.json": json.dumps(about).encode(),
        f"{row.name}.mat.npz": _npz(arrays),
    }
    for view, (picture, _) in enumerate(pictures):
        members[f"{row.name}.{view:02d}.jpg"] = _jpeg(picture.image, settings.quality)
        members[f"{row.name}.{view:02d}.mask.png"] = _png(picture.coverage)
    return members


def _npz(arrays: dict[str, NDArray[Any]]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _jpeg(image: NDArray[np.uint8], quality: int) -> bytes:
    file = io.BytesIO()
    # full color resolution: the object's edge would bleed into the black around it
    Image.fromarray(image).save(file, "JPEG", quality=quality, subsampling=0)
    return file.getvalue()


def _png(mask: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(mask).save(file, "PNG")
    return file.getvalue()
