"""The surface as it is written to a file: crisp or sampled, with as many faces as are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy

from . import surface_route
from .surface_mesh import write_surface
from .surface_route import SurfaceSettings

if TYPE_CHECKING:
    from immat_core.medial_mesh import MedialMesh
    from immat_core.surface import SurfaceMesh

    from .jobs import Progress

CRISP_TOLERANCE = 1 / 8
"""How deep under the exact surface the facets of a crisp one may lie, in voxels."""


@dataclass(frozen=True)
class ExportSettings:
    """What the user wants written.

    Attributes
    ----------
    crisp
        Whether the creases where parts meet are sharp: an exact union, without samples.
    triangles
        How many are wanted; 0 leaves the surface as it is.
    """

    crisp: bool = False
    triangles: int = 0

    def differs(self, shown: SurfaceSettings) -> bool:
        """Whether another surface is wanted than the one that is shown."""
        return self.crisp or self.triangles > 0 or shown.keep_thin


def exported_surface(
    mat: MedialMesh,
    shown: SurfaceSettings,
    wanted: ExportSettings,
    progress: Progress,
    should_cancel: Callable[[], bool],
) -> SurfaceMesh:
    """Build the surface for a file; thin parts are as thin as they are. Safe in any thread.

    Raises ``UserError`` and ``Cancelled``.
    """
    share = 0.5 if wanted.triangles else 1.0

    def first(done: float, what: str) -> None:
        progress(share * done, what)

    if wanted.crisp:
        from immat_core.surface.crisp import crisp_surface

        tolerance = shown.voxel * CRISP_TOLERANCE
        surface = crisp_surface(mat, tolerance, on_progress=first, should_cancel=should_cancel)
    else:
        thin = SurfaceSettings(shown.voxel, shown.quads and not wanted.triangles)
        surface = surface_route.build_anew(mat, thin, first, should_cancel)
    if not wanted.triangles:
        return surface
    from immat_core.surface.reduce import reduce_faces

    return reduce_faces(
        surface,
        wanted.triangles,
        on_progress=lambda done, what: progress(share + (1 - share) * done, what),
        should_cancel=should_cancel,
    )


@contextmanager
def stand_in(
    context: bpy.types.Context, shown: bpy.types.Object, surface: SurfaceMesh
) -> Iterator[bpy.types.Object]:
    """A copy of the surface object, with its materials and modifiers, that has another surface."""
    obj = shown.copy()
    obj.data = shown.data.copy()
    try:
        write_surface(obj.data, surface.vertices, surface.faces)
        context.scene.collection.objects.link(obj)
        yield obj
    finally:
        mesh = obj.data
        bpy.data.objects.remove(obj)
        bpy.data.meshes.remove(mesh)
