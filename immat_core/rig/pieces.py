"""The connected pieces of a medial mesh's parts, and the tree that they form."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from immat_core.editing.chains import chains, curve_edges
from immat_core.editing.connect import piece_labels
from immat_core.medial_mesh import IndexArray, MedialMesh

ALIKE = 0.9
"""Pieces of at least this share of the heaviest one's volume may be the root: the lowest is ..."""
SHEET_ALIKE = 0.5
"""... and sheets of at least this share come before all curves: what stands, stands on them."""
STUB = 2.0
"""A chain without children is no limb where it is shorter than this many radii of its start ..."""
SHORT = 0.07
"""... or than this share of the shape's diagonal."""


@dataclass
class Piece:
    """Spheres of one part that hang together.

    Attributes
    ----------
    spheres
        Their indices, ascending.
    sheet
        Whether they are a sheet, not a curve.
    parent
        The piece that it hangs on; -1 for the root.
    joint
        The parent's sphere and its own where it hangs; (-1, own) for the root.
    touching
        Whether an edge joins them there; else they are only near.
    seam
        All spheres of the parent that edges join to it.
    """

    spheres: NDArray[np.int64]
    sheet: bool
    parent: int = -1
    joint: tuple[int, int] = (-1, -1)
    touching: bool = False
    seam: list[int] = field(default_factory=list)


def piece_tree(mat: MedialMesh, parts: NDArray[np.int64], sheets: NDArray[np.bool_]) -> list[Piece]:
    """The pieces, parents before children, the heaviest (of several, the lowest sheet) first.

    Parameters
    ----------
    parts
        (n,), the part of each sphere.
    sheets
        (parts,) bool.
    """
    edges = mat.all_edges.astype(np.int64)
    inner = edges[parts[edges[:, 0]] == parts[edges[:, 1]]]
    labels = piece_labels(MedialMesh(mat.centers, mat.radii, inner.astype(np.int32)))
    names, owner = np.unique(labels, return_inverse=True)
    pieces = [
        Piece(np.flatnonzero(owner == index), bool(sheets[parts[label]]))
        for index, label in enumerate(names.tolist())
    ]
    owner = _join_tips(pieces, owner, edges)
    pieces = [piece for piece in pieces if len(piece.spheres)]
    owner = np.unique(owner, return_inverse=True)[1]
    return _ordered(mat, pieces, owner, edges[owner[edges[:, 0]] != owner[edges[:, 1]]])


