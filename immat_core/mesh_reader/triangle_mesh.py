"""What every mesh reader returns: the triangles of a file, in the file's own frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError


@dataclass(frozen=True, eq=False)
class TriangleMesh:
    """Triangles of a file: any soup, neither closed nor oriented.

    Attributes
    ----------
    vertices
        (n, 3) float64, in the file's unit. Formats that can say so may hold some that are not
        finite.
    faces
        (t, 3) int64, indices of vertices, each from 0 to n - 1.

    Raises
    ------
    ValueError
        For an index out of range.
    """

    vertices: NDArray[np.float64]
    faces: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.faces.size and not 0 <= self.faces.min() <= self.faces.max() < len(self.vertices):
            raise ValueError(f"a face names a vertex outside 0..{len(self.vertices) - 1}")


def checked_mesh(
    name: str, vertices: NDArray[np.float64], faces: NDArray[np.int64]
) -> TriangleMesh:
    """Make the mesh of a file, or say what is wrong with it.

    Parameters
    ----------
    name
        Of the file, for the message.
    vertices, faces
        Arrays or lists that reshape to (n, 3) and (t, 3).

    Raises
    ------
    UserError
        When there is no triangle, an index is out of range or a coordinate is not finite.
    """
    points = np.ascontiguousarray(vertices, np.float64).reshape(-1, 3)
    triangles = np.ascontiguousarray(faces, np.int64).reshape(-1, 3)
    if len(triangles) == 0:
        raise UserError(f"{name} holds no surface", "Choose a file with faces")
    if triangles.min() < 0 or triangles.max() >= len(points):
        raise UserError(f"{name} is damaged: a face names a missing vertex", "Export it again")
    if not np.isfinite(points).all():
        raise UserError(f"{name} is damaged: a coordinate is not finite", "Export it again")
    return TriangleMesh(points, triangles)
