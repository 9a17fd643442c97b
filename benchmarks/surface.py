"""The surface: every route's CPU time beside its peers, its quality, its growth. One run, one page.

    .venv/bin/python benchmarks/surface.py            the whole run, on a quiet machine
    .venv/bin/python benchmarks/surface.py --quick    a small one, to see that all of it works

Writes its section of docs/benchmarks.md and docs/images/benchmark-surface.png; a quick run writes
beside them into a folder that it names. The C++ peer needs g++ and OpenVDB's headers: see
union_peer.py.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

# Idle threads that wait for work count as CPU time; before NumPy is imported.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from medial_shapes import SHAPES  # noqa: E402 - the project is found only now
from surface_quality import genus_of_the_chair, measure_quality  # noqa: E402
from surface_report import Findings, markdown, plot, targets  # noqa: E402
from surface_routes import Case, Clock, run_case  # noqa: E402
from surface_scale import DENSER, GROWN, SPHERES, measure_scale, peak_memory  # noqa: E402
from union_peer import build_peer  # noqa: E402

from immat_core import kernels  # noqa: E402

STEPS = (64, 128, 256)
"""Samples along the box's side."""
LIMIT = 480
"""Seconds after which slow peers are left out."""
BEGIN, END = "<!-- surface: written by benchmarks/surface.py -->", "<!-- surface: end -->"


def main() -> None:
    """Measure all, print the targets, write the page and the plot."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small run, not for the page")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--limit", type=float, default=LIMIT, metavar="SECONDS")
    arguments = parser.parse_args()
    began = time.monotonic()
    # First, while this process is small: a child's memory must not be measured as ours.
    memory = None if arguments.quick else peak_memory()
    kernels.load()
    with tempfile.TemporaryDirectory() as folder:
        findings = _measure(arguments, Path(folder), memory, began)
    for target in targets(findings):
        print(target.row)
    output = Path(tempfile.mkdtemp(prefix="benchmark-")) if arguments.quick else ROOT / "docs"
    (output / "images").mkdir(exist_ok=True)
    plot(findings, output / "images" / "benchmark-surface.png")
    _write_section(output / "benchmarks.md", markdown(findings))
    print(f"written: {output / 'benchmarks.md'}, {findings.minutes:.1f} minutes")


def _measure(
    arguments: argparse.Namespace, folder: Path, memory: float | None, began: float
) -> Findings:
    quick: bool = arguments.quick
    peer, no_peer = build_peer(folder)
    clock = Clock(arguments.limit)
    rounds = 2 if quick else arguments.rounds
    cases: list[Case] = []
    for steps in STEPS[:1] if quick else STEPS:
        for shape, make in SHAPES.items():
            cases.append(run_case(shape, make(), steps, rounds, peer, clock))
            told = {name: round(value, 2) for name, value in cases[-1].milliseconds.items()}
            print(shape, steps, told, flush=True)
    most = 1024 if quick else SPHERES[-1]
    sizes = [size for series in (GROWN, DENSER) for size in measure_scale(series, most)]
    return Findings(
        cases,
        measure_quality(STEPS[:1] if quick else STEPS[:2]),
        sizes,
        genus_of_the_chair(64 if quick else 128),
        memory,
        no_peer,
        (time.monotonic() - began) / 60,
    )


def _write_section(path: Path, text: str) -> None:
    """Replace our part of a page that other benchmarks write to as well."""
    page = path.read_text("utf-8") if path.exists() else "# Benchmarks\n\n"
    before, begin, rest = page.partition(BEGIN)
    after = rest.partition(END)[2] if begin else "\n"
    path.write_text(f"{before}{BEGIN}\n{text}{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
