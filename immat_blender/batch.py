"""`blender -b -c image_to_mat IMAGE... -o OUT`: the main job without a window.

Every format that needs no Blender is the business of ``immat predict``, which takes the same
arguments; here are the .blend files.
"""

import argparse
import contextlib
import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NoReturn

import bpy

from immat_core.camera import Camera
from immat_core.errors import UserError

from . import bridge, live, mask_fitting, objects, predicting, stages, surface_route
from .operators import mask_fit

logger = logging.getLogger(__name__)

COMMAND = "image_to_mat"
FORMATS = ("blend", "glb", "obj", "ply", "stl", "ma", "vdb")
GOOD, BUG, WRONG_USE = 0, 1, 2


class _Parser(argparse.ArgumentParser):
    """Says what is wrong on one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Leave with the exit code of wrong use."""
        self.exit(WRONG_USE, f"{self.prog}: {message}. See {self.prog} --help\n")


@dataclass(frozen=True)
class Task:
    """One picture, the .blend file that it becomes, and the .ma file beside it if one is asked."""

    picture: Path
    output: Path
    mat: Path | None


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code: 0 good, 2 wrong use or input, 1 a bug."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as ended:
        return int(ended.code or GOOD)
    if not _makes_blend_files(arguments):
        from immat_core import cli

        return cli.main(["predict", *argv])
    try:
        tasks = plan(arguments)
        requests = [_request(task, arguments) for task in tasks]
    except UserError as error:
        return _refuse(error)
    code = GOOD
    for task, request in zip(tasks, requests, strict=True):
        code = max(code, _run(task, request, arguments), key=(GOOD, WRONG_USE, BUG).index)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog=f"blender -b -c {COMMAND}", description="Pictures to editable shapes.")
    add = parser.add_argument
    add("images", nargs="+", metavar="IMAGE", help="PNG, JPEG or WebP file of one object")
    add("-o", "--output", required=True, metavar="OUT", help=f"folder or file: {' '.join(FORMATS)}")
    add("--format", choices=FORMATS, help="format of what goes into a folder (default: blend)")
    add("--mat", metavar="OUT.ma", help="write the MAT too; a folder for several images")
    add("--mask", help="picture that is bright where the object is")
    add("--voxel", type=float, default=1 / predicting.DIVISIONS, metavar="H", help="default: 1/128")
    add("--spheres", type=int, default=256, metavar="N", help="16 to 1024 (default: 256)")
    add("--edge-threshold", type=float, default=0.2, metavar="P", help="0 to 1 (default: 0.2)")
    add("--face-threshold", type=float, default=0.3, metavar="P", help="0 to 1 (default: 0.3)")
    add("--fit-mask", action="store_true", help="then draw the shape to the picture's outline")
    add("--stage", choices=stages.NAMES, default="smoothed")
    add("--seed", type=int, default=0)
    add("--engine", choices=("onnx", "torch"), default="onnx")
    add("--json", action="store_true", help="print one JSON object an image")
    return parser


def _into_folder(arguments: argparse.Namespace) -> bool:
    output: str = arguments.output
    return len(arguments.images) > 1 or Path(output).is_dir() or output.endswith("/")


def _makes_blend_files(arguments: argparse.Namespace) -> bool:
    if _into_folder(arguments):
        return arguments.format in (None, "blend")
    return Path(arguments.output).suffix.lower() == ".blend"


def plan(arguments: argparse.Namespace) -> list[Task]:
    """What goes where; folders are made.

    Raises
    ------
    UserError
        For wrong use, before any work is done.
    """
    images = [Path(image) for image in arguments.images]
    output = Path(arguments.output)
    if arguments.mask and len(images) > 1:
        raise UserError("One mask cannot fit several images", "Give one image, or no --mask")
    if not 0 < arguments.voxel < 1:
        raise UserError(f"The voxel {arguments.voxel:g} is out of range", "Give one of 0 to 1")
    if not _into_folder(arguments):
        if arguments.format:
            raise UserError("--format goes with a folder", "Leave it out")
        if not output.parent.is_dir():
            raise UserError(f"The folder {output.parent} does not exist", "Make it first")
        return [Task(images[0], output, Path(arguments.mat) if arguments.mat else None)]
    mats = Path(arguments.mat) if arguments.mat else None
    for folder in (output, mats):
        _make_folder(folder)
    names = [image.stem for image in images]
    if len({name.lower() for name in names}) < len(names):
        raise UserError("Two images have the same name", "Run them into different folders")
    return [
        Task(image, output / f"{name}.blend", mats / f"{name}.ma" if mats else None)
        for image, name in zip(images, names, strict=True)
    ]


