"""Small medial meshes that several tests share."""

import itertools

import numpy as np

from immat_core.medial_mesh import MedialMesh


def ring(spheres=12, radius=0.12, turn=0.4):
    """A closed curve of radius 0.4: genus 1."""
    angle = 2 * np.pi * np.arange(spheres) / spheres + turn
    centers = 0.4 * np.stack([np.cos(angle), np.sin(angle), 0 * angle], 1)
    edges = np.stack([np.arange(spheres), np.roll(np.arange(spheres), -1)], 1)
    return MedialMesh(centers, np.full(spheres, radius), edges)


def square(radius=0.08, side=0.7):
    """A sheet of two faces."""
    corners = side * (np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]) - [0.5, 0.5, 0])
    return MedialMesh(corners, np.full(4, radius), faces=[[0, 1, 2], [0, 2, 3]])


def stool():
    """A sheet of 5 x 5 spheres on four legs that a ring joins: 49 spheres, genus 4."""
    grid = np.stack(np.meshgrid(np.linspace(-0.3, 0.3, 5), np.linspace(-0.3, 0.3, 5)), -1)
    seat = np.concatenate([grid.reshape(-1, 2), np.full((25, 1), 0.2)], 1)
    index = np.arange(25).reshape(5, 5)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    centers, radii, edges = [seat], [np.full(25, 0.035)], []
    rungs = []
    for corner in (0, 4, 24, 20):
        first = 25 + 6 * len(rungs)
        depth = np.linspace(0, 1, 7)[1:, None]
        centers.append(seat[corner] + depth * [0, 0, -0.55])
        radii.append(np.linspace(0.035, 0.025, 6))
        chain = [corner, *range(first, first + 6)]
        edges += itertools.pairwise(chain)
        rungs.append(first + 3)
    edges += zip(rungs, [*rungs[1:], rungs[0]], strict=True)
    return MedialMesh(np.concatenate(centers), np.concatenate(radii), edges, faces)


def random_mat(seed, spheres=14):
    """Spheres, edges and faces at random: many overlaps, all kinds of primitives."""
    rng = np.random.default_rng(seed)
    centers = rng.uniform(-0.4, 0.4, (spheres, 3))
    edges = [rng.choice(spheres, 2, replace=False) for _ in range(6)]
    faces = [rng.choice(spheres, 3, replace=False) for _ in range(6)]
    return MedialMesh(centers, rng.uniform(0.03, 0.15, spheres), edges, faces)


def degenerate_mat(seed):
    """Nested, coincident, tangent and collinear spheres, slivers, faces with no tangent plane."""
    rng = np.random.default_rng(seed)
    c = rng.uniform(-0.3, 0.3, (15, 3))
    r = rng.uniform(0.05, 0.1, 15)
    c[1], r[1] = c[0] + 0.02, 0.2
    c[4] = c[3]
    c[5], r[5] = c[3], r[3]
    c[8] = (c[6] + c[7]) / 2
    r[8] = rng.choice([0.04, 0.12])
    c[11] = (c[9] + c[10]) / 2 + 1e-5 * rng.normal(size=3)
    r[13] = r[12] + np.linalg.norm(c[13] - c[12])
    faces = [[0, 1, 2], [3, 4, 5], [3, 4, 6], [6, 7, 8], [9, 10, 11], [12, 13, 14], [0, 3, 6]]
    return MedialMesh(c, r, [[0, 1], [3, 4], [12, 13], [13, 14]], faces)
