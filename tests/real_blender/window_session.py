"""Runs in a Blender with a window: a user's session driven by simulated events.

``blender --enable-event-simulate --python window_session.py -- OUT.json PICTURE``
Writes what it saw to OUT.json, and screenshots beside it. It judges nothing: the test does.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import (
    User,
    addon,
    arguments,
    note,
    open_tab,
    play,
    screenshot,
    settle,
    until,
)

MOVES = 10

picture = arguments[1]


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
    # The sphere may lie under the sidebar, where Tab means nothing.
    user.move(*user.middle)
    yield
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


play(
    (
        open_tab,
        predict,
        change_thresholds,
        drag_vertex,
        change_radius,
        go_through_history,
        extrude,
        show_over_picture,
        cancel,
    )
)
