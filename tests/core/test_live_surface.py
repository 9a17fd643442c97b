"""The fast route: exact, closed and manifold whatever comes, and live as if rebuilt."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("numba")

from degenerate import KINDS, make
from shapes import random_mat, ring, square, stool

from immat_core import kernels
from immat_core.envelope import medial_distance
from immat_core.errors import Cancelled, UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import build_surface, thin_limit
from immat_core.surface.checks import check_surface, self_intersections

kernels.load()
from immat_core.surface.band import narrow_band  # noqa: E402
from immat_core.surface.binning import bin_leaves  # noqa: E402
from immat_core.surface.block_table import block_keys  # noqa: E402
from immat_core.surface.limits import MESH_WIDTH  # noqa: E402
from immat_core.surface.live import LiveSurface  # noqa: E402
from immat_core.surface.marching import extract, sign_bits  # noqa: E402
from immat_core.surface.primitives import Topology, primitives  # noqa: E402
from immat_core.surface.rows import Rows  # noqa: E402

VOXEL = 1 / 48


def assert_same(one, other):
    """Vertex for vertex and triangle for triangle, to the last bit."""
    np.testing.assert_array_equal(one.vertices, other.vertices)
    np.testing.assert_array_equal(one.faces, other.faces)


def samples(surface):
    """(n, 3) lattice points and (n,) distances in voxels of all leaves of a live surface."""
    state, pool = surface._state, surface._pool
    points = 8 * state.leaves[:, None] + np.indices((8, 8, 8)).reshape(3, -1).T
    return points.reshape(-1, 3), pool.values[state.slots].ravel()


def check_samples(surface, mat, voxel, rng, count):
    """Exact within 1e-5 of float64 brute force, but for the snap next to the surface."""
    points, values = samples(surface)
    some = rng.integers(0, len(points), count)
    exact = medial_distance(points[some] * voxel, mat) / voxel
    exact = np.clip(exact, -MESH_WIDTH, MESH_WIDTH)
    snapped = np.abs(exact) < 1.1e-3
    np.testing.assert_allclose(values[some][~snapped], exact[~snapped], rtol=0, atol=1e-5)
    assert np.abs(values[some][snapped]).max(initial=0) < 1.2e-3


@pytest.mark.parametrize(
    "seeds", [range(6), pytest.param(range(6, 100), marks=pytest.mark.slow)], ids=["few", "many"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_degenerate_shapes_are_closed_manifold_and_exact(kind, seeds):
    for seed in seeds:
        mat, voxel = make(kind, seed)
        surface = LiveSurface(mat, voxel)
        report = check_surface(surface.mesh)
        assert (report.closed, report.manifold) == (True, True), seed
        assert report.volume > 0
        check_samples(surface, mat, voxel, np.random.default_rng(seed), 200)
        if seed % 5 == 0:
            assert self_intersections(surface.mesh.vertices, surface.mesh.faces) == 0, seed


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_the_primitives_of_the_reference_route(kind):
    for seed in range(10):
        mat, voxel = make(kind, seed)
        parts, rows = primitives(mat, voxel, 0.9), Rows.of(mat, voxel, Topology.of(mat), 0.9)
        cones, flats = rows.rows[: rows.cones], rows.rows[rows.cones :]
        exists = flats[:, 18] != 0
        expected = np.concatenate([parts.flats, parts.flat_rates]).T
        np.testing.assert_allclose(cones[:, :10], parts.cones.T, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(flats[exists], expected, rtol=1e-6, atol=1e-9)
        np.testing.assert_array_equal(flats[~exists, 15], 1e9)
        boxes = np.concatenate([parts.cone_boxes, parts.flat_boxes]).reshape(-1, 6)
        some = np.append(np.ones(rows.cones, bool), exists)
        np.testing.assert_allclose(rows.boxes[some], boxes, rtol=1e-12)


@pytest.mark.parametrize("mat", [stool(), ring(), square(), random_mat(0)])
def test_the_band_misses_nothing(mat):
    """Every lattice point of the box within the band lies in a leaf, with its exact distance."""
    surface = LiveSurface(mat, 1 / 36)
    points, values = samples(surface)
    exact = np.clip(medial_distance(points / 36, mat) * 36, -MESH_WIDTH, MESH_WIDTH)
    far = np.abs(exact) > 1.1e-3
    np.testing.assert_allclose(values[far], exact[far], rtol=0, atol=1e-5)
    low, high = np.floor(mat.bounds * 36).astype(int)
    everywhere = np.indices(high - low + 8).reshape(3, -1).T + low - 4
    there = {tuple(leaf) for leaf in surface._state.leaves.tolist()}
    others = np.array([tuple(leaf) not in there for leaf in (everywhere >> 3).tolist()])
    assert np.abs(medial_distance(everywhere[others] / 36, mat)).min() * 36 >= MESH_WIDTH - 1e-5


def big_ball(radius=0.33, hole=0.0):
    """A ball of many leaves, a cone and a slab through it, small balls inside and outside."""
    return MedialMesh(
        [[hole, 0, 0], [-0.5, 0.1, 0], [0.5, 0, 0.2], [0, 0.4, 0], [0.1, 0.1, 0], [0, 0.34, 0.1]],
        [radius, 0.05, 0.03, 0.02, 0.04, 0.03],
        [[1, 2]],
        [[1, 3, 5]],
    )


@pytest.mark.parametrize(
    ("mat", "voxel"),
    [
        *((mat, VOXEL) for mat in (stool(), ring(), square(), random_mat(1), random_mat(2))),
        (big_ball(), 1 / 160),
        (big_ball(hole=0.03), 1 / 111),
    ],
)
def test_both_routes_make_the_same_surface(mat, voxel):
    """The same triangles from the distances of either route."""
    fast = build_surface(mat, voxel, quads=False)
    band = narrow_band(mat, voxel, MESH_WIDTH)
    order = np.argsort(block_keys(band.leaves))
    values = np.ascontiguousarray(band.values[order])
    leaves = band.leaves[order].astype(np.int32)
    vertices, faces = extract(leaves, values.reshape(-1, 512), sign_bits(values), voxel)
    np.testing.assert_array_equal(fast.faces, faces)
    np.testing.assert_allclose(fast.vertices, vertices, rtol=0, atol=3e-3 * voxel)


def test_the_inside_of_a_large_part_costs_nothing_and_comes_back():
    """Solid blocks are left out at a coarse level, and found again when the part goes."""
    voxel = 1 / 160
    surface = LiveSurface(big_ball(), voxel)
    across = 2 * 0.33 / voxel / 8
    assert surface.changed_blocks < 2.5 * np.pi * across**2
    for mat in (
        big_ball(hole=0.03),
        big_ball(radius=0.02),
        big_ball(),
        MedialMesh(big_ball().centers[1:], big_ball().radii[1:], [[0, 1]], [[0, 2, 4]]),
        big_ball(radius=0.1),
    ):
        assert_same(surface.update(mat), LiveSurface(mat, voxel).mesh)


@pytest.mark.parametrize("mat", [stool(), ring(), square(), random_mat(0), random_mat(3)])
def test_mean_distance_to_the_exact_surface(mat):
    voxel = float(mat.radii.min()) / 1.2
    mesh = LiveSurface(mat, voxel).mesh
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    rng = np.random.default_rng(0)
    picked = rng.choice(len(area), 20000, p=area / area.sum())
    points = (corners[picked] * rng.dirichlet([1, 1, 1], 20000)[..., None]).sum(1)
    assert np.abs(medial_distance(mesh.vertices, mat)).mean() / voxel <= 0.07
    # Between the vertices the chords of a tube of 1.2 voxels add to that.
    assert np.abs(medial_distance(points, mat)).mean() / voxel <= 0.1
    mesh = LiveSurface(mat, voxel / 2).mesh
    assert np.abs(medial_distance(mesh.vertices, mat)).mean() / voxel * 2 <= 0.03


def test_a_shape_far_from_the_origin_and_moved_by_voxels_keeps_its_mesh():
    voxel = 1 / 64
    near = LiveSurface(stool(), voxel).mesh
    mat = stool()
    far = MedialMesh(mat.centers + np.float32([512, -256, 64]), mat.radii, mat.edges, mat.faces)
    moved = LiveSurface(far, voxel).mesh
    np.testing.assert_array_equal(moved.faces, near.faces)
    np.testing.assert_allclose(moved.vertices - [512, -256, 64], near.vertices, atol=1e-3)


def edited(mat, rng):
    """One random edit of any kind: move, thicken, add, remove, connect, disconnect."""
    c, r = mat.centers.copy(), mat.radii.copy()
    edges, faces = mat.edges.tolist(), mat.faces.tolist()
    kind = rng.choice(["move", "many", "radius", "add", "remove", "connect", "disconnect"])
    i = rng.integers(len(r))
    if kind == "move":
        c[i] += rng.normal(size=3) * 10 ** rng.uniform(-4, -1)
    elif kind == "many":
        some = rng.choice(len(r), len(r) // 2, replace=False)
        c[some] += rng.normal(size=3) * 0.02
    elif kind == "radius":
        r[i] *= rng.uniform(0.5, 1.8)
    elif kind == "add":
        c = np.concatenate([c, c[i : i + 1] + rng.normal(size=(1, 3)) * 0.1])
        r = np.append(r, rng.uniform(0.03, 0.12))
        edges.append([int(i), len(r) - 1])
    elif kind == "remove" and len(r) > 4:
        left = np.delete(np.arange(len(r)), i)
        number = {int(old): new for new, old in enumerate(left)}
        edges = [[number[a] for a in edge] for edge in edges if i not in edge]
        faces = [[number[a] for a in face] for face in faces if i not in face]
        c, r = c[left], r[left]
    elif kind == "connect":
        faces.append(rng.choice(len(r), 3, replace=False).tolist())
    elif kind == "disconnect" and edges + faces:
        (edges or faces).pop(rng.integers(len(edges or faces)))
    return MedialMesh(
        c, np.clip(r, 0.02, 0.3), np.reshape(edges, (-1, 2)).astype(int),
        np.reshape(faces, (-1, 3)).astype(int),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seed", "edits"),
    [(0, 60), (1, 60), *(pytest.param(seed, 110, marks=pytest.mark.slow) for seed in range(2, 10))],
)
def test_any_edits_give_the_mesh_of_a_full_rebuild(seed, edits):
    rng = np.random.default_rng(seed)
    mat = random_mat(seed)
    surface = LiveSurface(mat, VOXEL)
    for _ in range(edits):
        mat = edited(mat, rng)
        mesh = surface.update(mat)
        assert mesh is surface.mesh
        assert_same(mesh, LiveSurface(mat, VOXEL).mesh)


@pytest.mark.parametrize("kind", KINDS)
def test_edits_of_degenerate_shapes_too(kind):
    mat, voxel = make(kind, 0)
    surface = LiveSurface(mat, voxel)
    for seed in range(1, 8):
        other, _ = make(kind, seed)
        mixed = np.arange(len(mat.radii)) < seed
        mat = MedialMesh(
            np.where(mixed[:, None], other.centers, mat.centers),
            np.where(mixed, other.radii, mat.radii),
            mat.edges,
            other.faces if seed == 5 else mat.faces,
        )
        assert_same(surface.update(mat), LiveSurface(mat, voxel).mesh)


def test_only_what_an_edit_reaches_is_sampled_again():
    mat = stool()
    surface = LiveSurface(mat, 1 / 128)
    every = surface.changed_blocks
    assert every == len(surface._state.leaves)
    surface.update(MedialMesh(mat.centers, mat.radii, mat.edges, mat.faces))
    assert surface.changed_blocks == 0
    centers = mat.centers.copy()
    centers[-1] += 0.004
    surface.update(MedialMesh(centers, mat.radii, mat.edges, mat.faces))
    assert 0 < surface.changed_blocks < every / 40


def test_renumbered_spheres_change_nothing():
    mat = stool()
    surface = LiveSurface(mat, VOXEL)
    before = surface.mesh
    order = np.random.default_rng(0).permutation(len(mat.radii))
    place = np.argsort(order)
    turned = MedialMesh(mat.centers[order], mat.radii[order], place[mat.edges], place[mat.faces])
    surface.update(turned)
    # The ends of a cone may swap, which is another primitive; half of the leaves have only flats.
    report, other = check_surface(surface.mesh), check_surface(before)
    assert (report.genus, report.components) == (other.genus, other.components)
    assert_same(surface.mesh, LiveSurface(turned, VOXEL).mesh)


def test_another_voxel_is_a_new_surface():
    surface = LiveSurface(stool(), VOXEL)
    coarse = surface.update(stool(), 1 / 24)
    assert_same(coarse, LiveSurface(stool(), 1 / 24).mesh)
    assert_same(surface.update(stool()), coarse)
    assert_same(surface.update(stool(), VOXEL), LiveSurface(stool(), VOXEL).mesh)


def test_clamping_keeps_thin_parts_whole():
    mat = MedialMesh([[-0.4, 0.003, 0.002], [0.4, 0.21, 0.15]], [0.01, 0.01], [[0, 1]])
    voxel = thin_limit(mat) * 1.6
    for quads in (False, True):
        broken = check_surface(build_surface(mat, voxel, quads=quads))
        whole = check_surface(build_surface(mat, voxel, quads=quads, clamp_thin=True))
        assert broken.components > 1
        assert (whole.components, whole.genus) == (1, 0)
    thick = stool()
    clamped = LiveSurface(thick, thin_limit(thick), clamp_thin=True)
    assert_same(clamped.mesh, LiveSurface(thick, thin_limit(thick)).mesh)


def test_errors_say_what_to_do_and_leave_the_surface():
    mat = stool()
    surface = LiveSurface(mat, VOXEL)
    before = surface.mesh
    dot = MedialMesh([[0.004, 0.004, 0.004]], [0.001])
    with pytest.raises(UserError, match="thinner than the voxel"):
        surface.update(dot)
    with pytest.raises(UserError, match="no sphere"):
        surface.update(MedialMesh(np.empty((0, 3)), []))
    for voxel in (0.0, -1.0, float("nan")):
        with pytest.raises(UserError, match="voxel is"):
            surface.update(mat, voxel)
    with pytest.raises(UserError, match="too fine"):
        surface.update(mat, 1e-9)
    with pytest.raises(UserError, match="400 million"):
        LiveSurface(MedialMesh([[0, 0, 0]], [0.4]), 1 / 5000)
    assert surface.mesh is before
    moved = edited(mat, np.random.default_rng(0))
    assert_same(surface.update(moved), LiveSurface(moved, VOXEL).mesh)


def test_progress_rises_and_a_cancelled_update_leaves_the_surface():
    mat = stool()
    shares = []
    surface = LiveSurface(mat, 1 / 256, on_progress=lambda share, what: shares.append(share))
    assert len(shares) >= 4
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    before = surface.mesh
    moved = MedialMesh(mat.centers + np.float32(0.01), mat.radii, mat.edges, mat.faces)
    for stop in range(1, len(shares) + 1):
        answers = iter([False] * (stop - 1) + [True])
        with pytest.raises(Cancelled):
            surface.update(moved, should_cancel=lambda a=answers: next(a))
        assert surface.mesh is before
    assert_same(surface.update(moved), LiveSurface(moved, 1 / 256).mesh)


def sheet(side):
    """A wavy sheet of side^2 spheres, whatever their number the same surface."""
    x, y = np.meshgrid(np.linspace(-0.5, 0.5, side), np.linspace(-0.5, 0.5, side))
    centers = np.stack([x, y, 0.1 * np.sin(9 * x)], -1).reshape(-1, 3)
    index = np.arange(side * side).reshape(side, side)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    return MedialMesh(centers, np.full(side * side, 0.02), [], faces)


def test_work_grows_with_the_surface_not_with_spheres_times_voxels():
    """What all leaves keep, which is what is evaluated, is bounded by leaves and primitives."""
    for side in (8, 24, 72):
        leaves = {}
        for voxel in (1 / 64, 1 / 128, 1 / 256):
            rows = Rows.of(sheet(side), voxel, Topology.of(sheet(side)))
            found = bin_leaves(rows, MESH_WIDTH)
            leaves[voxel] = len(found.leaves)
            assert len(found.items) < 16 * (len(rows.rows) + len(found.leaves))
        # Twice as fine: 4 times the leaves, as a surface has, not 8 times, as space has.
        assert leaves[1 / 256] < 4.5 * leaves[1 / 128]


MANY = """
import resource, sys
sys.path.insert(0, sys.argv[1])
from immat_core import kernels
kernels.load()
from test_live_surface import sheet
from immat_core.surface.live import LiveSurface
surface = LiveSurface(sheet(100), 1 / 256)
print(len(surface.mesh.faces), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_ten_thousand_spheres_fit_into_memory():
    command = [sys.executable, "-c", MANY, str(Path(__file__).parent)]
    root = Path(__file__).parents[2]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    triangles, kilobytes = map(int, run.stdout.split())
    assert triangles > 200_000
    assert kilobytes < 2_000_000
