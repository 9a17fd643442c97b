"""The second opinion of ``immat_core.mirror`` for batches: what the stages after it learn from."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from immat_core.mirror import DRAWN, SPHERE_WEIGHT
from immat_core.networks.image2sphere import Image2SphereOutput
from immat_core.pose_head import both_ways
from training.losses import nearest_indices


@torch.no_grad()
def look_both_ways(image2sphere: nn.Module, images: Tensor) -> Image2SphereOutput:
    """What the first network says of (B, 4, S, S) pictures, their mirror images heard as well."""
    seen: Image2SphereOutput = image2sphere(images)
    mirrored: Image2SphereOutput = image2sphere(images.flip(3))
    pairs = zip(seen.pose.cpu().numpy(), mirrored.pose.cpu().numpy(), strict=True)
    pose = torch.stack([torch.from_numpy(both_ways(*pair)) for pair in pairs])
    return seen._replace(
        centers=agreed_centers(seen, mirrored), pose=pose.to(seen.pose.device, seen.pose.dtype)
    )


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
