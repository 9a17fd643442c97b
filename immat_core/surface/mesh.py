"""The surface of a medial mesh as quads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from immat_core.medial_mesh import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class SurfaceMesh:
    """A closed surface.

    Attributes
    ----------
    vertices
        (n, 3) float32, in the frame and unit of the medial mesh.
    quads
        (q, 4) int32, indices of vertices, counter-clockwise seen from outside.
    """

    vertices: FloatArray
    quads: IndexArray

    @property
    def triangles(self) -> IndexArray:
        """(2q, 3) int32: each quad split from its first to its third corner, a new array."""
        return np.ascontiguousarray(self.quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))
