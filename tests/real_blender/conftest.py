"""The real Blender with the zip installed by its own command line, in a folder of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tests"))

from claimed_folder import claim_folder  # noqa: E402

ARTIFACTS = ROOT / "artifacts"
BLENDER = str(ROOT / "tools" / "blender.sh")
WINDOW_SIZE = ("1280", "800")
COMPILE = "from immat_core import kernels; kernels.prepare(); assert kernels.wait()"


@dataclass(frozen=True)
class Finished:
    """What a run of Blender left."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Blender:
    """Blender with preferences and extensions of its own."""

    resources: Path

    def run(self, *arguments: str | Path, seconds: float = 300) -> Finished:
        """Run Blender to its end."""
        return self._finish([BLENDER, *map(str, arguments)], seconds)

    def run_window(self, script: Path, out: Path, *more: str, seconds: float = 420) -> Any:
        """Run a script in a window on a virtual screen; what it wrote as JSON to ``out``."""
        screen = str(ROOT / "tools" / "virtual_screen.sh")
        command = [BLENDER, "--run", screen, "blender", "--gpu-backend", "opengl"]
        command += ["--enable-event-simulate", "--window-geometry", "0", "0", *WINDOW_SIZE]
        command += ["--python-exit-code", "1", "--python", str(script), "--", str(out), *more]
        finished = self._finish(command, seconds)
        output = finished.stdout + finished.stderr
        (ARTIFACTS / f"{out.stem}.log").write_text(output, "utf-8")
        assert out.is_file(), f"no result; Blender printed:\n{output[-3000:]}"
        return json.loads(out.read_text("utf-8"))

    def _finish(self, command: list[str], seconds: float) -> Finished:
        environment = {**os.environ, "BLENDER_USER_RESOURCES": str(self.resources)}
        # In place of the user's folder, so that a second session need not compile again.
        environment["IMMAT_CACHE"] = str(ROOT / ".tools" / "kernels")
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            # the screen's server too
            os.killpg(process.pid, signal.SIGKILL)
            stdout, stderr = process.communicate()
            stderr += f"\nended after {seconds} s"
        return Finished(process.returncode, stdout, stderr)


@pytest.fixture(scope="session")
def zip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip named by IMMAT_ZIP, or one that is built now."""
    given = os.environ.get("IMMAT_ZIP")
    if given:
        return Path(given).resolve()
    folder = tmp_path_factory.mktemp("zip")
    built = subprocess.run(
        [sys.executable, str(ROOT / "build.py"), "--out", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Path(built.stdout.splitlines()[-1])


@pytest.fixture(scope="session")
def blender(zip_path: Path) -> Iterator[Blender]:
    """Blender with the zip installed and enabled."""
    ARTIFACTS.mkdir(exist_ok=True)
    folder, lock = claim_folder("program")
    program = Blender(folder)
    done = program.run(
        *("-b", "--command", "extension", "install-file", "--repo", "user_default", "--enable"),
        zip_path,
    )
    assert done.code == 0, done.stdout + done.stderr
    # Beside a window that is drawn without a graphics card it would take minutes.
    compiled = program.run("-b", "--python-exit-code", "1", "--python-expr", COMPILE, seconds=900)
    assert compiled.code == 0, compiled.stdout + compiled.stderr
    yield program
    lock.close()


@pytest.fixture(scope="session")
def plain_blender(tmp_path_factory: pytest.TempPathFactory) -> Blender:
    """Blender as it comes."""
    return Blender(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="session")
def chair() -> Path:
    """The picture of a chair that the project ships."""
    return ROOT / "examples" / "chair.png"
