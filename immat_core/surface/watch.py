"""Long work that is watched: it tells how far it is, and stops when it is asked to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from immat_core.errors import Cancelled

Progress: TypeAlias = Callable[[float, str], None]
"""Told what share of the work is done, 0 to 1, and what is being done."""
Question: TypeAlias = Callable[[], bool]
"""Answers whether to stop."""


@dataclass(frozen=True)
class Watch:
    """Who watches a piece of work; nobody by default."""

    on_progress: Progress | None = None
    should_cancel: Question | None = None

    def at(self, share: float, what: str) -> None:
        """Say how far the work is; raise ``Cancelled`` where it is to stop."""
        if self.should_cancel is not None and self.should_cancel():
            raise Cancelled
        if self.on_progress is not None:
            self.on_progress(share, what)


NOBODY = Watch()
"""Nobody watches."""
