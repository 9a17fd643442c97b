"""The compiled code of the fit, made ready in a process of its own soon after Blender starts.

Compiling takes some 15 s of a processor, once for each version and computer; a thread would share
Python's lock with Blender's window meanwhile.
"""

from __future__ import annotations

import atexit
import hashlib
import importlib.metadata
import importlib.util
import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from immat_core import kernels
from immat_core.errors import Cancelled

from . import surface_route

if TYPE_CHECKING:
    from .jobs import Progress

logger = logging.getLogger(__name__)

DELAY_SECONDS = 5.0
"""After the start, so that Blender has its cores for itself until the window stands."""
COMPILE = """
import json, os, sys
sys.path[:] = json.loads(sys.argv[1])
if hasattr(os, "nice"):
    os.nice(10)
from pathlib import Path
from immat_core import fit, kernels
kernels.use_cache_folder(sys.argv[2])
fit.prepare()
Path(sys.argv[3]).touch()
"""

_child: subprocess.Popen[bytes] | None = None


def prepare() -> None:
    """Start to compile if that was not done yet; a timer's callback.

    Where Python is embedded, its executable may be the host program, which is never started: then
    the first fit compiles.
    """
    global _child
    if bpy.app.background or _child is not None or not kernels.available():
        return
    if not Path(sys.executable or "").stem.lower().startswith("python"):
        return
    surface_route.choose_cache_folder()
    done = _marker()
    if done.exists():
        return
    command = [sys.executable, "-I", "-c", COMPILE, json.dumps(sys.path)]
    command += [str(kernels.cache_folder()), str(done)]
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
    quiet = subprocess.DEVNULL
    try:
        done.parent.mkdir(parents=True, exist_ok=True)
        _child = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, creationflags=flags
        )
    except OSError as error:
        logger.warning("the fit is compiled when it is first used: %s", error)


def preparing() -> bool:
    """Whether the process compiles now."""
    return _child is not None and _child.poll() is None


def wait(progress: Progress, should_cancel: Callable[[], bool]) -> None:
    """Wait for what :func:`prepare` started; in a job's thread. Raises ``Cancelled``."""
    while preparing():
        progress(0.0, "Compiling, once on this computer")
        if should_cancel():
            raise Cancelled
        time.sleep(0.05)


def forget() -> None:
    """End what was started."""
    global _child
    if _child is not None and _child.poll() is None:
        _child.terminate()
        _child.wait()
    _child = None


def register() -> None:
    """Have it prepared a moment after the start."""
    bpy.app.timers.register(prepare, first_interval=DELAY_SECONDS, persistent=True)
    atexit.register(forget)


def unregister() -> None:
    """Take that away, and end the process."""
    if bpy.app.timers.is_registered(prepare):
        bpy.app.timers.unregister(prepare)
    atexit.unregister(forget)
    forget()


def _marker() -> Path:
    """A file that stands for compiled code of these sources, this Python and this Numba.

    Where it is wrong, as on another processor, the first fit compiles.
    """
    digest = hashlib.sha256(f"{sys.version} {importlib.metadata.version('numba')}".encode())
    package = importlib.util.find_spec("immat_core.fit")
    assert package is not None
    for folder in package.submodule_search_locations or ():
        for path in sorted(Path(folder).glob("*.py")):
            digest.update(path.read_bytes())
    return kernels.cache_folder() / f"compiled-fit-{digest.hexdigest()[:16]}"
