"""Thickness against closed forms, against an independent ray caster, and made at least so much."""

from __future__ import annotations

import numpy as np
import pytest
import shapes
import trimesh
from numpy.testing import assert_allclose
from scipy.spatial import cKDTree

from immat_core.medial_mesh import MedialMesh
from immat_core.rays import RayCaster
from immat_core.surface import build_surface
from immat_core.thickness import (
    WALL,
    RaySettings,
    face_thickness,
    medial_thickness,
    point_thickness,
    vertex_thickness,
    with_minimum_thickness,
)

RADIUS, HALF = 0.15, 0.1


def sphere():
    return trimesh.creation.icosphere(subdivisions=6, radius=RADIUS)


def tube():
    """A long tube, looked at in its middle."""
    return trimesh.creation.cylinder(RADIUS, height=6.0, sections=512)


def slab():
    return trimesh.creation.box((6.0, 6.0, 2 * HALF))


def robust_mean(lengths):
    """The definition in plain NumPy: weights 1/angle, one standard deviation about the median."""
    weights = RaySettings().directions()[1]
    keep = np.abs(lengths - np.median(lengths)) <= np.std(lengths) * (1 + 1e-9)
    return (weights * lengths)[keep].sum() / weights[keep].sum()


def closed_form(kind, turn=0.0):
    """The shape diameter, from lengths of rays whose bundle is turned about the normal."""
    directions = RaySettings().directions()[0]
    x, z = directions[:, 0] * np.cos(turn) - directions[:, 1] * np.sin(turn), directions[:, 2]
    if kind == "sphere":
        return robust_mean(2 * RADIUS * z)
    if kind == "slab":
        return robust_mean(2 * HALF / z)
    return robust_mean(2 * RADIUS * z / (1 - x**2))  # a tube along X


@pytest.mark.parametrize("kind", ["sphere", "slab", "tube"])
def test_the_shape_diameter_is_its_closed_form(kind):
    """A bundle that is turned about the normal measures a tube a little otherwise."""
    mesh = {"sphere": sphere, "slab": slab, "tube": tube}[kind]()
    points, own = middle_points(mesh)

    measured = point_thickness(RayCaster(mesh.vertices, mesh.faces), points, own)

    expected = [closed_form(kind, turn) for turn in np.linspace(0, np.pi, 60)]
    assert_allclose(np.median(measured), np.mean(expected), rtol=0.02)
    # A ray at one standard deviation is in or out by the mesh's own roundness.
    assert measured.min() > 0.97 * min(expected)
    assert measured.max() < 1.03 * max(expected)


def middle_points(mesh, count=400):
    """Points on the sides, far from the ends, and their triangles."""
    points, own = trimesh.sample.sample_surface(mesh, 20 * count, seed=1)
    inner = (np.abs(points) < 0.6).all(1)
    return points[inner][:count], own[inner][:count]


@pytest.mark.parametrize(
    ("make", "thickness"), [(sphere, 2 * RADIUS), (tube, 2 * RADIUS), (slab, 2 * HALF)]
)
def test_the_wall_is_as_thick_as_it_is(make, thickness):
    mesh = make()
    points, own = middle_points(mesh)

    measured = point_thickness(RayCaster(mesh.vertices, mesh.faces), points, own, WALL)

    assert_allclose(measured, thickness, rtol=0.02)


@pytest.mark.parametrize(
    ("mat", "thickness"),
    [
        (MedialMesh([[0, 0, 0]], [RADIUS]), 2 * RADIUS),
        (MedialMesh([[-1, 0, 0], [1, 0, 0]], [RADIUS, RADIUS], [[0, 1]]), 2 * RADIUS),
        (shapes.square(HALF, 1.5), 2 * HALF),
    ],
    ids=["sphere", "tube", "slab"],
)
def test_the_medial_thickness_is_as_thick_as_it_is(mat, thickness):
    surface = build_surface(mat, 1 / 48)

    assert_allclose(medial_thickness(surface.vertices, mat), thickness, rtol=1e-6)
    wall = vertex_thickness(surface.vertices, surface.triangles, WALL)
    assert_allclose(np.median(wall), thickness, rtol=0.02)
    assert wall.min() > 0.98 * thickness


def test_the_medial_thickness_of_a_cone_is_that_of_its_foot():
    mat = MedialMesh([[0, 0, 0], [2, 0, 0]], [0.1, 0.3], [[0, 1]])
    lean = np.arcsin(0.1)
    foot = np.array([1.0, 0, 0])
    point = foot + 0.2 * np.array([-np.sin(lean), 0, np.cos(lean)])

    assert_allclose(medial_thickness([point], mat), 0.4, rtol=1e-6)


MESHES = {
    "stool": build_surface(shapes.stool(), 1 / 64),
    "ring": build_surface(shapes.ring(), 1 / 64),
    **{f"random {k}": build_surface(shapes.random_mat(k), 1 / 40) for k in range(8)},
}


