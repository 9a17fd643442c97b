"""The second opinion of ``immat_core.mirror`` for batches: what the stages after it learn from."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from immat_core.mirror import DRAWN, MOVES, SPHERE_WEIGHT
from immat_core.networks.image2sphere import Image2SphereOutput
from immat_core.pose_head import both_ways
from training.losses import nearest_indices


@torch.no_grad()
def look_both_ways(image2sphere: nn.Module, images: Tensor) -> Image2SphereOutput:
    """What the first network says of (B, 4, S, S) pictures, mirror images and moves heard too."""
    answers: list[tuple[Image2SphereOutput, Image2SphereOutput]] = []
    for by in MOVES:
        moved = move(images, *by)
        answers.append((image2sphere(moved), image2sphere(moved.flip(3))))
    seen, mirrored = answers[0]
    own, other = (
        seen._replace(
            centers=torch.stack([pair[k].centers for pair in answers]).mean(0),
            dense=torch.stack([pair[k].dense for pair in answers]).mean(0),
        )
        for k in range(2)
    )
    pairs = zip(seen.pose.cpu().numpy(), mirrored.pose.cpu().numpy(), strict=True)
    pose = torch.stack([torch.from_numpy(both_ways(*pair)) for pair in pairs])
    return seen._replace(
        centers=agreed_centers(own, other), pose=pose.to(seen.pose.device, seen.pose.dtype)
    )


def move(images: Tensor, across: int, down: int) -> Tensor:
    """Pictures (B, C, S, S), moved as ``immat_core.mirror.move`` does."""
    size = images.shape[-1]
    step = size // 32
    wide = functional.pad(images, (step, step, step, step))
    top, left = (1 - down) * step, (1 - across) * step
    return wide[..., top : top + size, left : left + size]


def agreed_centers(seen: Image2SphereOutput, mirrored: Image2SphereOutput) -> Tensor:
    """Centers (B, n, 3) as ``immat_core.mirror.agreed_centers`` gives them for one picture."""
    across = torch.tensor([-1.0, 1.0, 1.0], device=seen.centers.device)
    others = [across * mirrored.dense] + SPHERE_WEIGHT * [across * mirrored.centers]
    points, centers = torch.cat([seen.dense, *others], 1), seen.centers
    owner = nearest_indices(points, centers)
    total = torch.zeros_like(centers).scatter_add_(1, owner[..., None].expand_as(points), points)
    count = torch.zeros_like(centers[..., 0]).scatter_add_(
        1, owner, torch.ones_like(points[..., 0])
    )
    mean = torch.where(count[..., None] > 0, total / count.clamp(min=1)[..., None], centers)
    return centers + DRAWN * (mean - centers)
