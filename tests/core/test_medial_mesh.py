"""The medial mesh: checked, normalised, read-only."""

import dataclasses

import numpy as np
import pytest

from immat_core.medial_mesh import MedialMesh

CENTERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float64)
RADII = [0.1, 0.2, 0.3, 0.4]


def test_arrays_are_copied_typed_and_read_only():
    centers = CENTERS.copy()
    mat = MedialMesh(centers, RADII, [[0, 1]], [[0, 1, 2]])
    centers[:] = 9
    np.testing.assert_array_equal(mat.centers, CENTERS)
    kinds = [mat.centers.dtype, mat.radii.dtype, mat.edges.dtype, mat.faces.dtype]
    assert kinds == [np.float32, np.float32, np.int32, np.int32]
    for name in ("centers", "radii", "edges", "faces"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(mat, name)[0] = 0
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(mat, name, None)


def test_edges_and_faces_are_ascending_sorted_and_unique():
    mat = MedialMesh(CENTERS, RADII, [[3, 0], [1, 0], [0, 3]], [[2, 1, 3], [3, 2, 1], [2, 0, 1]])
    assert mat.edges.tolist() == [[0, 1], [0, 3]]
    assert mat.faces.tolist() == [[0, 1, 2], [1, 2, 3]]


def test_all_edges_are_the_edges_and_the_sides_of_faces():
    mat = MedialMesh(CENTERS, RADII, [[0, 3], [0, 1]], [[0, 1, 2]])
    assert mat.all_edges.tolist() == [[0, 1], [0, 2], [0, 3], [1, 2]]


def test_spheres_and_bounds():
    mat = MedialMesh(CENTERS, RADII)
    np.testing.assert_array_equal(mat.spheres, np.column_stack([CENTERS, RADII]).astype(np.float32))
    np.testing.assert_allclose(mat.bounds, [[-0.4, -0.4, -0.3], [1.2, 1.3, 1.4]], atol=1e-6)


def test_nothing_is_a_medial_mesh_with_no_bounds():
    mat = MedialMesh(np.empty((0, 3)), [])
    assert mat.all_edges.shape == (0, 2)
    assert mat.faces.shape == (0, 3)
    with pytest.raises(ValueError, match="no bounds"):
        _ = mat.bounds


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"radii": RADII[:3]}, "4 centres but 3 radii"),
        ({"radii": [0.1, 0, 0.3, 0.4]}, "radius of sphere 1 is not above 0"),
        ({"radii": [0.1, 0.2, -1, 0.4]}, "radius of sphere 2 is not above 0"),
        ({"radii": [0.1, np.nan, 0.3, 0.4]}, "not finite"),
        ({"centers": CENTERS + np.inf}, "not finite"),
        ({"edges": [[0, 1], [0, 4]]}, r"edge 1 names a sphere outside 0\.\.3"),
        ({"edges": [[-1, 1]]}, "edge 0 names a sphere outside"),
        ({"edges": [[2, 2]]}, "edge 0 names a sphere twice"),
        ({"edges": [[0.0, 1.0]]}, "edge indices must be integers"),
        ({"faces": [[0, 1, 1]]}, "face 0 names a sphere twice"),
        ({"faces": [[0, 1, 7]]}, "face 0 names a sphere outside"),
    ],
)
def test_what_is_wrong_is_said(changes, what):
    with pytest.raises(ValueError, match=what):
        MedialMesh(**({"centers": CENTERS, "radii": RADII} | changes))
