"""Parts that are found against parts that are known, on parametric chairs and tables."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from immat_core.medial_mesh import MedialMesh
from immat_core.segmentation import dbscan, segment_spheres
from training.shapes import ParametricShape, generate

SHAPES = [generate(category, seed) for category in ("chair", "table") for seed in range(12)]


def known_parts(shape: ParametricShape) -> np.ndarray:
    """(n,) the curve or sheet that each sphere was sampled from: the one it lies nearest to."""
    lines = [c.at(np.linspace(0, c.lengths[-1], 400))[0] for c in shape.curves]
    planes = [s.at(60, 60)[0].reshape(-1, 3) for s in shape.sheets]
    apart = [cKDTree(points).query(shape.mat.centers)[0] for points in (*lines, *planes)]
    return np.argmin(np.round(apart, 3), axis=0)


def adjusted_rand_index(one: np.ndarray, two: np.ndarray) -> float:
    """Hubert and Arabie 1985: 1 for the same parts, 0 for parts by chance."""
    table = np.zeros((one.max() + 1, two.max() + 1))
    np.add.at(table, (one, two), 1)

    def pairs(counts: np.ndarray) -> float:
        return float((counts * (counts - 1) / 2).sum())

    both, rows, columns = pairs(table), pairs(table.sum(1)), pairs(table.sum(0))
    chance = rows * columns / pairs(np.array([len(one)]))
    middle = (rows + columns) / 2
    return 1.0 if middle == chance else (both - chance) / (middle - chance)


def rule_of_the_paper(mat: MedialMesh) -> np.ndarray:
    """Places, and for sheets |normals|, under one radius: 1.2 edges, a normal counting 2 edges."""
    n, centers = len(mat.radii), mat.centers.astype(np.float64)
    edges, corners = mat.all_edges, centers[mat.faces]
    spacing = np.median(np.linalg.norm(centers[edges[:, 0]] - centers[edges[:, 1]], axis=1))
    area = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros((n, 3))
    for corner in range(3):
        np.add.at(normals, mat.faces[:, corner], np.abs(area))
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    apart = np.linalg.norm(centers[:, None] - centers, axis=2) / spacing
    turned = 2 * np.linalg.norm(normals[:, None] - normals, axis=2)
    sheet = np.bincount(mat.faces.ravel(), minlength=n) > 0
    near = np.where(sheet, np.hypot(apart, turned), apart) <= 1.2
    return dbscan(near & (sheet[:, None] == sheet), 2) + 1


def test_parts_are_found():
    found = [segment_spheres(shape.mat).parts for shape in SHAPES]
    known = [known_parts(shape) for shape in SHAPES]
    index = [adjusted_rand_index(a, b) for a, b in zip(known, found, strict=True)]

    assert np.median(index[:12]) > 0.9  # chairs
    assert np.median(index[12:]) > 0.97  # tables
    assert min(index) > 0.75
    paper = [
        adjusted_rand_index(a, rule_of_the_paper(shape.mat))
        for a, shape in zip(known, SHAPES, strict=True)
    ]
    assert np.median(index) > np.median(paper) + 0.03


def test_parts_are_found_under_noise():
    """Spheres moved by a third of their spacing, more than the networks miss by."""
    rng = np.random.default_rng(0)
    index = []
    for shape in SHAPES:
        mat = shape.mat
        centers = mat.centers + rng.normal(0, 0.008, mat.centers.shape)
        moved = MedialMesh(centers, mat.radii, mat.edges, mat.faces)
        index.append(adjusted_rand_index(known_parts(shape), segment_spheres(moved).parts))

    assert np.median(index) > 0.9
