"""Runs in a Blender with a window: someone edits a chair while every step is filmed.

``blender --enable-event-simulate --python film_session.py -- OUT.json CHAIR.ma``; the frames are
``OUT-000.png`` and so on. ``tools/record_editing.py`` makes docs/images/editing.gif of them.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import User, addon, arguments, note, open_tab, play, screenshot, settle, until

frames = 0


def film() -> None:
    """One more frame."""
    global frames
    screenshot(f"{frames:03d}")
    frames += 1


def add_chair(user: User) -> Iterator[None]:
    """The chair, seen from the front and above, with its compiled surface."""
    from immat_core import kernels

    with user.inside():
        bpy.ops.immat.import_mat(filepath=arguments[1])
        addon("live").rebuild(user.mat)
        space = user.area.spaces.active
        space.shading.show_cavity = True
        space.overlay.show_floor = False
        space.overlay.show_axis_x = space.overlay.show_axis_y = False
        space.region_3d.view_rotation = (0.829, 0.483, 0.142, 0.244)
        bpy.ops.view3d.view_selected()
        # Room above for the higher back.
        space.region_3d.view_distance *= 1.2
        user.mat.data.update()
    yield from until(kernels.ready, 240)
    yield from settle()
    addon("sphere_display").sphere_modifier(user.mat).show_viewport = False
    user.mat.show_in_front = False
    user.mat.immat.voxel = 1 / 160
    user.mat.immat.keep_thin = True
    yield from settle()


def choose(user: User, chosen: NDArray[np.bool_]) -> Iterator[None]:
    """Select spheres in Edit Mode and point at the middle of them."""
    if bpy.context.mode == "OBJECT":
        user.key("TAB")
        yield from settle()
    with user.inside():
        bpy.ops.mesh.select_all(action="DESELECT")
        addon("parts").select_vertices(user.mat.data, chosen, extend=False)
    yield from settle()
    centers = addon("bridge").read_medial_mesh(user.mat).centers
    user.point_at(user.mat.matrix_world @ type(user.mat.location)(centers[chosen].mean(0)))
    yield


def stretch_the_back(user: User) -> Iterator[None]:
    """The back's top goes up and comes down, what is near follows."""
    centers = addon("bridge").read_medial_mesh(user.mat).centers
    settings = bpy.context.scene.tool_settings
    settings.use_proportional_edit = True
    settings.proportional_size = 0.35
    yield from choose(user, centers[:, 2] > centers[:, 2].max() - 0.06)
    user.key("G")
    yield
    for step in [*range(12), *range(12, 6, -1)]:
        user.move(user.x + (2 if step < 6 else -2), user.y + (6 if step < 12 else -4))
        yield
        yield
        film()
    user.key("LEFTMOUSE")
    yield from settle()
    settings.use_proportional_edit = False
    film()


def thicken_the_seat(user: User) -> Iterator[None]:
    """The radius of the seat's spheres grows with the mouse."""
    centers = addon("bridge").read_medial_mesh(user.mat).centers
    height = np.median(centers[:, 2])
    flat = np.abs(centers[:, 2] - height) < 0.05
    yield from choose(user, flat)
    user.move(user.x + 60, user.y)
    yield
    user.key("S", alt=True)
    yield
    for _ in range(14):
        user.move(user.x + 8, user.y)
        yield
        yield
        film()
    user.key("LEFTMOUSE")
    yield from settle()
    for _ in range(3):
        film()
    note("filmed", frames=frames)


play((open_tab, add_chair, stretch_the_back, thicken_the_seat))
