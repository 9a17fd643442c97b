"""Playing a session in the real Blender's window on a virtual screen, for pictures in the docs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.append(str(REPOSITORY / "tests"))

from claimed_folder import claim_folder  # noqa: E402

BLENDER = str(REPOSITORY / "tools" / "blender.sh")
SCREEN = str(REPOSITORY / "tools" / "virtual_screen.sh")


def play_session(session: Path, out: Path, given: Path) -> None:
    """Build the zip, install it into a fresh Blender, and play a session in its window.

    Its folder is one that the tests have used, where compiled kernels are found again.

    Parameters
    ----------
    session
        Script for ``blender --python``, which gets the paths ``out`` and ``given``.
    out
        The JSON file that the session writes, its screenshots beside it; in a folder of its own in
        the repository.
    given
        What the session works on.

    Raises
    ------
    SystemExit
        When a command or the session failed.
    """
    resources, lock = claim_folder("program")
    environment = {
        **os.environ,
        "BLENDER_USER_RESOURCES": str(resources),
        "IMMAT_CACHE": str(REPOSITORY / ".tools" / "kernels"),
    }
    archive = (
        os.environ.get("IMMAT_ZIP") or run(environment, sys.executable, "build.py").split()[-1]
    )
    install = ["--command", "extension", "install-file", "--repo", "user_default", "--enable"]
    run(environment, BLENDER, "-b", *install, archive)
    window = ["--gpu-backend", "opengl", "--enable-event-simulate"]
    window += ["--window-geometry", "0", "0", "1280", "800"]
    command = [BLENDER, "--run", SCREEN, "blender", *window, "--python", str(session)]
    run(environment, *command, "--", str(out), str(given))
    lock.close()
    error = json.loads(out.read_text("utf-8"))["error"]
    if error:
        raise SystemExit(error)


def predict_chair(folder: Path) -> Path:
    """The MAT of the examples' chair as a ``.ma`` file in a folder."""
    mat = folder / "Chair.ma"
    chair = REPOSITORY / "examples" / "chair.png"
    run(dict(os.environ), sys.executable, "-m", "immat_core", "predict", str(chair), "-o", str(mat))
    return mat


def run(environment: dict[str, str], *command: str) -> str:
    """Run a command in the repository; what it printed."""
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout
