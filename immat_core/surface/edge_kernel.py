"""The edges of a mesh in linear time, compiled."""

from __future__ import annotations

import numpy as np

from immat_core.kernels import kernel
from immat_core.medial_mesh import IndexArray


@kernel("Tuple((i4[:,::1], i4[::1]))(i4[:,::1], i8)")
def linear_mesh_edges(faces: IndexArray, vertices: int) -> tuple[IndexArray, IndexArray]:
    """The edges of any mesh, in the order in which the faces come to them.

    Every edge lies in the bucket of its lower vertex, which has room for as many as have it there
    and holds about three; see :func:`immat_core.surface.edges.mesh_edges` for what is what.
    """
    corners = faces.shape[1]
    flat = faces.ravel()
    bucket = np.zeros(vertices + 1, np.uint32)
    for face in range(0, len(flat), corners):
        start = flat[face + corners - 1]
        for corner in range(face, face + corners):
            end = flat[corner]
            bucket[np.uint32(min(start, end) + 1)] += np.uint32(1)
            start = end
    for vertex in range(vertices):
        bucket[vertex + 1] += bucket[vertex]
    filled = bucket[:vertices].copy()
    upper = np.empty(len(flat), np.int32)
    found = np.empty(len(flat), np.int32)
    edges = np.empty((len(flat), 2), np.int32)
    corner_edges = np.empty(len(flat), np.int32)
    count = 0
    for face in range(0, len(flat), corners):
        before = face + corners - 1
        start = flat[before]
        for corner in range(face, face + corners):
            end = flat[corner]
            low, high = np.uint32(min(start, end)), max(start, end)
            place, stop = bucket[low], filled[low]
            while place < stop and upper[place] != high:
                place += np.uint32(1)
            if place == stop:
                upper[place], found[place] = high, count
                edges[count, 0], edges[count, 1] = low, high
                filled[low] = stop + np.uint32(1)
                count += 1
            corner_edges[before] = found[place]
            before, start = corner, end
    return edges[:count].copy(), corner_edges
