"""``immat fit`` as scripts see it: files, reports, exit codes, and going on where it stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

import immat_core.fit
from immat_core.cli import main
from immat_core.fit import FitReport, FitResult
from immat_core.ma_file import read_ma
from immat_core.medial_mesh import MedialMesh

ROOT = Path(__file__).parents[2]
COUNTS = (1, 0, 0)


@pytest.fixture
def box(tmp_path: Path) -> Path:
    trimesh.creation.box((1, 2, 3)).export(tmp_path / "box.obj")
    return tmp_path / "box.obj"


@pytest.fixture
def ball(tmp_path: Path) -> Path:
    trimesh.creation.icosphere(radius=2).export(tmp_path / "ball.ply")
    return tmp_path / "ball.ply"


@pytest.fixture
def fitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A stand-in for the fit: a row of spheres; returns what it was asked for."""
    asked: list[dict[str, Any]] = []

    def fake(
        vertices: np.ndarray, faces: np.ndarray, spheres: int = 256, *, seed: int = 0
    ) -> FitResult:
        asked.append(
            {"spheres": spheres, "seed": seed, "bounds": (vertices.min(0), vertices.max(0))}
        )
        diagonal = float(np.linalg.norm(np.ptp(vertices, axis=0)))
        centers = np.zeros((spheres, 3))
        centers[:, 0] = np.linspace(-0.2, 0.2, spheres) * diagonal
        edges = np.stack([np.arange(spheres - 1), np.arange(1, spheres)], 1)
        mat = MedialMesh(centers, np.full(spheres, 0.1 * diagonal), edges)
        report = FitReport(COUNTS, COUNTS, 0.001, 0.004, 0.01, {"shell": 0.5}, ("betti_differ",))
        points = np.zeros((4, 3), np.float32)
        return FitResult(mat, points, points, points, report)

    monkeypatch.setattr(immat_core.fit, "fit_medial_mesh", fake)
    return asked


def fit(*arguments: object) -> int:
    return main(["fit", *map(str, arguments)])


def objects(text: str) -> list[dict[str, Any]]:
    """The JSON objects of several lines."""
    return [json.loads(line) for line in text.splitlines()]


