"""Marching cubes: every case of its table, and fields that are hard to close."""

import numpy as np
import pytest

pytest.importorskip("numba")

from immat_core import kernels
from immat_core.surface.checks import check_polygons, self_intersections
from immat_core.surface.marching_table import (
    EDGES,
    SIDES,
    SIDES_OF,
    loops,
    marching_table,
    triangulations,
)

kernels.load()
from immat_core.surface.block_table import FARTHEST, block_indices, block_keys  # noqa: E402
from immat_core.surface.marching import marching_cubes  # noqa: E402

TABLE = marching_table()
LOW = np.array([low for low, _ in EDGES], float)
AXIS = np.repeat(np.arange(3), 4)


def triangles_of(case):
    return TABLE.triangles[case, : 3 * TABLE.counts[case]].reshape(-1, 3)


def places(rng):
    """(12, 3) a point on each edge of the cell, also very close to its ends."""
    along = rng.uniform(0.001, 0.999, 12) if rng.uniform() < 0.5 else rng.choice([0.002, 0.998], 12)
    points = LOW.copy()
    points[np.arange(12), AXIS] += along
    return points


def cell_crossings(case_triangles, rng, rounds):
    """How many pairs of triangles cut one another, over random places of the vertices."""
    apart = np.arange(rounds)[:, None, None]
    points = np.stack([places(rng) for _ in range(rounds)]) + apart * [3.0, 0, 0]
    return self_intersections(points.reshape(-1, 3), (case_triangles + 12 * apart).reshape(-1, 3))


def test_every_case_uses_its_crossed_edges_and_no_diagonal_in_a_side():
    for case in range(256):
        inside = [bool(case >> k & 1) for k in range(8)]
        crossed = {
            edge
            for edge, ends in enumerate(EDGES)
            if len({inside[4 * x + 2 * y + z] for x, y, z in ends}) == 2
        }
        triangles = triangles_of(case)
        assert set(triangles.ravel().tolist()) == crossed
        padded = sorted(crossed) + [-1] * (13 - len(crossed))
        assert TABLE.crossed[case].tolist() == padded
        sides = {
            (loop[k], loop[(k + 1) % len(loop)]) for loop in loops(case) for k in range(len(loop))
        }
        for a, b, c in triangles.tolist():
            for start, end in ((a, b), (b, c), (c, a)):
                on_rim = (start, end) in sides
                assert on_rim or not SIDES_OF[start] & SIDES_OF[end]


