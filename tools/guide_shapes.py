"""Shapes of few spheres for the pictures of the user guide."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.medial_mesh import MedialMesh


def medial_mesh(
    centers: ArrayLike, radii: ArrayLike, edges: ArrayLike = (), faces: ArrayLike = ()
) -> MedialMesh:
    """A medial mesh of plain lists."""
    return MedialMesh(
        np.asarray(centers, np.float32),
        np.asarray(radii, np.float32),
        np.asarray(edges, np.int32).reshape(-1, 2),
        np.asarray(faces, np.int32).reshape(-1, 3),
    )


def lamp() -> MedialMesh:
    """A bent tube on a round foot: 13 spheres, the tube's first nine in order from below."""
    centers = [[0, 0, 0.2 * i] for i in range(6)] + [[0.15 * i, 0, 1 + 0.1 * i] for i in (1, 2, 3)]
    foot = [[0.35, 0, 0], [0, 0.35, 0], [-0.35, 0, 0], [0, -0.35, 0]]
    radii = [0.09, 0.06, 0.06, 0.06, 0.06, 0.08, 0.07, 0.09, 0.16, 0.05, 0.05, 0.05, 0.05]
    edges = [[i, i + 1] for i in range(8)]
    faces = [[0, 9, 10], [0, 10, 11], [0, 11, 12], [0, 9, 12]]
    return medial_mesh(np.array(centers + foot), radii, edges, faces)


def stool(seat: float = 0.05, legs: float = 0.035) -> MedialMesh:
    """A square sheet of nine spheres on four legs of four each: 25 spheres, the seat's first."""
    line = np.linspace(-0.3, 0.3, 3)
    top = np.array([[x, y, 0.25] for y in line for x in line])
    index = np.arange(9).reshape(3, 3)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    centers: list[NDArray[np.float64]] = [top]
    edges: list[tuple[int, int]] = []
    for leg, corner in enumerate((0, 2, 8, 6)):
        first = 9 + 4 * leg
        centers.append(top[corner] + np.linspace(0, 1, 5)[1:, None] * [0, 0, -0.6])
        edges += itertools.pairwise([corner, *range(first, first + 4)])
    radii = [seat] * 9 + [legs] * 16
    return medial_mesh(np.concatenate(centers), radii, edges, faces)


def rough_tube() -> MedialMesh:
    """An arch of eleven spheres whose places and radii jump."""
    turn = np.linspace(0, np.pi, 11)
    jump = 0.07 * np.array([0, 1, -1, 1, -1, 0, 1, -1, 1, -1, 0])
    centers = np.stack([-(1 + jump) * np.cos(turn), jump, (1 + jump) * np.sin(turn)], 1)
    radii = 0.13 + 0.05 * np.array([0, -1, 1, -1, 1, 1, -1, 1, -1, 1, 0])
    return medial_mesh(centers, radii, [[i, i + 1] for i in range(10)])


def quadruped() -> MedialMesh:
    """A body of three spheres, a neck with a head, and one whole side of legs."""
    body = [[0, 0.4, 0.5], [0, 0, 0.52], [0, -0.4, 0.5]]
    neck = [[0, -0.6, 0.7], [0, -0.72, 0.9], [0, -0.95, 0.88]]
    front = [[0.22, -0.42, 0.3], [0.26, -0.45, 0.1], [0.28, -0.52, -0.12]]
    back = [[0.22, 0.42, 0.3], [0.26, 0.5, 0.1], [0.28, 0.45, -0.12]]
    radii = [0.2, 0.22, 0.2, 0.11, 0.1, 0.12, 0.09, 0.06, 0.06, 0.1, 0.06, 0.06]
    links = ((0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (2, 6), (6, 7), (7, 8), (0, 9), (9, 10))
    return medial_mesh(np.array(body + neck + front + back), radii, [*links, (10, 11)])


def marked(mat: MedialMesh, *chosen: int) -> NDArray[np.bool_]:
    """(n,) bool, true at these spheres."""
    mask = np.zeros(len(mat.radii), bool)
    mask[list(chosen)] = True
    return mask
