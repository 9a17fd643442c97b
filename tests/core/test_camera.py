"""Cameras: where axes fall, what is framed."""

import numpy as np
import pytest

from immat_core.camera import MARGIN, Camera, frame_camera

ANGLES = [(0, 0), (0.7, 0.3), (np.pi / 2, 0), (-2.5, -0.6), (np.pi, 1.2)]


def test_front_view_has_x_to_the_right_and_z_up():
    uv, depth = Camera(0, 0, distance=2, focal=3).project(
        np.array([[0, 0, 0], [0.5, 0, 0], [0, 0, 0.5], [0, -1, 0]])
    )
    np.testing.assert_allclose(uv, [[0, 0], [0.75, 0], [0, -0.75], [0, 0]], atol=1e-6)
    np.testing.assert_allclose(depth, [2, 2, 2, 1], atol=1e-6)


def test_azimuth_a_quarter_stands_on_plus_x_and_elevation_above():
    np.testing.assert_allclose(Camera(np.pi / 2, 0, 2).position, [2, 0, 0], atol=1e-12)
    np.testing.assert_allclose(Camera(0, np.pi / 2 - 1e-9, 2).position, [0, 0, 2], atol=1e-8)


@pytest.mark.parametrize(("azimuth", "elevation"), ANGLES)
def test_axes_are_a_right_handed_rotation_and_look_at_the_origin(azimuth, elevation):
    camera = Camera(azimuth, elevation, 3, 2, 0.2, -0.1, roll=0.4)
    axes = camera.axes
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(axes) == pytest.approx(1)
    uv, depth = camera.project(np.zeros((1, 3)))
    np.testing.assert_allclose(uv[0], [0.2, -0.1], atol=1e-6)
    assert depth[0] == pytest.approx(3)


def test_roll_turns_the_camera_clockwise_so_the_picture_counter_clockwise():
    up = np.array([[0, 0, 0.5]])
    uv, _ = Camera(0, 0, 2, 2, roll=0.1).project(up)
    assert uv[0, 0] < 0
    assert uv[0, 1] < 0


def test_depth_stays_positive_behind_the_camera():
    _, depth = Camera(0, 0, 1).project(np.array([[0, -5, 0]]))
    assert depth[0] == pytest.approx(1e-3)


@pytest.mark.parametrize(("azimuth", "elevation"), ANGLES)
def test_framing_leaves_the_margin_along_the_longer_side_and_centers(azimuth, elevation):
    points = np.random.default_rng(0).normal(size=(500, 3)) * [0.2, 0.1, 0.15]
    uv, _ = frame_camera(points, azimuth, elevation, roll=0.2).project(points)
    low, high = uv.min(0), uv.max(0)
    assert (high - low).max() == pytest.approx(2 * (1 - 2 * MARGIN), rel=1e-5)
    np.testing.assert_allclose(low + high, 0, atol=1e-5)


def test_framing_counts_the_radii():
    camera = frame_camera(np.zeros((1, 3)), 0, 0, distance=2, radii=np.array([0.5]))
    assert camera.focal * 0.5 / 2 == pytest.approx(1 - 2 * MARGIN)
