"""The loops: losses fall, a killed run resumes to the same weights, labels fit what is known."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from immat_core.camera import Camera
from immat_core.errors import UserError
from immat_core.networks.config import NetworkConfig
from immat_core.pose_head import decode_poses
from training.calibrate import calibrate, judge
from training.callbacks import Budget
from training.cameras import PoseLoss, azimuth_targets
from training.config import TrainingConfig, read_config
from training.data import augment, choose_shapes, load_batch, open_folder, training_batch
from training.evaluation.scores import Counts, threshold_counts
from training.labels import label_topology, make_skeleton
from training.predictions import predict_shapes
from training.stretch import Stretch
from training.symmetry import turn_weights
from training.topology_stage import make_cloud
from training.train import (
    CALIBRATED,
    STAGES,
    load_networks,
    main,
    make_stage,
    network_config,
    process_grid,
    take_up,
)

BINNED = NetworkConfig()
SHAPES, VIEWS, SIZE, SPHERES, DENSE = 6, 3, 32, 48, 128
CONFIG = """
data: {data}
save_minutes: 5
log_steps: 1
validate_steps: 20
accelerator: cpu
network: {{width: 0.125, spheres: 48, dense: 128, hidden: 32, dense_neighbors: 16}}
image2sphere: {{optimization: {{steps: 40, batch: 6, warmup: 5, learning_rate: 0.002}}}}
camera: {{optimization: {{steps: 20, batch: 6, warmup: 3}}, shift: 2, hidden_share: 0.5}}
refinement: {{optimization: {{steps: 3, batch: 4, warmup: 1}}}}
topology:
  optimization: {{steps: 12, batch: 2, warmup: 2, learning_rate: 0.003, bfloat16: false}}
