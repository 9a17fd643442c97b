"""Blender tests run in the `bpy` wheel against the installed zip, as users get it.

The zip is the one that IMMAT_ZIP names, or one that `build.py` makes now.
"""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))

from claimed_folder import claim_folder  # noqa: E402

_folder, _lock = claim_folder(Path(sys.prefix).name.strip("."))
RESOURCES = str(_folder)
os.environ["BLENDER_USER_RESOURCES"] = RESOURCES
# In place of the user's folder, so that a second session need not compile again.
os.environ["IMMAT_CACHE"] = str(ROOT / ".tools" / "kernels")
# What is tested is the wheel inside the zip, not the sources that happen to lie here.
sys.path[:] = [path for path in sys.path if path and Path(path).resolve() != ROOT]

import bpy  # noqa: E402
import pytest  # noqa: E402

PACKAGE = "bl_ext.user_default.image_to_mat"


@pytest.fixture(scope="session")
def zip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip named by IMMAT_ZIP, or one that is built now."""
    given = os.environ.get("IMMAT_ZIP")
    if given:
        return Path(given).resolve()
    folder = tmp_path_factory.mktemp("zip")
    command = [sys.executable, str(ROOT / "build.py"), "--out", str(folder)]
    built = subprocess.run(
        [*command, "--platform", "current"], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return Path(built.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="session", autouse=True)
def addon(zip_path: Path) -> Iterator[ModuleType]:
    """The installed and enabled add-on.

    It is disabled at the end: in bpy 4.5 a property group with an update callback that is still
    registered when the interpreter ends hangs the process.
    """
    bpy.ops.extensions.package_install_files(
        filepath=str(zip_path), repo="user_default", enable_on_install=True
    )
    yield sys.modules[PACKAGE]
    import addon_utils

    addon_utils.disable(PACKAGE, default_set=True)


@pytest.fixture(autouse=True)
def empty_file(addon: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test starts in an empty file with nothing pending and counters at zero.

    A rebuild may take as long as it does: on a loaded machine none would hold a frame's time.
    """
    monkeypatch.setattr(addon.pace, "FRAME_SECONDS", math.inf)
    bpy.ops.wm.read_homefile(use_empty=True)
    addon.jobs.forget()
    addon.live.forget()
    addon.previews.forget()
    addon.live.counters.requests = addon.live.counters.rebuilds = 0
    yield
    if bpy.context.mode != "OBJECT":
        bpy.ops.object.mode_set(mode="OBJECT")
