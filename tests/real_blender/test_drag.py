"""A chair dragged by simulated events in a window: the surface follows, and is whole at rest."""

from __future__ import annotations

import importlib
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ARTIFACTS, ROOT, WINDOW_SIZE, Blender

from immat_core.ma_file import write_ma

sys.path.append(str(ROOT / "benchmarks"))

SCRIPT = Path(__file__).parent / "drag_session.py"
MOVES = 24
"""As many as each drag of the session has."""

Steps = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def steps(blender: Blender) -> Steps:
    """What the session saw, by step; screenshots stay in ``artifacts``."""
    for old in ARTIFACTS.glob("drag*"):
        old.unlink()
    chair = importlib.import_module("medial_shapes").chair()
    write_ma(ARTIFACTS / "drag-chair.ma", chair)
    result = blender.run_window(
        SCRIPT, ARTIFACTS / "drag.json", str(ARTIFACTS / "drag-chair.ma"), seconds=900
    )
    assert result["error"] == ""
    found: Steps = result["steps"]
    return found


def moved(before: dict[str, Any], after: dict[str, Any]) -> list[int]:
    """The spheres that are elsewhere."""
    apart = np.abs(np.array(before["centers"]) - np.array(after["centers"])).max(1)
    return [int(i) for i in np.flatnonzero(apart)]


def test_kernels_come_while_the_window_has_its_turns(steps: Steps) -> None:
    assert steps["kernels"]["longest_gap"] < 5
    assert steps["added"]["is_full_rebuild"]
    assert steps["added"]["corners"] == 3


def test_the_surface_follows_the_mouse(steps: Steps) -> None:
    index = steps["chosen"]["index"]
    assert steps["chosen"]["mode"] == "EDIT_MESH"
    assert moved(steps["chosen"], steps["dragged"]) == [index]
    assert steps["dragged moving"]["previews"] > MOVES / 3
    assert steps["dragged"]["rebuilds"] - steps["chosen"]["rebuilds"] > MOVES / 3


@pytest.mark.parametrize(
    "step",
    ["dragged resting", "dragged", "escaped", "coarse resting", "coarse", "undone", "redone"],
)
def test_at_rest_it_is_the_full_rebuild(steps: Steps, step: str) -> None:
    assert steps[step]["is_full_rebuild"]


def test_escape_takes_the_drag_back(steps: Steps) -> None:
    assert moved(steps["escaped resting"], steps["dragged"]) == [steps["chosen"]["index"]]
    assert steps["escaped"]["centers"] == steps["dragged"]["centers"]


def test_where_a_frame_is_too_short_the_preview_is_coarser(steps: Steps) -> None:
    assert steps["coarse moving"]["least"] < 0.6 * steps["coarse resting"]["faces"]
    assert moved(steps["dragged"], steps["coarse"]) == [steps["chosen"]["index"]]


def test_history_brings_mat_and_surface_back(steps: Steps) -> None:
    assert steps["undone"]["centers"] == steps["dragged"]["centers"]
    assert steps["all undone"]["centers"] == steps["chosen"]["centers"]
    assert steps["redone"]["centers"] == steps["dragged"]["centers"]


def test_quads_come_at_rest(steps: Steps) -> None:
    assert steps["dragged"]["corners"] == 3
    assert steps["quads resting"]["corners"] == steps["quads"]["corners"] == 4
    assert steps["quads"]["is_full_rebuild"]


def test_a_slow_rebuild_is_a_job_that_can_be_cancelled(steps: Steps) -> None:
    assert steps["rebuilt in a job"]["corners"] == 3
    assert steps["rebuilt in a job"]["is_full_rebuild"]
    after = steps["after a cancelled job"]
    assert after["cancelled"] == ["FINISHED"]
    assert "cancelled" in after["problem"]
    assert after["is_full_rebuild"]


def test_the_check_is_told(steps: Steps) -> None:
    assert steps["checked"]["mode"] == "OBJECT"
    assert steps["checked"]["lines"][0].startswith("Closed, manifold, 1 piece, genus ")


@pytest.mark.parametrize("name", ["dragged", "coarse", "checked"])
def test_screenshot_shows_the_window(steps: Steps, name: str) -> None:
    assert steps
    data = (ARTIFACTS / f"drag-{name}.png").read_bytes()
    assert struct.unpack_from(">II", data, 16) == tuple(map(int, WINDOW_SIZE))
    # a black screen compresses to a few kilobytes
    assert len(data) > 50_000
