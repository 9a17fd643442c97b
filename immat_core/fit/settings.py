"""What a fit may be told, and what it tells about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh

Betti: TypeAlias = tuple[int, int, int]
"""Components, independent loops, voids."""

ConnectSpheres: TypeAlias = Callable[
    [NDArray[np.float64], NDArray[np.float64]], tuple[IndexArray, IndexArray]
]
"""From (n, 4) spheres and (m, 3) surface points, diagonal 1, to edges (e, 2) and faces (f, 3)."""

Connectivity: TypeAlias = Literal["surface_clusters", "power_cells"] | ConnectSpheres


@dataclass(frozen=True)
class FitSettings:
    """How a medial mesh is fitted. Lengths are shares of the bounding box's diagonal.

    Attributes
    ----------
    shell_vertices
        About how many vertices the watertight shell gets; more find finer detail, slower.
    samples
        Surface samples that the spheres are fitted to; raised to 16 a sphere where that is more.
    fill_missing
        Whether missing facets are closed where the winding number is sure of the inside.
    connectivity
        Where edges and faces come from: clusters of the surface with power cells to fall back on,
        power cells alone, or a function of the spheres, for comparisons.
    refit
        Whether all spheres are fitted to the surface once their connections are known.
    attempts
        Fits that are tried until one has the solid's Betti numbers; the best is kept.
    least_radius
        Radius of sheets that have no thickness.
    """

    shell_vertices: int = 45_000
    samples: int = 24_000
    fill_missing: bool = True
    connectivity: Connectivity = "surface_clusters"
    refit: bool = True
    attempts: int = 2
    least_radius: float = 0.0025


QUICK = FitSettings(shell_vertices=30_000, samples=8_000)
"""Half the time, errors a tenth larger: for an artist who waits and for thousands of shapes."""


@dataclass(frozen=True)
class FitReport:
    """How well a medial mesh fits.

    Attributes
    ----------
    betti_solid
        Betti numbers of the solid that the mesh bounds, cavities filled.
    betti_mat
        Betti numbers of the medial mesh as a complex of spheres, edges and faces.
    mean_error, q99_error, max_error
        Distances between the input's outer surface and the medial mesh's envelope, both ways, as
        fractions of the bounding box's diagonal: their mean, the 99% point and the largest.
    seconds
        CPU seconds of each stage, in order.
    flags
        What to know before trusting the result: ``missing_facets_closed``, ``betti_differ``,
        ``components_differ``, ``components_dropped``, ``large_error``.
    """

    betti_solid: Betti
    betti_mat: Betti
    mean_error: float
    q99_error: float
    max_error: float
    seconds: dict[str, float]
    flags: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class FitResult:
    """A fitted medial mesh.

    Attributes
    ----------
    mat
        Exactly as many spheres as asked for, in the frame and unit of the input.
    dense
        (d, 3) float32: centres of maximal balls spread over the medial axis, same frame.
    surface, normals
        (m, 3) float32: points spread evenly over the input's outer surface, and unit normals.
    report
        How well it fits.
    """

    mat: MedialMesh
    dense: FloatArray
    surface: FloatArray
    normals: FloatArray
    report: FitReport
