"""OccNet (Mescheder et al. 2019): is a point inside the object that the picture shows?

A perceptron of residual blocks whose batch normalization is conditioned on the picture's global
feature. The surface is found on a lattice of 64^3 points, of which only the blocks near the
surface are evaluated (that paper's MISE), by the marching cubes of ``immat_core``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from immat_core.medial_mesh import FloatArray
from immat_core.metrics import Triangles
from immat_core.networks.config import NetworkConfig
from immat_core.networks.encoder import Encoder, global_feature
from immat_core.rays import RayCaster
from immat_core.surface.marching import marching_cubes
from training.data import ShapeFolder
from training.evaluation.truth import true_surface

WIDTH, BLOCKS = 128, 5
"""Channels and residual blocks; the paper's decoder has 256 and 5."""

LEAF, LEAVES = 8, 8
"""Lattice points along a side of a block, and blocks along a side of the lattice."""

SPACING = 1.1 / (LEAF * LEAVES)
"""Of the lattice, in diagonals; it covers the cube from -0.55 to 0.55."""

POINTS = 4096
"""Points a shape that are learned from: half all over its box, half near its surface."""

_AT_A_TIME = 1 << 15
_SPREAD = (0.01, 0.05)
_AROUND = 0.05


class _ConditionalNorm(nn.Module):
    """Batch normalization whose scale and shift come from the picture."""

    def __init__(self, feature: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(WIDTH, affine=False)
        self.scale, self.shift = nn.Linear(feature, WIDTH), nn.Linear(feature, WIDTH)
        with torch.no_grad():
            for layer, bias in ((self.scale, 1.0), (self.shift, 0.0)):
                layer.weight.zero_()
                layer.bias.fill_(bias)

    def forward(self, x: Tensor, feature: Tensor) -> Tensor:
        """(B, T, WIDTH), (B, C) -> (B, T, WIDTH)."""
        plain: Tensor = self.norm(x.flatten(0, 1).float()).view(x.shape)
        scaled: Tensor = self.scale(feature)[:, None] * plain + self.shift(feature)[:, None]
        return scaled


class _Block(nn.Module):
    """Two conditioned layers and a shortcut."""

    def __init__(self, feature: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(_ConditionalNorm(feature) for _ in range(2))
        self.layers = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(2))

    def forward(self, x: Tensor, feature: Tensor) -> Tensor:
        """(B, T, WIDTH), (B, C) -> (B, T, WIDTH)."""
        y = x
        for norm, layer in zip(self.norms, self.layers, strict=True):
            y = layer(functional.relu(norm(y, feature)))
        return x + y


class OccupancyNetwork(nn.Module):
    """A picture and points to the logits of being inside."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        feature, self.cells = config.global_size, config.global_cells
        self.encoder = Encoder(config)
        self.enter = nn.Linear(3, WIDTH)
        self.blocks = nn.ModuleList(_Block(feature) for _ in range(BLOCKS))
        self.norm = _ConditionalNorm(feature)
        self.leave = nn.Linear(WIDTH, 1)

    def forward(self, image: Tensor, points: Tensor) -> Tensor:
        """(B, 4, S, S), (B, T, 3) in the object's frame -> (B, T) float32 logits."""
        return self.decode(global_feature(self.encoder(image), self.cells), points)

    def decode(self, feature: Tensor, points: Tensor) -> Tensor:
        """(B, C), (B, T, 3) -> (B, T) float32 logits, above 0 inside."""
        x = self.enter(2 * points)
        for block in self.blocks:
            x = block(x, feature)
        logits: Tensor = self.leave(functional.relu(self.norm(x, feature))).float()
        return logits.squeeze(2)

    @torch.no_grad()
    def surface(self, image: Tensor) -> Triangles:
        """The closed surface of one (1, 4, S, S) picture.

        Where no point is thought to be inside, the level falls until the likeliest is.
        """
        feature = global_feature(self.encoder(image), self.cells)
        leaves = _all_leaves()
        centers = _lattice(leaves, 2)
        coarse = self._logits(feature, centers)
        level = min(0.0, float(coarse.max()) - 1e-3)
        near = _near_the_surface(coarse > level)
        values = np.empty((len(leaves), LEAF, LEAF, LEAF), np.float32)
        values[:] = np.where(coarse > level, -1, 1).repeat(2, 1).repeat(2, 2).repeat(2, 3)
        values[near] = level - self._logits(feature, _lattice(leaves[near], 1))
        if values.min() >= 0:
            values -= values.min() + 1e-3
        vertices, triangles = marching_cubes(leaves, values)
        return Triangles(vertices.astype(np.float64) * SPACING, triangles.astype(np.int64))

    def _logits(self, feature: Tensor, points: FloatArray) -> FloatArray:
        flat = torch.from_numpy(points.reshape(-1, 3))
        starts = range(0, len(flat), _AT_A_TIME)
        parts = [self.decode(feature, flat[None, k : k + _AT_A_TIME])[0] for k in starts]
        found: FloatArray = torch.cat(parts).numpy().reshape(points.shape[:-1])
        return found


def _all_leaves() -> NDArray[np.int32]:
    half = LEAVES // 2
    leaves: NDArray[np.int32] = np.indices((LEAVES,) * 3).reshape(3, -1).T.astype(np.int32)
    return leaves - np.int32(half)


def _lattice(leaves: NDArray[np.int32], step: int) -> FloatArray:
    """(b, 8 / step, 8 / step, 8 / step, 3) float32: every ``step``-th point of the leaves."""
    along = np.arange(0, LEAF, step)
    within = np.stack(np.meshgrid(along, along, along, indexing="ij"), -1)
    places = LEAF * leaves[:, None, None, None] + within + (step - 1) / 2
    points: FloatArray = (SPACING * places).astype(np.float32)
    return points


def _near_the_surface(inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(b,) leaves in or beside which the coarse points (b, 4, 4, 4) are not all alike."""
    half = LEAF // 2
    grid = inside.reshape(LEAVES, LEAVES, LEAVES, half, half, half).transpose(0, 3, 1, 4, 2, 5)
    grid = np.pad(grid.reshape((LEAVES * half,) * 3), 1)
    highest = lowest = grid
    for axis in range(3):
        highest = highest | np.roll(highest, 1, axis) | np.roll(highest, -1, axis)
        lowest = lowest & np.roll(lowest, 1, axis) & np.roll(lowest, -1, axis)
    mixed = (highest & ~lowest)[1:-1, 1:-1, 1:-1].reshape((LEAVES, half) * 3)
    found: NDArray[np.bool_] = mixed.any((1, 3, 5)).reshape(-1)
    return found


def inside(surface: Triangles, points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(n,) which points a closed mesh encloses: a ray up meets its surface from within."""
    caster = RayCaster(surface.vertices, surface.faces)
    # Slightly off the axis, so that no ray runs in a plane of the lattice.
    up = np.tile([0.0123, 0.0077, 1.0], (len(points), 1))
    met = caster.first_hits(points, up)[1]
    held: NDArray[np.bool_] = (met >= 0) & (caster.normals[met, 2] > 0)
    return held


def occupancy_points(
    folder: ShapeFolder, shape: int, seed: int = 0
) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """Points (POINTS, 3) of one shape, and which of them its true medial mesh's solid holds."""
    rng = np.random.default_rng([seed, 17, shape])
    solid = true_surface(folder, shape)
    low, high = solid.vertices.min(0) - _AROUND, solid.vertices.max(0) + _AROUND
    apart = rng.uniform(low, high, (POINTS // 2, 3))
    own = rng.integers(0, len(solid.vertices), POINTS // 2)
    spread = np.repeat(_SPREAD, POINTS // 4)[:, None]
    close = solid.vertices[own] + spread * rng.standard_normal((POINTS // 2, 3))
    points = np.concatenate([apart, close])[rng.permutation(POINTS)].astype(np.float16)
    return points, inside(solid, points.astype(np.float64))


def cached_occupancy(
    folder: ShapeFolder, place: Path
) -> tuple[NDArray[np.float16], NDArray[np.bool_]]:
    """The points of all shapes, (n, POINTS, 3) and (n, POINTS), kept in a folder.

    A tenth of a second a shape; goes on where it was stopped.
    """
    place.mkdir(parents=True, exist_ok=True)
    layout = {
        "points": (np.float16, (len(folder), POINTS, 3)),
        "inside": (np.bool_, (len(folder), POINTS)),
        "done": (np.bool_, (len(folder),)),
    }
    arrays = {}
    for name, (kind, shape) in layout.items():
        path = place / f"{name}.npy"
        old = path.is_file() and np.load(path, mmap_mode="r").shape == shape
        arrays[name] = (
            np.load(path, mmap_mode="r+") if old else open_memmap(path, "w+", kind, shape)  # type: ignore[no-untyped-call]
        )
    for shape in tqdm(np.flatnonzero(~arrays["done"]), desc="occupancy", disable=None):
        arrays["points"][shape], arrays["inside"][shape] = occupancy_points(folder, int(shape))
        arrays["done"][shape] = True
    return arrays["points"], arrays["inside"]
