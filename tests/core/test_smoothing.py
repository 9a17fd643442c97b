"""Eq. (4)."""

import numpy as np

from immat_core.smoothing import smooth

SPHERES = np.array([[0, 0, 0, 1], [4, 0, 0, 2], [0, 8, 0, 3], [9, 9, 9, 9]], np.float32)
EDGES = [[0, 1], [0, 2]]


def test_equation_4_on_centers_and_radii():
    expected = [[1, 2, 0, 1.75], [2, 0, 0, 1.5], [0, 4, 0, 2], [9, 9, 9, 9]]
    np.testing.assert_array_equal(smooth(SPHERES, EDGES, 0.5), np.array(expected, np.float32))
    expected = [[0.5, 1, 0, 1.375], [3, 0, 0, 1.75], [0, 6, 0, 2.5], [9, 9, 9, 9]]
    np.testing.assert_array_equal(smooth(SPHERES, EDGES, 0.75), np.array(expected, np.float32))


def test_weight_1_changes_nothing_and_0_takes_the_centroid():
    np.testing.assert_array_equal(smooth(SPHERES, EDGES, 1), SPHERES)
    np.testing.assert_array_equal(smooth(SPHERES, EDGES, 0)[0], [2, 4, 0, 2.5])


def test_spheres_with_no_neighbor_stay():
    np.testing.assert_array_equal(smooth(SPHERES, np.empty((0, 2), int)), SPHERES)
    assert smooth(np.empty((0, 4)), np.empty((0, 2), int)).shape == (0, 4)


def test_against_the_matrix_form():
    rng = np.random.default_rng(0)
    spheres = rng.normal(size=(40, 4))
    adjacency = np.triu(rng.random((40, 40)) < 0.1, 1)
    edges = np.argwhere(adjacency)
    adjacency = adjacency | adjacency.T
    degree = adjacency.sum(1, keepdims=True)
    mean = adjacency @ spheres / np.maximum(degree, 1)
    expected = np.where(degree > 0, 0.3 * spheres + 0.7 * mean, spheres)
    np.testing.assert_allclose(smooth(spheres, edges, 0.3), expected, atol=1e-6)
