"""Pictures: where the camera says, lit as the room is, the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from training.pictures import Model, draw_scene, make_model
from training.pictures.mask_errors import spoil_mask
from training.pictures.model import corner_normals
from training.pictures.view import Renderer
from training.shapes import CATEGORIES, generate

SIZE = 128


def model_of(category: str) -> Model:
    shape = generate(category, 3)
    _, groups = np.unique(shape.colors, axis=0, return_inverse=True)
    return make_model(shape.vertices, shape.triangles, shape.colors, groups.ravel())


def box(size: tuple[float, float, float]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Corners and outward triangles of a box about the origin."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)]) - 0.5
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = [f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))]
    return corners * np.array(size), np.array(faces)


def silhouette(model: Model, camera, size: int) -> NDArray[np.bool_]:
    """Which samples lie in a projected triangle, by another way than the renderer's."""
    uv, _ = camera.project(model.points)
    corners = ((uv + 1) * size / 2).reshape(-1, 3, 2).astype(np.float64)
    y, x = np.mgrid[:size, :size] + 0.5
    inside = np.zeros((size, size), bool)
    for a, b, c in corners:
        signs = [
            (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])
            for p, q in ((a, b), (b, c), (c, a))
        ]
        inside |= (np.min(signs, 0) >= 0) | (np.max(signs, 0) <= 0)
    return inside


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("photo", [False, True])
def test_camera_reprojects_the_mesh_onto_the_mask(category: str, photo: bool) -> None:
    model = model_of(category)
    scene = draw_scene(model, np.random.default_rng(5), photo=photo)
    covered = Renderer(model).render(scene, SIZE).coverage / 255
    samples = silhouette(model, scene.camera, 2 * SIZE)
    expected = samples.reshape(SIZE, 2, SIZE, 2).mean((1, 3))
    assert np.minimum(covered, expected).sum() / np.maximum(covered, expected).sum() > 0.99


def test_same_seed_same_picture_and_another_seed_another() -> None:
    model = model_of("lamp")
    renderer = Renderer(model)
    pictures = [
        renderer.render(draw_scene(model, np.random.default_rng(seed), photo=True), 64).rgba
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).mean() > 0.5


def test_a_cut_out_object_is_black_outside_and_a_photo_is_not() -> None:
    model = model_of("chair")
    rng = np.random.default_rng(0)
    cut = Renderer(model).render(draw_scene(model, rng, photo=False), SIZE)
    photo = Renderer(model).render(draw_scene(model, rng, photo=True), SIZE)
    assert not cut.image[cut.coverage == 0].any()
    assert (photo.image[photo.coverage == 0].max(1) > 20).mean() > 0.8


def test_normals_are_smooth_on_a_tube_and_sharp_on_a_box() -> None:
    vertices, faces = box((0.4, 0.6, 0.5))
    normals = corner_normals(vertices[faces].astype(np.float32))
    np.testing.assert_allclose(np.abs(normals).max(2), 1, atol=1e-6)
    turn = np.linspace(0, 2 * np.pi, 25)[:-1]
    ring = np.stack([np.cos(turn), np.sin(turn), np.zeros(24)], 1)
    tube = np.concatenate([ring, ring + np.array([0, 0, 2])])
    i = np.arange(24)
    j = (i + 1) % 24
    walls = np.concatenate([np.stack([i, j, j + 24], 1), np.stack([i, j + 24, i + 24], 1)])
    normals = corner_normals(tube[walls].astype(np.float32))
    radial = tube[walls] * [1, 1, 0]
    assert ((normals * radial).sum(2) > np.cos(np.radians(3))).all()


def test_normals_do_not_mind_how_faces_are_wound() -> None:
    vertices, faces = box((1, 1, 1))
    flipped = faces.copy()
    flipped[::2] = flipped[::2, ::-1]
    one = corner_normals(vertices[faces].astype(np.float32))
    two = corner_normals(vertices[flipped].astype(np.float32))
    two[::2] = two[::2, ::-1]
    np.testing.assert_allclose(np.abs((one * two).sum(2)), 1, atol=1e-5)


def test_texture_is_seen_where_its_coordinates_say() -> None:
    """A plate whose left half is red and right half blue, seen from the front."""
    vertices = np.array([[-0.5, 0, -0.5], [0.5, 0, -0.5], [0.5, 0, 0.5], [-0.5, 0, 0.5]]) * 0.7
    faces = np.array([[0, 1, 2], [0, 2, 3]])
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])[faces]
    texture = np.zeros((2, 2, 3), np.uint8)
    texture[:, 0, 0] = texture[:, 1, 2] = 255
    model = make_model(vertices, faces, uv=uv, textures=[texture], texture_of_group=[0])
    for seed in range(40):
        scene = draw_scene(model, np.random.default_rng(seed), photo=False)
        repainted = scene.materials.repainted[0]
        front = np.cos(scene.camera.azimuth) > 0.5
        if front and not repainted:
            break
    image = Renderer(model).render(scene, SIZE).image
    left, right = image[64, 40].astype(int), image[64, 88].astype(int)
    assert left[0] > left[2] + 30
    assert right[2] > right[0] + 30


def test_a_table_shades_the_floor_below_it() -> None:
    vertices, faces = box((0.6, 0.6, 0.04))
    legs = [
        (box((0.04, 0.04, 0.4))[0] + [x, y, -0.2], faces + 8 * (i + 1))
        for i, (x, y) in enumerate([(-0.27, -0.27), (0.27, -0.27), (-0.27, 0.27), (0.27, 0.27)])
    ]
    points = np.concatenate([vertices, *(v for v, _ in legs)])
    points -= (points.min(0) + points.max(0)) / 2
    model = make_model(points, np.concatenate([faces, *(f for _, f in legs)]))
    renderer = Renderer(model)
    found = []
    for seed in range(30):
        scene = draw_scene(model, np.random.default_rng(seed), photo=True)
        assert scene.room is not None
        if scene.camera.elevation < 0.35 or scene.room.floor.kind != 0:
            continue
        picture = renderer.render(scene, SIZE)
        feet = np.array([[0.0, 0, points[:, 2].min()], [0.75, 0, points[:, 2].min()]])
        pixels = ((scene.camera.project(feet)[0] + 1) * SIZE / 2).astype(int)
        (u, v), (far_u, far_v) = pixels
        if not (0 <= far_u < SIZE and 0 <= far_v < SIZE) or picture.coverage[v, u]:
            continue
        found.append(int(picture.image[v, u].sum()) < int(picture.image[far_v, far_u].sum()))
    assert len(found) < 3 or np.mean(found) > 0.6


def test_spoiled_masks_stay_near_the_true_one() -> None:
    model = model_of("chair")
    coverage = (
        Renderer(model)
        .render(draw_scene(model, np.random.default_rng(4), photo=True), SIZE)
        .coverage
    )
    overlaps = []
    for seed in range(60):
        spoiled = spoil_mask(coverage, np.random.default_rng(seed))
        assert spoiled.dtype == np.uint8
        assert spoiled.shape == coverage.shape
        one, two = coverage > 127, spoiled > 127
        overlaps.append((one & two).sum() / (one | two).sum())
    assert min(overlaps) > 0.3
    assert 0.7 < np.mean(overlaps) < 0.97
    assert 0.2 < np.mean(np.array(overlaps) == 1) < 0.7
