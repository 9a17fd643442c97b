"""Functions that Numba compiles to machine code, and when that is done.

Compiling them all takes seconds, once for each version, computer and folder: a child process does
it, so that a window stays smooth, and leaves the code in a cache in the user's folder; loading it
from there takes under a second. Nothing here needs Numba to be installed before it is used.

Modules with kernels import :func:`kernel` from here and are themselves imported only where
:func:`ready` or :func:`load` says that they can be. A kernel calls kernels of its own package
only: the cache is renewed when any file of the package that has kernels changes.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import importlib
import importlib.util
import json
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, overload

from immat_core.errors import UserError

SURFACE_MODULES = (
    "immat_core.surface.live",
    "immat_core.surface.edge_kernel",
    "immat_core.silhouette.kernels",
)
"""Modules with the kernels of the surface: importing one compiles its kernels or loads them."""
FORGOTTEN = 30 * 24 * 3600
"""Seconds after which compiled code of other versions that nobody used is removed."""
FASTMATH = frozenset({"contract", "nsz"})
"""Freedoms that keep infinities, NaNs and the order of operations: fused multiply-add, -0 = 0."""
COMPILE = """
import json, os, sys
sys.path[:] = json.loads(sys.argv[1])
if hasattr(os, "nice"):
    os.nice(10)
