"""Making all shapes of a data set, on this machine or on a cluster, and making shards of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from training.dataset.settings import DatasetSettings
from training.dataset.shape import ShapeRow, build_shape, part_paths, read_row
from training.dataset.tasks import ShapeTask

TRIES = 3
"""How often a shape is begun whose process dies."""
AHEAD = 4
"""Shapes a worker that wait in line: a scheduler of a million tasks would be slow."""
KEEP_MEMORY = {"distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 1 << 30}
"""Dask has workers give back every 64 kB that they free; asking anew took a quarter of the time."""


def build_parts(
    folder: Path,
    tasks: Sequence[ShapeTask],
    settings: DatasetSettings,
    corpus: Path,
    workers: int = 1,
    scheduler: str = "",
) -> list[ShapeRow]:
    """Make what is not made yet; killed at any moment, the next call goes on.

    Parameters
    ----------
    folder
        Of the data set; on a cluster a folder that all workers see.
    workers
        Processes on this machine.
    scheduler
        Address of a Dask scheduler whose workers are used instead.

    Returns
    -------
    The rows of all tasks, in their order.
    """
    parts = folder.resolve() / "parts" / settings.recipe
    parts.mkdir(parents=True, exist_ok=True)
    missing = [task for task in tasks if not part_paths(parts, task.name)[1].exists()]
    # In an order without pattern, changed copies last: half a build is half of every category.
    missing.sort(key=lambda task: (task.origin == "augmented", zlib.crc32(task.name.encode())))
    with tqdm(total=len(tasks), initial=len(tasks) - len(missing), desc="shapes") as bar:
        made = _run(missing, settings, corpus.resolve(), parts, workers, scheduler)
        for count, row in enumerate(made, 1):
            bar.update()
            if row.rejected:
                bar.write(f"{row.name} left out: {row.rejected}")
            bar.set_postfix_str(f"{count} this time", refresh=False)
    return [read_row(part_paths(parts, task.name)[1]) for task in tasks]


def _run(
    tasks: Sequence[ShapeTask],
    settings: DatasetSettings,
    corpus: Path,
    parts: Path,
    workers: int,
    scheduler: str,
) -> Iterator[ShapeRow]:
    """The rows as they are done."""
    if workers <= 1 and not scheduler:
        for task in tasks:
            yield build_shape(task, settings, corpus, parts)
        return
    from dask import distributed

    # Dask has no types: Any keeps the checker from asking for them.
    as_completed: Any = distributed.as_completed
    with _client(workers, scheduler) as client:
        width = AHEAD * max(len(client.scheduler_info()["workers"]), 1)
        rest = iter(tasks)

        def submit(task: ShapeTask) -> Any:
            return client.submit(
                build_shape, task, settings, corpus, parts, pure=False, retries=TRIES - 1
            )

        running = as_completed([submit(task) for task in islice(rest, width)])
        for future in running:
            yield future.result()
            following = next(rest, None)
            if following is not None:
                running.add(submit(following))


@contextmanager
def _client(workers: int, scheduler: str) -> Iterator[Any]:
    """A Dask client of a cluster, or of processes of this machine."""
    import dask
    from dask import distributed

    client_class: Any = distributed.Client
    cluster_class: Any = distributed.LocalCluster
    if scheduler:
        with client_class(scheduler) as client:
            yield client
        return
    # A shape takes seconds of pure computing: a worker that does not answer is busy, not dead.
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": TRIES, **KEEP_MEMORY}),
        cluster_class(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, silence_logs="ERROR"
        ) as cluster,
        client_class(cluster) as client,
    ):
        yield client
