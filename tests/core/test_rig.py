"""Skeletons and weights: a lamp, a chair and a quadruped that are posed here without Blender."""

from __future__ import annotations

import numpy as np
import pytest
from rigged_shapes import chair, lamp, quadruped
from shapes import ring

from immat_core.envelope import medial_distance
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.rig import RigSettings, build_rig, limit_weights, point_weights
from immat_core.segmentation import segment_spheres
from immat_core.surface import build_surface
from immat_core.surface.checks import check_polygons

SHAPES = {"chair": chair, "lamp": lamp, "quadruped": quadruped}


def rigged(shape, **settings):
    mat, parts, sheets = SHAPES[shape]()
    return mat, build_rig(mat, parts, sheets, RigSettings(**settings))


def bone(rig, name):
    return rig.skeleton.names.index(name)


def turn(axis, degrees):
    """(3, 3), a rotation about a coordinate axis."""
    angle = np.radians(degrees)
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    matrix[[one, two], [one, two]] = np.cos(angle)
    matrix[one, two], matrix[two, one] = -np.sin(angle), np.sin(angle)
    return matrix


def posed(rig, points, weights, turns):
    """Linear blend skinning: each bone turns about its head, and takes its children along."""
    skeleton = rig.skeleton
    moves = []
    for index in range(len(skeleton.names)):
        matrix = np.eye(4)
        if index in turns:
            head = skeleton.heads[index].astype(float)
            matrix[:3, :3] = turns[index]
            matrix[:3, 3] = head - turns[index] @ head
        parent = skeleton.parents[index]
        moves.append(matrix if parent < 0 else moves[parent] @ matrix)
    homogeneous = np.column_stack([points, np.ones(len(points))])
    return np.einsum("vb,bij,vj->vi", weights, np.array(moves), homogeneous)[:, :3]


@pytest.fixture(scope="module")
def surfaces():
    """Surfaces of the shapes, each built once."""
    return {name: build_surface(make()[0], 1 / 64) for name, make in SHAPES.items()}


# --- skeletons ---


def test_a_chair_has_a_bone_for_each_of_its_parts():
    _, rig = rigged("chair")
    skeleton = rig.skeleton
    assert sorted(skeleton.names) == [
        "Lower Back Tube.L", "Lower Back Tube.R", "Lower Front Tube.L", "Lower Front Tube.R",
        "Root", "Upper Back Sheet",
    ]  # fmt: skip
    assert skeleton.parents.tolist() == [-1, 0, 0, 0, 0, 0]
    # The seat is the root though the back has nearly its size; the back turns about its seam.
    back = bone(rig, "Upper Back Sheet")
    np.testing.assert_allclose(skeleton.heads[back], [0, 0.25, 0], atol=1e-6)
    assert skeleton.tails[back][2] == pytest.approx(0.6, abs=0.02)
    left = bone(rig, "Lower Front Tube.L")
    np.testing.assert_allclose(skeleton.heads[left], [0.25, -0.25, 0], atol=1e-6)
    np.testing.assert_allclose(skeleton.tails[left], [0.275, -0.275, -0.45], atol=1e-6)
    assert skeleton.tail_radii[left] == pytest.approx(0.02)


def test_a_lamps_arm_is_cut_at_its_elbow():
    _, rig = rigged("lamp")
    skeleton = rig.skeleton
    assert skeleton.names[0] == "Root"
    elbow = np.linalg.norm(skeleton.heads - [0, 0, 0.8], axis=1).argmin()
    np.testing.assert_allclose(skeleton.heads[elbow], [0, 0, 0.8], atol=1e-6)
    parent = skeleton.parents[elbow]
    np.testing.assert_allclose(skeleton.heads[parent], [0, 0, 0], atol=1e-6)
    assert skeleton.connected[elbow]
    assert skeleton.parents[parent] == 0


