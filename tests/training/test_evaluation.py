"""The evaluation: its statistics on known numbers, its scores of known shapes, its command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from made_shapes import SPHERES, write_split

from immat_core.camera import Camera
from immat_core.medial_mesh import MedialMesh
from immat_core.metrics import Triangles
from immat_core.predict import Stage
from immat_core.topology import TopologyCandidates
from training.baselines.icosphere import icosphere
from training.config import read_config
from training.data import open_folder
from training.evaluation.__main__ import main
from training.evaluation.contestants import EvaluationSettings, chosen_shapes
from training.evaluation.earlier import (
    pictures_hash,
    shape_names,
)
from training.evaluation.rules import (
    ALL_RULES,
    choose_thresholds,
    connected_by_rules,
    moved_shape,
    network_thresholds,
    short_delaunay,
)
from training.evaluation.run import evaluate_wider
from training.evaluation.scores import Counts, count, true_topology
from training.evaluation.shape_scores import (
    TURNS,
    mask_iou,
    same_looking_turns,
    turn_between,
)
from training.evaluation.short_table import MARK, PAGES, short_table, told_in
from training.evaluation.truth import (
    floor_scores,
    make_truth,
    medial_surface,
    score_surface,
    true_medial_mesh,
    true_surface,
)
from training.labels import make_skeleton, true_connections
from training.marked_page import DOCS, replace_marked

CONFIG = """
data: {data}
accelerator: cpu
network: {{width: 0.125, spheres: 24, dense: 96, hidden: 32, sparse_neighbors: 6,
           dense_neighbors: 12}}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> EvaluationSettings:
    """A tiny data set and a run of untrained networks, a baseline among them."""
    from training.baselines.stages import build_baseline
    from training.train import STAGES, load_networks, network_config

    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("evaluation")
    write_split(folder / "data" / "train", 4, 0)
    write_split(folder / "data" / "test", 3, 1)
    (folder / "config.yaml").write_text(CONFIG.format(data=folder / "data"))
    config, run = read_config(folder / "config.yaml"), folder / "run"
    run.mkdir()
    train = open_folder(folder / "data" / "train")
    networks = load_networks(config, train, run)
    for name in STAGES:
        torch.save(networks[name].state_dict(), run / f"{name}.pt")
    baseline = build_baseline("atlasnet", network_config(config, train))
    torch.save(baseline.state_dict(), run / "atlasnet.pt")
    return EvaluationSettings(config, run, views=1)


def test_the_true_surface_scores_as_well_as_sampling_lets_it(settings: EvaluationSettings) -> None:
    folder = open_folder(Path(settings.config.data) / "test")
    truth = make_truth(folder, 1)
    assert truth.loops == 1
    true = true_surface(folder, 1)
    found, floor = score_surface(true, truth), floor_scores(truth)
    assert floor["iou"] == found["iou"] == 1
    assert found["cd"] < 1.5 * floor["cd"]
    assert found["f"] > floor["f"] - 5
    smaller = score_surface(Triangles(0.9 * true.vertices, true.faces), truth)
    assert smaller["cd"] > 2 * found["cd"]
    assert smaller["iou"] < 0.9
    mat = true_medial_mesh(folder, 1)
    thin = medial_surface(MedialMesh(mat.centers, 0.6 * mat.radii, mat.edges, mat.faces))
    assert score_surface(thin, truth)["thickness"] > 2 * floor["thickness"]
    moved = Triangles(true.vertices + np.array([0.05, 0, 0]), true.faces)
    # Moved by 0.05 of the diagonal, never aligned: the frame is twice as large.
    assert score_surface(moved, truth)["cd"] > 2


def test_a_silhouette_covers_its_own_mask() -> None:
    sphere = icosphere(3)
    ball = Triangles(0.3 * sphere.vertices.astype(np.float64), sphere.faces)
    camera = Camera(0.3, 0.2, 2.0, 2.0)
    row, column = np.mgrid[:64, :64]
    apart = np.hypot(row - 31.5, column - 31.5) / 32
    # The outline of a ball of radius r at distance d has the radius f r / sqrt(d^2 - r^2).
    alpha = (255 * (apart < 2 * 0.3 / np.sqrt(4 - 0.09))).astype(np.uint8)
    assert mask_iou(ball, camera, alpha) > 0.95
    assert mask_iou(ball, replace(camera, shift_u=1.0), alpha) < 0.1


def test_an_azimuth_counts_modulo_what_looks_the_same(settings: EvaluationSettings) -> None:
    folder = open_folder(Path(settings.config.data) / "test")
    bar, ring = ((np.array(folder.spheres[k]), np.array(folder.dense[k])) for k in (0, 1))
    assert same_looking_turns(*bar) == pytest.approx([0, np.pi])
    assert len(same_looking_turns(*ring)) == TURNS
    bent = bar[0].copy()
    bent[12:, 1] += np.linspace(0, 0.3, len(bent) - 12)
    assert same_looking_turns(bent, bent[:, :3]).tolist() == [0]
    off = turn_between(3.0, np.array([-3.0, 3.1]))
    assert off == pytest.approx(np.degrees([2 * np.pi - 6, 0.1]))


