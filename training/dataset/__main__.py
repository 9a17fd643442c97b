"""The commands of the data set: ``python -m training.dataset COMMAND``.

build    medial meshes and pictures of the corpus and of parametric shapes, as shards
shapenet the same of a folder in ShapeNet's layout
cache    shards as memory-mapped arrays of small pictures, quick on few cores
varied   pictures of varied shapes beside a cache, for the camera stage
photos   the photographs with their true masks, for background removal
report   yield and errors by category as a table
sheets   picture, medial mesh and rebuilt surface side by side, one picture a category
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from immat_core.errors import UserError
from training.corpus import CORPUS_FOLDER, list_models
from training.dataset.build import build_parts
from training.dataset.settings import DATASET_FOLDER, DatasetSettings
from training.dataset.shards import write_shards
from training.dataset.splits import Place
from training.dataset.tasks import ShapeTask, list_tasks


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when all went well, 2 for wrong use or missing input."""
    options = _parser().parse_args(arguments)
    try:
        if options.command == "build":
            _build(options)
        elif options.command == "shapenet":
            _build_shapenet(options)
        elif options.command in ("cache", "photos"):
            _write_splits(options)
        elif options.command == "varied":
            from training.dataset.varied import write_varied

            numbers = options.variations, options.views, options.workers
            print(f"{write_varied(options.cache, options.corpus, *numbers)} varied shapes")
        elif options.command == "report":
            from training.dataset.report import category_table, write_docs

            print(category_table(options.folder))
            if options.docs:
                write_docs(options.folder)
        else:
            from training.dataset.sheets import save_sheets

            save_sheets(options.folder, options.shapes, docs=options.docs)
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.dataset",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name in ("build", "shapenet"):
        build = commands.add_parser(name)
        if name == "shapenet":
            build.add_argument("shapenet", type=Path, help="ShapeNetCore.v1 or .v2")
            build.add_argument("--renderings", type=Path, help="the public 24-view pictures")
            build.add_argument("--most", type=int, default=0, help="shapes a category, 0 for all")
        else:
            build.add_argument("--augmented", type=int, default=1, help="copies a real model")
            build.add_argument("--corpus", type=Path, default=CORPUS_FOLDER)
        build.add_argument("--folder", type=Path, default=DATASET_FOLDER, help="of the data set")
        build.add_argument("--views", type=int, default=DatasetSettings.views)
        build.add_argument("--size", type=int, default=DatasetSettings.size)
        build.add_argument("--workers", type=int, default=2, help="processes on this machine")
        build.add_argument("--scheduler", default="", help="address of a Dask scheduler")
    cache = commands.add_parser("cache")
    cache.add_argument("--folder", type=Path, default=DATASET_FOLDER)
    cache.add_argument("--out", type=Path, required=True)
    cache.add_argument("--size", type=int, default=64, help="pixels along each side")
    varied = commands.add_parser("varied")
    varied.add_argument("--cache", type=Path, required=True, help="folder that `cache` wrote")
    varied.add_argument("--corpus", type=Path, default=CORPUS_FOLDER)
    varied.add_argument("--variations", type=int, default=8, help="of each shape")
    varied.add_argument("--views", type=int, default=4, help="of each variation")
    varied.add_argument("--workers", type=int, default=2, help="processes on this machine")
    photos = commands.add_parser("photos")
    photos.add_argument("--folder", type=Path, default=DATASET_FOLDER)
    photos.add_argument("--out", type=Path, default=Path("data/photos"))
    photos.add_argument("--size", type=int, default=128, help="pixels along each side")
    photos.add_argument("--views", type=int, default=4, help="photographs a shape")
    report = commands.add_parser("report")
    report.add_argument("--folder", type=Path, default=DATASET_FOLDER)
    report.add_argument("--docs", action="store_true", help="into docs/dataset.md too")
    sheets = commands.add_parser("sheets")
    sheets.add_argument("--folder", type=Path, default=DATASET_FOLDER)
    sheets.add_argument("--shapes", type=int, default=12, help="shapes a category")
    sheets.add_argument("--docs", action="store_true", help="one shape a category into docs too")
    return parser


def _build(options: argparse.Namespace) -> None:
    records = list_models(folder=options.corpus)
    tasks = list_tasks(records, options.augmented)
    # Programs' shapes are clustered with the real ones: a twin of a held-out model is held out too.
    known = {
        record.name: Place(record.cluster, record.split)
        for record in records
        if record.cluster and record.split and not record.parametric
    }
    _make(options, tasks, options.corpus, known)


def _build_shapenet(options: argparse.Namespace) -> None:
    from training.dataset.shapenet import list_shapes

    tasks = list_shapes(options.shapenet, options.renderings, options.most)
    _make(options, tasks, options.folder, {})


def _write_splits(options: argparse.Namespace) -> None:
    from training.dataset.cache import write_cache
    from training.dataset.photos import write_photos

    for split in ("train", "val", "test"):
        if options.command == "cache":
            write_cache(options.folder, options.out, split, options.size)
        else:
            write_photos(options.folder, options.out, split, options.size, options.views)


def _make(
    options: argparse.Namespace,
    tasks: tuple[ShapeTask, ...],
    corpus: Path,
    known: dict[str, Place],
) -> None:
    settings = DatasetSettings(views=options.views, size=options.size)
    rows = build_parts(options.folder, tasks, settings, corpus, options.workers, options.scheduler)
    version = write_shards(options.folder, rows, settings, known)
    good = sum(not row.rejected for row in rows)
    print(f"{good} of {len(rows)} shapes, version {version}, in {options.folder}")


if __name__ == "__main__":
    sys.exit(main())
