"""Each part of a medial mesh as a medial mesh of its own."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.medial_mesh import IndexArray, MedialMesh


@dataclass(frozen=True, eq=False)
class PartMat:
    """One part.

    Attributes
    ----------
    part
        Its number, as it was given.
    mat
        Its medial mesh.
    spheres
        (n,) int32, which sphere of the whole each of its spheres is, ascending.
    """

    part: int
    mat: MedialMesh
    spheres: IndexArray


def split_parts(mat: MedialMesh, parts: ArrayLike) -> list[PartMat]:
    """One medial mesh a part, in the order of their numbers; together they cover the whole.

    An edge or face between parts goes to the part of most of its spheres, among equals to the part
    that has fewer spheres: the end of a leg goes with the leg. The spheres of other parts that it
    needs are copied, so that no primitive is lost and the union of all envelopes stays the same.

    Parameters
    ----------
    parts
        (spheres,) int, the part of each sphere.

    Raises
    ------
    ValueError
        When there is not one number a sphere.
    """
    numbers = np.asarray(parts, np.int64).reshape(-1)
    if len(numbers) != len(mat.radii):
        raise ValueError(f"{len(numbers)} parts for {len(mat.radii)} spheres")
    known, own = np.unique(numbers, return_inverse=True)
    own = own.ravel()
    size = np.bincount(own, minlength=len(known))
    # Ranks from the largest part to the smallest, so that ties go to the greater rank.
    rank = np.empty(len(known), np.int64)
    rank[np.lexsort([np.arange(len(known)), -size])] = np.arange(len(known))
    back = np.argsort(rank)
    edges, faces = mat.all_edges, mat.faces
    edge_owner, face_owner = back[_owners(rank[own][edges])], back[_owners(rank[own][faces])]
    found = []
    for index, part in enumerate(known.tolist()):
        own_edges, own_faces = edges[edge_owner == index], faces[face_owner == index]
        spheres = np.unique(
            np.concatenate([np.flatnonzero(own == index), own_edges.ravel(), own_faces.ravel()])
        )
        place = np.zeros(len(mat.radii), np.int32)
        place[spheres] = np.arange(len(spheres))
        piece = MedialMesh(
            mat.centers[spheres], mat.radii[spheres], place[own_edges], place[own_faces]
        )
        found.append(PartMat(part, piece, spheres.astype(np.int32)))
    return found


def _owners(ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m,) the value that most of each row's (m, k) are; of as many the greatest."""
    if not len(ranks):
        return np.empty(0, np.int64)
    count = (ranks[:, :, None] == ranks[:, None]).sum(2)
    best = (count * (int(ranks.max()) + 2) + ranks).argmax(1)
    owners: NDArray[np.int64] = ranks[np.arange(len(ranks)), best]
    return owners
