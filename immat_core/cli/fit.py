"""``immat fit``: meshes to medial meshes."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from immat_core.cli.fit_record import KEY, FitRecord, fit_key
from immat_core.cli.outputs import (
    SURFACE_FORMATS,
    VOXEL,
    check_voxel,
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
from immat_core.processes import ProcessDiedError, each, usable_cores

if TYPE_CHECKING:
    from immat_core.fit import FitReport
    from immat_core.medial_mesh import MedialMesh
    from immat_core.mesh_reader import Up

HELP = "meshes to medial meshes"
REPORT = "report.jsonl"
"""Name of the report in a folder of results."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add("meshes", nargs="+", metavar="MESH", type=Path, help="obj, ply, stl, off, glb, dae, ...")
    add(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help="a .ma file, or a folder, which several meshes need",
    )
    add("--spheres", type=int, default=256, metavar="N", help="how many (default: 256)")
    add("--seed", type=int, default=0, help="start of everything random (default: 0)")
    add("--up", choices=("y", "z"), help="the file's upward axis (default: as the format says)")
    add("--surface", metavar="OUT", help="write the rebuilt surface too; a folder for several")
    add("--voxel", type=float, default=VOXEL, metavar="H", help="its resolution (default: 1/128)")
    add("--jobs", type=int, metavar="N", help="processes for several meshes (default: all cores)")
    add(
        "--report",
        type=Path,
        metavar="OUT.jsonl",
        help="a JSON line an input; what it names as done is skipped (default: in the folder)",
    )
    add("--sheet", metavar="OUT.png", help="picture of each mesh, its medial mesh, its surface")
    add("--json", action="store_true", help="print one JSON object a mesh")


@dataclass(frozen=True)
class FitJob:
    """One mesh, where its results go, and all that they depend on."""

    mesh: Path
    output: Path
    surface: Path | None
    settings: FitJobSettings
    key: str = ""


@dataclass(frozen=True)
class FitJobSettings:
    """What the results of all meshes of a run depend on; ``voxel`` is a share of the diagonal."""

    spheres: int
    seed: int
    up: Up | None
    voxel: float


@dataclass(frozen=True)
class Outcome:
    """How a job ended: an exit code, the line for the report, and what goes to stderr."""

    code: int
    told: dict[str, Any]
    complaint: str = ""


def run(arguments: argparse.Namespace) -> int:
    """``immat fit``: every mesh by itself; a bad one does not stop the others."""
    _check(arguments)
    jobs = _jobs(arguments)
    sheet = None
    if arguments.sheet is not None:
        sheet = checked_output(arguments.sheet, ("png",), arguments.meshes)
    report = jobs[0].output.parent / REPORT if _into_folder(arguments) else None
    record = FitRecord(arguments.report or report)
    processes = arguments.jobs or usable_cores()
    code, fitted = _fit_all(jobs, record, processes, arguments.json)
    if sheet is not None:
        _write_sheet(sheet, [job for job in jobs if job in fitted], processes)
    return code


def _fit_all(
    jobs: list[FitJob], record: FitRecord, processes: int, as_json: bool
) -> tuple[int, set[FitJob]]:
    """Fit what is not done yet; returns the exit code and the jobs whose results are there."""
    fitted, code = set(), GOOD
    with progress(len(jobs), "mesh") as (say, step):
        waiting = []
        for job in jobs:
            done = record.find(job.key, job.output, job.surface)
            if done is None:
                waiting.append(job)
                continue
            _tell(Outcome(GOOD, {**done, "skipped": True}), as_json, say)
            fitted.add(job)
            step()
        with closing(each(try_job, waiting, processes)) as outcomes:
            for job, ended in outcomes:
                outcome = _died(job, ended) if isinstance(ended, ProcessDiedError) else ended
                if outcome.code == GOOD:
                    record.add({**outcome.told, KEY: job.key})
                    fitted.add(job)
                _tell(outcome, as_json, say)
                code = max(code, outcome.code, key=severity)
                step()
    return code, fitted


def try_job(job: FitJob) -> Outcome:
    """Fit one mesh in whatever process this is; every failure becomes an outcome."""
    try:
        return Outcome(GOOD, _fit(job).told())
    except UserError as error:
        failed = {"input": str(job.mesh), "output": None, "errors": [str(error)]}
        return Outcome(WRONG, failed, f"immat fit: {error}")
    except Exception as error:  # A bug: told in full, and the other meshes still have their turn.
        failed = {"input": str(job.mesh), "output": None, "errors": [repr(error)]}
        text = f"immat fit: a bug, at {job.mesh}\n{traceback.format_exc()}"
        return Outcome(BUG, failed, text)


def _fit(job: FitJob) -> Report:
    from immat_core.fit import fit_medial_mesh
    from immat_core.ma_file import write_ma
    from immat_core.mesh_reader import read_mesh

    report = Report(job.mesh, job.output)
    with report.timed("load"):
        mesh = read_mesh(job.mesh, job.settings.up)
    result = fit_medial_mesh(
        mesh.vertices, mesh.faces, job.settings.spheres, seed=job.settings.seed
    )
    report.seconds |= result.report.seconds
    count_simplices(report, result.mat)
    report.extra |= {"mesh": None, "surface": None, "fit": _told(result.report)}
    if job.surface is not None:
        _write_surface(report, job.surface, result.mat, job.settings.voxel)
    # Last, so that where the .ma file is, everything is.
    with report.timed("write"):
        write_ma(job.output, result.mat)
    return report


