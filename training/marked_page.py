"""Numbers inside pages that people write: what stands between two marks is replaced."""

from __future__ import annotations

from pathlib import Path

from immat_core.atomic_file import written_beside
from immat_core.errors import UserError

DOCS = Path(__file__).resolve().parents[1] / "docs"


def replace_marked(page: str, mark: str, text: str) -> str:
    """A page with ``text`` between ``<!-- mark: start -->`` and ``<!-- mark: end -->``.

    Raises
    ------
    UserError
        When a mark is missing.
    """
    first, last = f"<!-- {mark}: start -->", f"<!-- {mark}: end -->"
    before, start, rest = page.partition(first)
    _, end, after = rest.partition(last)
    if not start or not end:
        raise UserError(f"the page lost its marks {first} {last}", "Put them back")
    return f"{before}{start}\n{text}{end}{after}"


def write_marked(path: Path, mark: str, text: str) -> None:
    """Replace the marked text of a file, whole or not at all."""
    page = replace_marked(path.read_text("utf-8"), mark, text)
    with written_beside(path) as beside:
        beside.write_text(page, "utf-8")
