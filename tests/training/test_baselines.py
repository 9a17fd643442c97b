"""The baselines: those that learn fit what they see, those that do not find what is there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_shapes import write_split

from immat_core.camera import Camera
from immat_core.envelope import medial_distance
from immat_core.surface.checks import check_polygons
from training.baselines.__main__ import main
from training.baselines.decoders import LEVELS, mesh_regularity, project
from training.baselines.icosphere import SphereGraph, icosphere
from training.baselines.occupancy import cached_occupancy, inside
from training.baselines.retrieval import (
    describe_masks,
    make_gallery,
    oracle_shape,
    squared_chamfer,
    typical_shapes,
)
from training.baselines.stages import (
    LEARNED,
    SHAPING,
    BaselineLoss,
    baseline_surface,
    load_baseline,
    make_baseline,
    whole_budget,
)
from training.config import TrainingConfig, read_config
from training.data import ShapeFolder, load_batch, open_folder
from training.evaluation.truth import true_medial_mesh, true_surface
from training.train import load_networks

CONFIG = """
data: {data}
accelerator: cpu
network: {{width: 0.125, spheres: 24, dense: 96, hidden: 32}}
image2sphere: {{optimization: {{steps: 4, batch: 4, warmup: 1, learning_rate: 0.003}}}}
refinement: {{optimization: {{steps: 1}}}}
topology: {{optimization: {{steps: 1}}}}
smoothing: {{optimization: {{steps: 1}}}}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("baselines")
    write_split(folder / "data" / "train", 4, 0)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(data=folder / "data"))
    return path


@pytest.fixture(scope="module")
def config(settings: Path) -> TrainingConfig:
    return read_config(settings)


@pytest.fixture(scope="module")
def folder(config: TrainingConfig) -> ShapeFolder:
    return open_folder(Path(config.data) / "train")


@pytest.mark.parametrize("level", [0, 1, 3])
def test_an_icosphere_is_a_closed_sphere(level: int) -> None:
    sphere = icosphere(level)
    assert len(sphere.vertices) == 10 * 4**level + 2
    assert len(sphere.edges) == 30 * 4**level
    report = check_polygons(sphere.vertices, sphere.faces)
    assert report.manifold
    assert report.genus == 0
    assert report.volume > 0
    assert np.linalg.norm(sphere.vertices, axis=1) == pytest.approx(1, abs=1e-6)


def test_a_finer_sphere_begins_with_the_coarser_one() -> None:
    graph = SphereGraph(1)
    coarse = torch.from_numpy(icosphere(1).vertices)[None]
    fine = graph.refine(coarse)[0]
    fine = fine / fine.norm(dim=1, keepdim=True)
    assert torch.allclose(fine, torch.from_numpy(icosphere(2).vertices), atol=1e-6)


def test_the_mean_of_neighbors_is_that_of_the_edges() -> None:
    graph, sphere = SphereGraph(1), icosphere(1)
    values = torch.randn(2, len(sphere.vertices), 3)
    found = graph.neighbors_mean(values)
    for vertex in (0, 20):
        touching = sphere.edges[(sphere.edges == vertex).any(1)]
        others = touching.sum(1) - vertex
        assert torch.allclose(found[:, vertex], values[:, others].mean(1), atol=1e-6)


def test_moving_a_mesh_as_a_whole_changes_no_laplacian() -> None:
    graph = SphereGraph(1)
    before = torch.from_numpy(icosphere(1).vertices)[None]
    edges, change = mesh_regularity(before, before + 0.3, graph)
    assert change.item() == pytest.approx(0, abs=1e-12)
    assert mesh_regularity(before, 2 * before, graph)[0].item() == pytest.approx(4 * edges.item())


def test_projection_of_a_batch_is_that_of_the_camera() -> None:
    rng = np.random.default_rng(0)
    rows = rng.uniform(0.2, 1, (3, 7)).astype(np.float32)
    rows[:, 2] += 1
    points = rng.uniform(-0.4, 0.4, (3, 5, 3)).astype(np.float32)
    found = project(torch.from_numpy(points), torch.from_numpy(rows)).numpy()
    for k in range(3):
        assert found[k] == pytest.approx(Camera(*rows[k].tolist()).project(points[k])[0], abs=1e-5)


def test_the_budget_is_that_of_all_stages_together(config: TrainingConfig) -> None:
    assert whole_budget(config).steps == 7
    assert whole_budget(config).batch == 4


@pytest.mark.parametrize("name", LEARNED)
def test_a_baseline_learns_what_it_sees_and_answers_with_a_closed_mesh(
    name: str, config: TrainingConfig, folder: ShapeFolder, settings: Path
) -> None:
    stage = make_baseline(name, config, folder, settings.parent / "run")
    assert stage.name == name
    optimizer = stage.configure_optimizers()
    for group in optimizer.param_groups:
        group["lr"] = 0.01
    stage.weights = BaselineLoss(points=256)
    batch = stage.make_batch(0)
    totals = []
    for _ in range(25):
        total = torch.stack(list(stage.losses(batch).values())).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(total.item())
    assert totals[-1] < 0.7 * totals[0]
    image, camera = batch[0].images[:1], batch[0].cameras[:1]
    mesh = baseline_surface(name, stage.network.eval(), image, camera)
    report = check_polygons(mesh.vertices, mesh.faces)
    assert report.manifold
    assert np.isfinite(mesh.vertices).all()
    if name != "occnet":
        assert len(mesh.vertices) == len(icosphere(LEVELS[-1]).vertices)


