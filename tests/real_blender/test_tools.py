"""The ring around the active sphere, the radius field, menu and colours, in a window."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ARTIFACTS, WINDOW_SIZE, Blender

SCRIPT = Path(__file__).parent / "tools_session.py"
CHOSEN = 3
"""The sphere that the session has selected."""

Steps = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def steps(blender: Blender) -> Steps:
    """What the session saw, by step; screenshots stay in ``artifacts``."""
    for old in ARTIFACTS.glob("tools*"):
        old.unlink()
    result = blender.run_window(SCRIPT, ARTIFACTS / "tools.json", seconds=600)
    assert result["error"] == ""
    found: Steps = result["steps"]
    return found


def changed(before: dict[str, Any], after: dict[str, Any]) -> list[int]:
    """The spheres whose radius differs between two steps."""
    return [int(i) for i in np.flatnonzero(np.not_equal(before["radii"], after["radii"]))]


def test_the_ring_changes_the_active_sphere_alone(steps: Steps) -> None:
    assert steps["start"]["mode"] == "EDIT_MESH"
    assert changed(steps["start"], steps["dragging"]) == [CHOSEN]
    assert changed(steps["start"], steps["dragged"]) == [CHOSEN]
    # The ring stays under the pointer.
    before, after = steps["start"]["radii"][CHOSEN], steps["dragged"]["radii"][CHOSEN]
    assert after / before == pytest.approx(steps["dragged"]["grown"], rel=0.03)
    assert steps["dragged"]["faces"] > steps["start"]["faces"]


def test_one_undo_takes_the_drag_back_and_redo_brings_it_again(steps: Steps) -> None:
    assert steps["undone"]["radii"] == steps["start"]["radii"]
    assert steps["undone"]["faces"] == steps["start"]["faces"]
    assert steps["undone"]["mode"] == "EDIT_MESH"
    assert steps["redone"]["radii"] == steps["dragged"]["radii"]
    assert steps["redone"]["faces"] == steps["dragged"]["faces"]


def test_escape_gives_the_radius_back(steps: Steps) -> None:
    assert changed(steps["redone"], {"radii": steps["escaped"]["pulled"]}) == [CHOSEN]
    assert steps["escaped"]["radii"] == steps["redone"]["radii"]


def test_a_typed_radius_is_one_step_of_undo(steps: Steps) -> None:
    assert steps["typed"]["radii"][CHOSEN] == pytest.approx(0.125)
    assert steps["typed_undone"]["radii"] == steps["redone"]["radii"]


def test_colors_show_the_spheres_solid(steps: Steps) -> None:
    assert steps["colors"] == {"mode": "OBJECT", "shown_as": "TEXTURED"}


@pytest.mark.parametrize("name", ["ring", "dragged", "menu", "colors"])
def test_screenshot_shows_the_window(steps: Steps, name: str) -> None:
    assert steps
    data = (ARTIFACTS / f"tools-{name}.png").read_bytes()
    assert struct.unpack_from(">II", data, 16) == tuple(map(int, WINDOW_SIZE))
    assert len(data) > 50_000
