"""The compiled libraries of the zip work in Blender's Python, beside the NumPy that Blender has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from conftest import PACKAGE, RESOURCES

PROJECTS = ("immat_core", "llvmlite", "manifold3d", "numba", "onnxruntime", "pillow")


def test_the_libraries_are_installed_with_the_extension(addon):
    """Those of the zip and no other: NumPy is Blender's own."""
    found = Path(RESOURCES, "extensions", ".local").rglob("site-packages/*.dist-info")
    assert sorted(folder.name.split("-")[0] for folder in found) == list(PROJECTS)


def test_a_function_compiles(zip_path):
    """In a process that finds nothing but what Blender and the zip bring."""
    code = (
        "import bpy, addon_utils\n"
        f"bpy.ops.extensions.package_install_files(filepath={str(zip_path)!r}, "
        "repo='user_default', enable_on_install=True)\n"
        "import numba, llvmlite, manifold3d, numpy\n"
        "total = numba.njit(lambda x: x.sum())(numpy.arange(10.0))\n"
        "volume = manifold3d.Manifold.cube((1, 2, 3)).volume()\n"
        "print('FOUND', total, volume, llvmlite.__file__)\n"
        f"addon_utils.disable({PACKAGE!r})\n"
    )
    resources = f"{RESOURCES}/compiled"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd="/",
        env={"BLENDER_USER_RESOURCES": resources, "PATH": "", "NUMBA_CACHE_DIR": resources},
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND")]
    assert len(lines) == 1, done.stdout + done.stderr
    assert lines[0].split()[1:3] == ["45.0", "6.0"]
