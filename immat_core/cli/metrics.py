"""``immat metrics``: how near a surface comes to the true one."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from immat_core.cli.outputs import VOXEL, check_voxel
from immat_core.cli.report import GOOD, say
from immat_core.errors import UserError

if TYPE_CHECKING:
    from immat_core.metrics import MeshScores, Triangles

HELP = "scores of a surface against the true one"
NAMES = {
    "chamfer_distance": "CD x 1000",
    "earth_movers_distance": "EMD",
    "f_score": "F, %",
    "f_score_double": "F at twice the reach, %",
    "iou": "IoU",
    "thickness_error": "thickness error x 100",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add = parser.add_argument
    add(
        "predicted", metavar="PRED", type=Path, help="a mesh, or a .ma file, whose surface is built"
    )
    add("true", metavar="GT", type=Path, help="the same, in the same frame")
    add(
        "--voxel",
        type=float,
        default=VOXEL,
        metavar="H",
        help="resolution of .ma files' surfaces, a share of their diagonal (default: 1/128)",
    )
    add("--samples", type=int, default=10_000, metavar="N", help="points a side (default: 10000)")
    add("--seed", type=int, default=0, help="start of everything random (default: 0)")
    add("--floor", action="store_true", help="score GT against itself too: what sampling costs")
    add("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """``immat metrics``."""
    from immat_core.metrics import MetricSettings, sampling_floor, score_meshes

    check_voxel(arguments.voxel)
    if not 16 <= arguments.samples <= 1_000_000:
        raise UserError(f"{arguments.samples} samples are out of range", "Give 16 to 1000000")
    settings = MetricSettings(arguments.samples, arguments.seed)
    started = time.perf_counter()
    predicted, true = (
        _load(path, arguments.voxel) for path in (arguments.predicted, arguments.true)
    )
    loaded = time.perf_counter()
    scores = score_meshes(predicted, true, settings)
    floor = sampling_floor(true, settings) if arguments.floor else None
    seconds = {"load": loaded - started, "metrics": time.perf_counter() - loaded}
    if arguments.json:
        say(_json(arguments, scores, floor, seconds), sys.stdout)
    else:
        for line in _lines(arguments, scores, floor):
            say(line, sys.stdout)
    return GOOD


def _load(path: Path, voxel: float) -> Triangles:
    """A mesh file, or the surface of a .ma file, as triangles."""
    import numpy as np

    from immat_core.ma_file import read_ma
    from immat_core.mesh_reader import read_mesh
    from immat_core.metrics import Triangles
    from immat_core.surface import build_surface

    if path.suffix.lower() != ".ma":
        mesh = read_mesh(path)
        return Triangles(np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64))
    mat = read_ma(path)
    if not len(mat.radii):
        raise UserError(f"{path} has no sphere", "Choose another file")
    diagonal = float(np.linalg.norm(mat.bounds[1] - mat.bounds[0]))
    surface = build_surface(mat, voxel * diagonal)
    return Triangles(surface.vertices.astype(np.float64), surface.triangles.astype(np.int64))


def _json(
    arguments: argparse.Namespace,
    scores: MeshScores,
    floor: MeshScores | None,
    seconds: dict[str, float],
) -> str:
    told = {
        "input": str(arguments.predicted),
        "output": None,
        "true": str(arguments.true),
        "seconds": {stage: round(value, 4) for stage, value in seconds.items()},
        "metrics": _finite(asdict(scores)),
        "floor": None if floor is None else _finite(asdict(floor)),
        "samples": arguments.samples,
        "errors": [],
    }
    return json.dumps(told)


def _finite(scores: dict[str, float]) -> dict[str, Any]:
    """JSON has no NaN."""
    return {name: value if math.isfinite(value) else None for name, value in scores.items()}


def _lines(
    arguments: argparse.Namespace, scores: MeshScores, floor: MeshScores | None
) -> list[str]:
    lines = [f"{arguments.predicted} against {arguments.true}"]
    against = {} if floor is None else asdict(floor)
    for name, value in asdict(scores).items():
        rest = f"   (of {arguments.true} itself: {against[name]:.3f})" if against else ""
        lines.append(f"  {NAMES[name]:24} {value:8.3f}{rest}")
    return lines
