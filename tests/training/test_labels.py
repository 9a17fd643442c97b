"""Topology labels on shapes whose right connections are known."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from training.labels import label_topology, skeleton_of, true_connections
from training.medial_complex import divide, find_feet, share_out

Array = NDArray[np.float64]


def line(count: int, y: float = 0.0) -> tuple[Array, Array]:
    """Centers on a line of length 1, and its edges."""
    x = np.linspace(0, 1, count)
    at = np.arange(count - 1)
    return np.stack([x, 0 * x + y, 0 * x], 1), np.stack([at, at + 1], 1)


def sheet(side: int) -> tuple[Array, Array]:
    """A square grid of length 1, and its faces along one diagonal."""
    x, y = np.meshgrid(np.linspace(0, 1, side), np.linspace(0, 1, side))
    at = np.arange(side * side).reshape(side, side)
    a, b, c, d = at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, :-1].ravel(), at[1:, 1:].ravel()
    faces = np.concatenate([np.stack([a, b, d], 1), np.stack([a, c, d], 1)])
    return np.stack([x.ravel(), y.ravel(), 0 * x.ravel()], 1), faces


NO_EDGES, NO_FACES = np.empty((0, 2), np.int64), np.empty((0, 3), np.int64)


def rows(simplices: NDArray[np.int64]) -> set[tuple[int, ...]]:
    """Simplices as a set."""
    return set(map(tuple, simplices.tolist()))


def test_spheres_beside_a_line_are_its_chain_whatever_their_number() -> None:
    rng = np.random.default_rng(0)
    skeleton = skeleton_of(*line(20), NO_FACES)
    for count in (3, 11, 40):
        along = np.sort(rng.uniform(0, 1, count))
        centers = np.stack([along, 0.01 * rng.normal(size=count), 0 * along], 1)
        order = rng.permutation(count)
        edges, faces = true_connections(centers[order], skeleton)
        place = np.argsort(order)
        chain = np.sort(np.stack([place[:-1], place[1:]], 1), axis=1)
        # So short a piece of the line may hold no point of its own: then its neighbours touch.
        apart = np.diff(along) > 0.5 / 20
        assert rows(chain[apart]) <= rows(edges)
        assert len(edges) == count - 1
        assert len(faces) == 0


def test_spheres_on_a_sheet_are_triangulated_as_in_the_plane() -> None:
    rng = np.random.default_rng(1)
    skeleton = skeleton_of(sheet(16)[0], NO_EDGES, sheet(16)[1])
    centers = sheet(8)[0]
    centers[:, :2] += rng.normal(0, 0.03, (64, 2))
    lifted = centers + np.array([0, 0, 1]) * rng.normal(0, 0.015, (64, 1))
    edges, faces = true_connections(lifted, skeleton)
    found = rows(faces)
    wanted = np.sort(Delaunay(centers[:, :2]).simplices, axis=1)
    inside = (centers[wanted].mean(1)[:, :2] > 0.1).all(1)
    inside &= (centers[wanted].mean(1)[:, :2] < 0.9).all(1)
    inner = rows(wanted[inside])
    # What is another triangle is a square's other diagonal.
    assert len(inner & found) >= 0.85 * len(inner)
    # A triangulation: no side has three faces, every side of a face is an edge.
    sides = np.sort(faces[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1)
    unique, count = np.unique(sides, axis=0, return_counts=True)
    assert rows(unique) <= rows(edges)
    assert (count > 2).mean() < 0.02


def test_two_sheets_side_by_side_do_not_mix() -> None:
    centers, faces = sheet(8)
    both = np.concatenate([centers, centers + np.array([0, 0, 0.1])])
    skeleton = skeleton_of(both, NO_EDGES, np.concatenate([faces, faces + 64]))
    rng = np.random.default_rng(2)
    moved = both + rng.normal(0, 0.015, both.shape)
    edges, triples = true_connections(moved, skeleton)
    assert len(edges) > 250
    assert len(triples) > 150
    assert ((edges < 64).all(1) | (edges >= 64).all(1)).all()
    assert ((triples < 64).all(1) | (triples >= 64).all(1)).all()


def test_a_wall_on_a_sheet_is_joined_to_it_along_its_foot() -> None:
    flat, faces = sheet(9)
    wall = np.stack([flat[:, 0], 0 * flat[:, 0] + 0.5, flat[:, 1]], 1)
    both = np.concatenate([flat, wall])
    centers, place = np.unique(both.round(6), axis=0, return_inverse=True)
    corners = place.reshape(-1)[np.concatenate([faces, faces + 81])]
    edges, triples = true_connections(centers, skeleton_of(centers, NO_EDGES, corners))
    sides = np.sort(triples[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1)
    unique, count = np.unique(sides, axis=0, return_counts=True)
    seam = (np.abs(centers[unique] - [0, 0.5, 0])[..., 1:] < 1e-6).all((1, 2))
    assert seam.sum() == 8
    assert (count[seam] == 3).all()
    assert (count[~seam] <= 2).all()
    # The wall and the sheet are connected at the seam alone.
    above, aside = centers[:, 2] > 1e-6, np.abs(centers[:, 1] - 0.5) > 1e-6
    assert not (above[edges].any(1) & aside[edges].any(1)).any()


def test_a_gap_and_a_far_sphere_are_not_bridged() -> None:
    first, chain = line(11)
    second = first + np.array([1.3, 0, 0])
    centers = np.concatenate([first, second, [[0.5, 0.9, 0]]])
    skeleton = skeleton_of(centers[:22], np.concatenate([chain, chain + 11]), NO_FACES)
    edges, _ = true_connections(centers, skeleton)
    assert rows(edges) == rows(np.concatenate([chain, chain + 11]))


def test_a_part_without_spheres_is_bridged_along_it_but_not_through_the_air() -> None:
    angle = np.linspace(0, np.pi, 40)
    arc = np.stack([0.3 * np.cos(angle), 0.3 * np.sin(angle), 0 * angle], 1)
    straight, chain = line(40)
    centers = np.concatenate([arc, straight + np.array([0, 2, 0])])
    skeleton = skeleton_of(centers, np.concatenate([chain, chain + 40]), NO_FACES)
    ends = centers[[0, 39, 40, 79]]
    assert true_connections(ends, skeleton)[0].tolist() == [[2, 3]]


def test_spheres_with_one_foot_hang_together() -> None:
    skeleton = skeleton_of(*line(11), NO_FACES)
    centers = np.array([[0, 0, 0], [0.55, 0.01, 0], [0.55, -0.01, 0], [1.0, 0, 0]])
    edges, _ = true_connections(centers, skeleton)
    assert rows(edges) in ({(0, 1), (1, 2), (1, 3)}, {(0, 2), (1, 2), (2, 3)})


def test_labels_of_candidates_are_the_right_connections_among_them() -> None:
    rng = np.random.default_rng(3)
    centers, corners = sheet(8)
    centers += rng.normal(0, 0.02, centers.shape)
    skeleton = skeleton_of(centers, NO_EDGES, corners)
    apart = np.linalg.norm(centers[:, None] - centers, axis=2)
    sparse = np.argsort(apart, axis=1)[:, 1:10]
    pairs, triples = map(rows, true_connections(centers, skeleton))
    edges, faces = label_topology(centers, sparse, skeleton)
    for i in range(64):
        for a, j in enumerate(sparse[i].tolist()):
            assert edges[i, a] == (tuple(sorted((i, j))) in pairs)
            for b, k in enumerate(sparse[i].tolist()):
                assert faces[i, a, b] == (tuple(sorted((i, j, k))) in triples)


def test_feet_are_the_nearest_places() -> None:
    centers, corners = sheet(5)
    mesh = divide(centers, NO_EDGES, corners)
    rng = np.random.default_rng(4)
    asked = rng.uniform(-0.3, 1.3, (200, 3))
    triangle, feet, away = find_feet(mesh, asked)
    wanted = np.concatenate([asked[:, :2].clip(0, 1), np.zeros((200, 1))], 1)
    assert feet == pytest.approx(wanted, abs=1e-9)
    assert away == pytest.approx(np.linalg.norm(asked - wanted, axis=1))
    owner = share_out(mesh, triangle, feet)
    # On a flat sheet the cells are Voronoi's.
    nearest = np.linalg.norm(mesh.points[:, None] - feet, axis=2)
    best = nearest[np.arange(len(mesh.points)), owner]
    assert (best <= nearest.min(1) + 1e-9).mean() > 0.97
