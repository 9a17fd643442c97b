"""Topology prediction: edges and faces from two groups around each sphere (section 3.2, Fig. 15).

Each neighbor has outputs of its own from its own features, where the paper's network answers for
all K at once in their order by distance; on equal data the former finds more of the faces. Besides
the points of its groups the network is told what decides a triangulation: whether the ball over an
edge and the circle through a face's corners are empty of other neighbors, and how many dense
centers have the spheres as their two or three nearest (witnesses: de Silva and Carlsson,
"Topological estimation using witness complexes", 2004). Then the groups exchange a message, for a
face is wanted where its neighbors are.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from immat_core.networks.config import NetworkConfig
from immat_core.networks.point_groups import (
    LARGEST_RATIO,
    NEVER,
    SPACING,
    PointGroup,
    dense_features,
    length,
    pair_features,
    ratio,
)

SHARPNESS = (4.0, 25.0)
"""How fast a dense center stops being a witness, per squared local spacing."""
FAR = 1e6
"""Squared distance that stands for a neighbor that is none."""


class Evidence(NamedTuple):
    """What is measured around each sphere; no gradient goes through it.

    Attributes
    ----------
    edges
        (N, K, 5).
    faces
        (N, K, K, 9), symmetric in j and k.
    """

    edges: Tensor
    faces: Tensor


class TopologyNetwork(nn.Module):
    """Edge logits to the K nearest spheres, face logits to their pairs.

    There is no batch axis: several shapes are concatenated, their indices offset. K may differ
    from call to call. A group may be filled up with the sphere itself or with a neighbor again.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        del config  # no weight's shape depends on the sizes of the groups
        self.sparse = PointGroup(15, 64, 96)
        self.dense = PointGroup(5, 32, 64)
        self.group = nn.Linear(160, 96)
        self.message_sent = nn.Linear(96, 96, bias=False)
        self.message_pair = nn.Linear(96, 96)
        self.message_taken = nn.Linear(192, 96)
        self.edge_neighbor = nn.Linear(96, 96)
        self.edge_other = nn.Linear(96, 96, bias=False)
        self.edge_hidden = nn.Linear(96, 64)
        self.edge = nn.Linear(64, 1)
        self.face_neighbor = nn.Linear(96, 64, bias=False)
        self.face_other = nn.Linear(96, 64, bias=False)
        self.face_group = nn.Linear(96, 64, bias=False)
        self.face_pair = nn.Linear(9, 64)
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
            (R,) int64, the spheres whose faces are wanted; all of them if None. Training, where
            faces cost the most, asks for some.

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
        around = dense_neighbors - spheres[:, None, :3]
        owner = torch.arange(spheres.shape[0], device=sparse.device)[:, None]
        itself = sparse == owner
        twice = sparse[:, :, None] == sparse[:, None, :]
        with torch.no_grad():
            evidence = measure(others, relative, around, mean, itself, twice)
        known = pair_features(spheres, others, relative, distance, mean)
        each, pooled = self.sparse(torch.cat([known, evidence.edges], 2))
        _, pooled_dense = self.dense(dense_features(around, mean))
        group = functional.relu(self.group(torch.cat([pooled, pooled_dense], 1)))
        sent = _gathered(self.message_sent(group), sparse) + self.message_pair(each)
        heard = torch.amax(functional.relu(sent), 1)
        group = functional.relu(self.message_taken(torch.cat([group, heard], 1)))
        edges = self._edges(each, group, sparse).masked_fill(itself, NEVER)
        never = twice | itself[:, :, None] | itself[:, None, :]
        own = self.face_neighbor(each) + _gathered(self.face_other(group), sparse)
        own = own + 0.5 * self.face_group(group)[:, None, :]
        pair = evidence.faces
        if face_rows is not None:
            own, pair, never = own[face_rows], pair[face_rows], never[face_rows]
        return edges, self._faces(own, pair).masked_fill(never, NEVER)

    def _edges(self, each: Tensor, group: Tensor, sparse: Tensor) -> Tensor:
        x = self.edge_neighbor(each) + _gathered(self.edge_other(group), sparse)
        x = x + group[:, None, :]
        logits: Tensor = self.edge(functional.relu(self.edge_hidden(functional.relu(x))))
        return logits.squeeze(2).float()

    def _faces(self, own: Tensor, pair: Tensor) -> Tensor:
        x = functional.relu(own[:, :, None] + own[:, None, :] + self.face_pair(pair))
        logits: Tensor = self.face(functional.relu(self.face_hidden(x))).squeeze(3).float()
        # The sums above commute, but a matrix product may round two equal rows differently.
        return 0.5 * (logits + logits.transpose(1, 2))


def _gathered(values: Tensor, sparse: Tensor) -> Tensor:
    """(N, K, C) rows of (N, C); indexing would be exported as a gather along another axis."""
    return functional.embedding(sparse, values)


