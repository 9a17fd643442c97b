"""Loose parts of a predicted medial mesh, joined by the likeliest edges below the threshold.

One threshold for all edges leaves single spheres and pieces of legs in the air: an edge that holds
two parts together is worth more than one that closes another loop. As in Canny's edge detector,
a weaker edge is therefore kept where it continues what the threshold kept.
"""

from __future__ import annotations

import numpy as np

from immat_core.medial_mesh import FloatArray, IndexArray

WEAK_SHARE = 0.25
"""Share of the threshold that an edge must reach to join two parts."""


def join_parts(
    edges: IndexArray,
    faces: IndexArray,
    weak_edges: IndexArray,
    probabilities: FloatArray,
    spheres: int,
) -> IndexArray:
    """The edges to add, (a, 2) int32: the likeliest first, each if it joins two parts (Kruskal).

    Parameters
    ----------
    edges, faces
        (e, 2) and (f, 3), what is kept anyway.
    weak_edges
        (w, 2), what may be added.
    probabilities
        (w,), of each weak edge.
    spheres
        How many spheres there are.
    """
    parent = list(range(spheres))

    def root(sphere: int) -> int:
        while parent[sphere] != sphere:
            parent[sphere] = parent[parent[sphere]]
            sphere = parent[sphere]
        return sphere

    for one, other in np.concatenate([edges, faces[:, :2], faces[:, 1:]]).tolist():
        parent[root(one)] = root(other)
    added = []
    for index in np.argsort(-probabilities, kind="stable").tolist():
        one, other = (root(sphere) for sphere in weak_edges[index].tolist())
        if one != other:
            parent[one] = other
            added.append(index)
    return weak_edges[sorted(added)]
