"""From probabilities to edges and faces, and which holes are filled."""

import itertools

import numpy as np
import pytest

from immat_core.topology import TopologyCandidates, gather_candidates, nearest, select


def test_nearest_is_the_brute_force_order():
    rng = np.random.default_rng(0)
    points, queries = rng.normal(size=(300, 3)), rng.normal(size=(70, 3))
    apart = np.linalg.norm(queries[:, None] - points, axis=2)
    found = nearest(points, queries, 9)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, np.argsort(apart, axis=1)[:, :9])


@pytest.mark.parametrize("asks", [lambda p: None, lambda p: p])
def test_nearest_others_leave_out_the_point_itself_even_where_points_coincide(asks, monkeypatch):
    monkeypatch.setattr("immat_core.topology.CHUNK", 7)
    points = np.array([[0, 0, 0], [0, 0, 0], [1, 0, 0], [5, 0, 0]])
    expected = [[1, 2], [0, 2], [0, 1], [2, 0]]
    np.testing.assert_array_equal(nearest(points, asks(points), 2), expected)
    np.testing.assert_array_equal(nearest(points, points.copy(), 1), [[0], [0], [2], [3]])


def test_nearest_of_too_few():
    with pytest.raises(ValueError, match="4 neighbors asked of 4 points"):
        nearest(np.zeros((4, 3)), None, 4)


def test_candidates_are_the_mean_over_the_groups_that_hold_them():
    sparse = np.array([[1, 2], [0, 2], [3, 1], [2, 0]])
    edges = np.arange(8).reshape(4, 2) / 10
    faces = np.zeros((4, 2, 2))
    faces[:, 0, 1] = faces[:, 1, 0] = [0.2, 0.4, 0.6, 0.8]
    faces[0, 0, 1] = 0.4
    faces[:, 0, 0] = 1
    got = gather_candidates(sparse, edges, faces)
    # 0-1 in groups 0 and 1; 0-2 in 0; 1-2 in 1 and 2; 2-3 in 2 and 3; 0-3 in 3.
    assert got.edges.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2], [2, 3]]
    np.testing.assert_allclose(got.edge_probabilities, [0.1, 0.1, 0.7, 0.4, 0.5])
    # 0 1 2 in groups 0 (mean of both orders 0.3) and 1; 1 2 3 in 2; 0 2 3 in 3.
    assert got.faces.tolist() == [[0, 1, 2], [0, 2, 3], [1, 2, 3]]
    np.testing.assert_allclose(got.face_probabilities, [0.35, 0.8, 0.6])
    assert (got.edges.dtype, got.faces.dtype) == (np.int32, np.int32)
    assert got.face_probabilities.dtype == got.edge_probabilities.dtype == np.float32


def test_a_sphere_in_its_own_group_and_repeated_neighbors_make_no_candidate():
    sparse = np.array([[0, 1, 1], [0, 0, 1]])
    got = gather_candidates(sparse, np.full((2, 3), 0.5), np.full((2, 3, 3), 0.5))
    assert got.edges.tolist() == [[0, 1]]
    assert got.edge_probabilities.tolist() == [0.5]
    assert got.faces.shape == (0, 3)


def test_against_a_plain_loop():
    rng = np.random.default_rng(1)
    sparse = nearest(rng.normal(size=(40, 3)), None, 6)
    edges, faces = rng.random((40, 6)), rng.random((40, 6, 6))
    expected: dict[tuple[int, ...], list[float]] = {}
    for i, row in enumerate(sparse.tolist()):
        for a, b in itertools.combinations(range(6), 2):
            key = tuple(sorted((i, row[a], row[b])))
            expected.setdefault(key, []).append((faces[i, a, b] + faces[i, b, a]) / 2)
    got = gather_candidates(sparse, edges, faces)
    assert [tuple(face) for face in got.faces.tolist()] == sorted(expected)
    means = [np.mean(expected[key]) for key in sorted(expected)]
    np.testing.assert_allclose(got.face_probabilities, means, atol=1e-6)


def candidates(edges, faces):
    """From dictionaries of indices to probabilities."""

    def split(given, size):
        rows = sorted(given)
        indices = np.array(rows, np.int32).reshape(-1, size)
        return indices, np.array([given[row] for row in rows], np.float32)

    return TopologyCandidates(*split(edges, 2), *split(faces, 3))


def test_select_takes_what_reaches_the_thresholds():
    some = candidates({(0, 1): 0.2, (1, 2): 0.19}, {(0, 1, 2): 0.3, (1, 2, 3): 0.29})
    edges, faces = select(some, 0.2, 0.3, centers=np.eye(4, 3), fill_holes=False)
    assert (edges.tolist(), faces.tolist()) == ([[0, 1]], [[0, 1, 2]])


