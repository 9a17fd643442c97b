"""The camera stage: what it begins with, what it sees, and the mean of its runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_shapes import write_split

from immat_core.errors import UserError
from immat_core.networks.config import NetworkConfig
from training.average import main as average
from training.camera_stage import hidden, origin_chances, shifted
from training.config import TrainingConfig, read_config
from training.data import ShapeFolder, open_folder
from training.train import load_networks, main, make_stage

SHAPES, SIZE = 6, 32
CONFIG = """
data: {data}
accelerator: cpu
network: {{width: 0.125, spheres: 24, dense: 96, hidden: 32, dense_neighbors: 16}}
image2sphere: {{optimization: {{steps: 2, batch: 4, warmup: 1}}}}
camera: {{optimization: {{steps: 30, batch: 8, warmup: 3, learning_rate: 0.002}}, shift: 2}}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("cameras")
    write_split(folder / "data" / "train", SHAPES, 0)
    write_split(folder / "data" / "val", 4, 1)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(data=folder / "data"), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def config(settings: Path) -> TrainingConfig:
    return read_config(settings)


@pytest.fixture(scope="module")
def folder(config: TrainingConfig) -> ShapeFolder:
    return open_folder(Path(config.data) / "train")


@pytest.fixture(scope="module")
def run(settings: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose first stage and camera are trained."""
    run = tmp_path_factory.mktemp("run")
    for stage in ("image2sphere", "camera"):
        command = ["--config", str(settings), "--run", str(run), "--stage", stage, "--quiet"]
        assert main(command) == 0
    return run


def test_the_camera_begins_with_the_first_stage_and_goes_on_from_there(
    run: Path, config: TrainingConfig, folder: ShapeFolder, tmp_path: Path
) -> None:
    seen = torch.load(run / "image2sphere.pt", weights_only=True)
    torch.save(seen, tmp_path / "image2sphere.pt")
    begun: Any = make_stage("camera", config, folder, tmp_path).network
    for key, value in begun.state_dict().items():
        assert torch.equal(value, seen[key])
    learned: Any = load_networks(config, folder, run)["camera"]
    assert not torch.equal(learned.pose[0].weight, begun.pose[0].weight)
    stage: Any = make_stage("camera", config, folder, run)
    batches = [stage.make_batch(1000 + step) for step in range(8)]
    losses = []
    for network in (begun, learned):
        stage.network = network.eval()
        losses.append(np.mean([float(stage.losses(b)["pose"].detach()) for b in batches]))
    assert losses[1] < losses[0]


def test_it_needs_the_first_stage(settings: Path, tmp_path: Path) -> None:
    command = ["--config", str(settings), "--run", str(tmp_path), "--stage", "camera"]
    assert main(command) == 2


def test_it_sees_varied_shapes_once_they_are_drawn(
    run: Path, config: TrainingConfig, folder: ShapeFolder, tmp_path: Path
) -> None:
    camera = replace(config.camera, varied_share=1.0, shift=0, hidden_share=0.0)
    config = replace(config, data=str(tmp_path), camera=camera)
    config = replace(config, sampling=replace(config.sampling, color=0.0))
    with pytest.raises(UserError, match="missing"):
        make_stage("camera", config, folder, run)
    rows, bins = 2 * SHAPES, NetworkConfig().azimuth_bins
    arrays = {
        "images": np.full((rows, 2, SIZE, SIZE, 4), 255, np.uint8),
        "cameras": np.ones((rows, 2, 7), np.float32),
        "turns": np.ones((rows, bins), np.float32),
        "drawn": np.arange(SHAPES) % 2 == 0,
    }
    (tmp_path / "varied").mkdir()
    for name, array in arrays.items():
        np.save(tmp_path / "varied" / f"{name}.npy", array)
    stage: Any = make_stage("camera", config, folder, run)
    batch = stage.make_batch(3)
    assert (batch.images == 1).all()
    assert (batch.turns == 1).all()
    # Half of them are seen in a mirror.
    assert set(batch.cameras[:, 0].tolist()) == {-1.0, 1.0}
    again = stage.make_batch(3)
    assert all(torch.equal(one, other) for one, other in zip(batch, again, strict=True))
    assert stage.varied is not None
    rows, views = stage.varied.draw(np.random.default_rng(0), np.arange(SHAPES))
    assert (rows % SHAPES == np.arange(SHAPES)).all()
    assert views.max() < 2


@pytest.mark.parametrize(("real", "share"), [(1, 2 / 6), (0, 0.0), (4, 0.5)])
def test_real_shapes_count_twice_within_bounds(
    folder: ShapeFolder, real: int, share: float
) -> None:
    one = replace(folder, category=np.zeros(SHAPES, np.int64), chances=None)
    drawn = np.arange(SHAPES) >= real
    chances = origin_chances(one, drawn)
    assert chances.sum() == pytest.approx(1)
    assert chances[~drawn].sum() == pytest.approx(share / (share + 0.5))
    assert np.ptp(chances[drawn]) == pytest.approx(0)


def test_the_mean_of_two_runs_lies_between_them(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = torch.load(run / "camera.pt", weights_only=True)
    other = {k: v + 2 if v.is_floating_point() else v for k, v in weights.items()}
    (tmp_path / "other").mkdir()
    torch.save(other, tmp_path / "other" / "camera.pt")
    names = [str(run), str(tmp_path / "other"), "--network", "camera"]
    assert average([*names, "--out", str(tmp_path / "mean")]) == 0
    mean = torch.load(tmp_path / "mean" / "camera.pt", weights_only=True)
    assert list(mean) == list(weights)
    for key, value in weights.items():
        torch.testing.assert_close(mean[key], value + 1 if value.is_floating_point() else value)
    assert average([str(tmp_path), *names, "--out", str(tmp_path)]) == 2
    assert "no trained camera" in capsys.readouterr().err
    torch.save({"encoder": torch.zeros(1)}, tmp_path / "other" / "camera.pt")
    assert average([*names, "--out", str(tmp_path / "mean")]) == 2


def test_pictures_move_and_lose_boxes_and_nothing_comes_in() -> None:
    images = torch.zeros(40, 4, 32, 32)
    images[:, :, 16, 10] = 1
    rng = np.random.default_rng(0)
    moved = shifted(images, 2, rng)
    assert moved.shape == images.shape
    assert (moved.sum((1, 2, 3)) == 4).all()
    rows, columns = np.nonzero(moved[:, 0].sum(0).numpy())
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (14, 18, 8, 12)
    lost = 1 - hidden(torch.ones_like(images), 0.5, rng)
    share = (lost.sum((1, 2, 3)) > 0).float().mean()
    assert 0.3 < share < 0.7
    assert lost.mean((1, 2, 3)).max() < 1 / 9
    assert (shifted(images, 0, rng) == images).all()
