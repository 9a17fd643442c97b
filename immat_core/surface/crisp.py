"""The crisp surface: the exact union of all envelopes as polyhedra, with sharp creases.

Each envelope is the convex hull of points on its spheres, and the hulls are united as meshes by
manifold3d, an optional package. For a final export: it takes about a second where the sampled
surface takes milliseconds, but the creases where parts meet are true lines.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
from collections.abc import Callable
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from immat_core import envelope
from immat_core.envelope import DoubleArray
from immat_core.errors import Cancelled, UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.surface.mesh import SurfaceMesh

SAG = 0.3
"""Upper bound of n^2 times the depth of the facets under the unit sphere, for its points whose
icosahedron's sides are cut in n (test_points_of_a_sphere_are_dense_enough)."""
COARSEST, FINEST = 2, 32
"""Cuts of the icosahedron's sides: 42 and 10,242 points a sphere."""
GROUP = 8
"""Hulls that are united at a time; between two groups a job may be cancelled."""
SLIVERS = 0.05
"""Share of the tolerance within which edges may be collapsed after the union."""
GOLDEN = (1 + math.sqrt(5)) / 2
ICOSAHEDRON = np.array(
    [(0, s, t) for s in (-1, 1) for t in (-GOLDEN, GOLDEN)]
    + [(s, t, 0) for s in (-1, 1) for t in (-GOLDEN, GOLDEN)]
    + [(t, 0, s) for s in (-1, 1) for t in (-GOLDEN, GOLDEN)]
)
"""(12, 3) corners; their sides are 2 long."""


def crisp_surface(
    mat: MedialMesh,
    tolerance: float = 1 / 1024,
    *,
    on_progress: Callable[[float, str], None] | None = None,
    should_cancel: Callable[[], bool] | None = None,
) -> SurfaceMesh:
    """The union of all envelopes of a medial mesh, each a convex polyhedron.

    Parameters
    ----------
    mat
        The medial mesh, in any unit.
    tolerance
        How deep under an envelope its polyhedron may lie, in the unit of ``mat``; it is never
        outside. Large spheres get more facets than small ones.
    on_progress
        Called with the share that is done, 0..1, and what is being done.
    should_cancel
        Asked between the steps of the union, each a fraction of the whole.

    Returns
    -------
    A closed manifold of triangles. Nothing is lost where parts are thin.

    Raises
    ------
    UserError
        For no sphere, a tolerance that is not above 0, and where manifold3d is missing.
    Cancelled
        When ``should_cancel`` said so.
    """
    if not len(mat.radii):
        raise UserError("the medial mesh has no sphere, so it has no surface", "Add a sphere")
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise UserError(f"the tolerance is {tolerance:g}", "Use one above 0, such as 0.001")
    manifold3d = load_manifold3d()
    middle = mat.bounds.astype(np.float64).mean(0)
    points = [
        center - middle + radius * unit_points(_cuts(radius, tolerance))
        for center, radius in zip(mat.centers.astype(np.float64), mat.radii.tolist(), strict=True)
    ]
    hulls = [
        manifold3d.Manifold.hull_points(np.concatenate([points[i] for i in spheres]))
        for spheres in _along_the_longest_side(mat, hull_spheres(mat))
    ]
    union = _unite(hulls, on_progress, should_cancel)
    mesh = union.simplify(tolerance * SLIVERS).to_mesh64()
    vertices = np.asarray(mesh.vert_properties)[:, :3] + middle
    return SurfaceMesh(
        np.ascontiguousarray(vertices, np.float32),
        np.ascontiguousarray(mesh.tri_verts, np.int32),
    )


def load_manifold3d() -> ModuleType:
    """Import manifold3d; UserError where it is missing."""
    if importlib.util.find_spec("manifold3d") is None:
        raise UserError(
            "manifold3d is not installed, which the crisp surface needs",
            "Install it (pip install manifold3d)",
        )
    return importlib.import_module("manifold3d")


def hull_spheres(mat: MedialMesh) -> list[tuple[int, ...]]:
    """The spheres of every hull that the union needs: faces, edges of no face, lone spheres."""
    sides = {
        pair for a, b, c in mat.faces.tolist() for pair in ((a, b), (a, c), (b, c))
    }  # a face's hull holds those of its sides
    ends = [tuple(pair) for pair in envelope.cone_ends(mat).tolist()]
    free = [tuple(dict.fromkeys(pair)) for pair in ends if pair not in sides]
    return [tuple(face) for face in mat.faces.tolist()] + free


@cache
def unit_points(cuts: int) -> DoubleArray:
    """(10 cuts^2 + 2, 3) points on the unit sphere: an icosahedron's sides cut in so many."""
    near = np.isclose(np.linalg.norm(ICOSAHEDRON[:, None] - ICOSAHEDRON, axis=2), 2)
    faces = [
        (i, j, k)
        for i in range(12)
        for j in range(i + 1, 12)
        for k in range(j + 1, 12)
        if near[i, j] and near[j, k] and near[i, k]
    ]
    weights = np.array(
        [(i, j, cuts - i - j) for i in range(cuts + 1) for j in range(cuts + 1 - i)], float
    )
    points = (weights @ ICOSAHEDRON[faces]).reshape(-1, 3)
    points /= np.linalg.norm(points, axis=1)[:, None]
    # Points of shared sides come once a face, equal but for rounding.
    _, first = np.unique(np.round(points, 6), axis=0, return_index=True)
    unique: DoubleArray = points[np.sort(first)]
    unique.flags.writeable = False
    return unique


def _cuts(radius: float, tolerance: float) -> int:
    return min(max(math.ceil(math.sqrt(SAG * radius / tolerance)), COARSEST), FINEST)


def _along_the_longest_side(mat: MedialMesh, hulls: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """The hulls in the order of their middles, so that groups of them are near one another."""
    axis = int(np.argmax(np.ptp(mat.bounds, axis=0)))
    places = [float(mat.centers[list(spheres), axis].mean()) for spheres in hulls]
    return [hulls[i] for i in np.argsort(places, kind="stable")]


def _unite(
    hulls: list[Any],
    on_progress: Callable[[float, str], None] | None,
    should_cancel: Callable[[], bool] | None,
) -> Any:
    """Unite neighbours, then their unions, up to a single one."""
    manifold3d = load_manifold3d()
    rounds = max(1, math.ceil(math.log(max(len(hulls), 1), GROUP) - 1e-9))
    for turn in range(rounds):
        united = []
        for begin in range(0, len(hulls), GROUP):
            if should_cancel is not None and should_cancel():
                raise Cancelled
            if on_progress is not None:
                on_progress((turn + begin / len(hulls)) / rounds, "uniting the parts")
            part = manifold3d.Manifold.batch_boolean(
                hulls[begin : begin + GROUP], manifold3d.OpType.Add
            )
            part.num_tri()  # the union is computed here, not when it is first needed
            united.append(part)
        hulls = united
    if on_progress is not None:
        on_progress(1.0, "uniting the parts")
    return hulls[0]
