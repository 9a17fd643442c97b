"""The edges of a mesh, as programs want them that keep edges of their own, such as Blender."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core import kernels
from immat_core.medial_mesh import IndexArray


def mesh_edges(faces: IndexArray, vertices: int) -> tuple[IndexArray, IndexArray]:
    """The edges of a mesh of triangles or quads, by a kernel once the kernels are ready.

    Parameters
    ----------
    faces
        (f, 3) or (f, 4) int32 vertex indices.
    vertices
        How many vertices there are.

    Returns
    -------
    edges
        (m, 2) int32, each once, lower index first.
    corner_edges
        (3 f,) or (4 f,) int32, the edge that leaves each corner.
    """
    if kernels.ready():
        from immat_core.surface.edge_kernel import linear_mesh_edges

        edges, corner_edges = linear_mesh_edges(np.ascontiguousarray(faces, np.int32), vertices)
        return edges, corner_edges
    return sorted_mesh_edges(faces, vertices)


def sorted_mesh_edges(faces: IndexArray, vertices: int) -> tuple[IndexArray, IndexArray]:
    """The same by sorting, for NumPy alone.

    In a closed manifold mesh every edge is walked once upwards and once downwards, so sorting each
    half alone pairs them; any other mesh takes the general way.
    """
    start = faces.ravel().astype(np.int64)
    end = np.roll(faces, -1, axis=1).ravel().astype(np.int64)
    keys = np.minimum(start, end) * vertices + np.maximum(start, end)
    upwards = np.flatnonzero(start < end)
    downwards = np.flatnonzero(start > end)
    upwards = upwards[np.argsort(keys[upwards], kind="stable")]
    downwards = downwards[np.argsort(keys[downwards], kind="stable")]
    corner_edges = np.empty(len(keys), np.int32)
    unique: NDArray[np.int64] = keys[upwards]
    if np.array_equal(unique, keys[downwards]) and (np.diff(unique) > 0).all():
        corner_edges[upwards] = corner_edges[downwards] = np.arange(len(unique))
    else:
        unique, inverse = np.unique(keys, return_inverse=True)
        corner_edges[:] = inverse.ravel()
    return np.stack([unique // vertices, unique % vertices], 1).astype(np.int32), corner_edges
