"""Make the pictures of parts and thickness in docs/images from the real window.

``python -m tools.picture_looks`` builds the zip, installs it into the real Blender, runs
``tests/real_blender/looks_session.py`` with a parametric chair on a virtual screen, and crops what
that saw. Look at the pictures before they are committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from immat_core.ma_file import write_ma
from tools.window_pictures import REPOSITORY, play_session
from training.shapes import generate

IMAGES = REPOSITORY / "docs" / "images"
SESSION = REPOSITORY / "tests" / "real_blender" / "looks_session.py"
VIEW = (0, 28, 1056, 720)
"""The 3D view with its sidebar, in pixels of the window of 1280 x 800."""
PICTURES = {"parts": "parts.png", "thickness": "thickness.png"}
SEED = 22
"""A chair with many parts, thick and thin."""


def main() -> int:
    """Take, crop and write the pictures."""
    # Blender runs in a root of its own that sees the repository.
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".tools") as folder:
        mat = Path(folder) / "Chair.ma"
        write_ma(mat, generate("chair", SEED).mat)
        play_session(SESSION, Path(folder) / "looks.json", mat)
        for shot, name in PICTURES.items():
            with Image.open(Path(folder) / f"looks-{shot}.png") as whole:
                view = whole.convert("RGB").crop(VIEW)
            view.save(IMAGES / name, optimize=True)
            print(f"docs/images/{name}: {(IMAGES / name).stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
