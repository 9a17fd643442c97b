"""How thin the thinnest wall of a closed mesh is."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.surface.box_tree import BoxTree, DoubleArray, Indices

OPPOSED = -0.5
"""Cosine of the angle between outward normals from which on two faces are two sides of a wall."""
FIRST_REACH = 1 / 64
"""How far to look at first, as a share of the box's diagonal; doubled until a wall is met."""
BATCH = 1024
"""Faces that look inwards at a time: the nearest wall so far limits how far the next ones look."""
EDGE = 1e-9
"""Barycentric room, so that no ray slips through between two triangles."""


def smallest_thickness(
    vertices: NDArray[np.floating[Any]], triangles: NDArray[np.integer[Any]]
) -> float | None:
    """The smallest distance straight through a wall, measured from the middles of the triangles.

    From each triangle's middle a ray runs inwards, against the normal, to the first triangle that
    it meets. The length counts where the two normals are more than 120 degrees apart: there the two
    are the sides of a wall, and not of a crease. On a mesh of samples it is exact up to the size of
    its triangles.

    Parameters
    ----------
    vertices
        (n, 3).
    triangles
        (t, 3), wound outwards.

    Returns
    -------
    None where no ray meets an opposite side, as in an open sheet.
    """
    corners = vertices.astype(np.float64)[triangles]
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    size = np.linalg.norm(area, axis=1)
    solid = size > 0
    corners, normals = corners[solid], area[solid] / size[solid, None]
    if not len(corners):
        return None
    tree = BoxTree(corners.min(1), corners.max(1))
    diagonal = float(np.linalg.norm(np.ptp(corners.reshape(-1, 3), axis=0)))
    reach = diagonal * FIRST_REACH
    while reach < 2 * diagonal:
        found = _thinnest_within(corners, normals, tree, reach)
        if found < np.inf:
            return found
        reach *= 2
    return None


def _thinnest_within(
    corners: DoubleArray, normals: DoubleArray, tree: BoxTree, reach: float
) -> float:
    """The smallest thickness that is at most ``reach``, or infinity."""
    middles = corners.mean(1)
    best = np.inf
    # Every n-th first: a sample of the whole finds a wall that is nearly the thinnest early.
    stride = max(1, len(corners) // BATCH)
    spread = np.argsort(np.arange(len(corners)) % stride, kind="stable")
    for begin in range(0, len(spread), BATCH):
        rows = spread[begin : begin + BATCH]
        limit = min(best, reach)
        lengths, met = _first_hits(corners, rows, middles[rows], -normals[rows], limit, tree)
        wall = met >= 0
        wall[wall] = (normals[rows[wall]] * normals[met[wall]]).sum(1) < OPPOSED
        best = min(best, float(lengths[wall].min(initial=np.inf)))
    return best


def _first_hits(
    corners: DoubleArray,
    own: Indices,
    start: DoubleArray,
    direction: DoubleArray,
    limit: float,
    tree: BoxTree,
) -> tuple[DoubleArray, Indices]:
    """How far each ray gets, and the triangle it meets there; (infinity, -1) beyond the limit."""
    end = start + limit * direction
    lengths, met = np.full(len(own), np.inf), np.full(len(own), -1)
    for ray, triangle in tree.meeting(np.minimum(start, end), np.maximum(start, end)):
        other = own[ray] != triangle
        ray, triangle = ray[other], triangle[other]
        length = _hit(corners[triangle], start[ray], direction[ray])
        hit = length <= limit
        # The shortest comes last, so it is the one that is kept.
        order = np.flatnonzero(hit)[np.argsort(-length[hit], kind="stable")]
        ray, triangle, length = ray[order], triangle[order], length[order]
        nearest, nearest_met = np.full(len(own), np.inf), np.full(len(own), -1)
        nearest[ray], nearest_met[ray] = length, triangle
        closer = nearest < lengths
        lengths[closer], met[closer] = nearest[closer], nearest_met[closer]
    return lengths, met


def _hit(corners: DoubleArray, start: DoubleArray, direction: DoubleArray) -> DoubleArray:
    """(p,) lengths at which rays meet triangles, infinity where they do not.

    Möller and Trumbore, "Fast, minimum storage ray/triangle intersection" (1997).
    """
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    across = np.cross(direction, two)
    determinant = (one * across).sum(1)
    parallel = determinant == 0
    scale = 1 / np.where(parallel, 1.0, determinant)
    offset = start - corners[:, 0]
    u = (offset * across).sum(1) * scale
    turned = np.cross(offset, one)
    v = (direction * turned).sum(1) * scale
    length = (two * turned).sum(1) * scale
    inside = ~parallel & (length > 0) & (u >= -EDGE) & (v >= -EDGE) & (u + v <= 1 + EDGE)
    return np.where(inside, length, np.inf)