def measure(
    others: Tensor, relative: Tensor, around: Tensor, mean: Tensor, itself: Tensor, twice: Tensor
) -> Evidence:
    """The evidence for each candidate.

    Parameters
    ----------
    others, relative
        (N, K, 4) neighbors and (N, K, 3) their centers as seen from their sphere.
    around
        (N, D, 3) dense centers as seen from it.
    mean
        (N, 1, 1) mean distance of the neighbors, the unit.
    itself, twice
        (N, K) and (N, K, K) bool, which neighbors are the sphere itself, which are the same.
    """
    unit = torch.clamp(mean, min=1e-3 * SPACING)
    seen, dense = relative / unit, around / unit
    flat = seen @ _tangent(dense)
    edge_counts, face_counts = _witnesses(seen, dense, itself, twice)
    edges, faces = [edge_counts], [face_counts]
    for place in (seen, flat):
        edge, face = _emptiness(place, itself, twice)
        edges.append(edge)
        faces.append(face)
    side = length(relative[:, :, None] - relative[:, None, :])
    radii = others[:, :, 3:]
    gap = side - radii[:, :, None] - radii[:, None, :]
    cosine = (seen[:, :, None] * seen[:, None, :]).sum(-1, keepdim=True)
    faces += [ratio(side, mean[:, None]), gap / SPACING]
    faces += [torch.clamp(cosine, -LARGEST_RATIO, LARGEST_RATIO)]
    edges.append(torch.clamp(length(flat), max=LARGEST_RATIO))
    return Evidence(torch.cat(edges, 2), torch.cat(faces, 3))


def _tangent(dense: Tensor) -> Tensor:
    """(N, 3, 3) what is left of a vector along the dense centers: all on a sheet, none across.

    Their covariance over half its trace, which is the projection where they spread evenly in a
    plane; near ones count more.
    """
    weight = 1 / (1 + (dense * dense).sum(2, keepdim=True))
    weight = weight / weight.sum(1, keepdim=True)
    offset = dense - (weight * dense).sum(1, keepdim=True)
    spread = (weight * offset).transpose(1, 2) @ offset
    trace = (offset * offset * weight).sum((1, 2))[:, None, None]
    return 2 * spread / torch.clamp(trace, min=1e-9)


def _witnesses(seen: Tensor, dense: Tensor, itself: Tensor, twice: Tensor) -> tuple[Tensor, Tensor]:
    """(N, K, 2) and (N, K, K, 2): the logarithm of how many dense centers vouch for each."""
    to_own = (dense * dense).sum(2, keepdim=True)
    apart = to_own + (seen * seen).sum(2)[:, None, :] - 2 * dense @ seen.transpose(1, 2)
    again = torch.tril(twice.float(), -1).sum(2) > 0
    counted = apart + FAR * (itself | again)[:, None, :].float()
    nobody = torch.full_like(to_own, FAR)
    nearest = torch.topk(
        torch.cat([to_own, counted, nobody, nobody], 2), 3, dim=2, largest=False
    ).values
    farther = torch.maximum(to_own, apart)
    edges, faces = [], []
    for sharpness in SHARPNESS:
        two = torch.exp(-sharpness * functional.relu(farther - nearest[:, :, 1:2]))
        edges.append(torch.log(two.sum(1) + 1e-2)[..., None])
        three = torch.exp(-sharpness * functional.relu(farther - nearest[:, :, 2:3]))
        faces.append(torch.log(three.transpose(1, 2) @ three + 1e-2)[..., None])
    return torch.cat(edges, 2), torch.cat(faces, 3)


def _emptiness(place: Tensor, itself: Tensor, twice: Tensor) -> tuple[Tensor, Tensor]:
    """(N, K, 1) and (N, K, K, 2): how empty of other neighbors edges' and faces' balls are.

    The power of the deepest other neighbor over the squared longest side: above 0 the ball over
    an edge (Gabriel) or around a face's circle (Delaunay) is empty. And how slim a face is.
    """
    square = (place * place).sum(2)
    inner = place @ place.transpose(1, 2)
    others = twice | itself[:, None, :]
    power = (square[:, None, :] - inner).masked_fill(others, FAR)
    across = torch.clamp(square, min=1e-6)
    edge = torch.clamp(torch.amin(power, 2) / across, -1, 2)
    a, b = square[:, :, None], square[:, None, :]
    # The circumcenter as seen from the sphere is s p_j + t p_k.
    area = torch.clamp(a * b - inner * inner, min=1e-6)
    s, t = b * (a - inner) / (2 * area), a * (b - inner) / (2 * area)
    depth = s[..., None] * inner[:, :, None, :] + t[..., None] * inner[:, None, :, :]
    power = square[:, None, None, :] - 2 * depth
    power = power.masked_fill(others[:, :, None, :] | others[:, None, :, :], FAR)
    longest = torch.maximum(torch.maximum(a, b), a + b - 2 * inner)
    longest = torch.clamp(longest, min=1e-6)
    deepest = torch.clamp(torch.amin(power, 3) / longest, -1, 2)
    slim = torch.sqrt(area) / longest
    return edge[..., None], torch.stack([deepest, slim], 3)
