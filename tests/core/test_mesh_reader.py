"""Mesh files of every format read as triangles, upright, with their parts in place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from immat_core.errors import UserError
from immat_core.mesh_reader import MESH_SUFFIXES, TriangleMesh, read_mesh

SIZE = np.array([1.0, 2.0, 4.0])
SHIFT = np.array([5.0, 0.0, 0.0])

COLLADA = """<?xml version="1.0" encoding="utf-8"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
 <asset><created>2026-01-01</created><modified>2026-01-01</modified>{up}</asset>
 <library_geometries><geometry id="plate"><mesh>
  <source id="places"><float_array id="numbers" count="12">0 0 0 1 0 0 1 2 0 0 2 0</float_array>
   <technique_common><accessor source="#numbers" count="4" stride="3">
    <param name="X" type="float"/><param name="Y" type="float"/><param name="Z" type="float"/>
   </accessor></technique_common></source>
  <vertices id="corners"><input semantic="POSITION" source="#places"/></vertices>
  <polylist count="1"><input semantic="VERTEX" source="#corners" offset="0"/>
   <vcount>4</vcount><p>0 1 2 3</p></polylist>
 </mesh></geometry></library_geometries>
 <library_visual_scenes><visual_scene id="scene"><node id="node">
  <translate>0 0 3</translate><instance_geometry url="#plate"/>
 </node></visual_scene></library_visual_scenes>
 <scene><instance_visual_scene url="#scene"/></scene>
</COLLADA>
"""


def bounds(mesh: TriangleMesh) -> np.ndarray:
    """(2, 3): lower and upper corner of what the faces use."""
    used = mesh.vertices[np.unique(mesh.faces)]
    return np.stack([used.min(0), used.max(0)])


def volume(mesh: TriangleMesh) -> float:
    """Of closed parts, above zero when wound outwards."""
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)


@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "off"])
def test_formats_that_say_no_axis_are_taken_as_they_are(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"box.{suffix.upper()}"
    trimesh.creation.box(SIZE).export(path, file_type=suffix)
    mesh = read_mesh(path)
    np.testing.assert_array_equal(bounds(mesh), [-SIZE / 2, SIZE / 2])
    assert (len(mesh.faces), volume(mesh)) == (12, pytest.approx(8))
    assert (mesh.vertices.dtype, mesh.faces.dtype) == (np.float64, np.int64)


@pytest.mark.parametrize("suffix", ["glb", "gltf"])
def test_gltf_parts_stand_where_their_transforms_put_them_and_upright(
    tmp_path: Path, suffix: str
) -> None:
    scene = trimesh.Scene()
    box = trimesh.creation.box(SIZE)
    scene.add_geometry(box)
    scene.add_geometry(box, transform=trimesh.transformations.translation_matrix(SHIFT))
    scene.export(tmp_path / f"boxes.{suffix}")
    mesh = read_mesh(tmp_path / f"boxes.{suffix}")
    upright = SIZE[[0, 2, 1]] / 2
    np.testing.assert_allclose(bounds(mesh), [-upright, upright + SHIFT])
    assert (len(mesh.faces), volume(mesh)) == (24, pytest.approx(16))
    as_it_is = read_mesh(tmp_path / f"boxes.{suffix}", up="z")
    np.testing.assert_allclose(bounds(as_it_is), [-SIZE / 2, SIZE / 2 + SHIFT])


@pytest.mark.parametrize(
    ("up", "low", "high"),
    [
        ("<up_axis>Z_UP</up_axis>", (0, 0, 3), (1, 2, 3)),
        ("<up_axis>Y_UP</up_axis>", (0, -3, 0), (1, -3, 2)),
        ("", (0, -3, 0), (1, -3, 2)),
    ],
)
def test_collada_says_which_axis_is_up(
    tmp_path: Path, up: str, low: tuple[int, ...], high: tuple[int, ...]
) -> None:
    (tmp_path / "plate.dae").write_text(COLLADA.format(up=up))
    mesh = read_mesh(tmp_path / "plate.dae")
    np.testing.assert_allclose(bounds(mesh), [low, high])
    assert len(mesh.faces) == 2


def test_what_we_write_reads_back_in_our_frame(tmp_path: Path) -> None:
    from immat_core.mesh_file import MESH_SUFFIXES as WRITTEN
    from immat_core.mesh_file import write_mesh
    from immat_core.surface import SurfaceMesh

    box = trimesh.creation.box(SIZE)
    surface = SurfaceMesh(box.vertices.astype(np.float32), box.faces.astype(np.int32))
    for suffix in WRITTEN:
        write_mesh(tmp_path / f"box{suffix}", surface)
        mesh = read_mesh(tmp_path / f"box{suffix}")
        np.testing.assert_allclose(bounds(mesh), [-SIZE / 2, SIZE / 2])
        assert volume(mesh) == pytest.approx(8)


def test_polygons_are_cut_into_triangles(tmp_path: Path) -> None:
    ring = [f"v {np.cos(a)} {np.sin(a)} 0" for a in 2 * np.pi * np.arange(7) / 7]
    (tmp_path / "seven.obj").write_text("\n".join([*ring, "f 1 2 3 4 5 6 7"]))
    mesh = read_mesh(tmp_path / "seven.obj")
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    area = np.cross(b - a, c - a)[:, 2].sum() / 2
    assert len(mesh.faces) == 5
    assert area == pytest.approx(7 / 2 * np.sin(2 * np.pi / 7))


def test_vertices_that_are_not_finite_stay_in(tmp_path: Path) -> None:
    (tmp_path / "nan.obj").write_text(
        "v nan 0 0\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nf 2 3 4\nf 2 2 3"
    )
    mesh = read_mesh(tmp_path / "nan.obj")
    assert len(mesh.faces) == 3
    assert np.isnan(mesh.vertices).any(1).tolist() == [True, False, False, False]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.obj", None, "No such file"),
        ("folder.ply", "folder", "directory"),
        ("shape.fbx", b"", "no mesh format has the suffix '.fbx'"),
        ("shape", b"", "no mesh format has the suffix ''"),
        ("empty.obj", b"", "no triangle"),
        ("points.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "no triangle"),
        ("nan.obj", b"v nan 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "no triangle"),
        *(
            (f"rubbish{suffix}", bytes(range(256)) * 8, f"rubbish{suffix}")
            for suffix in MESH_SUFFIXES
        ),
        *((f"empty{suffix}", b"", f"empty{suffix}") for suffix in MESH_SUFFIXES),
    ],
)
def test_what_is_no_mesh_is_said_in_one_sentence(
    tmp_path: Path, name: str, content: bytes | str | None, says: str
) -> None:
    path = tmp_path / name
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    with pytest.raises(UserError, match=says.replace(".", r"\.")) as told:
        read_mesh(path)
    assert "\n" not in str(told.value)


def test_a_face_outside_the_vertices_is_refused() -> None:
    with pytest.raises(ValueError, match=r"outside 0\.\.2"):
        TriangleMesh(np.zeros((3, 3)), np.array([[0, 1, 3]]))
