"""Topology labels by geometry: which edges and faces between given spheres are right.

Spheres that were moved or predicted cannot inherit the true mesh's connections, whose diagonals are
arbitrary besides. A connection is right where the spheres' cells on the true medial mesh touch
(``training.medial_complex``) and it runs along that mesh instead of cutting a corner or a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from training.data import ShapeFolder
from training.medial_complex import MedialComplex, divide, find_feet, share_out

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A true skeleton, ready to be asked what connects given spheres.

    Attributes
    ----------
    mesh
        The true medial mesh, finely divided.
    spacing
        Mean distance of a true centre to its nearest, at least 0.01.
    """

    mesh: MedialComplex
    spacing: float


@dataclass(frozen=True)
class LabelRule:
    """When a connection counts as running along the skeleton.

    Attributes
    ----------
    tolerance
        How far its inner points may lie off the skeleton where its ends lie on it, in units of
        the true spacing.
    length_share
        Share of its length that is added to that: a long chord of a curved sheet is right.
    end_share
        Share of the ends' own distance from the skeleton that is added to that.
    farthest_end
        A sphere farther off the skeleton than this, in units of the true spacing, is connected
        to nothing.
    """

    tolerance: float = 0.35
    length_share: float = 0.15
    end_share: float = 0.8
    farthest_end: float = 3.0


def make_skeleton(
    folder: ShapeFolder, shape: int, scale: tuple[float, ...] = (1.0, 1.0, 1.0)
) -> Skeleton:
    """The true skeleton of one shape of a split, stretched by ``scale`` along its axes."""
    edges, faces = folder.topology(shape)
    return skeleton_of(folder.spheres[shape][:, :3].astype(np.float64) * scale, edges, faces)


def skeleton_of(centers: NDArray[np.float64], edges: Indices, faces: Indices) -> Skeleton:
    """The skeleton of a medial mesh of (n, 3) centers, n >= 2, (e, 2) edges and (f, 3) faces."""
    spacing = float(cKDTree(centers).query(centers, 2)[0][:, 1].mean())
    return Skeleton(divide(centers, edges, faces), max(spacing, 0.01))


def true_connections(
    centers: NDArray[np.floating[Any]], skeleton: Skeleton, rule: LabelRule | None = None
) -> tuple[Indices, Indices]:
    """All right edges and faces between spheres.

    Parameters
    ----------
    centers
        (N, 3), the spheres' centres, moved or predicted.
    skeleton
        The true one.
    rule
        None for the default one.

    Returns
    -------
    edges
        (e, 2) int64, ascending indices, each once, sorted; the sides of the faces among them.
    faces
        (f, 3) int64, likewise.
    """
    rule = rule or LabelRule()
    mesh, places = skeleton.mesh, np.ascontiguousarray(centers, np.float64)
    triangle, feet, away = find_feet(mesh, places)
    here = np.nonzero(away < rule.farthest_end * skeleton.spacing)[0]
    if len(here) < 2:
        return np.empty((0, 2), np.int64), np.empty((0, 3), np.int64)
    found = share_out(mesh, triangle[here], feet[here])
    owner = np.where(found >= 0, here[found], -1)
    edges, faces = _touching(mesh, owner, len(places))
    hidden = np.setdiff1d(here, owner)
    if len(hidden):
        # Two spheres with all but one foot: the one without places hangs on the other.
        beside = np.stack([hidden, owner[mesh.triangles[triangle[hidden], 0]]], 1)
        edges = np.unique(np.concatenate([edges, np.sort(beside, axis=1)]), axis=0)
    along = _runs_along(edges, places, away, skeleton, rule)
    linked = np.zeros((len(places), len(places)), bool)
    linked[edges[along, 0], edges[along, 1]] = True
    whole = linked[faces[:, 0], faces[:, 1]] & linked[faces[:, 1], faces[:, 2]]
    faces = faces[whole & linked[faces[:, 0], faces[:, 2]]]
    return edges[along], faces[_runs_along(faces, places, away, skeleton, rule)]


def label_topology(
    centers: NDArray[np.floating[Any]],
    sparse: Indices,
    skeleton: Skeleton,
    rule: LabelRule | None = None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Labels of all candidates of one shape.

    Parameters
    ----------
    centers
        (N, 3), the spheres' centres, moved or predicted.
    sparse
        (N, K) int64, each sphere's neighbours.
    skeleton
        The true one.
    rule
        None for the default one.

    Returns
    -------
    edges
        (N, K) bool.
    faces
        (N, K, K) bool, symmetric; the face of sphere i and its neighbours j and k.
    """
    pairs, triples = true_connections(centers, skeleton, rule)
    count, size = sparse.shape
    linked = np.zeros((count, count), bool)
    linked[pairs[:, 0], pairs[:, 1]] = linked[pairs[:, 1], pairs[:, 0]] = True
    rows = np.arange(count)[:, None]
    column = np.full((count, count), -1)
    column[rows, sparse] = np.arange(size)
    faces = np.zeros((count, size, size), bool)
    for own, one, other in ((0, 1, 2), (1, 0, 2), (2, 0, 1)):
        i = triples[:, own]
        a, b = column[i, triples[:, one]], column[i, triples[:, other]]
        held = (a >= 0) & (b >= 0)
        faces[i[held], a[held], b[held]] = faces[i[held], b[held], a[held]] = True
    return linked[rows, sparse], faces


def _touching(mesh: MedialComplex, owner: Indices, count: int) -> tuple[Indices, Indices]:
    """Pairs and triples of spheres that own the corners of one small triangle."""
    corners = owner[mesh.triangles]
    reached = (corners >= 0).all(1)
    corners, on_sheet = np.sort(corners[reached], axis=1), mesh.on_sheet[reached]
    lower, upper = corners[:, 0] < corners[:, 1], corners[:, 1] < corners[:, 2]
    faces = np.unique(corners[lower & upper & on_sheet] @ [count * count, count, 1])
    pairs = np.concatenate([corners[lower][:, :2], corners[upper][:, 1:]])
    edges = np.unique(pairs @ [count, 1])
    triples = np.stack([faces // count**2, faces // count % count, faces % count], 1)
    # The third side of a triple is a pair of its own.
    sides = triples[:, [0, 2]] @ [count, 1]
    edges = np.union1d(edges, sides)
    return np.stack([edges // count, edges % count], 1), triples


def _runs_along(
    simplices: Indices,
    centers: NDArray[np.float64],
    away: NDArray[np.float64],
    skeleton: Skeleton,
    rule: LabelRule,
) -> NDArray[np.bool_]:
    """(s,) bool: edges at three places, faces in their middle."""
    if not len(simplices):
        return np.zeros(0, bool)
    corners = centers[simplices]
    longest = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(1)
    allowed = rule.tolerance * skeleton.spacing + rule.length_share * longest
    allowed += rule.end_share * away[simplices].max(1)
    size = simplices.shape[1]
    inner = [(0.5, 0.5), (0.25, 0.75), (0.75, 0.25)] if size == 2 else [(1 / 3,) * 3]
    weights = np.array(inner)
    places = np.einsum("wk,skd->swd", weights, corners)
    far = skeleton.mesh.tree.query(places.reshape(-1, 3))[0].reshape(len(simplices), -1)
    good: NDArray[np.bool_] = (far < allowed[:, None]).all(1)
    return good
