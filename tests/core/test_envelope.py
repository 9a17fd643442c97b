"""Envelope distances against a brute-force minimum in float64."""

import numpy as np
import pytest

from immat_core.envelope import cone_distance, medial_distance, slab_distance, sphere_distance
from immat_core.medial_mesh import MedialMesh

GOLDEN = (np.sqrt(5) - 1) / 2
STEPS = 48
ROUNDS = 6
TOLERANCE = 1e-9


def golden_minimum(function, shape):
    """The least value over 0..1 of a convex function of an array, elementwise."""
    low, high = np.zeros(shape), np.ones(shape)
    a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_a, at_b = function(a), function(b)
    best = np.minimum(np.minimum(at_a, at_b), np.minimum(function(low), function(high)))
    for _ in range(STEPS):
        left = at_a < at_b
        high, low = np.where(left, b, high), np.where(left, low, a)
        a, b = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        at_a, at_b = function(a), function(b)
        best = np.minimum(best, np.minimum(at_a, at_b))
    return best


def brute_cone(points, centers, radii):
    """(n, 3), (n, 2, 3), (n, 2) -> (n,)."""

    def at(t):
        center = centers[:, 0] + t[:, None] * (centers[:, 1] - centers[:, 0])
        radius = radii[:, 0] + t * (radii[:, 1] - radii[:, 0])
        return np.linalg.norm(points - center, axis=1) - radius

    return golden_minimum(at, len(points))


def brute_slab(points, centers, radii):
    """(n, 3), (n, 3, 3), (n, 3) -> (n,); the least over one weight is convex in the other."""

    def at(t):
        def at_both(share):
            weights = np.stack([1 - t - share * (1 - t), t, share * (1 - t)], 1)
            center = (weights[..., None] * centers).sum(1)
            return np.linalg.norm(points - center, axis=1) - (weights * radii).sum(1)

        return golden_minimum(at_both, len(points))

    return golden_minimum(at, len(points))


def random_case(rng):
    return rng.normal(size=(3, 3)), rng.uniform(0.05, 0.6, 3)


def nested(rng):
    c, r = random_case(rng)
    r[0] = r.max() + np.linalg.norm(c - c[0], axis=1).max() * rng.uniform(0.2, 1.5)
    return c, r


def one_nested_in_the_cone_of_the_others(rng):
    c, r = random_case(rng)
    c[2] = c[0] + rng.uniform(0.2, 0.8) * (c[1] - c[0]) + 0.01 * rng.normal(size=3)
    r[2] = 0.5 * min(r[0], r[1])
    return c, r


def collinear(rng):
    c, r = random_case(rng)
    c[2] = c[0] + rng.uniform(-1, 2) * (c[1] - c[0])
    return c, r


def nearly_collinear(rng):
    c, r = collinear(rng)
    c[2] += 10.0 ** -rng.integers(3, 14) * rng.normal(size=3)
    return c, r


def no_tangent_plane(rng):
    """Corner 2 close beside the side of the others, bigger by more than it stands off."""
    c = np.array([[0, 0, 0], [2, 0, 0], [rng.uniform(0.5, 1.5), rng.uniform(0.05, 0.2), 0]])
    return c, np.array([0.1, 0.15, 0.3 + rng.uniform(0.1, 0.5)])


def barely_a_tangent_plane(rng):
    height = rng.uniform(0.1, 1.0)
    c = np.array([[0, 0, 0], [2, 0, 0], [rng.uniform(0.5, 1.5), height, 0]])
    gap = 10.0 ** -rng.integers(2, 12)
    return c, np.array([0.1, 0.1, 0.1 + height * (1 - gap)])


def two_coincident(rng):
    c, r = random_case(rng)
    c[2] = c[1]
    return c, r


def the_same_sphere_twice(rng):
    c, r = random_case(rng)
    c[2], r[2] = c[0], r[0]
    return c, r


def all_coincident(rng):
    c, r = random_case(rng)
    return np.repeat(c[:1], 3, 0), r


def internally_tangent(rng):
    c, r = random_case(rng)
    r[1] = r[0] + np.linalg.norm(c[1] - c[0])
    return c, r


def equal_radii(rng):
    return rng.normal(size=(3, 3)), np.full(3, 0.3)