def test_where_our_first_stage_is_trained_a_baseline_begins_with_its_encoder(
    config: TrainingConfig, folder: ShapeFolder, tmp_path: Path
) -> None:
    untrained: Any = make_baseline("atlasnet", config, folder, tmp_path)
    other = replace(config, seed=config.seed + 1)
    networks = load_networks(other, folder, tmp_path)
    torch.save(networks["image2sphere"].state_dict(), tmp_path / "image2sphere.pt")
    begun: Any = make_baseline("atlasnet", config, folder, tmp_path)
    wanted = networks["image2sphere"].encoder.state_dict()
    found = begun.network.encoder.state_dict()
    assert all(torch.equal(found[key], wanted[key]) for key in wanted)
    assert begun.settings.steps == whole_budget(config, SHAPING[1:]).steps
    assert begun.settings.steps < untrained.settings.steps


def test_a_batch_is_a_function_of_the_step(
    config: TrainingConfig, folder: ShapeFolder, settings: Path
) -> None:
    stage = make_baseline("occnet", config, folder, settings.parent / "run")
    one, same, other = (stage.make_batch(step) for step in (3, 3, 4))
    assert torch.equal(one[0].dense, same[0].dense)
    assert torch.equal(one[1], same[1])
    assert not torch.equal(one[0].dense, other[0].dense)


def test_the_command_trains_and_goes_on(settings: Path, config: TrainingConfig) -> None:
    run = settings.parent / "commanded"
    command = ["train", "atlasnet", "--config", str(settings), "--run", str(run), "--quiet"]
    assert main([*command, "--steps", "2"]) == 0
    first = torch.load(run / "atlasnet.pt", weights_only=True)
    assert main([*command, "--steps", "3"]) == 0
    assert torch.load(run / "atlasnet" / "last.ckpt", weights_only=False)["global_step"] == 3
    folder = open_folder(Path(config.data) / "train")
    loaded = load_baseline("atlasnet", config, folder, run)
    assert not torch.equal(loaded.state_dict()["head.0.weight"], first["head.0.weight"])
    assert main(["train", "occnet", "--config", str(settings.parent / "none.yaml")]) == 2


def test_occupancy_is_that_of_the_true_solid_and_is_kept(
    folder: ShapeFolder, tmp_path: Path
) -> None:
    points, held = cached_occupancy(folder, tmp_path)
    for shape in range(2):
        solid = true_medial_mesh(folder, shape)
        away = medial_distance(points[shape].astype(np.float64), solid)
        # The mesh that decides is within a voxel of the exact solid.
        assert held[shape][away < -1 / 128].all()
        assert not held[shape][away > 1 / 128].any()
    assert 0.1 < held.mean() < 0.8
    before = (tmp_path / "points.npy").stat().st_mtime_ns
    assert np.array_equal(cached_occupancy(folder, tmp_path)[1], held)
    assert (tmp_path / "points.npy").stat().st_mtime_ns == before


def test_the_middle_of_a_bar_is_inside_and_that_of_a_ring_is_not(folder: ShapeFolder) -> None:
    middle = np.zeros((1, 3))
    found = [bool(inside(true_surface(folder, k), middle)[0]) for k in range(2)]
    assert found == [True, False]


def test_an_untrained_occupancy_network_still_answers(
    config: TrainingConfig, folder: ShapeFolder, settings: Path
) -> None:
    stage = make_baseline("occnet", config, folder, settings.parent / "run")
    with torch.no_grad():
        stage.network.leave.weight.mul_(0.01)
        stage.network.leave.bias.fill_(-5.0)
    batch = load_batch(folder, np.array([0]), np.array([0]))
    mesh = baseline_surface("occnet", stage.network.eval(), batch.images, batch.cameras)
    assert check_polygons(mesh.vertices, mesh.faces).manifold
    assert len(mesh.faces) > 0


def test_retrieval_finds_the_training_picture_itself(folder: ShapeFolder) -> None:
    gallery = make_gallery(folder, describe_masks, range(folder.views))
    for shape in range(len(folder)):
        for view in range(folder.views):
            picture = describe_masks(np.array(folder.images[shape, view])[None])[0]
            assert gallery.nearest(picture) == shape


def test_a_kept_gallery_is_not_described_again(folder: ShapeFolder, tmp_path: Path) -> None:
    keep = tmp_path / "gallery.npy"
    first = make_gallery(folder, describe_masks, [1], keep)
    again = make_gallery(folder, lambda pictures: pictures[:0, 0, 0], [1], keep)
    assert np.array_equal(first.described, again.described)
    assert again.shapes.tolist() == [0, 1, 2, 3]


def test_the_oracle_finds_the_shape_itself_and_is_never_worse_than_retrieval(
    folder: ShapeFolder,
) -> None:
    rng = np.random.default_rng(0)
    for shape in range(len(folder)):
        points = np.array(folder.surface[shape, :, :3])
        assert oracle_shape(folder, points) == (shape, 0.0)
        moved = points + rng.normal(0, 0.03, points.shape).astype(np.float32)
        cost = oracle_shape(folder, moved, also=[3])[1]
        for other in range(len(folder)):
            assert cost <= squared_chamfer(moved, folder.surface[other, :, :3]) + 1e-12


def test_a_typical_shape_is_of_its_category(folder: ShapeFolder) -> None:
    rows = typical_shapes(folder)
    assert folder.category[rows].tolist() == [0, 1]
    without = replace(folder, category=np.zeros(len(folder), np.int64))
    assert typical_shapes(without)[1] == -1
