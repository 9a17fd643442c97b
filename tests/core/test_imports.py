"""Who may import whom: the arrows of the design point one way."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLENDER = {"bpy", "bmesh", "mathutils", "gpu", "gpu_extras", "blf", "addon_utils", "bpy_extras"}
HEAVY = {"scipy", "torch", "onnxruntime", "PIL", "trimesh", "openvdb", "pyopenvdb", "bpy", "numba"}


def imported(path):
    """Top-level names of the modules that a file imports anywhere, relative imports left out."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").split(".")[0])
    return names


def files(package):
    found = sorted((ROOT / package).rglob("*.py"))
    if not found:
        pytest.skip(f"{package} has no file yet")
    return found


@pytest.mark.parametrize(
    ("package", "forbidden"),
    [
        ("immat_core", BLENDER | {"immat_blender", "training"}),
        ("immat_blender", {"training", "immat_blender", "torch"}),
        ("training", BLENDER | {"immat_blender"}),
    ],
)
def test_packages_import_only_what_they_may(package, forbidden):
    wrong = {str(path.relative_to(ROOT)): imported(path) & forbidden for path in files(package)}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_torch_is_for_the_networks_and_the_torch_engine():
    having = {
        str(path.relative_to(ROOT / "immat_core"))
        for path in files("immat_core")
        if "torch" in imported(path)
    }
    others = {path for path in having if not path.startswith("networks")}
    assert {Path(path).stem for path in others} <= {"engine", "torch_engine"}


@pytest.mark.parametrize(
    "module",
    [
        "immat_core",
        "immat_core.kernels",
        "immat_core.mask_fit",
        "immat_core.silhouette",
        "immat_core.surface",
        "immat_core.ma_file",
        "immat_core.mesh_file",
        "immat_core.topology",
        "immat_core.smoothing",
        "immat_core.camera",
        "immat_core.envelope",
        "immat_core.surface.checks",
        "immat_core.fit",
        "immat_core.simplify",
        "immat_core.segmentation",
        "immat_core.thickness",
        "immat_core.metrics",
    ],
)
def test_importing_brings_numpy_alone(module):
    loaded = "{name.split('.')[0] for name in sys.modules}"
    code = f"import sys, {module}; print(*sorted({HEAVY!r} & {loaded}))"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == []
