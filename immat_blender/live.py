"""The surface follows the MAT: changes are noted, and a timer rebuilds once for all of them.

What a surface was built from is a signature in its own mesh. Undo and file loading therefore
bring back surface and signature together, and there is no Python state that they could leave wrong:
a surface is stale exactly where its signature differs from its MAT's.
"""

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy

from immat_core.errors import UserError

from . import applied_scale, bridge, objects
from .surface_mesh import SIGNATURE, write_surface

if TYPE_CHECKING:
    from immat_core.medial_mesh import MedialMesh
    from immat_core.surface import SurfaceMesh

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.5


@dataclass
class Counters:
    """How often things happened since the start, for tests and the panel."""

    requests: int = 0
    rebuilds: int = 0


counters = Counters()
problems: dict[int, str] = {}
"""What stands in the way of a MAT's surface, for the panel, by session id."""
_requested: set[int] = set()
_rebuilding = False


def request(obj: bpy.types.Object) -> None:
    """Note that a MAT may have changed; cheap enough for a handler or an update callback."""
    if _rebuilding:
        return
    counters.requests += 1
    _requested.add(obj.session_uid)
    if not bpy.app.timers.is_registered(flush):
        # Not here: what a handler changes asks for another update.
        bpy.app.timers.register(flush, first_interval=0.0, persistent=True)


def request_all() -> None:
    """Note that every MAT may have changed, as after undo or loading."""
    for obj in objects.mat_objects():
        request(obj)


def flush() -> float | None:
    """Bring the surfaces of all noted MATs up to date; the timer's callback.

    Returns the seconds until the next try, or None when nothing waits.
    """
    wanted = set(_requested)
    _requested.clear()
    for obj in objects.mat_objects():
        if obj.session_uid in wanted and obj.immat.live and not _refresh(obj):
            _requested.add(obj.session_uid)
    return RETRY_SECONDS if _requested else None


def forget() -> None:
    """Drop what is noted, before another file comes or the add-on goes."""
    _requested.clear()
    problems.clear()
    if bpy.app.timers.is_registered(flush):
        bpy.app.timers.unregister(flush)


def rebuild(obj: bpy.types.Object, force: bool = False) -> bpy.types.Object:
    """Bring the surface of one MAT up to date, making the surface object if there is none.

    Parameters
    ----------
    force
        Rebuild even where nothing changed.

    Raises
    ------
    UserError
        When no surface can be made of the MAT; the surface is left as it was.
    """
    surface = objects.surface_of(obj) or objects.add_surface_object(obj)
    global _rebuilding
    if _rebuilding:
        return surface
    _rebuilding = True
    try:
        objects.attach_surface(obj, surface)
        _rebuild(obj, surface.data, force)
    finally:
        _rebuilding = False
    return surface


def adopt(obj: bpy.types.Object, surface: "SurfaceMesh") -> bpy.types.Object:
    """Give a MAT the surface that a job has built of it already; returns the surface object."""
    made = objects.surface_of(obj) or objects.add_surface_object(obj)
    _write(obj, made.data, bridge.read_medial_mesh(obj), surface)
    applied_scale.follow(obj)
    return made


def _refresh(obj: bpy.types.Object) -> bool:
    """Follow one MAT; False where it has to be tried again later."""
    surface = objects.surface_of(obj)
    if surface is None and not objects.is_copied(obj):
        return True
    if surface is not None and surface.data.is_editmode:
        problems[obj.session_uid] = "The surface is being edited"
        return False
    try:
        rebuild(obj)
    except UserError as error:
        problems[obj.session_uid] = error.what
    return True


def _rebuild(obj: bpy.types.Object, mesh: bpy.types.Mesh, force: bool) -> None:
    from immat_core.surface import build_surface

    bridge.heal(obj)
    try:
        applied_scale.follow(obj)
        mat = bridge.read_medial_mesh(obj)
    except ValueError as error:
        raise UserError(f"This MAT cannot be read: {error}") from error
    if not force and mesh.get(SIGNATURE) == bridge.signature(mat, obj.immat.voxel):
        return
    _write(obj, mesh, mat, build_surface(mat, obj.immat.voxel))
    counters.rebuilds += 1


def _write(
    obj: bpy.types.Object, mesh: bpy.types.Mesh, mat: "MedialMesh", surface: "SurfaceMesh"
) -> None:
    from immat_core.surface import thin_limit

    write_surface(mesh, surface.vertices, surface.faces)
    mesh[SIGNATURE] = bridge.signature(mat, obj.immat.voxel)
    problems.pop(obj.session_uid, None)
    if obj.immat.voxel > thin_limit(mat):
        problems[obj.session_uid] = f"Thin parts may break; try a voxel of {thin_limit(mat):.4g}"
