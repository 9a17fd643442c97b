"""Runs in a Blender with a window: the ring, the radius field, the menu and the colours of spheres.

``blender --enable-event-simulate --python tools_session.py -- OUT.json``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bmesh
import bpy
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Vector

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import User, addon, note, open_tab, play, screenshot, settle

CHOSEN = 3
MOVES = 6
STEP = 5


def radii(user: User) -> list[float]:
    """The radii as the add-on reads them."""
    found: list[float] = addon("bridge").read_medial_mesh(user.mat).radii.tolist()
    return found


def faces(user: User) -> int:
    """Faces of the surface."""
    return len(user.mat.immat.surface.data.polygons)


def add_lamp(user: User) -> Iterator[None]:
    """A bent tube on a round foot, seen from the front."""
    from immat_core import MedialMesh

    centers = [[0, 0, 0.2 * i] for i in range(6)] + [[0.15 * i, 0, 1 + 0.1 * i] for i in (1, 2, 3)]
    foot = [[0.35, 0, 0], [0, 0.35, 0], [-0.35, 0, 0], [0, -0.35, 0]]
    sizes = [0.09, 0.06, 0.06, 0.06, 0.06, 0.08, 0.07, 0.09, 0.16, 0.05, 0.05, 0.05, 0.05]
    mat = MedialMesh(
        np.array(centers + foot, np.float32),
        np.array(sizes, np.float32),
        np.array([[i, i + 1] for i in range(8)], np.int32),
        np.array([[0, 9, 10], [0, 10, 11], [0, 11, 12], [0, 9, 12]], np.int32),
    )
    with user.inside():
        addon("live").rebuild(addon("objects").add_mat_object(bpy.context, mat, "Lamp"))
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
    yield from settle()
    user.move(user.x, user.y)
    user.key("TAB")
    yield from settle()
    with user.inside():
        bpy.ops.mesh.select_all(action="DESELECT")
        bm = bmesh.from_edit_mesh(user.mat.data)
        bm.verts.ensure_lookup_table()
        bm.select_history.clear()
        bm.verts[CHOSEN].select_set(True)
        bm.select_history.add(bm.verts[CHOSEN])
        bmesh.update_edit_mesh(user.mat.data)
        bpy.ops.ed.undo_push(message="Chosen")
    yield from settle()
    note("start", radii=radii(user), faces=faces(user), mode=bpy.context.mode)


def on_ring(user: User, place: Vector, radius: float) -> Vector:
    """Where the ring's right end is on the screen, within the region."""
    view = user.area.spaces.active.region_3d
    right = view.view_rotation @ Vector((1, 0, 0))
    return location_3d_to_region_2d(user.region, view, place + radius * right)


def drag_ring(user: User) -> Iterator[None]:
    """Press on the ring, pull it outwards, let go."""
    place = user.mat.matrix_world @ user.mat.data.vertices[CHOSEN].co
    seen = on_ring(user, place, radii(user)[CHOSEN])
    middle = on_ring(user, place, 0.0)
    user.move(user.region.x + seen.x, user.region.y + seen.y)
    for _ in range(4):
        yield
    screenshot("ring")
    user.event("LEFTMOUSE")
    yield
    for _ in range(MOVES):
        user.move(user.x + STEP, user.y)
        yield
    note("dragging", radii=radii(user))
    user.event("LEFTMOUSE", "RELEASE")
    yield from settle()
    grown = (seen.x + MOVES * STEP - middle.x) / (seen.x - middle.x)
    note("dragged", radii=radii(user), faces=faces(user), grown=grown)
    screenshot("dragged")
    user.key("Z", ctrl=True)
    yield from settle()
    note("undone", radii=radii(user), faces=faces(user), mode=bpy.context.mode)
    user.key("Z", ctrl=True, shift=True)
    yield from settle()
    note("redone", radii=radii(user), faces=faces(user))


def escape_ring(user: User) -> Iterator[None]:
    """Pull the ring, then press Escape."""
    place = user.mat.matrix_world @ user.mat.data.vertices[CHOSEN].co
    seen = on_ring(user, place, radii(user)[CHOSEN])
    user.move(user.region.x + seen.x, user.region.y + seen.y)
    for _ in range(4):
        yield
    user.event("LEFTMOUSE")
    yield
    for _ in range(3):
        user.move(user.x + STEP, user.y)
        yield
    pulled = radii(user)
    user.key("ESC")
    yield
    user.event("LEFTMOUSE", "RELEASE")
    yield from settle()
    note("escaped", radii=radii(user), pulled=pulled)


def use_the_field(user: User) -> Iterator[None]:
    """What the field does when a number is typed into it, and one undo."""
    with user.inside():
        user.mat.data.immat.radius = 0.125
        bpy.ops.ed.undo_push(message="Radius")
    yield from settle()
    note("typed", radii=radii(user))
    user.key("Z", ctrl=True)
    yield from settle()
    note("typed_undone", radii=radii(user))


def open_menu(user: User) -> Iterator[None]:
    """The context menu with our entry on top, and its sub-menu."""
    user.move(user.region.x + user.region.width // 3, user.region.y + user.region.height // 2)
    yield
    with user.inside():
        bpy.ops.wm.call_menu(name="IMMAT_MT_mat")
    for _ in range(6):
        yield
    screenshot("menu")
    user.key("ESC")
    for _ in range(3):
        yield
    user.key("ESC")
    yield from settle()


def show_colors(user: User) -> Iterator[None]:
    """Leave Edit Mode and colour the spheres by their radius."""
    user.key("TAB")
    yield from settle()
    user.mat.immat.sphere_colors = "RADIUS"
    yield from settle()
    for _ in range(4):
        yield
    screenshot("colors")
    note("colors", mode=bpy.context.mode, shown_as=user.mat.display_type)


acts: tuple[Any, ...] = (
    open_tab,
    add_lamp,
    drag_ring,
    escape_ring,
    use_the_field,
    open_menu,
    show_colors,
)
play(acts)
