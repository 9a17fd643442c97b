"""The few numbers of the evaluation that the README and the card of the networks tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.marked_page import DOCS

MARK = "scores"
"""Of the table in the pages."""

PAGES = DOCS.parent / "README.md", DOCS.parent / "immat_core" / "weights" / "CARD.md"

ROWS = {
    "ceiling": "the true medial mesh: no method can do better",
    "oracle": "the best of all training shapes, chosen by the truth",
    "ours": "**Image to MAT**",
    "atlasnet": "AtlasNet, sphere",
    "pixel2mesh": "Pixel2Mesh-style, with the camera that ours found",
    "occnet": "OccNet decoder",
    "retrieval_features": "the training shape of the most similar picture",
    "typical": "a typical shape of the right kind",
    "ours_camera": "Image to MAT, given the true camera",
    "pixel2mesh_camera": "Pixel2Mesh-style, given the true camera",
}

COLUMNS = {"cd": ("CD", 1), "emd": ("EMD", 1), "f": ("F-score", 0), "iou": ("IoU", 2)}
COLUMNS["thickness"] = ("thickness error", 1)
"""By metric: its head and digits."""


def short_table(told: dict[str, Any]) -> str:
    """The table as Markdown, of what docs/evaluation.json tells."""
    lines = ["| | " + " | ".join(head for head, _ in COLUMNS.values()) + " |"]
    lines.append("|---" * (len(COLUMNS) + 1) + "|")
    for name, spoken in ROWS.items():
        if name in told["means"]:
            means = told["means"][name]
            cells = [f"{means[key][0]:.{digits}f}" for key, (_, digits) in COLUMNS.items()]
            cells = [f"**{cell}**" for cell in cells] if name == "ours" else cells
            lines.append(f"| {spoken} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def told_in(page: Path) -> bool:
    """Whether an evaluation's page is the project's own, whose numbers others repeat."""
    return page.resolve() == (DOCS / "evaluation.md").resolve()
