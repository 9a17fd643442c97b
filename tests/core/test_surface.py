"""The surface: closed, manifold, where it should be, of the right volume and genus."""

import sys

import numpy as np
import pytest
from shapes import degenerate_mat, random_mat, ring, square, stool

from immat_core.envelope import medial_distance
from immat_core.errors import Cancelled, UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import band, build_grid, build_surface, culling, thin_limit, vdb
from immat_core.surface.checks import check_polygons, check_surface
from immat_core.surface.primitives import primitives
from immat_core.surface.watch import NOBODY

BALL = MedialMesh([[0.01, 0.02, 0.03]], [0.4])
CONE = MedialMesh([[-0.3, 0.02, 0.01], [0.3, -0.1, 0.2]], [0.2, 0.1], [[0, 1]])
SLAB = MedialMesh(
    [[-0.3, -0.2, 0], [0.35, -0.1, 0.1], [0, 0.3, 0]], [0.1, 0.07, 0.05], [], [[0, 1, 2]]
)
NESTED = MedialMesh([[0, 0, 0], [0.05, 0, 0]], [0.3, 0.1], [[0, 1]])
APART = MedialMesh([[-0.3, 0, 0], [0.3, 0, 0], [0, 0.3, 0]], [0.1, 0.12, 0.14])
SHAPES = {
    "ball": (BALL, 1, 0),
    "cone": (CONE, 1, 0),
    "slab": (SLAB, 1, 0),
    "nested": (NESTED, 1, 0),
    "three balls": (APART, 3, 0),
    "square": (square(), 1, 0),
    "ring": (ring(), 1, 1),
    "stool": (stool(), 1, 4),
}


def moved(mat, offset):
    return MedialMesh(mat.centers + np.float32(offset), mat.radii, mat.edges, mat.faces)


@pytest.mark.parametrize("voxel", [1 / 40, 1 / 64])
@pytest.mark.parametrize("name", SHAPES)
def test_closed_manifold_of_the_right_pieces_and_genus_wound_outwards(name, voxel):
    mat, components, genus = SHAPES[name]
    report = check_surface(build_surface(mat, voxel))
    assert (report.closed, report.manifold) == (True, True)
    assert (report.components, report.genus) == (components, genus)
    assert report.volume > 0


@pytest.mark.parametrize("make", [random_mat, degenerate_mat])
@pytest.mark.parametrize("seed", range(8))
def test_any_medial_mesh_gives_a_closed_manifold_at_the_envelope(make, seed):
    mat = make(seed)
    voxel = 1 / 48
    mesh = build_surface(mat, voxel)
    report = check_surface(mesh)
    assert (report.closed, report.manifold) == (True, True)
    assert report.volume > 0
    off = np.abs(medial_distance(mesh.vertices, mat)) / voxel
    # Vertices keep away from creases, of which such shapes have many.
    assert off.mean() < 0.1
    assert off.max() < 1


@pytest.mark.parametrize("name", SHAPES)
def test_vertices_lie_on_the_exact_surface(name):
    mat = SHAPES[name][0]
    voxel = 1 / 96
    off = np.abs(medial_distance(build_surface(mat, voxel).vertices, mat)) / voxel
    assert off.mean() < 0.1
    assert off.max() < 1


@pytest.mark.parametrize("width", [1.75, 3.0])
@pytest.mark.parametrize(
    "mat", [stool(), *map(random_mat, range(3)), *map(degenerate_mat, range(4))]
)
def test_band_is_the_exact_distance_and_misses_nothing(mat, width):
    voxel = 1 / 36
    got = band.narrow_band(mat, voxel, width)
    index = 8 * got.leaves[:, None] + np.indices((8, 8, 8)).reshape(3, -1).T
    exact = np.clip(medial_distance(index.reshape(-1, 3) * voxel, mat) / voxel, -width, width)
    assert np.abs(got.values.ravel() - exact).max() < 3e-3
    leaves = {tuple(leaf) for leaf in got.leaves.tolist()}
    assert len(leaves) == len(got.leaves)
    low, high = np.floor(mat.bounds / voxel / 8).astype(int) + np.array([[-1], [1]])
    everywhere = np.stack(np.meshgrid(*map(np.arange, low, high + 1), indexing="ij"), -1)
    others = np.array(
        [leaf for leaf in everywhere.reshape(-1, 3).tolist() if tuple(leaf) not in leaves]
    )
    corners = (8 * others[:, None] + np.indices((8, 8, 8)).reshape(3, -1).T).reshape(-1, 3)
    assert np.abs(medial_distance(corners * voxel, mat)).min() >= (width - 1e-5) * voxel


def cone_volume(length, r0, r1):
    """Hull of two spheres: a frustum between the tangent circles and two caps."""
    sine = (r0 - r1) / length
    cosine = np.sqrt(1 - sine**2)
    a, b = r0 * cosine, r1 * cosine
    height = length - r0 * sine + r1 * sine
    frustum = np.pi * height * (a * a + a * b + b * b) / 3

    def cap(r, h):
        return np.pi * h * h * (3 * r - h) / 3

    return frustum + cap(r0, r0 * (1 + sine)) + cap(r1, r1 * (1 - sine))


