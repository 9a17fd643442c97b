"""The data set: built end to end, resumed after a kill, true to the shapes that it was made of."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from immat_core.camera import Camera
from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from training.corpus.families import PROGRAMS
from training.corpus.generate import draw_model, generate_models
from training.data import open_folder
from training.dataset.__main__ import main
from training.dataset.augmentation import augment_model
from training.dataset.cache import write_cache
from training.dataset.loader import StoredShape, read_index, read_shapes, stream_views
from training.dataset.report import category_table, scale_table, summary
from training.dataset.splits import Place, place_shapes
from training.dataset.tasks import ShapeTask, load_shape

VIEWS, SIZE = 4, 96


def build(folder: Path, *more: str) -> list[str]:
    """Arguments of a build of one parametric shape a category, without real models."""
    corpus = folder.parent / "corpus"
    if not corpus.exists():
        generate_models(corpus, 1)
    sizes = ["--views", str(VIEWS), "--size", str(SIZE), "--augmented", "0"]
    return ["build", "--folder", str(folder), "--corpus", str(corpus), *sizes, *more]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "dataset"
    assert main(build(folder, "--workers", "2")) == 0
    return folder


def shapes(folder: Path) -> list[StoredShape]:
    return [s for split in ("train", "val", "test") for s in read_shapes(folder, split)]


def coverage(points: NDArray[np.float32], camera: Camera, size: int) -> NDArray[np.bool_]:
    uv, _ = camera.project(points)
    at = np.clip(((uv + 1) * size / 2).astype(int), 0, size - 1)
    mask = np.zeros((size, size), bool)
    mask[at[:, 1], at[:, 0]] = True
    return mask


def test_every_category_is_there(dataset: Path) -> None:
    index = read_index(dataset)
    found = shapes(dataset)
    assert sorted(s.category for s in found) == sorted(PROGRAMS)
    assert sum(index["shapes"].values()) == len(found)
    table = category_table(dataset)
    assert all(category in table for category in PROGRAMS)


def test_cameras_and_masks_belong_to_the_surface(dataset: Path) -> None:
    """All surface samples fall into the mask, and the mask has no more than they explain."""
    for shape in shapes(dataset):
        for view in range(VIEWS):
            camera = Camera(*shape.cameras[view].tolist())
            mask = shape.masks[view] > 0
            seen = coverage(shape.surface[:, :3], camera, SIZE)
            near = mask.copy()
            for axis in (0, 1):
                for step in (-1, 1):
                    near |= np.roll(mask, step, axis)
            assert (seen & near).sum() / seen.sum() > 0.99
            assert shape.images[view].shape == (SIZE, SIZE, 3)
        assert shape.photos.tolist() == [False, True, False, True]


def test_the_mesh_stands_where_the_mask_is(dataset: Path) -> None:
    """Its triangles, filled by another program's painter, cover the mask and nothing else.

    Wires thinner than a pixel cost a few percent: a mask's pixel has four samples.
    """
    both, either = [], []
    for shape in shapes(dataset):
        task = ShapeTask(shape.name, shape.category, "parametric", shape.name)
        model = load_shape(task, dataset.parent / "corpus")
        camera = Camera(*shape.cameras[0].tolist())
        uv, _ = camera.project(model.vertices)
        fine = 16 * SIZE
        canvas = Image.new("L", (fine, fine))
        painter = ImageDraw.Draw(canvas)
        for corners in ((uv + 1) * fine / 2 - 0.5)[model.faces]:
            painter.polygon([tuple(corner) for corner in corners.tolist()], fill=1)
        drawn = np.asarray(canvas, float).reshape(SIZE, 16, SIZE, 16).mean((1, 3))
        mask = shape.masks[0] / 255
        both.append(np.minimum(drawn, mask).sum())
        either.append(np.maximum(drawn, mask).sum())
    assert len(both) == len(PROGRAMS)
    assert np.sum(both) / np.sum(either) > 0.98
    assert (np.divide(both, either) > 0.9).all()


def test_medial_mesh_fits_the_surface(dataset: Path) -> None:
    for shape in shapes(dataset):
        mat = MedialMesh(shape.spheres[:, :3], shape.spheres[:, 3], *shape.simplices)
        assert len(mat.radii) == 256
        assert len(mat.edges) == len(shape.edges)
        assert len(mat.faces) == len(shape.faces)
        off = np.abs(medial_distance(shape.surface[::8, :3], mat))
        assert np.mean(off) < 0.006
        np.testing.assert_allclose(np.linalg.norm(shape.surface[:, 3:], axis=1), 1, atol=2e-3)
        outside = medial_distance(shape.dense[::16], mat) > 0.02
        assert outside.mean() < 0.02


def test_a_killed_build_goes_on_and_ends_with_the_same_version(
    dataset: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "dataset"
    shutil.copytree(dataset.parent / "corpus", tmp_path / "corpus")
    command = [sys.executable, "-m", "training.dataset", *build(folder, "--workers", "1")]
    run = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    parts = folder / "parts"
    while not list(parts.glob("*/*.json")):
        assert run.poll() is None
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    done = {path: path.stat().st_mtime_ns for path in parts.glob("*/*.json")}
    assert 0 < len(done) < len(PROGRAMS)
    assert main(build(folder, "--workers", "1")) == 0
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())
    assert read_index(folder) == read_index(dataset)
    for shard in folder.glob("shards/*.tar"):
        assert shard.read_bytes() == (dataset / "shards" / shard.name).read_bytes()


def test_workers_of_a_cluster_make_the_same(dataset: Path, tmp_path: Path) -> None:
    """A scheduler and a worker that were started by themselves, as on a cluster."""
    from dask.distributed import LocalCluster

    shutil.copytree(dataset.parent / "corpus", tmp_path / "corpus")
    folder = tmp_path / "dataset"
    kept = sorted((dataset / "parts").glob("*/*.json"))[2:]
    parts = folder / "parts" / kept[0].parent.name
    parts.mkdir(parents=True)
    for row in kept:  # two shapes are left to make
        shutil.copy(row, parts)
        shutil.copy(row.with_suffix(".tar"), parts)
    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=1, threads_per_worker=1, dashboard_address=":0", scheduler_port=0
    ) as cluster:
        assert main(build(folder, "--scheduler", cluster.scheduler_address)) == 0
    assert read_index(folder) == read_index(dataset)


def test_numbers_of_the_docs(dataset: Path) -> None:
    told = summary(dataset)
    assert f"{len(PROGRAMS)} of {len(PROGRAMS)} shapes, a yield of 100.0 %" in told
    million = scale_table(dataset).splitlines()[-1].split("|")
    assert million[1].strip() == "a million"
    hours, on_two = (float(million[at].replace(",", "")) for at in (2, 3))
    assert on_two == pytest.approx(hours / 2, rel=0.01)


def test_cache_is_what_training_reads(dataset: Path, tmp_path: Path) -> None:
    found = shapes(dataset)
    total = 0
    for split in ("train", "val", "test"):
        count = write_cache(dataset, tmp_path, split, 48)
        total += count
        if count:
            folder = open_folder(tmp_path / split)
            assert folder.images.shape == (count, VIEWS, 48, 48, 4)
            names = json.loads((tmp_path / split / "names.json").read_text())
            shape = next(s for s in found if s.name == names[0])
            edges, faces = folder.topology(0)
            np.testing.assert_array_equal(edges, shape.edges)
            np.testing.assert_array_equal(faces, shape.faces)
            np.testing.assert_array_equal(folder.spheres[0], shape.spheres)
            cut = shape.masks[0].astype(float).mean() / 255
            assert folder.images[0, 0, ..., 3].mean() / 255 == pytest.approx(cut, abs=0.01)
    assert total == len(found)


def test_stream_gives_views_with_all_that_belongs_to_them(dataset: Path) -> None:
    stream = iter(stream_views(dataset, "train", shuffle=2))
    views = [next(stream) for _ in range(8)]
    by_name = {shape.name: shape for shape in shapes(dataset)}
    for view in views:
        shape = by_name[view["name"]]
        assert view["image"].shape == (3, SIZE, SIZE)
        assert view["camera"].tolist() in shape.cameras.tolist()
        np.testing.assert_array_equal(view["edges"], shape.edges)
    assert len({view["name"] for view in views}) > 1


def test_changed_copies_keep_the_frame_and_differ() -> None:
    model = draw_model("chair", 3)
    copies = [augment_model(model, number) for number in (1, 1, 2)]
    np.testing.assert_array_equal(copies[0].vertices, copies[1].vertices)
    assert np.abs(copies[0].vertices - copies[2].vertices).max() > 0.01
    for copy in copies:
        low, high = copy.vertices.min(0), copy.vertices.max(0)
        np.testing.assert_allclose(np.linalg.norm(high - low), 1, atol=1e-4)
        assert copy.faces.shape == model.faces.shape
        # legs stay below the seat: the order of heights is kept, but for thicker parts
        order = np.argsort(model.vertices[:, 2], kind="stable")
        heights = copy.vertices[order, 2]
        assert np.corrcoef(np.arange(len(heights)), heights)[0, 1] > 0.8


def test_twins_and_changed_copies_never_part() -> None:
    rng = np.random.default_rng(0)
    points = rng.normal(size=(4096, 3)).astype(np.float32)
    points *= 0.2 / np.abs(points).max(1, keepdims=True)
    ball = rng.normal(size=(4096, 3)).astype(np.float32)
    ball *= 0.25 / np.linalg.norm(ball, axis=1, keepdims=True)
    given = [
        ("chair_001", "chair", points),
        ("chair_p1", "chair", points[::-1] * np.float32(1.002)),
        ("chair_p2", "chair", ball),
        ("chair_001_a1", "chair", ball),
        ("table_p1", "table", points),
    ]
    known = {"chair_001": Place("chair_001", "val")}
    places = place_shapes(given, known, {"chair_001_a1": "chair_001"})
    assert places["chair_p1"] == places["chair_001"] == places["chair_001_a1"]
    assert places["chair_p2"].cluster == "chair_p2"
    assert places["table_p1"].cluster == "table_p1"
    again = place_shapes(given[::-1], known, {"chair_001_a1": "chair_001"})
    assert again == places


def test_a_shape_that_cannot_be_had_is_a_row_and_stops_nothing(tmp_path: Path) -> None:
    from training.dataset.build import build_parts
    from training.dataset.settings import DatasetSettings

    (tmp_path / "index.jsonl").write_text("", encoding="utf-8")
    tasks = (ShapeTask("chair_999", "chair", "real", "chair_999"),)
    rows = build_parts(tmp_path / "d", tasks, DatasetSettings(views=1), tmp_path)
    assert "chair_999" in rows[0].rejected
    with pytest.raises(Exception, match="chair_999"):
        load_shape(tasks[0], tmp_path)


def test_varied_shapes_are_drawn_beside_a_cache_and_a_killed_run_goes_on(
    dataset: Path, tmp_path: Path
) -> None:
    for split in ("train", "val", "test"):
        write_cache(dataset, tmp_path, split, 32)
    corpus = str(dataset.parent / "corpus")
    command = ["varied", "--cache", str(tmp_path), "--corpus", corpus, "--variations", "2"]
    assert main([*command, "--views", "2", "--workers", "2"]) == 0
    names = ("images", "cameras", "turns", "drawn")
    made = {name: np.load(tmp_path / "varied" / f"{name}.npy") for name in names}
    count = len(json.loads((tmp_path / "train" / "names.json").read_text()))
    assert made["images"].shape == (2 * count, 2, 32, 32, 4)
    assert made["drawn"].all()
    assert (made["turns"][:, 0] == 1).all()
    covered = (made["images"][..., 3] > 127).mean((2, 3))
    assert ((covered > 0.005) & (covered < 0.95)).all()
    assert ((made["cameras"][..., 2] >= 1.09) & (made["cameras"][..., 2] < 4.1)).all()
    # The variations of a shape differ from it and from each other.
    assert (np.abs(made["turns"][:count] - made["turns"][count:]).max(1) > 0).any()
    path = tmp_path / "varied" / "cameras.npy"
    undone = made["cameras"].copy()
    undone[1] = 0
    np.save(path, undone)
    assert main([*command, "--views", "2", "--workers", "1"]) == 0
    for name in names:
        np.testing.assert_array_equal(np.load(tmp_path / "varied" / f"{name}.npy"), made[name])


def test_varied_shapes_need_a_cache(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["varied", "--cache", str(tmp_path)]) == 2
    assert "training.dataset cache" in capsys.readouterr().err
