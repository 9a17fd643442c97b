"""A complex with the topology of the solid.

Clusters that meet in a point, or touch twice, leave hollow tetrahedra and loops that the solid
does not have. Faces are taken in the order of what only they explain, as long as each closes a
loop that was open: then there is no void. Loops in excess are closed by faces inside the solid,
or opened at edges outside it; loops that lack are opened at faces outside it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.fit.complexes import Span, boundaries, components
from immat_core.fit.connectivity import Complex
from immat_core.fit.shell import Shell

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

EDGE_SPOTS = np.linspace(0.1, 0.9, 9)
FACE_SPOTS = np.array(
    [[1, 1, 1], [2, 2, 1], [2, 1, 2], [1, 2, 2], [4, 1, 1], [1, 4, 1], [1, 1, 4]], np.float64
)
FACE_SPOTS /= FACE_SPOTS.sum(1, keepdims=True)
INSIDE = 0.5
"""Voxels outside the shell up to which an edge or face still counts as inside."""


def filter_topology(
    balls: Floats, found: Complex, priority: Floats, shell: Shell, loops: int
) -> tuple[Indices, Indices]:
    """Edges and faces without voids and, where that can be had, with so many loops.

    Parameters
    ----------
    balls
        (k, 4) centres and radii.
    found
        The complex to choose from; every side of its faces is an edge.
    priority
        (f,) the faces with most are kept first.
    shell
        The solid.
    loops
        Its first Betti number.

    Returns
    -------
    Edges (e, 2) and faces (f, 3), ascending rows, sorted.
    """
    edges = found.edges
    order = np.lexsort((_areas(balls, found.faces), -priority))
    chains = boundaries(edges, found.faces)
    span = Span()
    faces = found.faces[[row for row in order.tolist() if span.add(chains[row])]]
    _, parts = components(len(balls), edges)
    excess = len(edges) - (len(balls) - parts) - len(faces) - loops
    if excess > 0:
        faces = np.concatenate([faces, _closing_faces(balls, edges, faces, shell, span, excess)])
        excess = len(edges) - (len(balls) - parts) - len(faces) - loops
    if excess > 0:
        edges = _without_bridges_outside(balls, edges, faces, shell, excess)
    if excess < 0:
        faces = _without_faces_outside(balls, faces, shell, -excess)
    return edges, faces[np.lexsort(faces.T[::-1])]


def depth_outside(balls: Floats, rows: Indices, spots: Floats, shell: Shell) -> Floats:
    """(n,) how far, in voxels, the middles of simplices leave the solid; below 0 inside.

    Parameters
    ----------
    rows
        (n, 2) or (n, 3) indices of balls.
    spots
        (s, 2) or (s, 3) barycentric coordinates that are looked at.
    """
    worst = np.full(len(rows), -np.inf)
    for spot in spots:
        points = np.einsum("nkd,k->nd", balls[rows, :3], spot)
        worst = np.maximum(worst, sample_field(shell, points))
    return worst


def sample_field(shell: Shell, points: Floats) -> Floats:
    """(n,) the shell's level set at (n, 3) points, in voxels, between lattice points linearly."""
    spot = (points - shell.origin) / shell.voxel
    spot = np.clip(spot, 0, np.array(shell.field.shape) - 1.001)
    low = spot.astype(np.int64)
    share = spot - low
    total = np.zeros(len(points))
    for corner in np.ndindex(2, 2, 2):
        step = np.array(corner)
        weight = np.where(step, share, 1 - share).prod(1)
        total += weight * shell.field[tuple((low + step).T)]
    return total


def _areas(balls: Floats, faces: Indices) -> Floats:
    corners = balls[faces, :3]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas: Floats = np.linalg.norm(cross, axis=1) / 2
    return areas


def _closing_faces(
    balls: Floats, edges: Indices, faces: Indices, shell: Shell, span: Span, most: int
) -> Indices:
    """Faces between three edges, inside the solid, smallest first, that close an open loop."""
    known = set(map(tuple, faces.tolist()))
    found = np.array([row for row in _triangles(edges) if row not in known], np.int64)
    found = found.reshape(-1, 3)
    found = found[depth_outside(balls, found, FACE_SPOTS, shell) < INSIDE]
    found = found[np.argsort(_areas(balls, found), kind="stable")]
    chosen: list[int] = []
    for row, chain in enumerate(boundaries(edges, found)):
        if len(chosen) == most:
            break
        if span.add(chain):
            chosen.append(row)
    return found[chosen]


def _triangles(edges: Indices) -> list[tuple[int, int, int]]:
    """All triples of spheres of which every two are joined."""
    above: dict[int, set[int]] = {}
    for a, b in edges.tolist():
        above.setdefault(a, set()).add(b)
    nothing: set[int] = set()
    return [(a, b, c) for a, b in edges.tolist() for c in sorted(above[a] & above.get(b, nothing))]


def _without_bridges_outside(
    balls: Floats, edges: Indices, faces: Indices, shell: Shell, most: int
) -> Indices:
    """Drop edges of no face that leave the solid, the farthest first, and never a last link."""
    count = len(balls)
    sides = faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2)
    outside = depth_outside(balls, edges, np.column_stack([EDGE_SPOTS, 1 - EDGE_SPOTS]), shell)
    free = ~np.isin(edges @ [count, 1], sides @ [count, 1]) & (outside > INSIDE)
    kept = np.ones(len(edges), np.bool_)
    _, parts = components(count, edges)
    for row in np.flatnonzero(free)[np.argsort(-outside[free], kind="stable")].tolist():
        kept[row] = False
        if components(count, edges[kept])[1] != parts:
            kept[row] = True
        elif int((~kept).sum()) == most:
            break
    return edges[kept]


def _without_faces_outside(balls: Floats, faces: Indices, shell: Shell, most: int) -> Indices:
    """Drop the faces that leave the solid the most; each opens one loop."""
    outside = depth_outside(balls, faces, FACE_SPOTS, shell)
    worst = np.argsort(-outside, kind="stable")[:most]
    kept = np.ones(len(faces), np.bool_)
    kept[worst[outside[worst] > INSIDE]] = False
    return faces[kept]