smoothing: {{optimization: {{steps: 3, batch: 4, warmup: 1}}, predicted_shapes: 6}}
"""


def _sheet(side: float) -> tuple[NDArray, NDArray, NDArray]:  # type: ignore[type-arg]
    """A 6 x 8 sheet, its edges along one diagonal and its faces."""
    x, y = np.meshgrid(np.linspace(-0.3, 0.3, 8), np.linspace(-side, side, 6))
    centers = np.stack([x.ravel(), y.ravel(), np.zeros(48)], 1)
    at = np.arange(48).reshape(6, 8)
    a, b, c, d = at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, :-1].ravel(), at[1:, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, d], 1), np.stack([a, c, d], 1)])
    edges = np.unique(np.sort(faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2)), axis=0)
    return centers, edges, faces


def _ring(radius: float) -> tuple[NDArray, NDArray, NDArray]:  # type: ignore[type-arg]
    angle = np.linspace(0, 2 * np.pi, 49)[:-1]
    centers = radius * np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    edges = np.stack([np.arange(48), (np.arange(48) + 1) % 48], 1)
    return centers, edges, np.empty((0, 3), int)


def _samples(centers: NDArray, edges: NDArray, faces: NDArray, rng: np.random.Generator) -> NDArray:  # type: ignore[type-arg]
    simplices = faces if len(faces) else edges
    weights = rng.dirichlet(np.ones(simplices.shape[1]), DENSE)
    return np.einsum(
        "mk,mkd->md", weights, centers[simplices[rng.integers(0, len(simplices), DENSE)]]
    )


def _write(folder: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = {
        "images": np.zeros((SHAPES, VIEWS, SIZE, SIZE, 4), np.uint8),
        "photos": np.tile(np.arange(VIEWS) % 2 == 1, (SHAPES, 1)),
        "surface": np.zeros((SHAPES, 8, 6), np.float32),
        "cameras": np.zeros((SHAPES, VIEWS, 7), np.float32),
        "spheres": np.full((SHAPES, SPHERES, 4), 0.02, np.float32),
        "dense": np.zeros((SHAPES, DENSE, 3), np.float32),
        "edges": np.full((SHAPES, 256, 2), -1, np.int16),
        "faces": np.full((SHAPES, 256, 3), -1, np.int16),
        "category": (np.arange(SHAPES) % 2).astype(np.int64),
    }
    for k in range(SHAPES):
        size = rng.uniform(0.1, 0.3)
        centers, edges, faces = (_sheet, _ring)[k % 2](size)
        arrays["spheres"][k, :, :3] = centers
        arrays["dense"][k] = _samples(centers, edges, faces, rng)
        arrays["edges"][k, : len(edges)], arrays["faces"][k, : len(faces)] = edges, faces
        for view in range(VIEWS):
            camera = Camera(rng.uniform(-3, 3), rng.uniform(0.2, 0.8), 2.0, 3.0)
            arrays["cameras"][k, view] = camera.azimuth, camera.elevation, 2.0, 3.0, 0, 0, 0
            uv = camera.project(arrays["dense"][k])[0]
            cells = np.clip((uv + 1) / 2 * SIZE, 0, SIZE - 1).astype(int)
            arrays["images"][k, view, cells[:, 1], cells[:, 0]] = (200, 90, 40, 255)
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "categories.json").write_text(json.dumps(["sheet", "ring"]))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A config file with a data set of six shapes."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("training")
    for seed, split in enumerate(("train", "test", "val")):
        _write(folder / "data" / split, seed)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(data=folder / "data"))
    return path


@pytest.fixture(scope="module")
def run(settings: Path) -> Path:
    """A run of all four stages."""
    folder = settings.parent / "run"
    assert main(["--config", str(settings), "--run", str(folder)]) == 0
    return folder


def _losses(run: Path, stage: str, name: str = "loss") -> list[float]:
    lines = (run / stage / "version_0" / "metrics.csv").read_text().splitlines()
    column = lines[0].split(",").index(name)
    return [float(line.split(",")[column]) for line in lines[1:] if line.split(",")[column]]


def test_all_stages_train_and_the_losses_fall(run: Path) -> None:
    for stage in STAGES:
        assert (run / f"{stage}.pt").is_file()
    sphere = _losses(run, "image2sphere")
    assert sphere[-1] < 0.6 * sphere[0]
    topology = _losses(run, "topology")
    assert topology[-1] < 0.8 * topology[0]


def test_the_loss_on_held_out_shapes_is_logged_and_falls(run: Path) -> None:
    sphere = _losses(run, "image2sphere", "validation/loss")
    assert len(sphere) == 2
    assert sphere[1] < sphere[0]


def test_a_stage_whose_budget_is_used_up_is_left_alone(run: Path, settings: Path) -> None:
    files = [run / f"{name}.pt" for name in STAGES]
    before = [file.stat().st_mtime_ns for file in files]
    assert main(["--config", str(settings), "--run", str(run), "--quiet"]) == 0
    assert [file.stat().st_mtime_ns for file in files] == before


def test_a_run_goes_on_from_the_weights_of_another(
    run: Path, settings: Path, tmp_path: Path
) -> None:
    command = ["--config", str(settings), "--run", str(tmp_path / "next"), "--quiet"]
    with pytest.raises(UserError, match="no trained networks"):
        take_up(tmp_path, tmp_path / "next")
    command += ["--from", str(run), "--stage", "refinement", "--steps", "1"]
    assert main(command) == 0
    for stage in STAGES:
        files = (folder / f"{stage}.pt" for folder in (run, tmp_path / "next"))
        old, new = (torch.load(file, weights_only=True) for file in files)
        same = all(torch.equal(old[key], new[key]) for key in old)
        assert same == (stage != "refinement")


@pytest.mark.slow
def test_two_processes_train_every_stage_and_resume(settings: Path, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    text = settings.read_text().replace(
        "network: {", "network: {azimuth_bins: 12, global_cells: 2, dense_rank: 8, "
    )
    path.write_text(text)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2"]
    command += ["--master_port", "29613", "-m", "training.train", "--"]
    given = ["--config", str(path), "--quiet", "--run"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "OMP_NUM_THREADS": "1",
    }
    two, one = tmp_path / "two", tmp_path / "one"
    for extra in (["--steps", "2", "--stage", "image2sphere"], ["--steps", "4"]):
        done = subprocess.run(
            [*command, *given, str(two), *extra],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
    assert all((two / f"{stage}.pt").is_file() for stage in STAGES)
    assert (two / "topology" / CALIBRATED).is_file()
    stored = torch.load(two / "image2sphere" / "last.ckpt", weights_only=False)
    assert stored["global_step"] == 4
    assert main([*given, str(one), "--steps", "2", "--stage", "image2sphere"]) == 0
    first, second = (_losses(run, "image2sphere") for run in (two, one))
    # The first process begins with the batch of a lone one; the next is the third, not the second.
    assert first[0] == pytest.approx(second[0], rel=1e-4)
    assert first[1] != pytest.approx(second[1], rel=1e-6)


def test_processes_are_counted_as_torchrun_and_slurm_say() -> None:
    assert process_grid({}) == (1, 1)
    assert process_grid({"LOCAL_WORLD_SIZE": "2", "WORLD_SIZE": "6"}) == (2, 3)
    assert process_grid({"SLURM_NTASKS": "8", "SLURM_NNODES": "2"}) == (4, 2)


def test_a_killed_run_ends_with_the_weights_of_an_unbroken_one(
    settings: Path, tmp_path: Path
) -> None:
    hasty = tmp_path / "config.yaml"
    hasty.write_text(settings.read_text().replace("save_minutes: 5", "save_minutes: 0"))
    command = [sys.executable, "-m", "training.train", "--config", str(hasty)]
    command += ["--stage", "image2sphere", "--steps", "12"]
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
    broken, whole = tmp_path / "broken", tmp_path / "whole"
    process = subprocess.Popen(
        [*command, "--run", str(broken)],
        env=environment,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    checkpoint = broken / "image2sphere" / "last.ckpt"
    deadline = time.monotonic() + 60
    while not checkpoint.is_file() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = torch.load(checkpoint, weights_only=False)["global_step"]
    assert 0 < reached < 12
    assert main([*command[3:], "--run", str(broken)]) == 0
    assert main([*command[3:], "--run", str(whole)]) == 0
    weights = [torch.load(r / "image2sphere.pt", weights_only=True) for r in (broken, whole)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[1])


def test_learning_rate_rises_stays_and_falls_to_nothing() -> None:
    budget = Budget(replace(TrainingConfig().image2sphere.optimization, steps=1000, warmup=10))
    rates = [budget.rate(step) for step in (0, 9, 600, 800, 1000)]
    assert rates == pytest.approx([0.5e-4, 5e-4, 5e-4, 2.5e-4, 0])


@pytest.mark.parametrize(
    "text", ["wrong: 1", "image2sphere: {optimization: {step: 1}}", "seed: many", "- 1", "a: [}"]
)
def test_settings_that_are_no_settings_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"config\.yaml"):
        read_config(path)


@pytest.mark.parametrize("name", ["default", "paper"])
def test_shipped_settings_are_complete(name: str) -> None:
    config = read_config(Path(__file__).parents[2] / f"training/configs/{name}.yaml")
    assert isinstance(NetworkConfig(**config.network), NetworkConfig)


def test_a_stage_that_lacks_another_says_so(settings: Path, tmp_path: Path) -> None:
    config = read_config(settings)
    folder = open_folder(Path(config.data) / "train")
    with pytest.raises(UserError, match="no trained image2sphere"):
        make_stage("refinement", config, folder, tmp_path)
    assert network_config(config, folder).categories == ("sheet", "ring")


def test_a_mirrored_picture_is_the_picture_of_the_mirrored_shape(settings: Path) -> None:
    folder = open_folder(Path(read_config(settings).data) / "train")
    plain = load_batch(folder, np.arange(SHAPES), np.zeros(SHAPES, np.int64))
    mirrored = augment(plain, np.random.default_rng(0))
    flipped = mirrored.cameras[:, 0] != plain.cameras[:, 0]
    assert flipped.any()
    for k in range(SHAPES):
        before = Camera(*plain.cameras[k].tolist()).project(plain.dense[k].numpy())[0]
        after = Camera(*mirrored.cameras[k].tolist()).project(mirrored.dense[k].numpy())[0]
        sign = -1 if flipped[k] else 1
        assert after == pytest.approx(before * [sign, 1], abs=1e-5)
        alpha = plain.images[k, 3].flip(1) if flipped[k] else plain.images[k, 3]
        assert torch.equal(mirrored.images[k, 3], alpha)


def test_drawn_shapes_and_views_follow_the_settings(settings: Path) -> None:
    folder = open_folder(Path(read_config(settings).data) / "train")
    rng = np.random.default_rng(0)
    lopsided = replace(folder, category=np.array([0, 0, 0, 0, 0, 1]))
    even = choose_shapes(lopsided, None, balanced=True, photo_share=0.0)
    drawn = even.draw(rng, 4000)
    assert np.mean(drawn == 5) == pytest.approx(0.5, abs=0.03)
    assert set(even.draw_views(rng, drawn).tolist()) == {0, 2}
    rings = choose_shapes(folder, "ring", balanced=True, photo_share=0.25)
    drawn = rings.draw(rng, 4000)
    assert set(drawn.tolist()) == {1, 3, 5}
    assert np.mean(rings.draw_views(rng, drawn) == 1) == pytest.approx(0.25, abs=0.03)
    with pytest.raises(UserError, match="no 'boat'"):
        choose_shapes(folder, "boat", balanced=True, photo_share=0.5)


def test_colours_change_and_what_is_transparent_stays_empty(settings: Path) -> None:
    folder = open_folder(Path(read_config(settings).data) / "train")
    plain = load_batch(folder, np.arange(SHAPES), np.zeros(SHAPES, np.int64))
    half = plain._replace(images=plain.images * 0.5)
    for batch in (plain, half):
        changed = augment(batch, np.random.default_rng(3)).images
        alpha = changed[:, 3:]
        assert torch.all((changed[:, :3] >= 0) & (changed[:, :3] <= alpha))
        assert changed[:, :3].std() > 0.02
    # Half the coverage, half the premultiplied colour: the same straight colour under it.
    full, faint = (augment(b, np.random.default_rng(3)).images for b in (plain, half))
    torch.testing.assert_close(faint, 0.5 * full)
    same = augment(plain, np.random.default_rng(3), color=0).images
    torch.testing.assert_close(same.sum((2, 3)), plain.images.sum((2, 3)))


def test_a_pose_target_has_a_peak_for_every_side_that_looks_alike(settings: Path) -> None:
    folder = open_folder(Path(read_config(settings).data) / "train")
    ring = turn_weights(folder.spheres[1], folder.dense[1], 36)
    sheet = turn_weights(folder.spheres[0], folder.dense[0], 36)
    assert ring.min() > 0.9
    assert sheet[18] > 0.9
    assert sheet[4:15].max() < 0.1
    target = azimuth_targets(torch.tensor([0.5, 0.5]), torch.from_numpy(np.stack([ring, sheet])))
    assert torch.all(target[0] < 0.04)
    found = decode_poses([*torch.log(target[1] + 1e-9).tolist(), 0.2, 2.0], BINNED)
    assert sorted(c.azimuth for c in found) == pytest.approx([0.5 - np.pi, 0.5], abs=0.02)
    loss = PoseLoss(folder, 36)
    batch = load_batch(folder, np.array([0, 1]), np.array([0, 0]))
    perfect = torch.log(azimuth_targets(batch.cameras[:, 0], loss.turns(batch.shapes)))
    pose = torch.cat([perfect, batch.cameras[:, 1:3]], 1)
    assert loss(pose, batch).item() == pytest.approx(0, abs=1e-5)
    assert loss(pose.roll(5, 1), batch).item() > 1


def test_a_batch_is_a_function_of_seed_and_step(settings: Path) -> None:
    folder = open_folder(Path(read_config(settings).data) / "train")
    one, same = (training_batch(folder, 4, 7, 3) for _ in range(2))
    other = training_batch(folder, 4, 7, 4)
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one.images, other.images)
    assert (one.images[:, :3] <= one.images[:, 3:]).all()


def test_labels_of_unmoved_spheres_are_the_true_topology(settings: Path) -> None:
    folder = open_folder(Path(read_config(settings).data) / "train")
    ring = make_skeleton(folder, 1)
    cloud = make_cloud(np.array(folder.spheres[1]), np.array(folder.dense[1]), (8, 16))
    edges, faces = label_topology(cloud.spheres[:, :3], cloud.sparse, ring)
    found = {frozenset((i, int(cloud.sparse[i, a]))) for i, a in np.argwhere(edges)}
    assert found == {frozenset((i, (i + 1) % 48)) for i in range(48)}
    assert not faces.any()


def test_calibration_makes_the_configured_thresholds_the_best(run: Path, settings: Path) -> None:
    config = read_config(settings)
    folder = open_folder(Path(config.data) / "train")
    networks, sizes = load_networks(config, folder, run), network_config(config, folder)
    predicted = predict_shapes(networks, folder, 24, seed=23)
    for shift in (0.0, 2.0):
        with torch.no_grad():
            networks["topology"].edge.bias += shift
        calibrate(networks, sizes, folder, count=24)
        totals = dict.fromkeys((0.05, 0.2, 0.8), Counts())
        for candidates, true in judge(networks["topology"], folder, predicted, sizes):
            for t in totals:
                totals[t] += threshold_counts(candidates, true, (t, t))[0]
        assert totals[0.2].f1 >= 0.98 * max(totals[0.05].f1, totals[0.8].f1)


def test_pictures_that_are_stretched_are_predicted_as_such(run: Path, settings: Path) -> None:
    config = read_config(settings)
    folder = open_folder(Path(config.data) / "train")
    centers = np.array(folder.spheres)[..., :3]
    folder = replace(folder, surface=np.concatenate([centers, np.ones_like(centers)], 2))
    networks = load_networks(config, folder, run)
    plain = predict_shapes(networks, folder, 8, seed=23)
    stretched = predict_shapes(networks, folder, 8, seed=23, stretch=Stretch(folder, 0.4))
    np.testing.assert_array_equal(plain.shapes, stretched.shapes)
    np.testing.assert_array_equal(plain.scales, 1)
    assert (np.abs(np.log(stretched.scales)).max(1) > 0.01).all()
    assert np.abs(plain.initial - stretched.initial).max() > 1e-3
