"""A surface with fewer faces: large triangles where it is flat, small ones where it bends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core import kernels
from immat_core.errors import Cancelled, UserError
from immat_core.surface.box_tree import DoubleArray, Indices
from immat_core.surface.checks import check_polygons
from immat_core.surface.intersections import crossing_pairs
from immat_core.surface.mesh import SurfaceMesh

FEWEST = 4
"""Faces of the smallest closed mesh, a tetrahedron."""
STAGE = 4
"""How much fewer faces a stage leaves; after each it is seen whether any cross."""
ATTEMPTS = 6
"""How often a stage is begun anew with what crossed kept as it was."""
STEPS = 8
"""Parts of a stage between which a job may be cancelled."""
Told = Callable[[int], None]
"""Told how many faces there are, to show progress or to stop by ``Cancelled``."""


@dataclass(frozen=True, eq=False)
class _Mesh:
    """A mesh on its way.

    ``points`` (n, 3) and ``quadrics`` (n, 10) are float64, ``triangles`` (t, 3) int64.
    """

    points: DoubleArray
    quadrics: DoubleArray
    triangles: Indices

    def surface(self, middle: DoubleArray) -> SurfaceMesh:
        """The mesh in its own frame."""
        vertices = (self.points + middle).astype(np.float32)
        return SurfaceMesh(vertices, self.triangles.astype(np.int32))


def reduce_faces(
    mesh: SurfaceMesh,
    target: int,
    *,
    on_progress: Callable[[float, str], None] | None = None,
    should_cancel: Callable[[], bool] | None = None,
) -> SurfaceMesh:
    """Collapse the edges of a closed manifold, the cheapest first (Garland and Heckbert, 1997).

    No collapse changes the topology: pieces and genus stay, so the target may be out of reach.
    Where triangles would cross, the surface is left as it was, and more is taken elsewhere: none
    cross where none did before.

    Parameters
    ----------
    mesh
        A closed manifold of triangles or quads; quads are split first.
    target
        How many triangles to end with at most, at least 4.
    on_progress
        Called with the share that is done, 0..1, and what is being done.
    should_cancel
        Asked between parts of the work.

    Returns
    -------
    A closed manifold of triangles, the given one where that has no more than ``target``.

    Raises
    ------
    UserError
        For a target under 4, and where Numba is missing.
    ValueError
        For a mesh that is not a closed manifold.
    Cancelled
        When ``should_cancel`` said so.
    """
    if target < FEWEST:
        raise UserError(f"a closed surface cannot have {target} faces", f"Ask for {FEWEST} or more")
    triangles = mesh.triangles
    count = len(triangles)
    if count <= target:
        return SurfaceMesh(mesh.vertices, triangles)
    _check_possible(mesh)
    told = _teller(count, target, on_progress, should_cancel)
    middle = mesh.vertices.astype(np.float64).mean(0)
    current = _prepared(mesh.vertices - middle, triangles)
    while len(current.triangles) > target:
        goal = max(target, len(current.triangles) // STAGE)
        reduced = _without_crossings(current, goal, middle, told)
        stuck = len(reduced.triangles) > goal
        current = reduced
        if stuck:
            break
    told(target)
    return current.surface(middle)


def _check_possible(mesh: SurfaceMesh) -> None:
    if not kernels.available():
        raise UserError(
            "Numba is not installed, which is needed to reduce the faces", "Run: pip install numba"
        )
    if not check_polygons(mesh.vertices, mesh.triangles).manifold:
        raise ValueError("the mesh is not a closed manifold")


def _teller(
    count: int,
    target: int,
    on_progress: Callable[[float, str], None] | None,
    should_cancel: Callable[[], bool] | None,
) -> Told:
    """Shows the share of the faces that are gone, and stops where that is asked for."""

    def told(faces: int) -> None:
        if should_cancel is not None and should_cancel():
            raise Cancelled
        if on_progress is not None:
            on_progress(min((count - faces) / (count - target), 1.0), "reducing the faces")

    return told


def _prepared(points: DoubleArray, triangles: NDArray[np.integer[Any]]) -> _Mesh:
    """The mesh with its quadrics, without vertices that no face uses."""
    from immat_core.surface import reduce_kernels

    used, compact = np.unique(triangles, return_inverse=True)
    points, start = points[used], compact.astype(np.int64).ravel()
    quadrics = np.zeros((len(points), 10))
    reduce_kernels.face_quadrics(points, start, quadrics)
    return _Mesh(points, quadrics, start.reshape(-1, 3))


def _without_crossings(mesh: _Mesh, goal: int, middle: DoubleArray, told: Told) -> _Mesh:
    """The reduced mesh; as it was where it could not be had without triangles that cross."""
    kept = np.zeros(len(mesh.points), bool)
    allowed = 0
    for attempt in range(ATTEMPTS):
        reduced, survivors = _collapsed(mesh, goal, kept, told)
        surface = reduced.surface(middle)
        pairs = crossing_pairs(surface.vertices, surface.faces)
        if len(pairs) and attempt == 0:
            before = mesh.surface(middle)
            allowed = len(crossing_pairs(before.vertices, before.faces))
        if len(pairs) <= allowed:
            return reduced
        kept |= np.isin(survivors, surface.faces[pairs.ravel()])
    return mesh


def _collapsed(
    mesh: _Mesh, goal: int, kept: NDArray[np.bool_], told: Told
) -> tuple[_Mesh, Indices]:
    """The reduced mesh, and which of its vertices stands for each vertex of the given one."""
    from immat_core.surface import reduce_kernels

    count, faces = len(mesh.points), len(mesh.triangles)
    points, quadrics, start = mesh.points.copy(), mesh.quadrics.copy(), mesh.triangles.ravel()
    start = start.copy()
    twin, outgoing = _twins(start, count), np.empty(count, np.int64)
    outgoing[start] = np.arange(len(start))
    state = (points, quadrics, kept, np.zeros(count, np.int64))
    links = (start, twin, outgoing)
    # Each collapse takes two faces and adds the edges of one vertex, about six, to the heap.
    heap = np.empty(8 * len(start)), np.empty((8 * len(start), 2), np.int64)
    merged, mark = np.arange(count), np.full(count, -1)
    size = reduce_kernels.push_all(*state, *links, *heap)
    for stop in np.linspace(faces, goal, STEPS + 1)[1:].round().astype(int).tolist():
        told(faces)
        size, faces = reduce_kernels.collapse(
            *state, merged, mark, *links, *heap, size, faces, stop
        )
    left = start[start >= 0]
    used, compact = np.unique(left, return_inverse=True)
    place = np.full(count, -1)
    place[used] = np.arange(len(used))
    while not np.array_equal(merged, merged[merged]):
        merged = merged[merged]
    triangles = compact.astype(np.int64).reshape(-1, 3)
    return _Mesh(points[used], quadrics[used], triangles), place[merged]


def _twins(start: Indices, vertices: int) -> Indices:
    """(3 t,) the half-edge that runs against each half-edge of a closed manifold."""
    end = start.reshape(-1, 3)[:, [1, 2, 0]].ravel()
    forward, backward = start * vertices + end, end * vertices + start
    order = np.argsort(forward)
    twins: Indices = order[np.searchsorted(forward[order], backward)]
    return twins
