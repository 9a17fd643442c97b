"""Runs in a Blender with a window: a user's session driven by simulated events.

``blender --enable-event-simulate --python window_session.py -- OUT.json PICTURE``
Writes what it saw to OUT.json, and screenshots beside it. It judges nothing: the test does.
Each ``yield`` gives Blender's event loop a turn.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d

ADDON = "bl_ext.user_default.image_to_mat"
TAB = "Image to MAT"
TURN = 0.05
MOVES = 10

out = Path(sys.argv[sys.argv.index("--") + 1])
picture = sys.argv[sys.argv.index("--") + 2]
result: dict[str, Any] = {"error": "", "steps": {}}


class User:
    """A pointer and a keyboard over the 3D view, and eyes for the two objects."""

    def __init__(self) -> None:
        self.window = bpy.context.window_manager.windows[0]
        self.area = next(a for a in self.window.screen.areas if a.type == "VIEW_3D")
        self.region = next(r for r in self.area.regions if r.type == "WINDOW")
        self.x = self.region.x + self.region.width // 2
        self.y = self.region.y + self.region.height // 2

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


def state(user: User) -> dict[str, Any]:
    """The MAT as the add-on reads it, also in Edit Mode, and the surface as it is."""
    mat = addon("bridge").read_medial_mesh(user.mat)
    mesh = user.mat.immat.surface.data
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", points)
    return {
        "centers": mat.centers.tolist(),
        "radii": mat.radii.tolist(),
        "edges": len(mat.edges),
        "faces": len(mat.faces),
        "surface_vertices": len(mesh.vertices),
        "surface": hashlib.sha256(points.tobytes()).hexdigest(),
        "rebuilds": addon("live").counters.rebuilds,
        "mode": bpy.context.mode,
        "selected": int(user.mat.data.count_selected_items()[0]),
    }


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


def predict(user: User) -> Iterator[None]:
    """Load the picture, press Predict, count the turns that the window gets meanwhile."""
    jobs = addon("jobs")
    with user.inside():
        loaded = bpy.ops.immat.load_picture(filepath=picture)
        yield from settle()
    with user.inside():
        started = bpy.ops.immat.predict()
    began = last = time.monotonic()
    gaps, told = [], set()
    while jobs.running():
        told.add(jobs.current().what)
        yield
        now = time.monotonic()
        if jobs.running():
            gaps.append(now - last)
        last = now
    note(
        "predict",
        loaded=sorted(loaded),
        started=sorted(started),
        job=jobs.current().state.value,
        message=jobs.current().message,
        seconds=time.monotonic() - began,
        told=sorted(told),
        turns=len(gaps),
        longest_gap=max(gaps, default=0.0),
    )
    yield from settle()
    with user.inside():
        bpy.ops.view3d.view_selected()
    yield from settle()
    note("predicted", **state(user))
    screenshot("predicted")


def change_thresholds(user: User) -> Iterator[None]:
    """Move a threshold to its end and back; no prediction runs for it."""
    job = addon("jobs").current()
    user.mat.immat.edge_threshold = 1.0
    user.mat.immat.face_threshold = 1.0
    yield from settle()
    note("thresholds_high", same_job=addon("jobs").current() is job, **state(user))
    user.mat.immat.edge_threshold = 0.2
    user.mat.immat.face_threshold = 0.3
    yield from settle()
    note("thresholds_back", **state(user))


def drag_vertex(user: User) -> Iterator[None]:
    """Click on the topmost vertex in Edit Mode, and drag it with G."""
    user.move(user.x, user.y)
    yield
    user.key("TAB")
    yield from settle()
    top = max(user.mat.data.vertices, key=lambda vertex: vertex.co.z)
    note("top", index=top.index)
    user.point_at(user.mat.matrix_world @ top.co)
    yield
    user.key("LEFTMOUSE")
    yield from settle()
    note("clicked", **state(user))
    user.key("G")
    yield
    for _ in range(MOVES):
        user.move(user.x + 4, user.y + 4)
        yield
    note("dragging", **state(user))
    user.key("LEFTMOUSE")
    yield from settle()
    note("dragged", **state(user))


def change_radius(user: User) -> Iterator[None]:
    """Alt S and a typed number; then Alt S, a drag and Escape."""
    user.key("S", alt=True)
    yield
    user.key("THREE")
    yield
    user.key("RET")
    yield from settle()
    note("radius_typed", **state(user))
    screenshot("edited")
    user.key("S", alt=True)
    yield
    for _ in range(3):
        user.move(user.x + 20, user.y)
        yield
    yield from settle()
    note("radius_dragging", **state(user))
    user.key("ESC")
    yield from settle()
    note("radius_escaped", **state(user))


def go_through_history(user: User) -> Iterator[None]:
    """Undo the radius, undo the drag, redo both."""
    for name, shift in (
        ("radius_undone", False),
        ("drag_undone", False),
        ("drag_redone", True),
        ("radius_redone", True),
    ):
        user.key("Z", ctrl=True, shift=shift)
        yield from settle()
        note(name, **state(user))


def extrude(user: User) -> Iterator[None]:
    """E, a move and a click: one more sphere; then leave Edit Mode."""
    user.key("E")
    yield
    for _ in range(4):
        user.move(user.x + 8, user.y + 2)
        yield
    user.key("LEFTMOUSE")
    yield from settle()
    note("extruded", **state(user))
    user.key("TAB")
    yield from settle()
    note("left", **state(user))


def show_over_picture(user: User) -> Iterator[None]:
    """Look through the predicted camera."""
    with user.inside():
        shown = bpy.ops.immat.show_over_picture()
    yield from settle()
    camera = bpy.context.scene.camera
    note(
        "over_picture",
        finished=sorted(shown),
        through_camera=user.area.spaces.active.region_3d.view_perspective == "CAMERA",
        backgrounds=len(camera.data.background_images),
    )
    for _ in range(4):
        yield
    screenshot("over-picture")


def cancel(user: User) -> Iterator[None]:
    """Predict once more and cancel: nothing is added."""
    jobs = addon("jobs")
    before = sorted(obj.name for obj in bpy.data.objects)
    with user.inside():
        bpy.ops.immat.predict()
        yield
        cancelled = bpy.ops.immat.cancel()
    yield from until(lambda: not jobs.running())
    note(
        "cancel",
        finished=sorted(cancelled),
        job=jobs.current().state.value,
        same_objects=before == sorted(obj.name for obj in bpy.data.objects),
    )


def session() -> Iterator[None]:
    """The whole session."""
    user = User()
    for act in (
        open_tab,
        predict,
        change_thresholds,
        drag_vertex,
        change_radius,
        go_through_history,
        extrude,
        show_over_picture,
        cancel,
    ):
        yield from act(user)


def turn() -> float | None:
    """Blender's timer: one step of the session, or its end."""
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


running = session()
# both before the window is drawn: the splash would take the first key, the sidebar cover the shape
bpy.context.preferences.view.show_splash = False
bpy.context.preferences.system.use_region_overlap = False
bpy.app.timers.register(turn, first_interval=0.5)
