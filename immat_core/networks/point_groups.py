"""What topology prediction sees around a sphere: two groups of neighbors (section 3.2)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

SPACING = 0.05
"""Typical distance of neighboring spheres, in diagonals: the unit of distances and radii."""
LARGEST_RATIO = 8.0
"""Where the ratio of a distance to the local spacing is cut: two spheres may coincide."""
NEVER = -30.0
"""Logit of an edge or face that is none, since it names a sphere twice."""


def length(x: Tensor) -> Tensor:
    """Euclidean length over the last axis, which it keeps, with a gradient at zero."""
    return torch.sqrt((x * x).sum(-1, keepdim=True) + 1e-12)


def ratio(distance: Tensor, unit: Tensor) -> Tensor:
    """A distance in another unit, at most ``LARGEST_RATIO``."""
    return torch.clamp(distance / torch.clamp(unit, min=1e-3 * SPACING), max=LARGEST_RATIO)


class PointGroup(nn.Module):
    """PointNet on one group: a feature a point, and their maximum for the group."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.first = nn.Linear(inputs, hidden)
        self.second = nn.Linear(hidden, outputs)

    def forward(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """(N, K, inputs) -> (N, K, outputs), (N, outputs)."""
        each = functional.relu(self.second(functional.relu(self.first(points))))
        return each, torch.amax(each, 1)


def pair_features(
    spheres: Tensor, others: Tensor, relative: Tensor, distance: Tensor, mean: Tensor
) -> Tensor:
    """(N, K, 10): what is known of a sphere and one of its neighbors."""
    theirs = others[:, :, 3:]
    own = spheres[:, None, 3:].expand_as(theirs)
    return torch.cat(
        [
            torch.clamp(
                relative / torch.clamp(mean, min=1e-3 * SPACING), -LARGEST_RATIO, LARGEST_RATIO
            ),
            distance / SPACING,
            own / SPACING,
            theirs / SPACING,
            (theirs - own) / SPACING,
            (distance - own - theirs) / SPACING,
            ratio(distance, torch.amin(distance, 1, keepdim=True)),
            ratio(distance, mean),
        ],
        2,
    )


def dense_features(around: Tensor, mean: Tensor) -> Tensor:
    """(N, D, 5): where a dense center lies as seen from its sphere."""
    distance = length(around)
    scaled = around / torch.clamp(mean, min=1e-3 * SPACING)
    return torch.cat(
        [
            torch.clamp(scaled, -LARGEST_RATIO, LARGEST_RATIO),
            distance / SPACING,
            ratio(distance, mean),
        ],
        2,
    )
