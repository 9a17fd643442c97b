"""How the surface of a MAT is built: by which route, and from what is kept of the last time."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import bpy

from immat_core import kernels

from . import bridge

if TYPE_CHECKING:
    from immat_core.medial_mesh import MedialMesh
    from immat_core.surface import SurfaceMesh
    from immat_core.surface.live import LiveSurface

KEPT = 8
"""Live surfaces that are kept at most: at 1/256 one takes some 50 MB."""


@dataclass(frozen=True)
class SurfaceSettings:
    """What a surface depends on besides its MAT.

    Attributes
    ----------
    voxel
        In the object's own unit.
    quads
        Whether it is to have quads, else triangles. Without compiled kernels it has quads anyway.
    keep_thin
        Whether parts that are thinner than the voxel holds are shown thicker.
    """

    voxel: float
    quads: bool = False
    keep_thin: bool = False

    def coarser(self, factor: float) -> SurfaceSettings:
        """What is shown while something is dragged: thin parts must not vanish meanwhile."""
        if factor <= 1:
            return SurfaceSettings(self.voxel, False, self.keep_thin)
        return SurfaceSettings(self.voxel * factor, False, True)


def settings_of(obj: bpy.types.Object) -> SurfaceSettings:
    """What the user chose for the surface of a MAT."""
    return SurfaceSettings(obj.immat.voxel, obj.immat.quads, obj.immat.keep_thin)


def signature(mat: MedialMesh, settings: SurfaceSettings) -> str:
    """A short text that differs whenever the surface would."""
    text = bridge.signature(mat, settings.voxel)
    options = [name for name in ("quads", "keep_thin") if getattr(settings, name)]
    if options:
        text = hashlib.blake2b(" ".join([text, *options]).encode(), digest_size=16).hexdigest()
    return text


@dataclass
class _Kept:
    """A live surface and what the last change of it took, in seconds; None for the first build."""

    surface: LiveSurface
    update_seconds: float | None = None


_kept: OrderedDict[tuple[int, SurfaceSettings], _Kept] = OrderedDict()


def prepare() -> None:
    """Have the kernels compiled, or loaded, in the background; for when a MAT is there.

    Not without a window: what runs there is over before they would be ready.
    """
    if _is_windowless() or kernels.ready():
        return
    choose_cache_folder()
    kernels.prepare()


def choose_cache_folder() -> None:
    """Have compiled kernels kept where Blender wants extensions to keep their files."""
    kernels.use_cache_folder(
        bpy.utils.extension_path_user(str(__package__), path="kernels", create=True)
    )


def _is_windowless() -> bool:
    return bool(bpy.app.background)


def keeps(uid: int, settings: SurfaceSettings) -> bool:
    """Whether the next surface of a MAT will be made from the last one."""
    return (uid, settings) in _kept


def known_seconds(uid: int, settings: SurfaceSettings) -> float | None:
    """What the next rebuild of a MAT will take, where one like it was seen."""
    found = _kept.get((uid, settings))
    return None if found is None else found.update_seconds


def build(
    uid: int,
    mat: MedialMesh,
    settings: SurfaceSettings,
    on_progress: Callable[[float, str], None] | None = None,
    should_cancel: Callable[[], bool] | None = None,
) -> SurfaceMesh:
    """The surface of a MAT, by the fastest route there is now.

    From any old state of the MAT that is kept under its session id a live surface becomes that of
    the new one, so it does not matter what undo, loading and other edits did in between.

    Raises ``UserError`` and ``Cancelled`` as ``immat_core.surface.build_surface`` does.
    """
    if settings.quads or not kernels.ready():
        return build_anew(mat, settings, on_progress, should_cancel)
    from immat_core.surface.live import LiveSurface

    watching: dict[str, Any] = {"on_progress": on_progress, "should_cancel": should_cancel}
    # Taken out while it changes: a job must not share it with the main thread.
    kept = _kept.pop((uid, settings), None)
    if kept is None:
        made = LiveSurface(mat, settings.voxel, clamp_thin=settings.keep_thin, **watching)
        return _keep(uid, settings, _Kept(made))
    began = time.perf_counter()
    try:
        kept.surface.update(mat, **watching)
        kept.update_seconds = time.perf_counter() - began
    finally:
        # It is as it was where that failed or was cancelled.
        surface = _keep(uid, settings, kept)
    return surface


def _keep(uid: int, settings: SurfaceSettings, kept: _Kept) -> SurfaceMesh:
    """Keep a live surface as the latest; its mesh."""
    _kept[uid, settings] = kept
    while len(_kept) > KEPT:
        _kept.popitem(last=False)
    return kept.surface.mesh


def build_anew(
    mat: MedialMesh,
    settings: SurfaceSettings,
    on_progress: Callable[[float, str], None] | None = None,
    should_cancel: Callable[[], bool] | None = None,
) -> SurfaceMesh:
    """The same from the MAT alone, keeping nothing; raises what :func:`build` does."""
    from immat_core.surface import build_surface

    return build_surface(
        mat,
        settings.voxel,
        quads=settings.quads,
        clamp_thin=settings.keep_thin,
        on_progress=on_progress,
        should_cancel=should_cancel,
    )


def keep_only(uids: set[int]) -> None:
    """Drop what is kept of MATs that are no more."""
    for key in [key for key in _kept if key[0] not in uids]:
        del _kept[key]


def forget() -> None:
    """Drop all that is kept."""
    _kept.clear()
