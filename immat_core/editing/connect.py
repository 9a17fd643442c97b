"""Edges between spheres that lie near each other; near is the gap between the spheres' skins."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.editing.draft import Draft, MedialEdit, chosen_spheres
from immat_core.medial_mesh import MedialMesh


def connect_nearest(
    mat: MedialMesh, chosen: ArrayLike, count: int = 1, *, among_chosen: bool = False
) -> MedialEdit:
    """Join each chosen sphere to the ``count`` nearest that it has no edge with.

    Parameters
    ----------
    chosen
        (n,) bool.
    count
        Edges a sphere; fewer where there are not so many others.
    among_chosen
        Whether only chosen spheres are joined to.

    Returns
    -------
    The edit; the chosen spheres stay selected.
    """
    mask = chosen_spheres(chosen, len(mat.radii))
    draft = Draft(mat)
    joined = _joined(mat)
    for sphere in np.flatnonzero(mask).tolist():
        gaps = _gaps(mat, sphere)
        gaps[[sphere, *joined[sphere]]] = np.inf
        if among_chosen:
            gaps[~mask] = np.inf
        nearest = np.argsort(gaps, kind="stable")[:count]
        for other in nearest[np.isfinite(gaps[nearest])].tolist():
            draft.join(sphere, other)
    return draft.finish(np.flatnonzero(mask).tolist())


def join_pieces(mat: MedialMesh, chosen: ArrayLike | None = None) -> MedialEdit:
    """Join every piece that has a chosen sphere to the piece nearest to it, until all are one.

    Parameters
    ----------
    chosen
        (n,) bool; None joins all pieces.

    Returns
    -------
    The edit with as few and as short edges as join them; the new edges' spheres are selected.
    """
    mask = chosen_spheres(chosen, len(mat.radii))
    draft, ends = Draft(mat), []
    pieces = piece_labels(mat)
    while len(wanted := np.unique(pieces[mask])) and len(np.unique(pieces)) > 1:
        inside = pieces == wanted[0]
        best = (np.inf, -1, -1)
        for sphere in np.flatnonzero(inside).tolist():
            gaps = np.where(inside, np.inf, _gaps(mat, sphere))
            other = int(gaps.argmin())
            best = min(best, (float(gaps[other]), sphere, other))
        _, one, other = best
        draft.join(one, other)
        ends += [one, other]
        pieces[inside] = pieces[other]
        mask = mask & ~inside
    return draft.finish(ends)


def piece_labels(mat: MedialMesh) -> NDArray[np.int64]:
    """(n,) int64: spheres that edges and faces connect share a number."""
    labels: NDArray[np.int64] = np.arange(len(mat.radii))
    one, other = mat.all_edges.T
    while True:
        least = np.minimum(labels[one], labels[other])
        before = labels.copy()
        np.minimum.at(labels, one, least)
        np.minimum.at(labels, other, least)
        labels = labels[labels]
        if np.array_equal(labels, before):
            return labels


def _gaps(mat: MedialMesh, sphere: int) -> NDArray[np.float64]:
    centers, radii = mat.centers.astype(np.float64), mat.radii.astype(np.float64)
    apart = np.linalg.norm(centers - centers[sphere], axis=1)
    gaps: NDArray[np.float64] = apart - radii - radii[sphere]
    return gaps


def _joined(mat: MedialMesh) -> dict[int, set[int]]:
    joined: dict[int, set[int]] = {index: set() for index in range(len(mat.radii))}
    for one, other in mat.all_edges.tolist():
        joined[one].add(other)
        joined[other].add(one)
    return joined
