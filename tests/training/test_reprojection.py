"""Spheres against the silhouette of the picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from immat_core.camera import Camera
from training.cameras import framed_cameras, framed_uv, project
from training.config import SphereLoss
from training.reprojection import (
    SAMPLES,
    signed_distances,
    silhouette_losses,
    silhouette_points,
)

SIZE = 64
BOTH = SphereLoss(inside=1.0, cover=1.0)
CAMERA = torch.tensor([[0.4, 0.3, 2.0, 2.0, 0.1, -0.05, 0.2]])


def disc(radius: float, u: float = 0.0, v: float = 0.0) -> np.ndarray:
    """(1, SIZE, SIZE) bool, a disc in half picture widths."""
    middles = (np.arange(SIZE) + 0.5) * (2 / SIZE) - 1
    return (np.hypot(middles - u, middles[:, None] - v) <= radius)[None]


def loss(spheres: torch.Tensor, mask: np.ndarray, weights: SphereLoss = BOTH) -> dict[str, float]:
    found = silhouette_losses(spheres, CAMERA, torch.from_numpy(mask).float(), weights)
    return {name: float(term) for name, term in found.items()}


def seen_ball(radius: float) -> tuple[torch.Tensor, np.ndarray]:
    """A ball in the middle of the scene, and the mask that it makes."""
    uv, depth = project(torch.zeros(1, 1, 3), CAMERA)
    u, v = uv[0, 0].tolist()
    mask = disc(radius * float(CAMERA[0, 3] / depth), u, v)
    return torch.tensor([[[0.0, 0.0, 0.0, radius]]]), mask


def test_points_project_as_the_camera_projects_them() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-0.5, 0.5, (2, 50, 3)).astype(np.float32)
    rows = torch.cat([CAMERA, torch.tensor([[-2.0, -0.4, 1.5, 1.8, 0.0, 0.2, -0.1]])])
    uv, depth = project(torch.from_numpy(points), rows)
    for k, row in enumerate(rows.tolist()):
        expected, deep = Camera(*row).project(points[k])
        np.testing.assert_allclose(uv[k].numpy(), expected, atol=1e-5)
        np.testing.assert_allclose(depth[k].numpy(), deep, atol=1e-5)


def test_framed_cameras_are_those_that_frame_the_projections() -> None:
    rng = np.random.default_rng(1)
    spheres = rng.uniform(0.02, 0.5, (3, 40, 4)).astype(np.float32)
    directions = np.array([[0.3, 0.2, 2.0, 0.0], [3.0, -0.2, 1.6, 0.1], [-1.0, 0.9, 2.5, -0.1]])
    cameras = torch.from_numpy(framed_cameras(spheres, directions))
    uv = project(torch.from_numpy(spheres[..., :3]), cameras)[0]
    np.testing.assert_allclose(uv.numpy(), framed_uv(spheres, directions), atol=1e-5)


def test_a_signed_distance_is_zero_at_the_outline() -> None:
    field = signed_distances(disc(0.5))[0]
    middles = (np.arange(SIZE) + 0.5) * (2 / SIZE) - 1
    true = np.hypot(middles, middles[:, None]) - 0.5
    assert abs(field - true).max() < 2 / SIZE


def test_points_of_a_silhouette_are_all_over_it() -> None:
    places = silhouette_points(np.concatenate([disc(0.5, 0.2, -0.1), disc(0)]))
    assert places.shape == (2, SAMPLES, 2)
    np.testing.assert_allclose(places[0].mean(0), [0.2, -0.1], atol=0.02)
    assert np.hypot(*(places[0] - [0.2, -0.1]).T).max() < 0.5 + 1 / SIZE
    assert not places[1].any()


def test_a_ball_that_is_seen_as_the_mask_lies_inside() -> None:
    ball, mask = seen_ball(0.3)
    assert loss(ball, mask)["inside"] < 0.03
    larger, aside = ball.clone(), ball.clone()
    larger[..., 3] += 0.1
    aside[..., 2] += 0.1
    for wrong in (larger, aside):
        assert loss(wrong, mask)["inside"] == pytest.approx(0.1, abs=0.035)


def test_a_mask_is_covered_by_balls_all_over_it() -> None:
    ball, mask = seen_ball(0.3)
    places = torch.randn(1, 200, 3, generator=torch.Generator().manual_seed(0))
    inner = 0.3 * places / places.norm(dim=2, keepdim=True)
    many = torch.cat([inner, torch.full((1, 200, 1), 0.01)], 2)
    assert loss(many, mask)["cover"] < 0.3 * loss(ball, mask)["cover"]
    half = many[:, many[0, :, 0] > 0]
    assert loss(half, mask)["cover"] > 1.5 * loss(many, mask)["cover"]


def test_the_gradient_leads_into_the_mask() -> None:
    ball, mask = seen_ball(0.2)
    moved = ball.clone()
    moved[..., :3] += torch.tensor([0.08, -0.05, 0.1])
    moved.requires_grad_()
    alpha = torch.from_numpy(mask).float()
    for _ in range(60):
        terms = silhouette_losses(moved, CAMERA, alpha, BOTH)
        (slope,) = torch.autograd.grad(torch.stack(list(terms.values())).sum(), moved)
        moved = (moved - 0.01 * slope).detach().requires_grad_()
    uv, there = (project(b[..., :3], CAMERA)[0] for b in (moved, ball))
    assert (uv - there).norm() < 0.06


def test_without_weights_nothing_is_asked() -> None:
    ball, mask = seen_ball(0.2)
    assert loss(ball, mask, SphereLoss()) == {}
    assert loss(ball, mask, SphereLoss(cover=2.0)).keys() == {"cover"}
    empty = loss(ball, np.zeros_like(mask))
    assert all(np.isfinite(value) for value in empty.values())
