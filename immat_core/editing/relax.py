"""Smoothing of chosen spheres."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from immat_core.editing.draft import chosen_spheres
from immat_core.medial_mesh import FloatArray, MedialMesh
from immat_core.smoothing import smooth


def smooth_chosen(
    mat: MedialMesh,
    chosen: ArrayLike | None = None,
    weight: float = 0.5,
    repeat: int = 1,
    *,
    centers: bool = True,
    radii: bool = True,
) -> FloatArray:
    """The spheres with the chosen ones smoothed along edges and faces (the paper, Eq. (4)).

    Parameters
    ----------
    chosen
        (n,) bool; None smooths all. The others stay, but pull at their neighbors.
    weight
        t, 0..1; the smaller, the smoother.
    repeat
        How many times.
    centers, radii
        Which of the two may change.

    Returns
    -------
    (n, 4) float32, centre and radius.
    """
    mask = chosen_spheres(chosen, len(mat.radii))[:, None]
    mask = mask & np.array([centers, centers, centers, radii])
    spheres, edges = mat.spheres, mat.all_edges
    for _ in range(repeat):
        spheres = np.where(mask, smooth(spheres, edges, weight), spheres)
    return spheres
