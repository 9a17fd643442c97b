"""Topology prediction: edges and faces from two groups around each sphere (section 3.2, Fig. 15).

Each neighbor has outputs of its own from its own features, where the paper's network answers for
all K at once in their order by distance; on equal data the former finds more of the faces.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from immat_core.networks.config import NetworkConfig

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


class TopologyNetwork(nn.Module):
    """Edge logits to the K nearest spheres, face logits to their pairs.

    There is no batch axis: several shapes are concatenated, their indices offset. K may differ
    from call to call. A group may be filled up with the sphere itself or with a neighbor again.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        del config  # no weight's shape depends on the sizes of the groups
        self.sparse = PointGroup(10, 64, 128)
        self.dense = PointGroup(5, 64, 128)
        self.group = nn.Linear(256, 128)
        self.edge_neighbor = nn.Linear(128, 128)
        self.edge_hidden = nn.Linear(128, 64)
        self.edge = nn.Linear(64, 1)
        self.face_neighbor = nn.Linear(128, 64, bias=False)
        self.face_group = nn.Linear(128, 64, bias=False)
        self.face_pair = nn.Linear(4, 64)
        self.face_hidden = nn.Linear(64, 64)
        self.face = nn.Linear(64, 1)

    def forward(
        self,
        spheres: Tensor,
        sparse: Tensor,
        dense_neighbors: Tensor,
        face_rows: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Logits of the candidates around each sphere.

        Parameters
        ----------
        spheres
            (N, 4) float32, centers and radii, N >= 1.
        sparse
            (N, K) int64, each sphere's nearest others, K >= 1.
        dense_neighbors
            (N, D, 3) float32, positions of the dense centers nearest to each sphere, D >= 1.
        face_rows
            (R,) int64, the spheres whose faces are wanted, as in training; all of them if None.

        Returns
        -------
        tuple
            (N, K) edge logits, and (N or R, K, K) face logits, symmetric in the last two axes.
            ``NEVER`` where a sphere would be named twice.
        """
        others = spheres[sparse]
        relative = others[:, :, :3] - spheres[:, None, :3]
        distance = length(relative)
        mean = distance.mean(1, keepdim=True)
        each, pooled = self.sparse(pair_features(spheres, others, relative, distance, mean))
        around = dense_neighbors - spheres[:, None, :3]
        _, pooled_dense = self.dense(dense_features(around, mean))
        group = functional.relu(self.group(torch.cat([pooled, pooled_dense], 1)))
        edges = self._edges(each, group)
        owner = torch.arange(spheres.shape[0], device=sparse.device)[:, None]
        itself = sparse == owner
        twice = sparse[:, :, None] == sparse[:, None, :]
        never = twice | itself[:, :, None] | itself[:, None, :]
        chosen: tuple[Tensor, ...] = (each, group, others, relative, mean)
        if face_rows is not None:
            chosen, never = tuple(x[face_rows] for x in chosen), never[face_rows]
        faces = self._faces(*chosen)
        return edges.masked_fill(itself, NEVER), faces.masked_fill(never, NEVER)

    def _edges(self, each: Tensor, group: Tensor) -> Tensor:
        x = functional.relu(self.edge_neighbor(each) + group[:, None, :])
        logits: Tensor = self.edge(functional.relu(self.edge_hidden(x)))
        return logits.squeeze(2).float()

    def _faces(
        self, each: Tensor, group: Tensor, others: Tensor, relative: Tensor, mean: Tensor
    ) -> Tensor:
        own = self.face_neighbor(each) + 0.5 * self.face_group(group)[:, None, :]
        side = length(relative[:, :, None] - relative[:, None, :])
        radii = others[:, :, 3:]
        gap = side - radii[:, :, None] - radii[:, None, :]
        unit = relative / torch.clamp(mean, min=1e-3 * SPACING)
        cosine = (unit[:, :, None] * unit[:, None, :]).sum(-1, keepdim=True)
        pair = torch.cat(
            [
                side / SPACING,
                ratio(side, mean[:, None]),
                gap / SPACING,
                torch.clamp(cosine, -LARGEST_RATIO, LARGEST_RATIO),
            ],
            3,
        )
        x = functional.relu(own[:, :, None] + own[:, None, :] + self.face_pair(pair))
        logits: Tensor = self.face(functional.relu(self.face_hidden(x))).squeeze(3).float()
        # The sums above commute, but a matrix product may round two equal rows differently.
        return 0.5 * (logits + logits.transpose(1, 2))


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