from immat_core import kernels
kernels.use_cache_folder(sys.argv[2])
kernels.load()
"""

_log = logging.getLogger(__name__)
_Function = TypeVar("_Function", bound=Callable[..., Any])
_chosen_folder: Path | None = None
_decorating = threading.Lock()


def available() -> bool:
    """Whether Numba is installed."""
    return importlib.util.find_spec("numba") is not None


def cache_folder() -> Path:
    """Where compiled code is kept.

    The environment variable ``IMMAT_CACHE`` comes first, then the folder that was given to
    :func:`use_cache_folder`, then ``image_to_mat`` in the user's own folder for caches.
    """
    if named := os.environ.get("IMMAT_CACHE"):
        return Path(named).absolute()
    if _chosen_folder is not None:
        return _chosen_folder
    home = Path.home()
    if sys.platform == "win32":
        root = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        root = home / "Library" / "Caches"
    else:
        root = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return root / "image_to_mat" / "kernels"


def use_cache_folder(path: str | Path) -> None:
    """Keep compiled code in this folder; to be said before anything is compiled."""
    global _chosen_folder
    _chosen_folder = Path(path).absolute()


@overload
def kernel(what: _Function) -> _Function: ...


@overload
def kernel(what: str) -> Callable[[_Function], _Function]: ...


def kernel(what: Any) -> Any:
    """Decorator: compile a function with Numba, without the interpreter's lock, and cache it.

    Parameters
    ----------
    what
        The function, which is compiled when it is first called, or a Numba signature such as
        ``"f4(f4[:,::1], i8)"``: then it is compiled at once, for these types alone.

    Raises
    ------
    UserError
        Where Numba is missing.
    """
    if isinstance(what, str):
        return functools.partial(_compiled, signature=what)
    return _compiled(what, None)


def inlined(function: _Function) -> _Function:
    """Decorator: a function for kernels only, which take it in as if it were written there.

    Numba counts references around a call with arrays, which costs more than a short function.

    Raises ``UserError`` where Numba is missing.
    """
    taken_in: _Function = _numba().njit(inline="always")(function)
    return taken_in


def _compiled(function: FunctionType, signature: str | None) -> Any:
    numba = _numba()
    folder = _writable_folder(str(Path(function.__code__.co_filename).parent))
    options = {"nogil": True, "error_model": "numpy", "fastmath": set(FASTMATH)}
    with _caching_in(folder):
        compiled = numba.njit(cache=folder is not None, **options)(function)
    if signature is not None:
        compiled.compile(signature)
        compiled.disable_compile()
    return compiled


def load() -> None:
    """Compile the kernels of the surface here and now, or load them from the cache.

    Raises ``UserError`` where Numba is missing.
    """
    _numba()
    for module in SURFACE_MODULES:
        importlib.import_module(module)
    _preparation.loaded = True
    _preparation.done.set()


def ready() -> bool:
    """Whether the kernels of the surface answer at once."""
    return _preparation.loaded


def usable() -> bool:
    """Whether other kernels may be imported here and now, which compiles or loads them.

    Not while those of the surface are being prepared: who did not wait for the compiler then wants
    no pause now. Nor where that failed.
    """
    return available() and (ready() or _preparation.thread is None)


def preparing() -> bool:
    """Whether the kernels of the surface are being compiled, or loaded, in the background."""
    return _preparation.thread is not None and not _preparation.done.is_set()


def failed() -> bool:
    """Whether a preparation has ended without them; the log says why."""
    return _preparation.done.is_set() and not ready()


def prepare(on_done: Callable[[], None] | None = None) -> None:
    """Get the kernels of the surface ready in the background; does nothing where Numba is missing.

    Parameters
    ----------
    on_done
        Called once, on another thread unless they are ready already, also if it failed:
        :func:`ready` tells.
    """
    if ready():
        if on_done is not None:
            on_done()
    elif available():
        _preparation.start(on_done)


def wait(seconds: float | None = None) -> bool:
    """Wait for a preparation that is under way; return whether the kernels are ready."""
    if _preparation.thread is not None:
        _preparation.done.wait(seconds)
    return ready()


class _Preparation:
    """The preparation of this process: not begun, under way, or done."""

    def __init__(self) -> None:
        self.loaded = False
        self.done = threading.Event()
        self.thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._waiting: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def start(self, on_done: Callable[[], None] | None) -> None:
        with self._lock:
            if not self.done.is_set():
                if on_done is not None:
                    self._waiting.append(on_done)
                if self.thread is None:
                    atexit.register(self._end_child)
                    self.thread = threading.Thread(target=self._run, daemon=True)
                    self.thread.start()
                return
        if on_done is not None:
            on_done()

    def _run(self) -> None:
        try:
            marker = _marker()
            if marker is not None and not marker.exists() and self._compile_in_child():
                marker.touch()
            load()
        except Exception:  # the boundary of a thread: whoever asked sees ready() stay False
            _log.exception("the surface kernels could not be compiled")
        with self._lock:
            self.done.set()
            waiting, self._waiting = self._waiting, []
        for on_done in waiting:
            on_done()

    def _compile_in_child(self) -> bool:
        """Fill the cache in another process; False where that cannot be or failed."""
        # Where Python is embedded, its executable may be the host program: never start that.
        if not Path(sys.executable or "").stem.lower().startswith("python"):
            return False
        command = [sys.executable, "-I", "-c", COMPILE, json.dumps(sys.path), str(cache_folder())]
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS
        quiet = subprocess.DEVNULL
        try:
            self._child = subprocess.Popen(
                command, stdin=quiet, stdout=quiet, stderr=subprocess.PIPE, creationflags=flags
            )
        except OSError as error:
            _log.warning("no process to compile in: %s", error)
            return False
        _, message = self._child.communicate()
        if self._child.returncode:
            _log.warning("compiling in a process failed: %s", message.decode(errors="replace"))
        return self._child.returncode == 0

    def _end_child(self) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()


_preparation = _Preparation()


def _numba() -> Any:
    if not available():
        raise UserError(
            "Numba is not installed, which compiles the fast surface", "Run: pip install numba"
        )
    return importlib.import_module("numba")


@contextlib.contextmanager
def _caching_in(folder: Path | None) -> Iterator[None]:
    """Point Numba to a folder for a moment; others in this process may use Numba their way."""
    config: Any = importlib.import_module("numba.core.config")
    with _decorating:
        before = config.CACHE_DIR
        config.CACHE_DIR = str(folder or "")
        try:
            yield
        finally:
            config.CACHE_DIR = before


@functools.cache
def _writable_folder(package: str) -> Path | None:
    """The cache of a package's kernels as they are now; None where nothing can be written."""
    sources = hashlib.sha256()
    for path in sorted(Path(package).glob("*.py")):
        text = path.read_bytes()
        if b"from immat_core.kernels import" in text:
            sources.update(text)
    name = Path(package).name
    folder = cache_folder() / f"{name}-{sources.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        # Numba would fall back to the folder of the sources, which is not ours to write to.
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        _log.warning("compiled kernels are not kept: %s", error)
        return None
    for other in folder.parent.glob(f"{name}-*"):
        with contextlib.suppress(OSError):
            if time.time() - other.stat().st_mtime > FORGOTTEN:
                shutil.rmtree(other)
    return folder


def _marker() -> Path | None:
    """A file that stands for a filled cache for this Python, Numba and processor."""
    package = importlib.util.find_spec("immat_core.surface")
    if package is None or package.origin is None:
        return None
    folder = _writable_folder(str(Path(package.origin).parent))
    if folder is None:
        return None
    numba, llvm = _numba(), importlib.import_module("llvmlite.binding")
    places = hashlib.sha256(package.origin.encode())
    for name in sorted({module.rpartition(".")[0] for module in SURFACE_MODULES}):
        other = importlib.util.find_spec(name)
        if other is not None and other.origin is not None:
            places.update(str(_writable_folder(str(Path(other.origin).parent))).encode())
    path = places.hexdigest()[:8]
    versions = f"{platform.python_version()}-{numba.__version__}"
    return folder / f"filled-{path}-{versions}-{llvm.get_host_cpu_name()}"
