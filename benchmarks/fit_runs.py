"""One shape through all rows of the fit's benchmark; what the other processes import."""

from __future__ import annotations

import functools
import time
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from fit_inputs import Input, load_input
from fit_peers import regular_triangulation, run_qmat
from fit_reference import Reference, make_reference
from fit_scores import score

from immat_core.fit import FitSettings, fit_medial_mesh, prepare
from immat_core.medial_mesh import MedialMesh

ROWS: dict[str, FitSettings] = {
    "fit": FitSettings(),
    "without refit": FitSettings(refit=False),
    "regular triangulation": FitSettings(connectivity=regular_triangulation),
}
QMAT = "Q-MAT"


@functools.cache
def load_kernels() -> None:
    """Load the compiled code, once a process, so that no shape's CPU seconds hold that."""
    prepare()


@dataclass(frozen=True)
class Run:
    """A shape and the rows that it still lacks."""

    given: Input
    rows: tuple[str, ...]
    folder: Path
    spheres: int
    qmat: Path | None


def rows_of(given: Input, with_qmat: bool) -> tuple[str, ...]:
    """The rows that a shape is to have."""
    if not given.compared:
        return ("fit",)
    return (*ROWS, QMAT) if with_qmat else tuple(ROWS)


def run_shape(run: Run) -> dict[str, Any]:
    """Some rows of one shape: a line for the results, whatever happens."""
    load_kernels()
    line: dict[str, Any] = {**asdict(run.given), "rows": {}}
    try:
        (vertices, faces), (true_vertices, true_faces) = load_input(run.given, run.folder)
        reference = make_reference(true_vertices, true_faces)
        line["reference_betti"] = reference.betti
        for name in run.rows:
            if name == QMAT:
                line["rows"][name] = _qmat(run, vertices, faces, reference)
            else:
                line["rows"][name] = _fit(name, vertices, faces, run.spheres, reference)
    except Exception:  # the boundary of a shape: the page counts and names it
        line["crash"] = traceback.format_exc()
    return line


def _fit(
    name: str, vertices: Any, faces: Any, spheres: int, reference: Reference
) -> dict[str, Any]:
    started = time.process_time()
    try:
        result = fit_medial_mesh(vertices, faces, spheres, settings=ROWS[name])
    except Exception:  # a row that fails is a row of the page
        return {"failed": traceback.format_exc()}
    seconds = time.process_time() - started
    report = result.report
    return {
        "seconds": seconds,
        "stages": report.seconds,
        "solid": report.betti_solid,
        "flags": report.flags,
        "own_mean": report.mean_error,
        "own_q99": report.q99_error,
        **_measured(result.mat, reference),
    }


def _qmat(run: Run, vertices: Any, faces: Any, reference: Reference) -> dict[str, Any]:
    assert run.qmat is not None
    mat, exploded, seconds = run_qmat(run.qmat, vertices, faces, run.spheres)
    if mat is None:
        return {"failed": "no medial mesh", "exploded": exploded, "seconds": seconds}
    return {"seconds": seconds, "exploded": exploded, **_measured(mat, reference)}


def _measured(mat: MedialMesh, reference: Reference) -> dict[str, Any]:
    finite = bool(np.isfinite(mat.spheres).all() and (mat.radii > 0).all())
    counts = {"spheres": len(mat.radii), "edges": len(mat.all_edges), "faces": len(mat.faces)}
    return {**counts, "finite": finite, **asdict(score(mat, reference))}