def _make_folder(folder: Path | None) -> None:
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{folder} cannot be made a folder ({error.strerror})") from None


def _request(task: Task, arguments: argparse.Namespace) -> predicting.PredictRequest:
    from immat_core.predict import PredictSettings

    settings = PredictSettings(
        spheres=arguments.spheres,
        edge_threshold=arguments.edge_threshold,
        face_threshold=arguments.face_threshold,
        stage=arguments.stage,
        seed=arguments.seed,
    )
    engine = predicting.EngineSettings(arguments.engine)
    return predicting.PredictRequest(
        str(task.picture), arguments.mask or "", settings, engine, voxel=arguments.voxel
    )


def _run(task: Task, request: predicting.PredictRequest, arguments: argparse.Namespace) -> int:
    """Do one task, say how it went, and return the exit code that it asks for."""
    try:
        report = convert(task, request, fits=arguments.fit_mask)
    except UserError as error:
        if arguments.json:
            failed = {"input": str(task.picture), "output": None, "errors": [str(error)]}
            print(json.dumps(failed), flush=True)
        return _refuse(error)
    except Exception:  # the boundary of the command: the other pictures have their turn
        logger.exception("%s failed", task.picture)
        return BUG
    if arguments.json:
        print(json.dumps(report), flush=True)
    else:
        print(f"{task.picture} -> {task.output}: {report['spheres']} spheres", flush=True)
    return GOOD


def _refuse(error: UserError) -> int:
    print(f"{COMMAND}: {error}", file=sys.stderr, flush=True)
    return WRONG_USE


def convert(
    task: Task, request: predicting.PredictRequest, *, fits: bool = False
) -> dict[str, Any]:
    """Predict from one picture, fit to its mask if asked, and write its files.

    Returns what ``--json`` prints.
    """
    from immat_core.ma_file import write_ma

    surface_route.choose_cache_folder()
    result = predicting.predict(request, lambda *_: None, lambda: False)
    seconds = dict(result.seconds)
    with _timed(seconds, "objects"):
        obj = _build_file(result)
    covered = {}
    if fits:
        with _timed(seconds, "fit"):
            covered = _fit_to_picture(obj)
    mat, mesh = bridge.read_medial_mesh(obj), _mesh_report(obj.immat.surface)
    with _timed(seconds, "write"):
        _save(task.output)
        if task.mat is not None:
            write_ma(task.mat, mat)
    return {
        "input": str(task.picture),
        "output": str(task.output),
        "seconds": {stage: round(value, 4) for stage, value in seconds.items()},
        "spheres": len(mat.radii),
        "edges": len(mat.edges),
        "faces": len(mat.faces),
        "mesh": mesh,
        "mat": None if task.mat is None else str(task.mat),
        "stage": request.settings.stage,
        "category": result.prediction.category,
        "mask": result.mask_source,
        "camera": asdict(Camera(*obj.immat.camera)),
        **covered,
        "errors": [],
    }


def _build_file(result: predicting.PredictResult) -> bpy.types.Object:
    """A new file with the MAT and its surface, as the Predict button makes them."""
    bpy.ops.wm.read_homefile(use_empty=True)
    obj = objects.add_predicted_mat(bpy.context, result)
    obj.immat.picture = str(Path(result.request.picture).resolve())
    live.adopt(obj, result.surface)
    return obj


def _fit_to_picture(obj: bpy.types.Object) -> dict[str, float]:
    """What the Fit to Picture button does, at once; returns how well the mask is covered."""
    request = mask_fit.mask_fit_request(obj)
    outcome = mask_fitting.fit(request, lambda *_: None, lambda: False)
    mask_fit.apply_mask_fit(outcome)
    live.rebuild(obj)
    fit = outcome.fit
    return {"iou_before": round(fit.iou_before, 4), "iou": round(fit.iou_after, 4)}


def _mesh_report(surface: bpy.types.Object) -> dict[str, Any]:
    """What is true of the mesh that Blender has, not of the one that it was given."""
    from immat_core.surface.checks import check_polygons

    from .surface_mesh import read_surface

    return asdict(check_polygons(*read_surface(surface.data), full=True))


def _save(path: Path) -> None:
    from immat_core.atomic_file import written_beside

    with written_beside(path) as beside:
        try:
            bpy.ops.wm.save_as_mainfile(filepath=str(beside.resolve()), copy=True)
        except RuntimeError as error:
            raise OSError(str(error).strip()) from error


@contextlib.contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - started


_commands: list[Any] = []


def register() -> None:
    """Make the command known to Blender."""
    _commands.append(bpy.utils.register_cli_command(COMMAND, main))


def unregister() -> None:
    """Take it away."""
    while _commands:
        bpy.utils.unregister_cli_command(_commands.pop())
