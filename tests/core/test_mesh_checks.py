"""Checks of a mesh: what crosses, what is pinched, open or flipped, how thin the walls are."""

from fractions import Fraction

import numpy as np
import pytest
from shapes import ring, square

from immat_core.surface import SurfaceMesh, build_surface
from immat_core.surface.box_tree import BoxTree
from immat_core.surface.checks import (
    check_polygons,
    check_surface,
    self_intersections,
    smallest_thickness,
)

CUBE = np.array(
    [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
)
CORNERS = np.array(
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [1, 0, 1], [1, 1, 1], [0, 1, 1]], float
)
CUBE_TRIANGLES = CUBE[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)


def two_boxes(offset, size=(1, 1, 1)):
    vertices = np.concatenate([CORNERS, CORNERS * size + offset])
    return vertices, np.concatenate([CUBE_TRIANGLES, CUBE_TRIANGLES + 8])


def torus(major=1.0, minor=0.3, steps=(48, 24)):
    """Quads of a torus, wound outwards."""
    u, v = (2 * np.pi * np.arange(count) / count for count in steps)
    u, v = np.meshgrid(u, v, indexing="ij")
    away = major + minor * np.cos(v)
    vertices = np.stack([away * np.cos(u), away * np.sin(u), minor * np.sin(v)], -1)
    index = np.arange(u.size).reshape(steps)
    right, up = np.roll(index, -1, 0), np.roll(index, -1, 1)
    corner = np.roll(right, -1, 1)
    return vertices.reshape(-1, 3), np.stack([index, right, corner, up], -1).reshape(-1, 4)


def twisted_band(steps=20):
    """Quads of a Moebius band: every edge has two faces at most, yet there is no outside."""
    angle = 2 * np.pi * np.arange(steps) / steps
    across = np.linspace(-0.2, 0.2, 3)
    a, w = np.meshgrid(angle, across, indexing="ij")
    away = 1 + w * np.cos(a / 2)
    vertices = np.stack([away * np.cos(a), away * np.sin(a), w * np.sin(a / 2)], -1)
    index = np.arange(a.size).reshape(a.shape)
    following = np.concatenate([index[1:], index[:1, ::-1]])
    faces = np.stack([index[:, :-1], following[:, :-1], following[:, 1:], index[:, 1:]], -1)
    return vertices.reshape(-1, 3), faces.reshape(-1, 4)


def test_torus_passes_every_check():
    report = check_polygons(*torus(), full=True)
    assert (report.closed, report.edge_manifold, report.vertex_manifold) == (True, True, True)
    assert (report.manifold, report.components, report.genus) == (True, 1, 1)
    assert report.self_intersections == 0
    # 24 flat sides are nearer to the tube's axis than its corners by 1 - cos(7.5 degrees).
    assert report.smallest_thickness == pytest.approx(0.6 * np.cos(np.pi / 24), rel=0.01)


def test_costly_checks_are_left_out_unless_asked_for():
    report = check_polygons(*torus())
    assert (report.self_intersections, report.smallest_thickness) == (None, None)


@pytest.mark.parametrize(
    ("mat", "radius", "genus"), [(ring(), 0.12, 1), (square(), 0.08, 0)], ids=["ring", "square"]
)
def test_surface_of_a_medial_mesh_is_as_thick_as_its_spheres(mat, radius, genus):
    report = check_surface(build_surface(mat, 1 / 64), full=True)
    assert (report.manifold, report.genus, report.self_intersections) == (True, genus, 0)
    assert report.smallest_thickness == pytest.approx(2 * radius, abs=1 / 64)


def test_open_mesh_is_manifold_up_to_its_border():
    report = check_polygons(CORNERS, CUBE[1:], full=True)
    assert (report.closed, report.edge_manifold, report.vertex_manifold) == (False, True, True)
    assert (report.manifold, report.genus, report.self_intersections) == (False, None, 0)


def test_band_with_half_a_twist_is_wound_against_itself():
    report = check_polygons(*twisted_band(), full=True)
    assert (report.closed, report.edge_manifold, report.vertex_manifold) == (False, False, True)
    assert (report.manifold, report.components, report.self_intersections) == (False, 1, 0)


def test_pinched_vertex_is_seen_closed_or_open():
    faces = np.concatenate([CUBE, CUBE + 8])
    faces = np.where(faces == 8, 6, faces)
    vertices = np.concatenate([CORNERS, CORNERS + 1])
    report = check_polygons(vertices, faces, full=True)
    assert (report.closed, report.edge_manifold, report.vertex_manifold) == (True, True, False)
    assert (report.manifold, report.self_intersections) == (False, 0)
    away = np.flatnonzero((faces != 6).all(1))[0]
    opened = check_polygons(vertices, np.delete(faces, away, axis=0))
    assert (opened.edge_manifold, opened.vertex_manifold) == (True, False)


def test_edge_with_four_faces_is_not_manifold():
    other = np.concatenate([CORNERS, CORNERS + np.array([1, 1, 0])])
    faces = np.concatenate([CUBE, CUBE + 8])
    faces = np.where(faces == 8, 2, np.where(faces == 12, 6, faces))
    report = check_polygons(other, faces)
    assert (report.closed, report.edge_manifold, report.manifold) == (True, False, False)


