"""Telling objects from backgrounds: data, augmentation, learning, the exported file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from immat_core import foreground
from immat_core.foreground import SIDE
from immat_core.networks.foreground import ForegroundNetwork
from training.foreground import (
    ForegroundModule,
    augment_photos,
    main,
    open_photos,
    score,
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Warm discs on cold noise."""
    rng = np.random.default_rng(0)
    y, x = (np.mgrid[:SIDE, :SIDE] + 0.5) / SIDE - 0.5
    photos = np.empty((12, 2, SIDE, SIDE, 4), np.uint8)
    for picture in photos.reshape(-1, SIDE, SIDE, 4):
        radius, (u, v) = rng.uniform(0.2, 0.35), rng.uniform(-0.1, 0.1, 2)
        disc = np.hypot(x - u, y - v) < radius
        picture[..., :3] = rng.integers(40, 120, (SIDE, SIDE, 3))
        picture[..., 0][disc] += 120
        picture[..., 3] = 255 * disc
    folder = tmp_path_factory.mktemp("photos")
    for split in ("train", "val"):
        (folder / split).mkdir()
        np.save(folder / split / "images.npy", photos)
    return folder


def test_it_learns_resumes_and_is_exported(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = tmp_path / "run", tmp_path / foreground.GRAPH
    given = ["--run", str(run), "--data", str(data)]
    for steps in ("6", "30"):
        assert main(["train", *given, "--steps", steps, "--quiet"]) == 0
    assert torch.load(run / "foreground" / "last.ckpt", weights_only=False)["global_step"] == 30
    assert main(["score", *given]) == 0
    assert main(["export", "--run", str(run), "--out", str(out)]) == 0
    assert "the network alone: IoU of 24 photographs" in capsys.readouterr().out
    assert out.stat().st_size < 3e6
    assert b".py" not in out.read_bytes()
    monkeypatch.setattr(foreground, "FOLDER", tmp_path)
    picture = open_photos(data / "val")[0, 0]
    wide = np.array(picture[16:112])
    found = foreground.object_probability(np.ascontiguousarray(wide[..., :3]))
    assert found is not None
    assert found.shape == wide.shape[:2]
    disc = wide[..., 3] > 127
    assert found[disc].mean() > found[~disc].mean() + 0.2


def test_a_batch_is_a_function_of_the_step_and_masks_move_with_their_objects(data: Path) -> None:
    module = ForegroundModule(ForegroundNetwork(), _few(), open_photos(data / "train"))
    one, same, other = (module.make_batch(step) for step in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert one.shape == (8, 4, SIDE, SIDE)
    assert one.min() >= 0
    assert one.max() <= 1
    photos = torch.from_numpy(np.array(open_photos(data / "train")[:, 0])).permute(0, 3, 1, 2)
    # Neither noise nor swapped channels: where the mask is, red is what stands out.
    moved = augment_photos(photos.float() / 255, np.random.default_rng(1))
    inside = moved[:, 3] > 0.99
    spread = moved[:, :3].max(1).values - moved[:, :3].min(1).values
    assert spread[inside].mean() > 1.5 * spread[moved[:, 3] < 0.01].mean()


def test_without_its_file_there_is_no_answer_and_wrong_data_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(foreground, "FOLDER", tmp_path)
    assert foreground.object_probability(np.zeros((40, 30, 3), np.uint8)) is None
    assert main(["train", "--data", str(tmp_path), "--run", str(tmp_path)]) == 2
    np.save(tmp_path / "images.npy", np.zeros((1, 1, 64, 64, 4), np.uint8))
    (tmp_path / "train").mkdir()
    (tmp_path / "images.npy").rename(tmp_path / "train" / "images.npy")
    assert main(["train", "--data", str(tmp_path), "--run", str(tmp_path)]) == 2
    assert main(["export", "--run", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "is missing" in told
    assert "is not of 128 pixels" in told
    assert "has no trained foreground" in told


def test_a_perfect_network_scores_one(data: Path) -> None:
    photos = open_photos(data / "val")

    class Perfect(ForegroundNetwork):
        def forward(self, image: torch.Tensor) -> torch.Tensor:
            small = torch.nn.functional.avg_pool2d(image, 2)
            return small[:, 0] - 130 / 255

    assert score(Perfect(), photos).mean() > 0.9


def _few():
    from training.config import Optimization

    return Optimization(batch=8, bfloat16=False)
