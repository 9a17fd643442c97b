"""`make demo`: the picture of a chair becomes a .blend, a .glb and a rendered .png.

Builds the extension's zip, installs it into the real Blender and works through that alone, as a
user would. Prints one line a stage with its time; a stage that fails shows Blender's own output.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PICTURE = REPOSITORY / "examples" / "chair.png"
OUT = REPOSITORY / "demo"
# Blender's preferences and extensions of the demo, apart from the user's own.
RESOURCES = REPOSITORY / ".tools" / "demo-resources"
BLENDER = str(REPOSITORY / "tools" / "blender.sh")


class StageError(Exception):
    """A command of a stage failed; the text is what it printed."""


def run(*command: str) -> str:
    """Run a command and return what it printed; raise ``StageError`` when it fails."""
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(RESOURCES)}
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise StageError(f"{' '.join(command)}\n{done.stdout}")
    return done.stdout


def find_blender() -> str:
    """Make the real Blender ready, which takes minutes the first time."""
    return run(BLENDER, "--version").strip().splitlines()[0]


def build_extension() -> str:
    """Build and validate the zip of this machine."""
    return run(sys.executable, "build.py").strip().splitlines()[-1]


def install_extension() -> str:
    """Install the zip afresh, so that nothing of an older one is left."""
    shutil.rmtree(RESOURCES, ignore_errors=True)
    RESOURCES.mkdir(parents=True)
    archive = build_extension()
    install = ["--command", "extension", "install-file", "--repo", "user_default", "--enable"]
    run(BLENDER, "-b", *install, archive)
    return Path(archive).name


def predict(suffix: str) -> Callable[[], str]:
    """The stage that predicts from the picture into a file with this suffix."""

    def stage() -> str:
        out = OUT / f"{PICTURE.stem}{suffix}"
        run(BLENDER, "-b", "-c", "image_to_mat", str(PICTURE), "-o", str(out))
        return describe(out)

    return stage


def render() -> str:
    """Render the picture, the spheres and the surface side by side."""
    out = OUT / f"{PICTURE.stem}.png"
    script = str(REPOSITORY / "tools" / "render_demo.py")
    scene = str(OUT / f"{PICTURE.stem}.blend")
    # without an exit code of its own Blender would hide an error of the script
    run(BLENDER, "-b", scene, "--python-exit-code", "1", "--python", script, "--", str(out))
    return describe(out)


def describe(path: Path) -> str:
    """A file that a stage has to have written, with its size."""
    if not path.is_file():
        raise StageError(f"{path} was not written")
    return f"{path.relative_to(REPOSITORY)}, {path.stat().st_size / 1e6:.2f} MB"


def main() -> int:
    """Run all stages; 0 when the three files are there."""
    stages: list[tuple[str, Callable[[], str]]] = [
        ("find Blender", find_blender),
        ("build the extension", lambda: Path(build_extension()).name),
        ("install it", install_extension),
        ("picture to .blend", predict(".blend")),
        ("picture to .glb", predict(".glb")),
        ("render", render),
    ]
    OUT.mkdir(exist_ok=True)
    start = time.perf_counter()
    for number, (name, stage) in enumerate(stages, 1):
        began = time.perf_counter()
        try:
            result = stage()
        except StageError as error:
            print(f"demo: {name} failed: {error}", file=sys.stderr)
            return 1
        seconds = time.perf_counter() - began
        print(f"{number}/{len(stages)}  {name:<20} {result:<44} {seconds:6.1f} s", flush=True)
    print(f"demo: done in {time.perf_counter() - start:.1f} s; open demo/{PICTURE.stem}.blend")
    return 0


if __name__ == "__main__":
    sys.exit(main())
