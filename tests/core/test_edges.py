"""The edges of a mesh: both ways agree, on meshes of every kind."""

from __future__ import annotations

import numpy as np
import pytest

from immat_core import MedialMesh, kernels
from immat_core.surface import build_surface
from immat_core.surface.edges import mesh_edges, sorted_mesh_edges

SOLID = build_surface(MedialMesh([[0, 0, 0], [1, 0, 0]], [0.3, 0.2], [[0, 1]], []), 1 / 20)
MESHES = {
    "closed quads": SOLID.faces,
    "closed triangles": SOLID.triangles,
    "open quads": np.array([[0, 1, 2, 3], [3, 2, 4, 5]]),
    "faces back to back": np.array([[0, 1, 2], [0, 2, 1]]),
    "three faces at an edge": np.array([[0, 1, 2], [0, 1, 3], [1, 0, 4]]),
    "wound against each other": np.array([[0, 1, 2], [0, 1, 3]]),
    "none": np.zeros((0, 3), int),
}


@pytest.fixture(params=["NumPy", "kernel"])
def find_edges(request):
    if request.param == "NumPy":
        return sorted_mesh_edges
    pytest.importorskip("numba")
    kernels.load()
    return mesh_edges


@pytest.mark.parametrize("name", MESHES)
def test_every_edge_is_there_once_and_every_corner_knows_its_own(find_edges, name):
    faces = np.ascontiguousarray(MESHES[name], np.int32)
    edges, corner_edges = find_edges(faces, int(faces.max(initial=-1)) + 1)
    sides = np.stack([faces.ravel(), np.roll(faces, -1, axis=1).ravel()], 1)
    sides.sort(axis=1)
    assert edges.dtype == corner_edges.dtype == np.int32
    assert edges.flags.c_contiguous
    np.testing.assert_array_equal(edges[corner_edges], sides)
    np.testing.assert_array_equal(np.unique(edges, axis=0), np.unique(sides, axis=0))
    assert len(edges) == len(np.unique(sides, axis=0))
