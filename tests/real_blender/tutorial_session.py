"""Runs in a Blender with a window: every step of docs/tutorial.md, with a screenshot of each.

``blender --enable-event-simulate --python tutorial_session.py -- OUT.json PICTURE``
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import (
    User,
    addon,
    arguments,
    note,
    open_tab,
    out,
    play,
    screenshot,
    settle,
    until,
)

LONGEST_SIDE, THINNEST = 120.0, 3.0


def predict(user: User) -> Iterator[None]:
    """Step 1: load the picture, predict."""
    jobs = addon("jobs")
    with user.inside():
        bpy.ops.immat.load_picture(filepath=arguments[1])
        yield from settle()
        bpy.ops.immat.predict()
    yield from until(lambda: not jobs.running(), 120)
    yield from settle()
    space = user.area.spaces.active
    space.overlay.show_floor = space.overlay.show_axis_x = space.overlay.show_axis_y = False
    with user.inside():
        space.region_3d.view_rotation = (0.829, 0.483, 0.142, 0.244)
        bpy.ops.view3d.view_selected()
    yield from settle()
    # Room above for the higher back.
    space.region_3d.view_distance *= 1.5
    user.mat.show_in_front = False
    yield from settle()
    note("predicted", spheres=len(user.mat.data.vertices))
    screenshot("predicted")


def edit(user: User) -> Iterator[None]:
    """Step 2: make the back higher."""
    centers = addon("bridge").read_medial_mesh(user.mat).centers
    high = float(centers[:, 2].max())
    user.move(user.x, user.y)
    user.key("TAB")
    yield from settle()
    with user.inside():
        bpy.ops.mesh.select_all(action="DESELECT")
        addon("parts").select_vertices(user.mat.data, centers[:, 2] > high - 0.1, extend=False)
        bpy.ops.transform.translate(
            value=(0, 0, 0.15), use_proportional_edit=True, proportional_size=0.25
        )
    yield from settle()
    screenshot("edited")
    user.key("TAB")
    yield from settle()
    moved = addon("bridge").read_medial_mesh(user.mat).centers
    note("edited", before=high, after=float(moved[:, 2].max()))


def print_it(user: User) -> Iterator[None]:
    """Step 3a: a file for the printer, thin parts thickened."""
    with user.inside():
        done = bpy.ops.immat.export_printing(
            filepath=str(out.with_name("chair.stl")),
            longest_side=LONGEST_SIDE,
            limit=THINNEST,
            thicken=True,
        )
        bpy.ops.immat.measure_thickness()
    yield from settle()
    yield from settle()
    note("printed", done=sorted(done), report=bpy.data.texts["Printing Report"].as_string())
    screenshot("thickness")


def rig_it(user: User) -> Iterator[None]:
    """Step 3b: a rig, and a pose that bends the longest chain."""
    with user.inside():
        user.mat.immat.surface_colors = "NONE"
        bpy.ops.immat.add_rig()
    yield from settle()
    mesh = user.mat.immat.surface.data
    rest = _posed(user.mat.immat.surface)
    armature = next(o for o in bpy.data.objects if o.type == "ARMATURE")
    names = [bone.name for bone in armature.data.bones]
    bone = _to_bend(armature)
    bone.rotation_mode = "XYZ"
    bone.rotation_euler = (math.radians(35), 0, 0)
    yield from settle()
    posed = _posed(user.mat.immat.surface)
    note(
        "rigged",
        bones=names,
        moved=float(np.abs(posed - rest).max()) if posed.shape == rest.shape else -1.0,
        vertices=len(mesh.vertices),
    )
    screenshot("rigged")


def _to_bend(armature: bpy.types.Object) -> bpy.types.PoseBone:
    """The bone with a parent whose head is highest."""
    bones = [bone for bone in armature.pose.bones if bone.parent is not None]
    return max(bones, key=lambda bone: bone.bone.head_local.z)


def _posed(surface: bpy.types.Object) -> NDArray[np.float32]:
    evaluated = surface.evaluated_get(bpy.context.evaluated_depsgraph_get())
    points = np.empty(3 * len(evaluated.data.vertices), np.float32)
    evaluated.data.vertices.foreach_get("co", points)
    return points.reshape(-1, 3)


play((open_tab, predict, edit, print_it, rig_it))
