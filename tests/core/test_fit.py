"""Fitting medial meshes to meshes of every kind."""

import fit_shapes as shapes
import numpy as np
import pytest

from immat_core.envelope import medial_distance
from immat_core.errors import Cancelled, UserError
from immat_core.fit import FitSettings, fit_medial_mesh
from immat_core.fit.complexes import betti_numbers

QUICK = FitSettings(shell_vertices=6_000, samples=2_000)


def fit(mesh, spheres=64, **options):
    return fit_medial_mesh(*mesh, spheres, settings=options.pop("settings", QUICK), **options)


def diagonal(mesh):
    return np.linalg.norm(np.ptp(mesh[0][np.unique(mesh[1])], axis=0))


def betti(mat):
    return betti_numbers(len(mat.radii), mat.all_edges, mat.faces)


def assert_sound(result, spheres):
    mat, report = result.mat, result.report
    assert len(mat.radii) == spheres
    assert (mat.radii > 0).all()
    assert betti(mat) == report.betti_mat
    assert report.mean_error <= report.q99_error <= report.max_error


def test_a_capsule_is_a_segment_of_its_radius():
    mesh = shapes.capsule(length=1.0, radius=0.2)
    result = fit(mesh, 32)
    assert_sound(result, 32)
    mat = result.mat
    from_axis = np.linalg.norm(mat.centers[:, :2], axis=1)
    beyond = np.maximum(np.abs(mat.centers[:, 2]) - 0.5, 0)
    # Every sphere is inscribed; two would do, so some of the others sit in the surface's facets.
    assert (np.hypot(from_axis, beyond) + mat.radii).max() < 0.21
    large = mat.radii > 0.19
    assert large.sum() > 10
    assert from_axis[large].max() < 0.01
    assert np.ptp(mat.centers[large, 2]) == pytest.approx(1.0, abs=0.03)
    assert result.report.betti_mat == (1, 0, 0)
    assert result.report.max_error < 0.01


def test_a_plate_is_a_sheet_of_half_its_thickness():
    size = np.array([1.0, 0.8, 0.08])
    result = fit((shapes.box([3, 4, 5], size)), 96)
    mat = result.mat
    inner = (np.abs(mat.centers - [3, 4, 5])[:, :2] < size[:2] / 2 - 0.08).all(1)
    assert inner.sum() > 10
    np.testing.assert_allclose(mat.centers[inner, 2], 5, atol=0.006)
    np.testing.assert_allclose(mat.radii[inner], 0.04, atol=0.006)
    assert result.report.betti_mat == (1, 0, 0)
    assert result.report.mean_error < 0.003


@pytest.mark.parametrize(
    ("mesh", "wanted"),
    [
        (shapes.torus(), (1, 1, 0)),
        (shapes.join(shapes.ball(0.3), shapes.box([1, 0, 0], [0.2, 0.2, 0.6])), (2, 0, 0)),
        (shapes.chair(), (1, 2, 0)),
        # The offset shell is what is seen from outside: a hollow ball is a ball.
        (shapes.join(shapes.ball(0.5), shapes.ball(0.3)), (1, 0, 0)),
    ],
    ids=["torus", "two parts", "chair", "hollow ball"],
)
def test_the_complex_has_the_topology_of_the_solid(mesh, wanted):
    result = fit(mesh, 96)
    assert result.report.betti_solid == wanted
    assert result.report.betti_mat == wanted
    assert "betti_differ" not in result.report.flags


def test_the_torus_is_a_circle_and_no_chord_crosses_its_hole():
    mat = fit(shapes.torus(0.4, 0.1), 48).mat
    away = np.linalg.norm(mat.centers[:, :2], axis=1)
    np.testing.assert_allclose(away, 0.4, atol=0.02)
    assert (medial_distance([[0, 0, 0], [0.15, 0, 0]], mat) > 0.1).all()


