"""Marching cubes on sparse leaves of 8^3 lattice points: closed and manifold by construction.

A leaf owns the lattice edges and the cells that begin at its points; for those that end in the
next leaf it looks into the 7 neighbours above it. A neighbour that is missing continues the nearest
point: nothing crosses there. A crossed lattice edge has one vertex; vertices of a leaf are numbered
by row (x, y), within it by the edge's axis, then by z, so a number follows from counting bits.

Importing this module compiles its kernels or loads them; see :mod:`immat_core.kernels`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray
from immat_core.surface.block_table import FARTHEST
from immat_core.surface.marching_kernels import count_cells, join, place_triangles, place_vertices
from immat_core.surface.marching_table import marching_table

_table = marching_table()
EDGES, COUNTS, CROSSED, TRIANGLES = _table.edges, _table.counts, _table.crossed, _table.triangles


def marching_cubes(
    leaves: NDArray[np.integer[Any]], values: NDArray[np.floating[Any]]
) -> tuple[FloatArray, IndexArray]:
    """The zero level of a function that is sampled on sparse leaves, as triangles.

    Parameters
    ----------
    leaves
        (b, 3) integers, each once; leaf (i, j, k) holds the lattice points from 8 (i, j, k) on.
    values
        (b, 8, 8, 8) floats, finite, below 0 inside. Where there is no leaf is outside: +1.

    Returns
    -------
    vertices
        (n, 3) float32 in units of the lattice's spacing.
    triangles
        (t, 3) int32, counter-clockwise seen from outside: a closed manifold.

    Raises
    ------
    ValueError
        For arrays of other shapes, a leaf that comes twice or is too far from the origin.
    """
    index = np.ascontiguousarray(leaves, np.int32)
    samples = np.ascontiguousarray(values, np.float32)
    if index.shape != (len(samples), 3) or samples.shape[1:] != (8, 8, 8):
        raise ValueError(f"leaves {index.shape} and values {samples.shape} do not fit together")
    if len(index) and np.abs(index).max() > FARTHEST - 2:
        raise ValueError(f"a leaf lies {FARTHEST} leaves or more from the origin")
    order = np.lexsort(index.T[::-1])
    index, samples = index[order], samples[order]
    if (np.diff(index, axis=0) == 0).all(1).any():
        raise ValueError("a leaf comes twice")
    index, samples = _with_rim(index, samples)
    return extract(index, samples.reshape(-1, 512), sign_bits(samples), 1.0)


def extract(
    leaves: IndexArray, values: FloatArray, signs: NDArray[np.uint8], voxel: float
) -> tuple[FloatArray, IndexArray]:
    """Vertices and triangles of sorted leaves (b, 3) with values (b, 512) and :func:`sign_bits`."""
    count = len(leaves)
    neighbors = join(leaves)
    rows = np.arange(count, dtype=np.int32)
    crossings = np.zeros((count, 3, 64), np.uint8)
    firsts = np.empty((count, 3, 64), np.int16)
    counts = np.zeros((count, 2), np.int32)
    every, fresh = np.ones(count, np.bool_), np.full(count, -1, np.int32)
    count_cells(neighbors, rows, signs, every, crossings, firsts, counts, COUNTS)
    starts = np.zeros((count + 1, 2), np.int64)
    np.cumsum(counts, axis=0, out=starts[1:])
    vertices = np.empty((int(starts[-1, 0]), 3), np.float32)
    codes = np.empty((int(starts[-1, 1]), 3), np.uint16)
    triangles = np.empty((len(codes), 3), np.int32)
    place_vertices(
        leaves, neighbors, rows, values, crossings, every, starts, fresh, starts, vertices,
        voxel, vertices,
    )  # fmt: skip
    place_triangles(
        neighbors, rows, signs, crossings, firsts, every, starts, fresh, starts, codes,
        codes, triangles, COUNTS, CROSSED, TRIANGLES, EDGES,
    )  # fmt: skip
    return vertices, triangles


def sign_bits(values: FloatArray) -> NDArray[np.uint8]:
    """(b, 64) a byte for each row (x, y) of (b, 8, 8, 8) values: bit z is set inside."""
    inside = (values < 0).reshape(-1, 64, 8)
    return np.packbits(inside, axis=2, bitorder="little").reshape(-1, 64)


def _with_rim(leaves: IndexArray, values: FloatArray) -> tuple[IndexArray, FloatArray]:
    """Add outside leaves around those that are inside at their rim, so that the mesh closes."""
    inside = values < 0
    rim = np.zeros(len(leaves), np.bool_)
    for axis in (1, 2, 3):
        rim |= np.take(inside, [0, 7], axis=axis).any((1, 2, 3))
    if not rim.any():
        return leaves, values
    around = np.indices((3, 3, 3)).reshape(3, -1).T - 1
    wanted = np.unique((leaves[rim, None] + around).reshape(-1, 3), axis=0)
    every = np.concatenate([leaves, wanted]).astype(np.int32)
    every, first = np.unique(every, axis=0, return_index=True)
    filled = np.ones((len(every), 8, 8, 8), np.float32)
    given = first < len(leaves)
    filled[given] = values[first[given]]
    return every, filled
