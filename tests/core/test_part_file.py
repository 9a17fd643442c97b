"""Surfaces in parts as files, read back by their formats' own rules."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import shapes
import trimesh

from immat_core.cli import main
from immat_core.colors import PART_SHADES, heat_colors, part_colors, to_bytes
from immat_core.errors import UserError
from immat_core.gltf_binary import GltfReader, turned_back
from immat_core.ma_file import write_ma
from immat_core.part_file import part_mesh, write_parts
from immat_core.segmentation import segment_spheres
from immat_core.surface import build_surface
from immat_core.surface.checks import check_polygons


@pytest.fixture(scope="module")
def parts():
    mat = shapes.stool()
    return part_mesh(mat, segment_spheres(mat), build_surface(mat, 1 / 40))


def test_ply_has_face_colors_and_part_numbers(parts, tmp_path):
    write_parts(tmp_path / "stool.ply", parts)

    loaded = trimesh.load(tmp_path / "stool.ply", process=False)
    data = loaded.metadata["_ply_raw"]["face"]["data"]
    np.testing.assert_array_equal(data["part"], parts.face_parts + 1)
    for channel, name in enumerate(("red", "green", "blue")):
        expected = to_bytes(part_colors(parts.face_parts + 1))[:, channel]
        np.testing.assert_array_equal(data[name], expected)


def test_obj_has_a_group_a_part(parts, tmp_path):
    write_parts(tmp_path / "stool.obj", parts)

    text = (tmp_path / "stool.obj").read_text()
    groups = re.split(r"^g part_(\d+)$", text, flags=re.MULTILINE)
    assert text.count("\nv ") + 1 == len(parts.surface.vertices)
    assert [int(number) for number in groups[1::2]] == [1, 2, 3, 4, 5]
    counts = [group.count("\nf ") for group in groups[2::2]]
    np.testing.assert_array_equal(counts, np.bincount(parts.face_parts))
    first = [int(index) for index in groups[2].split("\n")[1].split()[1:]]
    expected = parts.surface.faces[parts.face_parts == 0][0] + 1
    np.testing.assert_array_equal(first, expected)


def test_glb_has_a_primitive_and_a_material_a_part(parts, tmp_path):
    write_parts(tmp_path / "stool.glb", parts)

    file = GltfReader(tmp_path / "stool.glb")
    primitives = file.document["meshes"][0]["primitives"]
    assert [p["extras"]["part"] for p in primitives] == [1, 2, 3, 4, 5]
    assert [m["name"] for m in file.document["materials"]] == [f"part {k}" for k in range(1, 6)]
    vertices = turned_back(file.array(primitives[0]["attributes"]["POSITION"]))
    np.testing.assert_array_equal(vertices, parts.surface.vertices)
    triangles = np.concatenate([file.array(p["indices"]).reshape(-1, 3) for p in primitives])
    assert check_polygons(vertices, triangles.astype(np.int64)).manifold
    assert len(trimesh.load(tmp_path / "stool.glb").geometry) == 5


def test_json_tells_the_parts_of_all_spheres(parts, tmp_path):
    write_parts(tmp_path / "stool.json", parts)

    told = json.loads((tmp_path / "stool.json").read_text())
    np.testing.assert_array_equal(told["sphere_parts"], parts.segmentation.parts + 1)
    seat = told["parts"][0]
    assert (seat["kind"], seat["spheres"]) == ("sheet", 25)
    assert seat["thickness"] == pytest.approx([0.07, 0.07])
    assert sum(part["faces"] for part in told["parts"]) == len(parts.surface.faces)


def test_another_suffix_is_told(parts, tmp_path):
    with pytest.raises(UserError, match=r"\.stl"):
        write_parts(tmp_path / "stool.stl", parts)


def test_colors_of_parts_differ_and_stay():
    colors = part_colors(np.arange(PART_SHADES))
    assert len(np.unique(to_bytes(colors), axis=0)) == PART_SHADES
    apart = np.linalg.norm(colors[1:9, None] - colors[1:9], axis=2) + np.eye(8)
    assert apart.min() > 0.15
    np.testing.assert_array_equal(part_colors(PART_SHADES + 3), part_colors(3))
    assert ((colors >= 0) & (colors <= 1)).all()
    thin, thick = heat_colors([-1.0, 2.0])
    np.testing.assert_array_equal(heat_colors([0.0, 1.0]), [thin, thick])
    assert (np.diff(heat_colors(np.linspace(0, 1, 50)).sum(1)) > -0.02).all()


def test_the_command_line_segments(tmp_path, capsys):
    write_ma(tmp_path / "stool.ma", shapes.stool())
    arguments = [str(tmp_path / "stool.ma"), "-o", str(tmp_path / "parts.glb"), "--voxel", "0.025"]

    assert main(["segment", *arguments, "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert [part["kind"] for part in told["parts"]] == ["sheet", *["curve"] * 4]
    assert told["spheres"] == 49
    assert told["mesh"]["closed"]
    assert (tmp_path / "parts.glb").exists()
    assert main(["segment", *arguments, "--smallest", "100"]) == 0
    assert "1 parts" in capsys.readouterr().out
    wrong = [str(tmp_path / "stool.ma"), "-o", str(tmp_path / "parts.vdb")]
    assert main(["segment", *wrong]) == 2
    assert capsys.readouterr().err.count("\n") == 1
