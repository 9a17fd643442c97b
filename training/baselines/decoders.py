"""Decoders that share our encoder: a deformed sphere, once at a go, once coarse to fine.

AtlasNet (Groueix et al. 2018) in its sphere form: one perceptron moves every point of a template
by the picture's global feature. Pixel2Mesh (Wang et al. 2018): graph convolutions move an ellipsoid
of 162, 642 and 2562 vertices by the local features where its vertices project to. Its paper knows
the camera, so it is given the true one here, which ours is not.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from immat_core.metrics import Triangles
from immat_core.networks.config import NetworkConfig
from immat_core.networks.encoder import Encoder, global_feature
from immat_core.networks.image2sphere import perceptron
from immat_core.networks.refinement import pool_pixels
from training.baselines.icosphere import SphereGraph, icosphere

TEMPLATE_RADIUS = 0.3
"""Of the sphere before it is deformed, in diagonals."""

LEVELS = (2, 3, 4)
"""Of the icosphere, coarse to fine; the last is what both decoders answer with."""

GRAPH_WIDTH = 64
"""Channels of the graph convolutions; Pixel2Mesh's 192 shrink as the encoder's do."""

READ_WIDTH = 64
"""Channels that a vertex reads of a picture. Pixel2Mesh reads all of the encoder's; here its maps
are first mixed down to these, which makes a step three times as fast and the baseline better."""

BLOCKS = (2, 2, 1)
"""Residual blocks of the graph networks; the last level has most vertices by far."""


def project(points: Tensor, cameras: Tensor) -> Tensor:
    """Where points stand in their pictures: ``immat_core.camera.Camera.project`` of a batch.

    Parameters
    ----------
    points
        (B, n, 3) in the object's frame.
    cameras
        (B, 7) as ``training.data`` has them.

    Returns
    -------
    (B, n, 2) in -1..1 over the picture, differentiable in the points.
    """
    azimuth, elevation, distance, focal, shift_u, shift_v, roll = cameras[:, :, None].unbind(1)
    sa, ca, se, ce = azimuth.sin(), azimuth.cos(), elevation.sin(), elevation.cos()
    forward = torch.cat([-sa * ce, ca * ce, -se], 1)
    right = torch.cat([ca, sa, torch.zeros_like(sa)], 1)
    down = torch.linalg.cross(forward, right)
    turned = roll.cos() * right + roll.sin() * down, roll.cos() * down - roll.sin() * right
    local = points + (distance * forward)[:, None]
    depth = (local * forward[:, None]).sum(2).clamp_min(1e-3)
    flat = torch.stack([(local * axis[:, None]).sum(2) for axis in turned], 2)
    shift = torch.cat([shift_u, shift_v], 1)
    return focal[:, None] * flat / depth[..., None] + shift[:, None]


def as_triangles(vertices: Tensor) -> Triangles:
    """The deformed sphere (n, 3) of the last level as a closed mesh."""
    return Triangles(vertices.double().cpu().numpy(), icosphere(LEVELS[-1]).faces)


class AtlasNetSphere(nn.Module):
    """A sphere, each of whose points is moved by a perceptron on the global feature and the point.

    It learns on 642 points and answers with 2562.
    """

    coarse: Tensor
    fine: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.cells = config.global_cells
        self.from_feature = nn.Linear(config.global_size, config.hidden)
        self.from_point = nn.Linear(3, config.hidden, bias=False)
        sizes = (config.hidden, config.hidden // 2, config.hidden // 4, 3)
        self.head = perceptron(sizes)
        for name, level in (("coarse", LEVELS[-2]), ("fine", LEVELS[-1])):
            vertices = torch.from_numpy(icosphere(level).vertices.copy())
            self.register_buffer(name, vertices, persistent=False)

    def forward(self, image: Tensor, cameras: Tensor) -> list[Tensor]:
        """(B, 4, S, S) -> one (B, 642 or 2562, 3) float32; the cameras are not used."""
        template = self.coarse if self.training else self.fine
        feature = global_feature(self.encoder(image), self.cells)
        joined = self.from_feature(feature)[:, None] + self.from_point(template)
        return [TEMPLATE_RADIUS * template + self.head(functional.relu(joined)).float()]


class _GraphLayer(nn.Module):
    """x W0 + (mean over neighbors of x) W1 + b."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.own = nn.Linear(inputs, outputs)
        self.neighbors = nn.Linear(inputs, outputs, bias=False)

    def forward(self, x: Tensor, graph: SphereGraph) -> Tensor:
        """(B, n, inputs) -> (B, n, outputs)."""
        moved: Tensor = self.own(x) + graph.neighbors_mean(self.neighbors(x))
        return moved


