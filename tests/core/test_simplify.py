"""Levels of detail of a medial mesh."""

import numpy as np
import pytest

from immat_core.envelope import medial_distance
from immat_core.errors import Cancelled
from immat_core.medial_mesh import MedialMesh
from immat_core.simplify import simplify


def euler(mat):
    return len(mat.radii) - len(mat.all_edges) + len(mat.faces)


def parts(mat):
    group = np.arange(len(mat.radii))
    for _ in range(len(group)):
        before = group.copy()
        for a, b in mat.all_edges:
            group[[a, b]] = min(group[a], group[b])
        if np.array_equal(before, group):
            break
    return len(np.unique(group))


def sheet(rows=13, columns=9, hole=False):
    """A grid of triangles in a plane, radius 0.05; with a hole in its middle."""
    x, y = np.meshgrid(np.linspace(0, 1.2, rows), np.linspace(0, 0.8, columns), indexing="ij")
    at = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = at[:-1, :-1], at[1:, :-1], at[1:, 1:], at[:-1, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)], axis=-1)
    if hole:
        faces[4:7, 3:5] = -1
    faces = faces.reshape(-1, 3)
    faces = faces[faces[:, 0] >= 0]
    centers = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
    used, compact = np.unique(faces, return_inverse=True)
    return MedialMesh(centers[used], np.full(len(used), 0.05), (), compact.reshape(-1, 3))


def ring(count=40):
    angle = np.arange(count) * 2 * np.pi / count
    centers = np.column_stack([np.cos(angle), np.sin(angle), 0 * angle]) * 0.4
    edges = np.column_stack([np.arange(count), np.roll(np.arange(count), -1)])
    return MedialMesh(centers, np.full(count, 0.03), edges)


def test_a_flat_sheet_loses_spheres_and_nothing_else():
    before = sheet()
    after = simplify(before, 12)
    assert len(after.radii) == 12
    assert (parts(after), euler(after)) == (1, 1)
    np.testing.assert_allclose(after.radii, 0.05, atol=1e-3)
    np.testing.assert_allclose(after.centers[:, 2], 0, atol=1e-6)
    np.testing.assert_allclose(after.bounds, before.bounds, atol=0.01)
    spots = np.random.default_rng(0).uniform([0, 0, -0.2], [1.2, 0.8, 0.2], (500, 3))
    error = medial_distance(spots, after) - medial_distance(spots, before)
    assert np.abs(error).max() < 0.02


@pytest.mark.parametrize("count", [60, 20, 9, 6])
def test_a_hole_stays_open(count):
    after = simplify(sheet(hole=True), count)
    assert len(after.radii) == count
    assert (parts(after), euler(after)) == (1, 0)
    if count >= 20:
        assert medial_distance([[0.6, 0.4, 0]], after)[0] > 0


@pytest.mark.parametrize("count", [20, 8, 3])
def test_a_ring_stays_a_ring(count):
    after = simplify(ring(), count)
    assert len(after.radii) == count
    assert (parts(after), euler(after)) == (1, 0)
    if count >= 8:
        np.testing.assert_allclose(np.linalg.norm(after.centers[:, :2], axis=1), 0.4, atol=0.05)


def test_below_what_the_topology_needs_the_count_wins():
    assert len(simplify(ring(), 2).radii) == 2
    assert len(simplify(ring(), 1).radii) == 1


def test_parts_that_cannot_be_kept_are_the_smallest():
    mat = MedialMesh([[0, 0, 0], [1, 0, 0], [2, 0, 0]], [0.1, 0.3, 0.2])
    np.testing.assert_allclose(np.sort(simplify(mat, 2).radii), [0.2, 0.3])


def test_more_spheres_leave_the_envelope_as_it_is():
    before = sheet()
    after = simplify(before, 200)
    assert len(after.radii) == 200
    assert euler(after) == euler(before)
    spots = np.random.default_rng(0).uniform(-0.2, 1.2, (300, 3))
    np.testing.assert_allclose(
        medial_distance(spots, after), medial_distance(spots, before), atol=1e-6
    )
    assert simplify(before, len(before.radii)).faces.tolist() == before.faces.tolist()


def test_the_same_mesh_simplifies_the_same():
    one, two = simplify(sheet(hole=True), 17), simplify(sheet(hole=True), 17)
    assert np.array_equal(one.spheres, two.spheres)
    assert np.array_equal(one.faces, two.faces)


def test_wrong_counts_are_refused_and_work_can_be_stopped():
    with pytest.raises(ValueError, match="0 spheres"):
        simplify(ring(), 0)
    with pytest.raises(ValueError, match="no sphere"):
        simplify(MedialMesh(np.empty((0, 3)), np.empty(0)), 4)
    with pytest.raises(Cancelled):
        simplify(ring(), 4, should_cancel=lambda: True)
