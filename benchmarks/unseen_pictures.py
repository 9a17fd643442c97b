"""Pictures that nothing was trained on: what the product makes of each, good and bad alike.

    IMMAT_CACHE=.tools/kernels OMP_NUM_THREADS=1 python -m benchmarks.unseen_pictures

``unseen_pictures.tsv`` lists them: photographs with their backgrounds, photographs that somebody
cut out, and drawings, from Debian and npm packages of which none is in the training corpus. They
are fetched into ``data/unseen`` and go through what ``immat predict`` does, with its defaults. The
marked part of ``docs/unseen.md`` and ``docs/images/unseen.jpg`` are written anew. The verdicts in
``unseen_verdicts.tsv`` are a human's: look through the sheet again when the weights change.
"""

from __future__ import annotations

import argparse
import csv
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm import tqdm

from benchmarks.unseen_sources import (
    CUT_OUT,
    DRAWING,
    PHOTO,
    UnseenPicture,
    fetch_pictures,
    load_pictures,
    write_cropped,
)
from immat_core.camera import Camera, frame_camera
from immat_core.cli.outputs import VOXEL
from immat_core.engine import load_engine
from immat_core.errors import UserError
from immat_core.image import Picture, crop, load_picture
from immat_core.ma_file import write_ma
from immat_core.mask_fit import FIT_SIZE, compare_with_mask
from immat_core.medial_mesh import MedialMesh
from immat_core.mesh_file import write_mesh
from immat_core.metrics import Triangles
from immat_core.predict import ImageToMat, PredictSettings
from immat_core.surface import build_surface
from immat_core.surface.checks import check_surface
from immat_core.surface.mesh import SurfaceMesh
from training.evaluation.panels import OURS, Panel, medial_panel, surface_panel, write_grid
from training.marked_page import DOCS, write_marked

Pixels: TypeAlias = NDArray[np.uint8]

HERE = Path(__file__).parent
UNSEEN_FOLDER = Path("data/unseen")
MARK = "unseen pictures"

NOT_LOOKED_AT = "not looked at yet"
VERDICTS = ("good", "usable", "bad")
"""What a human's verdict begins with, before a colon and a short sentence."""

ABREAST, TITLES = 2, ("picture", "its mask", "medial mesh", "surface", "another side")
SHOWN_PIXELS, PAPER = 240, 0.85
FAINT = np.array([1.0, 0.85, 0.85])
"""What white is faded to where there is background."""
OTHER_AZIMUTH, OTHER_ELEVATION = 2.2, 0.35
"""Radians: how far the other side is turned away from the picture's, and its view's height."""


@dataclass(frozen=True, eq=False)
class Found:
    """What was made of a picture.

    Attributes
    ----------
    picture, mat, camera, surface, category
        With the mask that was found; the medial mesh, its camera and surface; what it is taken for.
    iou
        Of the rebuilt shape's silhouette, in the camera that was predicted, with the mask.
    seconds
        CPU time from the file to the surface.
    closed
        Whether the surface is.
    """

    picture: Picture
    mat: MedialMesh
    camera: Camera
    surface: SurfaceMesh
    category: str
    iou: float
    seconds: float
    closed: bool


@dataclass(frozen=True)
class Refused:
    """Why nothing was made of a picture, in the words that a user reads."""

    reason: str


Outcomes: TypeAlias = Sequence[tuple[UnseenPicture, Found | Refused]]


def load_verdicts(path: Path = HERE / "unseen_verdicts.tsv") -> dict[str, str]:
    """Read the verdicts by the picture's name."""
    with path.open(encoding="utf-8", newline="") as file:
        return {line["name"]: line["verdict"] for line in csv.DictReader(file, delimiter="\t")}


def predict_picture(path: Path, model: ImageToMat) -> Found | Refused:
    """From a file to a surface, as ``immat predict`` does it."""
    began = time.process_time()
    try:
        picture = load_picture(path)
    except UserError as error:
        return Refused(error.what.replace(str(path), "this picture"))
    model.set_image(picture)
    prediction = model.predict()
    mat = prediction.medial_mesh(PredictSettings())
    surface = build_surface(mat, VOXEL)
    seconds = time.process_time() - began
    fit = compare_with_mask(mat, prediction.camera, crop(picture, FIT_SIZE).image[3])
    closed, taken_for = check_surface(surface).closed, prediction.category
    return Found(
        picture, mat, prediction.camera, surface, taken_for, fit.iou_after, seconds, closed
    )


