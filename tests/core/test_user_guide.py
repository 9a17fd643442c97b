"""The user guide shows every tool: whoever adds an operator adds its picture."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "user-guide.md").read_text("utf-8")
IMAGES = ROOT / "docs" / "images"
LARGEST = 60_000
"""Bytes of a picture of a single tool: the guide is read over slow lines too."""
PICTURES = {
    "Add Rig": "rig",
    "Assign Part": "tool_select_part",
    "Check Surface": "panels",
    "Connect to Nearest": "tool_connect",
    "Convert MAT To": "tool_convert_out",
    "Convert to MAT": "tool_convert_in",
    "Dissolve Spheres": "tool_dissolve",
    "Draw Profile Curve": "panels",
    "Export MAT": "panels",
    "Export Surface": "tool_export",
    "Export USD": "panels",
    "Export for Printing": "tool_printing",
    "Find Parts": "parts",
    "Fit to Picture": "tool_fit_to_picture",
    "Insert Spheres": "tool_insert",
    "Load Picture": "window",
    "Measure": "thickness",
    "Mesh to MAT": "mesh_to_mat",
    "Predict": "window",
    "Radius": "tool_radius",
    "Rebuild Surface": "panels",
    "Reduce Spheres": "tool_reduce",
    "Remove Rig": "rig",
    "Select Part": "tool_select_part",
    "Separate by Part": "tool_separate",
    "Set Minimum Thickness": "tool_minimum",
    "Show over Picture": "tool_over_picture",
    "Smooth Spheres": "tool_smooth",
    "Snap to Mesh": "tool_snap",
    "Symmetrize MAT": "tool_symmetrize",
    "Thicken Tube": "tool_thicken",
    "Thinner Than": "tool_minimum",
}
SHOWN_AS = {"Separate by Part": "Separate MAT", "Convert to MAT": "MAT from Its Radii"}
"""What buttons and menus call an operator, where that is not its label."""
NOTHING_TO_SEE = {"Cancel", "Cancel Rebuild", "Import MAT"}


def operator_labels() -> set[str]:
    """The labels of all operators, read from their classes."""
    found = set()
    for path in sorted((ROOT / "immat_blender" / "operators").glob("*.py")):
        for kind in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(kind, ast.ClassDef) and kind.name.startswith("IMMAT_OT_"):
                values = {
                    target.id: ast.literal_eval(line.value)
                    for line in kind.body
                    if isinstance(line, ast.Assign)
                    for target in line.targets
                    if isinstance(target, ast.Name) and target.id == "bl_label"
                }
                found.add(values["bl_label"])
    return found


def test_every_operator_has_its_picture() -> None:
    assert operator_labels() - NOTHING_TO_SEE == set(PICTURES)
    for label, picture in PICTURES.items():
        assert SHOWN_AS.get(label, label) in GUIDE, label
        assert f"(images/{picture}.png)" in GUIDE, label


@pytest.mark.parametrize("name", sorted(set(re.findall(r"images/([\w.-]+)", GUIDE))))
def test_pictures_of_the_guide_are_there_and_small(name: str) -> None:
    path = IMAGES / name
    with Image.open(path) as picture:
        picture.verify()
    if name.startswith("tool_"):
        assert path.stat().st_size <= LARGEST
