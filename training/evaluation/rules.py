"""The simple rules that connect spheres, each at the thresholds that validation shapes choose."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from itertools import combinations, product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay, cKDTree

from immat_core.predict import Stage
from training.connection_rules import RULES, Connections, Rule
from training.data import ShapeFolder
from training.evaluation.scores import Counts, count, true_topology, with_sides
from training.labels import make_skeleton

Floats = NDArray[np.floating[Any]]
Ways = dict[str, tuple[NDArray[np.integer[Any]], NDArray[np.integer[Any]]]]
"""Edges and faces by the name of what chose them."""

Chosen = dict[str, tuple[float, float]]
"""A rule's thresholds for edges and for faces, by the rule's name."""

MOVED = 0.01
"""Standard deviation of the moved spheres' coordinates, in diagonals."""

ASKED = 16
"""Validation shapes by which thresholds are chosen."""

THRESHOLDS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
"""Of edges and of faces that are tried for the network."""


def short_delaunay(centers: Floats, dense: Floats, factor: float) -> Connections:
    """The Delaunay triangulation without long edges, as in the paper's Fig. 5.

    Edges longer than ``factor`` times the median distance to the nearest sphere are left out, and
    with them their triangles.
    """
    # Spheres that stand in a plane or in one place have no tetrahedra; joggled, they have.
    found = Delaunay(np.asarray(centers, np.float64), qhull_options="QJ").simplices
    tetrahedra = np.sort(found, axis=1)
    sides = np.unique(np.concatenate([tetrahedra[:, p] for p in combinations(range(4), 2)]), axis=0)
    faces = np.unique(np.concatenate([tetrahedra[:, p] for p in combinations(range(4), 3)]), axis=0)
    spacing = _spacing(centers)
    length = np.linalg.norm(centers[sides[:, 0]] - centers[sides[:, 1]], axis=1)
    short = sides[length <= factor * spacing].astype(np.int64)
    linked = np.zeros((len(centers), len(centers)), bool)
    linked[short[:, 0], short[:, 1]] = True
    kept = [linked[faces[:, i], faces[:, j]] for i, j in combinations(range(3), 2)]
    return short, faces[np.logical_and.reduce(kept)].astype(np.int64)


def ball_pivoting(centers: Floats, dense: Floats, factor: float) -> Connections:
    """MeshLab's ball pivoting (Bernardini et al., 1999), as in the paper's Fig. 5.

    The ball's radius is ``factor`` times the median distance to the nearest sphere; normals, which
    it needs and spheres do not have, are those of the planes of ten neighbors. Edges are those of
    its triangles.
    """
    meshes = pymeshlab.MeshSet(verbose=False)
    meshes.add_mesh(pymeshlab.Mesh(np.asarray(centers, np.float64)))
    meshes.compute_normal_for_point_clouds(k=min(10, len(centers) - 1))
    radius = pymeshlab.PureValue(factor * _spacing(centers))
    meshes.generate_surface_reconstruction_ball_pivoting(ballradius=radius, clustering=1)
    found = np.asarray(meshes.current_mesh().face_matrix(), np.int64).reshape(-1, 3)
    faces = np.unique(np.sort(found, axis=1), axis=0)
    edges = np.concatenate([faces[:, p] for p in combinations(range(3), 2)])
    return np.unique(edges, axis=0), faces


def _spacing(centers: Floats) -> float:
    """Median distance to the nearest other sphere."""
    return float(np.median(cKDTree(centers).query(centers, 2)[0][:, 1]))


ALL_RULES = {
    **RULES,
    "delaunay": Rule(short_delaunay, (1.4, 1.8, 2.2, 2.7, 3.4), "Delaunay, edges up to k spacings"),
}
"""The rules that the network must beat."""

with contextlib.suppress(ImportError):
    import pymeshlab  # needs the system's OpenGL library, which a bare machine lacks

    ALL_RULES["ball pivoting"] = Rule(
        ball_pivoting, (0.8, 1.1, 1.5, 2.0, 2.7), "ball pivoting, radius of k spacings"
    )


