"""From predicted probabilities to edges and faces (the paper, section 3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.hole_filling import fill
from immat_core.joining import WEAK_SHARE, join_parts
from immat_core.medial_mesh import FloatArray, IndexArray

CHUNK = 1 << 20
"""Distances computed at a time by :func:`nearest`."""
LONGEST, LONGEST_JOINT = 2.25, 3.4
"""Of an edge, and of one that joins two parts, in median distances to the nearest sphere."""
THICK, LONGEST_THICK, THICK_SHARE = 0.3, 3.5, 1 / 6
"""Balls of radii above such a share of their distance bridge no gap: how long what connects them
may be, and the share of the face threshold that is enough to close the skin between them."""


@dataclass(frozen=True, eq=False)
class TopologyCandidates:
    """Edges and faces that may be, each once, with ascending indices, sorted.

    Attributes
    ----------
    edges
        (e, 2) int32, indices of spheres.
    edge_probabilities
        (e,) float32, 0..1.
    faces
        (f, 3) int32.
    face_probabilities
        (f,) float32, 0..1.
    """

    edges: IndexArray
    edge_probabilities: FloatArray
    faces: IndexArray
    face_probabilities: FloatArray


def nearest(points: ArrayLike, queries: ArrayLike | None, k: int) -> NDArray[np.int64]:
    """The ``k`` points nearest to each query, the nearest first; of two as near, the first.

    Parameters
    ----------
    points
        (n, 3).
    queries
        (m, 3). None, or the very array ``points``, asks for each point's nearest *others*.
    k
        At most the number of points that there are to choose from.

    Returns
    -------
    (m, k) int64 indices of points.

    Raises
    ------
    ValueError
        When there are fewer than ``k`` points to choose from.
    """
    others = queries is None or queries is points
    known = np.asarray(points, np.float64).reshape(-1, 3)
    asked = known if queries is None else np.asarray(queries, np.float64).reshape(-1, 3)
    if k > len(known) - others:
        raise ValueError(f"{k} neighbors asked of {len(known)} points")
    found = np.empty((len(asked), k), np.int64)
    step = max(1, CHUNK // max(1, len(known)))
    for begin in range(0, len(asked), step):
        part = asked[begin : begin + step]
        apart = ((part[:, None] - known) ** 2).sum(2)
        if others:
            apart[np.arange(len(part)), begin + np.arange(len(part))] = np.inf
        if k == 1:
            found[begin : begin + step, 0] = apart.argmin(1)
            continue
        found[begin : begin + step] = np.argsort(apart, axis=1, kind="stable")[:, :k]
    return found


def gather_candidates(
    sparse: NDArray[np.int64],
    edge_probabilities: NDArray[np.floating[Any]],
    face_probabilities: NDArray[np.floating[Any]],
) -> TopologyCandidates:
    """Collect the network's answers; a candidate's probability is the mean over its groups.

    Parameters
    ----------
    sparse
        (N, K), each sphere's neighbors. One that is the sphere itself is no candidate.
    edge_probabilities
        (N, K), of the edge between a sphere and a neighbor.
    face_probabilities
        (N, K, K), of the face between a sphere and two neighbors, in both orders.
    """
    spheres, count = sparse.shape
    owner = np.repeat(np.arange(spheres), count)
    edges = np.column_stack([owner, sparse.ravel()])
    one, two = np.triu_indices(count, 1)
    corners = np.stack([sparse[:, one], sparse[:, two]], 2).reshape(-1, 2)
    faces = np.column_stack([np.repeat(np.arange(spheres), len(one)), corners])
    both = (face_probabilities[:, one, two] + face_probabilities[:, two, one]) / 2
    return TopologyCandidates(
        *_averaged(edges, edge_probabilities.ravel(), spheres),
        *_averaged(faces, both.ravel(), spheres),
    )


def select(
    candidates: TopologyCandidates,
    edge_threshold: float = 0.2,
    face_threshold: float = 0.3,
    *,
    centers: ArrayLike,
    radii: ArrayLike | None = None,
    fill_holes: bool = True,
    join: bool = True,
    trim: bool = True,
) -> tuple[IndexArray, IndexArray]:
    """The edges and faces of at least these probabilities, holes filled and loose parts joined.

    Parameters
    ----------
    centers
        (n, 3), the spheres' centers, which tell small holes from large and long edges from short.
    radii
        (n,), the spheres', which tell what ``trim`` leaves in between thick balls; None for points.
    fill_holes
        Whether to add faces over small holes (the paper, section 4.1; see ``hole_filling``).
    join
        Whether to add weaker edges that join parts (ours, not the paper's; see ``joining``).
    trim
        Whether to leave out edges of more than two spacings, and their faces, however likely.
        Predicted spheres stand evenly, so these bridge a gap more often than not: without them
        CD is lower by 2 %. Between thick balls longer ones stay, and hardly likely faces, which
        raises the F-score by 0.2. Spheres that were fitted or placed are right as they are.

    Returns
    -------
    edges
        (e, 2) int32. The sides of faces are listed only where they are above the threshold.
    faces
        (f, 3) int32.
    """
    positions = np.asarray(centers, np.float64).reshape(-1, 3)
    spacing = _spacing(positions) if trim else np.inf
    balls = np.zeros(len(positions)) if radii is None or not trim else np.asarray(radii)
    length, thick = _lengths(positions, balls, candidates.edges)
    chosen = candidates.edge_probabilities >= edge_threshold
    chosen &= length <= np.where(thick, LONGEST_THICK, LONGEST) * spacing
    edges = candidates.edges[chosen]
    side, thick = _lengths(positions, balls, candidates.faces)
    kept = side <= np.where(thick, LONGEST_THICK, LONGEST) * spacing
    possible, chances = candidates.faces[kept], candidates.face_probabilities[kept]
    # in single precision, or a chance that is just the threshold falls below it
    enough = (face_threshold * np.where(thick[kept], THICK_SHARE, 1)).astype(np.float32)
    faces = possible[chances >= enough]
    if fill_holes and len(faces):
        known = dict(zip(map(tuple, possible.tolist()), chances.tolist(), strict=True))
        added = fill(positions, edges, faces, known, face_threshold)
        faces = np.concatenate([faces, added])
    if join:
        weak = ~chosen & (candidates.edge_probabilities >= WEAK_SHARE * edge_threshold)
        weak &= length <= LONGEST_JOINT * spacing
        likelihood = np.minimum(candidates.edge_probabilities[weak], edge_threshold)
        joints = join_parts(edges, faces, candidates.edges[weak], likelihood, len(positions))
        edges = np.concatenate([edges, joints])
    return edges, faces


def _spacing(centers: NDArray[np.float64]) -> float:
    """Median distance from a center to its nearest other; 0 for fewer than two."""
    if len(centers) < 2:
        return 0.0
    near = centers[nearest(centers, None, 1)[:, 0]]
    return float(np.median(np.linalg.norm(centers - near, axis=1)))


def _lengths(
    centers: NDArray[np.float64], radii: NDArray[Any], simplices: IndexArray
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(n,) the longest side of each edge or face, and whether all its balls are thick for that."""
    corners = centers[simplices]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    return longest, radii[simplices].min(1) > THICK * longest


def _averaged(
    rows: NDArray[np.int64], probabilities: NDArray[np.floating[Any]], spheres: int
) -> tuple[IndexArray, FloatArray]:
    """Unique rows without repeated indices, and the mean probability of each."""
    rows = np.sort(rows, axis=1)
    proper = (np.diff(rows, axis=1) > 0).all(1)
    shape = (max(spheres, 1),) * rows.shape[1]
    keys = np.ravel_multi_index(tuple(rows[proper].T), shape)
    unique, inverse, count = np.unique(keys, return_inverse=True, return_counts=True)
    total = np.bincount(inverse, probabilities[proper].astype(np.float64), len(unique))
    indices = np.column_stack(np.unravel_index(unique, shape)).astype(np.int32)
    return indices.reshape(-1, rows.shape[1]), (total / count).astype(np.float32)
