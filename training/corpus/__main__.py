"""The commands of the corpus: ``python -m training.corpus COMMAND``.

fetch        download the Debian packages of a tier and unpack them, nothing is installed
read         read every listed model of the fetched packages
families     draw parametric models, so many a category, no two alike
sheets       draw pictures of all real models and of some parametric ones, one a category
fronts       name the models whose shape speaks against their front: look at them
split        cluster the models of tier "all" and write lock.tsv: checksum, cluster, split
docs         write docs/ATTRIBUTION.md and the counts of docs/dataset.md
dataset      medial meshes and pictures of all models: ``training.dataset build`` and its sheets
build        fetch, read, families, sheets, dataset: all of it, from nothing
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from immat_core.errors import UserError
from training.corpus import CATEGORIES, CORPUS_FOLDER, iterate, list_models, load_model
from training.corpus.attribution import write_docs
from training.corpus.clusters import cluster_shapes, near_pairs, sample_shape, split_clusters
from training.corpus.drawing import save_sheet
from training.corpus.fetch import fetch_packages
from training.corpus.fronts import suspect_front
from training.corpus.generate import generate_models
from training.corpus.lock import LockedModel, load_lock, save_lock
from training.corpus.manifest import TIERS, load_manifest, load_packages, packages_of
from training.corpus.proportions import proportion_table
from training.corpus.read import read_models
from training.dataset.settings import DATASET_FOLDER
from training.marked_page import DOCS, write_marked

STAGES = ("fetch", "read", "families", "sheets", "dataset")
NAMES_SHOWN, SHEET_MODELS = 12, 120


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when all of it went well, 2 when something could not be had."""
    parser = argparse.ArgumentParser(
        prog="python -m training.corpus",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=(*STAGES, "fronts", "split", "docs", "build"))
    parser.add_argument("--folder", type=Path, default=CORPUS_FOLDER, help="of the corpus")
    parser.add_argument("--tier", choices=TIERS, default="core", help="how much to fetch")
    parser.add_argument("--count", type=int, default=300, help="parametric models a category")
    parser.add_argument("--dataset", type=Path, default=DATASET_FOLDER, help="of the data set")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--scheduler", default="", help="address of a Dask scheduler")
    options = parser.parse_args(arguments)
    stages = STAGES if options.command == "build" else (options.command,)
    try:
        good = [_run(stage, options) for stage in stages]
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all(good) else 2


def _run(stage: str, options: argparse.Namespace) -> bool:
    """Run one stage; whether all of it went well."""
    folder: Path = options.folder
    stages: dict[str, Callable[[], object]] = {
        "fetch": lambda: _fetch(folder, options.tier),
        "read": lambda: _read(folder, options.workers),
        "families": lambda: generate_models(folder, options.count, options.workers),
        "sheets": lambda: _draw_sheets(folder),
        "dataset": lambda: _build_dataset(options),
        "fronts": lambda: _show_fronts(folder),
        "split": lambda: _split(folder),
        "docs": lambda: _write_docs(folder),
    }
    return stages[stage]() is not False


def _write_docs(folder: Path) -> None:
    write_docs(load_manifest(), load_packages(), load_lock())
    if (folder / "index.jsonl").is_file():
        write_marked(DOCS / "dataset.md", "proportions", proportion_table(folder))


def _fetch(folder: Path, tier: str) -> bool:
    failed = fetch_packages(folder / "packages", packages_of(tier))
    for reason in failed.values():
        print(reason, file=sys.stderr)
    return not failed


def _read(folder: Path, workers: int) -> bool:
    report = read_models(folder, load_manifest(), load_lock(), workers)
    count = Counter(record.category for record in report.read)
    parts = ", ".join(f"{category} {count[category]}" for category in CATEGORIES)
    print(f"{len(report.read)} models: {parts}")
    if report.absent:
        print(f"{len(report.absent)} models are of packages that are not fetched")
    if report.changed:
        shown = ", ".join(report.changed[:NAMES_SHOWN])
        print(f"{len(report.changed)} models differ from lock.tsv: {shown}", file=sys.stderr)
    for name, reason in report.failed.items():
        print(f"{name}: {reason}", file=sys.stderr)
    return not report.failed


def _draw_sheets(folder: Path) -> None:
    for category in tqdm(CATEGORIES, desc="sheets", unit="category"):
        models = list(iterate(category, folder=folder, parametric=False))
        if models:
            save_sheet(folder / "sheets" / f"{category}.png", models)
        drawn = list_models(category, folder=folder, parametric=True)[:SHEET_MODELS]
        if drawn:
            some = [load_model(record.name, folder) for record in drawn]
            save_sheet(folder / "sheets" / f"{category}_parametric.png", some)


def _build_dataset(options: argparse.Namespace) -> bool:
    from training.dataset.__main__ import main as run

    place = ["--folder", str(options.dataset)]
    how = ["--workers", str(options.workers), "--scheduler", options.scheduler]
    built = run(["build", *place, *how, "--corpus", str(options.folder)]) == 0
    return built and run(["sheets", *place]) == 0 and run(["report", *place]) == 0


def _show_fronts(folder: Path) -> None:
    for model in iterate(folder=folder, parametric=False):
        points = sample_shape(model.vertices, model.faces).queries
        if reason := suspect_front(model.record.category, points):
            print(f"{model.record.name}: {reason}")


def _split(folder: Path) -> None:
    """Cluster each category by itself; the whole corpus must have been read."""
    missing = {row.name for row in load_manifest()} - {r.name for r in list_models(folder=folder)}
    if missing:
        raise UserError(f"{len(missing)} models are not read", "Run build --tier all first")
    locked: list[LockedModel] = []
    for category in tqdm(CATEGORIES, desc="split", unit="category"):
        models = list(iterate(category, folder=folder, parametric=False))
        shapes = [sample_shape(model.vertices, model.faces) for model in models]
        leaders = cluster_shapes(len(models), near_pairs(shapes))
        clusters = [models[leader].record.name for leader in leaders]
        split = split_clusters(clusters)
        locked += [
            LockedModel(model.record.name, model.record.checksum, cluster, split[cluster])
            for model, cluster in zip(models, clusters, strict=True)
        ]
    save_lock(locked)


if __name__ == "__main__":
    sys.exit(main())
