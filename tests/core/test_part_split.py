"""Parts as medial meshes of their own: nothing is lost between them."""

from __future__ import annotations

import numpy as np
import pytest
import shapes

from immat_core.envelope import medial_distance
from immat_core.medial_mesh import MedialMesh
from immat_core.part_split import split_parts
from immat_core.segmentation import segment_spheres


@pytest.mark.parametrize("seed", range(6))
def test_the_union_of_the_parts_is_the_whole(seed):
    mat = shapes.random_mat(seed) if seed else shapes.stool()
    rng = np.random.default_rng(seed)
    parts = rng.integers(1, 5, len(mat.radii)) if seed else segment_spheres(mat).parts
    points = rng.uniform(-0.6, 0.6, (2000, 3))

    pieces = split_parts(mat, parts)

    assert [piece.part for piece in pieces] == sorted(set(parts.tolist()))
    nearest = np.min([medial_distance(points, piece.mat) for piece in pieces], axis=0)
    np.testing.assert_allclose(nearest, medial_distance(points, mat), atol=1e-12)
    for piece in pieces:
        assert set(np.flatnonzero(parts == piece.part)) <= set(piece.spheres.tolist())
        np.testing.assert_array_equal(piece.mat.radii, mat.radii[piece.spheres])


def test_the_end_of_a_leg_goes_with_the_leg():
    mat = shapes.stool()
    parts = segment_spheres(mat).parts
    pieces = {piece.part: piece for piece in split_parts(mat, parts)}

    seat, leg = pieces[0], pieces[int(parts[26])]
    np.testing.assert_array_equal(seat.spheres, np.arange(25))
    assert len(seat.mat.faces) == len(mat.faces)
    assert 0 in leg.spheres  # the corner of the seat that the first leg hangs on
    assert len(leg.mat.edges) >= 6


def test_every_sphere_needs_a_part():
    with pytest.raises(ValueError, match="2 parts for 1 sphere"):
        split_parts(MedialMesh([[0, 0, 0]], [1]), [0, 1])
    assert split_parts(MedialMesh(np.empty((0, 3)), []), []) == []
