"""The fit: 117 models of the corpus and 15 broken meshes against an independent reference.

    .venv/bin/python benchmarks/fit.py                    117 models and 15 broken ones
    .venv/bin/python benchmarks/fit.py --quick            13 models and 5 broken ones, a few minutes
    .venv/bin/python benchmarks/fit.py --qmat PROGRAM     a Q-MAT program beside ours, which is
                                                          called as PROGRAM IN.off SPHERES OUT.ma

Every fourth model is also fitted in other ways, and by Q-MAT. The whole run takes about 11 CPU
minutes without Q-MAT, for most of which the reference is made and compared with.

Needs the corpus: ``.venv/bin/python -m training.corpus build --tier core``. Killed at any moment it
goes on where it stopped; ``--again`` starts afresh. Writes docs/benchmark-fit.md and
docs/images/benchmark-fit.png; a quick run writes beside its results.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

# Idle threads that wait for work count as CPU time; before NumPy is imported.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
for _folder in (ROOT, ROOT / "benchmarks"):
    sys.path.insert(0, str(_folder))

from fit_inputs import A_CATEGORY, Input, broken_inputs, corpus_inputs  # noqa: E402 - found now
from fit_page import Line, page, plot  # noqa: E402
from fit_runs import Run, load_kernels, rows_of, run_shape  # noqa: E402

from immat_core.errors import UserError  # noqa: E402
from immat_core.processes import ProcessDiedError, each  # noqa: E402

SPHERES = 256


def main() -> int:
    """Run what has no result yet, and write the page."""
    arguments = _arguments()
    try:
        inputs = _inputs(arguments.corpus, arguments.quick)
    except UserError as error:
        print(
            f"benchmarks/fit.py: {error}. Make the corpus: "
            ".venv/bin/python -m training.corpus build --tier core",
            file=sys.stderr,
        )
        return 2
    arguments.out.mkdir(parents=True, exist_ok=True)
    results = arguments.out / "results.jsonl"
    if arguments.again:
        results.unlink(missing_ok=True)
    known = _read(results)
    load_kernels()
    waiting = _waiting(inputs, known, arguments)
    with results.open("a", encoding="utf-8") as file:
        for run, line in each(run_shape, waiting, arguments.processes):
            if isinstance(line, ProcessDiedError):
                given = run.given
                line = {**asdict(given), "rows": {}, "crash": "the process died"}
            text = json.dumps(line, default=float)
            file.write(text + "\n")
            file.flush()
            line = json.loads(text)  # as those of earlier runs: lists, no tuples
            _add(known, line)
            _say(len(known), len(inputs), line)
    _write([known[given.name, given.fault] for given in inputs], arguments)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small run, to see that all works")
    parser.add_argument("--qmat", type=Path, help="a Q-MAT program to compare with")
    parser.add_argument("--corpus", type=Path, default=ROOT / "data" / "corpus")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="forget earlier results")
    parser.add_argument("--out", type=Path, help="folder for results")
    arguments = parser.parse_args()
    arguments.out = arguments.out or ROOT / "runs" / (
        "benchmark-fit-quick" if arguments.quick else "benchmark-fit"
    )
    if arguments.qmat is not None:
        arguments.qmat = arguments.qmat.resolve()
    return arguments


def _inputs(corpus: Path, quick: bool) -> list[Input]:
    broken = broken_inputs(corpus)
    return [*(broken[::3] if quick else broken), *corpus_inputs(corpus, 1 if quick else A_CATEGORY)]


def _waiting(
    inputs: list[Input], known: dict[tuple[str, str], Line], arguments: argparse.Namespace
) -> list[Run]:
    """What earlier runs have not done; a shape that crashed is not tried again."""
    runs = []
    for given in inputs:
        line = known.get((given.name, given.fault), {"rows": {}})
        wanted = rows_of(given, arguments.qmat is not None)
        lacking = tuple(name for name in wanted if name not in line["rows"])
        if lacking and "crash" not in line:
            runs.append(Run(given, lacking, arguments.corpus, SPHERES, arguments.qmat))
    return runs


def _read(results: Path) -> dict[tuple[str, str], Line]:
    """The lines of earlier runs, one a shape."""
    known: dict[tuple[str, str], Line] = {}
    if not results.exists():
        return known
    for text in results.read_text(encoding="utf-8").splitlines():
        try:
            _add(known, json.loads(text))
        except ValueError:  # the run was killed while it wrote
            continue
    return known


def _add(known: dict[tuple[str, str], Line], line: Line) -> None:
    """Take in a line: later runs may bring more rows of a shape."""
    key = line["name"], line["fault"]
    known[key] = line | {"rows": known.get(key, {"rows": {}})["rows"] | line["rows"]}


def _say(done: int, count: int, line: Line) -> None:
    row = next(iter(line["rows"].values()), {})
    what = f"{row['mean']:.3%}" if "mean" in row else "failed"
    print(f"{done}/{count} {line['name']} {line['fault']} {what}", flush=True)
    for trouble in (line.get("crash"), row.get("failed")):
        if trouble:
            print(trouble, file=sys.stderr)


def _write(lines: list[Line], arguments: argparse.Namespace) -> None:
    folder = arguments.out if arguments.quick else ROOT / "docs"
    (folder / "benchmark-fit.md").write_text(page(lines, SPHERES), encoding="utf-8")
    plot(folder / "images" / "benchmark-fit.png", lines)
    print(folder / "benchmark-fit.md")


if __name__ == "__main__":
    sys.exit(main())
