"""Readers of AC3D and 3D Studio files: places, strips, materials and damaged files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from immat_core.errors import UserError
from immat_core.mesh_reader.ac3d import parse_ac3d, read_ac3d
from immat_core.mesh_reader.studio_3ds import parse_3ds, read_studio_3ds

AC3D = """AC3Db
MATERIAL "red paint" rgb 1 0 0  amb 0.2 0.2 0.2  emis 0 0 0  spec 0 0 0  shi 10  trans 0
MATERIAL "blue"rgb 0 0 1  amb 0.2 0.2 0.2  emis 0 0 0  spec 0 0 0  shi 10  trans 0
OBJECT world
kids 2
OBJECT group
name "frame"
data 9
two
lines
loc 10 0 0
rot 0 1 0 -1 0 0 0 0 1
kids 1
OBJECT poly
name "quad"
texture "skin.png"
loc 0 0 5

numvert 4
0 0 0
1 0 0

1 1 0
0 1 0
numsurf 2
SURF 0x20
mat 1
refs 4
0 0 0
1 1 0
2 1 1
3 0 1
SURF 0x2
mat 0
refs 2
0 0 0
1 1 1
kids 0
OBJECT poly
name "strip"
texture empty tiled
numvert 4
0 0 0 0 0 1
1 0 0 0 0 1
0 1 0 0 0 1
1 1 0 0 0 1
numsurf 1
SURF 0x14
mat 0
refs 4
0 0 0 0 0 0 0 0 0
1 1 0 0 0 0 0 0 0
2 0 1 0 0 0 0 0 0
3 1 1 0 0 0 0 0 0
kids 0
"""


def test_ac3d_places_children_in_their_parents(tmp_path: Path) -> None:
    """The group's rows are where its axes go: x becomes y, y becomes -x."""
    path = tmp_path / "shape.ac"
    path.write_text(AC3D)
    mesh = read_ac3d(path)
    assert mesh.vertices.dtype == np.float64
    assert mesh.faces.dtype == np.int64
    quad = [[10, 0, 5], [10, 1, 5], [9, 1, 5], [9, 0, 5]]
    strip = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]]
    np.testing.assert_allclose(mesh.vertices, quad + strip)
    np.testing.assert_array_equal(mesh.faces, [[0, 1, 2], [0, 2, 3], [4, 5, 6], [6, 5, 7]])


def test_ac3d_keeps_materials_textures_and_their_coordinates() -> None:
    file = parse_ac3d(AC3D.encode(), "shape.ac")
    quad, strip = (part for part in file.parts if len(part.faces))
    np.testing.assert_array_equal(file.materials, [[1, 0, 0], [0, 0, 1]])
    assert (quad.name, quad.texture) == ("quad", "skin.png")
    assert (strip.name, strip.texture) == ("strip", "")
    np.testing.assert_array_equal(quad.materials, [1, 1])
    np.testing.assert_array_equal(quad.uv[1], [[0, 0], [1, 1], [0, 1]])
    np.testing.assert_array_equal(strip.materials, [0, 0])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("solid x", "no AC3D file"),
        (AC3D[: AC3D.index("refs 4")], "ends too early"),
        (AC3D.replace("0 1 0\nnumsurf", "0 y 0\nnumsurf"), "damaged near line"),
        (AC3D.replace("3 0 1\nSURF", "9 0 1\nSURF"), "missing vertex"),
        ("AC3Db\nOBJECT world\nkids 0\n", "holds no surface"),
    ],
)
def test_ac3d_says_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "shape.ac"
    path.write_text(text)
    with pytest.raises(UserError, match=told):
        read_ac3d(path)


def test_ac3d_nests_deeper_than_python_recurses(tmp_path: Path) -> None:
    path = tmp_path / "deep.ac"
    nest = "OBJECT group\nloc 1 0 0\nkids 1\n" * 3000
    path.write_text(
        f"AC3Db\n{nest}OBJECT poly\nnumvert 3\n0 0 0\n1 0 0\n0 1 0\n"
        "numsurf 1\nSURF 0x0\nmat 0\nrefs 3\n0 0 0\n1 0 0\n2 0 0\nkids 0\n"
    )
    assert read_ac3d(path).vertices[0, 0] == 3000


def _chunk(kind: int, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack("<HI", kind, 6 + len(body)) + body


def _studio_3ds(face_index: int = 2) -> bytes:
    material = _chunk(
        0xAFFF,
        _chunk(0xA000, b"paint\0"),
        _chunk(0xA020, _chunk(0x0011, bytes([255, 0, 51]))),
        _chunk(0xA200, _chunk(0xA300, b"SKIN.BMP\0")),
    )
    points = struct.pack("<H12f", 4, 0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0)
    uv = struct.pack("<H8f", 4, 0, 0, 1, 0, 1, 1, 0, 1)
    faces = struct.pack("<H8H", 2, 0, 1, face_index, 7, 0, 2, 3, 7)
    group = _chunk(0x4130, b"paint\0", struct.pack("<HH", 1, 1))
    # Faces before vertices, as some exporters write them.
    mesh = _chunk(0x4100, _chunk(0x4120, faces, group), _chunk(0x4110, points), _chunk(0x4140, uv))
    body = _chunk(0x4000, b"plate\0", mesh)
    return _chunk(0x4D4D, _chunk(0x0002, b"\3\0\0\0"), _chunk(0x3D3D, material, body, body))


def test_3ds_reads_all_objects(tmp_path: Path) -> None:
    path = tmp_path / "shape.3ds"
    path.write_bytes(_studio_3ds())
    mesh = read_studio_3ds(path)
    plate = [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
    np.testing.assert_array_equal(mesh.vertices, plate + plate)
    np.testing.assert_array_equal(mesh.faces, [[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]])


def test_3ds_keeps_materials_textures_and_their_coordinates() -> None:
    file = parse_3ds(_studio_3ds(), "shape.3ds")
    assert file.materials["paint"].color == pytest.approx((1, 0, 0.2))
    assert file.materials["paint"].texture == "SKIN.BMP"
    assert file.parts[0].materials == ("", "paint")
    np.testing.assert_array_equal(file.parts[0].uv[1], [[0, 0], [1, 1], [0, 1]])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "no 3D Studio file"),
        (b"BM0000000", "no 3D Studio file"),
        (_studio_3ds(face_index=4), "missing vertex"),
        (_chunk(0x4D4D, _chunk(0x3D3D)), "holds no surface"),
        (_studio_3ds()[:-30], "damaged"),
    ],
)
def test_3ds_says_what_is_wrong(tmp_path: Path, data: bytes, told: str) -> None:
    path = tmp_path / "shape.3ds"
    path.write_bytes(data)
    with pytest.raises(UserError, match=told):
        read_studio_3ds(path)
