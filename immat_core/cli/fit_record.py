"""What was fitted already: the report's lines, so that a killed run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from immat_core.atomic_file import written_beside
from immat_core.errors import UserError

KEY = "key"
"""Name of the digest of an input and all that its result depends on."""


def fit_key(mesh: Path, settings: object) -> str:
    """A short text that differs whenever the file's content or the settings do.

    Raises ``UserError`` for a file that cannot be read.
    """
    digest = hashlib.blake2b(repr(settings).encode(), digest_size=12)
    try:
        with mesh.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    except OSError as error:
        raise UserError(f"{mesh} cannot be read: {error.strerror or error}") from error
    return digest.hexdigest()


class FitRecord:
    """The report: a file of JSON lines, one for each result, each written whole.

    Parameters
    ----------
    path
        The file; None keeps no record. A line that a killed run left unfinished is dropped.

    Raises
    ------
    UserError
        When the file is there and is no report, or cannot be written.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lines: dict[str, dict[str, Any]] = {}
        if path is not None and path.exists():
            self._lines = {line["output"]: line for line in _lines_of(path)}
        if path is not None:
            self._rewrite(path)

    def find(self, key: str, output: Path, surface: Path | None) -> dict[str, Any] | None:
        """The line of what was done with this key and whose results are there, else None."""
        line = self._lines.get(str(output))
        if line is None or line.get(KEY) != key or not output.is_file():
            return None
        if surface is not None and not (line.get("surface") == str(surface) and surface.is_file()):
            return None
        return line

    def add(self, line: dict[str, Any]) -> None:
        """Note a result at once; of two lines about one output, the later counts."""
        self._lines[line["output"]] = line
        if self.path is None:
            return
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
        except OSError as error:
            raise UserError(f"{self.path} cannot be written: {error.strerror or error}") from error

    def _rewrite(self, path: Path) -> None:
        with written_beside(path) as beside:
            text = "".join(json.dumps(line) + "\n" for line in self._lines.values())
            beside.write_text(text, encoding="utf-8")


def _lines_of(path: Path) -> list[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as a report", "Name another file") from error
    lines = []
    whole, _, _unfinished = text.rpartition("\n")
    for number, line in enumerate(whole.splitlines(), 1):
        try:
            told = json.loads(line)
            lines.append({**told, "output": str(told["output"])})
        except (ValueError, KeyError, TypeError):
            raise UserError(
                f"{path}: line {number} is not of a report of ours", "Name another file"
            ) from None
    return lines
