"""Parametric shapes: their medial meshes are whole, connected, and envelop the surface."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from training.shapes import CATEGORIES, SMALLEST_RADIUS, ParametricShape, generate
from training.shapes.medial import Curve, Sheet, build_medial_mesh

SEEDS = range(1_000_000, 1_000_008)


@pytest.fixture(scope="module", params=[(c, s) for c in CATEGORIES for s in SEEDS], ids=str)
def shape(request: pytest.FixtureRequest) -> ParametricShape:
    return generate(*request.param)


def components(mat: MedialMesh) -> int:
    edges = mat.all_edges
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(mat.radii),) * 2)
    return int(connected_components(graph, directed=False)[0])


def surface_points(shape: ParametricShape, count: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(0)
    a, b, c = shape.vertices.astype(np.float64)[shape.triangles].transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    pick = rng.choice(len(area), count, p=area / area.sum())
    u, v = np.sort(rng.random((2, count, 1)), axis=0)
    return np.asarray(u * a[pick] + (v - u) * b[pick] + (1 - v) * c[pick])


def test_has_256_connected_spheres(shape: ParametricShape) -> None:
    assert len(shape.mat.radii) == 256
    assert components(shape.mat) == 1
    assert shape.mat.radii.min() >= np.float32(SMALLEST_RADIUS)


def test_edges_and_faces_fit_the_data_set(shape: ParametricShape) -> None:
    assert len(shape.mat.edges) <= 1024
    assert len(shape.mat.faces) <= 1024
    # every side of a face is listed as an edge, so that labels need no second look
    assert np.array_equal(shape.mat.edges, shape.mat.all_edges)


def test_stands_in_the_object_frame(shape: ParametricShape) -> None:
    low, high = shape.vertices.min(0), shape.vertices.max(0)
    np.testing.assert_allclose(low + high, 0, atol=1e-5)
    assert np.linalg.norm(high - low) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(np.linalg.norm(shape.normals, axis=1), 1, atol=1e-4)


def test_spheres_stay_within_the_surface(shape: ParametricShape) -> None:
    low, high = shape.vertices.min(0), shape.vertices.max(0)
    bounds = shape.mat.bounds
    # square bars have spheres of 1.1 of their half side
    assert (bounds[0] > low - 0.004).all()
    assert (bounds[1] < high + 0.004).all()


def test_envelope_is_the_surface(shape: ParametricShape) -> None:
    # Corners of boxes stand out of their round envelope, hidden parts of the surface lie inside.
    distance = medial_distance(surface_points(shape, 400), shape.mat)
    assert np.maximum(distance, 0).mean() < 0.005
    assert distance.max() < 0.03
    assert np.abs(distance).mean() < 0.012


def test_dense_points_lie_on_the_medial_mesh(shape: ParametricShape) -> None:
    assert shape.dense.shape == (2048, 3)
    thin = MedialMesh(
        shape.mat.centers, np.full(256, 1e-6, np.float32), shape.mat.edges, shape.mat.faces
    )
    assert np.abs(medial_distance(shape.dense[::16], thin)).max() < 1e-4
    # and no sphere is far from all of them
    away = np.linalg.norm(shape.mat.centers[:, None] - shape.dense[None], axis=2).min(1)
    assert away.max() < 0.06


@pytest.mark.parametrize("category", CATEGORIES)
def test_same_seed_same_shape(category: str) -> None:
    first, second, other = generate(category, 3), generate(category, 3), generate(category, 4)
    for name in ("vertices", "normals", "colors", "dense"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert np.array_equal(first.mat.spheres, second.mat.spheres)
    assert np.array_equal(first.mat.faces, second.mat.faces)
    assert not np.array_equal(first.mat.spheres, other.mat.spheres)


def test_chairs_open_to_the_front() -> None:
    # What stands above the seat is the back, and it stands behind the middle.
    for seed in SEEDS:
        chair = generate("chair", seed)
        upper = chair.vertices[chair.vertices[:, 2] > 0.85 * chair.vertices[:, 2].max()]
        assert upper[:, 1].mean() > 0.05, seed


def test_planes_carry_their_fin_at_the_rear() -> None:
    for seed in SEEDS:
        plane = generate("plane", seed)
        assert plane.vertices[plane.vertices[:, 2].argmax(), 1] > 0.1, seed


def test_unknown_category_is_refused() -> None:
    with pytest.raises(KeyError):
        generate("sofa", 0)


def test_a_curve_gets_a_sphere_where_another_touches_it() -> None:
    long = Curve(np.array([[-0.5, 0, 0], [0.5, 0, 0]]), np.full(2, 0.02))
    branch = Curve(np.array([[0.123, 0, 0], [0.123, 0, 0.4]]), np.full(2, 0.02))
    mat = build_medial_mesh([long, branch], [], spheres=30)
    assert len(mat.radii) == 30
    assert components(mat) == 1
    at_joint = np.linalg.norm(mat.centers - [0.123, 0, 0], axis=1) < 0.01
    assert at_joint.sum() == 1
    degree = np.bincount(mat.edges.ravel(), minlength=30)
    assert degree[at_joint] == 3
    assert sorted(degree) == [1] * 3 + [2] * 26 + [3]


def test_sheets_that_meet_are_stitched() -> None:
    def sheet(corners: list[list[float]]) -> Sheet:
        return Sheet(np.array(corners).reshape(2, 2, 3), np.full((2, 2), 0.03))

    floor = sheet([[0, 0, 0], [0, 0.4, 0], [0.4, 0, 0], [0.4, 0.4, 0]])
    wall = sheet([[0, 0.43, 0], [0, 0.43, 0.4], [0.4, 0.43, 0], [0.4, 0.43, 0.4]])
    mat = build_medial_mesh([], [floor, wall], spheres=64)
    assert components(mat) == 1
    y = mat.centers[mat.faces, 1]
    joining = (y.min(1) < 0.41) & (y.max(1) > 0.42) & (mat.centers[mat.faces, 2].max(1) < 0.01)
    edge_a, edge_b, edge_c = mat.centers[mat.faces[joining]].transpose(1, 0, 2)
    area = np.linalg.norm(np.cross(edge_b - edge_a, edge_c - edge_a), axis=1).sum() / 2
    assert area == pytest.approx(0.4 * 0.03, rel=1e-3)


def test_lone_parts_stay_apart() -> None:
    bars = [Curve(np.array([[x, 0, 0], [x, 0, 0.5]]), np.full(2, 0.02)) for x in (0.0, 0.3)]
    assert components(build_medial_mesh(bars, [], spheres=20)) == 2


def test_too_many_parts_are_refused() -> None:
    bars = [Curve(np.array([[x, 0, 0], [x, 0, 0.5]]), np.full(2, 0.02)) for x in (0.0, 0.3)]
    with pytest.raises(ValueError, match="2 curves and 0 sheets exceed 3 spheres"):
        build_medial_mesh(bars, [], spheres=3)
