"""`blender -b -c image_to_mat` in the real program: files, exit codes, one line an error."""

from __future__ import annotations

import json
import struct
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from conftest import Blender

SCRIPT = Path(__file__).parent / "read_blend.py"


def report_of(stdout: str) -> dict[str, Any]:
    """The one line of JSON among what Blender itself prints."""
    lines = [line for line in stdout.splitlines() if line.startswith("{")]
    assert len(lines) == 1
    report = json.loads(lines[0])
    assert isinstance(report, dict)
    return report


def edge_uses(faces: list[list[int]]) -> Counter[tuple[int, int]]:
    """How often each directed edge is walked along."""
    return Counter((a, b) for face in faces for a, b in zip(face, face[1:] + face[:1], strict=True))


def test_validator_accepts_the_zip(blender: Blender, zip_path: Path) -> None:
    done = blender.run("--command", "extension", "validate", zip_path)
    assert done.code == 0, done.stdout + done.stderr


def test_obj_is_the_closed_mesh_that_the_report_tells(
    blender: Blender, chair: Path, tmp_path: Path
) -> None:
    out = tmp_path / "chair.obj"
    done = blender.run("-b", "-c", "image_to_mat", chair, "-o", out, "--json")
    assert done.code == 0, done.stderr
    report = report_of(done.stdout)
    lines = [line.split() for line in out.read_text("utf-8").splitlines() if line]
    vertices = [line for line in lines if line[0] == "v"]
    faces = [[int(i.split("/")[0]) for i in line[1:]] for line in lines if line[0] == "f"]
    assert report["output"] == str(out)
    assert report["spheres"] == 256
    assert report["mesh"]["closed"]
    assert report["mesh"]["manifold"]
    assert (len(vertices), len(faces)) == (report["mesh"]["vertices"], report["mesh"]["faces"])
    uses = edge_uses(faces)
    # closed and wound one way: every edge is walked along once in each direction
    assert all(count == 1 and uses[b, a] == 1 for (a, b), count in uses.items())


def test_blend_holds_the_mat_and_its_surface(blender: Blender, chair: Path, tmp_path: Path) -> None:
    out = tmp_path / "chair.blend"
    done = blender.run("-b", "-c", "image_to_mat", chair, "-o", out, "--json", "--spheres", "128")
    assert done.code == 0, done.stderr
    report = report_of(done.stdout)
    assert report["spheres"] == 128
    result = tmp_path / "objects.json"
    read = blender.run("-b", out, "--python-exit-code", "1", "--python", SCRIPT, "--", result)
    assert read.code == 0, read.stderr
    objects = json.loads(result.read_text("utf-8"))
    mat = next(entry for entry in objects if entry["is_mat"])
    assert mat["vertices"] == 128 == mat["radii"]
    assert mat["smallest_radius"] > 0
    assert mat["edges"] >= report["edges"]
    assert mat["faces"] == report["faces"]
    surface = next(entry for entry in objects if entry["name"] == mat["surface"])
    assert surface["vertices"] == report["mesh"]["vertices"]
    assert surface["open_edges"] == 0
    assert surface["volume"] == pytest.approx(report["mesh"]["volume"], rel=1e-3)


def test_glb_holds_one_mesh(blender: Blender, chair: Path, tmp_path: Path) -> None:
    out = tmp_path / "chair.glb"
    done = blender.run("-b", "-c", "image_to_mat", chair, "-o", out, "--voxel", "0.02")
    assert done.code == 0, done.stderr
    data = out.read_bytes()
    magic, version, length = struct.unpack_from("<4sII", data)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    header = json.loads(data[20 : 20 + struct.unpack_from("<I", data, 12)[0]])
    assert len(header["meshes"]) == 1
    primitive = header["meshes"][0]["primitives"][0]
    assert header["accessors"][primitive["indices"]]["count"] % 6 == 0
    assert header["accessors"][primitive["attributes"]["POSITION"]]["count"] > 100


def test_one_bad_picture_does_not_stop_the_others(
    blender: Blender, chair: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "torn.png"
    bad.write_bytes(chair.read_bytes()[:200])
    out = tmp_path / "shapes"
    done = blender.run("-b", "-c", "image_to_mat", bad, chair, "-o", out, "--format", "ply")
    assert done.code == 2
    assert [path.name for path in out.iterdir()] == ["chair.ply"]
    assert "Traceback" not in done.stderr
    assert len([line for line in done.stderr.splitlines() if "torn.png" in line]) in {1, 2}


@pytest.mark.parametrize("content", [b"", b"not a picture", None], ids=["empty", "text", "absent"])
def test_bad_picture_is_one_line_and_code_2(
    blender: Blender, tmp_path: Path, content: bytes | None
) -> None:
    bad = tmp_path / "bad.png"
    if content is not None:
        bad.write_bytes(content)
    out = tmp_path / "bad.glb"
    done = blender.run("-b", "-c", "image_to_mat", bad, "-o", out)
    assert done.code == 2
    told = [line for line in done.stderr.splitlines() if "bad.png" in line]
    assert len(told) == 1
    assert "Traceback" not in done.stderr + done.stdout
    assert not list(tmp_path.glob("bad.glb*"))


def test_wrong_use_is_code_2(blender: Blender, chair: Path, tmp_path: Path) -> None:
    done = blender.run("-b", "-c", "image_to_mat", chair, "-o", tmp_path / "chair.docx")
    assert done.code == 2
    assert "Traceback" not in done.stderr + done.stdout
    assert list(tmp_path.iterdir()) == []