def sheet(side=6, bend=0.0):
    """Centers of a grid and its faces, two a cell; ``bend`` rolls it up, in radians a step."""
    i, j = np.indices((side, side)).reshape(2, -1)
    if bend:
        centers = np.stack([np.sin(bend * i) / bend, j, (1 - np.cos(bend * i)) / bend], 1)
    else:
        centers = np.stack([i, j, 0 * i], 1)
    n = np.arange(side * side).reshape(side, side)
    a, b, c, d = (x.ravel() for x in (n[:-1, :-1], n[:-1, 1:], n[1:, 1:], n[1:, :-1]))
    faces = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    return centers.astype(float), {tuple(sorted(face)) for face in faces.tolist()}


def filled(centers, faces, edges=(), doubts=()):
    """The faces that filling adds when ``faces`` are certain and ``doubts`` have no chance."""
    chances = dict.fromkeys(faces, 0.9) | dict.fromkeys(doubts, 0.01)
    some = candidates(dict.fromkeys(edges, 0.9), chances)
    _, found = select(some, centers=centers)
    return {tuple(face) for face in found.tolist()} - set(faces)


@pytest.mark.parametrize("bend", [0.0, 0.5])
def test_a_missing_face_is_filled(bend):
    centers, faces = sheet(bend=bend)
    missing = {(14, 15, 21)}
    assert missing < faces
    assert filled(centers, faces - missing) == missing


@pytest.mark.parametrize("bend", [0.0, 0.5])
def test_a_missing_cell_is_filled_along_either_diagonal(bend):
    centers, faces = sheet(bend=bend)
    missing = {(14, 15, 21), (14, 20, 21)}
    assert missing < faces
    assert filled(centers, faces - missing) in (missing, {(14, 15, 20), (15, 20, 21)})


def test_a_hole_of_five_sides_is_filled():
    centers, faces = sheet()
    missing = {(14, 15, 21), (14, 20, 21), (20, 21, 27)}
    assert missing < faces
    added = filled(centers, faces - missing)
    assert len(added) == 3
    sides = [side for face in added for side in itertools.combinations(face, 2)]
    rim = {side for side in sides if sides.count(side) == 1}
    assert rim == {(14, 15), (15, 21), (21, 27), (20, 27), (14, 20)}


def test_the_likelier_diagonal_is_taken():
    centers, faces = sheet()
    missing = {(14, 15, 21), (14, 20, 21)}
    other = {(14, 15, 20), (15, 20, 21)}
    chances = dict.fromkeys(faces - missing, 0.9) | dict.fromkeys(missing, 0.15)
    for chance, expected in ((0.2, other), (0.12, missing)):
        some = candidates({}, chances | dict.fromkeys(other, chance))
        _, found = select(some, centers=centers)
        assert {tuple(face) for face in found.tolist()} == (faces - missing) | expected


def test_a_corner_between_two_faces_and_an_edge_is_filled():
    centers, faces = sheet(3)
    missing = {(4, 5, 8)}
    assert missing < faces
    assert filled(centers, faces - missing, edges=[(5, 8)]) == missing
    assert filled(centers, faces - missing) == set()


def test_a_complete_sheet_stays_as_it_is():
    centers, faces = sheet()
    assert filled(centers, faces) == set()


def test_a_hole_that_the_network_has_seen_stays_open():
    centers, faces = sheet()
    missing = {(14, 15, 21), (14, 20, 21)}
    assert filled(centers, faces - missing, doubts=[*missing, (14, 15, 20), (15, 20, 21)]) == set()


def test_a_large_opening_stays_open():
    centers, faces = sheet(8)
    inner = {n for n in range(64) if n // 8 in (2, 3, 4) and n % 8 in (2, 3, 4)}
    assert filled(centers, {face for face in faces if not inner & set(face)}) == set()


@pytest.mark.parametrize(("width", "open_"), [(1.2, False), (12.0, True)])
def test_a_wide_slit_of_four_sides_stays_open(width, open_):
    centers, faces = sheet()
    centers[centers[:, 1] > 2.5, 1] += width - 1
    missing = {(14, 15, 21), (14, 20, 21)}
    assert missing < faces
    assert (filled(centers, faces - missing) == set()) == open_


def test_frames_of_rods_stay_open():
    centers = np.array(
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [5, 0, 0], [6, 0, 0], [5, 1, 0]]
    )
    rods = [(0, 1), (1, 2), (2, 3), (0, 3), (0, 2)]
    assert filled(centers.astype(float), {(4, 5, 6)}, edges=rods) == set()


def test_the_mouth_of_a_cup_stays_open():
    """Four walls around a bottom: the rim is a loop of four borders, as long as a hole."""
    bottom = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float)
    centers = np.concatenate([bottom, bottom + np.array([0, 0, 1])])
    faces = {(0, 1, 2), (0, 2, 3)}
    for i in range(4):
        j = (i + 1) % 4
        faces |= {tuple(sorted((i, j, j + 4))), tuple(sorted((i, j + 4, i + 4)))}
    assert filled(centers, faces) == set()


