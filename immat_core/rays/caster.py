"""A mesh that rays can be cast at: the tree is built once, then asked often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.envelope import DoubleArray

BUNDLES = 4096
"""Bundles of rays that one thread works on at a time."""
SKIPPED = 1e-6
"""Share of the mesh's diagonal within which a hit is taken for the ray's own start."""


class RayCaster:
    """A mesh of triangles in a tree of boxes.

    Raises
    ------
    UserError
        Where Numba is missing.
    ValueError
        For a vertex that is not finite.
    """

    def __init__(self, vertices: ArrayLike, triangles: NDArray[np.integer[Any]]) -> None:
        """
        Parameters
        ----------
        vertices
            (n, 3), finite.
        triangles
            (t, 3) indices of vertices.
        """
        from immat_core.rays import kernels

        places = np.asarray(vertices, np.float64).reshape(-1, 3)
        if not np.isfinite(places).all():
            raise ValueError("a vertex is not finite")
        corners = places[np.asarray(triangles, np.int64).reshape(-1, 3)]
        self.corners = corners
        self.normals = _unit_normals(corners)
        self.diagonal = float(np.linalg.norm(np.ptp(places, axis=0))) if len(places) else 0.0
        low, high = np.ascontiguousarray(corners.min(1)), np.ascontiguousarray(corners.max(1))
        boxes, links, order = kernels.build_tree(low, high)
        sides = corners - corners[:, :1] * [[0], [1], [1]]
        self._tree = (boxes, links, sides.reshape(-1, 9)[order], order)
        self._kernels = kernels

    def first_hits(
        self, origins: ArrayLike, directions: ArrayLike, own: ArrayLike | None = None
    ) -> tuple[DoubleArray, NDArray[np.int64]]:
        """Where rays first meet the mesh.

        Parameters
        ----------
        origins, directions
            (n, 3); lengths come out in units of the directions' own lengths.
        own
            (n,) a triangle that each ray passes through, as where it starts on it; -1 for none.

        Returns
        -------
        lengths
            (n,) float64, infinity for a miss.
        triangles
            (n,) int64, -1 for a miss.
        """
        start, along = _rows(origins), _rows(directions)
        passed = np.full(len(start), -1) if own is None else np.asarray(own, np.int64)
        if not len(self.corners) or not len(start):
            return np.full(len(start), np.inf), np.full(len(start), -1)
        nearest = SKIPPED * self.diagonal
        lengths, met = self._kernels.first_hits(*self._tree, start, along, passed, nearest)
        return lengths, met

    def diameters(
        self,
        points: ArrayLike,
        inwards: ArrayLike,
        own: ArrayLike | None,
        cone: DoubleArray,
        weights: DoubleArray,
    ) -> DoubleArray:
        """Robust weighted mean lengths of bundles of rays that go inwards from points.

        Parameters
        ----------
        points, inwards
            (n, 3) places on the mesh and unit directions.
        own
            (n,) the triangle that each lies on, which its rays pass through; -1 for none.
        cone
            (rays, 3) unit directions, +Z standing for straight inwards.
        weights
            (rays,).

        Returns
        -------
        (n,) float64, infinity where no ray meets anything.
        """
        start = _rows(points)
        passed = np.full(len(start), -1) if own is None else np.asarray(own, np.int64)
        if not len(self.corners) or not len(start):
            return np.full(len(start), np.inf)
        along, passed = _rows(inwards), np.ascontiguousarray(passed)
        fan, shares = np.ascontiguousarray(cone), np.ascontiguousarray(weights)
        nearest = SKIPPED * self.diagonal

        def measure(part: slice) -> DoubleArray:
            found: DoubleArray = self._kernels.diameters(
                *self._tree, start[part], along[part], passed[part], fan, shares, nearest
            )
            return found

        parts = [slice(i, i + BUNDLES) for i in range(0, len(start), BUNDLES)]
        # The compiled code does not hold the interpreter's lock, so threads run side by side.
        with ThreadPoolExecutor() as threads:
            return np.concatenate(list(threads.map(measure, parts)))


def _rows(values: ArrayLike) -> DoubleArray:
    return np.ascontiguousarray(np.asarray(values, np.float64).reshape(-1, 3))


def _unit_normals(corners: DoubleArray) -> DoubleArray:
    """(t, 3) unit normals; +Z for a triangle without an area."""
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(area, axis=1, keepdims=True)
    return np.where(length > 0, area / np.where(length > 0, length, 1), [0.0, 0.0, 1.0])
