"""What the commands print: a line or a JSON object an input, a progress bar, exit codes."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from immat_core.medial_mesh import MedialMesh
    from immat_core.surface import SurfaceMesh

GOOD, BUG, WRONG, INTERRUPTED = 0, 1, 2, 130
"""Exit codes: all well, a fault of ours, wrong use or unreadable input, stopped by the user."""


@dataclass
class Report:
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

    def told(self) -> dict[str, Any]:
        """What ``--json`` prints about an input that went well."""
        seconds = {stage: round(value, 4) for stage, value in self.seconds.items()}
        told = {"input": str(self.input), "output": str(self.output), "seconds": seconds}
        return {**told, **self.extra, "errors": []}

    def line(self, as_json: bool) -> str:
        """One line about an input that went well."""
        if as_json:
            return json.dumps(self.told())
        counts = ", ".join(f"{self.extra[k]} {k}" for k in ("spheres", "edges", "faces"))
        return f"{self.input} -> {self.output}: {counts}, {sum(self.seconds.values()):.2f} s"


def severity(code: int) -> int:
    """Order of exit codes when inputs differ: a bug outweighs a bad input."""
    return (GOOD, WRONG, BUG).index(code)


def count_simplices(report: Report, mat: MedialMesh) -> None:
    """Note how many spheres, edges and faces there are."""
    report.extra |= {"spheres": len(mat.radii), "edges": len(mat.edges), "faces": len(mat.faces)}


def write_output(
    report: Report,
    mat: MedialMesh,
    voxel: float,
    as_json: bool,
    *,
    crisp: bool = False,
    target_faces: int | None = None,
) -> None:
    """Write the output in its format; note what its mesh is like (null for a .ma file).

    ``crisp`` and ``target_faces`` (None leaves the faces as they are) do not go with ``.ma`` and
    ``.vdb`` files, which hold no mesh.
    """
    from immat_core.ma_file import write_ma
    from immat_core.mesh_file import write_grid, write_mesh
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
    mesh = _surface(report, mat, voxel, crisp, target_faces)
    if suffix != ".vdb":
        with report.timed("write"):
            write_mesh(report.output, mesh)
    if as_json:
        report.extra["mesh"] = asdict(check_surface(mesh, full=True))


def _surface(
    report: Report, mat: MedialMesh, voxel: float, crisp: bool, target_faces: int | None
) -> SurfaceMesh:
    from immat_core.surface import build_surface

    with report.timed("surface"):
        if crisp:
            from immat_core.surface.crisp import crisp_surface

            # As near as the sampled surface is: its chamfers are a small part of a voxel deep.
            mesh = crisp_surface(mat, voxel / 8)
        else:
            mesh = build_surface(mat, voxel)
    if target_faces is not None:
        from immat_core.surface.reduce import reduce_faces

        with report.timed("reduce"):
            mesh = reduce_faces(mesh, target_faces)
    return mesh


@contextmanager
def progress(
    count: int, unit: str = "image"
) -> Iterator[tuple[Callable[[str, TextIO], None], Callable[[], None]]]:
    """Ways to print a line and to count an input; a bar for several, if someone watches."""
    if count < 2 or not sys.stderr.isatty():
        yield say, lambda: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield say, lambda: None
        return
    with tqdm(total=count, unit=unit, file=sys.stderr) as bar:
        yield lambda line, stream: bar.write(line, file=stream), lambda: bar.update() and None


def say(line: str, stream: TextIO) -> None:
    """Print a line at once."""
    print(line, file=stream, flush=True)
