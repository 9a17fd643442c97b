"""The corpus: its lists, its clusters and split, and the real data where it lies."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import trimesh

from immat_core.errors import UserError
from training.corpus import CATEGORIES, CORPUS_FOLDER, list_models
from training.corpus import read as read_stage
from training.corpus.attribution import COUNTS, describe_authors, describe_counts
from training.corpus.clusters import (
    ShapePoints,
    cluster_shapes,
    near_pairs,
    sample_shape,
    shape_distance,
    split_clusters,
)
from training.corpus.fetch import fetched_version
from training.corpus.formats import SUFFIXES
from training.corpus.fronts import suspect_front
from training.corpus.lock import load_lock
from training.corpus.manifest import (
    TIERS,
    load_manifest,
    load_packages,
    packages_of,
)
from training.marked_page import DOCS, replace_marked

# --- the lists -----------------------------------------------------------------------------------


def test_core_holds_540_real_models_of_all_categories() -> None:
    core = {package.name for package in packages_of("core")}
    count = Counter(row.category for row in load_manifest() if row.package in core)
    assert count.total() >= 540
    assert set(count) == set(CATEGORIES)


def test_every_row_can_be_fetched_and_read() -> None:
    packages = {package.name for package in load_packages()}
    assert {package.tier for package in load_packages()} == set(TIERS)
    for row in load_manifest():
        assert row.package in packages
        assert Path(row.file).suffix.lower() in SUFFIXES
        assert row.licence
        assert np.linalg.det(row.matrix) == pytest.approx(1, abs=1e-4)


def test_every_model_is_locked_and_clusters_are_not_parted() -> None:
    lock = load_lock()
    assert set(lock) == {row.name for row in load_manifest()}
    split: dict[str, str] = {}
    for model in lock.values():
        assert split.setdefault(model.cluster, model.split) == model.split
    assert set(split.values()) == {"train", "val", "test"}


def test_docs_say_what_the_lists_say() -> None:
    rows, packages = load_manifest(), load_packages()
    assert (DOCS / "ATTRIBUTION.md").read_text("utf-8") == describe_authors(rows, packages)
    page = (DOCS / "dataset.md").read_text("utf-8")
    assert replace_marked(page, COUNTS, describe_counts(rows, packages, load_lock())) == page


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(UserError, match="lost its marks"):
        replace_marked("nothing", COUNTS, "counts")


@pytest.mark.parametrize(
    ("up", "yaw", "front"),
    [("y", 0, (0, 0, 1)), ("z", 270, (1, 0, 0)), ("y", 90, (-1, 0, 0)), ("z", 180, (0, 1, 0))],
)
def test_rules_bring_each_source_to_the_frame(up: str, yaw: int, front: tuple[int, ...]) -> None:
    """Sweet Home 3D faces +Z, Quake's family +X, FlightGear's fleet -X."""
    row = replace(load_manifest()[0], up=up, rotation=(), yaw=yaw)  # type: ignore[arg-type]
    np.testing.assert_array_equal(row.matrix @ front, [0, -1, 0])
    upward = (0, 1, 0) if up == "y" else (0, 0, 1)
    np.testing.assert_array_equal(row.matrix @ upward, [0, 0, 1])


def chair(back: tuple[float, float]) -> np.ndarray:
    """Points of a seat with a backrest over one of its edges."""
    seat = trimesh.creation.box((0.5, 0.5, 0.1))
    rest = trimesh.creation.box((0.1 if back[0] else 0.5, 0.1 if back[1] else 0.5, 0.5))
    rest.apply_translation((*(0.2 * np.array(back)), 0.3))
    return np.asarray(trimesh.util.concatenate([seat, rest]).sample(4000, seed=0))


def test_a_chair_that_is_turned_is_suspect() -> None:
    assert suspect_front("chair", chair((0, 1))) == ""
    assert suspect_front("chair", chair((0, -1))) == "its highest parts are in front"
    assert suspect_front("chair", chair((1, 0))) == "its highest parts are at one side"
    assert suspect_front("lamp", chair((1, 0))) == ""


def test_a_table_that_is_turned_is_suspect() -> None:
    table = shape((3, 1, 1)).queries
    assert suspect_front("table", table) == ""
    assert suspect_front("table", table[:, [1, 0, 2]]) == "3.0 times as deep as wide"


# --- clusters ------------------------------------------------------------------------------------


def shape(size: tuple[float, float, float]) -> ShapePoints:
    """Samples of a box whose diagonal is 1."""
    vertices = trimesh.creation.box(size / np.linalg.norm(size)).vertices
    faces = trimesh.creation.box(size).faces
    return sample_shape(vertices.astype(np.float32), faces.astype(np.int32))


def test_a_quarter_turn_is_no_distance() -> None:
    first, turned = shape((1, 3, 1)), shape((3, 1, 1))
    assert shape_distance(first, turned) < 0.001
    assert shape_distance(first, turned, turns=1) > 0.1


def test_near_shapes_share_a_cluster_and_far_ones_do_not() -> None:
    shapes = [shape(s) for s in ((1, 1, 1), (1, 3, 1), (1, 1.02, 1), (3.03, 1, 1), (1, 1, 3))]
    assert cluster_shapes(5, near_pairs(shapes)) == [0, 1, 0, 1, 4]


def test_near_duplicates_join_clusters() -> None:
    """2 is nearer to 0 than to 3, yet a near duplicate of 3: all of them are one cluster."""
    pairs = {(0, 2): 0.012, (2, 3): 0.002}
    assert cluster_shapes(4, pairs) == [0, 1, 0, 0]
    assert cluster_shapes(4, {(0, 2): 0.012, (2, 3): 0.014}) == [0, 1, 0, 3]


def test_split_holds_whole_clusters_and_its_shares() -> None:
    clusters = ["big"] * 60 + [f"small_{i}" for i in range(40)]
    split = split_clusters(clusters)
    count = Counter(split[name] for name in clusters)
    assert split["big"] == "train"
    assert (count["test"], count["val"]) == (15, 10)
    assert split == split_clusters(clusters[::-1])


# --- the real data, where it lies ----------------------------------------------------------------

fetched = pytest.mark.skipif(
    not (CORPUS_FOLDER / "index.jsonl").is_file(), reason="the corpus is not built here"
)


@pytest.mark.slow
@fetched
def test_built_corpus_is_what_the_lock_says() -> None:
    lock = load_lock()
    records = list_models(parametric=False)
    assert len(records) >= 540
    assert [r.name for r in records if lock[r.name].checksum != r.checksum] == []


@pytest.mark.slow
@fetched
@pytest.mark.parametrize("package", [package.name for package in load_packages()])
def test_one_real_file_of_each_package_reads_the_same(package: str) -> None:
    if fetched_version(CORPUS_FOLDER / "packages", package) is None:
        pytest.skip(f"{package} is not fetched")
    first = next(r for r in load_manifest() if r.package == package)
    model = read_stage.read_row(CORPUS_FOLDER, first)
    assert model.record.checksum == load_lock()[first.name].checksum
    low, high = model.vertices.min(0), model.vertices.max(0)
    np.testing.assert_allclose(low + high, 0, atol=1e-6)
    assert np.linalg.norm(high - low) == pytest.approx(1, abs=1e-6)
