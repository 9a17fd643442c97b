"""Spheres as a camera sees them: discs in the picture, and what spans between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import Camera
from immat_core.envelope import cone_ends
from immat_core.medial_mesh import IndexArray, MedialMesh

DoubleArray: TypeAlias = NDArray[np.float64]

NEAREST = 1e-3
"""Least depth of a sphere, as in ``Camera.project``."""


@dataclass(frozen=True, eq=False)
class Web:
    """What spans between the spheres of a medial mesh, as its silhouette needs it.

    The hull of three spheres projects to the hull of three discs, and that is the union of the
    hulls of its pairs and of the triangle of its middles.

    Attributes
    ----------
    ends
        (m, 2) int32, the pairs; (i, i) for a sphere that is in none.
    faces
        (k, 3) int32, the triangles.
    """

    ends: IndexArray
    faces: IndexArray

    @classmethod
    def of(cls, mat: MedialMesh) -> Web:
        """The web of a medial mesh's edges and faces."""
        # A copy: the compiled loops take no read-only arrays.
        return cls(cone_ends(mat), mat.faces.copy())


def project_discs(camera: Camera, spheres: NDArray[np.floating[Any]]) -> DoubleArray:
    """(n, 4) spheres as (n, 3) float64 discs: u, v and radius in picture coordinates.

    A sphere's outline is an ellipse that is longer than its disc by the cosine of its angle to the
    optical axis: one in fifty at the edge of a usual picture. ``frame_camera`` has the same discs.
    """
    balls = np.asarray(spheres, np.float64)
    local = (balls[:, :3] - camera.position) @ camera.axes.T
    scale = camera.focal / np.maximum(local[:, 2:], NEAREST)
    return np.concatenate(
        [local[:, :2] * scale + [camera.shift_u, camera.shift_v], balls[:, 3:] * scale], axis=1
    )
