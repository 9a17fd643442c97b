"""One step of Gauss and Newton: conjugate gradients on the normal equations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.mask_fit.misfit import Misfit
from immat_core.mask_fit.state import CAMERA, COMMON, OWN, Linear, State
from immat_core.mask_fit.stiffness import Stiffness
from immat_core.silhouette.discs import DoubleArray

ROUNDS = 60
"""Of conjugate gradients at most; stopping early moves what is hard to tell less."""
NEARLY = 1e-4
"""Of the residual of the normal equations: this share of it may be left."""


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
        (10,), inverse squares of the spreads of what acts on the whole; infinite where it is kept.
    stiffness
        None keeps all spheres where they are.
    """

    by_common: DoubleArray
    by_own: DoubleArray
    discs: NDArray[np.int64]
    held: DoubleArray
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
        free = np.isfinite(self.held)
        found[:COMMON][free] = (self.by_common.T @ along)[free] + (self.held * common)[free]
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
        free = np.isfinite(self.held)
        found[:COMMON][free] = ((self.by_common**2).sum(0) + self.held)[free]
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
    held: DoubleArray,
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
        (10,), inverse squares of the spreads of the unknowns of the whole.
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


def held_by(spreads: DoubleArray, move_camera: bool) -> DoubleArray:
    """(10,) inverse squares of spreads; infinite for a camera that is to stay."""
    held = 1 / spreads**2
    if not move_camera:
        held[:CAMERA] = np.inf
    return held


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