def test_one_mesh(
    tmp_path: Path, box: Path, fitted: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "box.ma"
    surface = tmp_path / "box-again.stl"
    assert fit(box, "-o", out, "--spheres", 20, "--seed", 3, "--surface", surface, "--json") == 0
    (told,) = objects(capsys.readouterr().out)
    assert told["errors"] == []
    assert (told["input"], told["output"], told["surface"]) == (str(box), str(out), str(surface))
    assert (told["spheres"], told["edges"], told["faces"]) == (20, 19, 0)
    assert told["mesh"]["manifold"]
    assert told["fit"] == {
        "betti_solid": [1, 0, 0],
        "betti_mat": [1, 0, 0],
        "mean_error": 0.001,
        "q99_error": 0.004,
        "max_error": 0.01,
        "flags": ["betti_differ"],
    }
    assert set(told["seconds"]) == {"load", "shell", "surface", "write"}
    assert (fitted[0]["spheres"], fitted[0]["seed"]) == (20, 3)
    assert len(read_ma(out).radii) == 20
    assert surface.stat().st_size > 1000
    # A file that is named is written anew each time: no report decides otherwise.
    assert fit(box, "-o", out, "--spheres", 20) == 0
    assert len(fitted) == 2
    assert "20 spheres, 19 edges, 0 faces, mean error 0.100%" in capsys.readouterr().out
    assert {file.name for file in tmp_path.iterdir()} == {"box.obj", "box.ma", "box-again.stl"}


def test_the_axis_that_points_up(tmp_path: Path, box: Path, fitted: list[dict[str, Any]]) -> None:
    for up in ("y", "z"):
        assert fit(box, "-o", tmp_path / "box.ma", "--spheres", 20, "--up", up) == 0
    assert [asked["bounds"][1].tolist() for asked in fitted] == [[0.5, 1.5, 1], [0.5, 1, 1.5]]


@pytest.mark.slow
def test_several_meshes_and_one_is_bad(
    tmp_path: Path,
    box: Path,
    ball: Path,
    fitted: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = tmp_path / "bad.stl"
    bad.write_bytes(b"solid nothing")
    folder, sheet = tmp_path / "out", tmp_path / "sheet.png"
    arguments = [box, bad, ball, "-o", folder, "--spheres", 20, "--jobs", 1, "--json"]
    more = ["--sheet", sheet, "--surface", folder]
    assert fit(*arguments, *more) == 2
    out, err = capsys.readouterr()
    told = objects(out)
    assert [t["input"] for t in told] == [str(box), str(bad), str(ball)]
    assert [bool(t["errors"]) for t in told] == [False, True, False]
    assert err.count("\n") == 1
    assert "bad.stl" in err
    names = {"box.ma", "ball.ma", "box.ply", "ball.ply", "report.jsonl"}
    assert {file.name for file in folder.iterdir()} == names
    report = objects((folder / "report.jsonl").read_text())
    assert [line.pop("key", "") != "" for line in report] == [True, True]
    assert report == [told[0], told[2]]
    with Image.open(sheet) as picture:
        assert picture.size == (2 * 3 * 192, 192 + 14)


@pytest.mark.slow
def test_what_is_done_is_skipped_until_it_changes(
    tmp_path: Path,
    box: Path,
    ball: Path,
    fitted: list[dict[str, Any]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = tmp_path / "out"
    arguments = [box, ball, "-o", folder, "--jobs", 1, "--spheres"]
    assert fit(*arguments, 20) == 0
    before = {file: file.read_bytes() for file in folder.iterdir()}
    assert fit(*arguments, 20, "--json") == 0
    assert len(fitted) == 2
    last = objects(capsys.readouterr().out.split("\n", 2)[2])
    assert [line["skipped"] for line in last] == [True, True]
    assert {file: file.read_bytes() for file in folder.iterdir()} == before

    def again(change: Callable[[], object], *more: object) -> int:
        count = len(fitted)
        change()
        assert fit(*arguments, 20, *more) == 0
        return len(fitted) - count

    assert again((folder / "box.ma").unlink) == 1
    assert again(lambda: trimesh.creation.box((1, 1, 1)).export(box)) == 1
    assert again(lambda: None, "--seed", 1) == 2
    assert again(lambda: None, "--seed", 1, "--surface", folder) == 2
    assert again(lambda: None, "--seed", 1) == 0
    report = folder / "report.jsonl"
    whole = report.read_text()
    # As a kill in the middle of a line leaves it.
    assert again(lambda: report.write_text(whole[:-30]), "--seed", 1) == 1
    assert len({line["output"] for line in objects(report.read_text())}) == 2


WRONG = {
    "a suffix that is no medial mesh": ["-o", "{tmp}/out.ply"],
    "no such folder": ["-o", "{tmp}/no/out.ma"],
    "spheres": ["-o", "{tmp}/out.ma", "--spheres", "0"],
    "seed": ["-o", "{tmp}/out.ma", "--seed", "-1"],
    "processes": ["-o", "{tmp}/out.ma", "--jobs", "0"],
    "voxel": ["-o", "{tmp}/out.ma", "--voxel", "2"],
    "axis": ["-o", "{tmp}/out.ma", "--up", "x"],
    "sheet": ["-o", "{tmp}/out.ma", "--sheet", "{tmp}/sheet.gif"],
    "report in no folder": ["-o", "{tmp}/out.ma", "--report", "{tmp}/no/report.jsonl"],
    "report that is something else": ["-o", "{tmp}/out.ma", "--report", "{tmp}/box.obj"],
    "no output": [],
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_line_and_writes_nothing(
    tmp_path: Path, box: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = {file: file.read_bytes() for file in tmp_path.rglob("*")}
    assert fit(box, *(a.format(tmp=tmp_path) for a in WRONG[name])) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert {file: file.read_bytes() for file in tmp_path.rglob("*")} == before


def test_a_bug_is_told_in_full_and_the_others_go_on(
    tmp_path: Path,
    box: Path,
    ball: Path,
    fitted: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    good = immat_core.fit.fit_medial_mesh

    def broken(vertices: np.ndarray, *arguments: Any, **more: Any) -> FitResult:
        if vertices.max() == 2:
            raise ZeroDivisionError
        return good(vertices, *arguments, **more)

    monkeypatch.setattr(immat_core.fit, "fit_medial_mesh", broken)
    assert fit(ball, box, "-o", tmp_path / "out", "--spheres", 20, "--jobs", 1) == 1
    out, err = capsys.readouterr()
    assert "ZeroDivisionError" in err
    assert "box.ma" in out


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_and_leaves_no_half_file(tmp_path: Path) -> None:
    """The real program and the real fit, in two processes."""
    meshes = []
    for index in range(4):
        meshes.append(tmp_path / f"box{index}.obj")
        trimesh.creation.box((1, 2, 3 + index)).export(meshes[-1])
    folder = tmp_path / "out"
    command = [sys.executable, "-m", "immat_core", "fit", *map(str, meshes), "-o", str(folder)]
    command += ["--spheres", "64", "--jobs", "2", "--json"]
    started = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    report = folder / "report.jsonl"
    end = time.monotonic() + 240
    while time.monotonic() < end and not (report.exists() and report.read_text()):
        time.sleep(0.05)
    os.killpg(started.pid, signal.SIGKILL)
    started.communicate()
    kept = {line["output"] for line in objects(report.read_text())}
    assert 1 <= len(kept) < 4
    for path in folder.glob("*.ma"):
        assert path.name.startswith(".") or len(read_ma(path).radii) == 64
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    told = objects(done.stdout)
    assert {line["output"] for line in told if line.get("skipped")} == kept
    assert {line["input"] for line in told} == set(map(str, meshes))
    for line in told:
        assert line["fit"]["betti_mat"] == line["fit"]["betti_solid"] == [1, 0, 0]
        mat = read_ma(line["output"])
        assert len(mat.radii) == 64
        number = int(Path(line["input"]).stem[3:])
        # 64 spheres leave flat sides a little bulging: a share of the diagonal, whatever the side.
        sides = np.array([1, 2, 3 + number])
        off = np.abs(np.ptp(mat.bounds, axis=0) - sides)
        assert off.max() < 0.015 * np.linalg.norm(sides)
