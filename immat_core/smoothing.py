"""The geometric half of MAT smoothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from immat_core.medial_mesh import FloatArray, IndexArray


def smooth(spheres: ArrayLike, edges: ArrayLike, weight: float = 0.5) -> FloatArray:
    """Move every sphere toward the mean of those it is connected to (the paper, Eq. (4)).

    s_smooth = t s + (1 - t) / |C(s)| * (sum of C(s)), on centre and radius alike.

    Parameters
    ----------
    spheres
        (n, 4), centre and radius.
    edges
        (m, 2) integers, each connection once: ``MedialMesh.all_edges``.
    weight
        t, 0..1; the smaller, the smoother.

    Returns
    -------
    (n, 4) float32. A sphere with no connection stays as it is.
    """
    given = np.asarray(spheres, np.float64).reshape(-1, 4)
    ends = np.asarray(edges, np.int64).reshape(-1, 2)
    total = np.zeros_like(given)
    np.add.at(total, ends[:, 0], given[ends[:, 1]])
    np.add.at(total, ends[:, 1], given[ends[:, 0]])
    count = np.bincount(ends.ravel(), minlength=len(given))[:, None]
    mean = np.where(count > 0, total / np.maximum(count, 1), given)
    return (weight * given + (1 - weight) * mean).astype(np.float32)


def adjacency(spheres: int, edges: IndexArray) -> FloatArray:
    """(n, n) float32: each row the mean over a sphere's neighbours; 0 where it has none."""
    matrix = np.zeros((spheres, spheres), np.float32)
    matrix[edges[:, 0], edges[:, 1]] = 1
    matrix[edges[:, 1], edges[:, 0]] = 1
    return np.asarray(matrix / np.maximum(matrix.sum(1, keepdims=True), 1), np.float32)