def test_short_delaunay_finds_a_sheet() -> None:
    x, y = np.meshgrid(np.arange(5) * 0.1, np.arange(4) * 0.1)
    rng = np.random.default_rng(0)
    sheet = np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], 1)
    centers = (sheet + rng.normal(0, 1e-3, sheet.shape)).astype(np.float32)
    edges, faces = short_delaunay(centers, centers, 1.2)
    # Without diagonals there are the 31 sides of the squares, and no triangle.
    assert len(edges) == 31
    assert len(faces) == 0
    assert len(short_delaunay(centers, centers, 1.6)[1]) >= 24


def test_ball_pivoting_covers_a_sheet_of_spheres_that_are_not_quite_in_rows() -> None:
    if "ball pivoting" not in ALL_RULES:
        pytest.skip("MeshLab could not be loaded")
    x, y = np.meshgrid(np.linspace(0, 0.9, 10), np.linspace(0, 0.7, 8))
    centers = np.stack([x.ravel(), y.ravel(), np.zeros(80)], 1)
    centers[:, :2] += np.random.default_rng(0).uniform(-0.01, 0.01, (80, 2))
    edges, faces = ALL_RULES["ball pivoting"].connect(centers, centers, 1.1)
    corners = centers[faces]
    area = np.linalg.norm(np.cross(*(corners[:, k] - corners[:, 0] for k in (1, 2))), axis=1) / 2
    assert area.sum() == pytest.approx(0.63, abs=0.05)
    assert np.all(faces[:, :-1] < faces[:, 1:])
    assert len(edges) == pytest.approx(len(faces) + 79, abs=4)


def test_rules_have_the_thresholds_that_are_best_on_moved_shapes(
    settings: EvaluationSettings, tmp_path: Path
) -> None:
    folder = open_folder(Path(settings.config.data) / "train")
    keep = tmp_path / "rules.json"
    chosen = choose_thresholds(folder, keep)
    assert chosen.keys() == ALL_RULES.keys()
    assert choose_thresholds(folder, keep) == chosen
    totals = dict.fromkeys(ALL_RULES["nearest"].thresholds, Counts())
    for shape in range(len(folder)):
        spheres, dense = moved_shape(folder, shape)
        centers = np.ascontiguousarray(spheres[:, :3])
        true = true_topology(centers, make_skeleton(folder, shape))
        for threshold in totals:
            edges = ALL_RULES["nearest"].connect(centers, dense, threshold)[0]
            totals[threshold] += count(edges, true[0])
    assert totals[chosen["nearest"][0]].f1 == max(total.f1 for total in totals.values())
    ways = connected_by_rules(centers, dense, {"nearest": (2, 3)})
    assert len(ways["nearest"][0]) == len(ALL_RULES["nearest"].connect(centers, dense, 2)[0])
    assert len(ways["nearest"][1]) == len(ALL_RULES["nearest"].connect(centers, dense, 3)[1])


def test_the_network_too_has_thresholds_that_are_best_on_moved_shapes(
    settings: EvaluationSettings,
) -> None:
    folder = open_folder(Path(settings.config.data) / "train")

    def connect(spheres: Any, dense: Any) -> Stage:
        """What is right is sure to 0.45; what the rule says beyond it to 0.25 and 0.35."""
        for shape in range(len(folder)):
            if np.allclose(moved_shape(folder, shape)[0], spheres):
                skeleton = make_skeleton(folder, shape)
        centers = np.ascontiguousarray(spheres[:, :3])
        right = [rows.astype(np.int32) for rows in true_connections(centers, skeleton)]
        wrong = [rows.astype(np.int32) for rows in ALL_RULES["nearest"].connect(centers, dense, 5)]
        parts: list[Any] = []
        for good, bad, doubt in zip(right, wrong, (0.25, 0.35), strict=True):
            known = set(map(tuple, np.sort(good, axis=1).tolist()))
            others = [row for row in bad.tolist() if tuple(sorted(row)) not in known]
            parts += [np.concatenate([good, np.array(others, np.int32)])]
            parts += [np.repeat([0.45, doubt], [len(good), len(others)]).astype(np.float32)]
        return Stage("given", spheres, TopologyCandidates(*parts))

    assert network_thresholds(connect, folder) == (0.3, 0.4)


def test_shapes_are_chosen_from_all_categories(settings: EvaluationSettings) -> None:
    folder = open_folder(Path(settings.config.data) / "test")
    assert chosen_shapes(folder, 0) == [0, 1, 2]
    assert chosen_shapes(folder, 2) == [0, 1]