def _write_surface(report: Report, path: Path, mat: MedialMesh, share: float) -> None:
    """Write the rebuilt surface; ``share`` of the diagonal is its voxel."""
    low, high = mat.bounds.astype(float)
    written = Report(report.input, path, report.seconds)
    write_output(written, mat, share * float(((high - low) ** 2).sum() ** 0.5), True)
    report.extra |= {"mesh": written.extra["mesh"], "surface": str(path)}


def _told(report: FitReport) -> dict[str, Any]:
    """The fit's own report; errors are fractions of the diagonal."""
    return {
        "betti_solid": list(report.betti_solid),
        "betti_mat": list(report.betti_mat),
        "mean_error": report.mean_error,
        "q99_error": report.q99_error,
        "max_error": report.max_error,
        "flags": list(report.flags),
    }


def _died(job: FitJob, error: ProcessDiedError) -> Outcome:
    text = f"{job.mesh} could not be fitted: {error}; the memory may be too small"
    failed = {"input": str(job.mesh), "output": None, "errors": [text]}
    return Outcome(BUG, failed, f"immat fit: {text}")


def _tell(outcome: Outcome, as_json: bool, say: Callable[[str, TextIO], None]) -> None:
    if outcome.complaint:
        say(outcome.complaint, sys.stderr)
    if as_json:
        say(json.dumps(outcome.told), sys.stdout)
    elif outcome.code == GOOD:
        say(_sentence(outcome.told), sys.stdout)


def _sentence(told: dict[str, Any]) -> str:
    counts = ", ".join(f"{told[name]} {name}" for name in ("spheres", "edges", "faces"))
    if told.get("skipped"):
        return f"{told['input']} -> {told['output']}: {counts}, done before"
    error = f"mean error {told['fit']['mean_error']:.3%}"
    seconds = sum(told["seconds"].values())
    return f"{told['input']} -> {told['output']}: {counts}, {error}, {seconds:.2f} s"


def _write_sheet(path: Path, jobs: list[FitJob], processes: int) -> None:
    from immat_core.contact_sheet import write_sheet

    drawn = {}
    for job, pixels in each(draw_job, jobs, processes):
        if not isinstance(pixels, ProcessDiedError):
            drawn[job.output] = pixels
    write_sheet(path, [(job.output.stem, drawn[job.output]) for job in jobs if job.output in drawn])


def draw_job(job: FitJob) -> Any:
    """The pictures of a mesh that has been fitted, for the contact sheet."""
    from immat_core.contact_sheet import draw_fit
    from immat_core.ma_file import read_ma
    from immat_core.mesh_reader import read_mesh

    mesh = read_mesh(job.mesh, job.settings.up)
    return draw_fit(mesh.vertices, mesh.faces, read_ma(job.output))


def _check(arguments: argparse.Namespace) -> None:
    from immat_core.fit import FEWEST, MOST

    if not FEWEST <= arguments.spheres <= MOST:
        raise UserError(f"{arguments.spheres} spheres are out of range", f"Give {FEWEST} to {MOST}")
    if arguments.jobs is not None and arguments.jobs < 1:
        raise UserError(f"{arguments.jobs} processes cannot work", "Give 1 or more")
    if arguments.seed < 0:
        raise UserError(f"the seed {arguments.seed} is below 0", "Give 0 or more")
    check_voxel(arguments.voxel)
    if arguments.report is not None and not arguments.report.parent.is_dir():
        raise UserError(f"the folder {arguments.report.parent} does not exist", "Make it first")


def _into_folder(arguments: argparse.Namespace) -> bool:
    output: str = arguments.output
    return len(arguments.meshes) > 1 or Path(output).is_dir() or output.endswith("/")


def _jobs(arguments: argparse.Namespace) -> list[FitJob]:
    """Where each mesh's results go; wrong use is found before any work is done."""
    meshes: list[Path] = arguments.meshes
    settings = FitJobSettings(arguments.spheres, arguments.seed, arguments.up, arguments.voxel)
    if not _into_folder(arguments):
        output = checked_output(arguments.output, ("ma",), meshes)
        surface = None
        if arguments.surface is not None:
            surface = checked_output(arguments.surface, SURFACE_FORMATS, meshes)
        return [_keyed(FitJob(meshes[0], output, surface, settings))]
    folder = Path(arguments.output)
    make_folder(folder)
    surfaces = None if arguments.surface is None else Path(arguments.surface)
    if surfaces is not None:
        make_folder(surfaces)
    return [
        _keyed(
            FitJob(
                mesh,
                folder / f"{name}.ma",
                None if surfaces is None else surfaces / f"{name}.ply",
                settings,
            )
        )
        for mesh, name in zip(meshes, distinct_names(meshes), strict=True)
    ]


def _keyed(job: FitJob) -> FitJob:
    """The job with its key, which is empty for a mesh that cannot be read: it fails later."""
    from immat_core.fit import FitSettings

    try:
        return replace(job, key=fit_key(job.mesh, (job.settings, FitSettings())))
    except UserError:
        return job
