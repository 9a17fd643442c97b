"""The crisp surface: closed, manifold, of the right genus, sharp, and as near as it says."""

import sys

import numpy as np
import pytest
from shapes import degenerate_mat, random_mat, ring, square, stool

from immat_core.envelope import medial_distance
from immat_core.errors import Cancelled, UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import build_surface
from immat_core.surface.checks import check_surface
from immat_core.surface.crisp import COARSEST, SAG, crisp_surface, hull_spheres, unit_points

BALL = MedialMesh([[0.01, 0.02, 0.03]], [0.4])
CROSS = MedialMesh(
    [[-0.4, 0, 0], [0.4, 0, 0], [0, -0.4, 0.01], [0, 0.4, 0.01]], [0.1] * 4, [[0, 1], [2, 3]]
)


def points_on(mesh, count=4000):
    rng = np.random.default_rng(0)
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    area = np.linalg.norm(
        np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1
    )
    chosen = rng.choice(len(corners), count, p=area / area.sum())
    return (corners[chosen] * rng.dirichlet([1, 1, 1], count)[..., None]).sum(1)


@pytest.mark.parametrize(
    "mat",
    [BALL, CROSS, ring(), square(), stool(), *map(random_mat, range(3))],
    ids=["ball", "cross", "ring", "square", "stool", "random-0", "random-1", "random-2"],
)
def test_is_closed_manifold_and_as_deep_under_the_envelopes_as_allowed(mat):
    tolerance = 1 / 400
    mesh = crisp_surface(mat, tolerance)
    report = check_surface(mesh, full=True)
    assert (report.manifold, report.self_intersections) == (True, 0)
    distance = medial_distance(points_on(mesh), mat)
    assert distance.max() < 1e-6
    # Collapsing slivers may move it a little more.
    assert distance.min() > -1.1 * tolerance


@pytest.mark.parametrize("mat", [ring(), stool()], ids=["ring", "stool"])
def test_has_the_pieces_and_the_genus_of_the_sampled_surface(mat):
    crisp, sampled = (
        check_surface(mesh) for mesh in (crisp_surface(mat), build_surface(mat, 1 / 128))
    )
    assert (crisp.components, crisp.genus) == (sampled.components, sampled.genus)
    assert crisp.volume == pytest.approx(sampled.volume, rel=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_degenerate_medial_meshes_give_closed_manifolds(seed):
    mat = degenerate_mat(seed)
    mesh = crisp_surface(mat, 1 / 200)
    assert check_surface(mesh).manifold
    assert medial_distance(points_on(mesh), mat).min() > -1.1 / 200


def test_creases_are_sharp():
    """Where two bars cross, the sampled surface cuts the crease; the crisp one has its points."""
    tolerance = 1 / 2000
    mesh = crisp_surface(CROSS, tolerance)
    bars = [MedialMesh(CROSS.centers, CROSS.radii, [edge]) for edge in CROSS.edges.tolist()]
    one, two = (np.abs(medial_distance(mesh.vertices, bar)) for bar in bars)
    on_both = np.maximum(one, two) < 3 * tolerance
    assert np.count_nonzero(on_both) > 20


def test_thin_parts_stay_whole():
    mat = ring(radius=0.002)
    report = check_surface(crisp_surface(mat, 1e-4))
    assert (report.manifold, report.components, report.genus) == (True, 1, 1)


@pytest.mark.parametrize("cuts", [COARSEST, 3, 4, 7, 16])
def test_points_of_a_sphere_are_dense_enough(cuts):
    points = unit_points(cuts)
    assert len(points) == 10 * cuts**2 + 2
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 1)
    ball = MedialMesh([[0, 0, 0]], [1.0])
    # The tolerance that asks for just these cuts.
    mesh = crisp_surface(ball, SAG / cuts**2 * (1 + 1e-9))
    corners = mesh.vertices.astype(np.float64)[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    assert len(mesh.vertices) == len(points)
    assert (normals * corners[:, 0]).sum(1).min() > 1 - SAG / cuts**2


def test_faces_cover_their_sides_and_edges_their_ends():
    mat = MedialMesh(np.arange(18).reshape(6, 3), np.ones(6), [[0, 1], [2, 3]], [[0, 1, 2]])
    assert sorted(hull_spheres(mat)) == [(0, 1, 2), (2, 3), (4,), (5,)]


def test_progress_rises_to_the_end_and_cancel_stops_the_union():
    shares = []
    crisp_surface(stool(), on_progress=lambda share, what: shares.append(share))
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 1
    asked = []

    def cancel_at_the_third():
        asked.append(None)
        return len(asked) == 3

    with pytest.raises(Cancelled):
        crisp_surface(stool(), should_cancel=cancel_at_the_third)
    assert len(asked) == 3


@pytest.mark.parametrize("tolerance", [0, -1, np.nan, np.inf])
def test_what_cannot_be_is_said(tolerance):
    with pytest.raises(UserError, match="tolerance"):
        crisp_surface(BALL, tolerance)
    with pytest.raises(UserError, match="no sphere"):
        crisp_surface(MedialMesh(np.empty((0, 3)), []))


def test_a_missing_package_is_named_with_its_fix(monkeypatch):
    monkeypatch.setitem(sys.modules, "manifold3d", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install manifold3d"):
        crisp_surface(BALL)
