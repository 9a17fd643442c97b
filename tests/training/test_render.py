"""Renders: framed by the camera to the pixel, and lit."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from immat_core.camera import MARGIN, Camera, frame_camera
from immat_core.image import crop, picture_from_array
from immat_core.medial_mesh import MedialMesh
from training.render import Light, render
from training.shapes import CATEGORIES, ParametricShape, generate

SIZE = 96
TEST_SEED = 1_000_000


def box_of(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Left, top, right, bottom edges in pixels."""
    columns, rows = np.flatnonzero(mask.any(0)), np.flatnonzero(mask.any(1))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], np.float64)


@pytest.mark.parametrize("category", CATEGORIES)
def test_render_stands_where_the_camera_says(category: str) -> None:
    shape = generate(category, TEST_SEED)
    for azimuth, elevation, roll in ((0.0, 0.0, 0.0), (2.0, 0.6, 0.0), (4.0, 0.2, 0.3)):
        camera = frame_camera(shape.vertices, azimuth, elevation, 1.8, roll=roll)
        image = render(shape, camera, size=SIZE)
        uv, _ = camera.project(shape.vertices)
        expected = (np.r_[uv.min(0), uv.max(0)] + 1) * SIZE / 2
        np.testing.assert_allclose(box_of(image[..., 3] > 0), expected, atol=1.5)


def test_silhouette_holds_the_projected_surface() -> None:
    shape = generate("chair", TEST_SEED + 1)
    camera = frame_camera(shape.vertices, 0.7, 0.4, 2.0)
    covered = render(shape, camera, size=SIZE)[..., 3] > 0
    middles = shape.vertices[shape.triangles].mean(1)
    pixels = ((camera.project(middles)[0] + 1) * SIZE / 2).astype(int)
    # a thin part may slip between samples, a misplaced picture would lose far more
    assert covered[pixels[:, 1], pixels[:, 0]].mean() > 0.98


def test_framing_is_that_of_a_crop() -> None:
    shape = generate("table", TEST_SEED)
    image = render(shape, frame_camera(shape.vertices, 0.5, 0.3, 2.0), size=SIZE)
    again = crop(picture_from_array(image), SIZE)
    assert np.abs(again.image[3] - image[..., 3] / 255).mean() < 0.02
    left, top, side = again.box
    np.testing.assert_allclose([left, top, side - SIZE], 0, atol=1.5)
    assert box_of(image[..., 3] > 0)[0] == pytest.approx(MARGIN * SIZE, abs=1)


def single_triangle(color: float) -> ParametricShape:
    vertices = np.array([[-0.3, 0, -0.3], [0.3, 0, -0.3], [0, 0, 0.4]], np.float32)
    return ParametricShape(
        category="table",
        vertices=vertices,
        normals=np.tile(np.array([0, -1, 0], np.float32), (3, 1)),
        triangles=np.array([[0, 1, 2]], np.int32),
        colors=np.full((1, 3), color, np.float32),
        mat=MedialMesh(vertices, np.full(3, 0.01, np.float32)),
        dense=vertices,
    )


def test_alpha_is_the_covered_share() -> None:
    image = render(single_triangle(0.5), Camera(0.0, 0.0, 2.0, 2.0), size=SIZE)
    covered = (image[..., 3] / 255).sum()
    half = SIZE / 2
    assert covered == pytest.approx(0.5 * 0.6 * 0.7 * half * half, rel=0.01)
    assert set(np.unique(image[..., 3])) > {0, 255}
    assert not image[image[..., 3] == 0].any()
    # straight alpha: the border has the color of the inside, not one darkened by transparency
    solid, border = image[image[..., 3] == 255], image[(image[..., 3] > 0) & (image[..., 3] < 255)]
    assert np.ptp(np.concatenate([solid, border])[:, 0]) <= 2


def test_nearer_surfaces_hide_farther_ones() -> None:
    front, rear = single_triangle(1.0), single_triangle(0.0)
    both = ParametricShape(
        category="table",
        vertices=np.concatenate(
            [front.vertices, rear.vertices + np.array([0, 0.2, 0], np.float32)]
        ),
        normals=np.concatenate([front.normals, rear.normals]),
        triangles=np.arange(6, dtype=np.int32).reshape(2, 3),
        colors=np.concatenate([front.colors, rear.colors]),
        mat=front.mat,
        dense=front.dense,
    )
    light = Light(specular=0.0)
    ahead = render(both, Camera(0.0, 0.0, 2.0, 2.0), light, SIZE)
    behind = render(both, Camera(np.pi, 0.0, 2.0, 2.0), light, SIZE)
    assert ahead[SIZE // 2, SIZE // 2, 0] > 150
    assert behind[SIZE // 2, SIZE // 2, 0] == 0


def test_light_comes_from_where_it_is_set() -> None:
    shape = generate("lamp", TEST_SEED)
    camera = frame_camera(shape.vertices, 0.0, 0.1, 2.0)
    right = render(shape, camera, Light(azimuth=1.4, fill=0.0), SIZE).astype(float)
    left = render(shape, camera, Light(azimuth=-1.4, fill=0.0), SIZE).astype(float)
    brighter = (right - left)[..., :3].sum(2)
    assert brighter[:, SIZE // 2 :].sum() > 0 > brighter[:, : SIZE // 2].sum()
