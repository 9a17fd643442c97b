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


def with_rims(
    mat: MedialMesh, parts: NDArray[np.int64], sheets: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Parts with such spheres moved to the sheet beside them, or to new sheets of their own.

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
    rim &= ~sheets[parts] if len(sheets) else False
    parts = parts.copy()
    if not rim.any():
        return parts, sheets
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
    return parts, np.array(sheets_now, bool)