def test_volume_is_the_analytic_one():
    voxel = 1 / 96
    ball = check_surface(build_surface(BALL, voxel)).volume
    assert ball == pytest.approx(4 / 3 * np.pi * 0.4**3, rel=2e-3)
    length = float(np.linalg.norm(CONE.centers[1] - CONE.centers[0]))
    cone = check_surface(build_surface(CONE, voxel)).volume
    assert cone == pytest.approx(cone_volume(length, 0.2, 0.1), rel=5e-3)
    nested = check_surface(build_surface(NESTED, voxel)).volume
    assert nested == pytest.approx(4 / 3 * np.pi * 0.3**3, rel=5e-3)


def test_volume_of_a_flat_slab_is_that_of_the_thick_triangle():
    mat = MedialMesh([[0, 0, 0], [0.6, 0, 0], [0, 0.4, 0]], [0.06] * 3, faces=[[0, 1, 2]])
    sides = 0.6 + 0.4 + np.hypot(0.6, 0.4)
    exact = 0.12 * 0.12 + sides * np.pi * 0.06**2 / 2 + 4 / 3 * np.pi * 0.06**3
    volume = check_surface(build_surface(mat, 1 / 128)).volume
    assert volume == pytest.approx(exact, rel=1e-2)


def test_a_shape_moved_by_whole_voxels_keeps_its_mesh():
    voxel = 1 / 64
    mesh = build_surface(stool(), voxel)
    there = build_surface(moved(stool(), [3.0, -16.0, 1 + voxel]), voxel)
    np.testing.assert_array_equal(there.faces.shape, mesh.faces.shape)
    back = there.vertices.astype(np.float64) - [3.0, -16.0, 1 + voxel]
    near = np.sort(mesh.vertices.sum(1)), np.sort(back.sum(1))
    np.testing.assert_allclose(*near, atol=2e-5)


def test_a_shape_far_from_the_origin_stays_exact():
    """Relative to the lattice point of its own, so only the float32 vertices lose anything."""
    mat, voxel = stool(), 1 / 64
    near = band.narrow_band(mat, voxel, 1.75)
    far = band.narrow_band(moved(mat, [512, 512, 512]), voxel, 1.75)
    assert len(far.leaves) == len(near.leaves)
    np.testing.assert_allclose(far.values, near.values, atol=3e-3)


def test_a_shape_of_any_size_keeps_its_mesh():
    """OpenVDB has no lattice for the smallest: powers of two scale every number exactly."""
    mat, voxel = stool(), 1 / 32
    mesh = build_surface(mat, voxel)
    for scale in (2.0**-14, 2.0**14):
        scaled = MedialMesh(mat.centers * scale, mat.radii * scale, mat.edges, mat.faces)
        found = build_surface(scaled, voxel * scale)
        np.testing.assert_array_equal(found.vertices, mesh.vertices * np.float32(scale))
        np.testing.assert_array_equal(found.faces, mesh.faces)
    with pytest.raises(UserError, match="no grid as fine"):
        build_grid(scaled, 1e-5)


def test_lattice_points_on_the_surface_are_inside_wherever_it_is_moved():
    """Flat sides in lattice planes: hundreds of samples are 0 but for rounding."""
    counts = set()
    for step in range(6):
        offset = 0.01 * step * np.array([3, -7, 1])
        corners = np.array([[0, 0, 0], [0.5, 0, 0], [0, 0.5, 0]]) + offset
        mesh = build_surface(MedialMesh(corners, [0.12] * 3, faces=[[0, 1, 2]]), 0.01)
        counts.add((len(mesh.vertices), len(mesh.faces)))
        assert check_surface(mesh).manifold
        sides = mesh.vertices[mesh.triangles].astype(np.float64)
        area = np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0])
        assert np.linalg.norm(area, axis=1).min() > 0
    assert len(counts) == 1


def test_types_and_triangles():
    mesh = build_surface(BALL, 1 / 20)
    assert (mesh.vertices.dtype, mesh.faces.dtype) == (np.float32, np.int32)
    assert mesh.vertices.flags.c_contiguous
    assert mesh.faces.flags.c_contiguous
    quads, triangles = (check_polygons(mesh.vertices, f) for f in (mesh.faces, mesh.triangles))
    assert len(mesh.triangles) == 2 * len(mesh.faces)
    assert triangles.manifold
    assert triangles.volume == pytest.approx(quads.volume, rel=1e-6)


def test_grid_is_a_level_set_in_world_units():
    grid = build_grid(BALL, 1 / 32)
    assert str(grid.gridClass) == "level set"
    assert grid.background == pytest.approx(3 / 32)
    outside, inside = grid.getConstAccessor(), grid.getConstAccessor()
    assert outside.getValue((200, 0, 0)) == pytest.approx(3 / 32)
    assert inside.getValue((0, 0, 0)) == pytest.approx(-3 / 32)
    at = (13, 1, 1)
    exact = medial_distance(np.array([at]) / 32, BALL)[0]
    assert grid.getConstAccessor().getValue(at) == pytest.approx(exact, abs=1e-4)


