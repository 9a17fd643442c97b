"""Runs in a Blender with a window: a chair, a lamp and a quadruped get rigs and are posed by keys.

``blender --enable-event-simulate --python rig_session.py -- OUT.json``
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bmesh
import bpy
import numpy as np
from mathutils import Euler

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import User, addon, note, open_tab, play, screenshot, settle

SHAPES = {"quadruped": -1.5, "chair": 0.0, "lamp": 1.2}
"""Where each shape stands."""
POSES = {
    "quadruped": ("Front Tube 1.L", "X25"),
    "chair": ("Upper Back Sheet", "X-25"),
    "lamp": ("Tube 2", "Y60"),
}
"""The bone that is turned, and what is typed after R."""
KEYS = {"-": "MINUS", **{str(d): name for d, name in enumerate(
    ("ZERO", "ONE", "TWO", "THREE", "FOUR", "FIVE", "SIX", "SEVEN", "EIGHT", "NINE")
)}}  # fmt: skip


def mat_of(name: str) -> Any:
    """The MAT of a shape."""
    return bpy.data.objects[name]


def shown(name: str) -> dict[str, Any]:
    """Volume, closedness and place of a shape's surface as it is shown."""
    surface = mat_of(name).immat.surface
    bm = bmesh.new()
    bm.from_mesh(surface.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh())
    closed = all(len(edge.link_faces) == 2 for edge in bm.edges)
    points = np.array([vertex.co for vertex in bm.verts])
    volume = bm.calc_volume(signed=True)
    bm.free()
    bare = sum(not len(vertex.groups) for vertex in surface.data.vertices)
    return {
        "volume": volume,
        "closed": closed,
        "high": points.max(0).tolist(),
        "vertices": len(points),
        "bare": bare,
    }


def rest(seconds: float = 1.0) -> Iterator[None]:
    """Turns until the weights follow, which they do when the MAT rests."""
    for _ in range(int(seconds / 0.05)):
        yield
    yield from settle()


def add_rigs(user: User) -> Iterator[None]:
    """Three MATs in a row, each with a rig made by its button."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "core"))
    shapes = importlib.import_module("rigged_shapes")
    for name, place in SHAPES.items():
        with user.inside():
            mat = getattr(shapes, name)()[0]
            obj = addon("objects").add_mat_object(bpy.context, mat, name)
            obj.location.x = place
            obj.location.z = -float(mat.bounds[0, 2])
            addon("live").rebuild(obj)
            bpy.context.view_layer.update()
            bpy.ops.immat.add_rig()
        yield from settle()
        note(f"{name}_rest", bones=len(obj.immat.rig.data.bones), **shown(name))
    with user.inside():
        bpy.ops.object.select_all(action="SELECT")
        view = user.area.spaces.active.region_3d
        view.view_rotation = Euler((1.3, 0.0, 0.5)).to_quaternion()
        view.view_perspective = "PERSP"
        bpy.ops.view3d.view_selected()
        # Without the spheres in front, bones and surfaces can be seen.
        for name in SHAPES:
            mat_of(name).hide_set(True)
    yield from settle()
    screenshot("rest")


def pose(user: User) -> Iterator[None]:
    """Turn one bone of each in Pose Mode, by keys."""
    user.move(user.x, user.y)
    for name, (bone, typed) in POSES.items():
        armature = mat_of(name).immat.rig
        with user.inside():
            bpy.ops.object.select_all(action="DESELECT")
            bpy.context.view_layer.objects.active = armature
            armature.select_set(True)
            bpy.ops.object.mode_set(mode="POSE")
            bpy.ops.pose.select_all(action="DESELECT")
            armature.data.bones.active = armature.data.bones[bone]
            armature.data.bones[bone].select = True
        yield from settle()
        user.key("R")
        yield
        user.key(typed[0])
        yield
        for letter in typed[1:]:
            # Blender's own operators read numbers from the character, not from the key.
            user.event(KEYS[letter], unicode=letter)
            user.event(KEYS[letter], "RELEASE")
            yield
        user.key("RET")
        yield from settle()
        note(f"{name}_posed", mode=bpy.context.mode, **shown(name))
        with user.inside():
            bpy.ops.object.mode_set(mode="OBJECT")
        yield from settle()
    screenshot("posed")


def edit_while_posed(user: User) -> Iterator[None]:
    """Thicken the lamp's head by keys: the surface is rebuilt, and bound again at rest."""
    obj = mat_of("lamp")
    obj.hide_set(False)
    with user.inside():
        bpy.ops.object.select_all(action="DESELECT")
        bpy.context.view_layer.objects.active = obj
        obj.select_set(True)
    user.key("TAB")
    yield from settle()
    with user.inside():
        bpy.ops.mesh.select_all(action="DESELECT")
        bm = bmesh.from_edit_mesh(obj.data)
        max(bm.verts, key=lambda vertex: vertex.co.x).select_set(True)
        bmesh.update_edit_mesh(obj.data)
        bpy.ops.ed.undo_push(message="Chosen")
    yield from settle()
    user.key("S", alt=True)
    yield
    for key in ("ONE", "PERIOD", "FIVE", "RET"):
        user.key(key)
        yield
    yield from rest()
    note("lamp_edited", mode=bpy.context.mode, **shown("lamp"))
    user.key("Z", ctrl=True)
    yield from rest()
    note("lamp_undone", mode=bpy.context.mode, **shown("lamp"))
    user.key("Z", ctrl=True, shift=True)
    yield from rest()
    user.key("TAB")
    yield from rest()
    note("lamp_left", mode=bpy.context.mode, **shown("lamp"))


play((open_tab, add_rigs, pose, edit_while_posed))