def test_a_quadruped_is_one_tree_with_mirrored_legs():
    _, rig = rigged("quadruped")
    skeleton = rig.skeleton
    left = [name for name in skeleton.names if name.endswith(".L")]
    assert len(left) == 4
    for name in left:
        one, other = bone(rig, name), bone(rig, name[:-1] + "R")
        np.testing.assert_allclose(
            skeleton.heads[one] * [-1, 1, 1], skeleton.heads[other], atol=1e-6
        )
        np.testing.assert_allclose(
            skeleton.tails[one] * [-1, 1, 1], skeleton.tails[other], atol=1e-6
        )
        assert skeleton.tails[one][0] > 0
    assert len(set(skeleton.names)) == len(skeleton.names)


@pytest.mark.parametrize("shape", SHAPES)
def test_skeletons_are_trees_with_parents_first(shape):
    _, rig = rigged(shape)
    skeleton = rig.skeleton
    assert (skeleton.parents < np.arange(len(skeleton.names))).all()
    assert (skeleton.parents == -1).sum() == 1
    assert (np.linalg.norm(skeleton.tails - skeleton.heads, axis=1) > 1e-3).all()
    joined = np.flatnonzero(skeleton.connected)
    np.testing.assert_allclose(
        skeleton.heads[joined], skeleton.tails[skeleton.parents[joined]], atol=1e-6
    )


@pytest.mark.parametrize("bones", [9, 12, 20])
def test_the_number_of_bones_can_be_chosen(bones):
    _, rig = rigged("quadruped", bones=bones)
    assert len(rig.skeleton.names) == pytest.approx(bones, abs=1)


