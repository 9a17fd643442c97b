"""The nearest primitive of a point is the one that the exact distance is reached at."""

from __future__ import annotations

import numpy as np
import pytest
import shapes

from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from immat_core.nearest_primitive import nearest_primitives
from immat_core.surface import build_surface

MATS = {
    "stool": shapes.stool(),
    "ring": shapes.ring(),
    "square": shapes.square(),
    "lone": MedialMesh([[0, 0, 0], [1, 0, 0]], [0.2, 0.3]),
    **{f"random {k}": shapes.random_mat(k) for k in range(6)},
    **{f"degenerate {k}": shapes.degenerate_mat(k) for k in range(6)},
}


@pytest.mark.parametrize("mat", MATS.values(), ids=MATS)
def test_distances_are_those_of_the_union(mat):
    points = np.random.default_rng(0).uniform(-0.7, 1.2, (3000, 3))

    feet = nearest_primitives(points, mat)

    np.testing.assert_allclose(feet.distances, medial_distance(points, mat), atol=1e-12)


@pytest.mark.parametrize("mat", MATS.values(), ids=MATS)
def test_the_foot_is_where_the_distance_is_reached(mat):
    points = np.random.default_rng(1).uniform(-0.7, 0.7, (3000, 3))

    feet = nearest_primitives(points, mat)

    assert (feet.weights >= 0).all()
    np.testing.assert_allclose(feet.weights.sum(1), 1, atol=1e-12)
    reached = np.linalg.norm(points - feet.interpolate(mat.centers), axis=1)
    reached -= feet.interpolate(mat.radii)
    np.testing.assert_allclose(feet.distances, reached, atol=1e-7)


def test_points_of_a_surface_lie_on_their_primitives():
    mat = shapes.stool()
    surface = build_surface(mat, 1 / 64)

    feet = nearest_primitives(surface.vertices, mat)

    assert np.abs(feet.distances).max() < 0.5 / 64


def test_a_surface_looks_at_few_primitives(monkeypatch):
    """Guards the speed: pairs of a point and a primitive, where all would be 130 a point."""
    from immat_core import nearest_primitive

    mat = shapes.stool()
    points = build_surface(mat, 1 / 64).vertices
    asked = []
    whole = nearest_primitive._Primitives.distances

    def counted(self, points, which):
        asked.append(len(which))
        return whole(self, points, which)

    monkeypatch.setattr(nearest_primitive._Primitives, "distances", counted)
    nearest_primitives(points, mat)

    assert sum(asked) < 25 * len(points)


def test_weights_choose_the_sphere():
    mat = MedialMesh([[0, 0, 0], [1, 0, 0], [5, 0, 0]], [0.1, 0.1, 0.2], [[0, 1]])
    feet = nearest_primitives([[0.2, 0.1, 0], [0.9, 0.1, 0], [5, 0, 0.3]], mat)

    np.testing.assert_array_equal(feet.nearest_spheres, [0, 1, 2])
    np.testing.assert_allclose(feet.interpolate(mat.radii), [0.1, 0.1, 0.2], atol=1e-7)


def test_what_cannot_be_asked():
    with pytest.raises(ValueError, match="no sphere"):
        nearest_primitives([[0, 0, 0]], MedialMesh(np.empty((0, 3)), []))
    with pytest.raises(ValueError, match="not finite"):
        nearest_primitives([[0, 0, np.nan]], shapes.ring())


def test_no_point_has_no_foot():
    assert len(nearest_primitives(np.empty((0, 3)), shapes.ring()).distances) == 0
