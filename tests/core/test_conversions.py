"""Medial meshes from tubes, bones, ellipsoids and boxes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from shapes import ring, stool

from immat_core.conversions import bones, box, ellipsoid, joined, linked, simplify_chains
from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import build_surface
from immat_core.surface.checks import check_surface


def volume(mat, voxel=1 / 64):
    return check_surface(build_surface(mat, voxel)).volume


def test_a_straight_tube_keeps_its_ends_alone():
    share = np.linspace(0, 1, 30)
    centers = np.stack([share, 2 * share, 0 * share], 1)
    mat = MedialMesh(centers, 0.1 + 0.2 * share, list(itertools.pairwise(range(30))))
    simple = simplify_chains(mat, 1e-3)
    np.testing.assert_allclose(simple.centers, [[0, 0, 0], [1, 2, 0]])
    np.testing.assert_allclose(simple.radii, [0.1, 0.3], rtol=1e-6)
    assert simple.edges.tolist() == [[0, 1]]


def test_what_bends_or_swells_stays_within_the_tolerance():
    share = np.linspace(0, 1, 60)
    centers = np.stack([share, 0 * share, 0.3 * np.sin(4 * share)], 1)
    mat = MedialMesh(centers, 0.05 + 0.03 * np.sin(9 * share), list(itertools.pairwise(range(60))))
    simple = simplify_chains(mat, 0.05)
    assert 5 < len(simple.radii) < 30
    points = np.random.default_rng(0).uniform(-0.2, 1.2, (2000, 3))
    np.testing.assert_allclose(
        medial_distance(points, simple), medial_distance(points, mat), atol=0.05 * 0.08
    )


def test_junctions_rings_and_sheets_stay():
    mat = stool()
    simple = simplify_chains(mat, 0.5)
    np.testing.assert_array_equal(len(simple.faces), len(mat.faces))
    # Four legs, each from the seat to its rung and on to the floor.
    assert len(simple.radii) == 25 + 4 * 2
    assert len(simplify_chains(ring(24), 100.0).radii) == 3


def test_spheres_at_one_place_become_one():
    rod = MedialMesh([[0, 0, 0], [1, 0, 0]], [0.1, 0.2], [[0, 1]])
    more = MedialMesh([[1, 0, 0], [2, 0, 0]], [0.3, 0.1], [[0, 1]])
    both = joined([rod, more])
    np.testing.assert_allclose(both.spheres, [[0, 0, 0, 0.1], [1, 0, 0, 0.3], [2, 0, 0, 0.1]])
    assert both.edges.tolist() == [[0, 1], [1, 2]]
    assert len(joined([]).radii) == 0


def test_bones_that_meet_share_a_sphere():
    mat = bones([[0, 0, 0], [0, 0, 1]], [[0, 0, 1], [0, 1, 1]], [0.3, 0.2], [0.2, 0.1])
    np.testing.assert_allclose(mat.radii, [0.3, 0.2, 0.1])
    assert mat.edges.tolist() == [[0, 1], [1, 2]]


@pytest.mark.parametrize(
    "half_axes", [(0.5, 0.3, 0.2), (0.2, 0.5, 0.2), (0.3, 0.2, 0.6), (0.4, 0.4, 0.15), (0.3,) * 3]
)
def test_ellipsoids(half_axes):
    mat = ellipsoid(half_axes)
    exact = 4 / 3 * np.pi * np.prod(half_axes)
    assert volume(mat, 1 / 96) == pytest.approx(exact, rel=0.04)
    np.testing.assert_allclose(mat.bounds, [-np.array(half_axes), half_axes], atol=0.01)


def test_boxes_that_are_flat_are_exact():
    flat = box((0.5, 0.3, 0.0), 0.1)
    assert len(flat.faces) == 2
    points = np.random.default_rng(1).uniform(-1, 1, (1000, 3))
    outside = np.abs(points) - np.array([0.5, 0.3, 0.0])
    exact = np.linalg.norm(np.maximum(outside, 0), axis=1) - 0.1
    np.testing.assert_allclose(medial_distance(points, flat), exact, atol=1e-6)
    assert box((0.5, 0, 0), 0.1).edges.tolist() == [[0, 1]]
    assert box((0.2, 0.2, 0.2), 0.1).radii.tolist() == pytest.approx([0.3])


def test_pieces_are_linked_where_the_way_is_inside():
    mat = MedialMesh([[0, 0, 0], [1, 0, 0], [2, 0, 0], [9, 0, 0]], [0.6] * 4)
    found = linked(mat, lambda points: points[:, 0] < 5)
    assert found.edges.tolist() == [[0, 1], [1, 2]]
