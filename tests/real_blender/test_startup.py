"""What the add-on costs someone who does not use it today."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import ARTIFACTS, Blender

SCRIPT = Path(__file__).parent / "startup_probe.py"
MAX_CPU_SECONDS = 1.0


@pytest.fixture(scope="module")
def runs(blender: Blender, plain_blender: Blender) -> dict[str, list[dict[str, Any]]]:
    """Two starts with the add-on and two without, taken in turns."""
    found: dict[str, list[dict[str, Any]]] = {"with": [], "without": []}
    for number in range(2):
        for name, program, tab in (
            ("without", plain_blender, []),
            ("with", blender, ["Image to MAT"]),
        ):
            out = ARTIFACTS / f"startup-{name}-{number}.json"
            out.unlink(missing_ok=True)
            found[name].append(program.run_window(SCRIPT, out, *tab))
    return found


def test_panel_is_drawn_in_a_second_of_processor_time(
    runs: dict[str, list[dict[str, Any]]],
) -> None:
    assert {run["tab"] for run in runs["with"]} == {"Image to MAT"}
    best = {name: min(run["cpu_seconds"] for run in found) for name, found in runs.items()}
    assert best["with"] - best["without"] < MAX_CPU_SECONDS


def test_nothing_heavy_is_imported_before_it_is_used(
    runs: dict[str, list[dict[str, Any]]],
) -> None:
    """The count behind the time: what NumPy alone does not bring is imported on first use."""
    before = set(runs["without"][0]["heavy"])
    assert [set(run["heavy"]) - before for run in runs["with"]] == [set(), set()]
    assert all(run["core"] for run in runs["with"])
