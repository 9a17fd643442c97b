"""`blender -b -c image_to_mat IMAGE... -o OUT`: the main job without a window."""

import argparse
import contextlib
import json
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from immat_core.errors import UserError

from . import live, objects, predicting, stages

if TYPE_CHECKING:
    from immat_core.medial_mesh import MedialMesh
    from immat_core.predict import Prediction, PredictSettings

logger = logging.getLogger(__name__)

COMMAND = "image_to_mat"
SUFFIXES = (".blend", ".glb", ".obj", ".ply", ".stl", ".ma", ".vdb")
GOOD, BUG, WRONG_USE = 0, 1, 2


@dataclass(frozen=True)
class Task:
    """One picture and where its shape goes."""

    picture: Path
    output: Path
    mat: Path | None


def main(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code: 0 good, 2 wrong use or input, 1 a bug."""
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as ended:
        return int(ended.code or GOOD)
    try:
        settings = _settings(arguments)
        tasks = plan(arguments)
    except UserError as error:
        return _refuse(error)
    code = GOOD
    for number, task in enumerate(tasks, 1):
        if len(tasks) > 1:
            print(f"[{number}/{len(tasks)}] {task.picture}", file=sys.stderr)
        code = max(code, _run(task, settings, arguments), key=_severity)
    return code


def plan(arguments: argparse.Namespace) -> list[Task]:
    """What goes where: one picture to a file or into a folder, several into a folder.

    Raises
    ------
    UserError
        For an output that is no folder or no format that can be written.
    """
    output = Path(arguments.output)
    to_folder = len(arguments.images) > 1 or output.is_dir() or arguments.output.endswith("/")
    if not to_folder:
        if output.suffix.lower() not in SUFFIXES:
            raise UserError(f"{output} has no suffix of a format", f"Use {', '.join(SUFFIXES)}")
        mat = Path(arguments.mat) if arguments.mat else None
        return [Task(Path(arguments.images[0]), output, mat)]
    if output.is_file():
        raise UserError(f"{output} is a file, but several pictures need a folder")
    output.mkdir(parents=True, exist_ok=True)
    suffix = "." + arguments.format.lstrip(".")
    tasks = []
    for image in map(Path, arguments.images):
        mat = output / f"{image.stem}.ma" if arguments.mat else None
        tasks.append(Task(image, output / f"{image.stem}{suffix}", mat))
    if len({task.output for task in tasks}) < len(tasks):
        raise UserError("Two pictures have the same name", "Run them into different folders")
    return tasks


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"blender -b -c {COMMAND}", description="Turn pictures into editable shapes."
    )
    add = parser.add_argument
    add("images", nargs="+", metavar="IMAGE", help="pictures, one object in each")
    add(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help=f"a file ({' '.join(SUFFIXES)}) or folder",
    )
    add("--format", default="blend", choices=[s[1:] for s in SUFFIXES], help="suffix in a folder")
    add("--mat", metavar="OUT.ma", help="also write the medial axis transform")
    add("--mask", help="a picture that is white on the object; for a single picture")
    add("--voxel", type=float, default=1 / objects.DIVISIONS, help="size of the finest detail")
    add("--spheres", type=int, default=256)
    add("--edge-threshold", type=float, default=0.2)
    add("--face-threshold", type=float, default=0.3)
    add("--stage", choices=stages.NAMES, default="smoothed")
    add("--seed", type=int, default=0)
    add("--json", action="store_true", help="print one JSON object a picture")
    return parser


def _settings(arguments: argparse.Namespace) -> "PredictSettings":
    from immat_core.predict import PredictSettings

    if not arguments.voxel > 0:
        raise UserError(f"The voxel size {arguments.voxel} is not above 0")
    if arguments.mask and len(arguments.images) > 1:
        raise UserError("One mask cannot fit several pictures", "Give the pictures one by one")
    return PredictSettings(
        spheres=arguments.spheres,
        edge_threshold=arguments.edge_threshold,
        face_threshold=arguments.face_threshold,
        stage=arguments.stage,
        seed=arguments.seed,
    )


def _severity(code: int) -> int:
    """A bug outranks a bad input, which outranks success."""
    return (GOOD, WRONG_USE, BUG).index(code)


def _run(task: Task, settings: "PredictSettings", arguments: argparse.Namespace) -> int:
    try:
        report = convert(task, settings, arguments.mask or "", arguments.voxel)
    except UserError as error:
        return _refuse(error)
    except Exception:  # the boundary of the command: the other pictures go on
        logger.exception("%s failed", task.picture)
        return BUG
    if arguments.json:
        print(json.dumps(report), flush=True)
    else:
        print(f"{task.output}: {report['spheres']} spheres, {report['mesh']['faces']} faces")
    return GOOD


def _refuse(error: UserError) -> int:
    print(f"{COMMAND}: {error}", file=sys.stderr)
    return WRONG_USE


def convert(task: Task, settings: "PredictSettings", mask: str, voxel: float) -> dict[str, Any]:
    """Predict from one picture and write its files; returns what ``--json`` prints."""
    from immat_core.ma_file import write_ma
    from immat_core.surface import build_surface
    from immat_core.surface.checks import check_surface

    seconds: dict[str, float] = {}
    request = predicting.PredictRequest(
        str(task.picture), mask, settings, predicting.EngineSettings()
    )
    prediction = predicting.predict(request, lambda *_: None, lambda: False).prediction
    seconds.update(prediction.seconds)
    mat = prediction.medial_mesh(settings)
    with _timed(seconds, "surface"):
        surface = build_surface(mat, voxel)
    with _timed(seconds, "write"):
        if task.output.suffix.lower() == ".blend":
            _write_blend(task, prediction, settings, voxel)
        else:
            _write_file(task.output, mat, surface, voxel)
        if task.mat is not None:
            write_ma(task.mat, mat)
    return {
        "input": str(task.picture),
        "output": str(task.output),
        "seconds": seconds,
        "spheres": len(mat.radii),
        "edges": len(mat.edges),
        "faces": len(mat.faces),
        "mesh": dict(vars(check_surface(surface))),
        "camera": dict(vars(prediction.camera)),
    }


def _write_file(output: Path, mat: "MedialMesh", surface: Any, voxel: float) -> None:
    from immat_core.ma_file import write_ma
    from immat_core.mesh_file import write_grid, write_mesh

    suffix = output.suffix.lower()
    if suffix == ".ma":
        write_ma(output, mat)
    elif suffix == ".vdb":
        write_grid(output, mat, voxel)
    else:
        write_mesh(output, surface)


def _write_blend(
    task: Task, prediction: "Prediction", settings: "PredictSettings", voxel: float
) -> None:
    """A new file with the MAT and its surface, as the Predict button makes them."""
    from immat_core.atomic_file import written_beside

    bpy.ops.wm.read_homefile(use_empty=True)
    obj = objects.add_predicted_mat(
        bpy.context,
        prediction,
        settings,
        name=task.picture.stem,
        picture=str(task.picture.resolve()),
    )
    obj.immat.voxel = voxel
    live.rebuild(obj)
    with written_beside(task.output) as beside:
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