def test_loose_pieces_hang_on_the_nearest_and_lone_spheres_move_with_it():
    mat = MedialMesh(
        [[0, 0, 0], [1, 0, 0], [1.3, 0, 0], [2, 0, 0], [2.3, 0, 0]], [0.1] * 5, [[0, 1], [2, 3]]
    )
    rig = build_rig(mat, [0, 0, 1, 1, 2], [False, False, False])
    assert rig.skeleton.parents.tolist() == [-1, 0]
    assert rig.skeleton.connected.tolist() == [False, False]
    np.testing.assert_array_equal(rig.weights.argmax(1), [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(rig.weights.max(1), 1)
    with pytest.raises(UserError, match="no skeleton"):
        build_rig(MedialMesh(np.empty((0, 3)), []), [], [])


def test_twigs_are_no_limbs_and_move_with_what_they_sit_on():
    line = [[0, 0, 0.1 * i] for i in range(11)]
    mat = MedialMesh(
        [*line, [0.03, 0, 0.32], [0.05, 0, 0.35]],
        np.full(13, 0.03),
        [*([i, i + 1] for i in range(10)), [3, 11], [11, 12]],
    )
    rig = build_rig(mat, [0] * 13, [False], RigSettings(bones=2))
    assert rig.skeleton.names == ("Root 1", "Root 2")
    np.testing.assert_array_equal(rig.weights[[11, 12]], rig.weights[[3, 3]])


def test_a_ring_can_be_rigged():
    mat = ring(12)
    rig = build_rig(mat, [0] * 12, [False])
    np.testing.assert_allclose(rig.weights.sum(1), 1, atol=1e-6)


# --- weights ---


@pytest.mark.parametrize("shape", SHAPES)
def test_inserted_spheres_keep_the_shape(shape):
    mat, rig = rigged(shape)
    points = np.random.default_rng(0).uniform(-1, 1.2, (2000, 3))
    np.testing.assert_allclose(
        medial_distance(points, rig.edit.mat), medial_distance(points, mat), atol=1e-6
    )
    assert rig.edit.origins[: len(mat.radii)].tolist() == list(range(len(mat.radii)))
    assert len(rigged(shape, joint_spheres=False)[1].edit.mat.radii) == len(mat.radii)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_vertex_has_weights_of_sum_1_that_change_softly(shape, surfaces):
    _, rig = rigged(shape)
    surface = surfaces[shape]
    weights = point_weights(surface.vertices, rig.edit.mat, rig.weights)
    np.testing.assert_allclose(rig.weights.sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    assert (weights >= 0).all()
    # Every bone moves something, and no edge of the surface spans a step of weights.
    assert (weights.max(0) > 0.9).all()
    sides = np.concatenate([surface.faces[:, [k, k - 1]] for k in range(surface.faces.shape[1])])
    steps = np.abs(weights[sides[:, 0]] - weights[sides[:, 1]]).max(1)
    assert np.quantile(steps, 0.99) < 0.5


def test_limited_weights_keep_the_greatest():
    bones, weights = limit_weights(np.array([[0.1, 0.4, 0.2, 0.3]], np.float32), 2)
    assert bones.tolist() == [[1, 3]]
    np.testing.assert_allclose(weights, [[4 / 7, 3 / 7]], rtol=1e-6)
    assert limit_weights(np.ones((3, 1), np.float32))[0].shape == (3, 1)


# --- poses ---


def assert_volume_is_kept(surface, points, tolerance):
    before = check_polygons(surface.vertices, surface.faces)
    after = check_polygons(points, surface.faces)
    assert after.manifold
    assert after.volume == pytest.approx(before.volume, rel=tolerance)


@pytest.mark.parametrize("degrees", [-60, 45, 90])
def test_a_bent_lamp_keeps_its_volume(surfaces, degrees):
    _, rig = rigged("lamp")
    surface = surfaces["lamp"]
    weights = point_weights(surface.vertices, rig.edit.mat, rig.weights)
    elbow = int(np.linalg.norm(rig.skeleton.heads - [0, 0, 0.8], axis=1).argmin())
    bent = posed(rig, surface.vertices, weights, {elbow: turn(1, degrees)})
    assert_volume_is_kept(surface, bent, 0.05)
    # The foot stays, the head moves as a whole.
    low = surface.vertices[:, 2] < 0.3
    np.testing.assert_allclose(bent[low], surface.vertices[low], atol=1e-5)
    head = np.linalg.norm(surface.vertices - [0.7, 0, 1.0], axis=1) < 0.16
    expected = (surface.vertices[head] - [0, 0, 0.8]) @ turn(1, degrees).T + [0, 0, 0.8]
    np.testing.assert_allclose(bent[head], expected, atol=1e-3)


def test_a_chair_leans_back_and_lifts_a_leg(surfaces):
    _, rig = rigged("chair")
    surface = surfaces["chair"]
    weights = point_weights(surface.vertices, rig.edit.mat, rig.weights)
    turns = {
        bone(rig, "Upper Back Sheet"): turn(0, -25),
        bone(rig, "Lower Front Tube.L"): turn(0, -50),
    }
    moved = posed(rig, surface.vertices, weights, turns)
    assert_volume_is_kept(surface, moved, 0.05)
    right = (surface.vertices[:, 0] < -0.1) & (surface.vertices[:, 2] < -0.1)
    np.testing.assert_allclose(moved[right], surface.vertices[right], atol=1e-5)


def test_a_quadruped_walks(surfaces):
    _, rig = rigged("quadruped")
    surface = surfaces["quadruped"]
    weights = point_weights(surface.vertices, rig.edit.mat, rig.weights)
    turns = {
        index: turn(0, 25 if ("Front" in name) == name.endswith("L") else -25)
        for index, name in enumerate(rig.skeleton.names)
        if name[-2:] in {".L", ".R"} and "1" in name
    }
    assert len(turns) == 4
    assert_volume_is_kept(surface, posed(rig, surface.vertices, weights, turns), 0.05)


@pytest.mark.parametrize(("shape", "bones"), [("chair", 6), ("lamp", 4), ("quadruped", 13)])
def test_the_parts_that_segmentation_finds_make_a_rig(shape, bones):
    mat, _, _ = SHAPES[shape]()
    found = segment_spheres(mat)
    rig = build_rig(mat, found.parts, found.sheets)
    assert len(rig.skeleton.names) == bones
    if shape == "lamp":
        # The arm stands in the middle of the foot, not on its rim.
        np.testing.assert_allclose(rig.skeleton.heads[1], [0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(rig.weights.sum(1), 1, atol=1e-6)