def moved_shape(folder: ShapeFolder, shape: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """True spheres (n, 4) moved by ``MOVED`` a coordinate, dense centers (m, 3) by half of it."""
    rng = np.random.default_rng([5, shape])
    spheres, dense = np.array(folder.spheres[shape]), np.array(folder.dense[shape])
    spheres[:, :3] += MOVED * rng.standard_normal((len(spheres), 3)).astype(np.float32)
    dense += 0.5 * MOVED * rng.standard_normal(dense.shape).astype(np.float32)
    return spheres, dense


def asked_shapes(folder: ShapeFolder) -> list[int]:
    """Up to ``ASKED`` rows of a split, evenly spread."""
    rows = np.unique(np.linspace(0, len(folder) - 1, min(ASKED, len(folder))).astype(int))
    return [int(row) for row in rows]


def network_thresholds(
    connect: Callable[[NDArray[np.float32], NDArray[np.float32]], Stage], folder: ShapeFolder
) -> tuple[float, float]:
    """The edge and the face threshold whose F1, added up, are best on moved shapes.

    Parameters
    ----------
    connect
        What the network says of spheres (n, 4) and dense centers (m, 3).
    folder
        As for :func:`choose_thresholds`.
    """
    totals = {pair: [Counts(), Counts()] for pair in product(THRESHOLDS, THRESHOLDS)}
    for shape in asked_shapes(folder):
        spheres, dense = moved_shape(folder, shape)
        centers = np.ascontiguousarray(spheres[:, :3])
        true = true_topology(centers, make_skeleton(folder, shape))
        given = connect(spheres, dense)
        for pair, total in totals.items():
            edges, faces = given.select(*pair, trim=False)
            total[0] = total[0] + count(with_sides(edges, faces), true[0])
            total[1] = total[1] + count(faces, true[1])
    return max(totals, key=lambda pair: totals[pair][0].f1 + totals[pair][1].f1)


def choose_thresholds(folder: ShapeFolder, keep: Path | None = None) -> Chosen:
    """For each rule the thresholds with the best F1 of edges and of faces on moved shapes.

    Parameters
    ----------
    folder
        The validation split; up to ``ASKED`` of its shapes are asked.
    keep
        File in which the result is kept for the next time.
    """
    if keep is not None and keep.is_file():
        kept: dict[str, list[float]] = json.loads(keep.read_text(encoding="utf-8"))
        return {name: (edges, faces) for name, (edges, faces) in kept.items()}
    totals = {
        (name, threshold): [Counts(), Counts()]
        for name, rule in ALL_RULES.items()
        for threshold in rule.thresholds
    }
    for shape in asked_shapes(folder):
        spheres, dense = moved_shape(folder, shape)
        centers = np.ascontiguousarray(spheres[:, :3])
        true = true_topology(centers, make_skeleton(folder, shape))
        for (name, threshold), total in totals.items():
            found = ALL_RULES[name].connect(centers, dense, threshold)
            for k in (0, 1):
                total[k] = total[k] + count(found[k], true[k])
    chosen = {
        name: _best([(t, totals[name, t]) for t in rule.thresholds])
        for name, rule in ALL_RULES.items()
    }
    if keep is not None:
        keep.parent.mkdir(parents=True, exist_ok=True)
        beside = keep.with_suffix(f".part{os.getpid()}")
        beside.write_text(json.dumps(chosen), encoding="utf-8")
        os.replace(beside, keep)
    return chosen


def _best(tried: list[tuple[float, list[Counts]]]) -> tuple[float, float]:
    edges, faces = (max(tried, key=lambda pair: pair[1][k].f1)[0] for k in (0, 1))
    return edges, faces


def connected_by_rules(centers: Floats, dense: Floats, chosen: Chosen) -> Ways:
    """Edges and faces by each rule, each at its own threshold."""
    ways: Ways = {}
    for name, (edge_threshold, face_threshold) in chosen.items():
        edges, faces = ALL_RULES[name].connect(centers, dense, edge_threshold)
        if face_threshold != edge_threshold:
            faces = ALL_RULES[name].connect(centers, dense, face_threshold)[1]
        ways[name] = (edges, faces)
    return ways