def test_culling_starts_coarse_for_fine_voxels():
    """The count of pairs, not the voxels of a box, bounds the work on a long thin diagonal."""
    mat = MedialMesh([[-0.5, -0.5, -0.5], [0.5, 0.5, 0.5]], [0.002, 0.002], [[0, 1]])
    report = check_surface(build_surface(mat, 1 / 512))
    assert (report.manifold, report.components, report.genus) == (True, 1, 0)


def test_work_is_bounded_by_the_surface():
    """Blocks and pairs of a stool: a change that culls less shows here, not in seconds."""
    parts = primitives(stool(), 1 / 128).relative_to(np.zeros(3, np.int64))
    leaves = culling.cull_leaves(parts, 1.75, NOBODY)
    cells, _, _ = culling.cull(parts, leaves.children(), 1.75)
    pairs = len(cells.cones.item) + len(cells.flats.item)
    assert len(leaves.index) < 640
    assert pairs / len(cells.index) < 2.9


def test_thin_limit_holds_every_part():
    mat = MedialMesh([[-0.4, 0.003, 0.002], [0.4, 0.21, 0.15]], [0.01, 0.01], [[0, 1]])
    assert thin_limit(mat) == pytest.approx(0.01 / 0.9)
    report = check_surface(build_surface(mat, thin_limit(mat)))
    assert (report.components, report.genus) == (1, 0)


def test_errors_say_what_to_do():
    dot = MedialMesh([[0.004, 0.004, 0.004]], [0.001])
    with pytest.raises(UserError, match=r"thinner than the voxel 0\.01.*at most 0\.0011"):
        build_surface(dot, 0.01)
    build_surface(dot, 0.0011)
    with pytest.raises(UserError, match="no sphere"):
        build_surface(MedialMesh(np.empty((0, 3)), []))
    for voxel in (0, -1, float("nan"), float("inf")):
        with pytest.raises(UserError, match="voxel is"):
            build_surface(BALL, voxel)
    with pytest.raises(UserError, match="400 million"):
        build_surface(BALL, 1 / 8000)
    with pytest.raises(UserError, match="too fine"):
        build_surface(BALL, 1e-9)


def test_cancel_stops_at_every_poll():
    asked = []

    def count():
        asked.append(True)
        return False

    build_surface(stool(), 1 / 64, should_cancel=count)
    assert len(asked) >= 5
    for stop in range(1, len(asked) + 1):
        polls = iter(range(1, stop + 1))
        with pytest.raises(Cancelled):
            build_surface(stool(), 1 / 64, should_cancel=lambda p=polls, s=stop: next(p) == s)


def test_openvdb_that_is_missing_is_a_user_error(monkeypatch):
    monkeypatch.setattr(vdb.importlib.util, "find_spec", lambda name: None)
    vdb.load_openvdb.cache_clear()
    with pytest.raises(UserError, match="OpenVDB"):
        vdb.load_openvdb()
    vdb.load_openvdb.cache_clear()


def test_openvdb_is_found_without_importing_blender():
    vdb.load_openvdb()
    assert "bpy" not in sys.modules


CUBE = np.array(
    [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
)
CORNERS = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], float
)


def test_checks_of_a_cube():
    report = check_polygons(CORNERS, CUBE)
    assert (report.closed, report.manifold, report.components, report.genus) == (True, True, 1, 0)
    assert report.volume == pytest.approx(1)
    assert check_polygons(CORNERS, CUBE[:, ::-1]).volume == pytest.approx(-1)


def test_checks_see_a_hole_and_a_flipped_face():
    assert not check_polygons(CORNERS, CUBE[1:]).closed
    flipped = CUBE.copy()
    flipped[0] = flipped[0, ::-1]
    report = check_polygons(CORNERS, flipped)
    assert (report.closed, report.manifold, report.genus) == (False, False, None)


def test_checks_see_two_cubes_that_share_a_vertex_or_an_edge():
    two = np.concatenate([CORNERS, CORNERS + 1])
    apart = np.concatenate([CUBE, CUBE + 8])
    report = check_polygons(two, apart)
    assert (report.manifold, report.components, report.genus) == (True, 2, 0)
    assert report.volume == pytest.approx(2)
    at_vertex = np.where(apart == 8, 6, apart)
    report = check_polygons(two, at_vertex)
    assert (report.closed, report.manifold, report.components) == (True, False, 1)
    other = np.concatenate([CORNERS, CORNERS + np.array([1, 1, 0])])
    at_edge = np.where(apart == 8, 2, np.where(apart == 12, 6, apart))
    report = check_polygons(other, at_edge)
    assert (report.closed, report.manifold, report.components) == (True, False, 1)


def test_checks_of_nothing():
    report = check_polygons(np.empty((0, 3)), np.empty((0, 4), int))
    assert (report.vertices, report.faces, report.components, report.volume) == (0, 0, 0, 0)