def section(outcomes: Outcomes, verdicts: Mapping[str, str], known: Sequence[str]) -> str:
    """The marked part of the page, in Markdown.

    ``known`` are the categories that the networks tell apart; verdicts go by the pictures' names.
    """
    head = ("picture", "is a", "taken for a", "mask IoU", "CPU s", "closed", "verdict")
    rows = [_row(picture, made, _verdict(picture, verdicts)) for picture, made in outcomes]
    sources = ("picture", "what", "package", "file", "cropped to", "licence", "author")
    return "\n\n".join(
        [
            _summary(outcomes, verdicts, known),
            "![Each picture, its mask, medial mesh and surface from two sides](images/unseen.jpg)",
            _table(head, rows),
            "## Where they come from",
            _table(sources, [_source(picture) for picture, _ in outcomes]) + "\n",
        ]
    )


def _summary(outcomes: Outcomes, verdicts: Mapping[str, str], known: Sequence[str]) -> str:
    kinds = Counter(picture.kind for picture, _ in outcomes)
    made = [(picture, found) for picture, found in outcomes if isinstance(found, Found)]
    askable = [(p, found) for p, found in made if p.category in known]
    right = sum(p.category == found.category for p, found in askable)
    said = Counter(_verdict(picture, verdicts).partition(":")[0] for picture, _ in outcomes)
    lines = [
        f"{len(outcomes)} pictures: {kinds[PHOTO]} photographs with backgrounds, "
        f"{kinds[CUT_OUT]} cut-out photographs, {kinds[DRAWING]} drawings. "
        f"{len(outcomes) - len(made)} were refused, {len(made)} became a shape.",
        f"The networks know {len(known)} categories: {', '.join(known)}. Of the {len(askable)} "
        f"shapes that are one of these, {right} were taken for what they are.",
        "Verdicts: " + ", ".join(f"{count} {word}" for word, count in said.most_common()) + ".",
    ]
    if made:
        median = float(np.median([found.iou for _, found in made]))
        lines.append(f"The median mask IoU is {median:.2f}.")
    return "\n".join(lines)


def _row(picture: UnseenPicture, made: Found | Refused, verdict: str) -> tuple[str, ...]:
    asked = picture.name, picture.category
    if isinstance(made, Refused):
        return *asked, "", "", "", "", f"{verdict}; refused: {made.reason}"
    closed = "yes" if made.closed else "no"
    return *asked, made.category, f"{made.iou:.2f}", f"{made.seconds:.1f}", closed, verdict


def _verdict(picture: UnseenPicture, verdicts: Mapping[str, str]) -> str:
    return verdicts.get(picture.name, NOT_LOOKED_AT)


def _source(picture: UnseenPicture) -> tuple[str, ...]:
    box = "" if picture.crop is None else ", ".join(map(str, picture.crop))
    package = f"{picture.registry}: {picture.package} {picture.version}"
    path = picture.path.removeprefix("package/")
    return picture.name, picture.kind, package, path, box, picture.licence, picture.author


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write_sheet(path: Path, outcomes: Outcomes, folder: Path) -> None:
    """Write the panels of all pictures, ``ABREAST`` beside one another, as a JPEG."""
    rows = [_panels(picture, made, folder) for picture, made in outcomes]
    lines = [[*chain(*rows[k : k + ABREAST])] for k in range(0, len(rows), ABREAST)]
    write_grid(path, lines, TITLES * ABREAST)


