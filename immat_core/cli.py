"""The command line: ``immat predict`` and ``immat surface`` (also ``python -m immat_core``).

Exit codes: 0 good, 2 wrong use or unreadable input (one line on stderr), 130 interrupted, 1 a bug.
What a command needs is imported when it runs, so that ``immat --help`` answers at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from immat_core.errors import UserError

if TYPE_CHECKING:
    from immat_core.engine import Engine
    from immat_core.medial_mesh import MedialMesh
    from immat_core.predict import ImageToMat, Prediction, PredictSettings

GOOD, BUG, WRONG, INTERRUPTED = 0, 1, 2, 130

VOXEL = 1 / 128
"""Default distance of the surface's samples, in units of the object's diagonal."""

SURFACE_FORMATS = ("ply", "obj", "stl", "glb", "vdb")
FORMATS = (*SURFACE_FORMATS, "ma")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong on one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{self.prog}: {message}. See {self.prog} --help\n")


def main(argv: Sequence[str] | None = None, *, engine: Engine | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    argv
        Arguments without the program's name; None takes the process's own.
    engine
        Runs the networks; None opens the one that the arguments name.
    """
    try:
        arguments = _parser().parse_args(argv)
    except SystemExit as stop:
        return int(stop.code or 0)
    try:
        if arguments.command == "surface":
            return _surface(arguments)
        return _predict(arguments, engine)
    except UserError as error:
        _say(f"immat {arguments.command}: {error}", sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        _say(f"immat {arguments.command}: interrupted", sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return GOOD


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="immat", description="One picture becomes an editable medial mesh and its surface."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_predict(commands.add_parser("predict", help="pictures to medial meshes and surfaces"))
    _add_surface(commands.add_parser("surface", help="rebuild the surface of a medial mesh"))
    return parser


def _add_predict(parser: argparse.ArgumentParser) -> None:
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
    add("--voxel", type=float, default=VOXEL, metavar="H", help="resolution (default: 1/128)")
    add("--spheres", type=int, default=256, metavar="N", help="16 to 1024 (default: 256)")
    add("--edge-threshold", type=float, default=0.2, metavar="P", help="0 to 1 (default: 0.2)")
    add("--face-threshold", type=float, default=0.3, metavar="P", help="0 to 1 (default: 0.3)")
    add("--stage", choices=("initial", "refined", "smoothed"), default="smoothed")
    add("--seed", type=int, default=0, help="chooses among spheres when N is not 256 (default: 0)")
    add("--engine", choices=("onnx", "torch"), default="onnx", help="default: onnx")
    add("--json", action="store_true", help="print one JSON object an image")


def _add_surface(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("mat", metavar="IN.ma", type=Path)
    add("-o", "--output", required=True, metavar="OUT", help=", ".join(SURFACE_FORMATS))
    add("--voxel", type=float, default=VOXEL, metavar="H", help="resolution (default: 1/128)")
    add("--json", action="store_true", help="print one JSON object")


@dataclass
class _Report:
    """What is told about one input."""

    input: Path
    output: Path
    seconds: dict[str, float] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Add the time that the block takes to a stage."""
        started = time.perf_counter()
        yield
        self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - started

    def line(self, as_json: bool) -> str:
        """One line about an input that went well."""
        if as_json:
            seconds = {stage: round(value, 4) for stage, value in self.seconds.items()}
            told = {"input": str(self.input), "output": str(self.output), "seconds": seconds}
            return json.dumps({**told, **self.extra, "errors": []})
        counts = ", ".join(f"{self.extra[k]} {k}" for k in ("spheres", "edges", "faces"))
        return f"{self.input} -> {self.output}: {counts}, {sum(self.seconds.values()):.2f} s"


@dataclass(frozen=True)
class _Job:
    """One picture and where its results go."""

    image: Path
    output: Path
    mat: Path | None


def _predict(arguments: argparse.Namespace, engine: Engine | None) -> int:
    """``immat predict``: every image by itself; a bad one does not stop the others."""
    from immat_core.predict import ImageToMat, PredictSettings

    settings = PredictSettings(
        spheres=arguments.spheres,
        edge_threshold=arguments.edge_threshold,
        face_threshold=arguments.face_threshold,
        stage=arguments.stage,
        seed=arguments.seed,
    )
    _check_voxel(arguments.voxel)
    jobs = _jobs(arguments)
    if engine is None:
        from immat_core.engine import load_engine

        engine = load_engine(arguments.engine)
    model = ImageToMat(engine)
    code = GOOD
    with _progress(len(jobs)) as (say, step):
        for job in jobs:
            code = max(code, _try_image(model, job, settings, arguments, say), key=_severity)
            step()
    return code


def _severity(code: int) -> int:
    """Order of exit codes when inputs differ: a bug outweighs a bad input."""
    return (GOOD, WRONG, BUG).index(code)


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
) -> _Report:
    from immat_core.image import load_picture
    from immat_core.ma_file import write_ma

    report = _Report(job.image, job.output)
    with report.timed("load"):
        picture = load_picture(job.image, arguments.mask)
    model.set_image(picture)
    prediction = model.predict(settings)
    report.seconds |= prediction.seconds
    mat = prediction.medial_mesh(settings)
    _count(report, mat)
    _write(report, mat, arguments.voxel, arguments.json)
    if job.mat is not None:
        with report.timed("write"):
            write_ma(job.mat, mat)
    report.extra |= {
        "mat": None if job.mat is None else str(job.mat),
        "stage": settings.stage,
        "category": prediction.category,
        "mask": picture.source.value,
        "camera": _camera(prediction),
    }
    return report


def _camera(prediction: Prediction) -> dict[str, Any]:
    """The camera of the crop, and where the crop lies in the picture."""
    left, top, side = prediction.crop_box
    width, height = prediction.picture_size
    return {
        **asdict(prediction.camera),
        "crop": {"left": left, "top": top, "side": side},
        "picture": {"width": width, "height": height},
    }


def _surface(arguments: argparse.Namespace) -> int:
    """``immat surface``."""
    from immat_core.ma_file import read_ma

    _check_voxel(arguments.voxel)
    output = _checked_output(arguments.output, SURFACE_FORMATS, [arguments.mat])
    report = _Report(arguments.mat, output)
    with report.timed("load"):
        mat = read_ma(arguments.mat)
    _count(report, mat)
    _write(report, mat, arguments.voxel, arguments.json)
    _say(report.line(arguments.json), sys.stdout)
    return GOOD


def _count(report: _Report, mat: MedialMesh) -> None:
    report.extra |= {"spheres": len(mat.radii), "edges": len(mat.edges), "faces": len(mat.faces)}


def _write(report: _Report, mat: MedialMesh, voxel: float, as_json: bool) -> None:
    """Write the output in its format; note what its mesh is like (null for a .ma file)."""
    from immat_core.ma_file import write_ma
    from immat_core.mesh_file import write_grid, write_mesh
    from immat_core.surface import build_surface
    from immat_core.surface.checks import check_surface

    suffix = report.output.suffix.lower()
    report.extra["mesh"] = None
    if suffix == ".ma":
        with report.timed("write"):
            write_ma(report.output, mat)
        return
    if suffix == ".vdb":
        with report.timed("write"):
            write_grid(report.output, mat, voxel)
        if not as_json:
            return
    with report.timed("surface"):
        mesh = build_surface(mat, voxel)
    if suffix != ".vdb":
        with report.timed("write"):
            write_mesh(report.output, mesh)
    if as_json:
        report.extra["mesh"] = asdict(check_surface(mesh))


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
        output = _checked_output(arguments.output, FORMATS, images)
        mat = None if arguments.mat is None else _checked_output(arguments.mat, ("ma",), images)
        return [_Job(images[0], output, mat)]
    suffix = f".{arguments.format or 'ply'}"
    _make_folder(folder)
    mats = None if arguments.mat is None else Path(arguments.mat)
    if mats is not None and len(images) == 1 and mats.suffix.lower() == ".ma":
        mat = _checked_output(arguments.mat, ("ma",), images)
        return [_Job(images[0], folder / f"{images[0].stem}{suffix}", mat)]
    if mats is not None:
        _make_folder(mats)
    names = _distinct_names(images)
    return [
        _Job(image, folder / f"{name}{suffix}", None if mats is None else mats / f"{name}.ma")
        for image, name in zip(images, names, strict=True)
    ]


def _distinct_names(images: Sequence[Path]) -> list[str]:
    """The images' names without suffix; a second "chair" becomes "chair-2"."""
    names: list[str] = []
    taken = set()
    for image in images:
        name, number = image.stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{image.stem}-{number}"
        taken.add(name.lower())
        names.append(name)
    return names


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"{folder} cannot be made a folder ({error.strerror})", "Several images need a folder"
        ) from None


def _checked_output(given: str, formats: Sequence[str], inputs: Sequence[Path]) -> Path:
    """The file to write to, if it has a format that we write and a folder to lie in."""
    output = Path(given)
    suffix = output.suffix.lower()
    if suffix == ".blend":
        raise UserError(
            f"{output}: only Blender writes .blend files",
            "Run `blender -b -c image_to_mat IMAGE... -o OUT.blend`",
        )
    if suffix.removeprefix(".") not in formats:
        names = ", ".join(f".{name}" for name in formats)
        raise UserError(f"{output}: no format has the suffix {suffix!r}", f"Use {names}")
    if output.is_dir():
        raise UserError(f"{output} is a folder", "Name a file")
    if not output.parent.is_dir():
        raise UserError(f"the folder {output.parent} does not exist", "Make it first")
    if any(output.resolve() == file.resolve() for file in inputs):
        raise UserError(f"{output} would replace the input", "Choose another name")
    return output


def _check_voxel(voxel: float) -> None:
    if not 0 < voxel < 1:
        raise UserError(f"the voxel {voxel:g} is out of range", "Give a size above 0 and below 1")


@contextmanager
def _progress(count: int) -> Iterator[tuple[Callable[[str, TextIO], None], Callable[[], None]]]:
    """Ways to print a line and to count an input; a bar for several, if someone watches."""
    if count < 2 or not sys.stderr.isatty():
        yield _say, lambda: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield _say, lambda: None
        return
    with tqdm(total=count, unit="image", file=sys.stderr) as bar:
        yield lambda line, stream: bar.write(line, file=stream), lambda: bar.update() and None


def _say(line: str, stream: TextIO) -> None:
    print(line, file=stream, flush=True)


if __name__ == "__main__":
    sys.exit(main())