@pytest.mark.parametrize("damage", [shapes.soup, shapes.with_holes])
@pytest.mark.parametrize("seed", [0, 1])
def test_damage_costs_little(damage, seed):
    mesh = shapes.subdivide(shapes.chair(), 2)
    broken = damage(mesh, np.random.default_rng(seed))
    result = fit(broken, 96)
    assert_sound(result, 96)
    assert result.report.betti_mat[0] == 1
    assert result.report.q99_error < 0.02
    assert ("missing_facets_closed" in result.report.flags) == (damage is shapes.with_holes)
    # The inside of the seat, although facets of it are missing.
    assert (medial_distance([[0, 0, 0.46], [0.1, 0.1, 0.46]], result.mat) < 0).all()


def test_an_open_cup_is_not_filled():
    cup = shapes.revolve([[0, 0], [0.3, 0], [0.4, 0.6]])
    result = fit(cup, 96)
    assert (medial_distance([[0, 0, 0.3], [0, 0, 0.5]], result.mat) > 0.05).all()
    assert result.report.betti_mat == (1, 0, 0)


def test_what_has_no_thickness_becomes_a_thin_sheet():
    result = fit(shapes.sheet(), 48)
    size = np.sqrt(2)
    assert_sound(result, 48)
    np.testing.assert_allclose(result.mat.radii, 0.0025 * size, rtol=0.8)
    assert np.abs(result.mat.centers[:, 2]).max() < 0.005 * size
    assert result.report.betti_mat == (1, 0, 0)


@pytest.mark.parametrize(
    "mesh",
    [
        (np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], float), np.array([[0, 1, 2]])),
        (np.array([[0, 0, 0], [1, 0, 0], [1, 1e-5, 0]], float), np.array([[0, 1, 2]])),
        (np.array([[5, 5, 5], [5, 5, 5 + 1e-9], [5, 5 + 1e-9, 5]]), np.array([[0, 1, 2]])),
    ],
    ids=["triangle", "sliver", "speck"],
)
@pytest.mark.parametrize("spheres", [32, 96])
def test_the_least_of_meshes_gets_all_its_spheres(mesh, spheres):
    result = fit(mesh, spheres)
    assert_sound(result, spheres)
    assert result.report.betti_mat == (1, 0, 0)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_unit_does_not_matter(scale):
    vertices, faces = shapes.capsule()
    one = fit((vertices, faces), 32).mat
    other = fit((vertices * scale, faces), 32).mat
    np.testing.assert_allclose(other.spheres / scale, one.spheres, atol=1e-4)


