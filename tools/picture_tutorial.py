"""Make the pictures of docs/tutorial.md: every step of it, done in the real window.

``python -m tools.picture_tutorial``; see ``tests/real_blender/tutorial_session.py``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tools.window_pictures import REPOSITORY, play_session

SESSION = REPOSITORY / "tests" / "real_blender" / "tutorial_session.py"
IMAGES = REPOSITORY / "docs" / "images"
SHOTS = ("predicted", "edited", "thickness", "rigged")
VIEW = (0, 28, 768, 720)
"""The 3D view without its sidebar, in pixels of the window of 1280 x 800."""
COLORS = 96


def main() -> int:
    """Play, crop and write the pictures."""
    # Blender runs in a root of its own that sees the repository.
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".tools") as folder:
        out = Path(folder) / "tutorial.json"
        play_session(SESSION, out, given=REPOSITORY / "examples" / "chair.png")
        for shot in SHOTS:
            with Image.open(out.with_name(f"tutorial-{shot}.png")) as whole:
                view = whole.convert("RGB").crop(VIEW)
            path = IMAGES / f"tutorial_{shot}.png"
            view.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
            print(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
