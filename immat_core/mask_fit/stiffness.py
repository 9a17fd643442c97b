"""What keeps the shape a shape: spheres move as their neighbours and as their mirror images do.

A picture tells nothing of how deep a part lies and nothing of hidden parts. There a displacement
comes from the neighbours along the medial mesh, and from the other half of a symmetric shape.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.mask_fit.settings import MaskFitSettings
from immat_core.medial_mesh import IndexArray
from immat_core.silhouette.discs import DoubleArray
from immat_core.topology import nearest

NEIGHBORS = 6
"""Nearest spheres that a sphere is tied to, besides those that it is connected with."""
LOOSE = 0.25
"""How much such a tie counts."""
MIRRORED = 0.03
"""How far off a sphere's mirror image another may lie, beside half its radius."""


@dataclass(frozen=True, eq=False)
class Ties:
    """Which spheres move alike.

    Attributes
    ----------
    pairs
        (m, 2) int64.
    weights
        (m,) float64, how much each counts.
    images
        (k, 2) int64: a sphere and the one that is its mirror image, which may be itself.
    """

    pairs: NDArray[np.int64]
    weights: DoubleArray
    images: NDArray[np.int64]

    @classmethod
    def of(cls, spheres: DoubleArray, edges: IndexArray) -> Ties:
        """The ties of (n, 4) spheres with (m, 2) edges."""
        count = len(spheres)
        near = nearest(spheres[:, :3], None, min(NEIGHBORS, count - 1))
        loose = np.column_stack([np.repeat(np.arange(count), near.shape[1]), near.ravel()])
        pairs = np.concatenate([edges.astype(np.int64), loose])
        weights = np.concatenate([np.ones(len(edges)), np.full(len(loose), LOOSE)])
        return cls(pairs, weights, mirror_images(spheres))


def mirror_images(spheres: DoubleArray) -> NDArray[np.int64]:
    """(k, 2) int64 rows of spheres of (n, 4) and of what stands where they are in a mirror x = 0.

    Spheres without such an image are left out: a shape that is not symmetric need not become so.
    """
    flipped = spheres[:, :3] * [-1.0, 1.0, 1.0]
    other = nearest(spheres[:, :3], flipped, 1)[:, 0]
    apart = np.linalg.norm(flipped - spheres[other, :3], axis=1)
    radius = spheres[:, 3]
    alike = np.maximum(radius, radius[other]) <= 1.5 * np.minimum(radius, radius[other])
    found = np.flatnonzero((apart < MIRRORED + radius / 2) & alike)
    return np.column_stack([found, other[found]])


@dataclass(frozen=True, eq=False)
class Stiffness:
    """(n, n) float64 matrices of the energy of displacements: across the mirror, along, radii."""

    across: DoubleArray
    along: DoubleArray
    radii: DoubleArray

    @classmethod
    def of(cls, ties: Ties, count: int, bend: float, settings: MaskFitSettings) -> Stiffness:
        """The stiffness of ``count`` spheres; the smaller ``bend``, the stiffer."""
        tied = _differences(ties.pairs, ties.weights, 1.0, count)
        one = np.ones(len(ties.images))
        same = _differences(ties.images, one, 1.0, count) / settings.mirror**2
        opposite = _differences(ties.images, one, -1.0, count) / settings.mirror**2
        held = np.eye(count)
        stiff = tied / bend**2 + held / settings.reach**2
        # A radius's logarithm differs by about a tenth where a displacement differs by a hundredth.
        thick = same * 0.01 + tied / settings.thickening**2 + held / settings.thickness**2
        return cls(stiff + opposite, stiff + same, thick)

    def times(self, own: DoubleArray) -> DoubleArray:
        """The energy's slope (n, 4) at displacements and changes of radii (n, 4)."""
        return np.column_stack(
            [self.across @ own[:, 0], self.along @ own[:, 1:3], self.radii @ own[:, 3]]
        )

    @property
    def diagonal(self) -> DoubleArray:
        """(n, 4), of the matrices."""
        along = np.diagonal(self.along)
        return np.column_stack([np.diagonal(self.across), along, along, np.diagonal(self.radii)])


def _differences(
    pairs: NDArray[np.int64], weights: DoubleArray, sign: float, count: int
) -> DoubleArray:
    """(count, count), of the sum of weights times (x_i - sign x_j) squared over pairs (i, j)."""
    i, j = pairs.T
    flat = np.concatenate([i * count + i, j * count + j, i * count + j, j * count + i])
    values = np.concatenate([weights, weights, -sign * weights, -sign * weights])
    return np.bincount(flat, values, count * count).reshape(count, count).astype(np.float64)
