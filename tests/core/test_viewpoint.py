"""Shape and camera follow the picture's mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from test_mask_fit import chamfer, disturbed, mask, seen, table

from immat_core.mask_fit import compare_with_mask
from immat_core.medial_mesh import MedialMesh
from immat_core.viewpoint import CLOSE, follow_mask


def test_in_a_known_camera_the_spheres_follow_the_outline_and_the_camera_stays() -> None:
    true = table()
    camera = seen(true)
    start, alpha = disturbed(true), mask(true, camera)
    spheres, after = follow_mask(start, camera, alpha, known=True, draw=True)
    assert after == camera
    moved = MedialMesh(spheres[:, :3], spheres[:, 3], start.edges, start.faces)
    found = compare_with_mask(moved, camera, alpha).iou_before
    assert found > 0.7 > compare_with_mask(start, camera, alpha).iou_before
    assert chamfer(spheres[:, :3], true.centers) < chamfer(start.centers, true.centers)


def test_a_camera_that_was_found_follows_with_the_spheres() -> None:
    true = table()
    alpha = mask(true, seen(true))
    camera = replace(seen(true), azimuth=0.55, elevation=0.32)
    start = MedialMesh(1.04 * true.centers, true.radii, true.edges, true.faces)
    spheres, after = follow_mask(start, camera, alpha, known=False, draw=True)
    moved = MedialMesh(spheres[:, :3], spheres[:, 3], start.edges, start.faces)
    assert abs(after.azimuth - 0.5) < 0.03
    before = compare_with_mask(start, camera, alpha).iou_before
    assert compare_with_mask(moved, after, alpha).iou_before > before


def test_what_hardly_covers_the_mask_is_not_bent_to_it() -> None:
    true = table()
    camera = seen(true)
    lump = MedialMesh([[0, 0, 0], [0, 0, 0.1]], [0.1, 0.1], [[0, 1]], np.zeros((0, 3)))
    alpha = mask(true, camera)
    spheres, after = follow_mask(lump, camera, alpha, known=False, draw=True)
    assert compare_with_mask(lump, after, alpha).iou_before < CLOSE
    np.testing.assert_array_equal(spheres, lump.spheres)


def test_nothing_moves_in_a_known_camera_unless_it_is_told_to() -> None:
    start = disturbed(table())
    camera = seen(table())
    spheres, after = follow_mask(start, camera, mask(table(), camera), known=True, draw=False)
    np.testing.assert_array_equal(spheres, start.spheres)
    assert after == camera
