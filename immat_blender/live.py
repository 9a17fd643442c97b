"""The surface follows the MAT: changes are noted, and a timer rebuilds once for all of them.

What a surface was built from is a signature in its own mesh. Undo and file loading therefore
bring back surface and signature together, and there is no Python state that they could leave wrong:
a surface is stale exactly where its signature differs from its MAT's. One that is coarser than it
should be, because its MAT is being dragged, is stale as well, and is rebuilt once the MAT rests.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import bpy

from immat_core import kernels
from immat_core.errors import UserError

from . import (
    applied_scale,
    bridge,
    jobs,
    objects,
    pace,
    rigging,
    slow_rebuilds,
    surface_paint,
    surface_route,
)
from .surface_mesh import SIGNATURE, write_surface
from .surface_route import SurfaceSettings, settings_of, signature
from .thin_parts import thin_warning

if TYPE_CHECKING:
    from immat_core.medial_mesh import MedialMesh
    from immat_core.surface import SurfaceMesh

logger = logging.getLogger(__name__)

RETRY_SECONDS = 0.5
clock = time.monotonic
"""Seconds; tests put another in its place."""


@dataclass
class Counters:
    """How often things happened since the start, for tests and the panel."""

    requests: int = 0
    rebuilds: int = 0


counters = Counters()
problems: dict[int, str] = {}
"""What stands in the way of a MAT's surface, for the panel, by session id."""
_requested: set[int] = set()
_paces: dict[int, pace.Pace] = {}
_rebuilding = False
_asleep = False


def request(obj: bpy.types.Object) -> None:
    """Note that a MAT may have changed; cheap enough for a handler or an update callback."""
    global _asleep
    if _rebuilding:
        return
    counters.requests += 1
    _requested.add(obj.session_uid)
    if bpy.app.timers.is_registered(flush):
        if not _asleep:
            return
        bpy.app.timers.unregister(flush)
    # Not here: what a handler changes asks for another update.
    bpy.app.timers.register(flush, first_interval=0.0, persistent=True)
    _asleep = False


def request_all() -> None:
    """Note that every MAT may have changed, as after undo or loading."""
    for obj in objects.mat_objects():
        request(obj)


def flush(at_rest: bool = False) -> float | None:
    """Bring the surfaces of all noted MATs up to date; the timer's callback.

    Parameters
    ----------
    at_rest
        Take no MAT for one that is being dragged, and wait for slow rebuilds.

    Returns
    -------
    The seconds until the next try, or None when nothing waits.
    """
    global _asleep
    wanted = set(_requested)
    _requested.clear()
    mats = objects.mat_objects()
    _drop_all_but({obj.session_uid for obj in mats})
    waits = []
    for obj in mats:
        if obj.session_uid in wanted:
            rigging.note(obj)
        if obj.session_uid in wanted and obj.immat.live:
            seconds = _refresh(obj, at_rest)
            if seconds is not None:
                _requested.add(obj.session_uid)
                waits.append(seconds)
    _asleep = bool(waits)
    return min(waits, default=None)


def forget(wait_seconds: float = 0.0) -> None:
    """Drop what is noted, before another file comes or the add-on goes."""
    _requested.clear()
    problems.clear()
    _paces.clear()
    rigging.forget()
    surface_route.forget()
    slow_rebuilds.forget(wait_seconds)
    if bpy.app.timers.is_registered(flush):
        bpy.app.timers.unregister(flush)


def rebuild(obj: bpy.types.Object, force: bool = False) -> bpy.types.Object:
    """Bring the surface of one MAT up to date, making the surface object if there is none.

    It blocks for as long as that takes.

    Parameters
    ----------
    force
        Rebuild even where nothing changed.

    Raises
    ------
    UserError
        When no surface can be made of the MAT; the surface is left as it was.
    """
    with _surface_being_rebuilt(obj) as surface:
        if surface is not None:
            _rebuild(obj, surface.data, force)
            surface_paint.follow(obj, surface)
    return objects.surface_of(obj)


