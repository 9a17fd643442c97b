"""Spheres dissolved: their neighbors are joined so that the shape changes least.

Each sphere is collapsed along the one of its edges that changes the shape least (as edge-collapse
simplification does, e.g. Q-MAT), measured by the exact distance to the envelopes around it. The
spheres next to it may then move a little, so that what is interpolated between them fits the
dissolved sphere and its edges in the least squares.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.editing.draft import Draft, MedialEdit, chosen_spheres
from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from immat_core.nearest_primitive import nearest_primitives

Simplices: TypeAlias = set[tuple[int, ...]]

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
    waiting = {int(index): _best(draft, int(index)) for index in np.flatnonzero(mask)}
    while waiting:
        sphere = min(waiting, key=lambda index: (waiting[index][0], index))
        del waiting[sphere]
        around = draft.neighbors(sphere)
        # What was dissolved before may have changed what is best here.
        into = _best(draft, sphere)[1]
        if into < 0:
            draft.remove([sphere])
            continue
        before = _samples(draft, sphere)
        draft.collapse(sphere, into)
        if refit and len(around) > 1:
            _refit(draft, before, around)
        for other in around:
            if other in waiting:
                waiting[other] = _best(draft, other)
    return draft.finish()


def _best(draft: Draft, sphere: int) -> tuple[float, int]:
    """The least change of shape, and the neighbor to collapse into; -1 where there is none."""
    around = draft.neighbors(sphere)
    if len(around) < 2:
        return (0.0, around[0] if around else -1)
    places = _samples(draft, sphere)[:, :3]
    before = medial_distance(places, _around(draft, [sphere]))
    size = float(np.ptp(np.array([draft.spheres[i] for i in (*around, sphere)]), axis=0).max())
    found = []
    for into in around:
        trial = _trial(draft, sphere, into)
        change = np.abs(medial_distance(places, _around(trial, around)) - before).max()
        shared = set(around) & set(draft.neighbors(into))
        # The link condition: collapsing an edge whose ends share a neighbor closes a hole.
        closes = any(not draft.faces_with(sphere, into, other) for other in shared)
        found.append((float(change) + size * 1e3 * closes, into))
    return min(found)


def _trial(draft: Draft, sphere: int, into: int) -> Draft:
    """A draft with the sphere collapsed; spheres are shared, as they are never changed in place."""
    trial = Draft.__new__(Draft)
    trial.spheres, trial.origins = draft.spheres, draft.origins
    near = {sphere, *draft.neighbors(sphere)}
    trial.edges = {edge for edge in draft.edges if not near.isdisjoint(edge)}
    trial.faces = {face for face in draft.faces if not near.isdisjoint(face)}
    trial.removed = set()
    trial.collapse(sphere, into)
    return trial


def _around(draft: Draft, spheres: list[int]) -> MedialMesh:
    """The primitives that have one of these spheres, as a medial mesh of their own."""
    wanted = set(spheres)
    edges = {edge for edge in draft.edges if not wanted.isdisjoint(edge)}
    faces = {face for face in draft.faces if not wanted.isdisjoint(face)}
    return _part(draft, sorted(wanted.union(*edges, *faces)), edges, faces)


def _part(draft: Draft, spheres: list[int], edges: Simplices, faces: Simplices) -> MedialMesh:
    """Some spheres, in this order, with some of the primitives between them."""
    number = {sphere: index for index, sphere in enumerate(spheres)}
    values = np.array([draft.spheres[index] for index in spheres])
    return MedialMesh(
        values[:, :3],
        values[:, 3],
        np.array([[number[i] for i in edge] for edge in edges], np.int32).reshape(-1, 2),
        np.array([[number[i] for i in face] for face in faces], np.int32).reshape(-1, 3),
    )


def _samples(draft: Draft, sphere: int) -> NDArray[np.float64]:
    """(n, 4) spheres of the shape around one: itself, and the middles of its edges and faces."""
    middles = [draft.spheres[sphere]]
    middles += [(draft.spheres[sphere] + draft.spheres[i]) / 2 for i in draft.neighbors(sphere)]
    middles += [
        np.mean([draft.spheres[i] for i in face], axis=0) for face in draft.faces_with(sphere)
    ]
    return np.array(middles)


def _refit(draft: Draft, wanted: NDArray[np.float64], around: list[int]) -> None:
    """Move the spheres ``around`` so that the interpolated ones fit ``wanted`` (n, 4)."""
    inside = set(around)
    edges = {edge for edge in draft.edges if inside.issuperset(edge)}
    faces = {face for face in draft.faces if inside.issuperset(face)}
    mat = _part(draft, around, edges, faces)
    values = np.array([draft.spheres[index] for index in around])
    feet = nearest_primitives(wanted[:, :3], mat)
    shares = np.zeros((len(wanted), len(around)))
    np.add.at(shares, (np.arange(len(wanted))[:, None], feet.spheres), feet.weights)
    normal = shares.T @ shares + STAY * np.eye(len(around))
    moved = values + np.linalg.solve(normal, shares.T @ (wanted - shares @ values))
    moved[:, 3] = np.maximum(moved[:, 3], LEAST_SHARE * values[:, 3])
    for sphere, value in zip(around, moved, strict=True):
        draft.spheres[sphere] = value