KINDS = [
    random_case,
    nested,
    one_nested_in_the_cone_of_the_others,
    collinear,
    nearly_collinear,
    no_tangent_plane,
    barely_a_tangent_plane,
    two_coincident,
    the_same_sphere_twice,
    all_coincident,
    internally_tangent,
    equal_radii,
]


def probes(rng, centers, radii):
    """Points all around, within the hull, on the centers and on the lines between them."""
    weights = rng.dirichlet([1, 1, 1], 12)
    inside = weights @ centers + 0.5 * radii.mean() * rng.normal(size=(12, 3))
    lines = centers[[0, 1, 2, 0, 0, 1]] + np.linspace(0, 1, 6)[:, None] * (
        centers[[0, 1, 2, 1, 2, 2]] - centers[[0, 1, 2, 0, 0, 1]]
    )
    return np.concatenate([1.5 * rng.normal(size=(12, 3)), inside, lines])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_slab_and_cones_are_the_brute_force_minimum(kind):
    rng = np.random.default_rng(len(kind.__name__))
    cases = [kind(rng) for _ in range(ROUNDS)]
    points = [probes(rng, c, r) for c, r in cases]
    flat = np.concatenate(points)
    centers = np.repeat([c for c, _ in cases], len(points[0]), axis=0)
    radii = np.repeat([r for _, r in cases], len(points[0]), axis=0)
    got = [slab_distance(p, c, r) for p, (c, r) in zip(points, cases, strict=True)]
    expected = brute_slab(flat, centers, radii)
    np.testing.assert_allclose(np.concatenate(got), expected, atol=TOLERANCE, rtol=0)
    for side in ([0, 1], [1, 2], [2, 0]):
        got = [cone_distance(p, c[side], r[side]) for p, (c, r) in zip(points, cases, strict=True)]
        expected = brute_cone(flat, centers[:, side], radii[:, side])
        np.testing.assert_allclose(np.concatenate(got), expected, atol=TOLERANCE, rtol=0)


def test_no_tangent_plane_case_has_none():
    """The degenerate kind above must not be an ordinary one."""
    from immat_core.envelope import flats

    rng = np.random.default_rng(0)
    for kind, has in ((no_tangent_plane, False), (barely_a_tangent_plane, True)):
        c, r = kind(rng)
        assert flats(c[None], r[None]).exists.tolist() == [has]


def test_sphere_distance():
    p = np.array([[0, 0, 0], [3, 0, 4], [1, 0, 0]])
    np.testing.assert_allclose(sphere_distance(p, [0, 0, 0], 1), [-1, 4, 0], atol=1e-15)


def test_order_of_the_spheres_does_not_matter():
    rng = np.random.default_rng(1)
    c, r = random_case(rng)
    p = probes(rng, c, r)
    for order in ([1, 2, 0], [2, 1, 0]):
        np.testing.assert_allclose(
            slab_distance(p, c[order], r[order]), slab_distance(p, c, r), atol=1e-13
        )


def test_medial_distance_is_the_least_over_all_listed_primitives():
    rng = np.random.default_rng(2)
    mat = MedialMesh(
        rng.normal(size=(9, 3)),
        rng.uniform(0.05, 0.4, 9),
        edges=[[0, 1], [2, 3], [6, 7]],
        faces=[[0, 1, 2], [3, 4, 5]],
    )
    p = rng.normal(size=(200, 3)) * 1.5
    c, r = mat.centers.astype(float), mat.radii.astype(float)
    every = [sphere_distance(p, c[i], r[i]) for i in range(9)]
    every += [cone_distance(p, c[e], r[e]) for e in mat.edges]
    every += [slab_distance(p, c[f], r[f]) for f in mat.faces]
    np.testing.assert_allclose(medial_distance(p, mat), np.min(every, 0), atol=1e-12)


def test_medial_distance_of_nothing_is_infinite():
    assert np.isposinf(medial_distance(np.zeros((2, 3)), MedialMesh(np.empty((0, 3)), []))).all()


def test_medial_distance_in_chunks_is_the_same(monkeypatch):
    rng = np.random.default_rng(3)
    mat = MedialMesh(rng.normal(size=(6, 3)), np.full(6, 0.2), faces=[[0, 1, 2], [2, 3, 4]])
    p = rng.normal(size=(50, 3))
    whole = medial_distance(p, mat)
    monkeypatch.setattr("immat_core.envelope.CHUNK", 30)
    np.testing.assert_array_equal(medial_distance(p, mat), whole)
