"""Make the pictures of parts and thickness in docs/images from the real window.

``python -m tools.picture_looks`` builds the zip, installs it into the real Blender, runs
``tests/real_blender/looks_session.py`` with a parametric chair on a virtual screen, and crops what
that saw. Look at the pictures before they are committed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from immat_core.ma_file import write_ma
from training.shapes import generate

REPOSITORY = Path(__file__).resolve().parents[1]
IMAGES = REPOSITORY / "docs" / "images"
BLENDER = str(REPOSITORY / "tools" / "blender.sh")
SCREEN = str(REPOSITORY / "tools" / "virtual_screen.sh")
SESSION = REPOSITORY / "tests" / "real_blender" / "looks_session.py"
VIEW = (0, 28, 1056, 720)
"""The 3D view with its sidebar, in pixels of the window of 1280 x 800."""
PICTURES = {"parts": "parts.png", "thickness": "thickness.png"}
SEED = 22
"""A chair with many parts, thick and thin."""


def run(environment: dict[str, str], *command: str) -> str:
    """Run a command in the repository; what it printed."""
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, text=True, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def take(folder: Path) -> None:
    """Install into ``folder`` and run the session; its screenshots lie there afterwards."""
    resources = folder / "resources"
    resources.mkdir()
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
    mat = folder / "Chair.ma"
    write_ma(mat, generate("chair", SEED).mat)
    out = folder / "looks.json"
    window = ["--gpu-backend", "opengl", "--enable-event-simulate"]
    window += ["--window-geometry", "0", "0", "1280", "800"]
    command = [BLENDER, "--run", SCREEN, "blender", *window, "--python", str(SESSION)]
    run(environment, *command, "--", str(out), str(mat))
    error = json.loads(out.read_text("utf-8"))["error"]
    if error:
        raise SystemExit(error)


def main() -> int:
    """Take, crop and write the pictures."""
    # Blender runs in a root of its own that sees the repository.
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".tools") as folder:
        take(Path(folder))
        for shot, name in PICTURES.items():
            with Image.open(Path(folder) / f"looks-{shot}.png") as whole:
                view = whole.convert("RGB").crop(VIEW)
            view.save(IMAGES / name, optimize=True)
            print(f"docs/images/{name}: {(IMAGES / name).stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
