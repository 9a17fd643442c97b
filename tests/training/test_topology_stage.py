"""The topology stage: what it learns from, and that it soon beats the simple rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from immat_core.networks.build import build_networks
from immat_core.networks.config import NetworkConfig
from training.config import Optimization, TopologyData, TopologyStage, TrainingConfig
from training.data import ShapeFolder
from training.labels import label_topology, make_skeleton
from training.predictions import PredictedShapes
from training.topology_report import CLIQUES, count_all, given_shapes, judged, markdown
from training.topology_stage import KEPT, TopologyModule, move_spheres, moved_by

SPHERES, DENSE = 64, 600


def _sheet(rng: np.random.Generator) -> tuple[np.ndarray, ...]:  # type: ignore[type-arg]
    """A bent 8 x 8 sheet: spheres, dense centers, edges and faces."""
    bend, side = rng.uniform(0.0, 2.0), rng.uniform(0.5, 0.8)

    def place(u: np.ndarray, v: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
        return np.stack([side * u, side * v, 0.2 * bend * u**2], 1)

    u, v = (x.ravel() / 7 - 0.5 for x in np.meshgrid(np.arange(8), np.arange(8)))
    at = np.arange(64).reshape(8, 8)
    a, b, c, d = at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, :-1].ravel(), at[1:, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, d], 1), np.stack([a, c, d], 1)])
    edges = np.unique(np.sort(faces[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1), axis=0)
    spheres = np.concatenate([place(u, v), np.full((64, 1), 0.02)], 1)
    return spheres, place(*rng.uniform(-0.5, 0.5, (2, DENSE))), edges, faces


@pytest.fixture(scope="module")
def folder() -> ShapeFolder:
    """Eight bent sheets, without pictures."""
    rng = np.random.default_rng(0)
    shapes = [_sheet(rng) for _ in range(8)]
    edges, faces = np.full((8, 300, 2), -1, np.int16), np.full((8, 200, 3), -1, np.int16)
    for k, (_, _, e, f) in enumerate(shapes):
        edges[k, : len(e)], faces[k, : len(f)] = e, f
    return ShapeFolder(
        images=np.zeros((8, 1, 32, 32, 4), np.uint8),
        photos=np.zeros((8, 1), bool),
        cameras=np.zeros((8, 1, 7), np.float32),
        spheres=np.stack([s for s, *_ in shapes]).astype(np.float32),
        dense=np.stack([d for _, d, *_ in shapes]).astype(np.float32),
        surface=np.zeros((8, 4, 6), np.float32),
        edges=edges,
        faces=faces,
        category=np.zeros(8, np.int64),
        categories=("sheet",),
    )


def _module(folder: ShapeFolder) -> TopologyModule:
    sizes = NetworkConfig(image_size=32, width=0.125, hidden=16, dense=DENSE)
    torch.manual_seed(0)
    stage = TopologyStage(optimization=Optimization(batch=4, bfloat16=False))
    config = TrainingConfig(topology=stage)
    return TopologyModule(build_networks(sizes), config, folder, Path())


def test_noise_is_that_of_the_asked_size_and_small_more_often_than_large(
    folder: ShapeFolder,
) -> None:
    spheres, dense = folder.spheres[0], folder.dense[0]
    rng = np.random.default_rng(0)
    moved, moved_dense = moved_by(0.02, spheres, dense, rng)
    assert (moved - spheres)[:, :3].std() == pytest.approx(0.02, rel=0.2)
    assert (moved_dense - dense).std() == pytest.approx(0.01, rel=0.1)
    assert np.log(moved[:, 3] / spheres[:, 3]).std() == pytest.approx(0.24, rel=0.2)
    settings = TopologyData(jitter=0.03)
    draws = [move_spheres(spheres, dense, settings, rng)[0] for _ in range(200)]
    sizes = np.array([(m - spheres)[:, :3].std() for m in draws])
    assert sizes.max() < 0.036
    assert 0.25 < (sizes > 0.01).mean() < 0.6


def test_a_batch_holds_the_labels_of_its_clouds_and_faces_of_some_spheres(
    folder: ShapeFolder,
) -> None:
    module = _module(folder)
    batch, same = module.make_batch(3), module.make_batch(3)
    assert all(torch.equal(a, b) for a, b in zip(batch, same, strict=True))
    total = module.settings.batch * SPHERES
    assert batch.edges.shape == (total, 12)
    assert len(batch.rows) == round(module.config.face_share * total)
    assert batch.faces.shape == (len(batch.rows), 12, 12)
    assert batch.sparse.max() < total
    # Turning does not change what is right: the labels are those of the turned shape's distances.
    own = batch.spheres[:, None, :3] - batch.spheres[batch.sparse][..., :3]
    length = own.norm(dim=2)
    assert length[batch.edges > 0].mean() < 0.8 * length[batch.edges == 0].mean()
    assert module.losses(batch)["cross_entropy"] > 0


def test_skeletons_are_kept_up_to_a_limit(
    folder: ShapeFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert KEPT >= 100
    monkeypatch.setattr("training.topology_stage.KEPT", 3)
    module = _module(folder)
    first = module.skeleton(0)
    for shape in (1, 2, 0, 3):
        module.skeleton(shape)
    assert module.skeleton(0) is first
    assert len(module._skeletons) == 3


def test_a_stretched_prediction_is_labelled_by_the_stretched_skeleton(folder: ShapeFolder) -> None:
    """Predictions that are just right have the labels of the true topology, turned or not."""
    module = _module(folder)
    scale = np.array([[1.6, 0.7, 1.1]], np.float32)
    spheres, dense = folder.spheres[:1] * [*scale[0], 1], folder.dense[:1] * scale
    predicted = PredictedShapes(
        shapes=np.zeros(1, np.int64),
        views=np.zeros(1, np.int64),
        initial=spheres.astype(np.float32),
        refined=spheres.astype(np.float32),
        dense=dense.astype(np.float32),
        directions=np.zeros((1, 4)),
        pose=np.zeros((1, 14), np.float32),
        scales=scale,
    )
    module.predicted = predicted
    module.config = replace(module.config, data=TopologyData(predicted_share=1.0))
    batch = module.make_batch(0)
    skeleton = make_skeleton(folder, 0, tuple(scale[0].tolist()))
    sparse = batch.sparse[:SPHERES].numpy()
    edges, _ = label_topology(predicted.refined[0, :, :3], sparse, skeleton)
    np.testing.assert_array_equal(batch.edges[:SPHERES].numpy() > 0, edges)
    plain, _ = label_topology(predicted.refined[0, :, :3], sparse, make_skeleton(folder, 0))
    assert (plain != edges).any()


@pytest.mark.slow
def test_a_short_training_beats_every_rule(folder: ShapeFolder) -> None:
    module = _module(folder)
    optimizer = torch.optim.AdamW(module.network.parameters(), 3e-3)
    for step in range(50):
        loss = module.losses(module.make_batch(step))["cross_entropy"]
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(module.network.parameters(), 1.0)
        optimizer.step()
    sizes = NetworkConfig(sparse_neighbors=12)
    totals = count_all(module.network.eval(), sizes, folder, given_shapes(folder, 0.02, {}, 0))
    table = judged(totals, totals)
    for what in ("edges", "faces"):
        rules = [r[what]["f1"] for n, r in table.items() if n not in ("network", CLIQUES)]
        assert table["network"][what]["f1"] > max(rules)
    assert "| network |" in markdown({"tables": {"0.02": table}})


def test_labels_of_a_cloud_have_the_networks_shape(folder: ShapeFolder) -> None:
    module = _module(folder)
    sparse = np.tile(np.arange(1, 13), (SPHERES, 1))
    edges, faces = label_topology(folder.spheres[0][:, :3], sparse, module.skeleton(0))
    assert edges.shape == (SPHERES, 12)
    assert (faces == faces.transpose(0, 2, 1)).all()
