"""Rigs in a window: posed by keys, and bound again when the MAT was edited."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from conftest import ARTIFACTS, WINDOW_SIZE, Blender

SCRIPT = Path(__file__).parent / "rig_session.py"
BONES = {"quadruped": 13, "chair": 6, "lamp": 4}

Steps = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def steps(blender: Blender) -> Steps:
    """What the session saw, by step; screenshots stay in ``artifacts``."""
    for old in ARTIFACTS.glob("rig*"):
        old.unlink()
    result = blender.run_window(SCRIPT, ARTIFACTS / "rig.json", seconds=600)
    assert result["error"] == ""
    found: Steps = result["steps"]
    return found


@pytest.mark.parametrize("shape", BONES)
def test_a_posed_shape_stays_closed_and_keeps_its_volume(steps: Steps, shape: str) -> None:
    rest, posed = steps[f"{shape}_rest"], steps[f"{shape}_posed"]
    assert rest["bones"] == BONES[shape]
    assert (rest["bare"], posed["bare"]) == (0, 0)
    assert posed["mode"] == "POSE"
    assert (rest["closed"], posed["closed"]) == (True, True)
    assert posed["volume"] == pytest.approx(rest["volume"], rel=0.1)


def test_poses_move_what_they_should(steps: Steps) -> None:
    # The back leans back: its top is lower. The arm bends down.
    assert steps["chair_posed"]["high"][2] < steps["chair_rest"]["high"][2] - 0.01
    assert steps["lamp_posed"]["high"][2] < steps["lamp_rest"]["high"][2] - 0.05


def test_an_edit_of_a_posed_mat_is_bound_again(steps: Steps) -> None:
    before, edited, undone, left = (
        steps[f"lamp_{name}"] for name in ("posed", "edited", "undone", "left")
    )
    assert (edited["mode"], undone["mode"], left["mode"]) == ("EDIT_MESH", "EDIT_MESH", "OBJECT")
    assert [step["bare"] for step in (edited, undone, left)] == [0, 0, 0]
    assert edited["volume"] > 1.1 * before["volume"]
    # The pose is shown all the time: the arm is as low as before, its head a bit higher.
    assert left["high"][2] == pytest.approx(before["high"][2], abs=0.1)
    assert undone["vertices"] == before["vertices"]
    assert undone["volume"] == pytest.approx(before["volume"], rel=1e-3)
    assert left["volume"] == pytest.approx(edited["volume"], rel=1e-3)


@pytest.mark.parametrize("name", ["rest", "posed"])
def test_screenshot_shows_the_window(steps: Steps, name: str) -> None:
    assert steps
    data = (ARTIFACTS / f"rig-{name}.png").read_bytes()
    assert struct.unpack_from(">II", data, 16) == tuple(map(int, WINDOW_SIZE))
    assert len(data) > 50_000