def test_the_fingerprint_follows_weights_and_views(
    settings: EvaluationSettings, tmp_path: Path
) -> None:
    first = settings.fingerprint()
    assert settings.fingerprint() == first
    assert replace(settings, views=2).fingerprint() != first
    assert replace(settings, run=tmp_path).fingerprint() != first


def test_the_command_writes_the_page_and_keeps_what_it_scored(
    settings: EvaluationSettings, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = settings.run.parent
    out = folder / "docs" / "evaluation.md"
    command = ["--config", str(folder / "config.yaml"), "--run", str(settings.run)]
    command += ["--views", "1", "--processes", "1", "--out", str(out)]
    assert main(command) == 0
    text = out.read_text()
    for head in ("Targets", "Table 1", "Table 2", "Table 3", "Table 4", "Connections", "Camera"):
        assert f"## {head}" in text
    for row in ("AtlasNet", "retrieval by mask", "oracle", "ceiling", "floor", "**ours**"):
        assert row in text
    pictures = sorted((out.parent / "images").glob("evaluation_*.png"))
    assert len(pictures) == 7
    assert all(f"images/{picture.name}" in text for picture in pictures)
    told = json.loads(out.with_suffix(".json").read_text())
    assert told["kept"] == []
    assert len(told["scores"]) == 3
    assert told["names"] == {}
    names = Path(settings.config.data) / "test" / "names.json"
    names.write_text(json.dumps(["chair_1", "chair_2", "table_1"]))
    assert shape_names(replace(settings, shapes=2)) == {"0": "chair_1", "1": "chair_2"}
    names.unlink()
    assert told["means"]["floor"]["cd"][0] < told["means"]["ours"]["cd"][0]
    kept = sorted((settings.run / "evaluation").glob("test_*/*.json"))
    assert len(kept) == 3
    result = json.loads(kept[1].read_text())
    assert result["views"][0]["camera"]["azimuth"] is None
    assert result["views"][0]["connections"]["network"]["edges"]["true"] <= SPHERES**2
    times = [path.stat().st_mtime_ns for path in kept]
    kept[0].unlink()
    capsys.readouterr()
    command[command.index("--processes") + 1] = "2"
    assert main(command) == 0
    # The same seeds give the same scores, and only what was missing is scored again.
    assert "## Targets" in capsys.readouterr().out
    assert [path.stat().st_mtime_ns for path in kept][1:] == times[1:]
    assert out.read_text().split("picture to mesh")[0] == text.split("picture to mesh")[0]
    assert main([*command, "--alone"]) == 0
    alone = json.loads(out.with_suffix(".json").read_text())
    assert "atlasnet" in alone["kept"]
    assert alone["scores"] == told["scores"]
    assert list(alone["means"]) == list(told["means"])
    assert alone["means"]["oracle"]["cd"] == pytest.approx(told["means"]["oracle"]["cd"], rel=1e-4)


def test_more_shapes_are_told_of_in_short(settings: EvaluationSettings) -> None:
    assert evaluate_wider(settings) == []
    wider = replace(settings, shapes=2, wider=3)
    (result,) = evaluate_wider(wider)
    (told,) = result["views"]
    assert {"network", *ALL_RULES} <= set(told["connections"])
    assert all(np.isfinite(way["cd"]) for way in told["connections"].values())
    assert told["rows"]["ours"]["cd"] == told["connections"]["network"]["cd"]
    assert told["fitted"]["mask_iou"] >= told["mask_iou"] - 0.05
    assert "elevation" in told["camera"]
    (path,) = (settings.run / "evaluation").glob(f"short_*/{result['shape']}.json")
    changed = path.stat().st_mtime_ns
    assert evaluate_wider(wider) == [result]
    assert path.stat().st_mtime_ns == changed


def test_readme_and_card_tell_the_scores_of_the_evaluation() -> None:
    table = short_table(json.loads((DOCS / "evaluation.json").read_text(encoding="utf-8")))
    assert "| **Image to MAT** | **" in table
    for path in PAGES:
        page = path.read_text(encoding="utf-8")
        assert page == replace_marked(page, MARK, table)
    assert told_in(DOCS / "evaluation.md")
    assert not told_in(Path("elsewhere.md"))


def test_missing_data_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text(f"data: {tmp_path}\n")
    assert main(["--config", str(tmp_path / "config.yaml"), "--run", str(tmp_path)]) == 2
    assert "is missing" in capsys.readouterr().err


def test_the_hash_of_pictures_follows_them_and_no_networks(
    settings: EvaluationSettings, tmp_path: Path
) -> None:
    pictures = pictures_hash(settings)
    assert pictures_hash(replace(settings, views=settings.views + 1)) != pictures
    assert pictures_hash(replace(settings, shapes=2)) != pictures
    assert pictures_hash(replace(settings, run=tmp_path)) == pictures
