"""Runs in a Blender with a window: a chair is dragged by one sphere, and its surface follows.

``blender --enable-event-simulate --python drag_session.py -- OUT.json CHAIR.ma``
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import User, addon, arguments, note, open_tab, play, screenshot, settle, until

MOVES = 24
STEP = 3


def seen(user: User) -> dict[str, Any]:
    """The surface as it is, and whether it is the full rebuild of the MAT as it is now."""
    from immat_core.surface import build_surface

    mat = addon("bridge").read_medial_mesh(user.mat)
    vertices, faces = addon("surface_mesh").read_surface(user.mat.immat.surface.data)
    expected = build_surface(mat, user.mat.immat.voxel, quads=user.mat.immat.quads)
    return {
        "centers": mat.centers.tolist(),
        "faces": len(faces),
        "corners": faces.shape[1],
        "is_full_rebuild": bool(
            np.array_equal(vertices, expected.vertices) and np.array_equal(faces, expected.faces)
        ),
        "rebuilds": addon("live").counters.rebuilds,
        "mode": bpy.context.mode,
    }


def add_chair(user: User) -> Iterator[None]:
    """A chair of 256 spheres comes from a file."""
    with user.inside():
        bpy.ops.immat.import_mat(filepath=arguments[1])
    user.mat.immat.voxel = 1 / 128
    yield from settle()
    with user.inside():
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    yield from settle()
    note("added", **seen(user))


def choose_sphere(user: User) -> Iterator[None]:
    """In Edit Mode, select the sphere at a leg's end by a click."""
    user.move(user.x, user.y)
    yield
    user.key("TAB")
    yield from settle()
    with user.inside():
        bpy.ops.mesh.select_all(action="DESELECT")
    lowest = min(user.mat.data.vertices, key=lambda vertex: (round(vertex.co.z, 3), vertex.co.x))
    user.point_at(user.mat.matrix_world @ lowest.co)
    yield
    user.key("LEFTMOUSE")
    yield from settle()
    note("chosen", index=lowest.index, **seen(user))


def grab(user: User, name: str, keep: bool) -> Iterator[None]:
    """G, many small moves, a rest with the button up, and a click or Escape."""
    user.key("G")
    yield
    previews = set()
    cpu = time.process_time()
    for _ in range(MOVES):
        user.move(user.x - STEP, user.y - 1)
        yield
        previews.add(len(user.mat.immat.surface.data.polygons))
    cpu = time.process_time() - cpu
    note(f"{name} moving", previews=len(previews), cpu_per_move=cpu / MOVES)
    yield from settle()
    note(f"{name} resting", **seen(user))
    screenshot(name.replace(" ", "-"))
    user.key("LEFTMOUSE" if keep else "ESC")
    yield from settle()
    note(name, **seen(user))


def drag(user: User) -> Iterator[None]:
    """Drag and keep it."""
    yield from grab(user, "dragged", keep=True)


def drag_and_escape(user: User) -> Iterator[None]:
    """Drag and take it back."""
    yield from grab(user, "escaped", keep=False)


def drag_coarsely(user: User) -> Iterator[None]:
    """The same where no rebuild fits between two frames."""
    pace = addon("pace")
    frame, pace.FRAME_SECONDS = pace.FRAME_SECONDS, 1e-3
    user.key("G")
    yield
    least = len(user.mat.immat.surface.data.polygons)
    for _ in range(6):
        user.move(user.x - STEP, user.y)
        yield
        least = min(least, len(user.mat.immat.surface.data.polygons))
    screenshot("coarse")
    note("coarse moving", least=least)
    yield from settle()
    note("coarse resting", **seen(user))
    user.key("LEFTMOUSE")
    yield from settle()
    note("coarse", **seen(user))
    pace.FRAME_SECONDS = frame


def undo(user: User) -> Iterator[None]:
    """Undo the coarse drag and the first one, redo both."""
    for name, shift in (("undone", False), ("all undone", False), ("redone", True)):
        user.key("Z", ctrl=True, shift=shift)
        yield from settle()
        note(name, **seen(user))


def make_quads(user: User) -> Iterator[None]:
    """Quads once the shape rests."""
    user.mat.immat.quads = True
    yield from settle()
    yield from grab(user, "quads", keep=True)


def rebuild_slowly(user: User) -> Iterator[None]:
    """A rebuild that is taken for a slow one: a job, restarted by an edit, with Cancel."""
    pace, slow = addon("pace"), addon("slow_rebuilds")
    limit, pace.JOB_SECONDS = pace.JOB_SECONDS, 0.0
    user.mat.immat.quads = False
    uid = user.mat.session_uid
    yield from until(lambda: slow.running(uid) is not None)
    yield from settle()
    note("rebuilt in a job", **seen(user))
    user.mat.immat.voxel /= 4
    yield from until(lambda: slow.running(uid) is not None)
    with user.inside():
        cancelled = sorted(bpy.ops.immat.cancel_surface())
    yield from settle()
    problem = addon("live").problems.get(uid, "")
    user.mat.immat.voxel *= 4
    pace.JOB_SECONDS = limit
    yield from settle()
    note("after a cancelled job", cancelled=cancelled, problem=problem, **seen(user))


def check(user: User) -> Iterator[None]:
    """Leave Edit Mode and check the surface."""
    user.key("TAB")
    yield from settle()
    with user.inside():
        bpy.ops.immat.check_surface()
    yield from until(lambda: not addon("jobs").running())
    for _ in range(4):
        yield
    screenshot("checked")
    note("checked", lines=addon("surface_checks").lines(user.mat), **seen(user))


acts: tuple[Any, ...] = (
    open_tab,
    add_chair,
    choose_sphere,
    drag,
    drag_and_escape,
    drag_coarsely,
    undo,
    make_quads,
    rebuild_slowly,
    check,
)
play(acts)
