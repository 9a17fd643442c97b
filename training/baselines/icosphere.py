"""A sphere of triangles, coarse to fine: the template that mesh decoders deform."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

_GOLDEN = (1 + 5**0.5) / 2


@dataclass(frozen=True, eq=False)
class Icosphere:
    """An icosahedron of which every triangle was split in four some times.

    Attributes
    ----------
    vertices
        (n, 3) float32, of length 1. The first are those of the level before, then comes the middle
        of each of its edges, in their order.
    faces
        (2 n - 4, 3) int64, counter-clockwise seen from outside: a closed manifold of genus 0.
    edges
        (3 n - 6, 2) int64, ascending.
    """

    vertices: NDArray[np.float32]
    faces: NDArray[np.int64]
    edges: NDArray[np.int64]


@cache
def icosphere(level: int) -> Icosphere:
    """The icosahedron split ``level`` times: 12, 42, 162, 642, 2562 vertices."""
    if level == 0:
        a, b = 1.0, _GOLDEN
        corners = [(-a, b, 0), (a, b, 0), (-a, -b, 0), (a, -b, 0), (0, -a, b), (0, a, b)]
        corners += [(0, -a, -b), (0, a, -b), (b, 0, -a), (b, 0, a), (-b, 0, -a), (-b, 0, a)]
        faces = [(0, 11, 5), (0, 5, 1), (0, 1, 7), (0, 7, 10), (0, 10, 11), (1, 5, 9), (5, 11, 4)]
        faces += [(11, 10, 2), (10, 7, 6), (7, 1, 8), (3, 9, 4), (3, 4, 2), (3, 2, 6), (3, 6, 8)]
        faces += [(3, 8, 9), (4, 9, 5), (2, 4, 11), (6, 2, 10), (8, 6, 7), (9, 8, 1)]
        return _make(np.array(corners), np.array(faces, np.int64))
    coarse = icosphere(level - 1)
    count = len(coarse.vertices)
    middles = coarse.vertices[coarse.edges].astype(np.float64).mean(1)
    keys = coarse.edges @ [count, 1]
    a, b, c = coarse.faces.T
    ab, bc, ca = (
        count + np.searchsorted(keys, np.minimum(i, j) * count + np.maximum(i, j))
        for i, j in ((a, b), (b, c), (c, a))
    )
    split = [(a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca)]
    faces_of_four = np.concatenate([np.stack(corner, 1) for corner in split])
    return _make(np.concatenate([coarse.vertices, middles]), faces_of_four)


def _make(vertices: NDArray[np.float64], faces: NDArray[np.int64]) -> Icosphere:
    unit = vertices / np.linalg.norm(vertices, axis=1, keepdims=True)
    sides = np.sort(faces[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
    return Icosphere(unit.astype(np.float32), faces, np.unique(sides, axis=0))


class SphereGraph(nn.Module):
    """What a network needs of a level: its edges, and the mean over a vertex's neighbors."""

    edges: Tensor

    def __init__(self, level: int) -> None:
        super().__init__()
        sphere = icosphere(level)
        self.count = len(sphere.vertices)
        self.register_buffer("edges", torch.from_numpy(sphere.edges), persistent=False)
        both = torch.cat([self.edges, self.edges.flip(1)]).T
        degree = torch.bincount(both[0], minlength=self.count)
        weights = 1 / degree[both[0]].float()
        # A plain attribute: checkpoints and device moves have no use for a sparse matrix.
        self._mean = torch.sparse_coo_tensor(
            both, weights, (self.count, self.count), check_invariants=False
        ).coalesce()

    def neighbors_mean(self, x: Tensor) -> Tensor:
        """(B, n, C) -> (B, n, C) float32: the mean over each vertex's neighbors."""
        batch, count, channels = x.shape
        with torch.autocast(x.device.type, enabled=False):
            flat = x.float().transpose(0, 1).reshape(count, batch * channels)
            found: Tensor = torch.sparse.mm(self._mean.to(x.device), flat)
        return found.reshape(count, batch, channels).transpose(0, 1)

    def refine(self, x: Tensor) -> Tensor:
        """(B, n, C) at this level -> (B, m, C) at the next: middles of edges are added."""
        middles = (x[:, self.edges[:, 0]] + x[:, self.edges[:, 1]]) / 2
        return torch.cat([x, middles], 1)
