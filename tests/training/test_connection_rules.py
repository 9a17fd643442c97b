"""The simple rules on shapes where what they find can be said beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from training.connection_rules import RULES
from training.evaluation.scores import rule_topology

NO_DENSE = np.empty((0, 3))


def found(name, centers, threshold, dense=NO_DENSE):
    """A rule's edges and faces as sets."""
    edges, faces = RULES[name].connect(centers, dense, threshold)
    return set(map(tuple, edges.tolist())), set(map(tuple, faces.tolist()))


def line(count=10):
    return np.stack([np.arange(count), np.zeros(count), np.zeros(count)], 1).astype(float)


def grid(side=5):
    i, j = np.indices((side, side)).reshape(2, -1)
    return np.stack([i, j, 0 * i], 1).astype(float)


CHAIN = {(i, i + 1) for i in range(9)}


@pytest.mark.parametrize(("name", "threshold"), [("mutual", 2), ("spacing", 1.4)])
def test_a_line_is_a_chain(name, threshold):
    edges, faces = found(name, line(), threshold)
    # The two ends' second neighbor is two away: only a mutual choice drops it.
    assert edges == CHAIN
    assert faces == set()


def test_the_nearest_of_a_line_reach_two_at_its_ends():
    assert found("nearest", line(), 2)[0] == CHAIN | {(0, 2), (7, 9)}


@pytest.mark.parametrize(("factor", "diagonals"), [(1.3, 0), (1.6, 32)])
def test_local_spacing_on_a_grid_takes_diagonals_or_not(factor, diagonals):
    edges, faces = found("spacing", grid(), factor)
    assert len(edges) == 40 + diagonals
    assert len(faces) == 2 * diagonals


@pytest.mark.parametrize("name", ["clusters", "witnesses"])
def test_dense_centers_tell_two_near_lines_apart(name):
    centers = np.concatenate([line(), line() + np.array([0, 0.6, 0])])
    x = np.linspace(0, 9, 400)
    dense = np.stack([x, 0 * x, 0 * x], 1)
    dense = np.concatenate([dense, dense + np.array([0, 0.6, 0])])
    edges, faces = found(name, centers, 1, dense)
    along = {(a, b) for a, b in edges if b == a + 1}
    assert along == CHAIN | {(a + 10, b + 10) for a, b in CHAIN}
    if name == "clusters":
        assert edges == along
        assert faces == set()


def test_witnesses_triangulate_a_grid():
    rng = np.random.default_rng(0)
    centers = grid() + 0.05 * rng.normal(size=(25, 3)) * [1, 1, 0]
    dense = np.concatenate([rng.uniform(0, 4, (20000, 2)), np.zeros((20000, 1))], 1)
    edges, faces = found("witnesses", centers, 1, dense)
    assert {(i, i + 1) for i in range(25) if i % 5 < 4} <= edges
    # Every cell has faces, both diagonals' even, and none reaches beyond its neighbors.
    corners = centers[np.array(sorted(faces))]
    assert np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max() < 2.5
    assert len({tuple(np.floor(c.mean(0)[:2].clip(0, 3.99)).astype(int)) for c in corners}) == 16


def test_rules_give_ascending_rows_each_once():
    rng = np.random.default_rng(1)
    centers, dense = rng.normal(size=(60, 3)), rng.normal(size=(500, 3))
    for rule in RULES.values():
        for threshold in rule.thresholds:
            for rows in rule.connect(centers, dense, threshold):
                assert (np.diff(rows, axis=1) > 0).all()
                assert len(np.unique(rows, axis=0)) == len(rows)


def test_the_rule_of_the_labels_finds_a_ring() -> None:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    centers = 0.3 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    edges, faces = rule_topology(centers.astype(np.float32))
    assert len(edges) == 48
    assert len(faces) == 0