def start_rebuild(obj: bpy.types.Object) -> bpy.types.Object:
    """Rebuild the surface of one MAT though nothing changed: later, where it takes long.

    Raises ``UserError`` as :func:`rebuild` does.
    """
    quick = _expected_seconds(obj, _read(obj), settings_of(obj)) < pace.JOB_SECONDS
    if quick or bpy.app.background or not obj.immat.live:
        return rebuild(obj, force=True)
    surface = objects.surface_of(obj) or objects.add_surface_object(obj)
    surface.data.pop(SIGNATURE, None)
    slow_rebuilds.stop(obj.session_uid)
    request(obj)
    return surface


def adopt(obj: bpy.types.Object, surface: "SurfaceMesh") -> bpy.types.Object:
    """Give a MAT the surface that a job has built of it already; returns the surface object."""
    made = objects.surface_of(obj) or objects.add_surface_object(obj)
    mat, settings = bridge.read_medial_mesh(obj), settings_of(obj)
    _write(obj, made.data, mat, settings, surface)
    _paces.setdefault(obj.session_uid, pace.Pace()).wanted = signature(mat, settings)
    applied_scale.follow(obj)
    return made


def is_held() -> bool:
    """Whether the user is in the middle of a modal operation, such as moving something."""
    return any(len(window.modal_operators) for window in bpy.context.window_manager.windows)


def _drop_all_but(uids: set[int]) -> None:
    """Forget MATs that are no more; prepare for those that are there."""
    for kept in (problems, _paces):
        for uid in set(kept) - uids:
            del kept[uid]
    surface_route.keep_only(uids)
    slow_rebuilds.keep_only(uids)
    if uids:
        surface_route.prepare()


@contextmanager
def _surface_being_rebuilt(obj: bpy.types.Object) -> Iterator[bpy.types.Object | None]:
    """The surface object of a MAT, while requests are not heard; None if it is at work already."""
    global _rebuilding
    if _rebuilding:
        yield None
        return
    surface = objects.surface_of(obj) or objects.add_surface_object(obj)
    _rebuilding = True
    try:
        objects.attach_surface(obj, surface)
        yield surface
    finally:
        _rebuilding = False


def _refresh(obj: bpy.types.Object, at_rest: bool) -> float | None:
    """Follow one MAT; the seconds until it has to be looked at again, if it has."""
    surface = objects.surface_of(obj)
    if surface is None and not objects.is_copied(obj):
        return None
    if surface is not None and surface.data.is_editmode:
        problems[obj.session_uid] = "The surface is being edited"
        return RETRY_SECONDS
    try:
        with _surface_being_rebuilt(obj) as surface:
            if surface is None:
                return None
            if not at_rest:
                return _painted(obj, surface, _follow(obj, surface.data))
            _rebuild(obj, surface.data)
            surface_paint.follow(obj, surface)
    except UserError as error:
        problems[obj.session_uid] = error.what
    return None


def _painted(
    obj: bpy.types.Object, surface: bpy.types.Object, seconds: float | None
) -> float | None:
    """Paint the surface as well as the time allows; the seconds until the next look."""
    speed = _paces[obj.session_uid]
    final = surface_paint.follow(obj, surface, exact=seconds is None and not speed.dragging)
    return seconds if final or seconds is not None else speed.rests_in(clock())


def _rebuild(obj: bpy.types.Object, mesh: bpy.types.Mesh, force: bool = False) -> None:
    """Bring a surface up to date here and now."""
    mat, settings, uid = _read(obj), settings_of(obj), obj.session_uid
    if not force and slow_rebuilds.running(uid):
        slow_rebuilds.finish(uid)
        _build_in_job(obj, mesh, mat, settings)
    slow_rebuilds.stop(uid)
    wanted = signature(mat, settings)
    _paces.setdefault(uid, pace.Pace()).wanted = wanted
    if force or mesh.get(SIGNATURE) != wanted:
        _build(obj, mesh, mat, settings)


