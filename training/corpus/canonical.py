"""The frame of the corpus: Z up, front toward -Y, box centred on the origin, diagonal 1."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MERGE_DISTANCE = 1e-5
"""Vertices closer than this share of the diagonal become one."""

SHEET_FACES, PLATE_FACES = 24, 4
"""A sheet of ground has at most this many faces; one under the whole object at most those."""


@dataclass(frozen=True, eq=False)
class CleanMesh:
    """A mesh, and where its faces come from.

    Attributes
    ----------
    vertices
        (n, 3) float64; each belongs to a face.
    faces
        (t, 3) int64.
    origin
        (t,) int64, the face of the source that each face was.
    """

    vertices: Floats
    faces: Integers
    origin: Integers


def clean(vertices: Floats, faces: Integers) -> CleanMesh:
    """Merge near vertices; drop faces without area or that stand twice, and loose vertices."""
    used, faces = np.unique(faces, return_inverse=True)
    faces, vertices = faces.reshape(-1, 3), vertices[used]
    span = np.linalg.norm(np.ptp(vertices, axis=0))
    rounded = np.round(vertices / (span * MERGE_DISTANCE)).astype(np.int64)
    _, first, inverse = np.unique(rounded, axis=0, return_index=True, return_inverse=True)
    merged = inverse.reshape(-1)[faces]
    a, b, c = merged.T
    origin = np.flatnonzero((a != b) & (b != c) & (a != c))
    _, once = np.unique(np.sort(merged[origin], axis=1), axis=0, return_index=True)
    origin = origin[np.sort(once)]
    return _without_loose(vertices[first], merged[origin], origin)


def drop_ground(mesh: CleanMesh) -> CleanMesh:
    """Leave out plates of ground and wakes: flat sheets at the bottom that stick out of the rest.

    Models made for scenery carry them. Works on a mesh that stands Z up.
    """
    count, label = components(len(mesh.vertices), mesh.faces)
    if count == 1:
        return mesh
    owner = label[mesh.faces[:, 0]]
    size = np.bincount(owner, minlength=count)
    diagonal = float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
    sheets: dict[int, Floats] = {}
    for part in np.flatnonzero(size <= SHEET_FACES).tolist():
        corners = mesh.vertices[mesh.faces[owner == part].ravel()]
        wide, deep, high = np.ptp(corners, axis=0)
        if high < 0.004 * diagonal and wide > 0.15 * diagonal and deep > 0.02 * diagonal:
            sheets[part] = corners
    rest = ~np.isin(owner, list(sheets))
    if not sheets or rest.sum() < 4:
        return mesh
    body = mesh.vertices[mesh.faces[rest].ravel()]
    ground = [
        part
        for part, corners in sheets.items()
        if _is_ground(corners, body, 0.01 * diagonal, plate=size[part] <= PLATE_FACES)
    ]
    kept = ~np.isin(owner, ground)
    return _without_loose(mesh.vertices, mesh.faces[kept], mesh.origin[kept])


def to_unit_box(vertices: Floats) -> Floats:
    """Centre the box of (n, 3) vertices on the origin and make its diagonal 1."""
    low, high = vertices.min(0), vertices.max(0)
    return np.asarray((vertices - (low + high) / 2) / np.linalg.norm(high - low))


def components(count: int, faces: Integers) -> tuple[int, Integers]:
    """Number of components that share vertices, and the (count,) label of each vertex."""
    rows, columns = faces.ravel(), np.roll(faces, 1, axis=1).ravel()
    graph = coo_matrix((np.ones(len(rows), bool), (rows, columns)), shape=(count, count))
    number, label = connected_components(graph, directed=False)
    return int(number), np.asarray(label, np.int64)


def count_open_edges(faces: Integers) -> int:
    """Number of edges that do not lie between exactly two faces."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, uses = np.unique(edges, axis=0, return_counts=True)
    return int((uses != 2).sum())


def _is_ground(corners: Floats, body: Floats, margin: float, *, plate: bool) -> bool:
    """Whether a flat sheet lies low and is wider than the body, or a plate under all of it."""
    low, high = body.min(0), body.max(0)
    if corners[:, 2].max() >= low[2] + 0.12 * (high[2] - low[2]):
        return False
    sticks_out = (corners.min(0) < low - margin)[:2].any() or (corners.max(0) > high + margin)[
        :2
    ].any()
    area = np.ptp(corners[:, 0]) * np.ptp(corners[:, 1])
    return bool(sticks_out or (plate and area > 0.8 * (high[0] - low[0]) * (high[1] - low[1])))


def _without_loose(vertices: Floats, faces: Integers, origin: Integers) -> CleanMesh:
    used, inverse = np.unique(faces, return_inverse=True)
    return CleanMesh(vertices[used], inverse.reshape(faces.shape).astype(np.int64), origin)
