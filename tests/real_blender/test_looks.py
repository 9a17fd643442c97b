"""Part colors and the heat map in a window: they show, and stay while a sphere is moved."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
from conftest import ARTIFACTS, WINDOW_SIZE, Blender

SCRIPT = Path(__file__).parent / "looks_session.py"
Steps = dict[str, dict[str, Any]]


def table_text() -> str:
    """A .ma file: a top of 4 x 4 spheres on two legs of five."""
    spheres = [(0.27 * i, 0.27 * j, 0.0, 0.05) for j in range(4) for i in range(4)]
    edges, faces = [], []
    for j in range(3):
        for i in range(3):
            a = 4 * j + i
            faces += [(a, a + 1, a + 5), (a, a + 5, a + 4)]
    for corner in (0, 15):
        last = corner
        for step in range(1, 6):
            x, y, _, _ = spheres[corner]
            spheres.append((x, y, -0.15 * step, 0.03))
            edges.append((last, len(spheres) - 1))
            last = len(spheres) - 1
    lines = [f"{len(spheres)} {len(edges)} {len(faces)}"]
    lines += [f"v {x} {y} {z} {r}" for x, y, z, r in spheres]
    lines += [f"e {i} {j}" for i, j in edges] + [f"f {i} {j} {k}" for i, j, k in faces]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def steps(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Steps:
    """What the session saw, by step; screenshots stay in ``artifacts``."""
    for old in ARTIFACTS.glob("looks*"):
        old.unlink()
    path = tmp_path_factory.mktemp("looks") / "table.ma"
    path.write_text(table_text())
    result = blender.run_window(SCRIPT, ARTIFACTS / "looks.json", str(path), seconds=600)
    assert result["error"] == ""
    found: Steps = result["steps"]
    return found


def test_part_colors_show_and_stay_while_a_sphere_is_moved(steps: Steps) -> None:
    for name in ("parts", "dragging", "dragged"):
        assert steps[name]["parts"] == steps[name]["slots"] == 3, name
    assert steps["dragged"]["painted"]["exact"] > steps["thickness"]["painted"]["exact"]
    assert steps["dragging"]["painted"]["quick"] > 0
    assert steps["dragged"]["faces"] != steps["parts"]["faces"]


def test_the_heat_map_has_a_legend(steps: Steps) -> None:
    found = steps["thickness"]
    assert found["slots"] > 2
    assert [share for share, _ in found["legend"]] == [0, 0.25, 0.5, 0.75, 1]
    assert found["legend"][0][1] == "6 cm"
    assert found["legend"][-1][1] == "10 cm"


def test_the_pictures_are_of_the_whole_screen(steps: Steps) -> None:
    for name in ("parts", "dragging", "thickness"):
        data = (ARTIFACTS / f"looks-{name}.png").read_bytes()
        assert struct.unpack(">II", data[16:24]) == tuple(map(int, WINDOW_SIZE))