def _panels(picture: UnseenPicture, made: Found | Refused, folder: Path) -> list[Panel]:
    """As many as ``TITLES``."""
    with Image.open(folder / "pictures" / f"{picture.name}.png") as opened:
        given = _thumbnail(np.asarray(opened.convert("RGBA")))
    shown = _named(_over_paper(given), picture.name)
    if isinstance(made, Refused):
        return [shown, _words(made.reason), *[_words("")] * (len(TITLES) - 2)]
    vertices = made.surface.vertices.astype(np.float64)
    mesh = Triangles(vertices, made.surface.triangles.astype(np.int64))
    azimuth = made.camera.azimuth + OTHER_AZIMUTH
    other = frame_camera(vertices, azimuth, OTHER_ELEVATION)
    return [
        shown,
        _named(_with_faint_background(_thumbnail(made.picture.rgba))),
        medial_panel(made.mat.spheres, made.mat.all_edges, made.mat.faces, made.camera),
        surface_panel(mesh, made.camera, OURS),
        surface_panel(mesh, other, OURS),
    ]


def _thumbnail(rgba: Pixels) -> NDArray[np.float64]:
    """(h, w, 4) 0..1 of at most ``SHOWN_PIXELS`` along each side."""
    scale = min(1.0, SHOWN_PIXELS / max(rgba.shape[:2]))
    size = max(round(rgba.shape[1] * scale), 1), max(round(rgba.shape[0] * scale), 1)
    # Each plane by itself: together, Pillow blackens the color where alpha is 0.
    planes = [Image.fromarray(np.ascontiguousarray(rgba[..., k])) for k in range(4)]
    small = [np.asarray(plane.resize(size, Image.Resampling.BOX)) for plane in planes]
    return np.asarray(np.stack(small, axis=2) / 255)


def _over_paper(rgba: NDArray[np.float64]) -> NDArray[np.float64]:
    """(h, w, 3) 0..1, over light gray where it is transparent."""
    alpha = rgba[..., 3:]
    return np.asarray(rgba[..., :3] * alpha + PAPER * (1 - alpha))


def _with_faint_background(rgba: NDArray[np.float64]) -> NDArray[np.float64]:
    """(h, w, 3) 0..1: the object as it is, the rest faint and red, so that errors are seen."""
    alpha, color = rgba[..., 3:], rgba[..., :3]
    faint = FAINT - 0.25 * (1 - color.mean(2, keepdims=True))
    return np.asarray(color * alpha + faint * (1 - alpha))


def _squared(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pixels (h, w, 3) in the middle of a white square."""
    height, width = pixels.shape[:2]
    square = np.ones((max(height, width),) * 2 + (3,))
    top, left = (len(square) - height) // 2, (len(square) - width) // 2
    square[top : top + height, left : left + width] = pixels
    return square


def _named(pixels: NDArray[np.float64], name: str = "") -> Panel:
    def panel(axis: Any) -> None:
        axis.imshow(_squared(pixels))
        place = {"ha": "right", "va": "center", "transform": axis.transAxes}
        axis.text(-0.02, 0.5, name, rotation=90, fontsize=6, **place)

    return panel


def _words(text: str) -> Panel:
    wrapped = textwrap.fill(text, 26)
    return lambda axis: axis.text(0.02, 0.5, wrapped, va="center", fontsize=6)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch, predict, and write the sheet and the page; 2 when the pictures cannot be had."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, help="folder of networks (default: the shipped)")
    parser.add_argument("--out", type=Path, default=UNSEEN_FOLDER / "results", help="for shapes")
    options = parser.parse_args(arguments)
    pictures = load_pictures()
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        fetch_pictures(pictures, UNSEEN_FOLDER)
        engine = load_engine("onnx", options.weights)
        model, outcomes = ImageToMat(engine), []
        for picture in tqdm(pictures, unit="picture"):
            made = predict_picture(write_cropped(picture, UNSEEN_FOLDER), model)
            outcomes.append((picture, made))
            if isinstance(made, Found):
                write_ma(options.out / f"{picture.name}.ma", made.mat)
                write_mesh(options.out / f"{picture.name}.ply", made.surface)
        write_sheet(DOCS / "images" / "unseen.jpg", outcomes, UNSEEN_FOLDER)
        text = section(outcomes, load_verdicts(), engine.config.categories)
        write_marked(DOCS / "unseen.md", MARK, text)
    except UserError as error:
        print(f"unseen_pictures: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