@pytest.mark.parametrize("surface", MESHES.values(), ids=MESHES)
def test_rays_are_those_of_an_independent_caster(surface):
    """trimesh's own caster, which tests every triangle that a grid of it suggests."""
    mesh = trimesh.Trimesh(surface.vertices, surface.triangles, process=False)
    caster = RayCaster(mesh.vertices, mesh.faces)
    chosen = np.random.default_rng(0).choice(len(mesh.faces), 12, replace=False)
    cone = RaySettings().directions()[0]
    points = mesh.triangles_center[chosen]
    inwards = -caster.normals[chosen]
    directions = np.concatenate([cone @ frame_around(inward) for inward in inwards])
    starts = np.repeat(points + 1e-6 * inwards, len(cone), axis=0)

    theirs, rays, _ = trimesh.ray.ray_triangle.RayMeshIntersector(mesh).intersects_location(
        starts, directions, multiple_hits=False
    )
    lengths = np.full(len(starts), np.inf)
    lengths[rays] = np.linalg.norm(theirs - starts[rays], axis=1)

    ours, _ = caster.first_hits(starts, directions, np.repeat(chosen, len(cone)))
    assert_allclose(ours, lengths, rtol=1e-5, atol=1e-5)
    expected = [robust_mean(row) for row in lengths.reshape(-1, len(cone))]
    measured = point_thickness(caster, points, chosen)
    # A ray that lies at one standard deviation to the last digit may fall either way.
    assert (np.abs(measured / expected - 1) > 0.01).sum() <= 1
    assert_allclose(measured.mean(), np.mean(expected), rtol=0.05)


def frame_around(z):
    """(3, 3) rows: the frame of Duff et al. (2017) that the compiled code uses."""
    sign = 1.0 if z[2] >= 0 else -1.0
    a = -1 / (sign + z[2])
    b = z[0] * z[1] * a
    x = [1 + sign * z[0] ** 2 * a, sign * b, -sign * z[0]]
    return np.array([x, [b, sign + z[1] ** 2 * a, -z[1]], z])


@pytest.mark.parametrize("away", [1, 300])
def test_every_ray_meets_what_all_triangles_would(away):
    """The tree leaves nothing out, from afar neither: against a test of every triangle."""
    rng = np.random.default_rng(2)
    corners = rng.uniform(-1, 1, (60, 1, 3)) + 0.3 * rng.normal(size=(60, 3, 3))
    caster = RayCaster(corners.reshape(-1, 3), np.arange(180).reshape(-1, 3))
    origins, directions = rng.uniform(-1, 1, (500, 3)), rng.normal(size=(500, 3))
    directions[:20, 0] = 0.0
    directions[10:20, 1] = 0.0
    # Less than what one is divided by: neither sign may be lost.
    directions[20:30, 2], directions[30:40, 0] = -1e-31, 1e-31
    if away > 1:
        origins, directions = away * origins, rng.uniform(-1, 1, (500, 3)) - away * origins

    lengths, met = caster.first_hits(origins, directions)

    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(directions[:, None], two)
    determinant = (one * across).sum(2)
    offset = origins[:, None] - corners[:, 0]
    turned = np.cross(offset, one)
    u, v = (offset * across).sum(2) / determinant, (directions[:, None] * turned).sum(2)
    v, at = v / determinant, (two * turned).sum(2) / determinant
    at[~((u >= 0) & (v >= 0) & (u + v <= 1) & (at > 1e-5))] = np.inf
    assert_allclose(lengths, at.min(1), rtol=1e-9)
    hit = np.isfinite(lengths)
    assert hit.sum() > 150
    np.testing.assert_array_equal(met, np.where(hit, at.argmin(1), -1))


def test_an_open_sheet_has_no_thickness():
    flat = face_thickness([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.array([[0, 1, 2]]))
    assert np.isinf(flat).all()
    assert len(face_thickness(np.empty((0, 3)), np.empty((0, 3), np.int64))) == 0


def test_what_is_too_thin_is_made_as_thick_as_asked():
    """No wall of the rebuilt surface is thinner, less a voxel; what was thick does not move."""
    mat, limit, voxel = shapes.stool(), 0.064, 1 / 96
    before = build_surface(mat, voxel)

    made = with_minimum_thickness(mat, limit)

    assert made.raised.any()
    assert not made.raised.all()
    assert made.thinnest == pytest.approx(0.05)
    assert made.most == pytest.approx(limit - 0.05)
    assert (2 * made.mat.radii.astype(np.float64) >= limit).all()
    np.testing.assert_array_equal(made.mat.radii[~made.raised], mat.radii[~made.raised])
    after = build_surface(made.mat, voxel)
    assert (medial_thickness(after.vertices, made.mat) >= limit * (1 - 1e-6)).all()
    assert vertex_thickness(after.vertices, after.triangles, WALL).min() >= limit - voxel
    seat = after.vertices[after.vertices[:, 2] > 0.1]
    assert cKDTree(before.vertices).query(seat)[0].max() < 0.1 * voxel


def test_a_shape_that_is_thick_enough_stays_as_it_is():
    mat = shapes.stool()
    made = with_minimum_thickness(mat, 0.04)
    assert not made.raised.any()
    assert made.most == 0
    np.testing.assert_array_equal(made.mat.radii, mat.radii)
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="not above 0"):
            with_minimum_thickness(mat, wrong)


def test_blenders_mean_is_that_of_the_compiled_rays():
    """The mean in NumPy, which Blender's own rays take, on bundles with misses and outliers."""
    from immat_core.rays import kernels
    from immat_core.thickness import robust_mean as shared

    rng = np.random.default_rng(5)
    lengths = rng.lognormal(size=(200, 25))
    lengths[rng.random((200, 25)) < 0.2] = np.inf
    lengths[:3] = np.inf
    weights = RaySettings().directions()[1]

    compiled = [kernels._robust_mean(row, weights, row[np.isfinite(row)].copy()) for row in lengths]

    assert_allclose(shared(lengths, weights), compiled, rtol=1e-12)
