"""Parts: what is one part, what is two, and what happens to spheres and faces in between."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapes

from immat_core.medial_mesh import MedialMesh
from immat_core.segmentation import (
    SegmentationSettings,
    completed_parts,
    dbscan,
    segment_faces,
    segment_spheres,
)
from immat_core.surface import build_surface


def bent_sheet(angle):
    """Two sheets of 5 x 4 spheres that share a row, bent by an angle in radians."""
    u, v = np.meshgrid(np.arange(7.0), np.arange(5.0), indexing="ij")
    beyond = np.maximum(u - 3, 0)
    x = np.minimum(u, 3) + beyond * np.cos(angle)
    index = np.arange(35).reshape(7, 5)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    centers = np.stack([x, v, beyond * np.sin(angle)], -1).reshape(-1, 3)
    return MedialMesh(centers, np.full(35, 0.2), faces=faces)


def test_a_stool_has_a_seat_legs_and_rungs():
    found = segment_spheres(shapes.stool(), SegmentationSettings(smallest=2))

    assert (found.parts[:25] == 0).all()
    assert found.sheets.tolist() == [True] + [False] * (found.count - 1)
    legs = [set(found.parts[25 + 6 * k : 31 + 6 * k].tolist()) for k in range(4)]
    assert all(len(leg) == 1 for leg in legs)
    assert len(set.union(*legs)) == 4


@pytest.mark.parametrize(("angle", "parts"), [(0, 1), (20, 1), (80, 2), (100, 2)])
def test_a_crease_parts_a_sheet_and_a_bend_does_not(angle, parts):
    found = segment_spheres(bent_sheet(np.radians(angle)))

    assert found.count == parts
    assert found.sheets.all()
    if parts == 2:
        rows = found.parts.reshape(7, 5)
        assert len(np.unique(rows[:3])) == len(np.unique(rows[4:])) == 1


def test_a_ring_and_a_sheet_are_one_part_each():
    assert segment_spheres(shapes.ring()).count == 1
    assert segment_spheres(shapes.square()).count == 1


def test_crossing_bars_are_two_parts():
    line = np.linspace(-1, 1, 9)
    across = np.delete(line, 4)
    centers = np.concatenate([np.outer(line, [1, 0, 0]), np.outer(across, [0, 1, 0])])
    chain = [9, 10, 11, 12, 4, 13, 14, 15, 16]
    edges = [*zip(range(8), range(1, 9), strict=True), *itertools.pairwise(chain)]
    found = segment_spheres(MedialMesh(centers, np.full(17, 0.05), edges))

    assert len(set(found.parts[[0, 1, 2, 6, 7, 8]].tolist())) == 1
    assert len(set(found.parts[[9, 10, 11, 14, 15, 16]].tolist())) >= 1
    assert found.parts[0] != found.parts[9]


def test_parts_do_not_depend_on_the_order_of_spheres():
    mat = shapes.stool()
    order = np.random.default_rng(3).permutation(len(mat.radii))
    place = np.argsort(order)
    moved = MedialMesh(mat.centers[order], mat.radii[order], place[mat.edges], place[mat.faces])

    before, after = segment_spheres(mat).parts[order], segment_spheres(moved).parts

    pairs = set(zip(before.tolist(), after.tolist(), strict=True))
    assert len(pairs) == len(set(before.tolist())) == len(set(after.tolist()))


def test_parts_do_not_depend_on_size_place_and_turn():
    mat = shapes.stool()
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    moved = MedialMesh(mat.centers @ turn * 40 + [3, 1, -7], mat.radii * 40, mat.edges, mat.faces)

    np.testing.assert_array_equal(segment_spheres(mat).parts, segment_spheres(moved).parts)


def test_every_sphere_has_a_part_whatever_the_mesh():
    for seed in range(20):
        for mat in (shapes.random_mat(seed), shapes.degenerate_mat(seed)):
            found = segment_spheres(mat)
            assert set(found.parts.tolist()) == set(range(found.count))
            size = np.bincount(found.parts)
            assert (np.diff(size) <= 0).all()
    assert segment_spheres(MedialMesh(np.empty((0, 3)), [])).count == 0
    assert segment_spheres(MedialMesh([[0, 0, 0]], [1])).count == 1


def test_faces_of_a_surface_take_the_part_that_they_lie_on():
    mat = shapes.stool()
    found = segment_spheres(mat)
    surface = build_surface(mat, 1 / 64)

    parts = segment_faces(surface.vertices, surface.faces, mat, found.parts)

    middles = surface.vertices[surface.faces].mean(1)
    assert (parts[middles[:, 2] > 0.21] == 0).all()
    assert set(parts.tolist()) == set(range(found.count))
    foot = middles[:, 2] < -0.3
    for x, y, first in ((-0.3, -0.3, 25), (0.3, 0.3, 37)):
        leg = foot & (np.hypot(middles[:, 0] - x, middles[:, 1] - y) < 0.1)
        assert (parts[leg] == found.parts[first + 5]).all()


def test_spheres_without_a_part_take_one_from_beside():
    mat = MedialMesh(
        [[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0], [0.1, 5, 0]],
        np.full(5, 0.1),
        [[0, 1], [1, 2], [2, 3]],
    )
    np.testing.assert_array_equal(completed_parts(mat, [3, -1, -1, 7, -1]), [3, 3, 7, 7, 3])
    np.testing.assert_array_equal(completed_parts(mat, [-1] * 5), [0] * 5)
    np.testing.assert_array_equal(completed_parts(mat, [1, 0, 2, 0, 4]), [1, 0, 2, 0, 4])


def test_dbscan_grows_through_core_points_alone():
    """Two triangles share a border point: it joins one of them and does not merge them."""
    near = np.eye(7, dtype=bool)
    for i, j in ((0, 1), (1, 2), (0, 2), (2, 3), (3, 4), (4, 5), (5, 6), (4, 6)):
        near[i, j] = near[j, i] = True

    assert len(set(dbscan(near, 3).tolist())) == 1
    labels = dbscan(near, 4)
    assert labels[0] == labels[1] == labels[2] == labels[3]
    assert labels[4] == labels[5] == labels[6] != labels[0]
    np.testing.assert_array_equal(dbscan(near, 9), -1)
