"""Any mesh becomes a medial mesh: open, flipped, overlapping, without thickness, a soup.

A watertight shell just outside the triangles is filled with maximal balls; as many spheres as
wanted share its surface; clusters that touch are joined; the complex gets the topology of the
solid; and all spheres are fitted to the surface at once. Needs NumPy and Numba.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

from numpy.typing import ArrayLike

from immat_core import kernels
from immat_core.errors import UserError
from immat_core.fit.settings import QUICK, Connectivity, FitReport, FitResult, FitSettings
from immat_core.fit.stages import Stages

__all__ = ["QUICK", "FitReport", "FitResult", "FitSettings", "fit_medial_mesh", "prepare"]

FEWEST, MOST = 1, 1 << 16
"""Spheres that may be asked for."""


def fit_medial_mesh(
    vertices: ArrayLike,
    faces: ArrayLike,
    spheres: int = 256,
    *,
    seed: int = 0,
    dense: int = 2048,
    on_progress: Callable[[float, str], None] | None = None,
    should_cancel: Callable[[], bool] | None = None,
    settings: FitSettings | None = None,
) -> FitResult:
    """The medial mesh of a triangle mesh.

    Parameters
    ----------
    vertices
        (n, 3), any unit.
    faces
        (f, 3) integer; open, non-manifold, flipped, overlapping or loose as they may be.
    spheres
        Exactly how many spheres to make; 32 to 2048 are sensible.
    seed
        The same seed gives the same result.
    dense
        How many points of the dense medial axis to return.
    on_progress
        Called with the share that is done, 0 to 1, and the stage's name.
    should_cancel
        Asked every few milliseconds; the work stops once it returns True.
    settings
        Everything else; see :class:`FitSettings`.

    Raises
    ------
    UserError
        When the mesh has no surface, or Numba is missing.
    ValueError
        For arrays of another shape, an index out of range, or a count that is not possible.
    Cancelled
        When ``should_cancel`` said so.
    """
    if not FEWEST <= spheres <= MOST:
        raise ValueError(f"{spheres} spheres; from {FEWEST} to {MOST} are possible")
    if not kernels.available():
        raise UserError("Numba is not installed, which fits medial meshes", "pip install numba")
    pipeline = importlib.import_module("immat_core.fit.pipeline")
    stages = Stages(on_progress, should_cancel)
    result: FitResult = pipeline.fit(
        vertices, faces, spheres, seed, dense, settings or FitSettings(), stages
    )
    return result


def prepare() -> None:
    """Compile what a fit needs, or load it from the cache, by fitting a small open tetrahedron.

    Takes up to half a minute the first time: call it in the background.

    Raises ``UserError`` where Numba is missing.
    """
    corners = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    faces = [[0, 2, 1], [0, 1, 3], [0, 3, 2]]
    ways: tuple[Connectivity, ...] = ("surface_clusters", "power_cells")
    for way in ways:
        settings = FitSettings(shell_vertices=2000, samples=500, connectivity=way, attempts=1)
        fit_medial_mesh(corners, faces, 32, dense=8, settings=settings)
