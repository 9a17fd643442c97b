"""Spheres that faces alone hold are no curves, whatever their number of faces.

The paper's rule calls a sphere of few faces a curve's (its threshold K), which keeps stray faces on
legs from making sheets of them. The rim of a small sheet falls to it as well, and would become a
limb of its own.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.editing.chains import curve_edges
from immat_core.editing.connect import piece_labels
from immat_core.medial_mesh import MedialMesh

INSIDE = 3
"""A curve's sphere of so many faces lies inside a sheet, if there is one around it."""


def with_rims(
    mat: MedialMesh, parts: NDArray[np.int64], sheets: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Parts with such spheres moved to the sheet beside them, or to new sheets of their own.

    A curve's sphere in the middle of a sheet's faces, where a lamp's arm stands on its foot, moves
    to the sheet too.

    Parameters
    ----------
    parts, sheets
        (n,) and (parts,), as in :func:`immat_core.rig.build_rig`.

    Returns
    -------
    The same, with as many parts or more.
    """
    rim = np.zeros(len(parts), bool)
    rim[mat.faces.ravel()] = True
    rim[curve_edges(mat).ravel()] = False
    rim &= ~sheets[parts]
    parts = parts.copy()
    edges = mat.all_edges
    groups = piece_labels(MedialMesh(mat.centers, mat.radii, edges[rim[edges].all(1)]))
    sheets_now = sheets.tolist()
    for group in np.unique(groups[rim]).tolist():
        spheres = rim & (groups == group)
        touched = mat.faces[spheres[mat.faces].any(1)].ravel()
        beside = parts[touched][sheets[parts[touched]]]
        if len(beside):
            parts[spheres] = np.bincount(beside).argmax()
        else:
            parts[spheres] = len(sheets_now)
            sheets_now.append(True)
    found = np.array(sheets_now, bool)
    many = np.bincount(mat.faces.ravel(), minlength=len(parts)) >= INSIDE
    for sphere in np.flatnonzero(many & ~found[parts]).tolist():
        touched = parts[mat.faces[(mat.faces == sphere).any(1)].ravel()]
        if found[touched].any():
            parts[sphere] = np.bincount(touched[found[touched]]).argmax()
    return parts, found
