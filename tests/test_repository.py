"""What holds for the repository as a whole: one version, small files, no trace of a machine."""

from __future__ import annotations

import ast
import base64
import hashlib
import os
import re
import subprocess
import tomllib
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = tomllib.loads((ROOT / "blender_manifest.toml").read_text("utf-8"))
VERSION = MANIFEST["version"]
CODE = ("immat_core", "immat_blender", "training", "tests", "tools", "benchmarks")
PYTHON_FILES = sorted(
    path.relative_to(ROOT).as_posix()
    for top in (*CODE, "build.py", "setup.py")
    for path in ((ROOT / top).rglob("*.py") if top in CODE else [ROOT / top])
    if "__pycache__" not in path.parts
)

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60
MAX_ZIP_BYTES = 140_000_000

# Written in two halves, so that this file does not hold what it forbids. A name of a folder counts
# only at the start of a path, and a registry's host wherever it stands.
FORBIDDEN = {
    "a registry's host": "|".join(
        rf"{first}\.{second}"
        for first, second in (
            ("pypi", "org"),
            ("files", "pythonhosted"),
            ("deb", "debian"),
            ("download", "pytorch"),
            ("registry", "npmjs"),
            ("conda", "anaconda"),
        )
    ),
    "a path of one machine": "|".join(
        rf"(?<![\w.])/{first}{second}\b"
        for first, second in (("wo", "rk"), ("ro", "ot/"), ("opt/", "wheels"), ("opt/", "pypi"))
    )
    + r"|\.py"
    + "env",
}


def tracked_files() -> Iterator[Path]:
    """Every file of the project that is text, tracked or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        path = ROOT / name
        if path.is_file() and b"\0" not in path.read_bytes()[:8000]:
            yield path


def test_version_has_three_numbers() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)


def test_version_stands_in_the_manifest_only() -> None:
    """Elsewhere it may be told in prose or in the changelog, never be set."""
    setting = re.compile(
        rf"""^\s*(?:__version__|version)\s*[=:]\s*["']?{re.escape(VERSION)}\b""",
        re.MULTILINE | re.IGNORECASE,
    )
    found = [
        path.relative_to(ROOT).as_posix()
        for path in tracked_files()
        if setting.search(path.read_text("utf-8", errors="replace"))
    ]
    assert found == ["blender_manifest.toml"]


def test_changelog_begins_with_this_version() -> None:
    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert next(heading for heading in headings if heading != "Unreleased") == VERSION
    assert "Unreleased" not in headings[1:]


def test_there_is_code_to_check() -> None:
    assert len(PYTHON_FILES) > 50


@pytest.mark.parametrize("name", PYTHON_FILES)
def test_file_is_one_readable_concept(name: str) -> None:
    """Its length and its functions', a docstring first, and a name that says something."""
    text = (ROOT / name).read_text("utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= MAX_FILE_LINES
    assert text == "" or ast.get_docstring(tree), "the first line is no docstring"
    assert not {"utils", "util", "helpers", "misc", "manager"} & set(
        Path(name).with_suffix("").parts
    )
    long = {
        node.name: length
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    }
    assert long == {}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{path.relative_to(ROOT).as_posix()}: {match[0]}"
        for path in tracked_files()
        if (match := pattern.search(path.read_text("utf-8", errors="replace")))
    ]
    assert found == []


def test_ci_runs_the_test_command_of_the_readme() -> None:
    commands = [
        line
        for line in (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
        if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["make test"]
    assert "make test" in (ROOT / "README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def archive() -> Iterator[zipfile.ZipFile]:
    """The zip that `make test` has just built."""
    path = os.environ.get("IMMAT_ZIP")
    if not path:
        pytest.skip("IMMAT_ZIP names no zip; `make test` builds one")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_zip_is_small_enough(archive: zipfile.ZipFile) -> None:
    assert Path(str(archive.filename)).stat().st_size < MAX_ZIP_BYTES


def test_zip_holds_the_addon_and_nothing_that_blender_has(archive: zipfile.ZipFile) -> None:
    names = archive.namelist()
    assert {"__init__.py", "blender_manifest.toml", "LICENSE"} <= set(names)
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
    assert manifest["version"] == VERSION
    assert sorted(manifest["wheels"]) == sorted(f"./{n}" for n in names if n.startswith("wheels/"))
    packed = Counter(Path(wheel).name.split("-")[0] for wheel in manifest["wheels"])
    # a wheel for each Python, and one for both where it does not depend on Python
    for_each = dict.fromkeys(("onnxruntime", "pillow", "manifold3d", "numba"), 2)
    assert packed == {**for_each, "immat_core": 1, "llvmlite": 1}


def test_repacked_wheel_records_what_it_holds(archive: zipfile.ZipFile) -> None:
    (name,) = [n for n in archive.namelist() if n.startswith("wheels/llvmlite-")]
    tag = "-".join(Path(name).stem.split("-")[2:4])
    assert tag == "py3-none"
    with archive.open(name) as stream, zipfile.ZipFile(stream) as wheel:
        assert wheel.testzip() is None
        members = {info.filename: info.file_size for info in wheel.infolist()}
        (folder,) = {Path(member).parts[0] for member in members if ".dist-info/" in member}
        record = wheel.read(f"{folder}/RECORD").decode().splitlines()
        tags = re.findall(r"^Tag: (\S+)", wheel.read(f"{folder}/WHEEL").decode(), re.MULTILINE)
        recorded = dict(line.split(",sha256=") for line in record if ",sha256=" in line)
        digest = hashlib.sha256(wheel.read("llvmlite/__init__.py")).digest()
    expected = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert recorded["llvmlite/__init__.py"].split(",")[0] == expected
    assert recorded.keys() == members.keys() - {f"{folder}/RECORD"}
    assert [int(recorded[member].split(",")[1]) for member in recorded] == [
        members[member] for member in recorded
    ]
    assert tags
    assert all(tag.startswith("py3-none-") for tag in tags)


def test_zip_holds_the_core_with_its_networks(archive: zipfile.ZipFile) -> None:
    wheel_name = f"wheels/immat_core-{VERSION}-py3-none-any.whl"
    with archive.open(wheel_name) as stream, zipfile.ZipFile(stream) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("immat_core/")}
        assert wheel.testzip() is None
    in_tree = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "immat_core").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert packed == in_tree
    weights = {Path(name).name for name in packed if name.startswith("immat_core/weights/")}
    assert {
        "config.json",
        "foreground.onnx",
        "immat.safetensors",
        "camera.safetensors",
        "CARD.md",
    } <= weights
