"""The surface benchmark says what it measured: targets are computed, shapes are always the same."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from medial_shapes import SHAPES, cloud
from surface_case import Case
from surface_quality import Distance, Quality
from surface_report import Findings, markdown, targets
from surface_scale import GROWN, Size, growth
from union_peer import write_input

GOOD = {
    "full": 6.0,
    "live": 2.0,
    "reference": 30.0,
    "openvdb": 9.0,
    "upload": 4.0,
    "csg of analytic": 360.0,
    "csg of meshes": 1500.0,
}


def findings(times=None, **changed):
    cases = [Case("chair", steps, 46_000, GOOD | (times or {})) for steps in (64, 128, 256)]
    near = Distance(0.02, 0.3)
    quality = [
        Quality("chair", 128, kind, 46_000, 1.28, near, near, near, True, 0)
        for kind in ("triangles", "quads")
    ]
    sizes = [Size(GROWN, n, n, 60 * n, 0.01 * n) for n in (64, 256, 1024)]
    genus = {"crisp": 9, "triangles": 9, "quads": 9}
    given = {"cases": cases, "quality": quality, "sizes": sizes, "genus": genus, "memory": 0.4}
    return Findings(**(given | changed), no_peer="", minutes=5.0)


def verdicts(found):
    return [target.met for target in targets(found)]


def test_all_targets_of_a_good_run_are_met():
    assert verdicts(findings()) == [True] * 12


@pytest.mark.parametrize(
    ("found", "missed"),
    [
        (findings({"openvdb": 5.9}), "full / OpenVDB"),
        (findings({"live": 3.1}), "live / full"),
        (findings({"csg of analytic": 179.0, "live": 1.0}), "csgUnion, analytic / "),
        (findings({"csg of meshes": 1199.0}), "csgUnion, meshes / full"),
        (findings({"upload": 9.7}), "upload"),
        (findings(memory=2.1), "2 GB"),
        (findings(genus={"crisp": 9, "triangles": 8, "quads": 9}), "genus"),
        (findings(genus={"crisp": None, "triangles": None}), "genus"),
        (findings(sizes=[Size(GROWN, n, n, n, n**1.2) for n in (64, 256, 1024)]), "time grows"),
    ],
)
def test_a_target_that_is_missed_is_told(found, missed):
    wrong = [target for target in targets(found) if not target.met]
    assert wrong
    assert all(missed in target.asked for target in wrong)
    assert all("**not met**" in target.row for target in wrong)


def test_what_did_not_run_is_not_measured():
    ours = {name: value for name, value in GOOD.items() if not name.startswith("csg")}
    found = findings(cases=[Case("chair", 128, 46_000, ours)], memory=None)
    assert [v for v in verdicts(found) if v is None] == [None] * 5
    assert "not measured" in markdown(found)


def test_page_holds_every_number():
    page = markdown(findings())
    assert page.count("| chair | 1/") == 5
    assert "| 6.0 | 2.0 | 30.0 | 9.0 | 4.0 | 360.0 | 1,500.0 |" in page


def test_growth_is_the_power_of_the_triangles():
    sizes = [Size(GROWN, n, n, n, 3 * n**1.5) for n in (10, 100, 1000)]
    assert growth(sizes) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("name", "edges", "faces"),
    [("chair", 498, 238), ("plane", 569, 304), ("lamp", 255, 0), ("blob", 802, 400)],
)
def test_shapes_are_always_the_same(name, edges, faces):
    mat = SHAPES[name]()
    assert (len(mat.radii), len(mat.edges), len(mat.faces)) == (256, edges, faces)
    assert np.ptp(mat.bounds, axis=0).max() == pytest.approx(1, abs=0.01)
    np.testing.assert_allclose(mat.bounds.sum(0), 0, atol=0.02)
    assert mat.radii.min() >= np.float32(0.01)
    again = SHAPES[name]()
    assert mat.spheres.tobytes() == again.spheres.tobytes()


def test_a_cloud_of_more_spheres_has_smaller_ones_in_the_same_box():
    few, many = cloud(512), cloud(4096)
    assert len(many.radii) == 4096
    assert many.radii.mean() == pytest.approx(few.radii.mean() / 2, rel=0.1)
    assert np.ptp(many.bounds, axis=0).max() == pytest.approx(1, abs=0.05)


def test_peer_reads_lean_primitives_with_closed_meshes(tmp_path):
    mat = SHAPES["chair"]()
    path = tmp_path / "chair.bin"
    write_input(path, mat, 1 / 64)
    data = path.read_bytes()
    spheres, primitives, vertices, triangles = np.frombuffer(data, "<i4", 4)
    assert (spheres, primitives) == (256, 348)
    assert len(data) == 16 + 32 * spheres + 28 * primitives + 12 * vertices + 12 * triangles
    rows = np.frombuffer(data, "<i4", 7 * primitives, 16 + 32 * 256).reshape(-1, 7)
    assert rows[:, 4].sum() == vertices
    assert rows[:, 6].sum() == triangles
    # Each is a closed surface of genus 0.
    np.testing.assert_array_equal(rows[:, 6], 2 * rows[:, 4] - 4)
    assert (rows[:238, 1] != rows[:238, 2]).all()
    assert (rows[238:, 1] == rows[238:, 2]).all()
