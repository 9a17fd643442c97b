"""Runs in a Blender with a window: what it cost to start and to draw the sidebar.

``blender --python startup_probe.py -- OUT.json [TAB]``   opens that tab of the sidebar if given
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import bpy

HEAVY = ("onnxruntime", "PIL", "scipy", "torch", "openvdb", "pyopenvdb", "numba", "manifold3d")

arguments = sys.argv[sys.argv.index("--") + 1 :]


def session() -> Iterator[None]:
    """Open the sidebar at the tab, let Blender draw it, and write the processor time so far."""
    window = bpy.context.window_manager.windows[0]
    area = next(a for a in window.screen.areas if a.type == "VIEW_3D")
    area.spaces.active.show_region_ui = True
    for _ in range(4):
        yield
    sidebar = next(r for r in area.regions if r.type == "UI")
    if len(arguments) > 1:
        sidebar.active_panel_category = arguments[1]
    for _ in range(4):
        yield
    result = {
        "tab": sidebar.active_panel_category,
        "cpu_seconds": time.process_time(),
        "heavy": [name for name in HEAVY if name in sys.modules],
        "core": "immat_core" in sys.modules,
    }
    Path(arguments[0]).write_text(json.dumps(result), "utf-8")


def turn() -> float | None:
    """Blender's timer."""
    if next(running, "over") == "over":
        bpy.ops.wm.quit_blender()
        return None
    return 0.1


running = session()
bpy.context.preferences.view.show_splash = False
bpy.app.timers.register(turn, first_interval=0.2)
