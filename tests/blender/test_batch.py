"""`blender -b -c image_to_mat`: the function behind it, as the wheel has no command line."""

from __future__ import annotations

import json

import bpy
import numpy as np
import pytest
from shapes import assert_surface_is_current, fake_predict, prediction


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "chair.png"
    path.write_bytes(b"never read: the prediction is made up")
    return path


@pytest.fixture
def batch(addon, monkeypatch):
    monkeypatch.setattr(addon.predicting, "run_networks", fake_predict())
    return addon.batch.main


def test_a_blend_file_holds_the_mat_and_its_surface(addon, batch, picture, tmp_path, capsys):
    out = tmp_path / "chair.blend"
    mat = tmp_path / "chair.ma"
    arguments = [str(picture), "-o", str(out), "--mat", str(mat), "--voxel", "0.02", "--json"]
    assert batch(arguments) == 0
    (report,) = [json.loads(x) for x in capsys.readouterr().out.splitlines() if x[:1] == "{"]
    assert report["output"] == str(out)
    assert report["mesh"]["manifold"]
    assert report["errors"] == []
    assert {"surface", "write", "topology"} <= report["seconds"].keys()
    assert mat.read_text().split()[0] == "12"
    bpy.ops.wm.open_mainfile(filepath=str(out))
    obj = bpy.data.objects["chair"]
    assert obj.immat.is_mat
    assert obj.immat.surface.name == "chair Surface"
    assert len(obj.immat.surface.data.polygons) == report["mesh"]["faces"]
    assert_surface_is_current(addon, obj)
    assert sorted(o.name for o in bpy.data.objects) == ["chair", "chair Surface"]
    assert not [path.name for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_thresholds_and_stage_are_taken(addon, batch, picture, tmp_path):
    out = tmp_path / "chair.blend"
    arguments = ["--edge-threshold", "0.7", "--face-threshold", "0.9", "--stage", "initial"]
    assert batch([str(picture), "-o", str(out), *arguments]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(out))
    obj = bpy.data.objects["chair"]
    expected = prediction().stage("initial").medial_mesh(0.7, 0.9)
    read = addon.bridge.read_medial_mesh(obj)
    np.testing.assert_array_equal(read.faces, expected.faces)
    np.testing.assert_array_equal(read.radii, expected.radii)
    assert obj.immat.stage == "initial"


def test_one_bad_picture_does_not_stop_the_others(addon, monkeypatch, tmp_path, capsys):
    from immat_core.errors import UserError

    def predict(request, progress, should_cancel):
        if request.picture.endswith("bad.png"):
            raise UserError("bad.png is no picture", "Give another")
        return fake_predict()(request, progress, should_cancel)

    monkeypatch.setattr(addon.predicting, "run_networks", predict)
    out = tmp_path / "out"
    names = [str(tmp_path / f"{name}.png") for name in ("one", "bad", "two")]
    assert addon.batch.main([*names, "-o", str(out)]) == 2
    assert sorted(path.name for path in out.iterdir()) == ["one.blend", "two.blend"]
    assert capsys.readouterr().err.strip() == "image_to_mat: bad.png is no picture. Give another"


def test_a_bug_outranks_a_bad_picture(addon, monkeypatch, picture, tmp_path):
    def predict(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(addon.predicting, "run_networks", predict)
    assert addon.batch.main([str(picture), "-o", str(tmp_path / "chair.blend")]) == 1
    assert not (tmp_path / "chair.blend").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["picture.png"],
        ["picture.png", "-o", "out.xyz"],
        ["picture.png", "-o", "no/such/folder/out.blend"],
        ["picture.png", "-o", "out.blend", "--voxel", "0"],
        ["picture.png", "-o", "out.blend", "--spheres", "3"],
        ["picture.png", "-o", "out.blend", "--stage", "last"],
        ["picture.png", "-o", "out.blend", "--format", "blend"],
        ["one.png", "two.png", "-o", "out", "--mask", "mask.png"],
        ["a/one.png", "b/one.png", "-o", "out"],
        ["missing.png", "-o", "out.glb"],
    ],
)
def test_wrong_use_is_one_line_and_code_2(addon, batch, arguments, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert batch(arguments) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not list(tmp_path.glob("*.*"))


def test_help_is_no_error(batch, capsys):
    assert batch(["--help"]) == 0
    assert "--edge-threshold" in capsys.readouterr().out