def _follow(obj: bpy.types.Object, mesh: bpy.types.Mesh) -> float | None:
    """Bring a surface up to date as well as the time allows; see :func:`_refresh`."""
    mat, settings = _read(obj), settings_of(obj)
    wanted = signature(mat, settings)
    speed = _paces.setdefault(obj.session_uid, pace.Pace())
    if speed.see(wanted, clock(), is_held()):
        speed.begin(pace.expected_drag_seconds(mat, settings.voxel, kernels.ready()))
    if mesh.get(SIGNATURE) == wanted:
        slow_rebuilds.stop(obj.session_uid)
        return None
    if speed.dragging:
        slow_rebuilds.stop(obj.session_uid)
        return _preview(obj, mesh, mat, wanted)
    if _expected_seconds(obj, mat, settings) < pace.JOB_SECONDS:
        slow_rebuilds.stop(obj.session_uid)
        _build(obj, mesh, mat, settings)
        return None
    return _build_in_job(obj, mesh, mat, settings)


def _preview(
    obj: bpy.types.Object, mesh: bpy.types.Mesh, mat: "MedialMesh", wanted: str
) -> float | None:
    """The surface of a MAT that is being dragged, as fine as a frame's time allows."""
    speed = _paces[obj.session_uid]
    settings = settings_of(obj)
    shown = settings.coarser(speed.coarseness)
    if not kernels.ready():
        # There are quads anyway, so what is built now may stay.
        shown = replace(shown, quads=settings.quads)
    if mesh.get(SIGNATURE) != signature(mat, shown):
        # A first rebuild at another voxel tells nothing about those that follow.
        telling = not kernels.ready() or surface_route.keeps(obj.session_uid, shown)
        began = clock()
        _build(obj, mesh, mat, shown)
        if telling:
            speed.note(clock() - began)
    return None if mesh[SIGNATURE] == wanted else speed.rests_in(clock())


def _build(
    obj: bpy.types.Object, mesh: bpy.types.Mesh, mat: "MedialMesh", settings: SurfaceSettings
) -> None:
    _write(obj, mesh, mat, settings, surface_route.build(obj.session_uid, mat, settings))
    counters.rebuilds += 1


def _build_in_job(
    obj: bpy.types.Object, mesh: bpy.types.Mesh, mat: "MedialMesh", settings: SurfaceSettings
) -> float | None:
    """The same off the main thread; another edit starts it again."""
    uid = obj.session_uid

    def work(progress: jobs.Progress, should_cancel: Callable[[], bool]) -> "SurfaceMesh":
        return surface_route.build(uid, mat, settings, progress, should_cancel)

    def apply(surface: "SurfaceMesh") -> None:
        _write(obj, mesh, mat, settings, surface)
        counters.rebuilds += 1

    job = slow_rebuilds.follow(uid, signature(mat, settings), work, apply)
    jobs.redraw()
    if job.state is jobs.JobState.RUNNING:
        return jobs.POLL_SECONDS
    if job.state is not jobs.JobState.DONE:
        problems[uid] = job.message or "The rebuild of the surface was cancelled"
    return None


def _expected_seconds(obj: bpy.types.Object, mat: "MedialMesh", settings: SurfaceSettings) -> float:
    known = surface_route.known_seconds(obj.session_uid, settings)
    if known is not None:
        return known
    compiled = kernels.ready() and not settings.quads
    return pace.expected_seconds(mat, settings.voxel, compiled)


def _read(obj: bpy.types.Object) -> "MedialMesh":
    try:
        mat = bridge.healed_medial_mesh(obj)
        return bridge.read_medial_mesh(obj) if applied_scale.follow(obj) else mat
    except ValueError as error:
        raise UserError(f"This MAT cannot be read: {error}") from error


def _write(
    obj: bpy.types.Object,
    mesh: bpy.types.Mesh,
    mat: "MedialMesh",
    settings: SurfaceSettings,
    surface: "SurfaceMesh",
) -> None:
    write_surface(mesh, surface.vertices, surface.faces)
    mesh[SIGNATURE] = signature(mat, settings)
    rigging.note(obj, written=True)
    problems.pop(obj.session_uid, None)
    warning = thin_warning(mat, settings_of(obj))
    if warning:
        problems[obj.session_uid] = warning
