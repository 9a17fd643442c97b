"""The stages of a job: what is told while it runs, when it stops, and what each took."""

from __future__ import annotations

import time
from collections.abc import Callable

from immat_core.errors import Cancelled

OnProgress = Callable[[float, str], None]
ShouldCancel = Callable[[], bool]


class Stages:
    """Progress over stages of known shares, and the CPU seconds that each took."""

    def __init__(
        self, on_progress: OnProgress | None = None, should_cancel: ShouldCancel | None = None
    ) -> None:
        self.seconds: dict[str, float] = {}
        self._on_progress = on_progress
        self._should_cancel = should_cancel
        self._name = ""
        self._begin, self._end = 0.0, 0.0
        self._since = time.thread_time()

    def enter(self, name: str, until: float) -> None:
        """Begin a stage that reaches the share ``until`` of the whole; end the one before.

        Raises ``Cancelled`` where the job was asked to stop.
        """
        self._book()
        self._name, self._begin, self._end = name, self._end, max(self._end, until)
        self.advance(0.0)

    def advance(self, share: float) -> None:
        """Tell how much of this stage is done. Raises ``Cancelled`` as :meth:`enter` does."""
        if self.should_cancel():
            raise Cancelled
        if self._on_progress is not None:
            self._on_progress(self._begin + (self._end - self._begin) * share, self._name)

    def should_cancel(self) -> bool:
        """Whether the job was asked to stop."""
        return self._should_cancel is not None and self._should_cancel()

    def finish(self) -> None:
        """End the last stage."""
        self._book()
        self._name = ""
        if self._on_progress is not None:
            self._on_progress(1.0, "")

    def _book(self) -> None:
        now = time.thread_time()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._since = now
