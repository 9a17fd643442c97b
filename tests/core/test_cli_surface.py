"""``immat surface``: crisp and reduced surfaces, what is told of them, what is refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from shapes import stool

from immat_core.cli import main
from immat_core.ma_file import write_ma


@pytest.fixture
def given(tmp_path: Path) -> Path:
    path = tmp_path / "stool.ma"
    write_ma(path, stool())
    return path


def surface(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, object]:
    assert main(["surface", *map(str, arguments), "--json"]) == 0
    told: dict[str, object] = json.loads(capsys.readouterr().out)
    return told


@pytest.mark.parametrize("crisp", [False, True])
@pytest.mark.parametrize("target", [None, 1500])
def test_every_way_is_closed_manifold_and_told(
    given: Path, capsys: pytest.CaptureFixture[str], crisp: bool, target: int | None
) -> None:
    out = given.with_suffix(".stl")
    options = ["--crisp"] * crisp + (["--target-faces", str(target)] if target else [])
    told = surface(capsys, given, "-o", out, "--voxel", 1 / 96, *options)
    mesh = told["mesh"]
    assert isinstance(mesh, dict)
    whole = {"closed": True, "edge_manifold": True, "vertex_manifold": True, "manifold": True}
    assert {**mesh, **whole, "components": 1, "genus": 4, "self_intersections": 0} == mesh
    assert 0.7 * 0.05 < mesh["smallest_thickness"] <= 0.05
    assert (told["crisp"], told["target_faces"]) == (crisp, target)
    if target is not None:
        assert target - 1 <= mesh["faces"] <= target
        assert "reduce" in told["seconds"]  # type: ignore[operator]
    triangles = np.frombuffer(out.read_bytes()[80:84], "<u4")[0]
    assert triangles == mesh["faces"] * (2 if not crisp and target is None else 1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["-o", "o.vdb", "--crisp"], "--crisp does not go with o.vdb"),
        (["-o", "o.vdb", "--target-faces", "100"], "--target-faces does not go with o.vdb"),
        (["-o", "o.ply", "--target-faces", "3"], "cannot have 3 faces"),
    ],
)
def test_wrong_use_is_told_on_a_line(
    given: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    says: str,
) -> None:
    monkeypatch.chdir(given.parent)
    assert main(["surface", str(given), *options]) == 2
    errors = capsys.readouterr().err
    assert says in errors
    assert errors.count("\n") == 1
    assert [path.name for path in given.parent.iterdir()] == ["stool.ma"]


@pytest.mark.parametrize("options", [["-o", "o.ma"], ["-o", "folder/", "--format", "ma"]])
def test_predict_refuses_a_crisp_medial_mesh_before_it_makes_anything(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["predict", "none.png", *options, "--crisp"]) == 2
    assert "holds no mesh" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
