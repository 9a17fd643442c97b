"""Writing a file beside its place and renaming it, so that nobody ever sees half of it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from immat_core.errors import UserError


@contextmanager
def written_beside(path: str | Path) -> Iterator[Path]:
    """Give a free name beside ``path``, with its suffix; rename it to ``path`` when all went well.

    Whatever fails, what stood at ``path`` stays and nothing is left beside it.

    Raises
    ------
    UserError
        When the file cannot be written there.
    """
    target = Path(path)
    beside = target.parent / f".immat-{uuid.uuid4().hex[:8]}{target.suffix}"
    try:
        yield beside
        os.replace(beside, target)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"{target} cannot be written: {reason}", "Choose another folder or free some space"
        ) from error
    finally:
        beside.unlink(missing_ok=True)
