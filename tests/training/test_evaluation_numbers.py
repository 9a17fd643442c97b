"""The evaluation's numbers: statistics, verdicts, and what is kept of earlier ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from training.evaluation.earlier import Earlier, scores_by_shape, with_earlier
from training.evaluation.page import intro, loop_means, summary
from training.evaluation.scores import Counts
from training.evaluation.statistics import (
    category_mean,
    difference_interval,
    drawn_means,
    interval,
    make_sample,
    ratio_interval,
)
from training.evaluation.verdicts import total_counts, verdicts


def _result(category: str, cds: list[float]) -> dict[str, Any]:
    metrics = {"emd": 1.0, "f": 50.0, "f2": 60.0, "iou": 0.5, "thickness": 1.0}
    counts = {"edges": {"right": 9, "predicted": 10, "true": 10}}
    counts["faces"] = {"right": 5, "predicted": 10, "true": 10}
    rule = {kind: {**found, "right": 4} for kind, found in counts.items()}
    ways = {"network": {**counts, "cd": 1.0, "f": 50.0}, "nearest": {**rule, "cd": 2.0, "f": 40.0}}
    stages = {"initial": {"cd": 3.0}, "refined": {"cd": 2.0}, "smoothed": {"cd": 2.5}}
    views = [
        {
            "view": k,
            "photo": k == 1,
            "rows": {
                "ours": {**metrics, "cd": cd},
                "atlasnet": {**metrics, "cd": 2 * cd, "iou": 0.6},
                "pixel2mesh_camera": {**metrics, "cd": 0.7 * cd},
                "ours_camera": {**metrics, "cd": 0.8 * cd},
            },
            "closed": True,
            "manifold": k == 0,
            "seconds": 0.5,
            "stages": stages,
            "camera": {"azimuth": 5.0, "elevation": 1.0},
            "mask_iou": 0.85,
            "fitted": {"mask_iou": 0.9, "cd": 2.0},
            "connections": ways if k == 0 else {},
        }
        for k, cd in enumerate(cds)
    ]
    moved = {"network": counts, "nearest": rule}
    rows = {"oracle": {**metrics, "cd": 0.5}}
    return {
        "shape": 0,
        "category": category,
        "loops": 2,
        "rows": rows,
        "moved": moved,
        "views": views,
    }


def test_a_mean_is_over_categories_first() -> None:
    values, category = np.array([1.0, 1, 1, 5, np.nan]), np.array([0, 0, 0, 1, 1])
    assert category_mean(values, category) == 3
    assert np.isnan(category_mean(np.array([np.nan]), np.array([0])))


def test_the_bootstrap_has_the_spread_of_a_mean() -> None:
    rng = np.random.default_rng(1)
    values, category = rng.normal(10, 2, 400), np.repeat([0, 1], 200)
    found = interval(values, category)
    # The standard error of the mean of two means of 200 is 2 / sqrt(400) = 0.1.
    assert found.value == pytest.approx(values.mean())
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.1, rel=0.12)
    assert drawn_means(values, category).std() == pytest.approx(0.1, rel=0.1)


def test_shapes_are_drawn_within_their_categories() -> None:
    values, category = np.array([1.0, 1, 1, 9]), np.array([0, 0, 0, 1])
    found = interval(values, category)
    assert (found.value, found.low, found.high) == (5, 5, 5)


def test_what_is_compared_is_compared_on_the_same_draws() -> None:
    rng = np.random.default_rng(2)
    one, category = rng.uniform(1, 9, 50), np.zeros(50, np.int64)
    ratio = ratio_interval(2 * one, one, category)
    assert [ratio.value, ratio.low, ratio.high] == pytest.approx([2, 2, 2])
    apart = difference_interval(one + 1, one, category)
    assert [apart.value, apart.low, apart.high] == pytest.approx([1, 1, 1])


def test_pictures_of_a_shape_are_averaged_and_are_no_samples() -> None:
    results = [_result("chair", [1.0, 3.0]), _result("table", [4.0])]
    sample = make_sample(results)
    assert sample.row("ours", "cd").tolist() == [2, 4]
    assert sample.row("oracle", "cd").tolist() == [0.5, 0.5]
    assert np.isnan(sample.row("occnet", "cd")).all()
    assert sample.of_looks(False, "rows", "ours", "cd").tolist() == [1, 4]
    assert sample.of_looks(True, "rows", "ours", "cd")[0] == 3
    assert sample.of_views("camera", "azimuth").tolist() == [5, 5]
    assert sample.some(sample.category == 1).categories == ("table",)


def test_verdicts_follow_the_numbers() -> None:
    found = {
        verdict.target: verdict
        for verdict in verdicts(make_sample([_result("chair", [1.0, 3.0]), _result("car", [4.0])]))
    }
    assert found["CD at least 13 % below the best learned baseline"].met
    assert found["CD at least 13 % below the best learned baseline"].found.startswith("50 % (50")
    informed = found[
        "CD at least 13 % below the best learned baseline where the true camera is given"
    ]
    assert informed.met is False
    assert "of pixel2mesh_camera" in informed.found
    assert found["EMD at least 7 % below the best learned baseline"].met is False
    assert found["IoU above the best learned baseline"].met is False
    assert found["CD of the refined surface below that of the initial one"].met
    assert found["CD of the smoothed surface below that of the refined one"].met is False
    assert found["F1 of edges on true spheres moved by 1 % at least 0.85"].met
    assert found["F1 of faces on true spheres moved by 1 % at least 0.62"].met is False
    assert found["azimuth error of chairs, median below 6 degrees"].met
    assert found["every surface closed and manifold"].found == "2 of 3"
    assert found["every surface closed and manifold"].met is False
    assert "missed" in found["every surface closed and manifold"].line


def test_camera_fit_and_connections_are_judged_on_all_shapes_that_are_told_of() -> None:
    targets = (
        "on predicted spheres, CD of the surface better than by any rule",
        "azimuth of chairs within 30 degrees for more than 92 %",
        "mask IoU above 0.80 in the predicted camera",
        "mask IoU of chairs above 0.80 in the predicted camera",
        "the fit does not raise the CD",
        "every surface closed and manifold",
    )
    worse = {"network": {"cd": 8.0, "f": 50.0}, "nearest": {"cd": 2.0, "f": 40.0}}
    view = {"rows": {"ours": {"cd": 8.0}}, "fitted": {"cd": 9.0, "mask_iou": 0.9}}
    view |= {"connections": worse, "camera": {"azimuth": 90.0, "elevation": 1.0}}
    view |= {"closed": True, "manifold": False, "mask_iou": 0.3}
    more = {"category": "chair", "rows": {}, "views": [view]}
    for further, met in (([], True), ([more], False)):
        sample = make_sample([_result("chair", [2.0])], further=further)
        found = {verdict.target: verdict for verdict in verdicts(sample)}
        assert [found[target].met for target in targets] == [met] * len(targets)
        assert len(sample.wider().results) == 1 + len(further)


def test_counts_of_ways_add_up() -> None:
    shape = _result("chair", [1.0])["moved"]
    assert total_counts([shape, shape])["network"]["faces"] == Counts(10, 20, 20)


def test_scores_of_lost_baselines_are_kept_by_shape(tmp_path: Path) -> None:
    results = [
        {**_result("chair", [1.0, 3.0]), "shape": 4},
        {**_result("table", [4.0]), "shape": 9},
    ]
    pictures = "these"
    path, scores = tmp_path / "evaluation.json", scores_by_shape(make_sample(results))
    path.write_text(json.dumps({"pictures": pictures, "scores": scores}))
    assert with_earlier(results, path, pictures) == (results, Earlier())
    lost = _without(results, "atlasnet", "ours_camera")
    again, earlier = with_earlier(lost, path, pictures)
    # What is ours is never taken from before.
    assert earlier == Earlier(("atlasnet",))
    assert make_sample(again).row("atlasnet", "cd").tolist() == [4, 8]
    assert verdicts(make_sample(again))[0] == verdicts(make_sample(results))[0]
    assert with_earlier(lost, path, "other pictures") == (lost, Earlier())
    assert with_earlier(lost, tmp_path / "missing.json", pictures) == (lost, Earlier())
    assert with_earlier([*lost, {**lost[0], "shape": 5}], path, pictures)[1] == Earlier()


def test_means_of_lost_baselines_are_kept_where_their_shapes_are_lost_too(tmp_path: Path) -> None:
    results = [_result("chair", [1.0, 3.0]), _result("chair", [2.0]), _result("table", [4.0])]
    whole, path = make_sample(results), tmp_path / "evaluation.json"
    path.write_text(json.dumps({**summary(whole), "pictures": "these"}))
    lost = _without(results, "atlasnet", "oracle")
    again, earlier = with_earlier(lost, path, "these")
    assert earlier.names == ("oracle", "atlasnet")
    sample = make_sample(again, earlier.coarse)
    assert sample.row("atlasnet", "cd").tolist() == [4, 4, 8]
    assert sample.mean("atlasnet", "cd") == whole.mean("atlasnet", "cd")
    assert loop_means(sample) == loop_means(whole)
    found, before = (verdicts(s)[0].found.split("(")[0] for s in (sample, whole))
    assert found == before
    assert "spread of ours alone" in intro(sample, {**ABOUT, "kept": earlier.names})
    # A mean is no shape's score; the next evaluation gets the mean again.
    assert "atlasnet" not in scores_by_shape(sample)["0"]
    path.write_text(json.dumps({**summary(sample), "pictures": "these"}))
    assert with_earlier(lost, path, "these") == (again, earlier)


ABOUT = {"split": "test", "data": "data", "networks": "networks", "command": "command"}
"""What a page is told of its evaluation."""


def _without(results: list[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """The same results, but nobody scored the named contestants."""
    lost: list[dict[str, Any]] = json.loads(json.dumps(results))
    for result in lost:
        for rows in (result["rows"], *(view["rows"] for view in result["views"])):
            for name in names:
                rows.pop(name, None)
    return lost