def test_filling_never_gives_an_edge_a_third_face():
    rng = np.random.default_rng(2)
    for _ in range(30):
        centers, faces = sheet()
        kept = {face for face in faces if rng.random() < 0.7}
        close = np.argwhere(np.triu(np.linalg.norm(centers[:, None] - centers, axis=2) < 1.5, 1))
        rods = [tuple(pair) for pair in close.tolist() if rng.random() < 0.3]
        added = filled(centers, kept, edges=rods)
        assert added
        count: dict[tuple[int, ...], int] = {}
        for face in kept | added:
            for side in itertools.combinations(face, 2):
                count[side] = count.get(side, 0) + 1
        assert max(count.values()) == 2


def test_filling_without_faces_or_spheres():
    none = candidates({}, {})
    edges, faces = select(none, centers=np.empty((0, 3)))
    assert (edges.shape, faces.shape) == ((0, 2), (0, 3))


def chain(probabilities: list[float]) -> TopologyCandidates:
    """Spheres in a row, an edge of these probabilities between each and the next."""
    count = len(probabilities)
    edges = np.column_stack([np.arange(count), np.arange(1, count + 1)]).astype(np.int32)
    none = np.empty((0, 3), np.int32), np.empty(0, np.float32)
    return TopologyCandidates(edges, np.array(probabilities, np.float32), *none)


def test_a_weaker_edge_is_kept_where_it_joins_two_parts():
    centers = np.zeros((5, 3))
    edges, _ = select(chain([0.9, 0.06, 0.9, 0.04]), 0.2, 0.3, centers=centers)
    # 0.06 reaches a quarter of the threshold, 0.04 does not.
    assert sorted(edges.tolist()) == [[0, 1], [1, 2], [2, 3]]
    edges, _ = select(chain([0.9, 0.06, 0.9, 0.04]), 0.2, 0.3, centers=centers, join=False)
    assert edges.tolist() == [[0, 1], [2, 3]]


def test_joining_takes_the_likeliest_edge_and_closes_no_loop():
    rows = np.array([[0, 1], [0, 2], [1, 3], [2, 3]], np.int32)
    chances = np.array([0.9, 0.1, 0.15, 0.9], np.float32)
    none = np.empty((0, 3), np.int32), np.empty(0, np.float32)
    edges, _ = select(TopologyCandidates(rows, chances, *none), 0.2, 0.3, centers=np.zeros((4, 3)))
    assert sorted(edges.tolist()) == [[0, 1], [1, 3], [2, 3]]


def test_a_face_joins_its_spheres_already():
    rows = np.array([[0, 1], [1, 2]], np.int32)
    face = np.array([[0, 1, 2]], np.int32)
    some = TopologyCandidates(rows, np.full(2, 0.1, np.float32), face, np.ones(1, np.float32))
    edges, faces = select(some, 0.2, 0.3, centers=np.eye(3))
    assert len(edges) == 0
    assert faces.tolist() == [[0, 1, 2]]


def test_edges_across_more_than_two_spacings_are_left_out_but_join_parts():
    places = np.array([0, 1, 2, 3, 5.5, 6.5, 10.5, 11.5])
    centers = np.column_stack([places, np.zeros((8, 2))])
    rows = np.array(
        [[0, 1], [0, 2], [0, 3], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 7]], np.int32
    )
    triangles = np.array([[0, 1, 2], [0, 1, 3]], np.int32)
    some = TopologyCandidates(
        rows, np.full(9, 0.9, np.float32), triangles, np.full(2, 0.9, np.float32)
    )
    edges, faces = select(some, centers=centers)
    # 0-3 is three spacings long, 5-6 is four; 3-4, of two and a half, joins two parts.
    assert sorted(edges.tolist()) == [[0, 1], [0, 2], [1, 2], [2, 3], [3, 4], [4, 5], [6, 7]]
    assert faces.tolist() == [[0, 1, 2]]
    edges, faces = select(some, centers=centers, trim=False)
    assert len(edges) == 9
    assert len(faces) == 2
    # Thick balls leave no gap between them.
    _, longer = select(some, centers=centers, radii=np.full(len(centers), 1.2))
    assert len(longer) == len(faces)
    assert len(select(some, centers=centers, radii=np.full(len(centers), 0.5))[1]) < len(faces)
    edges, _ = select(some, centers=centers, join=False)
    assert [3, 4] not in edges.tolist()


def test_the_skin_between_thick_balls_is_closed_by_faces_that_are_hardly_likely():
    centers = np.array([[0.0, 0, 0], [1, 0, 0], [0.5, 0.9, 0], [0.5, -0.9, 0]])
    triangles = np.array([[0, 1, 2], [0, 1, 3]], np.int32)
    chances = np.array([0.06, 0.04], np.float32)
    some = TopologyCandidates(
        np.empty((0, 2), np.int32), np.empty(0, np.float32), triangles, chances
    )
    radii = np.array([0.4, 0.4, 0.4, 0.4])
    assert select(some, 0.2, 0.3, centers=centers, radii=radii)[1].tolist() == [[0, 1, 2]]
    for given in (None, 0.5 * radii, [0.4, 0.4, 0.2, 0.4]):
        assert len(select(some, 0.2, 0.3, centers=centers, radii=given)[1]) == 0
    assert len(select(some, 0.2, 0.3, centers=centers, radii=radii, trim=False)[1]) == 0
