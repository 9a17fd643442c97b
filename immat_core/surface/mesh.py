"""The surface of a medial mesh as triangles or quads."""

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
    faces
        (f, 3) or (f, 4) int32, indices of vertices, counter-clockwise seen from outside.
    """

    vertices: FloatArray
    faces: IndexArray

    @property
    def triangles(self) -> IndexArray:
        """(t, 3) int32: triangles as they are, each quad split from its first to its third."""
        if self.faces.shape[1] == 3:
            return self.faces
        return np.ascontiguousarray(self.faces[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3))
