"""Ten kinds of degenerate medial meshes, made at random: what users and networks come up with."""

import numpy as np

from immat_core.medial_mesh import MedialMesh

SPHERES = 12


def unit(rng):
    """A random direction."""
    direction = rng.normal(size=3)
    return direction / np.linalg.norm(direction)


def collinear(rng, c, r, a, b, d):
    c[d] = c[a] + rng.uniform(-0.3, 1.3) * (c[b] - c[a])


def nearly_collinear(rng, c, r, a, b, d):
    c[d] = c[a] + rng.uniform() * (c[b] - c[a]) + rng.normal(size=3) * 10 ** rng.uniform(-9, -3)


def contained(rng, c, r, a, b, d):
    c[d] = c[a] + rng.normal(size=3) * 0.01
    r[a], r[d] = 0.1, 0.03


def internally_tangent(rng, c, r, a, b, d):
    r[a], r[d] = 0.1, 0.05
    c[d] = c[a] + unit(rng) * 0.05 * (1 + rng.choice([0, 1e-9, -1e-9, 1e-5, -1e-5]))


def coincident(rng, c, r, a, b, d):
    c[d] = c[a]
    r[d] = rng.choice([r[a], r[d]])


def without_tangent_plane(rng, c, r, a, b, d):
    c[d] = (c[a] + c[b]) / 2 + rng.normal(size=3) * 0.01
    r[a] = r[b] = 0.03
    r[d] = 0.1


def nearly_without_tangent_plane(rng, c, r, a, b, d):
    across = np.cross(c[b] - c[a], rng.normal(size=3))
    across /= np.linalg.norm(across)
    r[a] = r[b] = 0.03
    r[d] = 0.09
    c[d] = (c[a] + c[b]) / 2 + across * 0.06 * (1 + 10 ** rng.uniform(-7, -1))


def thin(rng, c, r, a, b, d):
    r[[a, b, d]] = rng.uniform(0.002, 0.01, 3)


def anything(rng, c, r, a, b, d):
    pass


def aligned(rng, c, r, a, b, d):
    """Centres and sides on lattice points for many voxels: samples that are exactly 0."""
    c[[a, b, d]] = np.round(c[[a, b, d]] * 16) / 16
    r[[a, b, d]] = np.round(r[[a, b, d]] * 32 + 1) / 32


KINDS = {
    kind.__name__: kind
    for kind in (
        anything,
        collinear,
        nearly_collinear,
        contained,
        internally_tangent,
        coincident,
        without_tangent_plane,
        nearly_without_tangent_plane,
        thin,
        aligned,
    )
}


def make(kind, seed):
    """(medial mesh, voxel) of a kind."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind)])
    c = rng.uniform(-0.3, 0.3, (SPHERES, 3))
    r = rng.uniform(0.03, 0.1, SPHERES)
    faces = np.array([rng.choice(SPHERES, 3, replace=False) for _ in range(8)])
    edges = np.array([rng.choice(SPHERES, 2, replace=False) for _ in range(6)])
    for a, b, d in faces:
        KINDS[kind](rng, c, r, a, b, d)
    return MedialMesh(c, r, edges, faces), 1 / rng.choice([16, 24, 32, 40])
