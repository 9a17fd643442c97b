"""Tubes: chains of spheres that edges join one after the other, and radii along them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.editing.draft import chosen_spheres
from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh


def curve_edges(mat: MedialMesh) -> IndexArray:
    """(m, 2) int32: the edges that are no side of a face."""
    sides = mat.faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2)
    taken = set(map(tuple, sides.tolist()))
    kept = [edge not in taken for edge in map(tuple, mat.edges.tolist())]
    rods: IndexArray = mat.edges[np.array(kept, bool)]
    return rods


def chains(edges: ArrayLike) -> list[NDArray[np.int64]]:
    """The longest runs of edges between spheres where not exactly two edges meet.

    Parameters
    ----------
    edges
        (m, 2), each once.

    Returns
    -------
    Indices of spheres in their order, at least two a chain. A ring begins and ends with its
    first sphere. Every edge is in exactly one chain.
    """
    joined: dict[int, list[int]] = defaultdict(list)
    for one, other in np.asarray(edges, np.int64).reshape(-1, 2).tolist():
        joined[one].append(other)
        joined[other].append(one)
    used: set[tuple[int, int]] = set()
    found = []
    ends = [sphere for sphere in sorted(joined) if len(joined[sphere]) != 2]
    # Rings have no end: they start at their first sphere, once all the rest is taken.
    for start in (*ends, *sorted(joined)):
        for step in sorted(joined[start]):
            if (min(start, step), max(start, step)) not in used:
                found.append(_walk(joined, used, start, step))  # noqa: PERF401 - it fills `used`
    return found


def _walk(
    joined: dict[int, list[int]], used: set[tuple[int, int]], start: int, step: int
) -> NDArray[np.int64]:
    """Follow a chain from its first edge to where it ends, noting its edges as used."""
    chain = [start, step]
    used.add((min(start, step), max(start, step)))
    while len(joined[step]) == 2 and step != start:
        step = next(other for other in joined[step] if other != chain[-2])
        used.add((min(chain[-1], step), max(chain[-1], step)))
        chain.append(step)
    return np.array(chain)


def along_tubes(
    mat: MedialMesh, chosen: ArrayLike | None = None, *, flip: bool = False
) -> NDArray[np.float64]:
    """How far along its tube each chosen sphere lies.

    The chosen spheres' edges make the tubes; a single chosen sphere stands for its whole tube.
    A tube starts at its lower end (of two as low, the one with the lesser y, then x).

    Parameters
    ----------
    chosen
        (n,) bool; None takes all tubes.
    flip
        Whether tubes start at the other end.

    Returns
    -------
    (n,) float64, 0..1 by length; not a number for spheres of no tube.
    """
    mask = chosen_spheres(chosen, len(mat.radii))
    rods = curve_edges(mat)
    found = np.full(len(mat.radii), np.nan)
    if mask.sum() == 1:
        tubes = [chain for chain in chains(rods) if mask[chain].any()]
    else:
        tubes = chains(rods[mask[rods].all(1)])
    for tube in tubes:
        ends = mat.centers[tube[[0, -1]], ::-1].tolist()
        ordered = tube if (ends[0] <= ends[1]) != flip else tube[::-1]
        length = np.cumsum(np.linalg.norm(np.diff(mat.centers[ordered], axis=0), axis=1))
        total = float(length[-1]) or 1.0
        found[ordered] = np.concatenate([[0.0], length / total])
    return found


def thicken_tubes(
    mat: MedialMesh,
    profile: Callable[[float], float],
    chosen: ArrayLike | None = None,
    *,
    flip: bool = False,
    least: float = 1e-6,
) -> FloatArray:
    """Radii with those of the chosen tubes multiplied by a profile along their length.

    Parameters
    ----------
    profile
        The factor at 0..1 along the tube.
    chosen, flip
        As in :func:`along_tubes`.
    least
        The least radius.

    Returns
    -------
    (n,) float32.
    """
    places = along_tubes(mat, chosen, flip=flip)
    radii = mat.radii.copy()
    for index in np.flatnonzero(np.isfinite(places)).tolist():
        radii[index] = max(float(mat.radii[index]) * profile(float(places[index])), least)
    return radii
