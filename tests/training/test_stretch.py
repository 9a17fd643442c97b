"""Stretched pictures: what the renderer would have drawn of the scaled shape, spheres included."""

from __future__ import annotations

from dataclasses import astuple, replace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from immat_core.camera import Camera, frame_camera
from training.cameras import still_alike
from training.data import ShapeFolder, load_batch, training_batch
from training.pictures import draw_scene, make_model
from training.pictures.view import Renderer
from training.shapes import generate
from training.stretch import Stretch, warp

SIZE = 256


def drawn(vertices: NDArray[Any], faces: NDArray[Any], camera: Camera) -> NDArray[np.uint8]:
    """(SIZE, SIZE, 4) uint8, a cut-out picture."""
    model = make_model(vertices, faces)
    scene = draw_scene(model, np.random.default_rng(0), photo=False)
    return Renderer(model).render(replace(scene, camera=camera), SIZE).rgba


@pytest.mark.parametrize(("distance", "least"), [(20.0, 0.94), (2.5, 0.84), (1.3, 0.74)])
@pytest.mark.parametrize("turn", [(0.5, 0.3, 0.0), (-2.4, 0.8, 0.1), (1.5, -0.1, -0.05)])
def test_a_warped_picture_is_that_of_the_scaled_shape(
    distance: float, least: float, turn: tuple[float, float, float]
) -> None:
    chair = generate("chair", 3)
    vertices = chair.vertices.astype(np.float64)
    scale = np.array([1.2, 0.9, 0.85])
    camera = frame_camera(vertices, turn[0], turn[1], distance, roll=turn[2])
    plain = drawn(vertices, chair.triangles, camera)[..., 3] / 255
    row, theta = warp(np.array(astuple(camera)), scale, plain)
    grid = torch.nn.functional.affine_grid(
        torch.from_numpy(theta)[None], [1, 1, SIZE, SIZE], align_corners=False
    )
    warped = torch.nn.functional.grid_sample(
        torch.from_numpy(plain)[None, None], grid, align_corners=False
    )[0, 0].numpy()
    true = drawn(vertices * scale, chair.triangles, Camera(*row))[..., 3] / 255
    overlap = np.minimum(warped, true).sum() / np.maximum(warped, true).sum()
    unchanged = np.minimum(plain, true).sum() / np.maximum(plain, true).sum()
    assert overlap > least
    assert overlap > unchanged
    framed = frame_camera(vertices * scale, row[0], row[1], distance, roll=turn[2])
    assert row[3] == pytest.approx(framed.focal, rel=0.04)


def plate() -> ShapeFolder:
    """One shape: a thin square plate on its side, its spheres on the middle sheet."""
    rng = np.random.default_rng(0)
    flat = rng.uniform(-0.33, 0.33, (4000, 2))
    side = np.where(rng.random(4000) < 0.5, 1.0, -1.0)
    surface = np.stack([flat[:, 0], 0.02 * side, flat[:, 1], 0 * side, side, 0 * side], 1)
    spheres = np.column_stack([flat[:64, 0], np.zeros(64), flat[:64, 1], np.full(64, 0.02)])
    camera = frame_camera(surface[:, :3], 0.4, 0.3, 2.0)
    image = np.zeros((32, 32, 4), np.uint8)
    image[8:24, 4:28] = 255
    return ShapeFolder(
        image[None, None],
        np.zeros((1, 1), bool),
        np.array(astuple(camera), np.float32)[None, None],
        spheres.astype(np.float32)[None],
        spheres[None, :, :3].astype(np.float32),
        surface.astype(np.float32)[None],
        np.empty((1, 0, 2), np.int16),
        np.empty((1, 0, 3), np.int16),
        np.zeros(1, np.int64),
        ("plate",),
    )


def test_radii_grow_across_a_sheet_and_not_along_it() -> None:
    folder = plate()
    plain = load_batch(folder, np.zeros(40, np.int64), np.zeros(40, np.int64))
    found = Stretch(folder, 0.3)(plain, np.random.default_rng(0))
    scales = found.scales[:, None]
    torch.testing.assert_close(found.spheres[..., :3], plain.spheres[..., :3] * scales)
    torch.testing.assert_close(found.dense, plain.dense * scales)
    torch.testing.assert_close(found.spheres[..., 3] / 0.02, scales[..., 1].expand(-1, 64))
    again = Stretch(folder, 0.0).scaled(plain, found.scales)
    assert all(torch.equal(a, b) for a, b in zip(found, again, strict=True))
    sides = np.ptp(folder.surface[0, :, :3], axis=0)
    diagonals = np.linalg.norm(found.scales.numpy() * sides, axis=1)
    np.testing.assert_allclose(diagonals, np.linalg.norm(sides), rtol=1e-5)


def test_a_share_is_stretched_and_a_batch_stays_a_function_of_its_step() -> None:
    folder = plate()
    one, same = (training_batch(folder, 60, 1, 2, change=Stretch(folder, 0.3, 0.5)) for _ in "ab")
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    changed = (one.scales != 1).any(1).float().mean()
    assert 0.3 < changed < 0.7
    assert torch.all(one.images[:, :3] <= one.images[:, 3:])
    none = training_batch(folder, 60, 1, 2, change=Stretch(folder, 0.0))
    assert torch.all(none.scales == 1)


def test_a_round_shape_that_was_stretched_has_a_front() -> None:
    plain = load_batch(plate(), np.zeros(3, np.int64), np.zeros(3, np.int64))
    scales = torch.tensor([[1.0, 1.0, 1.2], [1.05, 1.0, 1.0], [1.3, 0.8, 1.0]])
    kept = still_alike(plain._replace(scales=scales), 36)
    assert torch.all(kept[:, [0, 18]] > 0.999)
    assert torch.all(kept[0] > 0.999)
    assert 0 < kept[1, 9] < 0.9
    assert kept[2, 9] < 0.01
