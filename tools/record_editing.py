"""Make docs/images/editing.gif: a chair edited in the real window, frame by frame.

``python -m tools.record_editing`` draws a chair by a program, makes it a MAT, and runs
``tests/real_blender/film_session.py`` with it on a virtual screen.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from PIL import Image

from immat_core.fit import fit_medial_mesh
from immat_core.ma_file import write_ma
from tools.window_pictures import REPOSITORY, play_session
from training.corpus.generate import draw_model

OUT = REPOSITORY / "docs" / "images" / "editing.gif"
SESSION = REPOSITORY / "tests" / "real_blender" / "film_session.py"
VIEW = (60, 84, 764, 716)
"""The 3D view, in pixels of the window of 1280 x 800."""
WIDTH, COLORS, MILLISECONDS = 480, 64, 110
SEED = 1
"""Of the chair: the second program of its category."""


def main() -> int:
    """Film, crop, and write the frames as one file."""
    # Blender runs in a root of its own that sees the repository.
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".tools") as folder:
        mat = Path(folder) / "Chair.ma"
        model = draw_model("chair", SEED)
        write_ma(mat, fit_medial_mesh(model.vertices, model.faces).mat)
        play_session(SESSION, Path(folder) / "film.json", mat)
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
