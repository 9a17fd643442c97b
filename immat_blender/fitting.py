"""From a mesh's triangles to a MAT with its surface: plain values, safe in any thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

from . import fit_kernels, surface_route
from .predicting import DIVISIONS, blender_mat
from .surface_route import SurfaceSettings

if TYPE_CHECKING:
    from immat_core.fit import FitReport
    from immat_core.surface import SurfaceMesh

    from .jobs import Progress

FIT_SHARE = 0.85
"""Of a job; the rest is the surface."""


@dataclass(frozen=True, eq=False)
class FitRequest:
    """Everything that a fit depends on, and the object that it is of.

    Attributes
    ----------
    source
        The object's name.
    vertices, faces
        (n, 3) float64 and (t, 3) int32: its triangles in the frame that the MAT is to have, which
        differs from the world by ``location`` and ``rotation`` only.
    location, rotation
        (3,) and (4,), a quaternion: where that frame stands in the world.
    hide_source
        Whether the object is hidden once its MAT is there.
    """

    source: str
    vertices: NDArray[np.float64]
    faces: NDArray[np.int32]
    location: tuple[float, ...] = (0.0, 0.0, 0.0)
    rotation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    spheres: int = 256
    seed: int = 0
    hide_source: bool = True


@dataclass(frozen=True, eq=False)
class FitOutcome:
    """What a fit gave, in the frame of its request."""

    request: FitRequest
    mat: MedialMesh
    surface: SurfaceMesh
    settings: SurfaceSettings
    report: FitReport = field(repr=False)


def run_fit(
    request: FitRequest, progress: Progress, should_cancel: Callable[[], bool]
) -> tuple[MedialMesh, FitReport]:
    """The fit itself; raises ``Cancelled`` and ``UserError``."""
    from immat_core.fit import QUICK, fit_medial_mesh

    fit_kernels.wait(progress, should_cancel)
    result = fit_medial_mesh(
        request.vertices,
        request.faces,
        request.spheres,
        seed=request.seed,
        on_progress=lambda share, what: progress(FIT_SHARE * share, what.capitalize()),
        should_cancel=should_cancel,
        settings=QUICK,
    )
    return result.mat, result.report


def fit(request: FitRequest, progress: Progress, should_cancel: Callable[[], bool]) -> FitOutcome:
    """From triangles to a MAT and its surface; raises ``Cancelled`` and ``UserError``."""
    if not len(request.faces):
        raise UserError(f"{request.source} has no faces", "Choose an object with a surface")
    fitted, report = run_fit(request, progress, should_cancel)
    # As Blender keeps it, so that the same surface comes of it later.
    mat = blender_mat(fitted, 1.0)
    settings = surface_settings(mat)
    surface = surface_route.build_anew(
        mat,
        settings,
        lambda share, _what: progress(FIT_SHARE + (1 - FIT_SHARE) * share, "Building the surface"),
        should_cancel,
    )
    return FitOutcome(request, mat, surface, settings, report)


def surface_settings(mat: MedialMesh) -> SurfaceSettings:
    """As new MATs have them; sheets without thickness, which meshes often have, are kept whole."""
    from immat_core.surface import thin_limit

    diagonal = float(np.linalg.norm(mat.bounds[1] - mat.bounds[0]))
    voxel = float(np.float32(diagonal / DIVISIONS))
    return SurfaceSettings(voxel, keep_thin=voxel > thin_limit(mat))


def summary(report: FitReport) -> str:
    """Short lines on how well a MAT fits, as shares of the object's diagonal."""
    lines = [f"Mean error {report.mean_error:.2%}", f"99% within {report.q99_error:.2%}"]
    if report.betti_mat != report.betti_solid:
        lines.append("Holes or pieces differ")
    return "\n".join(lines)
