"""Make docs/images/editing.gif: a predicted chair edited in the real window, frame by frame.

``python -m tools.record_editing`` builds the zip, installs it into the real Blender, predicts the
chair of the examples, and runs ``tests/real_blender/film_session.py`` on a virtual screen.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from tools.window_pictures import REPOSITORY, play_session, predict_chair

OUT = REPOSITORY / "docs" / "images" / "editing.gif"
SESSION = REPOSITORY / "tests" / "real_blender" / "film_session.py"
VIEW = (0, 56, 1056, 720)
"""The 3D view, in pixels of the window of 1280 x 800."""
WIDTH, COLORS, MILLISECONDS = 560, 64, 110


def main() -> int:
    """Film, crop, and write the frames as one file."""
    # Blender runs in a root of its own that sees the repository.
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".tools") as folder:
        play_session(SESSION, Path(folder) / "film.json", predict_chair(Path(folder)))
        frames = [_frame(path) for path in sorted(Path(folder).glob("film-[0-9]*.png"))]
    frames[0].save(
        OUT, save_all=True, append_images=frames[1:], duration=MILLISECONDS, loop=0, optimize=True
    )
    print(f"{OUT.relative_to(REPOSITORY)}: {len(frames)} frames, {OUT.stat().st_size / 1e3:.0f} kB")
    return 0


def _frame(path: Path) -> Image.Image:
    with Image.open(path) as whole:
        view = whole.convert("RGB").crop(VIEW)
    height = round(WIDTH * view.height / view.width)
    small = view.resize((WIDTH, height), Image.Resampling.LANCZOS)
    return small.quantize(COLORS, dither=Image.Dither.NONE)


if __name__ == "__main__":
    sys.exit(main())
