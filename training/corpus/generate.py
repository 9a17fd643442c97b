"""Draw the parametric models of the corpus: so many a category, no two of them alike."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from tqdm import tqdm

from immat_core.atomic_file import written_beside
from training.corpus import families
from training.corpus.canonical import components, count_open_edges, to_unit_box
from training.corpus.clusters import ShapePoints, sample_shape, shape_distance
from training.corpus.families import PROGRAMS, draw
from training.corpus.storage import (
    PARAMETRIC,
    CorpusModel,
    ModelRecord,
    hash_geometry,
    model_path,
    read_model,
    save_model,
    update_index,
)

LICENCE = "CC0"
"""What a program drew is nobody's work."""
TEST_PERCENT, VAL_PERCENT = 10, 5
ALIKE_DISTANCE = 0.004
"""Two shapes are alike when their mean Chamfer distance is below this share of the diagonal."""
MOST_TRIES = 10
"""At most so many seeds are tried for each model that is wanted."""

Job: TypeAlias = tuple[Path, str, int]
"""The corpus's folder, a category, and how many models it shall have."""


@dataclass
class _Progress:
    """What is known of a category: the programs' hash, the seeds that were kept, the next seed."""

    recipe: str
    kept: list[int]
    next_seed: int = 0


def generate_models(
    folder: Path, count: int, workers: int = 1, categories: Sequence[str] = tuple(PROGRAMS)
) -> dict[str, int]:
    """Draw models until each category has ``count``, and put them into the index.

    A seed whose shape is nearer than ``ALIKE_DISTANCE`` to one that is kept is left out. What
    was drawn by the same programs stays; a killed run goes on where it was and ends the same.

    Returns
    -------
    How many seeds were left out, by category.
    """
    jobs = [(folder, category, count) for category in categories]
    records: list[ModelRecord] = []
    left_out: dict[str, int] = {}
    with tqdm(total=len(jobs) * count, desc="families", unit="model") as bar:
        results = _run(jobs, workers, bar.update)
        for category, (made, tried) in zip(categories, results, strict=True):
            records += made
            left_out[category] = tried - len(made)
    update_index(folder, records, parametric=True)
    return left_out


def draw_model(category: str, seed: int) -> CorpusModel:
    """The model of a seed in the frame of the corpus; the same seed gives the same model."""
    shape = draw(category, seed)
    vertices = to_unit_box(shape.vertices).astype(np.float32)
    faces = shape.faces.astype(np.int32)
    name = f"{category}_p{seed:05d}"
    record = ModelRecord(
        name=name,
        category=category,
        source=f"families:{shape.program}",
        licence=LICENCE,
        creator="",
        flags=(PARAMETRIC,),
        vertices=len(vertices),
        faces=len(faces),
        components=components(len(vertices), shape.faces)[0],
        open_edges=count_open_edges(shape.faces),
        colored=1.0,
        checksum=hash_geometry(vertices, faces),
        recipe=_recipe(),
        cluster=name,
        split=_split(name),
    )
    srgb = np.where(
        shape.colors <= 0.0031308,
        12.92 * shape.colors,
        1.055 * np.maximum(shape.colors, 0.0031308) ** (1 / 2.4) - 0.055,
    )
    return CorpusModel(
        record=record,
        vertices=vertices,
        faces=faces,
        colors=np.round(np.clip(srgb, 0, 1) * 255).astype(np.uint8),
        uv=np.zeros((len(faces), 3, 2), np.float32),
        face_textures=np.full(len(faces), -1, np.int16),
        textures=(),
    )


def _run(
    jobs: list[Job], workers: int, on_models: Callable[[int], object]
) -> Iterator[tuple[list[ModelRecord], int]]:
    """The results in the order of the jobs; ``on_models`` hears of each model, or each category."""
    if workers <= 1:
        yield from (_generate_category(job, on_models) for job in jobs)
        return
    with ProcessPoolExecutor(workers) as pool:
        for job, result in zip(jobs, pool.map(_generate_category, jobs), strict=True):
            on_models(job[2])
            yield result


def _generate_category(
    job: Job, on_models: Callable[[int], object] | None = None
) -> tuple[list[ModelRecord], int]:
    """The records of one category, and how many seeds were tried for them."""
    folder, category, count = job
    state_path = folder / "families" / f"{category}.json"
    state_path.parent.mkdir(parents=True, exist_ok=True)
    state = _load_progress(state_path)
    records: list[ModelRecord] = []
    points: list[ShapePoints] = []
    for seed in state.kept[:count]:
        model = read_model(model_path(folder, category, f"{category}_p{seed:05d}"))
        records.append(model.record)
        points.append(sample_shape(model.vertices, model.faces))
    if on_models is not None:
        on_models(len(records))
    tried = state.next_seed
    while len(records) < count and state.next_seed < MOST_TRIES * count:
        model = draw_model(category, state.next_seed)
        sample = sample_shape(model.vertices, model.faces)
        if not any(_are_alike(sample, other) for other in points):
            save_model(folder, model)
            state.kept.append(state.next_seed)
            records.append(model.record)
            points.append(sample)
            if on_models is not None:
                on_models(1)
        state.next_seed += 1
        tried = state.next_seed
        _save_progress(state_path, state)
    return records, tried


def _are_alike(first: ShapePoints, second: ShapePoints) -> bool:
    return shape_distance(first, second, ALIKE_DISTANCE, turns=1) < ALIKE_DISTANCE


def _load_progress(path: Path) -> _Progress:
    recipe = _recipe()
    if path.is_file():
        state = _Progress(**json.loads(path.read_text("utf-8")))
        if state.recipe == recipe:
            return state
    return _Progress(recipe, [])


def _save_progress(path: Path, state: _Progress) -> None:
    with written_beside(path) as beside:
        beside.write_text(json.dumps(asdict(state)), "utf-8")


@cache
def _recipe() -> str:
    """A hash of the programs' text, so that models are drawn again when one of them changes."""
    folder = Path(families.__file__).parent
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.py"))]
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def _split(name: str) -> str:
    """The split of a parametric model, by the hash of its name."""
    place = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 100
    if place < TEST_PERCENT:
        return "test"
    return "val" if place < TEST_PERCENT + VAL_PERCENT else "train"
