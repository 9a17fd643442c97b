"""Runs in a Blender with a window: part colors and the heat map, while a sphere is moved too.

``blender --enable-event-simulate --python looks_session.py -- OUT.json IN.ma``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import User, addon, arguments, note, open_tab, play, screenshot, settle

MOVES = 6
STEP = 6


def show_our_panels_alone() -> None:
    """Parts and thickness open in the tab, where the other panels would push them down."""
    every = [name for name in dir(bpy.types) if name.startswith("IMMAT_PT_")]
    for name in every:
        panel = getattr(bpy.types, name)
        bpy.utils.unregister_class(panel)
        if name in {"IMMAT_PT_parts", "IMMAT_PT_thickness"}:
            panel.bl_options = set()
            bpy.utils.register_class(panel)


def add_mat(user: User) -> Iterator[None]:
    """The MAT of the file, seen from before and above."""
    show_our_panels_alone()
    with user.inside():
        bpy.ops.immat.import_mat(filepath=arguments[1])
    space = user.area.spaces.active
    space.region_3d.view_rotation = Euler((1.2, 0.0, 0.6)).to_quaternion()
    space.region_3d.view_perspective = "ORTHO"
    space.overlay.show_floor = space.overlay.show_axis_x = space.overlay.show_axis_y = False
    with user.inside():
        bpy.ops.view3d.view_selected()
    user.mat.show_in_front = False
    yield from settle()


def look(user: User, name: str) -> Iterator[None]:
    """Note what the surface shows, and take a picture of the screen, without outlines."""
    if bpy.context.mode == "OBJECT":
        user.mat.select_set(False)
    mesh = user.mat.immat.surface.data
    slots = np.empty(len(mesh.polygons), np.int32)
    mesh.polygons.foreach_get("material_index", slots)
    note(
        name,
        slots=len(set(slots.tolist())),
        parts=int(addon("parts").known_parts(user.mat.data).max()),
        painted=dict(addon("surface_paint").counters),
        legend=addon("legend").shown_values(bpy.context),
        faces=len(mesh.polygons),
    )
    for _ in range(3):
        yield
    screenshot(name)


def find_parts(user: User) -> Iterator[None]:
    """Part colors on surface and spheres."""
    with user.inside():
        bpy.ops.immat.find_parts()
    yield from settle()
    yield from settle()
    yield from look(user, "parts")


def drag(user: User) -> Iterator[None]:
    """Move a foot with the mouse; the colors stay while it moves and after."""
    mat = addon("bridge").read_medial_mesh(user.mat)
    lowest = int(mat.centers[:, 2].argmin())
    user.mat.select_set(True)
    user.key("TAB")
    yield from settle()
    with user.inside():
        bpy.ops.mesh.select_all(action="DESELECT")
        addon("parts").select_vertices(
            user.mat.data, np.arange(len(mat.radii)) == lowest, extend=False
        )
    yield from settle()
    user.point_at(user.mat.matrix_world @ user.mat.data.vertices[lowest].co)
    yield
    user.key("G")
    for _ in range(MOVES):
        user.move(user.x + STEP, user.y - STEP)
        yield
        yield
    yield from look(user, "dragging")
    user.key("LEFTMOUSE")
    yield from settle()
    user.key("TAB")
    yield from settle()
    yield from look(user, "dragged")


def heat(user: User) -> Iterator[None]:
    """The heat map with its legend."""
    with user.inside():
        bpy.ops.immat.measure_thickness()
    yield from settle()
    yield from settle()
    yield from look(user, "thickness")
    user.mat.immat.surface_colors = "PART"
    yield from settle()


play((open_tab, add_mat, find_parts, heat, drag))
