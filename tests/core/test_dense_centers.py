"""Dense centers follow the spheres and vouch for what they run along."""

from __future__ import annotations

import numpy as np
import pytest

from immat_core.dense_centers import FACE_ODDS, LINKS, VOUCHED, follow, link, vouch
from immat_core.topology import TopologyCandidates

ALONG = np.linspace(0, 1, 41)
CORNERS = np.array([[0.0, 0, 0], [1, 0, 0], [0.5, 0.8, 0], [0.5, 0.3, 0.9]])


def likely(edges: list[tuple[int, int]], faces: list[tuple[int, int, int]]) -> TopologyCandidates:
    """Candidates that are as likely as not."""
    half = [np.full(len(rows), 0.5, np.float32) for rows in (edges, faces)]
    return TopologyCandidates(
        np.array(edges, np.int32).reshape(-1, 2),
        half[0],
        np.array(faces, np.int32).reshape(-1, 3),
        half[1],
    )


def line(start: int, end: int) -> np.ndarray:
    """Dense centers from one corner to another."""
    return CORNERS[start] + ALONG[:, None] * (CORNERS[end] - CORNERS[start])


def test_links_are_the_nearest_others() -> None:
    points = np.random.default_rng(0).random((300, 3))
    apart = np.linalg.norm(points[:, None] - points, axis=2)
    np.fill_diagonal(apart, np.inf)
    wanted = np.argsort(apart, axis=1)[:, :LINKS]
    np.testing.assert_array_equal(np.sort(link(points), 1), np.sort(wanted, 1))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_few_points_have_few_links(count: int) -> None:
    assert link(np.random.default_rng(0).random((count, 3))).shape == (count, count - 1)


def test_dense_centers_move_with_their_nearest_sphere() -> None:
    before = np.array([[0.0, 0, 0], [1, 0, 0]])
    after = before + np.array([[0, 0, 0.1], [0, 0.2, 0]])
    dense = np.array([[0.1, 0, 0], [0.8, 0, 0], [0.4, 0, 0]], np.float32)
    moved = follow(dense, before, after)
    assert moved.dtype == np.float32
    np.testing.assert_allclose(moved - dense, [[0, 0, 0.1], [0, 0.2, 0], [0, 0, 0.1]], atol=1e-7)


def test_only_what_the_dense_centers_run_along_is_vouched_for() -> None:
    dense = np.concatenate([line(0, 1), line(1, 2)])
    found = vouch(likely([(0, 1), (0, 2), (1, 2)], [(0, 1, 2)]), CORNERS, dense, link(dense))
    more = 0.5 + 0.5 * VOUCHED
    np.testing.assert_allclose(found.edge_probabilities, [more, 0.5, more])
    np.testing.assert_allclose(found.face_probabilities, [1 / (1 + FACE_ODDS)])


def test_a_face_is_vouched_for_by_its_three_sides() -> None:
    dense = np.concatenate([line(0, 1), line(1, 2), line(0, 2)])
    found = vouch(likely([], [(0, 1, 2), (0, 1, 3)]), CORNERS, dense, link(dense))
    odds = np.array([FACE_ODDS, 1 / FACE_ODDS])
    np.testing.assert_allclose(found.face_probabilities, odds / (1 + odds), rtol=1e-6)


def test_dense_centers_that_lie_on_the_spheres_tell_nothing() -> None:
    dense = np.repeat(CORNERS, LINKS + 1, axis=0)
    given = likely([(0, 1), (2, 3)], [(0, 1, 2)])
    found = vouch(given, CORNERS, dense, link(dense))
    np.testing.assert_array_equal(found.edge_probabilities, given.edge_probabilities)
    np.testing.assert_array_equal(found.face_probabilities, given.face_probabilities)
