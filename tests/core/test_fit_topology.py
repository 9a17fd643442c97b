"""Homology, the topology filter, halving edges, and the compiled searches, against brute force."""

import itertools

import fit_shapes as shapes
import numpy as np
import pytest

from immat_core.envelope import medial_distance
from immat_core.fit.clusters import Assignment, solve_four
from immat_core.fit.complexes import Span, betti_numbers, boundaries, components, rank
from immat_core.fit.distance_band import BAND, distance_band
from immat_core.fit.flood import dilate, flood, label_regions
from immat_core.fit.medial_balls import Samples, shrinking_balls, surface
from immat_core.fit.nearest import nearest_points, point_tree
from immat_core.fit.settings import FitSettings
from immat_core.fit.shell import OFFSET, build_shell
from immat_core.fit.slabs import maximal_slabs, nearest_slabs
from immat_core.fit.triangle_distance import nearest_on_triangle
from immat_core.fit.triangles import clean_triangles
from immat_core.fit.variational import put_back
from immat_core.fit.winding import winding_numbers, winding_tree
from immat_core.medial_mesh import MedialMesh
from immat_core.subdivide import add_spheres
from immat_core.surface.checks import check_polygons

OCTAHEDRON = np.array([[a, b, c] for a in (0, 1) for b in (2, 3) for c in (4, 5)])


def closure(faces, extra=()):
    """All sides of faces, and extra edges."""
    sides = [pair for face in faces.tolist() for pair in itertools.combinations(sorted(face), 2)]
    return np.array(sorted({*sides, *map(tuple, extra)}), np.int64).reshape(-1, 2)


def dense_rank(matrix):
    """Rank over GF(2) by Gauss's elimination."""
    matrix, found = matrix.copy() % 2, 0
    for column in range(matrix.shape[1]):
        rows = np.flatnonzero(matrix[found:, column]) + found
        if len(rows):
            matrix[[found, rows[0]]] = matrix[[rows[0], found]]
            others = np.flatnonzero(matrix[:, column])
            matrix[others[others != found]] ^= matrix[found]
            found += 1
    return found


def brute_betti(count, edges, faces):
    one = np.zeros((count, len(edges)), np.int64)
    for column, edge in enumerate(edges):
        one[edge, column] = 1
    row = {tuple(edge): k for k, edge in enumerate(edges.tolist())}
    two = np.zeros((len(edges), len(faces)), np.int64)
    for column, face in enumerate(faces.tolist()):
        for pair in itertools.combinations(face, 2):
            two[row[pair], column] = 1
    r1, r2 = dense_rank(one), dense_rank(two)
    return count - r1, len(edges) - r1 - r2, len(faces) - r2


def random_complex(seed, count=12, faces=14, extra=5):
    rng = np.random.default_rng(seed)
    triples = np.unique(
        [np.sort(rng.choice(count, 3, replace=False)) for _ in range(faces)], axis=0
    )
    pairs = [tuple(np.sort(rng.choice(count, 2, replace=False)).tolist()) for _ in range(extra)]
    return count, closure(triples, pairs), triples


@pytest.mark.parametrize(
    ("count", "faces", "wanted"),
    [
        (6, OCTAHEDRON, (1, 0, 1)),
        (6, OCTAHEDRON[:-1], (1, 0, 0)),
        (7, OCTAHEDRON[2:], (2, 0, 0)),
        (4, np.array([[0, 1, 2]]), (2, 0, 0)),
    ],
)
def test_betti_numbers_of_known_complexes(count, faces, wanted):
    assert betti_numbers(count, closure(faces), faces) == wanted


@pytest.mark.parametrize("seed", range(20))
def test_betti_numbers_agree_with_elimination(seed):
    count, edges, faces = random_complex(seed)
    assert betti_numbers(count, edges, faces) == brute_betti(count, edges, faces)


@pytest.mark.parametrize("seed", range(10))
def test_independent_faces_leave_no_void_and_keep_the_loops(seed):
    count, edges, faces = random_complex(seed, 8, 30, 3)
    before = betti_numbers(count, edges, faces)
    span = Span()
    kept = faces[[span.add(chain) for chain in boundaries(edges, faces)]]
    assert betti_numbers(count, edges, kept) == (before[0], before[1], 0)
    assert rank(boundaries(edges, kept)) == len(kept)


def test_components_are_numbered_by_their_first():
    part, parts = components(6, np.array([[4, 1], [5, 3], [3, 1]]))
    assert part.tolist() == [0, 1, 2, 1, 1, 1]
    assert parts == 3