def test_cells_that_share_a_side_cut_it_alike():
    """The segments on a side follow from its signs: the same for the cell on its other side."""
    across = {}
    for side, corners in enumerate(SIDES):
        for case in range(256):
            signs = tuple(bool(case >> k & 1) for k in corners)
            cut = {
                frozenset((loop[k], loop[(k + 1) % len(loop)]))
                for loop in loops(case)
                for k in range(len(loop))
                if side in SIDES_OF[loop[k]] & SIDES_OF[loop[(k + 1) % len(loop)]]
            }
            assert across.setdefault((side, signs), cut) == cut
    opposite = {side: side ^ 1 for side in range(6)}
    for (side, signs), cut in across.items():
        # The side across has the same corners, moved along its axis, in reverse.
        step = 4 >> side // 2
        here, there = SIDES[side], SIDES[opposite[side]]
        by_corner = dict(zip(here, signs, strict=True))
        moved = tuple(by_corner[corner ^ step] for corner in there)
        shift = dict(enumerate(_moved_edges(side // 2)))
        assert {frozenset(shift[edge] for edge in pair) for pair in cut} == across[
            opposite[side], moved
        ]


def _moved_edges(axis):
    """The edge on the other side for each edge that lies in a side across ``axis``."""
    numbers = {ends: number for number, ends in enumerate(EDGES)}
    for low, high in EDGES:
        ends = [list(low), list(high)]
        for point in ends:
            point[axis] ^= 1
        yield numbers.get((tuple(ends[0]), tuple(ends[1])), -1)


def test_no_case_cuts_itself_wherever_its_vertices_lie():
    rng = np.random.default_rng(0)
    for case in range(256):
        if TABLE.counts[case] > 1:
            assert cell_crossings(triangles_of(case), rng, 12) == 0, case


def test_other_triangulations_would_cut_themselves():
    """What the choice of the shortest diagonals is for: without it the test above would fail."""
    rng = np.random.default_rng(0)
    loop = max((loop for case in range(256) for loop in loops(case)), key=len)
    others = [np.array(triangles) for triangles in triangulations(loop)]
    assert len(others) > 1
    assert any(cell_crossings(triangles, rng, 60) for triangles in others)


def leaves_of(field):
    """(leaves, values) of a dense field whose sides are multiples of 8."""
    count = np.array(field.shape) // 8
    values = field.reshape(count[0], 8, count[1], 8, count[2], 8).transpose(0, 2, 4, 1, 3, 5)
    return np.indices(count).reshape(3, -1).T - 1, values.reshape(-1, 8, 8, 8)


FIELDS = {
    "noise": lambda rng: rng.normal(size=(16, 24, 16)),
    "signs": lambda rng: rng.choice([-1.0, 1.0], (16, 16, 24)),
    "zeros": lambda rng: rng.integers(-1, 2, (16, 16, 16)).astype(float),
    "steps": lambda rng: np.round(rng.normal(size=(24, 16, 16)) * 1.5) + 0.01,
}


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("name", FIELDS)
def test_any_field_gives_a_closed_manifold(name, seed):
    rng = np.random.default_rng(seed)
    leaves, values = leaves_of(FIELDS[name](rng))
    kept = rng.uniform(size=len(leaves)) < 0.8
    vertices, triangles = marching_cubes(leaves[kept], values[kept])
    report = check_polygons(vertices, triangles)
    assert (report.closed, report.manifold) == (True, True)
    assert report.volume > 0
    assert len(np.unique(triangles)) == len(vertices)


def test_noise_does_not_cut_itself():
    leaves, values = leaves_of(np.random.default_rng(7).normal(size=(8, 16, 8)))
    assert self_intersections(*marching_cubes(leaves, values)) == 0


def ball(center, radius):
    """All leaves of a box around a ball, and the distances to it."""
    leaves = np.indices((4, 4, 4)).reshape(3, -1).T - 2
    points = 8 * leaves[:, None] + np.indices((8, 8, 8)).reshape(3, -1).T
    values = np.linalg.norm(points - center, axis=2) - radius
    return leaves, values.reshape(-1, 8, 8, 8)


def test_a_ball_is_where_it_should_be():
    center, radius = np.array([0.3, -0.2, 0.4]), 11.3
    vertices, triangles = marching_cubes(*ball(center, radius))
    assert (vertices.dtype, triangles.dtype) == (np.float32, np.int32)
    off = np.linalg.norm(vertices - center, axis=1) - radius
    # A chord of the field between two lattice points is off by at most 1 / 8 r.
    assert np.abs(off).max() < 1 / (7 * radius)
    report = check_polygons(vertices, triangles)
    assert (report.components, report.genus) == (1, 0)
    assert report.volume == pytest.approx(4 / 3 * np.pi * radius**3, rel=5e-3)


def test_order_and_leaves_without_a_surface_change_nothing():
    leaves, values = ball(np.zeros(3), 9.4)
    whole = marching_cubes(leaves, values)
    order = np.random.default_rng(0).permutation(len(leaves))
    crossing = (values.min((1, 2, 3)) < 1) & (values.max((1, 2, 3)) > -1)
    for some in (order, order[(crossing | (values.max((1, 2, 3)) < 0))[order]]):
        again = marching_cubes(leaves[some], values[some])
        np.testing.assert_array_equal(again[0], whole[0])
        np.testing.assert_array_equal(again[1], whole[1])


def test_a_lone_leaf_that_is_inside_closes_around_itself():
    vertices, triangles = marching_cubes([[5, -3, 2]], -np.ones((1, 8, 8, 8)))
    report = check_polygons(vertices, triangles)
    assert (report.manifold, report.components, report.genus) == (True, 1, 0)
    assert vertices.min(0).tolist() == [39.5, -24.5, 15.5]
    assert vertices.max(0).tolist() == [47.5, -16.5, 23.5]


def test_nothing_gives_nothing():
    for count in (0, 3):
        leaves = np.arange(3 * count).reshape(count, 3)
        vertices, triangles = marching_cubes(leaves, np.ones((count, 8, 8, 8)))
        assert (vertices.shape, triangles.shape) == ((0, 3), (0, 3))


def test_wrong_arrays_are_refused():
    with pytest.raises(ValueError, match="do not fit together"):
        marching_cubes([[0, 0, 0]], np.ones((1, 8, 8, 7)))
    with pytest.raises(ValueError, match="do not fit together"):
        marching_cubes([[0, 0, 0]], np.ones((2, 8, 8, 8)))
    with pytest.raises(ValueError, match="twice"):
        marching_cubes([[0, 0, 0], [1, 0, 0], [0, 0, 0]], np.ones((3, 8, 8, 8)))
    with pytest.raises(ValueError, match="from the origin"):
        marching_cubes([[0, 1 << 20, 0]], np.ones((1, 8, 8, 8)))


def test_keys_of_leaves_keep_their_order_to_the_farthest():
    limit = FARTHEST - 1
    leaves = np.array([[-limit, limit, 0], [-1, 0, limit], [0, -limit, 5], [0, 0, 0], [limit] * 3])
    keys = block_keys(leaves.astype(np.int32))
    assert (np.diff(keys) > 0).all()
    np.testing.assert_array_equal(block_indices(keys), leaves)