def _join_tips(
    pieces: list[Piece], owner: NDArray[np.int64], edges: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Make one curve of two that meet tip to tip and nowhere else; a part may end at a bend."""
    degree = np.bincount(edges.ravel(), minlength=len(owner))
    for one, other in edges.tolist():
        a, b = int(owner[one]), int(owner[other])
        if a == b or pieces[a].sheet or pieces[b].sheet:
            continue
        if degree[one] <= 2 and degree[other] <= 2:
            pieces[a].spheres = np.sort(np.concatenate([pieces[a].spheres, pieces[b].spheres]))
            pieces[b].spheres = pieces[b].spheres[:0]
            owner = np.where(owner == b, a, owner)
    return owner


def _ordered(
    mat: MedialMesh, pieces: list[Piece], owner: NDArray[np.int64], crossing: NDArray[np.int64]
) -> list[Piece]:
    """Hang the pieces on one another, by the fewest steps to the root, then the shortest edges."""
    centers = mat.centers.astype(np.float64)
    root = _root(mat, pieces)
    joined: dict[int, list[tuple[int, int]]] = {index: [] for index in range(len(pieces))}
    for one, other in crossing.tolist():
        joined[int(owner[one])].append((one, other))
        joined[int(owner[other])].append((other, one))
    ordered: list[Piece] = []
    place = {root: 0}
    pieces[root].joint = (-1, _start(mat, pieces[root]))
    ordered.append(pieces[root])
    waiting: list[tuple[int, float, int, int]] = []
    depth = {root: 0}

    def look_around(index: int) -> None:
        for near, far in joined[index]:
            if int(owner[far]) not in place:
                length = float(np.linalg.norm(centers[near] - centers[far]))
                heapq.heappush(waiting, (depth[index] + 1, length, near, far))

    look_around(root)
    while len(place) < len(pieces):
        touching = bool(waiting)
        if touching:
            _, _, near, far = heapq.heappop(waiting)
        else:
            near, far = _nearest_outside(mat, owner, set(place))
        parent, index = int(owner[near]), int(owner[far])
        if index in place:
            continue
        piece = pieces[index]
        piece.parent, piece.joint, piece.touching = place[parent], (near, far), touching
        piece.seam = sorted({a for a, b in joined[parent] if owner[b] == index}) or [near]
        place[index], depth[index] = len(ordered), depth[parent] + 1
        ordered.append(piece)
        look_around(index)
    return ordered


def _root(mat: MedialMesh, pieces: list[Piece]) -> int:
    volumes = np.array([_volume(mat, piece) for piece in pieces])
    sheets = np.array([piece.sheet for piece in pieces])
    may = sheets & (volumes >= SHEET_ALIKE * volumes.max())
    if not may.any():
        may = volumes >= ALIKE * volumes.max()
    heavy = np.flatnonzero(may).tolist()
    return int(min(heavy, key=lambda index: mat.centers[pieces[index].spheres, 2].mean()))


def _volume(mat: MedialMesh, piece: Piece) -> float:
    """About the volume: tubes along edges, slabs over faces, and one ball."""
    centers, radii = mat.centers.astype(np.float64), mat.radii.astype(np.float64)
    inside = np.zeros(len(radii), bool)
    inside[piece.spheres] = True
    volume = 4 / 3 * np.pi * float(radii[piece.spheres].mean()) ** 3
    # A primitive between two pieces counts for both, by its corners.
    one, two = (centers[mat.faces[:, k]] - centers[mat.faces[:, 0]] for k in (1, 2))
    area = np.linalg.norm(np.cross(one, two), axis=1) / 2
    share = inside[mat.faces].mean(1)
    volume += float((share * area * 2 * radii[mat.faces].mean(1)).sum())
    rods = curve_edges(mat)
    length = np.linalg.norm(centers[rods[:, 0]] - centers[rods[:, 1]], axis=1)
    tubes = inside[rods].mean(1) * length * np.pi * radii[rods].mean(1) ** 2
    return volume + float(tubes.sum())


def _start(mat: MedialMesh, piece: Piece) -> int:
    """Where a root begins: at the lower end of its heaviest chain; a sheet's lowest sphere."""
    inside = np.zeros(len(mat.radii), bool)
    inside[piece.spheres] = True
    ends = piece.spheres.tolist()
    edges = mat.all_edges[inside[mat.all_edges].all(1)]
    if len(edges) and not piece.sheet:
        heaviest = max(_without_twigs(mat, edges), key=lambda chain: chain_volume(mat, chain))
        ends = heaviest[[0, -1]].tolist()
    return int(min(ends, key=lambda sphere: mat.centers[sphere, 2]))


def _without_twigs(mat: MedialMesh, edges: IndexArray) -> list[NDArray[np.int64]]:
    """The chains that edges make once the twigs at their branches are taken off."""
    found = chains(edges)
    degree = np.bincount(edges.ravel(), minlength=len(mat.radii))
    kept = [chain for chain in found if not _is_twig(mat, chain, degree)]
    if not kept or len(kept) == len(found):
        return found
    return chains(np.concatenate([np.stack([c[:-1], c[1:]], 1) for c in kept]))


def _is_twig(mat: MedialMesh, chain: NDArray[np.int64], degree: NDArray[np.int64]) -> bool:
    tips = degree[chain[[0, -1]]] == 1
    root = int(chain[0] if tips[1] else chain[-1])
    length = np.linalg.norm(np.diff(mat.centers[chain], axis=0), axis=1).sum()
    return bool(tips.sum() == 1 and length < twig_length(mat, root))


def twig_length(mat: MedialMesh, sphere: int) -> float:
    """The length under which a branch from a sphere is no limb."""
    low, high = mat.bounds
    return max(STUB * float(mat.radii[sphere]), SHORT * float(np.linalg.norm(high - low)))


def chain_volume(mat: MedialMesh, chain: NDArray[np.int64]) -> float:
    """About the volume of the tube along a chain of spheres."""
    centers, radii = mat.centers.astype(np.float64)[chain], mat.radii.astype(np.float64)[chain]
    length = np.linalg.norm(np.diff(centers, axis=0), axis=1)
    return float((length * np.pi * ((radii[1:] + radii[:-1]) / 2) ** 2).sum())


def _nearest_outside(mat: MedialMesh, owner: NDArray[np.int64], known: set[int]) -> tuple[int, int]:
    """The spheres, one known and one not, whose skins are nearest to each other."""
    inside = np.flatnonzero(np.isin(owner, list(known)))
    outside = np.flatnonzero(~np.isin(owner, list(known)))
    best = (np.inf, -1, -1)
    for sphere in outside.tolist():
        apart = np.linalg.norm(mat.centers[inside] - mat.centers[sphere], axis=1)
        gaps = apart - mat.radii[inside] - mat.radii[sphere]
        nearest = int(gaps.argmin())
        best = min(best, (float(gaps[nearest]), int(inside[nearest]), sphere))
    return best[1], best[2]
