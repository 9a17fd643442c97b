"""Spheres dissolved: their neighbors are joined so that the shape changes least.

Each sphere is collapsed along the one of its edges that changes the shape least (as edge-collapse
simplification does, e.g. Q-MAT), measured by the exact distance to the envelopes around it. The
spheres next to it may then move a little, so that what is interpolated between them fits the
dissolved sphere and its edges in the least squares.
"""

from __future__ import annotations

import heapq
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.editing.draft import Draft, MedialEdit, Simplex, chosen_spheres, collapsed
from immat_core.envelope import cones, distances_to_cones, distances_to_flats, flats
from immat_core.medial_mesh import MedialMesh
from immat_core.nearest_primitive import nearest_primitives

STAY = 1.0
"""How much a neighbor's own place counts in the fit, where a dissolved sphere counts 1."""
LEAST_SHARE = 0.25
"""Share of its radius that a refitted sphere keeps at least."""


def dissolve(mat: MedialMesh, chosen: ArrayLike, *, refit: bool = True) -> MedialEdit:
    """Remove the chosen spheres and join their neighbors.

    A sphere with one neighbor is an end and just goes, as does one with none.

    Parameters
    ----------
    chosen
        (n,) bool.
    refit
        Whether the neighbors may move and change their radius to keep the shape.

    Returns
    -------
    The edit; nothing is selected.
    """
    mask = chosen_spheres(chosen, len(mat.radii))
    draft = Draft(mat)
    waiting = [(*_best(draft, index), index) for index in np.flatnonzero(mask).tolist()]
    heapq.heapify(waiting)
    stale: set[int] = set()
    while waiting:
        _, into, sphere = heapq.heappop(waiting)
        if sphere in stale:
            # What was dissolved beside it has changed what is best here.
            stale.discard(sphere)
            heapq.heappush(waiting, (*_best(draft, sphere), sphere))
            continue
        around = draft.neighbors(sphere)
        if into < 0:
            draft.remove([sphere])
            continue
        before = _samples(draft, sphere)
        draft.collapse(sphere, into)
        if refit and len(around) > 1:
            _refit(draft, before, around)
        for other in around:
            stale.update(index for index in (other, *draft.neighbors(other)) if mask[index])
    return draft.finish()


def _best(draft: Draft, sphere: int) -> tuple[float, int]:
    """The least change of shape, and the neighbor to collapse into; -1 where there is none."""
    around = draft.neighbors(sphere)
    if len(around) < 2:
        return (0.0, around[0] if around else -1)
    star = draft.having(sphere)
    beside = set().union(*(draft.having(other) for other in around)) - star
    trials = {into: collapsed(star, sphere, into) for into in around}
    table = _Distances(draft, _samples(draft, sphere), [star, beside, *trials.values()])
    kept = table.least(beside)
    before = np.minimum(kept, table.least(star))
    size = float(np.ptp(np.array([draft.spheres[i] for i in (*around, sphere)]), axis=0).max())
    found = []
    for into, trial in trials.items():
        change = float(np.abs(np.minimum(kept, table.least(trial)) - before).max())
        # The link condition: collapsing an edge whose ends share a neighbor closes a hole.
        shared = set(around) & set(draft.neighbors(into))
        closes = any(not draft.having(sphere, into, other) for other in shared)
        found.append((change + size * 1e3 * closes, into))
    return min(found)


class _Distances:
    """Distances of the envelopes of some edges and faces to the centres of samples."""

    def __init__(
        self, draft: Draft, samples: NDArray[np.float64], groups: list[set[Simplex]]
    ) -> None:
        every = set().union(*groups)
        rods = sorted({rod for simplex in every for rod in combinations(simplex, 2)})
        sheets = sorted(simplex for simplex in every if len(simplex) == 3)
        self.row = {simplex: index for index, simplex in enumerate((*rods, *sheets))}
        used = sorted(set().union(*every))
        number = {sphere: index for index, sphere in enumerate(used)}
        values = np.array([draft.spheres[sphere] for sphere in used])
        ends = np.array([[number[i] for i in rod] for rod in rods], np.int64).reshape(-1, 2)
        corners = np.array([[number[i] for i in face] for face in sheets], np.int64).reshape(-1, 3)
        points = samples[:, :3]
        self.values = np.concatenate(
            [
                distances_to_cones(cones(values[ends, :3], values[ends, 3]), points),
                distances_to_flats(flats(values[corners, :3], values[corners, 3]), points),
            ]
        )

    def least(self, simplices: set[Simplex]) -> NDArray[np.float64]:
        """(samples,) the distance to the nearest of these edges and faces."""
        wanted = {self.row[rod] for simplex in simplices for rod in combinations(simplex, 2)}
        wanted |= {self.row[simplex] for simplex in simplices}
        least: NDArray[np.float64] = self.values[sorted(wanted)].min(0, initial=np.inf)
        return least


def _samples(draft: Draft, sphere: int) -> NDArray[np.float64]:
    """(n, 4) spheres of the shape around one: itself, and the middles of its edges and faces."""
    middles = [draft.spheres[sphere]]
    middles += [(draft.spheres[sphere] + draft.spheres[i]) / 2 for i in draft.neighbors(sphere)]
    middles += [
        np.mean([draft.spheres[i] for i in simplex], axis=0)
        for simplex in sorted(draft.having(sphere))
        if len(simplex) == 3
    ]
    return np.array(middles)


def _refit(draft: Draft, wanted: NDArray[np.float64], around: list[int]) -> None:
    """Move the spheres ``around`` so that the interpolated ones fit ``wanted`` (n, 4)."""
    inside = set(around)
    between = {
        simplex for one in around for simplex in draft.having(one) if inside.issuperset(simplex)
    }
    number = {sphere: index for index, sphere in enumerate(around)}
    values = np.array([draft.spheres[index] for index in around])
    rows: dict[int, list[list[int]]] = {2: [], 3: []}
    for simplex in sorted(between):
        rows[len(simplex)].append([number[i] for i in simplex])
    mat = MedialMesh(
        values[:, :3],
        values[:, 3],
        np.array(rows[2], np.int32).reshape(-1, 2),
        np.array(rows[3], np.int32).reshape(-1, 3),
    )
    feet = nearest_primitives(wanted[:, :3], mat)
    shares = np.zeros((len(wanted), len(around)))
    np.add.at(shares, (np.arange(len(wanted))[:, None], feet.spheres), feet.weights)
    normal = shares.T @ shares + STAY * np.eye(len(around))
    moved = values + np.linalg.solve(normal, shares.T @ (wanted - shares @ values))
    moved[:, 3] = np.maximum(moved[:, 3], LEAST_SHARE * values[:, 3])
    for sphere, value in zip(around, moved, strict=True):
        draft.spheres[sphere] = value
