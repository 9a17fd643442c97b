"""Readers of the corpus: each on a tiny file that the test writes, a unit square in two halves."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest

from immat_core.errors import UserError
from training.corpus.formats import SUFFIXES, Material, SourceMesh, read_source

SQUARE = [[0.0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]]
HALVES = [[0, 1, 2], [0, 2, 3]]
UV_DOWN = [[0.0, 0], [1, 0], [1, 0.25], [0, 0.25]]
UV_UP = [[0.0, 1], [1, 1], [1, 0.75], [0, 0.75]]


def no_neighbours(name: str) -> bytes | None:
    return None


def padded(text: str, length: int) -> bytes:
    return text.encode().ljust(length, b"\0")


def make_md2() -> bytes:
    """Vertices are bytes times 1/100, moved by (-1, 0, 0); two skins, of which the first counts."""
    skins = padded("models/box/skin.pcx", 64) + padded("other", 64)
    texels = struct.pack("<8h", 0, 0, 4, 0, 4, 1, 0, 1)
    triangles = struct.pack("<12H", 0, 1, 2, 0, 1, 2, 0, 2, 3, 0, 2, 3)
    frame = struct.pack("<6f16s", 0.01, 0.01, 0.01, -1, 0, 0, b"stand")
    frame += bytes([100, 0, 0, 0, 200, 0, 0, 0, 200, 100, 0, 0, 100, 100, 0, 0])
    starts = np.cumsum([68, len(skins), len(texels), len(triangles)])
    header = struct.pack("<4s16i", b"IDP2", 8, 8, 4, len(frame), 2, 4, 4, 2, 0, 1, *starts, 0, 0)
    return header + skins + texels + triangles + frame


def make_md3() -> bytes:
    shader = padded("textures/a", 64) + struct.pack("<i", 0)
    triangles = struct.pack("<6i", *HALVES[0], *HALVES[1])
    uv = struct.pack("<8f", *np.ravel(UV_DOWN))
    points = b"".join(struct.pack("<4h", *(int(64 * x) for x in p), 0) for p in SQUARE)
    starts = 108 + np.cumsum([0, len(shader), len(triangles), len(uv), len(points)])
    surface = b"IDP3" + padded("square", 64) + struct.pack("<i", 0)
    surface += struct.pack("<4i", 1, 1, 4, 2)
    surface += struct.pack("<5i", starts[1], starts[0], starts[2], starts[3], starts[4])
    surface += shader + triangles + uv + points
    header = b"IDP3" + struct.pack("<i", 15) + padded("model", 64)
    header += struct.pack("<9i", 0, 1, 0, 2, 0, 108, 108, 108, 0)
    return header + surface + surface


def make_iqm() -> bytes:
    text = b"\0square\0skin\0"
    positions = struct.pack("<12f", *np.ravel(SQUARE))
    uv = struct.pack("<8f", *np.ravel(UV_DOWN))
    triangles = struct.pack("<6I", *np.ravel(HALVES))
    at = 124 + np.cumsum([0, len(text), 24, 40, len(positions), len(uv)])
    mesh = struct.pack("<6I", 1, 8, 0, 4, 0, 2)
    arrays = struct.pack("<5I", 0, 0, 7, 3, at[3]) + struct.pack("<5I", 1, 0, 7, 2, at[4])
    header = [2, 0, 0, len(text), at[0], 1, at[1], 2, 4, at[2], 2, at[5]]
    head = b"INTERQUAKEMODEL\0" + struct.pack("<27I", *header, *[0] * 15)
    return head + text + mesh + arrays + positions + uv + triangles


def make_md5mesh() -> bytes:
    """One joint at (1, 0, 0), turned by a quarter about Z; weights stand in its frame."""
    half = -np.sqrt(0.5)  # w is negative by the format's rule, so this turns counter-clockwise
    lines = ["MD5Version 10", "numJoints 1", "numMeshes 1", "joints {"]
    lines += [f'\t"root" -1 ( 1 0 0 ) ( 0 0 {half} )\t//', "}", "mesh {", '\tshader "skins/a"']
    for i, (u, v) in enumerate(UV_DOWN):
        lines.append(f"\tvert {i} ( {u} {v} ) {i} 1")
    lines += [f"\ttri {i} {a} {b} {c}" for i, (a, b, c) in enumerate(HALVES)]
    for i, (x, y, z) in enumerate(SQUARE):
        # The inverse of the joint: (x, y) -> (y, 1 - x).
        lines.append(f"\tweight {i} 0 1.0 ( {y} {1 - x} {z} )")
    return "\n".join([*lines, "}"]).encode()


def make_pmd() -> bytes:
    rows = b"".join(struct.pack("<3f", *p) + bytes(32 + 8 * 2) for p in SQUARE)
    # 44 bytes and two texture coordinates a vertex.
    return (
        b"PSMD" + struct.pack("<4I", 4, 0, 4, 2) + rows + struct.pack("<I6H", 2, *np.ravel(HALVES))
    )


def make_spm() -> bytes:
    """Normals and colors; the third vertex has a color of four bytes, the others are white."""
    head = b"SP" + bytes([1 << 3 | 1, 1 | 2]) + bytes(24)
    names = struct.pack("<H", 1) + bytes([8]) + b"skin.png" + bytes([0])
    body = struct.pack("<HH", 1, 1) + struct.pack("<IIH", 4, 6, 0)
    for i, (point, uv) in enumerate(zip(SQUARE, UV_DOWN, strict=True)):
        body += struct.pack("<3fI", *point, 0)
        body += bytes([0, 1, 2, 3]) if i == 2 else bytes([128])
        body += struct.pack("<2e", *uv)
    return head + names + body + bytes(np.ravel(HALVES).tolist())


def make_ase() -> bytes:
    lines = ["*3DSMAX_ASCIIEXPORT\t200", "*MATERIAL_LIST {", "\t*MATERIAL 0 {"]
    lines += ["\t\t*MAP_DIFFUSE {", '\t\t\t*BITMAP "..\\textures\\a.tga"', "\t\t}", "\t}", "}"]
    lines += ["*GEOMOBJECT {", "\t*MESH {"]
    lines += [f"\t\t*MESH_VERTEX {i} {x} {y} {z}" for i, (x, y, z) in enumerate(SQUARE)]
    for i, (a, b, c) in enumerate(HALVES):
        lines.append(f"\t\t*MESH_FACE {i}:    A: {a} B: {b} C: {c} AB: 1 BC: 1 CA: 1")
    lines += [f"\t\t*MESH_TVERT {i} {u} {v} 0" for i, (u, v) in enumerate(UV_UP)]
    lines += [f"\t\t*MESH_TFACE {i} {a} {b} {c}" for i, (a, b, c) in enumerate(HALVES)]
    return "\n".join([*lines, "\t}", "\t*MATERIAL_REF 0", "}"]).encode()


def make_milkshape() -> bytes:
    lines = ["// MilkShape 3D ASCII", "", "Frames: 30", "Meshes: 1", '"square" 0 0', "4"]
    pairs = zip(SQUARE, UV_DOWN, strict=True)
    lines += [f"0 {x} {y} {z} {u} {v} -1" for (x, y, z), (u, v) in pairs]
    lines += ["1", "0 0 1", "2", *(f"0 {a} {b} {c} 0 0 0 1" for a, b, c in HALVES)]
    lines += ["Materials: 1", '"paint"', "0 0 0 1", "0.5 0.25 1 1", "0 0 0 1", "0 0 0 1"]
    return "\n".join([*lines, "0", "1", '"a.bmp"', '""', "Bones: 0"]).encode()


def check_square(mesh: SourceMesh, material: Material, *, uv: bool = True) -> None:
    np.testing.assert_allclose(mesh.vertices[:4], SQUARE, atol=1e-6)
    np.testing.assert_array_equal(mesh.faces[:2], HALVES)
    assert mesh.vertices.dtype == np.float64
    assert mesh.faces.dtype == np.int64
    assert mesh.uv.shape == (len(mesh.faces), 3, 2)
    if uv:
        np.testing.assert_allclose(mesh.uv[0], np.array(UV_UP)[HALVES[0]], atol=1e-3)
    owner = int(mesh.face_materials[0])
    assert (mesh.materials[owner] if owner >= 0 else Material()) == material


MAKERS: dict[str, tuple[Callable[[], bytes], Material]] = {
    ".md3": (make_md3, Material(texture="textures/a")),
    ".iqm": (make_iqm, Material(texture="skin")),
    ".md5mesh": (make_md5mesh, Material(texture="skins/a")),
    ".pmd": (make_pmd, Material()),
    ".spm": (make_spm, Material(texture="skin.png")),
    ".ase": (make_ase, Material(texture="..\\textures\\a.tga")),
    ".txt": (make_milkshape, Material((0.5, 0.25, 1), "a.bmp")),
}


@pytest.mark.parametrize("suffix", MAKERS)
def test_reads_a_square(suffix: str) -> None:
    make, material = MAKERS[suffix]
    mesh = read_source(make(), f"square{suffix}", no_neighbours)
    check_square(mesh, material, uv=suffix != ".pmd")
    assert len(mesh.faces) == (4 if suffix == ".md3" else 2)


def test_reads_a_scaled_frame_and_texels_of_md2() -> None:
    mesh = read_source(make_md2(), "square.md2", no_neighbours)
    check_square(mesh, Material(texture="models/box/skin.pcx"), uv=False)
    # Texel (4, 1) of 8 by 4, its middle, v upwards.
    np.testing.assert_allclose(mesh.uv[0, 2], [4.5 / 8, 1 - 1.5 / 4])


OBJ = b"""mtllib square.mtl
v 0 0 0
v 1 0 0
v 1 1 0
v 0 1 0
vt 0 1
vt 1 1
vt 1 .75
vt 0 .75
usemtl paint
f 1/1 2/2 3/3 4/4
"""


def test_reads_obj_with_its_materials() -> None:
    def find(name: str) -> bytes | None:
        return b"newmtl paint\nKd 0.5 0.25 1\n" if name == "square.mtl" else None

    mesh = read_source(OBJ, "square.obj", find)
    assert mesh.materials == (Material((0.5, 0.25, 1.0)),)
    corners = mesh.vertices[mesh.faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    assert area.sum() / 2 == pytest.approx(np.sqrt(2) / 2)
    # Texture coordinates stay with their corners: v is 1 - y / 4.
    np.testing.assert_allclose(mesh.uv[..., 1], 1 - corners[..., 1] / 4)


def test_reads_obj_without_its_materials() -> None:
    mesh = read_source(OBJ, "square.obj", no_neighbours)
    assert mesh.materials == (Material(),)


AC3D = """AC3Db
MATERIAL "paint" rgb 0.5 0.25 1  amb 0 0 0  emis 0 0 0  spec 0 0 0  shi 10  trans 0
OBJECT world
kids 2
OBJECT poly
name "body"
texture "a.png"
numvert 4
0 0 0
1 0 0
1 1 0
0 1 0
numsurf 1
SURF 0x20
mat 0
refs 4
0 0 1
1 1 1
2 1 .75
3 0 .75
kids 0
OBJECT poly
name "NAME"
numvert COUNT
POINTSnumsurf 1
SURF 0x20
mat 0
refs COUNT
REFSkids 0
"""


def make_ac3d(name: str, points: list[tuple[float, float, float]]) -> bytes:
    text = AC3D.replace("NAME", name).replace("COUNT", str(len(points)))
    text = text.replace("POINTS", "".join(f"{x} {y} {z}\n" for x, y, z in points))
    return text.replace("REFS", "".join(f"{i} 0 0\n" for i in range(len(points)))).encode()


def circle(fill: float) -> list[tuple[float, float, float]]:
    """A disc across X, or every second point of it pulled inwards."""
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = np.where(np.arange(24) % 2, 1.0, fill)
    return [
        (0.0, float(r * np.cos(a)), float(r * np.sin(a)))
        for a, r in zip(angles, reach, strict=True)
    ]


@pytest.mark.parametrize(
    ("name", "fill", "kept"),
    [
        ("hull", 1.0, True),
        ("propblur", 1.0, False),
        ("propeller", 0.1, True),
        ("wake.port", 0.1, False),
        ("LightCone", 1.0, False),
    ],
)
def test_leaves_out_what_is_no_part_of_the_object(name: str, fill: float, kept: bool) -> None:
    mesh = read_source(make_ac3d(name, circle(fill)), "plane.ac", no_neighbours)
    check_square(mesh, Material((0.5, 0.25, 1), "a.png"))
    assert len(mesh.faces) == (2 + 22 if kept else 2)


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".obj"])
def test_says_that_bytes_are_of_another_format(suffix: str) -> None:
    with pytest.raises((ValueError, UserError), match="no "):
        read_source(
            b"something else altogether, long enough for a head" * 4, f"a{suffix}", no_neighbours
        )


@pytest.mark.parametrize("suffix", MAKERS)
def test_refuses_a_face_that_names_a_missing_vertex(suffix: str) -> None:
    """Each maker ends in, or holds, the index 3; it becomes one that is too large."""
    data = MAKERS[suffix][0]()
    damaged = {
        ".md3": lambda d: d.replace(
            struct.pack("<6i", 0, 1, 2, 0, 2, 3), struct.pack("<6i", 0, 1, 2, 0, 2, 9)
        ),
        ".iqm": lambda d: d[:-4] + struct.pack("<I", 9),
        ".md5mesh": lambda d: d.replace(b"tri 1 0 2 3", b"tri 1 0 2 9"),
        ".pmd": lambda d: d[:-2] + struct.pack("<H", 9),
        ".spm": lambda d: d[:-1] + bytes([9]),
        ".ase": lambda d: d.replace(b"C: 3", b"C: 9"),
        ".txt": lambda d: d.replace(b"0 0 2 3 0 0 0 1", b"0 0 2 9 0 0 0 1"),
    }[suffix](data)
    assert damaged != data
    with pytest.raises(ValueError, match="missing vertex"):
        read_source(damaged, f"square{suffix}", no_neighbours)
