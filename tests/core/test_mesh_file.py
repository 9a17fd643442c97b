"""Mesh files, read back with trimesh."""

import numpy as np
import pytest
import trimesh
from shapes import ring, stool

from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.mesh_file import MESH_SUFFIXES, write_grid, write_mesh
from immat_core.surface import build_surface
from immat_core.surface.checks import check_surface
from immat_core.surface.vdb import load_openvdb

MESH = build_surface(stool(), 1 / 40)
REPORT = check_surface(MESH)


def read(path, **options):
    return trimesh.load(path, force="mesh", **options)


@pytest.mark.parametrize("suffix", MESH_SUFFIXES)
def test_read_back_closed_with_all_faces_and_the_volume(tmp_path, suffix):
    path = tmp_path / f"stool{suffix}"
    write_mesh(path, MESH)
    # Merging the corners again is for .stl, which repeats them.
    mesh = read(path, process=True)
    assert (len(mesh.vertices), len(mesh.faces)) == (REPORT.vertices, 2 * REPORT.faces)
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.volume == pytest.approx(REPORT.volume, rel=1e-5)
    assert [found.name for found in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", [".obj", ".ply", ".stl"])
def test_stands_in_the_frame_of_the_medial_mesh(tmp_path, suffix):
    write_mesh(tmp_path / f"a{suffix}", MESH)
    expected = [MESH.vertices.min(0), MESH.vertices.max(0)]
    np.testing.assert_allclose(read(tmp_path / f"a{suffix}").bounds, expected, atol=1e-7)


@pytest.mark.parametrize("suffix", [".obj", ".ply"])
def test_vertices_are_exact_and_in_order(tmp_path, suffix):
    write_mesh(tmp_path / f"a{suffix}", MESH)
    mesh = read(tmp_path / f"a{suffix}", process=False, maintain_order=True)
    np.testing.assert_array_equal(mesh.vertices.astype(np.float32), MESH.vertices)


def test_obj_keeps_the_quads(tmp_path):
    write_mesh(tmp_path / "a.obj", MESH)
    lines = (tmp_path / "a.obj").read_text().splitlines()
    faces = [line.split()[1:] for line in lines if line.startswith("f ")]
    np.testing.assert_array_equal(np.array(faces, int) - 1, MESH.faces)


def test_ply_keeps_the_quads(tmp_path):
    write_mesh(tmp_path / "a.ply", MESH)
    data = (tmp_path / "a.ply").read_bytes()
    faces = np.frombuffer(data[-17 * len(MESH.faces) :], [("count", "u1"), ("indices", "<i4", 4)])
    assert (faces["count"] == 4).all()
    np.testing.assert_array_equal(faces["indices"], MESH.faces)


def test_glb_has_y_up_front_toward_plus_z_and_outward_normals(tmp_path):
    write_mesh(tmp_path / "a.glb", MESH)
    mesh = read(tmp_path / "a.glb", process=False)
    x, y, z = MESH.vertices.T
    np.testing.assert_array_equal(mesh.vertices.astype(np.float32), np.column_stack([x, z, -y]))
    normals = mesh.vertex_normals
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    geometric = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False).vertex_normals
    assert (normals * geometric).sum(1).min() > 0.5


def test_suffix_in_capitals_and_unknown_suffix(tmp_path):
    write_mesh(tmp_path / "A.OBJ", MESH)
    with pytest.raises(UserError, match=r"no mesh format has the suffix '.xyz'.*\.obj"):
        write_mesh(tmp_path / "a.xyz", MESH)
    with pytest.raises(UserError, match="cannot be written"):
        write_mesh(tmp_path / "none" / "a.obj", MESH)
    assert [found.name for found in tmp_path.iterdir()] == ["A.OBJ"]


def test_grid_file(tmp_path):
    path = tmp_path / "ring.vdb"
    write_grid(path, ring(), 1 / 32)
    grid = load_openvdb().read(str(path), "surface")
    points, quads = grid.convertToQuads()
    mesh = build_surface(ring(), 1 / 32)
    assert (len(points), len(quads)) == (len(mesh.vertices), len(mesh.faces))
    assert [found.name for found in tmp_path.iterdir()] == ["ring.vdb"]


def test_grid_file_errors_leave_nothing(tmp_path):
    with pytest.raises(UserError, match="cannot be written"):
        write_grid(tmp_path / "none" / "a.vdb", ring(), 1 / 32)
    with pytest.raises(UserError, match="no sphere"):
        write_grid(tmp_path / "a.vdb", MedialMesh(np.empty((0, 3)), []), 1 / 32)
    assert list(tmp_path.iterdir()) == []