@pytest.mark.parametrize("seed", range(5))
def test_halving_edges_changes_neither_shape_nor_topology(seed):
    count, edges, faces = random_complex(seed)
    balls = np.random.default_rng(seed).uniform(0.1, 0.5, (count, 4))
    more, new_edges, new_faces = add_spheres(balls, edges, faces, count + 15)
    assert len(more) == count + 15
    np.testing.assert_array_equal(more[:count], balls)
    assert brute_betti(len(more), new_edges, new_faces) == brute_betti(count, edges, faces)
    points = np.random.default_rng(9).uniform(-0.5, 1, (200, 3))
    one = medial_distance(points, MedialMesh(balls[:, :3], balls[:, 3], edges, faces))
    two = medial_distance(points, MedialMesh(more[:, :3], more[:, 3], new_edges, new_faces))
    np.testing.assert_allclose(two, one, atol=1e-6)


def test_a_lone_sphere_gets_twins():
    balls, edges, _ = add_spheres(np.ones((1, 4)), np.empty((0, 2), int), np.empty((0, 3), int), 4)
    np.testing.assert_array_equal(balls, np.ones((4, 4)))
    assert components(4, edges)[1] == 1


def test_slabs_agree_with_the_exact_envelopes():
    rng = np.random.default_rng(4)
    count, edges, faces = random_complex(4)
    balls = np.column_stack([rng.normal(size=(count, 3)), rng.uniform(0.01, 0.6, count)])
    points = rng.normal(size=(500, 3)) * 1.5
    slabs = maximal_slabs(count, edges, faces)
    feet = nearest_slabs(points, balls, slabs)
    exact = medial_distance(points, MedialMesh(balls[:, :3], balls[:, 3], edges, faces))
    np.testing.assert_allclose(feet.distance, exact, atol=1e-6)
    np.testing.assert_allclose(feet.weights.sum(1), 1)
    assert (feet.weights >= -1e-12).all()
    foot = np.einsum("nkd,nk->nd", balls[slabs[feet.slab]], feet.weights)
    reached = np.linalg.norm(points - foot[:, :3], axis=1) - foot[:, 3]
    np.testing.assert_allclose(reached, feet.distance, atol=1e-6)


def test_nearest_points_are_the_nearest():
    rng = np.random.default_rng(0)
    points, queries = rng.normal(size=(777, 3)), rng.normal(size=(300, 3)) * 2
    distance, row = nearest_points(point_tree(points), queries)
    every = np.linalg.norm(queries[:, None] - points, axis=2)
    np.testing.assert_allclose(distance, every.min(1))
    np.testing.assert_array_equal(row, every.argmin(1))


def test_the_nearest_of_a_triangle_is_never_beaten():
    rng = np.random.default_rng(1)
    weights = rng.dirichlet([1, 1, 1], 20_000)
    for sliver in (1.0, 1e-3, 0.0):
        corners = rng.normal(size=(3, 3)) * [1, sliver, 1]
        corners[2] = corners[2] * sliver + corners[1] * (1 - sliver)
        for point in rng.normal(size=(10, 3)):
            foot = np.array(nearest_on_triangle(*point, corners))
            brute = np.linalg.norm(weights @ corners - point, axis=1).min()
            reached = np.linalg.norm(foot - point)
            assert reached <= brute + 1e-12
            assert reached >= brute - 0.1


def test_the_band_holds_exact_distances():
    vertices, faces = shapes.ball(0.5, 6, 12)
    corners = vertices[faces]
    band = distance_band(corners, 0.05)
    points = np.argwhere(band.distance < BAND)
    some = points[np.random.default_rng(0).integers(len(points), size=150)]
    for index in some:
        spot = band.origin + band.voxel * index
        exact = min(
            np.linalg.norm(spot - nearest_on_triangle(*spot, triangle)) for triangle in corners
        )
        assert band.distance[tuple(index)] * band.voxel == pytest.approx(exact)
    # Nothing near is left out: a neighbour of an inner point of the band is in the band too.
    assert (band.distance[dilate(band.distance < BAND - np.sqrt(3))] < BAND).all()


@pytest.mark.parametrize("far", [0.3, 1.0, 3.0])
def test_winding_numbers_are_one_inside_and_nothing_outside(far):
    vertices, faces = shapes.subdivide(shapes.box([0, 0, 0], 1.0), 3)
    tree = winding_tree(vertices[faces])
    direction = np.random.default_rng(0).normal(size=(50, 3))
    points = direction / np.abs(direction).max(1, keepdims=True) * far
    np.testing.assert_allclose(winding_numbers(tree, points), far < 0.5, atol=0.05)


