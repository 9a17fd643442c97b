"""Shape and camera follow the picture's mask."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from test_mask_fit import chamfer, disturbed, mask, seen, table

from immat_core.mask_fit import compare_with_mask
from immat_core.medial_mesh import MedialMesh
from immat_core.size_and_place import box_of
from immat_core.viewpoint import CLOSE, DIAGONAL, follow_mask, place, place_in_depth


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
    # It only comes nearer to the size that all shapes have.
    scale = spheres[0, 3] / lump.radii[0]
    assert scale > 1.2
    np.testing.assert_allclose(
        np.ptp(spheres, axis=0), scale * np.ptp(lump.spheres, axis=0), atol=1e-6
    )


def test_size_and_place_come_nearer_to_those_of_all_shapes_and_the_picture_stays() -> None:
    true = table()
    camera = replace(seen(true), roll=0.1)
    off = 1.1 * true.centers + [0.02, -0.03, 0.04]
    start = MedialMesh(off.astype(np.float32), 1.1 * true.radii, true.edges, true.faces)
    spheres, after = place(start.spheres, camera)
    before, now = box_of(start.spheres), box_of(spheres)
    assert np.linalg.norm(now[0]) < 0.75 * np.linalg.norm(before[0])
    assert abs(now[1] - DIAGONAL) < 0.75 * abs(before[1] - DIAGONAL)
    uv, again = camera.project(start.centers)[0], after.project(spheres[:, :3])[0]
    assert np.abs(again - uv).max() < 0.01  # a third of a pixel of 64


def test_the_depth_in_a_known_camera_comes_nearer_to_that_of_all_shapes() -> None:
    true = table()
    camera = seen(true)
    start = MedialMesh(true.centers + 0.05 * camera.axes[2], true.radii, true.edges, true.faces)
    spheres = place_in_depth(start.spheres, camera)
    deep = [float(camera.axes[2] @ box_of(s)[0]) for s in (start.spheres, spheres)]
    assert abs(deep[1]) < 0.6 * abs(deep[0])
    uv, again = camera.project(start.centers)[0], camera.project(spheres[:, :3])[0]
    np.testing.assert_allclose(again, uv, atol=1e-5)


def test_nothing_moves_in_a_known_camera_unless_it_is_told_to() -> None:
    start = disturbed(table())
    camera = seen(table())
    spheres, after = follow_mask(start, camera, mask(table(), camera), known=True, draw=False)
    np.testing.assert_array_equal(spheres, start.spheres)
    assert after == camera
