"""The add-on in a window: a session of simulated events, judged by what it saw."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ARTIFACTS, WINDOW_SIZE, Blender
from numpy.typing import NDArray

SCRIPT = Path(__file__).parent / "window_session.py"
MOVES = 10
"""As many as the session's drag has."""
FACTOR = 3.0
"""The number that it types for the radius."""

Steps = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def steps(blender: Blender, chair: Path) -> Steps:
    """What the session saw, by step; screenshots stay in ``artifacts``."""
    for old in ARTIFACTS.glob("window*"):
        old.unlink()
    result = blender.run_window(SCRIPT, ARTIFACTS / "window.json", str(chair), seconds=900)
    assert result["error"] == ""
    found: Steps = result["steps"]
    return found


def centers(step: dict[str, Any]) -> NDArray[np.float64]:
    """The sphere centers of a step: (n, 3)."""
    return np.array(step["centers"])


def radii(step: dict[str, Any]) -> NDArray[np.float64]:
    """The radii of a step: (n,)."""
    return np.array(step["radii"])


def same_shape(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """Whether two steps show the same MAT and, to the bit, the same surface."""
    names = ("centers", "radii", "edges", "faces", "surface")
    return all(a[name] == b[name] for name in names)


def test_tab_opens(steps: Steps) -> None:
    assert steps["tab"]["category"] == "Image to MAT"


def test_prediction_runs_while_the_window_gets_its_turns(steps: Steps) -> None:
    predict = steps["predict"]
    assert (predict["loaded"], predict["started"]) == (["FINISHED"], ["FINISHED"])
    assert (predict["job"], predict["message"]) == ("Done", "")
    assert predict["turns"] >= 5
    assert predict["longest_gap"] < predict["seconds"] / 2
    assert "Looking at the picture" in predict["told"]
    assert len(steps["predicted"]["radii"]) == 256
    assert steps["predicted"]["surface_vertices"] > 1000
    # the job built the surface: the main thread never waits for it
    assert steps["predicted"]["rebuilds"] == 0


def test_thresholds_act_without_a_prediction(steps: Steps) -> None:
    high = steps["thresholds_high"]
    assert high["same_job"]
    assert high["edges"] < steps["predicted"]["edges"]
    assert high["surface"] != steps["predicted"]["surface"]
    # two thresholds were set at once: one rebuild
    assert high["rebuilds"] == steps["predicted"]["rebuilds"] + 1
    assert same_shape(steps["thresholds_back"], steps["predicted"])


def test_dragged_vertex_takes_the_surface_along(steps: Steps) -> None:
    before, after, index = steps["clicked"], steps["dragged"], steps["top"]["index"]
    assert (before["mode"], before["selected"]) == ("EDIT_MESH", 1)
    moved = np.linalg.norm(centers(after) - centers(before), axis=1)
    assert np.flatnonzero(moved).tolist() == [index]
    assert radii(after).tolist() == radii(before).tolist()
    assert after["surface"] != before["surface"]
    # while the button was down too, and never more often than the pointer moved
    assert steps["dragging"]["surface"] != before["surface"]
    assert 1 <= after["rebuilds"] - before["rebuilds"] <= MOVES


def test_typed_radius_takes_the_surface_along(steps: Steps) -> None:
    before, after, index = steps["dragged"], steps["radius_typed"], steps["top"]["index"]
    expected = radii(before)
    expected[index] *= FACTOR
    np.testing.assert_allclose(radii(after), expected, rtol=1e-6)
    assert after["centers"] == before["centers"]
    assert after["surface"] != before["surface"]


def test_escape_restores_the_radius(steps: Steps) -> None:
    assert steps["radius_dragging"]["radii"] != steps["radius_typed"]["radii"]
    assert same_shape(steps["radius_escaped"], steps["radius_typed"])


@pytest.mark.parametrize(
    ("step", "same_as"),
    [
        ("radius_undone", "dragged"),
        ("drag_undone", "clicked"),
        ("drag_redone", "dragged"),
        ("radius_redone", "radius_typed"),
    ],
)
def test_history_brings_back_mat_and_surface(steps: Steps, step: str, same_as: str) -> None:
    assert same_shape(steps[step], steps[same_as])


def test_extruded_sphere_gets_a_radius_and_a_surface(steps: Steps) -> None:
    before, after = steps["radius_redone"], steps["extruded"]
    assert len(after["radii"]) == len(before["radii"]) + 1
    assert after["edges"] == before["edges"] + 1
    assert min(after["radii"]) > 0
    assert after["surface"] != before["surface"]
    assert same_shape(steps["left"], after)
    assert steps["left"]["mode"] == "OBJECT"


def test_shape_is_shown_over_its_picture(steps: Steps) -> None:
    assert steps["over_picture"] == {
        "finished": ["FINISHED"],
        "through_camera": True,
        "backgrounds": 1,
    }


def test_cancel_leaves_the_scene_as_it_was(steps: Steps) -> None:
    assert steps["cancel"] == {"finished": ["FINISHED"], "job": "Cancelled", "same_objects": True}


@pytest.mark.parametrize("name", ["predicted", "edited", "over-picture"])
def test_screenshot_shows_the_window(steps: Steps, name: str) -> None:
    assert steps
    data = (ARTIFACTS / f"window-{name}.png").read_bytes()
    assert struct.unpack_from(">II", data, 16) == tuple(map(int, WINDOW_SIZE))
    # a black screen compresses to a few kilobytes
    assert len(data) > 50_000
