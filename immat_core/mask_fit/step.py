"""One step of Gauss and Newton: conjugate gradients on the normal equations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.mask_fit.misfit import Misfit
from immat_core.mask_fit.settings import MaskFitSettings
from immat_core.mask_fit.state import CAMERA, COMMON, OWN, Given, Linear, State
from immat_core.mask_fit.stiffness import Stiffness
from immat_core.silhouette.discs import DoubleArray

ROUNDS = 60
"""Of conjugate gradients at most; stopping early moves what is hard to tell less."""
NEARLY = 1e-4
"""Of the residual of the normal equations: this share of it may be left."""
SAME_SIZE = 0.005
"""Spread of the logarithm of the diagonal's length."""


@dataclass(frozen=True, eq=False)
class Held:
    """What is likely of the ten unknowns of the whole.

    Attributes
    ----------
    energy
        (10, 10) float64, the matrix of their energy.
    free
        (10,) bool, which of them may change.
    """

    energy: DoubleArray
    free: NDArray[np.bool_]

    @classmethod
    def of(cls, given: Given, settings: MaskFitSettings) -> Held:
        """By the settings' spreads; the diagonal of the shape's box stays as long as it is.

        A larger shape farther off looks the same, and the diagonal is what the camera's distance
        is measured by. Where the camera is known, the picture tells how large the shape is.
        """
        s = settings
        spreads = [s.azimuth, s.elevation, s.roll, s.distance, s.zoom, s.shift, s.shift]
        energy = np.diag(1 / np.array([*spreads, s.stretch, s.stretch, s.stretch]) ** 2)
        free = np.ones(COMMON, bool)
        free[:CAMERA] = s.move_camera
        if s.move_camera:
            reach = given.spheres[:, 3:]
            low = (given.spheres[:, :3] - reach).min(0)
            sides = ((given.spheres[:, :3] + reach).max(0) - low) ** 2
            growth = np.zeros(COMMON)
            growth[CAMERA:] = sides / sides.sum()
            energy += np.outer(growth, growth) / SAME_SIZE**2
        return cls(energy, free)


@dataclass(frozen=True, eq=False)
class _Equations:
    """The normal equations of the unknowns in one row: those of the whole, then the spheres'.

    Attributes
    ----------
    by_common, by_own
        (k, 10) and (k, 3, 4), derivatives of each misfit, times the root of its weight.
    discs
        (k, 3) int64, the spheres that ``by_own`` is by.
    held
        What is likely of the unknowns of the whole.
    stiffness
        None keeps all spheres where they are.
    """

    by_common: DoubleArray
    by_own: DoubleArray
    discs: NDArray[np.int64]
    held: Held
    stiffness: Stiffness | None
    count: int

    def times(self, row: DoubleArray) -> DoubleArray:
        """The matrix times a row of unknowns."""
        common, own = row[:COMMON], row[COMMON:].reshape(-1, OWN)
        along = self.by_common @ common
        if self.stiffness is not None:
            along += np.einsum("kij,kij->k", self.by_own, own[self.discs])
        return self.slope(along, common, own)

    def slope(self, along: DoubleArray, common: DoubleArray, own: DoubleArray) -> DoubleArray:
        """The energy's slope where misfits (k,), the whole's unknowns and the spheres' are so."""
        found = np.zeros(COMMON + OWN * self.count)
        free = self.held.free
        found[:COMMON][free] = (self.by_common.T @ along + self.held.energy @ common)[free]
        if self.stiffness is not None:
            pulled = (self.by_own * along[:, None, None]).reshape(-1, OWN)
            rows = self.discs.ravel()
            each = [np.bincount(rows, pulled[:, k], self.count) for k in range(OWN)]
            found[COMMON:] = (np.stack(each, axis=1) + self.stiffness.times(own)).ravel()
        return found

    @property
    def diagonal(self) -> DoubleArray:
        """The matrix's diagonal, above 0."""
        found = np.ones(COMMON + OWN * self.count)
        free = self.held.free
        squares = (self.by_common**2).sum(0) + np.diagonal(self.held.energy)
        found[:COMMON][free] = squares[free]
        if self.stiffness is not None:
            squares = (self.by_own**2).reshape(-1, OWN)
            rows = self.discs.ravel()
            each = [np.bincount(rows, squares[:, k], self.count) for k in range(OWN)]
            found[COMMON:] = (np.stack(each, axis=1) + self.stiffness.diagonal).ravel()
        return found


def stepped(
    state: State,
    linear: Linear,
    off: Misfit,
    held: Held,
    stiffness: Stiffness | None,
    spread: float,
    far: float,
) -> State:
    """The state after a step that lowers the misfits and keeps to what is likely.

    Parameters
    ----------
    linear, off
        What the camera sees of the state, and how it differs from the mask.
    held
        What is likely of the unknowns of the whole.
    stiffness
        Of the spheres; None leaves them where they are.
    spread
        Of a misfit.
    far
        Length from which on a misfit pulls no harder (Huber's loss).
    """
    root = np.sqrt(off.weight * np.minimum(1.0, far / np.maximum(off.length, 1e-12))) / spread
    slope = off.slope[:, None] * off.shares[:, :, None] * root[:, None, None]
    by_common = np.einsum("kij,kijc->kc", slope, linear.common[off.discs])
    by_own = np.einsum("kij,kijc->kic", slope, linear.own[off.discs])
    equations = _Equations(by_common, by_own, off.discs, held, stiffness, len(linear.discs))
    downhill = -equations.slope(root * off.length, state.common, state.own)
    row = _solved(equations, downhill)
    return state.moved(row[:COMMON], row[COMMON:].reshape(-1, OWN))


def _solved(equations: _Equations, wanted: DoubleArray) -> DoubleArray:
    """Conjugate gradients, with the diagonal to even out the unknowns' units."""
    found = np.zeros(len(wanted))
    left = wanted.copy()
    even = 1 / equations.diagonal
    scaled = even * left
    way = scaled.copy()
    size = first = float(left @ scaled)
    for _ in range(ROUNDS):
        if size <= NEARLY**2 * first or size == 0:
            break
        turned = equations.times(way)
        length = size / float(way @ turned)
        found += length * way
        left -= length * turned
        scaled = even * left
        before, size = size, float(left @ scaled)
        way = scaled + (size / before) * way
    return found
