"""Suzanne becomes a MAT in a window, is edited and reduced; each is one step back."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ARTIFACTS, WINDOW_SIZE, Blender

SCRIPT = Path(__file__).parent / "fit_session.py"

Steps = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def steps(blender: Blender) -> Steps:
    """What the session saw, by step; screenshots stay in ``artifacts``."""
    for old in ARTIFACTS.glob("fit*"):
        old.unlink()
    result = blender.run_window(SCRIPT, ARTIFACTS / "fit.json", seconds=900)
    assert result["error"] == ""
    found: Steps = result["steps"]
    seconds = {"fit": found["job"]["seconds"], "edit": found["edited"]["seconds"]}
    (ARTIFACTS / "fit-seconds.json").write_text(json.dumps(seconds), "utf-8")
    return found


def test_the_fit_is_compiled_in_a_process_of_its_own(steps: Steps) -> None:
    assert steps["compiled"] == {"code": 0}


def test_suzanne_becomes_a_mat_while_the_window_gets_its_turns(steps: Steps) -> None:
    job = steps["job"]
    assert (job["started"], job["state"], job["message"]) == (["FINISHED"], "Done", "")
    assert job["turns"] >= 5
    assert {"Shell", "Refit"} <= set(job["told"])
    fitted = steps["fitted"]
    assert fitted["spheres"] == 256
    assert fitted["hidden"]
    size = np.array(steps["added"]["size"])
    np.testing.assert_allclose(fitted["size"], size, atol=0.02 * float(np.linalg.norm(size)))
    assert fitted["summary"].startswith("Mean error 0.")
    # The job built the surface: the main thread never waits for it.
    assert fitted["rebuilds"] == 0


def test_its_skin_follows_an_edit_and_goes_back(steps: Steps) -> None:
    assert steps["edited"]["surface"] != steps["fitted"]["surface"]
    assert steps["edited"]["rebuilds"] >= 1
    # Thicker ears reach farther.
    assert steps["edited"]["size"][0] > 1.02 * steps["fitted"]["size"][0]
    assert steps["edit_undone"]["surface"] == steps["fitted"]["surface"]


def test_fewer_spheres_keep_its_size_and_go_back(steps: Steps) -> None:
    assert steps["reduced"]["spheres"] == 64
    size = np.array(steps["fitted"]["size"])
    # Thin tips of the ears go first.
    atol = 0.08 * float(np.linalg.norm(size))
    np.testing.assert_allclose(steps["reduced"]["size"], size, atol=atol)
    assert steps["reduce_undone"]["spheres"] == 256
    assert steps["reduce_undone"]["surface"] == steps["fitted"]["surface"]


def test_undo_brings_suzanne_back_and_leaves_nothing(steps: Steps) -> None:
    assert steps["undone"] == {"objects": ["Suzanne"], "hidden": False}


@pytest.mark.parametrize("name", ["suzanne", "fitted", "edited", "reduced"])
def test_screenshot_shows_the_window(steps: Steps, name: str) -> None:
    assert steps
    data = (ARTIFACTS / f"fit-{name}.png").read_bytes()
    assert struct.unpack_from(">II", data, 16) == tuple(map(int, WINDOW_SIZE))
    # A black screen compresses to a few kilobytes.
    assert len(data) > 50_000
