"""Runs in a Blender with a window: Suzanne becomes a MAT, is edited, reduced, and all is undone.

``blender --enable-event-simulate --python fit_session.py -- OUT.json``
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bmesh
import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import User, addon, note, open_tab, play, screenshot, settle, until


def skin(user: User) -> dict[str, Any]:
    """The surface as it is, and how many spheres there are."""
    mesh = user.mat.immat.surface.data
    points = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", points)
    return {
        "spheres": int(addon("bridge").sphere_count(user.mat.data)),
        "surface": hashlib.sha256(points.tobytes()).hexdigest(),
        "size": list(user.mat.immat.surface.dimensions),
        "rebuilds": addon("live").counters.rebuilds,
    }


def evaluated_size(obj: Any) -> list[float]:
    """Of an object's box with all its modifiers, in its own axes but with its scale."""
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    points = np.array([vertex.co[:] for vertex in mesh.vertices])
    size: list[float] = (np.ptp(points, axis=0) * np.array(obj.scale)).tolist()
    return size


def compile_once(_user: User) -> Iterator[None]:
    """What a user's Blender does in the background soon after its first start."""
    kernels = addon("fit_kernels")
    kernels.prepare()
    child = kernels._child
    yield from until(lambda: child is None or child.poll() is not None, 600.0)
    note("compiled", code=0 if child is None else child.returncode)


def add_suzanne(user: User) -> Iterator[None]:
    """A monkey with a modifier, moved and scaled."""
    with user.inside():
        bpy.ops.mesh.primitive_monkey_add(location=(1, 2, 0.5))
        bpy.context.object.scale = (1.5, 1.5, 1.5)
        bpy.context.object.modifiers.new("Smooth", "SUBSURF").levels = 1
        bpy.ops.view3d.view_axis(type="FRONT")
        bpy.ops.view3d.view_selected()
        bpy.ops.ed.undo_push(message="Add Suzanne")
    yield from settle()
    note("added", size=evaluated_size(bpy.context.object))
    screenshot("suzanne")


def mesh_to_mat(user: User) -> Iterator[None]:
    """Press the button; count the turns that the window gets meanwhile."""
    jobs = addon("jobs")
    began = last = time.monotonic()
    with user.inside():
        started = bpy.ops.immat.mesh_to_mat(spheres=256)
    gaps, told = [], set()
    while jobs.running():
        told.add(jobs.current().what)
        yield
        now = time.monotonic()
        if jobs.running():
            gaps.append(now - last)
        last = now
    note(
        "job",
        started=sorted(started),
        state=jobs.current().state.value,
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
    suzanne = bpy.data.objects["Suzanne"]
    note("fitted", hidden=suzanne.hide_get(), summary=user.mat.data["immat_fit"], **skin(user))
    screenshot("fitted")


def edit(user: User) -> Iterator[None]:
    """Select the ears' spheres in Edit Mode, and thicken them with Alt S and a typed number."""
    began = time.monotonic()
    user.move(user.x, user.y)
    yield
    user.key("TAB")
    yield from settle()
    with user.inside():
        bpy.ops.mesh.select_all(action="DESELECT")
        mesh = bmesh.from_edit_mesh(user.mat.data)
        reach = max(abs(vertex.co.x) for vertex in mesh.verts)
        for vertex in mesh.verts:
            vertex.select_set(abs(vertex.co.x) > 0.65 * reach)
        mesh.select_flush_mode()
        bmesh.update_edit_mesh(user.mat.data)
        bpy.ops.ed.undo_push(message="Select ears")
    yield from settle()
    user.key("S", alt=True)
    yield
    user.key("TWO")
    yield
    user.key("RET")
    yield from settle()
    note("edited", seconds=time.monotonic() - began, **skin(user))
    screenshot("edited")
    user.key("Z", ctrl=True)
    yield from settle()
    note("edit_undone", **skin(user))
    user.key("TAB")
    yield from settle()


def reduce(user: User) -> Iterator[None]:
    """A quarter of the spheres, and back."""
    with user.inside():
        bpy.ops.immat.simplify("EXEC_DEFAULT", True, spheres=64)
    yield from settle()
    note("reduced", **skin(user))
    screenshot("reduced")
    user.key("Z", ctrl=True)
    yield from settle()
    note("reduce_undone", **skin(user))


def undo_all(user: User) -> Iterator[None]:
    """Ctrl Z until the MAT is gone: Suzanne is there again."""
    for _ in range(8):
        if user.mat is None:
            break
        user.key("Z", ctrl=True)
        yield from settle()
    suzanne = bpy.data.objects.get("Suzanne")
    note(
        "undone",
        objects=sorted(obj.name for obj in bpy.data.objects),
        hidden=suzanne is not None and suzanne.hide_get(),
    )


play((open_tab, compile_once, add_suzanne, mesh_to_mat, edit, reduce, undo_all))
