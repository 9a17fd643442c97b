"""Long work off the main thread. The worker sees plain values only, never ``bpy``."""

import enum
import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol

import bpy

from immat_core.errors import Cancelled, UserError

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.1


class Progress(Protocol):
    """What the worker calls with a share 0..1 done and the name of what runs now."""

    def __call__(self, share: float, what: str) -> None:
        """Note progress."""


class JobState(enum.Enum):
    """Where a job stands; the value is what the panel says."""

    RUNNING = "Running"
    DONE = "Done"
    CANCELLED = "Cancelled"
    FAILED = "Failed"


class Job:
    """One piece of work in a thread, with progress, and a result for the main thread.

    Parameters
    ----------
    work
        Called in the thread as ``work(progress, should_cancel)``; raises ``Cancelled`` to stop.
    apply
        Called in the main thread with the result, only when the work is done and not cancelled.
    ready
        Asked in the main thread before ``apply``; while it says no, the result waits.
    """

    def __init__(
        self,
        work: Callable[[Progress, Callable[[], bool]], Any],
        apply: Callable[[Any], object],
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self.state = JobState.RUNNING
        self.share = 0.0
        self.what = "Starting"
        self.message = ""
        self._work = work
        self._apply = apply
        self._ready = ready
        self._result: Any = None
        self._error: Exception | None = None
        self._cancel = threading.Event()
        self._thread = threading.Thread(target=self._run, name="immat job", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def cancel(self) -> None:
        """Ask the work to stop; whatever it still returns is dropped."""
        self._cancel.set()

    @property
    def cancelling(self) -> bool:
        """Whether it was asked to stop and has not yet."""
        return self._cancel.is_set() and self.state is JobState.RUNNING

    def wait(self, seconds: float | None = None) -> None:
        """Block until the thread has ended, for tests and batch."""
        self._thread.join(seconds)

    def settle(self) -> bool:
        """In the main thread: apply the result if the thread has ended; whether all is done."""
        if self._thread.is_alive():
            return False
        if self.state is JobState.RUNNING:
            succeeded = self._error is None and not self._cancel.is_set()
            if succeeded and not self._ready():
                self.share, self.what = 1.0, "Done, waits for Object Mode"
                return False
            self._conclude()
        return True

    def _conclude(self) -> None:
        if self._cancel.is_set() or isinstance(self._error, Cancelled):
            self.state = JobState.CANCELLED
        elif self._error is not None:
            self._fail(self._error)
        else:
            try:
                self._apply(self._result)
                self.state = JobState.DONE
            except Exception as error:  # the boundary between a job and Blender's timer
                self._fail(error)
        self._result = None

    def _fail(self, error: Exception) -> None:
        self.state = JobState.FAILED
        self.message = str(error)
        if not isinstance(error, UserError):
            self.message = (
                f"A bug stopped this job ({type(error).__name__}); the console tells more"
            )
            logger.error("job failed", exc_info=error)

    def _run(self) -> None:
        try:
            self._result = self._work(self._note, self._cancel.is_set)
        except Exception as error:  # the boundary of the thread: told in the main thread
            self._error = error

    def _note(self, share: float, what: str) -> None:
        self.share = share
        self.what = what


_current: Job | None = None


def current() -> Job | None:
    """The job that runs, or the last one that ran."""
    return _current


def running() -> bool:
    """Whether a job runs now."""
    return _current is not None and _current.state is JobState.RUNNING


def start(job: Job) -> None:
    """Start a job and watch it; only one runs at a time."""
    global _current
    if running():
        raise UserError("Another job is running", "Cancel it or wait")
    _current = job
    job.start()
    bpy.app.timers.register(poll, first_interval=POLL_SECONDS, persistent=True)


def cancel() -> None:
    """Ask the job that runs to stop, if there is one."""
    if _current is not None:
        _current.cancel()


def poll() -> float | None:
    """Settle the job when its thread has ended; the timer's callback."""
    settled = _current is None or _current.settle()
    redraw()
    return None if settled else POLL_SECONDS


def forget() -> None:
    """Cancel, wait for the thread and drop the job, as when the add-on goes."""
    global _current
    if _current is not None:
        _current.cancel()
        _current.wait(5.0)
    _current = None
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)


def redraw() -> None:
    """Have the 3D views' sidebars drawn again."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "VIEW_3D":
                area.tag_redraw()
