"""``immat predict``: pictures to medial meshes and surfaces."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from immat_core.cli.outputs import (
    FORMATS,
    add_surface_arguments,
    check_surface_arguments,
    checked_output,
    distinct_names,
    make_folder,
)
from immat_core.cli.report import (
    BUG,
    GOOD,
    WRONG,
    Report,
    count_simplices,
    progress,
    severity,
    write_output,
)
from immat_core.errors import UserError

if TYPE_CHECKING:
    from immat_core.camera import Camera
    from immat_core.engine import Engine
    from immat_core.image import Picture
    from immat_core.mask_fit import MaskFit
    from immat_core.predict import ImageToMat, Prediction, PredictSettings

HELP = "pictures to medial meshes and surfaces"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("images", nargs="+", metavar="IMAGE", type=Path, help="PNG, JPEG or WebP file")
    add(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help="file whose suffix picks the format, or a folder, which several images need",
    )
    add("--format", choices=FORMATS, help="format of what goes into a folder (default: ply)")
    add("--mat", metavar="OUT.ma", help="write the medial mesh too; a folder for several images")
    add("--mask", type=Path, help="picture that is bright where the object is")
    add_surface_arguments(parser)
    add("--spheres", type=int, default=256, metavar="N", help="16 to 1024 (default: 256)")
    add("--edge-threshold", type=float, default=0.2, metavar="P", help="0 to 1 (default: 0.2)")
    add("--face-threshold", type=float, default=0.3, metavar="P", help="0 to 1 (default: 0.3)")
    add("--fit-mask", action="store_true", help="then draw the shape to the picture's outline")
    add("--stage", choices=("initial", "refined", "smoothed"), default="smoothed")
    add("--seed", type=int, default=0, help="chooses among spheres when N is not 256 (default: 0)")
    add("--engine", choices=("onnx", "torch"), default="onnx", help="default: onnx")
    add("--json", action="store_true", help="print one JSON object an image")


@dataclass(frozen=True)
class _Job:
    """One picture and where its results go."""

    image: Path
    output: Path
    mat: Path | None


def run(arguments: argparse.Namespace, engine: Engine | None = None) -> int:
    """``immat predict``: every image by itself; a bad one does not stop the others."""
    from immat_core.predict import ImageToMat, PredictSettings

    settings = PredictSettings(
        spheres=arguments.spheres,
        edge_threshold=arguments.edge_threshold,
        face_threshold=arguments.face_threshold,
        stage=arguments.stage,
        seed=arguments.seed,
    )
    given = Path(arguments.output)
    named = given if arguments.format is None else given / f"*.{arguments.format}"
    check_surface_arguments(arguments, [named])
    jobs = _jobs(arguments)
    if engine is None:
        from immat_core.engine import load_engine

        engine = load_engine(arguments.engine)
    model = ImageToMat(engine)
    code = GOOD
    with progress(len(jobs)) as (say, step):
        for job in jobs:
            code = max(code, _try_image(model, job, settings, arguments, say), key=severity)
            step()
    return code


def _try_image(
    model: ImageToMat,
    job: _Job,
    settings: PredictSettings,
    arguments: argparse.Namespace,
    say: Callable[[str, TextIO], None],
) -> int:
    """Predict from one image, say how it went, and return the exit code that it asks for."""
    try:
        report = _predict_image(model, job, settings, arguments)
    except UserError as error:
        say(f"immat predict: {error}", sys.stderr)
        if arguments.json:
            failed = {"input": str(job.image), "output": None, "errors": [str(error)]}
            say(json.dumps(failed), sys.stdout)
        return WRONG
    except (KeyboardInterrupt, BrokenPipeError):
        raise
    except Exception:  # A bug: told in full, and the other images still have their turn.
        say(f"immat predict: a bug, at {job.image}\n{traceback.format_exc()}", sys.stderr)
        return BUG
    say(report.line(arguments.json), sys.stdout)
    return GOOD


def _predict_image(
    model: ImageToMat, job: _Job, settings: PredictSettings, arguments: argparse.Namespace
) -> Report:
    from immat_core.image import load_picture
    from immat_core.ma_file import write_ma

    report = Report(job.image, job.output)
    with report.timed("load"):
        picture = load_picture(job.image, arguments.mask)
    model.set_image(picture)
    prediction = model.predict(settings)
    report.seconds |= prediction.seconds
    fit = _fitted(report, prediction, settings, picture, arguments.fit_mask)
    mat = fit.mat
    count_simplices(report, mat)
    write_output(
        report,
        mat,
        arguments.voxel,
        arguments.json,
        crisp=arguments.crisp,
        target_faces=arguments.target_faces,
    )
    if job.mat is not None:
        with report.timed("write"):
            write_ma(job.mat, mat)
    report.extra |= {
        "mat": None if job.mat is None else str(job.mat),
        "stage": settings.stage,
        "category": prediction.category,
        "mask": picture.source.value,
        "crisp": arguments.crisp,
        "target_faces": arguments.target_faces,
        "camera": _camera(prediction, fit.camera),
        "iou": round(fit.iou_after, 4),
    }
    if arguments.fit_mask:
        report.extra["iou_before"] = round(fit.iou_before, 4)
    return report


def _fitted(
    report: Report,
    prediction: Prediction,
    settings: PredictSettings,
    picture: Picture,
    moves: bool,
) -> MaskFit:
    """The prediction's shape and camera, drawn to the picture's mask if it ``moves``."""
    from immat_core.image import crop
    from immat_core.mask_fit import FIT_SIZE, compare_with_mask, fit_to_mask

    mat, mask = prediction.medial_mesh(settings), crop(picture, FIT_SIZE).image[3]
    if not moves:
        return compare_with_mask(mat, prediction.camera, mask)
    with report.timed("fit"):
        return fit_to_mask(mat, prediction.camera, mask)


def _camera(prediction: Prediction, camera: Camera) -> dict[str, Any]:
    """The camera of the crop, and where the crop lies in the picture."""
    left, top, side = prediction.crop_box
    width, height = prediction.picture_size
    return {
        **asdict(camera),
        "crop": {"left": left, "top": top, "side": side},
        "picture": {"width": width, "height": height},
    }


def _jobs(arguments: argparse.Namespace) -> list[_Job]:
    """Where each image's results go; wrong use is found before any work is done."""
    images: list[Path] = arguments.images
    folder = Path(arguments.output)
    into_folder = len(images) > 1 or folder.is_dir() or arguments.output.endswith("/")
    if arguments.mask is not None and len(images) > 1:
        raise UserError("one mask cannot fit several images", "Give one image, or no --mask")
    if not into_folder:
        if arguments.format is not None:
            raise UserError(
                "--format goes with a folder", "Leave it out; the suffix of OUT picks the format"
            )
        output = checked_output(arguments.output, FORMATS, images)
        mat = None if arguments.mat is None else checked_output(arguments.mat, ("ma",), images)
        return [_Job(images[0], output, mat)]
    suffix = f".{arguments.format or 'ply'}"
    make_folder(folder)
    mats = None if arguments.mat is None else Path(arguments.mat)
    if mats is not None and len(images) == 1 and mats.suffix.lower() == ".ma":
        mat = checked_output(arguments.mat, ("ma",), images)
        return [_Job(images[0], folder / f"{images[0].stem}{suffix}", mat)]
    if mats is not None:
        make_folder(mats)
    names = distinct_names(images)
    return [
        _Job(image, folder / f"{name}{suffix}", None if mats is None else mats / f"{name}.ma")
        for image, name in zip(images, names, strict=True)
    ]
