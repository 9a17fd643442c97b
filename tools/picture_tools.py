"""Make the pictures of the tools and the rig in docs/images from the real window.

``python -m tools.picture_tools`` plays the sessions that the tests judge, on a virtual screen, and
crops what they saw. Look at the pictures before they are committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tools.window_pictures import REPOSITORY, play_session

IMAGES = REPOSITORY / "docs" / "images"
SESSIONS = REPOSITORY / "tests" / "real_blender"
VIEW = (0, 28, 1056, 720)
"""The 3D view with its sidebar, in pixels of the window of 1280 x 800."""
PICTURES = {"tools": ("menu", "tools.png"), "rig": ("posed", "rig.png")}
"""For each session the screenshot to keep, and what it is called in the docs."""


def main() -> int:
    """Play, crop and write."""
    for name, (shot, picture) in PICTURES.items():
        # Blender runs in a root of its own that sees the repository.
        with tempfile.TemporaryDirectory(dir=REPOSITORY / ".tools") as folder:
            out = Path(folder) / f"{name}.json"
            # These sessions make what they work on.
            play_session(SESSIONS / f"{name}_session.py", out, given=out)
            with Image.open(out.with_name(f"{name}-{shot}.png")) as whole:
                view = whole.convert("RGB").crop(VIEW)
        view.save(IMAGES / picture, optimize=True)
        print(f"docs/images/{picture}: {(IMAGES / picture).stat().st_size / 1e3:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