class _Deformation(nn.Module):
    """One of Pixel2Mesh's three: a graph convolution in, residual blocks, an offset out."""

    def __init__(self, inputs: int, blocks: int) -> None:
        super().__init__()
        self.enter = _GraphLayer(inputs, GRAPH_WIDTH)
        self.blocks = nn.ModuleList(
            nn.ModuleList(_GraphLayer(GRAPH_WIDTH, GRAPH_WIDTH) for _ in range(2))
            for _ in range(blocks)
        )
        self.leave = nn.Linear(GRAPH_WIDTH, 3)
        with torch.no_grad():
            self.leave.weight.mul_(0.1)
            self.leave.bias.zero_()

    def forward(self, x: Tensor, graph: SphereGraph) -> tuple[Tensor, Tensor]:
        """(B, n, inputs) -> features (B, n, GRAPH_WIDTH) and offsets (B, n, 3) float32."""
        y = functional.relu(self.enter(x, graph))
        for pair in self.blocks:
            layers: Any = pair
            inner = functional.relu(layers[0](y, graph))
            y = 0.5 * (y + functional.relu(layers[1](inner, graph)))
        return y, self.leave(y).float()


class Pixel2MeshDecoder(nn.Module):
    """Three deformations of a sphere, each read at its vertices' places in the picture."""

    template: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.encoder = Encoder(config)
        self.graphs = nn.ModuleList(SphereGraph(level) for level in LEVELS)
        self.mixers = nn.ModuleList(nn.Conv2d(size, READ_WIDTH, 1) for size in config.channels)
        pixels = READ_WIDTH + 2
        self.deformations = nn.ModuleList(
            _Deformation(pixels + 3 + (GRAPH_WIDTH if k else 0), blocks)
            for k, blocks in enumerate(BLOCKS)
        )
        vertices = torch.from_numpy(icosphere(LEVELS[0]).vertices.copy())
        self.register_buffer("template", TEMPLATE_RADIUS * vertices, persistent=False)

    def forward(self, image: Tensor, cameras: Tensor) -> list[Tensor]:
        """(B, 4, S, S), (B, 7) -> (B, n, 3) float32 vertices of each level, coarse to fine."""
        mixed = self._mixed(tuple(self.encoder(image)))
        points = self.template.expand(len(image), -1, -1)
        features, levels = None, []
        for k, deformation in enumerate(self.deformations):
            graph: Any = self.graphs[k]
            # The loss moves vertices by their offsets, not by where they are read.
            read = pool_pixels((mixed,), project(points.detach(), cameras))
            known = [read, points] if features is None else [read, points, features]
            features, offset = deformation(torch.cat(known, 2), graph)
            points = points + offset
            levels.append(points)
            if k + 1 < len(LEVELS):
                points, features = graph.refine(points), graph.refine(features)
        return levels

    def _mixed(self, maps: tuple[Tensor, ...]) -> Tensor:
        """The encoder's maps as one (B, READ_WIDTH, H, W), as fine as the finest."""
        size = maps[0].shape[2:]
        parts = [
            functional.interpolate(mixer(m), size, mode="bilinear", align_corners=False)
            for mixer, m in zip(self.mixers, maps, strict=True)
        ]
        return torch.stack(parts).sum(0)


def mesh_regularity(before: Tensor, after: Tensor, graph: SphereGraph) -> tuple[Tensor, Tensor]:
    """Pixel2Mesh's two terms against tangles: squared edge length, and change of the Laplacian.

    Parameters
    ----------
    before, after
        (B, n, 3) vertices of one level before and after its deformation.

    Returns
    -------
    Both () float, means over vertices and batch, in squared diagonals.
    """
    sides = after[:, graph.edges[:, 0]] - after[:, graph.edges[:, 1]]
    moved = after - before
    # The Laplacian is linear, so its change is that of the move.
    change = moved - graph.neighbors_mean(moved)
    return sides.square().sum(2).mean(), change.square().sum(2).mean()
