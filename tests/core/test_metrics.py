"""The scores against closed forms and against one another."""

from __future__ import annotations

import numpy as np
import pytest
import shapes
import trimesh
from numpy.testing import assert_allclose

from immat_core.errors import UserError
from immat_core.metrics import (
    MATCHED,
    MetricSettings,
    Triangles,
    earth_movers_distance,
    sample_surface,
    sampling_floor,
    score_meshes,
    solid_cells,
    solid_iou,
    thickness_error,
    unit_sphere,
)
from immat_core.surface import build_surface


def ball(radius):
    mesh = trimesh.creation.icosphere(subdivisions=4, radius=radius)
    return Triangles(np.asarray(mesh.vertices), np.asarray(mesh.faces))


def box(size, center=(0, 0, 0)):
    mesh = trimesh.creation.box(size)
    return Triangles(np.asarray(mesh.vertices + center), np.asarray(mesh.faces))


def test_two_balls_score_what_their_radii_say():
    """In the frame of the larger, all nearest distances are about 1 minus 0.9."""
    found = score_meshes(ball(2.7), ball(3.0))

    assert found.chamfer_distance == pytest.approx(2 * 1000 * 0.1**2, rel=0.1)
    assert found.f_score == found.f_score_double == 0
    assert found.iou == pytest.approx(0.9**3, abs=0.01)
    # The shape diameter of a ball is a fixed share of its diameter.
    assert found.thickness_error == pytest.approx(100 * 0.61 * 2 * 0.1, rel=0.03)
    assert found.earth_movers_distance > 0.01 * MATCHED * 0.1


def test_a_surface_against_itself_shows_what_sampling_costs():
    floor = sampling_floor(ball(1.0))

    assert floor.chamfer_distance < 2
    assert floor.f_score > 85
    assert floor.f_score_double > 98
    assert floor.iou == 1
    assert 0.5 < floor.earth_movers_distance < 1.8
    assert floor.thickness_error < 2.5


def test_scores_do_not_depend_on_size_and_place_of_both():
    small = MetricSettings(samples=2048)
    one, two = box((1, 1, 0.2)), box((1, 0.9, 0.3))

    def moved(mesh):
        return Triangles(mesh.vertices * 7 + [3, -2, 11], mesh.faces)

    before, after = score_meshes(one, two, small), score_meshes(moved(one), moved(two), small)

    assert_allclose(list(vars(before).values()), list(vars(after).values()), rtol=1e-6)


def test_a_prediction_of_the_wrong_size_is_not_forgiven():
    assert score_meshes(ball(0.5), ball(1.0), MetricSettings(samples=2048)).iou < 0.15


def test_solids_of_boxes_are_counted_exactly():
    mesh = box((1.0, 0.5, 0.25), (0.25, -0.125, 0.0625))
    cells = solid_cells(mesh, 32)

    assert cells.sum() == 16 * 8 * 4
    where = np.argwhere(cells)
    assert_allclose(where.min(0), [12, 10, 15])
    assert_allclose(where.max(0), [27, 17, 18])
    turned = Triangles(mesh.vertices, mesh.faces[:, ::-1])
    np.testing.assert_array_equal(solid_cells(turned, 32), cells)


def test_cells_are_those_of_the_distance_field():
    from immat_core.envelope import medial_distance

    mat = shapes.stool()
    surface = build_surface(mat, 1 / 96)
    cells = solid_cells(Triangles(surface.vertices.astype(float), surface.triangles), 48)

    axis = (np.arange(48) + 0.5) / 24 - 1
    centers = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    distance = medial_distance(centers, mat)
    clear = np.abs(distance) > 0.5 / 96
    np.testing.assert_array_equal(cells.ravel()[clear], distance[clear] < 0)
    assert cells.sum() > 500


def test_the_union_of_overlapping_parts_is_solid():
    """The winding number is 2 where two boxes overlap, which is inside, not outside."""
    one, two = box((1, 1, 1)), box((1, 1, 1), (0.25, 0, 0))
    both = Triangles(
        np.concatenate([one.vertices, two.vertices]),
        np.concatenate([one.faces, two.faces + len(one.vertices)]),
    )
    assert solid_iou(both, box((1.25, 1, 1), (0.125, 0, 0))) == 1
    assert solid_iou(one, box((0.1, 0.1, 0.1), (0.8, 0.8, 0.8))) == 0


def test_the_matching_is_the_best_one():
    points = np.random.default_rng(0).normal(size=(300, 3))
    order = np.random.default_rng(1).permutation(300)

    assert earth_movers_distance(points, points[order]) == pytest.approx(0, abs=1e-9)
    moved = points[order] + [0.001, 0, 0]
    assert earth_movers_distance(points, moved) == pytest.approx(0.01 * MATCHED * 0.001, rel=1e-6)


def test_the_thickness_error_goes_both_ways():
    points = np.array([[0.0, 0, 0], [1, 0, 0]])
    far = np.array([[0.0, 0, 0]])

    found = thickness_error(points, np.array([0.2, 0.5]), far, np.array([0.3]))

    # Equation (5): a half of the mean (0.1 + 0.2) / 2 one way and 0.1 the other, times 100.
    assert found == pytest.approx(100 * (0.15 + 0.1) / 2)
    assert np.isnan(thickness_error(points, np.full(2, np.inf), far, np.array([0.3])))


def test_samples_lie_evenly_on_the_surface():
    mesh = box((2, 1, 1))
    points, own = sample_surface(mesh, 20000, np.random.default_rng(0))

    on_face = np.isclose(np.abs(points), [1, 0.5, 0.5])
    assert on_face.any(1).all()
    assert_allclose(on_face.mean(0), [0.2, 0.4, 0.4], atol=0.02)
    corners = mesh.vertices[mesh.faces[own]]
    assert ((points >= corners.min(1) - 1e-9) & (points <= corners.max(1) + 1e-9)).all()


def test_the_unit_sphere_frame():
    center, scale = unit_sphere(np.array([[0.0, 0, 0], [4, 0, 0], [2, 1, 0]]))
    assert_allclose(center, [2, 0.5, 0])
    assert scale == pytest.approx(1 / np.hypot(2, 0.5))


def test_what_has_no_area_is_told():
    flat = Triangles(np.zeros((3, 3)), np.array([[0, 1, 2]]))
    with pytest.raises(UserError, match="extent"):
        score_meshes(ball(1), flat)
    line = Triangles(np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]]), np.array([[0, 1, 2]]))
    with pytest.raises(UserError, match="area"):
        score_meshes(line, ball(1))


def test_the_command_line_scores_mats_and_meshes(tmp_path, capsys):
    import json

    from immat_core.cli import main
    from immat_core.ma_file import write_ma

    mat = shapes.ring()
    surface = build_surface(mat, 1 / 64)
    write_ma(tmp_path / "ring.ma", mat)
    trimesh.Trimesh(surface.vertices, surface.triangles).export(tmp_path / "ring.obj")
    files = [str(tmp_path / "ring.obj"), str(tmp_path / "ring.ma")]

    assert main(["metrics", *files, "--json", "--floor", "--samples", "3000"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["metrics"]["iou"] > 0.98
    assert told["metrics"]["chamfer_distance"] < 1.2 * told["floor"]["chamfer_distance"] + 0.1
    assert main(["metrics", *files, "--samples", "3000"]) == 0
    assert "IoU" in capsys.readouterr().out
    assert main(["metrics", files[0], str(tmp_path / "none.ma")]) == 2
    assert main(["metrics", *files, "--samples", "3"]) == 2
    assert capsys.readouterr().err.count("\n") == 2
