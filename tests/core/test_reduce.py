"""Fewer faces: closed, manifold, of the same topology, near the surface, nothing crosses."""

import numpy as np
import pytest
from shapes import degenerate_mat, random_mat, ring, square, stool

from immat_core import kernels
from immat_core.envelope import medial_distance
from immat_core.errors import Cancelled, UserError
from immat_core.surface import SurfaceMesh, build_surface
from immat_core.surface.checks import check_surface, self_intersections
from immat_core.surface.reduce import reduce_faces

VOXEL = 1 / 64
SURFACES = {
    name: build_surface(mat, VOXEL)
    for name, mat in (("ring", ring()), ("square", square()), ("stool", stool()))
}


@pytest.mark.parametrize("target", [4000, 800, 200])
@pytest.mark.parametrize("name", SURFACES)
def test_reaches_the_target_and_keeps_the_topology(name, target):
    given = check_surface(SURFACES[name])
    reduced = reduce_faces(SURFACES[name], target)
    report = check_surface(reduced, full=True)
    assert target - 1 <= report.faces <= target
    assert (report.manifold, report.self_intersections) == (True, 0)
    assert (report.components, report.genus) == (given.components, given.genus)
    assert report.volume == pytest.approx(given.volume, rel=0.05)


def test_flat_parts_get_few_faces_and_bends_many():
    """The sheet's two flat sides are a third of its area; faces there are the largest."""
    mat = square()
    reduced = reduce_faces(SURFACES["square"], 1000)
    corners = reduced.vertices.astype(np.float64)[reduced.faces]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat = np.abs(area[:, 2]) > 0.999 * np.linalg.norm(area, axis=1)
    share = np.linalg.norm(area[flat], axis=1).sum() / np.linalg.norm(area, axis=1).sum()
    assert flat.mean() < share / 3
    off = np.abs(medial_distance(corners.mean(1), mat)) / VOXEL
    assert off.max() < 1
    assert off.mean() < 0.15


@pytest.mark.parametrize("make", [random_mat, degenerate_mat])
@pytest.mark.parametrize("seed", range(4))
def test_nothing_crosses_however_hard_it_is_reduced(make, seed):
    surface = build_surface(make(seed), 1 / 40)
    given = check_surface(surface)
    for target in (1000, 100, 8):
        reduced = reduce_faces(surface, target)
        report = check_surface(reduced, full=True)
        assert (report.manifold, report.self_intersections) == (True, 0)
        assert (report.components, report.genus) == (given.components, given.genus)


def test_a_ball_goes_down_to_a_tetrahedron_and_no_further():
    points = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]])
    faces = [[4, 0, 2], [4, 2, 1], [4, 1, 3], [4, 3, 0], [5, 2, 0], [5, 1, 2], [5, 3, 1], [5, 0, 3]]
    ball = SurfaceMesh(points.astype(np.float32), np.array(faces, np.int32))
    report = check_surface(reduce_faces(ball, 4), full=True)
    assert (report.faces, report.manifold, report.genus) == (4, True, 0)
    assert report.self_intersections == 0


def test_what_is_small_enough_is_left_as_it_is():
    surface = SURFACES["ring"]
    same = reduce_faces(surface, 10**6)
    np.testing.assert_array_equal(same.faces, surface.triangles)
    np.testing.assert_array_equal(same.vertices, surface.vertices)


def test_a_mesh_that_crosses_already_gets_no_more_crossings():
    one = SURFACES["ring"].vertices
    faces = SURFACES["ring"].triangles
    both = SurfaceMesh(
        np.concatenate([one, one + np.float32([0.1, 0.07, 0.05])]),
        np.concatenate([faces, faces + len(one)]),
    )
    before = self_intersections(both.vertices, both.faces)
    assert before > 100
    reduced = reduce_faces(both, 2000)
    assert len(reduced.faces) == 2000
    assert self_intersections(reduced.vertices, reduced.faces) <= before


def test_same_input_same_bytes():
    one, two = (reduce_faces(SURFACES["stool"], 900) for _ in range(2))
    assert one.vertices.tobytes() == two.vertices.tobytes()
    assert one.faces.tobytes() == two.faces.tobytes()


def test_progress_rises_to_the_end_and_cancel_stops():
    shares = []
    reduce_faces(SURFACES["ring"], 100, on_progress=lambda share, what: shares.append(share))
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 1)
    with pytest.raises(Cancelled):
        reduce_faces(SURFACES["ring"], 100, should_cancel=lambda: True)


def test_what_cannot_be_is_said(monkeypatch):
    with pytest.raises(UserError, match="cannot have 3 faces"):
        reduce_faces(SURFACES["ring"], 3)
    opened = SurfaceMesh(SURFACES["ring"].vertices, SURFACES["ring"].faces[1:])
    with pytest.raises(ValueError, match="closed manifold"):
        reduce_faces(opened, 100)
    monkeypatch.setattr(kernels, "available", lambda: False)
    with pytest.raises(UserError, match="pip install numba"):
        reduce_faces(SURFACES["ring"], 100)