@pytest.mark.parametrize(
    ("offset", "size", "crossings"),
    [
        ((0.5, 0.4, 0.3), (1, 1, 1), True),
        ((0.25, 0.25, 0.5), (0.5, 0.5, 1), True),
        ((-0.5, 0.25, 0.25), (2, 0.5, 0.5), True),
        ((0.5, 0, 0), (1, 1, 1), True),
        ((0, 0, 0), (1, 1, 1), True),
        ((0.25, 0.25, 0.25), (0.5, 0.5, 0.5), False),
        ((1, 0, 0), (-1e-9, 1, 1), True),
        ((1.001, 0, 0), (1, 1, 1), False),
        ((1, 1, 1), (1, 1, 1), False),
        ((1, 1, 0), (1, 1, 1), False),
    ],
    ids=["corner", "face", "beam", "shifted", "twice", "nested", "sliver", "apart", "tip", "edge"],
)
def test_boxes_that_cross_are_told_from_boxes_that_touch(offset, size, crossings):
    assert (self_intersections(*two_boxes(np.array(offset), size)) > 0) == crossings


def test_every_crossing_pair_of_a_beam_through_a_box_counts_once():
    """Each of the 4 long sides of the beam has two triangles that run into the box's two ends."""
    vertices, triangles = two_boxes(np.array([-0.5, 0.3, 0.35]), (2, 0.38, 0.23))
    corners = vertices[triangles]
    expected = sum(_pierces(a, b) for a in corners[:12] for b in corners[12:])
    assert self_intersections(vertices, triangles) == expected > 8


def test_neighbours_that_fold_through_one_another_count():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0.5, 0.2, 1], [0.5, 0.2, -1]])
    assert self_intersections(vertices, np.array([[0, 1, 2], [0, 3, 4]])) == 1
    flat = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0.3, 0.9, 0], [0.3, -0.9, 0]])
    assert self_intersections(flat, np.array([[0, 1, 2], [1, 0, 3]])) == 1
    assert self_intersections(flat, np.array([[0, 1, 2], [1, 0, 4]])) == 0


def _pierces(one, two):
    """Whether an edge of either triangle runs strictly through the other, in exact numbers."""

    def side(p, q, r, s):
        p, q, r, s = ([Fraction(float(x)) for x in point] for point in (p, q, r, s))
        u, v, w = ([y - x for x, y in zip(p, other, strict=True)] for other in (q, r, s))
        value = u[0] * (v[1] * w[2] - v[2] * w[1]) - u[1] * (v[0] * w[2] - v[2] * w[0])
        value += u[2] * (v[0] * w[1] - v[1] * w[0])
        return (value > 0) - (value < 0)

    def runs_through(start, end, triangle):
        if side(*triangle, start) * side(*triangle, end) >= 0:
            return False
        turns = {side(start, end, triangle[i], triangle[(i + 1) % 3]) for i in range(3)}
        return turns in ({1}, {-1})

    return any(
        runs_through(a[i], a[(i + 1) % 3], b) for a, b in ((one, two), (two, one)) for i in range(3)
    )


@pytest.mark.parametrize("shared", [0, 1])
def test_pairs_that_cross_agree_with_exact_numbers(shared):
    rng = np.random.default_rng(shared)
    crossing = 0
    for _ in range(400):
        vertices = rng.normal(size=(6, 3)).astype(np.float32)
        faces = np.array([[0, 1, 2], [3, 4, 5]])
        faces[1, :shared] = 0
        faces = faces[:, rng.permutation(3)]
        expected = _pierces(vertices[faces[0]], vertices[faces[1]])
        assert self_intersections(vertices, faces) == expected
        crossing += expected
    assert crossing > 50


def test_tree_finds_just_the_boxes_that_meet():
    rng = np.random.default_rng(0)
    for count in (1, 2, 3, 7, 64, 301):
        low = rng.random((count, 3))
        high = low + 0.3 * rng.random((count, 3))
        meet = (low[:, None] <= high).all(2) & (low <= high[:, None]).all(2)
        tree = BoxTree(low, high)
        pairs = [sorted(p) for a, b in tree.meeting_pairs() for p in zip(a, b, strict=True)]
        assert sorted(pairs) == [[i, j] for i, j in np.argwhere(meet) if i < j]
        asked = rng.random((9, 3))
        meet = (asked[:, None] <= high).all(2) & (low <= asked[:, None] + 0.1).all(2)
        pairs = [
            [i, j] for a, b in tree.meeting(asked, asked + 0.1) for i, j in zip(a, b, strict=True)
        ]
        assert sorted(pairs) == np.argwhere(meet).tolist()


def test_thickness_of_a_box_is_its_shortest_side_and_scales():
    size = np.array([3, 0.7, 1.9])
    assert smallest_thickness(CORNERS * size, CUBE_TRIANGLES) == pytest.approx(0.7)
    assert smallest_thickness(CORNERS * size * 1e-4, CUBE_TRIANGLES) == pytest.approx(0.7e-4)


def test_thickness_looks_through_material_and_not_through_air():
    gap = two_boxes(np.array([1.1, 0, 0]), (0.4, 1, 1))
    assert smallest_thickness(*gap) == pytest.approx(0.4)


def test_an_open_sheet_has_no_thickness():
    assert smallest_thickness(CORNERS, CUBE_TRIANGLES[:2]) is None


def test_nothing_and_triangles_of_no_area_pass():
    nothing = np.empty((0, 3))
    assert self_intersections(nothing, nothing.astype(int)) == 0
    assert smallest_thickness(nothing, nothing.astype(int)) is None
    line = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [1, -1, -1], [1, 1, -1], [1, 0, 1.0]])
    assert self_intersections(line, np.array([[0, 1, 2], [3, 4, 5]])) == 0
    empty = check_surface(
        SurfaceMesh(nothing.astype(np.float32), np.empty((0, 4), np.int32)), full=True
    )
    assert (empty.self_intersections, empty.smallest_thickness) == (0, None)
