"""Someone who uses Blender in a window by simulated events, for the scripts that run inside it.

A script defines acts, generators that take the :class:`User`; each ``yield`` gives Blender's event
loop a turn. :func:`play` runs them and writes what they noted as JSON. It judges nothing: the
tests do.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
from bpy_extras.view3d_utils import location_3d_to_region_2d

ADDON = "bl_ext.user_default.image_to_mat"
TAB = "Image to MAT"
TURN = 0.05

arguments = sys.argv[sys.argv.index("--") + 1 :]
out = Path(arguments[0])
result: dict[str, Any] = {"error": "", "steps": {}}

Act = Callable[["User"], Iterator[None]]


class User:
    """A pointer and a keyboard over the 3D view, and eyes for the two objects."""

    def __init__(self) -> None:
        self.window = bpy.context.window_manager.windows[0]
        self.area = next(a for a in self.window.screen.areas if a.type == "VIEW_3D")
        self.region = next(r for r in self.area.regions if r.type == "WINDOW")
        self.x, self.y = self.middle

    @property
    def middle(self) -> tuple[int, int]:
        """Of the 3D view, in the window: no panel lies there."""
        region = self.region
        return region.x + region.width // 2, region.y + region.height // 2

    def event(self, kind: str, value: str = "PRESS", **modifiers: Any) -> None:
        """One event where the pointer is."""
        self.window.event_simulate(type=kind, value=value, x=self.x, y=self.y, **modifiers)

    def key(self, kind: str, **modifiers: Any) -> None:
        """Press and release a key or a button."""
        self.event(kind, **modifiers)
        self.event(kind, "RELEASE", **modifiers)

    def move(self, x: float, y: float) -> None:
        """Move the pointer to a place in the window."""
        self.x, self.y = round(x), round(y)
        self.event("MOUSEMOVE", "NOTHING")

    def point_at(self, place: Any) -> None:
        """Move the pointer over a place in space."""
        seen = location_3d_to_region_2d(self.region, self.area.spaces.active.region_3d, place)
        self.move(self.region.x + seen.x, self.region.y + seen.y)

    def inside(self) -> Any:
        """The context of the 3D view, for calling operators as its buttons do."""
        return bpy.context.temp_override(window=self.window, area=self.area, region=self.region)

    @property
    def mat(self) -> Any:
        """The MAT."""
        return next((o for o in bpy.data.objects if o.immat.is_mat), None)


def addon(name: str) -> Any:
    """A module of the installed add-on."""
    return sys.modules[f"{ADDON}.{name}"]


def note(name: str, **values: Any) -> None:
    """Keep what was seen for the test."""
    result["steps"][name] = values


def until(condition: Callable[[], bool], seconds: float = 60.0) -> Iterator[None]:
    """Turns until the condition holds; an error after the given time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s in vain for {condition.__qualname__}")
        yield


def settle() -> Iterator[None]:
    """Turns until events were handled, the surface is rebuilt and the screen drawn."""
    for _ in range(3):
        yield
    yield from until(lambda: not bpy.app.timers.is_registered(addon("live").flush))
    for _ in range(2):
        yield


def screenshot(name: str) -> None:
    """The whole virtual screen, which is what a user sees; Blender's own one is black there."""
    path = out.with_name(f"{out.stem}-{name}.png")
    subprocess.run(["import", "-window", "root", str(path)], check=True, timeout=60)


def open_tab(user: User) -> Iterator[None]:
    """Clear the scene and open our tab."""
    for obj in list(bpy.data.objects):
        bpy.data.objects.remove(obj)
    user.area.spaces.active.show_region_ui = True
    for _ in range(4):
        yield
    sidebar = next(r for r in user.area.regions if r.type == "UI")
    sidebar.active_panel_category = TAB
    for _ in range(4):
        yield
    note("tab", category=sidebar.active_panel_category)


def wait_for_kernels(_user: User) -> Iterator[None]:
    """Turns until the surface is compiled: before and after, its faces are others."""
    from immat_core import kernels

    addon("surface_route").prepare()
    longest, last = 0.0, time.monotonic()
    for _ in until(kernels.ready, 600):
        yield
        longest, last = max(longest, time.monotonic() - last), time.monotonic()
    note("kernels", longest_gap=longest)


def play(acts: tuple[Act, ...]) -> None:
    """Run the acts one after the other once Blender's window is there, then quit."""

    def session() -> Iterator[None]:
        user = User()
        for act in (wait_for_kernels, *acts):
            yield from act(user)

    running = session()

    def turn() -> float | None:
        try:
            next(running)
        except StopIteration:
            pass
        except Exception:  # the boundary of this process: the test shows it
            result["error"] = traceback.format_exc()
            screenshot("error")
        else:
            return TURN
        out.write_text(json.dumps(result), "utf-8")
        bpy.ops.wm.quit_blender()
        return None

    # Both before the window is drawn: the splash would take the first key, the sidebar cover the
    # shape.
    bpy.context.preferences.view.show_splash = False
    bpy.context.preferences.system.use_region_overlap = False
    bpy.app.timers.register(turn, first_interval=0.5)
