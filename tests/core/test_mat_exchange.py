"""Medial meshes in formats of others come back to the bit."""

from __future__ import annotations

import numpy as np
import pytest
import shapes
import trimesh

from immat_core.errors import UserError
from immat_core.gltf_binary import GltfReader
from immat_core.mat_exchange import MAT_SUFFIXES, read_mat, read_parts, write_mat
from immat_core.medial_mesh import MedialMesh

MATS = {
    "stool": shapes.stool(),
    "ring": shapes.ring(),
    "random": shapes.random_mat(0),
    "lone": MedialMesh([[0, 0, 0], [1, 2, 3]], [0.25, 0.125]),
    "mixed": MedialMesh(np.arange(15).reshape(5, 3), np.full(5, 0.3), [[0, 1]], [[1, 2, 3]]),
}


@pytest.mark.parametrize("suffix", MAT_SUFFIXES)
@pytest.mark.parametrize("mat", MATS.values(), ids=MATS)
def test_what_is_written_reads_back_to_the_bit(mat, suffix, tmp_path):
    path = tmp_path / f"mat{suffix}"
    write_mat(path, mat, np.arange(len(mat.radii), dtype=np.int32))

    back = read_mat(path)

    for name in ("centers", "radii", "edges", "faces"):
        np.testing.assert_array_equal(getattr(back, name), getattr(mat, name), err_msg=name)
    parts = read_parts(path)
    if suffix == ".ma":
        assert parts is None
    else:
        np.testing.assert_array_equal(parts, np.arange(len(mat.radii)))


def test_ply_is_read_by_others_with_its_radii(tmp_path):
    mat = shapes.stool()
    write_mat(tmp_path / "stool.ply", mat, np.arange(49, dtype=np.int32))

    loaded = trimesh.load(tmp_path / "stool.ply", process=False)

    np.testing.assert_allclose(loaded.vertices, mat.centers)
    data = loaded.metadata["_ply_raw"]["vertex"]["data"]
    np.testing.assert_array_equal(data["radius"], mat.radii)
    np.testing.assert_array_equal(data["part"], np.arange(49))
    edges = loaded.metadata["_ply_raw"]["edge"]["data"]
    np.testing.assert_array_equal(np.stack([edges["vertex1"], edges["vertex2"]], 1), mat.edges)


def test_glb_has_radii_as_an_attribute_and_says_what_it_is(tmp_path):
    mat = MATS["mixed"]
    write_mat(tmp_path / "mat.glb", mat)

    file = GltfReader(tmp_path / "mat.glb")

    mesh = file.document["meshes"][0]
    assert mesh["extras"]["medial_mesh"] == {"spheres": 5, "edges": 1, "faces": 1}
    assert [p["mode"] for p in mesh["primitives"]] == [1, 4, 0]
    np.testing.assert_array_equal(
        file.array(mesh["primitives"][0]["attributes"]["_RADIUS"]), mat.radii
    )
    loaded = trimesh.load(tmp_path / "mat.glb")
    assert loaded.geometry


def test_what_is_no_medial_mesh_is_told(tmp_path):
    box = trimesh.creation.box()
    for name in ("box.ply", "box.glb"):
        box.export(tmp_path / name)
        with pytest.raises(UserError, match="no medial mesh"):
            read_mat(tmp_path / name)
    (tmp_path / "cut.ply").write_bytes(b"ply\nformat binary_little_endian 1.0\ncomment medial_mesh")
    (tmp_path / "cut.glb").write_bytes(b"glTF\2\0\0\0")
    write_mat(tmp_path / "whole.glb", shapes.ring())
    half = (tmp_path / "whole.glb").read_bytes()[:-40]
    (tmp_path / "half.glb").write_bytes(half)
    for name in ("cut.ply", "cut.glb", "half.glb", "missing.ply", "missing.glb", "mat.xyz"):
        with pytest.raises(UserError):
            read_mat(tmp_path / name)
    with pytest.raises(UserError, match=r"\.xyz"):
        write_mat(tmp_path / "mat.xyz", shapes.ring())
    with pytest.raises(UserError, match="written"):
        write_mat(tmp_path / "no_folder" / "mat.ply", shapes.ring())
