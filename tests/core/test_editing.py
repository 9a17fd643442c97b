"""Editing tools: what they keep to the last digit, and what they change."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from shapes import random_mat, ring, square, stool

from immat_core.editing import (
    along_tubes,
    chains,
    connect_nearest,
    curve_edges,
    dissolve,
    insert_on_edges,
    insert_on_faces,
    join_pieces,
    maximal_ball,
    smooth_chosen,
    symmetrize,
    thicken_tubes,
)
from immat_core.editing.connect import piece_labels
from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from immat_core.smoothing import smooth


def rod(spheres=5, radius=0.1, bend=0.0):
    """Spheres along x from 0 to 1, upwards at the middle by ``bend``."""
    x = np.linspace(0, 1, spheres)
    centers = np.stack([x, 0 * x, bend * np.sin(np.pi * x)], 1)
    return MedialMesh(centers, np.full(spheres, radius), list(itertools.pairwise(range(spheres))))


def places(mat, count=4000, seed=0):
    """Points in and around a medial mesh."""
    low, high = mat.bounds.astype(np.float64)
    return np.random.default_rng(seed).uniform(low - 0.1, high + 0.1, (count, 3))


def mask(mat, *indices):
    chosen = np.zeros(len(mat.radii), bool)
    chosen[list(indices)] = True
    return chosen


def assert_same_shape(mat, other, tolerance=1e-6):
    points = places(mat)
    np.testing.assert_allclose(
        medial_distance(points, mat), medial_distance(points, other), atol=tolerance
    )


def genus(mat):
    """1 - Euler characteristic of a connected graph without faces: its independent loops."""
    return 1 - len(mat.radii) + len(mat.all_edges)


# --- smoothing ---


def test_smoothing_changes_the_chosen_spheres_alone_by_equation_4():
    mat = stool()
    chosen = mask(mat, 3, 30, 31)
    expected = smooth(mat.spheres, mat.all_edges, 0.3)
    expected[~chosen] = mat.spheres[~chosen]
    np.testing.assert_array_equal(smooth_chosen(mat, chosen, 0.3), expected)


def test_smoothing_can_spare_centers_or_radii():
    mat = stool()
    only_radii = smooth_chosen(mat, None, 0.0, centers=False)
    np.testing.assert_array_equal(only_radii[:, :3], mat.centers)
    assert (only_radii[:, 3] != mat.radii).any()
    only_centers = smooth_chosen(mat, None, 0.0, radii=False)
    np.testing.assert_array_equal(only_centers[:, 3], mat.radii)


def test_a_zigzag_goes_straight():
    mat = rod(9)
    zigzag = MedialMesh(
        mat.centers + 0.1 * (np.arange(9) % 2)[:, None] * [0, 0, 1], mat.radii, mat.edges
    )
    smoothed = smooth_chosen(zigzag, ~mask(zigzag, 0, 8), 0.5, repeat=200)
    np.testing.assert_allclose(smoothed[:, 2], 0, atol=1e-3)


# --- insertion ---


@pytest.mark.parametrize("seed", range(4))
def test_spheres_on_edges_keep_the_shape(seed):
    mat = random_mat(seed)
    edit = insert_on_edges(mat, mat.all_edges[::2], count=2)
    assert len(edit.mat.radii) == len(mat.radii) + 2 * len(mat.all_edges[::2])
    assert edit.selected.sum() == 2 * len(mat.all_edges[::2])
    assert_same_shape(mat, edit.mat)


@pytest.mark.parametrize("seed", range(4))
def test_spheres_on_faces_keep_the_shape_and_make_three_of_one(seed):
    mat = random_mat(seed)
    edit = insert_on_faces(mat, mat.faces)
    assert len(edit.mat.faces) == 3 * len(mat.faces)
    assert_same_shape(mat, edit.mat)


def test_spheres_lie_evenly_on_an_edge_with_interpolated_radii():
    mat = MedialMesh([[0, 0, 0], [1, 0, 0]], [0.1, 0.4], [[0, 1]])
    edit = insert_on_edges(mat, [[1, 0]], count=2)
    np.testing.assert_allclose(edit.mat.centers[2:, 0], [1 / 3, 2 / 3], atol=1e-6)
    np.testing.assert_allclose(edit.mat.radii[2:], [0.2, 0.3], atol=1e-6)
    assert edit.mat.edges.tolist() == [[0, 2], [1, 3], [2, 3]]
    assert edit.origins.tolist() == [0, 1, 0, 0] or edit.origins.tolist() == [0, 1, 0, 1]


def test_only_edges_and_faces_can_be_split():
    with pytest.raises(ValueError, match="no edge joins"):
        insert_on_edges(square(), [[1, 3]])
    with pytest.raises(ValueError, match="no face joins"):
        insert_on_faces(square(), [[1, 2, 3]])


# --- dissolving ---


def test_dissolving_what_was_inserted_on_edges_gives_the_shape_back():
    mat = stool()
    wanted = curve_edges(mat)
    inserted = insert_on_edges(mat, wanted).mat
    edit = dissolve(inserted, np.arange(len(inserted.radii)) >= len(mat.radii))
    assert edit.origins.tolist() == list(range(len(mat.radii)))
    np.testing.assert_array_equal(edit.mat.all_edges, mat.all_edges)
    np.testing.assert_array_equal(edit.mat.faces, mat.faces)
    np.testing.assert_allclose(edit.mat.spheres, mat.spheres, atol=1e-6)


def test_dissolving_inside_a_flat_sheet_keeps_the_shape():
    mat = stool()
    inside = [6, 8, 12, 16, 18]
    edit = dissolve(mat, mask(mat, *inside))
    assert len(edit.mat.radii) == len(mat.radii) - len(inside)
    assert_same_shape(mat, edit.mat, 1e-5)


def test_dissolving_keeps_loops_and_pieces():
    mat = ring(12)
    edit = dissolve(mat, np.arange(12) % 2 == 1)
    assert (len(edit.mat.radii), genus(edit.mat)) == (6, 1)
    assert len(np.unique(piece_labels(edit.mat))) == 1


def test_refitting_brings_an_arc_nearer_to_what_it_was():
    mat = rod(9, bend=0.4)
    chosen = np.arange(9) % 2 == 1
    points = places(mat)
    near = np.abs(medial_distance(points, mat)) < 0.05

    def error(refit):
        changed = dissolve(mat, chosen, refit=refit).mat
        return np.abs(medial_distance(points, changed) - medial_distance(points, mat))[near].mean()

    assert error(True) < 0.8 * error(False)


def test_dissolving_ends_and_lone_spheres_just_removes_them():
    mat = rod(3)
    edit = dissolve(mat, mask(mat, 2))
    np.testing.assert_array_equal(edit.mat.spheres, mat.spheres[:2])
    assert edit.mat.edges.tolist() == [[0, 1]]
    lone = MedialMesh([[0, 0, 0], [1, 0, 0]], [0.1, 0.1])
    assert len(dissolve(lone, [True, False]).mat.radii) == 1
    assert len(dissolve(lone, [True, True]).mat.radii) == 0


# --- connecting ---


def test_the_nearest_is_the_one_with_the_smallest_gap():
    mat = MedialMesh([[0, 0, 0], [1, 0, 0], [0, 1.5, 0]], [0.1, 0.1, 0.9])
    edit = connect_nearest(mat, mask(mat, 0))
    assert edit.mat.edges.tolist() == [[0, 2]]
    assert edit.selected.tolist() == [True, False, False]


def test_what_is_joined_already_is_not_joined_again():
    mat = rod(4)
    assert connect_nearest(mat, mask(mat, 0)).mat.edges.tolist() == [[0, 1], [0, 2], [1, 2], [2, 3]]
    edit = connect_nearest(mat, mask(mat, 0, 3), 5, among_chosen=True)
    assert [0, 3] in edit.mat.edges.tolist()
    assert len(edit.mat.edges) == 4


def test_pieces_are_joined_by_their_shortest_gaps():
    mat = MedialMesh(
        [[0, 0, 0], [1, 0, 0], [1.5, 0, 0], [2.5, 0, 0], [2.5, 4, 0]], np.full(5, 0.1),
        [[0, 1], [2, 3]],
    )  # fmt: skip
    edit = join_pieces(mat)
    assert edit.mat.edges.tolist() == [[0, 1], [1, 2], [2, 3], [3, 4]]
    assert len(np.unique(piece_labels(edit.mat))) == 1
    # One piece alone is joined to what is nearest to it, and the others stay loose.
    assert join_pieces(mat, mask(mat, 4)).mat.edges.tolist() == [[0, 1], [2, 3], [3, 4]]


def test_one_piece_needs_no_joining():
    mat = stool()
    np.testing.assert_array_equal(join_pieces(mat).mat.edges, mat.edges)


# --- symmetry ---


@pytest.mark.parametrize(("axis", "side"), [(0, 1), (0, -1), (1, 1), (2, -1)])
def test_the_kept_half_stays_and_the_other_is_its_mirror_image(axis, side):
    mat = random_mat(3)
    mirrored = symmetrize(mat, axis, side).mat
    points = places(mat)
    flipped = points.copy()
    flipped[:, axis] *= -1
    np.testing.assert_allclose(
        medial_distance(points, mirrored), medial_distance(flipped, mirrored), atol=1e-6
    )
    # Far enough from the plane, what was cut off has no say.
    kept = points[points[:, axis] * side > mat.radii.max()]
    assert len(kept) > 100
    inside = medial_distance(kept, mat) < 0
    np.testing.assert_array_equal(medial_distance(kept, mirrored) < 0, inside)


def test_spheres_near_the_plane_are_snapped_onto_it_and_not_doubled():
    mat = rod(3)
    moved = MedialMesh(mat.centers - [0.5, 0, 0] + [0.01, 0, 0], [0.3, 0.2, 0.1], mat.edges)
    edit = symmetrize(moved, 0, 1, snap=0.02)
    np.testing.assert_allclose(np.sort(edit.mat.centers[:, 0]), [-0.51, 0, 0.51], atol=1e-6)
    np.testing.assert_allclose(edit.mat.radii, [0.2, 0.1, 0.1], atol=1e-6)
    assert len(edit.mat.edges) == 2


def test_the_plane_may_lie_anywhere():
    mat = random_mat(5)
    moved = MedialMesh(mat.centers + np.float32([0, 0, 2]), mat.radii, mat.edges, mat.faces)
    there = symmetrize(moved, 2, 1, plane=2.0).mat
    np.testing.assert_allclose(there.centers - [0, 0, 2], symmetrize(mat, 2).mat.centers, atol=1e-6)


def test_an_edge_across_the_plane_is_cut_there():
    mat = MedialMesh([[-1, 0, 0], [3, 0, 0]], [0.1, 0.5], [[0, 1]])
    edit = symmetrize(mat)
    np.testing.assert_allclose(sorted(edit.mat.spheres.tolist()), [
        [-3, 0, 0, 0.5], [0, 0, 0, 0.2], [3, 0, 0, 0.5]], atol=1e-6)  # fmt: skip


# --- tubes ---


def test_every_edge_is_in_one_chain():
    mat = stool()
    rods = curve_edges(mat)
    assert len(rods) == 4 * 6 + 4
    found = chains(rods)
    walked = [tuple(sorted(pair)) for chain in found for pair in itertools.pairwise(chain.tolist())]
    assert sorted(walked) == sorted(map(tuple, rods.tolist()))
    assert sorted(map(len, found)) == [2] * 4 + [3] * 4 + [5] * 4


def test_a_ring_is_one_chain_that_ends_where_it_starts():
    (chain,) = chains(ring(7).edges)
    assert chain[0] == chain[-1] == 0
    assert sorted(chain[:-1].tolist()) == list(range(7))


def test_places_along_a_tube_go_by_length_from_the_lower_end():
    mat = MedialMesh([[0, 0, 4], [0, 0, 1], [0, 0, 0]], [0.1, 0.1, 0.1], [[0, 1], [1, 2]])
    np.testing.assert_allclose(along_tubes(mat), [1, 0.25, 0])
    np.testing.assert_allclose(along_tubes(mat, flip=True), [0, 0.75, 1])
    # One sphere stands for its tube; two are a tube of their own.
    np.testing.assert_allclose(along_tubes(mat, mask(mat, 1)), [1, 0.25, 0])
    np.testing.assert_allclose(along_tubes(mat, mask(mat, 0, 1)), [1, 0, np.nan])


def test_a_profile_acts_along_the_tube_and_nowhere_else():
    mat = stool()
    leg = mask(mat, *range(25, 31))
    radii = thicken_tubes(mat, lambda t: 3 - 2 * t, leg)
    np.testing.assert_array_equal(radii[~leg], mat.radii[~leg])
    factors = radii[25:31] / mat.radii[25:31]
    np.testing.assert_allclose(factors, np.linspace(1, 3, 6), rtol=1e-5)
    assert (thicken_tubes(mat, lambda _: -1.0) > 0).all()


# --- maximal balls ---


def in_a_box(point):
    """Nearest point of the box of half sides 3, 2, 1."""
    half = np.array([3.0, 2.0, 1.0])
    inside = np.clip(point, -half, half)
    if (inside != point).any():
        away = point - inside
        return inside, away / np.linalg.norm(away)
    axis = int(np.argmin(half - np.abs(point)))
    normal = np.zeros(3)
    normal[axis] = 1.0 if point[axis] >= 0 else -1.0
    found = point.copy()
    found[axis] = normal[axis] * half[axis]
    return found, normal


@pytest.mark.parametrize(
    ("start", "center", "radius"),
    [
        ((0.5, 0.3, 0.2), (0.5, 0.3, 0), 1),
        ((0.5, 0.3, -0.9), (0.5, 0.3, 0), 1),
        ((0.5, 0.3, 1.4), (0.5, 0.3, 0), 1),
        # Nearer to the side than to the top: the ball is held by both.
        ((0.1, 1.9, 0.5), (0.1, 1.5, 0.5), 0.5),
    ],
)
def test_balls_in_a_box(start, center, radius):
    found, reach = maximal_ball(start, in_a_box, 4.0)
    np.testing.assert_allclose(found, center, atol=1e-3)
    assert reach == pytest.approx(radius, abs=1e-3)


def test_a_ball_in_a_tube_ends_on_its_axis():
    def nearest(point):
        away = point * [1, 1, 0]
        reach = np.linalg.norm(away)
        outward = away / reach if reach > 1e-9 else np.array([1.0, 0, 0])
        return point * [0, 0, 1] + 0.25 * outward, outward

    center, radius = maximal_ball([0.1, 0.02, 7], nearest, 10.0)
    np.testing.assert_allclose(center, [0, 0, 7], atol=1e-4)
    assert radius == pytest.approx(0.25, abs=1e-4)