def test_regions_hang_together_over_faces():
    marked = np.zeros((4, 4, 4), bool)
    marked[0, 0, 0] = marked[1, 1, 0] = marked[3, 3, 2:] = True
    labels, count = label_regions(marked)
    assert count == 3
    assert labels[3, 3, 2] == labels[3, 3, 3] != labels[1, 1, 0]
    assert flood(~marked | (np.indices((4, 4, 4)).sum(0) == 0)).sum() == 60 + 1


def test_four_equations_are_solved():
    root = np.random.default_rng(3).normal(size=(4, 4))
    matrix, right = root @ root.T + np.eye(4), np.arange(4.0)
    expected = np.linalg.solve(matrix, right)
    solve_four(matrix, right)
    np.testing.assert_allclose(right, expected)


@pytest.mark.parametrize(
    "mesh", [shapes.chair(), shapes.sheet(), shapes.torus()], ids=["chair", "sheet", "torus"]
)
def test_the_shell_is_a_closed_manifold_at_its_offset(mesh):
    triangles = clean_triangles(*mesh)
    shell = build_shell(triangles, 6_000)
    report = check_polygons(shell.vertices, shell.triangles)
    assert report.manifold
    assert report.components == shell.betti[0]
    assert report.genus == shell.betti[1]
    assert report.volume > 0
    away = np.linalg.norm(shell.vertices - shell.foot, axis=1)
    assert shell.offset == pytest.approx(OFFSET * shell.voxel)
    np.testing.assert_allclose(away, shell.offset, rtol=1e-6)
    np.testing.assert_allclose(shell.vertices, shell.foot + shell.offset * shell.normals, atol=1e-9)


def test_balls_touch_and_stay_inside():
    triangles = clean_triangles(*shapes.box([0, 0, 0], [1.0, 0.6, 0.3]))
    shell = build_shell(triangles, 6_000)
    where = surface(shell.vertices, shell.normals, shell.part)
    balls = shrinking_balls(where, shell.vertices, shell.normals)
    touched = np.linalg.norm(balls[:, :3] - shell.vertices, axis=1)
    np.testing.assert_allclose(touched, balls[:, 3])
    thickness = 0.15 / triangles.size + shell.offset
    assert balls[:, 3].max() == pytest.approx(thickness, rel=0.02)
    middle = (np.abs(shell.vertices[:, :2]) < [0.25 / triangles.size, 0.1 / triangles.size]).all(1)
    np.testing.assert_allclose(balls[middle, 3], thickness, rtol=0.02)
    distance, _ = nearest_points(where.tree, balls[:, :3])
    assert (distance > balls[:, 3] - 0.1 * shell.voxel).mean() > 0.9


@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_a_contact_is_no_noise_where_the_ball_is_outside(sign):
    """The other side of a thin sheet, which the ball has left; or bumps beside it, facing as it."""
    points = np.array([[0, 0, 0], [0.04, 0, -0.008], [0.02, 0, -0.003]])
    normals = np.array([[0, 0, 1.0], [0, 0, sign], [0, 0, sign]])
    where = surface(points, normals, np.zeros(3, np.int64))
    radius = [
        shrinking_balls(where, points[:1], normals[:1], 0.31, careful)[0, 3]
        for careful in (False, True)
    ]
    far, near = ((point**2).sum() / (-2 * point[2]) for point in points[1:])
    np.testing.assert_allclose(radius, [far, near if sign < 0 else far])


def test_spheres_that_went_to_another_part_come_back():
    """Two plates; the fitted sphere of one has its centre beside the other."""
    points = np.array([[0.0, 0, 0], [0.1, 0, 0], [0, 0, 1], [0.1, 0, 1]])
    part = np.array([0, 0, 1, 1])
    up = np.tile([0.0, 0, 1], (4, 1))
    samples = Samples(points, up, part, np.column_stack([points, [1.0, 2, 3, 4]]), careful=True)
    found = Assignment(part, np.array([0.2, 0.1, 0.3, 0.4]), np.ones(4))
    balls = np.array([[0, 0, 0.9, 0.9], [0, 0, 0.95, 0.05]])
    put_back(samples, surface(points, up, part), found, np.array([0, 1]), balls)
    np.testing.assert_array_equal(balls, [[0.1, 0, 0, 2], [0, 0, 0.95, 0.05]])


def test_flipped_patches_are_turned_outwards():
    parts = [shapes.box([k, 0, 0], 0.5) for k in range(3)]
    for part in parts[1:]:
        part[1][::2] = part[1][::2, ::-1]
    triangles = clean_triangles(*shapes.join(*parts))
    assert triangles.closed
    volume = np.linalg.det(triangles.corners).sum() / 6 * triangles.size**3
    assert volume == pytest.approx(3 * 0.125)


def test_settings_are_frozen():
    with pytest.raises(AttributeError):
        FitSettings().samples = 1
