"""Spheres put on edges and faces. The shape stays to the last digit: spheres are interpolated."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from immat_core.editing.draft import Draft, MedialEdit
from immat_core.medial_mesh import MedialMesh


def insert_on_edges(mat: MedialMesh, edges: ArrayLike, count: int = 1) -> MedialEdit:
    """Put ``count`` spheres evenly on each of these edges, and split the faces beside them.

    Parameters
    ----------
    edges
        (m, 2), rows of ``mat.all_edges`` in any order; each counts once.
    count
        At least 1.

    Returns
    -------
    The edit; the new spheres are selected.

    Raises
    ------
    ValueError
        For a pair that is no edge and no side of a face.
    """
    wanted = np.unique(np.sort(np.asarray(edges, np.int64).reshape(-1, 2), axis=1), axis=0)
    known = set(map(tuple, mat.all_edges.tolist()))
    draft, made = Draft(mat), []
    for one, other in wanted.tolist():
        if (one, other) not in known:
            raise ValueError(f"no edge joins the spheres {one} and {other}")
        start = one
        for left in range(count, 0, -1):
            start = draft.split_edge(start, other, 1 / (left + 1))
            made.append(start)
    return draft.finish(made)


def insert_on_faces(mat: MedialMesh, faces: ArrayLike) -> MedialEdit:
    """Put a sphere in the middle of each of these faces, which becomes three.

    Parameters
    ----------
    faces
        (k, 3), rows of ``mat.faces`` in any order.

    Returns
    -------
    The edit; the new spheres are selected.

    Raises
    ------
    ValueError
        For three spheres that are no face.
    """
    wanted = np.unique(np.sort(np.asarray(faces, np.int64).reshape(-1, 3), axis=1), axis=0)
    draft, made = Draft(mat), []
    for face in map(tuple, wanted.tolist()):
        if face not in draft.having(*face):
            raise ValueError(f"no face joins the spheres {face}")
        made.append(draft.split_face(face))
    return draft.finish(made)
