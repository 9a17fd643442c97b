"""Silhouettes of medial meshes against brute force, compiled and not, and masks' distances."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from immat_core.camera import Camera, frame_camera
from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from immat_core.silhouette import (
    Web,
    covered_cells,
    mask_field,
    nearest_hulls,
    overlap,
    plain,
    project_discs,
    render,
    silhouette,
    soft_discs,
)
from immat_core.silhouette.discs import DoubleArray

SIZE = 64


@pytest.fixture(params=["kernels", "plain"], autouse=True)
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to do it, each test once with each."""
    if request.param == "plain":
        monkeypatch.setattr(render, "_loops", lambda: plain)
    return str(request.param)


def cells(size: int = SIZE) -> DoubleArray:
    """(size * size, 2) middles of all cells, row by row."""
    middles = (np.arange(size) + 0.5) * (2 / size) - 1
    return np.stack(np.meshgrid(middles, middles), -1).reshape(-1, 2)


def random_mat(seed: int, spheres: int = 12) -> MedialMesh:
    """Spheres of all sizes with edges and faces at random; some hold one another."""
    rng = np.random.default_rng(seed)
    centers, radii = rng.normal(0, 0.15, (spheres, 3)), rng.uniform(0.005, 0.12, spheres)
    edges = [rng.choice(spheres, 2, replace=False) for _ in range(6)]
    faces = [rng.choice(spheres, 3, replace=False) for _ in range(4)]
    return MedialMesh(centers, radii, edges, faces)


def flat_mat(discs: DoubleArray, mat: MedialMesh) -> MedialMesh:
    """The discs as spheres in the plane z = 0, connected as the MAT is."""
    flat = np.column_stack([discs[:, :2], np.zeros(len(discs))])
    return MedialMesh(flat, discs[:, 2], mat.edges, mat.faces)


def lifted(points: DoubleArray) -> DoubleArray:
    return np.column_stack([points, np.zeros(len(points))])


@pytest.mark.parametrize("seed", range(6))
def test_the_silhouette_covers_the_hulls_of_the_discs_and_no_more(seed: int) -> None:
    mat = random_mat(seed)
    camera = frame_camera(mat.centers, 0.7 * seed, 0.3, 1.7, radii=mat.radii)
    discs = project_discs(camera, mat.spheres)
    expected = medial_distance(lifted(cells()), flat_mat(discs, mat))
    found = covered_cells(discs, Web.of(mat), SIZE).ravel()
    sure = np.abs(expected) > 1e-6
    np.testing.assert_array_equal(found[sure], expected[sure] < 0)
    assert 0.05 < found.mean() < 0.9


@pytest.mark.parametrize("seed", range(3))
def test_the_silhouette_is_what_rays_through_the_shape_meet(seed: int) -> None:
    mat = random_mat(seed)
    camera = frame_camera(mat.centers, 1.1 * seed, 0.4, 2.0, radii=mat.radii)
    right, down, forward = camera.axes
    uv = cells(24)
    away = (uv - [camera.shift_u, camera.shift_v]) / camera.focal
    rays = away[:, :1] * right + away[:, 1:] * down + forward
    depths = np.linspace(1.2, 2.8, 400)
    points = camera.position + rays[:, None] * depths[:, None]
    met = (medial_distance(points.reshape(-1, 3), mat).reshape(len(uv), -1) < 0).any(1)
    found = silhouette(mat, camera, 24).ravel()
    # A disc is its ellipse to one in fifty: only cells on the outline may differ.
    assert (met != found).mean() < 0.02


