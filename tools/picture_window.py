"""Make the pictures of the window and its panels in docs/images from the real Blender.

``python -m tools.picture_window`` plays ``tests/real_blender/guide_session.py`` on a virtual screen
and crops what it saw. Look at the pictures before they are committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from tools.window_pictures import REPOSITORY, play_session

IMAGES = REPOSITORY / "docs" / "images"
SESSION = REPOSITORY / "tests" / "real_blender" / "guide_session.py"
PICTURE = Path("examples", "chair.png")
"""Relative, so that no folder of this machine is in the field."""
VIEW, FRAME, SIDEBAR = (0, 28, 1056, 720), (222, 212, 602, 588), (772, 84, 1030, 716)
"""The 3D view, the camera's frame in it, and the sidebar, in the window of 1280 x 800."""
GROUPS, COLORS, MARGIN = 3, 96, 8


def main() -> int:
    """Play, crop and write."""
    # Blender runs in a root of its own that sees the repository.
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".tools") as folder:
        out = Path(folder) / "guide.json"
        play_session(SESSION, out, given=PICTURE)

        def seen(shot: str, box: tuple[int, int, int, int]) -> Image.Image:
            with Image.open(out.with_name(f"guide-{shot}.png")) as whole:
                return whole.convert("RGB").crop(box)

        _write("window", seen("window", VIEW))
        _write("tool_over_picture", seen("over-picture", FRAME))
        columns = [seen(f"panels-{number}", SIDEBAR) for number in range(GROUPS)]
    joined = Image.new("RGB", (sum(c.width for c in columns), columns[0].height))
    for index, column in enumerate(columns):
        joined.paste(column, (index * column.width, 0))
    _write("panels", _without_empty_end(joined))
    return 0


def _without_empty_end(picture: Image.Image) -> Image.Image:
    """The picture without the rows below the last panel, which are as its last row is."""
    rows = np.asarray(picture)
    used = np.flatnonzero((rows != rows[-1]).any((1, 2)))
    return picture.crop((0, 0, picture.width, int(used[-1]) + MARGIN))


def _write(name: str, picture: Image.Image) -> None:
    path = IMAGES / f"{name}.png"
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.relative_to(REPOSITORY)}: {path.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    sys.exit(main())
