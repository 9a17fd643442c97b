"""Where silhouette and mask differ, as lengths in the picture and their slopes by the discs.

Both ways: a cell of the mask that nothing covers is some way from the nearest hull, and a disc of
the shape that is not wholly in the mask reaches some way out of it. Where both are 0, the two are
the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.silhouette import MaskField, Web, covered_cells, nearest_hulls
from immat_core.silhouette.discs import DoubleArray

MOST_CELLS = 600
"""Cells of the mask that are looked at in a step; of more every second, third, ... stands for all.
"""
ALONG = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Shares of the way along a pair at which its discs are held against the mask."""
CELLS = 64
"""Misfits count as if the picture had so many cells along each side, however many it has."""
SAMPLES = 1500.0
"""Discs count as if there were so many, which is about the cells that a shape covers."""


@dataclass(frozen=True, eq=False)
class Misfit:
    """``k`` lengths by which the two differ.

    Attributes
    ----------
    length
        (k,) float64, above 0, in picture coordinates.
    weight
        (k,) float64, how much each counts.
    discs
        (k, 3) int64, the discs that it hangs on.
    shares
        (k, 3) float64, how much of each; the middle that counts is their mean.
    slope
        (k, 3) float64, derivatives of the length by u, v and radius of that mean.
    """

    length: DoubleArray
    weight: DoubleArray
    discs: NDArray[np.int64]
    shares: DoubleArray
    slope: DoubleArray


@dataclass(frozen=True, eq=False)
class Samples:
    """Discs along the pairs of a web and in the middle of its triangles: the mean of up to three.

    Attributes
    ----------
    discs, shares
        (s, 3) int64 and float64, as in :class:`Misfit`.
    """

    discs: NDArray[np.int64]
    shares: DoubleArray

    @classmethod
    def of(cls, web: Web) -> Samples:
        """The samples of a web."""
        discs, shares = [], []
        lone = web.ends[:, 0] == web.ends[:, 1]
        for t in ALONG:
            pairs = web.ends if t == 0 else web.ends[~lone]
            discs.append(pairs[:, [0, 1, 0]])
            shares.append(np.tile([1 - t, t, 0.0], (len(pairs), 1)))
        discs.append(web.faces)
        shares.append(np.full((len(web.faces), 3), 1 / 3))
        return cls(np.concatenate(discs).astype(np.int64), np.concatenate(shares))


def misfit(discs: DoubleArray, web: Web, samples: Samples, field: MaskField) -> Misfit:
    """Compare the silhouette of (n, 3) discs with a mask."""
    parts = [_uncovered(discs, web, field), _beyond(discs, samples, field)]
    return Misfit(
        np.concatenate([part.length for part in parts]),
        np.concatenate([part.weight for part in parts]),
        np.concatenate([part.discs for part in parts]),
        np.concatenate([part.shares for part in parts]),
        np.concatenate([part.slope for part in parts]),
    )


def _uncovered(discs: DoubleArray, web: Web, field: MaskField) -> Misfit:
    """Cells of the mask outside all hulls: how far they are from the nearest."""
    left = field.inside & ~covered_cells(discs, web, field.size)
    rows, columns = np.nonzero(left)
    stride = len(rows) // MOST_CELLS + 1
    rows, columns = rows[::stride], columns[::stride]
    points = (np.stack([columns, rows], axis=1) + 0.5) * (2 / field.size) - 1
    distance, pair, share = nearest_hulls(points, discs, web)
    ends = web.ends[pair].astype(np.int64)
    shares = np.stack([1 - share, share, np.zeros(len(share))], axis=1)
    between = (discs[ends] * shares[:, :2, None]).sum(1)
    away = points - between[:, :2]
    unit = away / np.maximum(np.hypot(*away.T), 1e-12)[:, None]
    return Misfit(
        np.maximum(distance, 0.0),
        np.full(len(points), stride * (CELLS / field.size) ** 2),
        ends[:, [0, 1, 0]],
        shares,
        np.column_stack([-unit, np.full(len(points), -1.0)]),
    )


def _beyond(discs: DoubleArray, samples: Samples, field: MaskField) -> Misfit:
    """Discs that are not wholly in the mask: how far they reach out of it."""
    seen = (discs[samples.discs] * samples.shares[..., None]).sum(1)
    distance, gradient = field.at(seen[:, :2])
    length = distance + seen[:, 2]
    out = length > 0
    count = int(out.sum())
    return Misfit(
        length[out],
        np.full(count, SAMPLES / max(len(seen), 1)),
        samples.discs[out],
        samples.shares[out],
        np.column_stack([gradient[out], np.ones(count)]),
    )