def test_discs_beyond_the_picture_and_on_its_edge_cover_what_is_in_it() -> None:
    mat = MedialMesh([[0, 0, 0], [3, 0, 0], [0, 0, 9]], [0.1, 0.1, 0.1], [[0, 1]])
    camera = Camera(0, 0, 2, 2)
    found = silhouette(mat, camera, SIZE)
    expected = medial_distance(
        lifted(cells()), flat_mat(project_discs(camera, mat.spheres), mat)
    ).reshape(SIZE, SIZE)
    np.testing.assert_array_equal(found, expected < 0)
    assert found[SIZE // 2, SIZE - 1]


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_hull_is_that_of_the_exact_distance(seed: int) -> None:
    mat = random_mat(seed)
    discs = project_discs(Camera(0.3, 0.2), mat.spheres)
    web = Web.of(mat)
    points = np.random.default_rng(seed).uniform(-1, 1, (300, 2))
    distance, pair, share = nearest_hulls(points, discs, web)
    rods = MedialMesh(lifted(discs[:, :2]), discs[:, 2], mat.all_edges)
    np.testing.assert_allclose(distance, medial_distance(lifted(points), rods), atol=1e-5)
    ends, way = discs[web.ends[pair]], share[:, None]
    between = ends[:, 0] * (1 - way) + ends[:, 1] * way
    off = np.linalg.norm(points - between[:, :2], axis=1) - between[:, 2]
    np.testing.assert_allclose(off, distance, atol=1e-12)
    assert ((share >= 0) & (share <= 1)).all()


def test_soft_discs_cover_as_much_as_they_are_large() -> None:
    discs = np.array([[0.1, -0.2, 0.4], [0.1, -0.2, 0.3], [0.7, 0.7, 0.1]])
    area = soft_discs(discs, SIZE).sum() * (2 / SIZE) ** 2
    assert area == pytest.approx(np.pi * (0.4**2 + 0.1**2), rel=0.01)
    assert soft_discs(discs + np.array([5.0, 0, 0]), SIZE).sum() == 0


def test_both_ways_give_the_same_numbers(loops: str) -> None:
    if loops == "plain":
        pytest.skip("compares the two")
    from immat_core.silhouette import kernels

    rng = np.random.default_rng(3)
    discs = rng.uniform(-8, 40, (60, 3))
    discs[:, 2] = rng.uniform(0.1, 6, 60)
    first, second = np.ones((32, 32)), np.ones((32, 32))
    kernels.lower_to_discs(discs, 1.0, first)
    plain.lower_to_discs(discs, 1.0, second)
    np.testing.assert_allclose(first, second, atol=1e-12)


def test_without_a_numba_that_works_the_plain_loops_serve(
    loops: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if loops == "plain":
        pytest.skip("is about the choice")
    monkeypatch.setitem(sys.modules, "immat_core.silhouette.kernels", None)
    render._compiled_loops.cache_clear()
    try:
        assert render._loops() is plain
        assert "Numba does not work" in caplog.text
        monkeypatch.setattr(render.kernels, "usable", lambda: False)
        assert render._loops() is plain
    finally:
        render._compiled_loops.cache_clear()


def disc_mask(size: int, u: float, v: float, radius: float) -> NDArray[np.float64]:
    """A disc's soft mask."""
    return soft_discs(np.array([[u, v, radius]]), size)


def test_the_field_of_a_discs_mask_is_the_distance_to_it() -> None:
    field = mask_field(disc_mask(96, 0.1, -0.2, 0.5))
    points = np.random.default_rng(0).uniform(-1.15, 1.15, (500, 2))
    value, gradient = field.at(points)
    away = points - [0.1, -0.2]
    far = np.linalg.norm(away, axis=1)
    np.testing.assert_allclose(value, far - 0.5, atol=0.25 * 2 / 96)
    clear = (far > 0.1) & (np.abs(far - 0.5) > 0.06)
    along = (gradient * away).sum(1) / far
    assert (along[clear] > 0.9).all()


def test_the_field_grows_beyond_its_end() -> None:
    field = mask_field(disc_mask(48, 0.0, 0.0, 0.5))
    value, gradient = field.at(np.array([[2.0, 0.0], [0.0, -3.0]]))
    np.testing.assert_allclose(value, [1.5, 2.5], atol=0.03)
    np.testing.assert_allclose(gradient, [[1, 0], [0, -1]], atol=1e-9)


def test_a_faint_mask_counts_by_half_of_its_greatest_and_an_empty_one_not() -> None:
    alpha = 0.3 * disc_mask(32, 0, 0, 0.5)
    np.testing.assert_array_equal(mask_field(alpha).inside, alpha >= 0.15)
    with pytest.raises(ValueError, match="empty"):
        mask_field(np.zeros((8, 8)))


def test_overlap_is_intersection_over_union() -> None:
    a, b = np.zeros((4, 4)), np.zeros((4, 4))
    assert overlap(a, b) == 1
    a[:2], b[1:3] = 1, 1
    assert overlap(a, b) == pytest.approx(1 / 3)
    assert overlap(a > 0, a > 0) == 1