def test_the_same_seed_gives_the_same_result_to_the_bit():
    one, two, other = (fit(shapes.chair(), 48, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.mat.spheres, two.mat.spheres)
    assert np.array_equal(one.mat.edges, two.mat.edges)
    assert np.array_equal(one.mat.faces, two.mat.faces)
    assert np.array_equal(one.dense, two.dense)
    assert not np.array_equal(one.mat.spheres, other.mat.spheres)


def test_more_parts_than_spheres_keeps_the_largest():
    parts = [shapes.box([k, 0, 0], [0.3 + 0.05 * k] * 3) for k in range(5)]
    result = fit(shapes.join(*parts), 3)
    assert_sound(result, 3)
    assert result.report.betti_solid == (5, 0, 0)
    assert result.report.betti_mat == (3, 0, 0)
    assert result.mat.centers[:, 0].min() > 1.5
    assert "components_dropped" in result.report.flags


def test_the_dense_centers_lie_inside():
    mesh = shapes.capsule()
    result = fit(mesh, 32, dense=500)
    assert result.dense.shape == (500, 3)
    assert result.dense.dtype == np.float32
    assert (medial_distance(result.dense, result.mat) < 0).all()
    # Facets of the surface have balls of their own; few of them may come along.
    assert np.median(np.linalg.norm(result.dense[:, :2], axis=1)) < 0.05


def test_a_large_error_is_tried_again_and_the_better_is_kept(monkeypatch):
    mesh = shapes.join(shapes.box([0, 0, 0], [1, 0.6, 0.02]), shapes.box([0, 0, 0.05], 0.02))
    plain = fit(mesh)
    monkeypatch.setattr("immat_core.fit.pipeline.LARGE_ERROR", 0.0)
    again = fit(mesh)
    assert_sound(again, 64)
    assert again.report.betti_mat == plain.report.betti_mat == (2, 0, 0)
    assert again.report.q99_error <= plain.report.q99_error
    assert "large_error" in again.report.flags


def test_progress_rises_to_one_and_names_every_stage():
    told = []
    result = fit(shapes.torus(), 48, on_progress=lambda share, what: told.append((share, what)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert list(result.report.seconds) == list(dict.fromkeys(what for _, what in told if what))
    assert list(result.report.seconds) == [
        "shell", "balls", "spheres", "connections", "refit", "report",
    ]  # fmt: skip


@pytest.mark.parametrize("stage", ["shell", "balls", "spheres", "connections", "refit", "report"])
def test_every_stage_can_be_cancelled(stage):
    reached = []

    def stop():
        return bool(reached)

    def note(_, what):
        if what == stage:
            reached.append(what)

    with pytest.raises(Cancelled):
        fit(shapes.torus(), 48, on_progress=note, should_cancel=stop)
    assert set(reached) == {stage}


@pytest.mark.parametrize(
    ("vertices", "faces"),
    [
        (np.zeros((0, 3)), np.zeros((0, 3), int)),
        (np.zeros((4, 3)), np.array([[0, 1, 2]])),
        (np.full((3, 3), np.nan), np.array([[0, 1, 2]])),
        (np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0.0]]), np.array([[0, 1, 2]])),
        (np.array([[0, 0, 0], [1e36, 0, 0], [0, 1e36, 0.0]]), np.array([[0, 1, 2]])),
    ],
    ids=["nothing", "a point", "not finite", "a line", "too large"],
)
def test_what_has_no_surface_is_told_so(vertices, faces):
    with pytest.raises(UserError, match="the mesh"):
        fit_medial_mesh(vertices, faces, 32)


@pytest.mark.parametrize(
    ("vertices", "faces", "spheres"),
    [
        (np.zeros((3, 2)), [[0, 1, 2]], 32),
        (np.zeros((3, 3)), [[0, 1, 3]], 32),
        (np.zeros((3, 3)), [[0.0, 1.0, 2.0]], 32),
        (np.zeros((3, 3)), [[0, 1, 2]], 0),
    ],
)
def test_wrong_arguments_are_refused(vertices, faces, spheres):
    with pytest.raises(ValueError):  # noqa: PT011 - the messages are for programmers
        fit_medial_mesh(vertices, faces, spheres)


def test_without_refit_and_with_other_connections_it_is_worse():
    mesh = shapes.chair()
    full = fit(mesh, 96).report
    bare = fit(mesh, 96, settings=FitSettings(6_000, 2_000, refit=False)).report
    assert full.mean_error < 0.8 * bare.mean_error
    cells = fit(mesh, 96, settings=FitSettings(6_000, 2_000, connectivity="power_cells")).report
    assert cells.betti_mat[0] == 1

    def chain(balls, surface):
        assert surface.shape[1] == 3
        order = np.argsort(balls[:, 0])
        return np.column_stack([order[:-1], order[1:]]), np.empty((0, 3), int)

    own = fit(mesh, 96, settings=FitSettings(6_000, 2_000, connectivity=chain, attempts=1))
    assert betti(own.mat) == (1, 0, 0)
    assert own.report.mean_error > full.mean_error


@pytest.mark.slow
@pytest.mark.parametrize("spheres", [32, 128, 512, 2048])
def test_more_spheres_fit_better(spheres):
    result = fit_medial_mesh(*shapes.chair(), spheres)
    assert_sound(result, spheres)
    assert result.report.betti_mat == (1, 2, 0)
    assert result.report.q99_error < {32: 0.025, 128: 0.009, 512: 0.006, 2048: 0.005}[spheres]


@pytest.mark.slow
def test_two_hundred_thousand_faces():
    mesh = shapes.subdivide(shapes.chair(), 5)
    assert len(mesh[1]) > 100_000
    result = fit(mesh, 96)
    assert_sound(result, 96)
    assert result.report.betti_mat == (1, 2, 0)
