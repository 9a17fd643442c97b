"""The command line as scripts see it: files, exit codes, one line an error, one object an input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_engine import FakeEngine
from PIL import Image

from immat_core.cli import main
from immat_core.ma_file import read_ma, write_ma
from immat_core.medial_mesh import MedialMesh

ROOT = Path(__file__).parents[2]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    pixels = np.zeros((300, 400, 4), np.uint8)
    pixels[50:250, 100:300] = (200, 30, 30, 255)
    Image.fromarray(pixels).save(tmp_path / "square.png")
    return tmp_path / "square.png"


@pytest.fixture
def capsule(tmp_path: Path) -> Path:
    mat = MedialMesh([[-0.2, 0, 0], [0.2, 0, 0]], [0.1, 0.1], np.array([[0, 1]]))
    write_ma(tmp_path / "capsule.ma", mat)
    return tmp_path / "capsule.ma"


def immat(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The real program in a process of its own."""
    command = [sys.executable, "-m", "immat_core", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60)


def predict(*arguments: object) -> int:
    return main(["predict", *map(str, arguments)], engine=FakeEngine())


@pytest.mark.parametrize("suffix", ["ply", "obj", "stl", "glb", "vdb", "ma"])
def test_every_format_of_predict(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    out = tmp_path / f"out.{suffix}"
    assert predict(image, "-o", out, "--mat", tmp_path / "m.ma", "--voxel", "0.02", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert out.stat().st_size > 1000
    assert {"input", "output", "seconds", "spheres", "edges", "faces", "mesh"} <= set(told)
    assert told["input"] == str(image)
    assert told["output"] == str(out)
    mat = read_ma(tmp_path / "m.ma")
    assert told["spheres"] == len(mat.radii) == 256
    assert told["edges"] == len(mat.edges) == 256
    assert told["mask"] == "alpha"
    assert told["errors"] == []
    steps = {"load", "image2sphere", "refinement", "topology", "camera", "smoothing", "write"}
    assert set(told["seconds"]) == steps | (set() if suffix == "ma" else {"surface"})
    if suffix == "ma":
        assert told["mesh"] is None
        return
    mesh = told["mesh"]
    assert (mesh["closed"], mesh["manifold"], mesh["components"], mesh["genus"]) == (
        True,
        True,
        1,
        1,
    )


def test_several_images_and_one_is_bad(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "a" / "b"
    copy = tmp_path / "other" / "square.png"
    copy.parent.mkdir()
    copy.write_bytes(image.read_bytes())
    missing = tmp_path / "missing.png"
    code = predict(
        image,
        missing,
        copy,
        "-o",
        folder,
        "--format",
        "obj",
        "--mat",
        folder,
        "--voxel",
        0.02,
        "--json",
    )
    assert code == 2
    out, err = capsys.readouterr()
    told = [json.loads(line) for line in out.splitlines()]
    assert [t["input"] for t in told] == [str(image), str(missing), str(copy)]
    assert [bool(t["errors"]) for t in told] == [False, True, False]
    assert err.count("\n") == 1
    assert "missing.png does not exist" in err
    names = {"square.obj", "square-2.obj", "square.ma", "square-2.ma"}
    assert {file.name for file in folder.iterdir()} == names


def test_the_same_arguments_write_the_same_bytes(tmp_path: Path, image: Path) -> None:
    written = []
    for name in ("one.ply", "two.ply"):
        assert predict(image, "-o", tmp_path / name, "--spheres", 90, "--voxel", 0.02) == 0
        written.append((tmp_path / name).read_bytes())
    assert written[0] == written[1]


def test_a_fit_to_the_mask_covers_it_better_and_says_so(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {}
    for name, options in {"plain": [], "fitted": ["--fit-mask"]}.items():
        out = tmp_path / f"{name}.ma"
        assert predict(image, "-o", out, "--json", *options) == 0
        told[name] = json.loads(capsys.readouterr().out)
    plain, fitted = told["plain"], told["fitted"]
    assert "fit" in fitted["seconds"]
    assert "fit" not in plain["seconds"]
    assert "iou_before" not in plain
    assert fitted["iou_before"] == plain["iou"]
    assert 0 < plain["iou"] + 0.03 < fitted["iou"] <= 1
    assert fitted["camera"]["crop"] == plain["camera"]["crop"]
    assert fitted["camera"] != plain["camera"]
    before, after = (read_ma(tmp_path / f"{name}.ma") for name in ("plain", "fitted"))
    assert len(before.edges) == len(after.edges)
    assert not np.array_equal(before.centers, after.centers)


WRONG = {
    "a suffix that nobody writes": ["-o", "{tmp}/out.xyz"],
    "a .blend without Blender": ["-o", "{tmp}/out.blend"],
    "no such folder": ["-o", "{tmp}/no/out.ply"],
    "spheres": ["-o", "{tmp}/out.ply", "--spheres", "5"],
    "threshold": ["-o", "{tmp}/out.ply", "--edge-threshold", "2"],
    "voxel": ["-o", "{tmp}/out.ply", "--voxel", "nan"],
    "stage": ["-o", "{tmp}/out.ply", "--stage", "last"],
    "no output": [],
    "not a number": ["-o", "{tmp}/out.ply", "--seed", "x"],
    "mask missing": ["-o", "{tmp}/out.ply", "--mask", "{tmp}/mask.png"],
    "format beside a file": ["-o", "{tmp}/out.ply", "--format", "obj"],
    "over the input": ["-o", "{tmp}/square.ma", "--mat", "{tmp}/square.png"],
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_use_is_one_line_and_writes_nothing(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert predict(image, *(a.format(tmp=tmp_path) for a in WRONG[name])) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


def test_one_mask_for_several_images_is_wrong_use(tmp_path: Path, image: Path) -> None:
    assert predict(image, image, "-o", tmp_path / "d", "--mask", image) == 2
    assert not (tmp_path / "d").exists()


def test_a_bug_is_told_in_full_and_the_others_go_on(
    tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Broken(FakeEngine):
        def _smoothing(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            if self.calls.count("smoothing") == 1:
                raise ZeroDivisionError
            return super()._smoothing(inputs)

    arguments = ["predict", str(image), str(image), "-o", str(tmp_path / "d"), "--voxel", "0.02"]
    assert main(arguments, engine=Broken()) == 1
    assert "ZeroDivisionError" in capsys.readouterr().err
    assert [file.name for file in (tmp_path / "d").iterdir()] == ["square-2.ply"]


def test_interrupted(tmp_path: Path, image: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Stopped(FakeEngine):
        def _refinement(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            raise KeyboardInterrupt

    assert main(["predict", str(image), "-o", str(tmp_path / "o.ply")], engine=Stopped()) == 130
    assert capsys.readouterr().err == "immat predict: interrupted\n"
    assert not (tmp_path / "o.ply").exists()


@pytest.mark.parametrize("suffix", ["ply", "obj", "stl", "glb", "vdb"])
def test_surface_in_a_process_of_its_own(tmp_path: Path, capsule: Path, suffix: str) -> None:
    out = tmp_path / f"out.{suffix}"
    done = immat("surface", capsule, "-o", out, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    mesh = told["mesh"]
    assert (mesh["closed"], mesh["manifold"], mesh["components"], mesh["genus"]) == (
        True,
        True,
        1,
        0,
    )
    exact = np.pi * 0.1**2 * 0.4 + 4 / 3 * np.pi * 0.1**3
    assert mesh["volume"] == pytest.approx(exact, rel=0.02)
    assert (told["spheres"], told["edges"], told["faces"]) == (2, 1, 0)
    assert out.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["surface", "{tmp}/none.ma", "-o", "{tmp}/o.ply"], "none.ma"),
        (["surface", "{tmp}/bad.ma", "-o", "{tmp}/o.ply"], "bad.ma"),
        (["surface", "{tmp}/capsule.ma", "-o", "{tmp}/capsule.ma"], "no format"),
        (["fit", "{tmp}/capsule.ma"], "fit"),
        ([], "COMMAND"),
    ],
)
def test_wrong_use_in_a_process_of_its_own(
    tmp_path: Path, capsule: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "bad.ma").write_text("1 0 0\nv 0 0 zero 1\n")
    before = capsule.read_bytes()
    done = immat(*(a.format(tmp=tmp_path) for a in arguments))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert says in done.stderr
    assert capsule.read_bytes() == before
    assert not (tmp_path / "o.ply").exists()


def test_help_is_light() -> None:
    code = (
        "import sys; from immat_core.cli import main; assert main(['predict', '--help']) == 0\n"
        "heavy = {'numpy', 'PIL', 'torch', 'onnxruntime', 'bpy', 'tqdm'} & set(sys.modules)\n"
        "assert heavy <= {'numpy'}, heavy"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "--edge-threshold" in done.stdout
