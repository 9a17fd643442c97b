"""Repair of radii that a foreign edit left missing or wrong; plain arrays, no Blender."""

import numpy as np
from numpy.typing import NDArray

FALLBACK_SHARE = 0.03
"""Radius as a share of the diagonal of all centres, where no sphere has a usable one."""


def repaired_radii(
    centers: NDArray[np.float32], radii: NDArray[np.float32], edges: NDArray[np.int32]
) -> NDArray[np.float32]:
    """Radii with every one that is not finite or not above zero replaced.

    A replaced radius is the mean of those of its edge neighbours, spreading outwards from the
    good ones; a sphere that no edge joins to a good one takes the radius of the nearest good one.

    Parameters
    ----------
    centers
        (n, 3) float32.
    radii
        (n,) float32, as found.
    edges
        (m, 2) int32.

    Returns
    -------
    (n,) float32, all above zero; ``radii`` itself when nothing is wrong.
    """
    good = np.isfinite(radii) & (radii > 0)
    if good.all():
        return radii
    repaired = np.where(good, radii, 0).astype(np.float32)
    if not good.any():
        spread = centers.max(0) - centers.min(0)
        diagonal = float(np.linalg.norm(spread)) or 1.0
        return np.full_like(repaired, FALLBACK_SHARE * diagonal)
    _spread_along_edges(repaired, good, edges)
    lost = np.flatnonzero(~good)
    if len(lost):
        kept = np.flatnonzero(good)
        offsets = centers[lost, None] - centers[None, kept]
        repaired[lost] = repaired[kept[(offsets**2).sum(2).argmin(1)]]
    return repaired


def _spread_along_edges(
    repaired: NDArray[np.float32], good: NDArray[np.bool_], edges: NDArray[np.int32]
) -> None:
    """Fill radii ring by ring from the good ones, in place."""
    both_ways = np.concatenate([edges, edges[:, ::-1]])
    while True:
        usable = good[both_ways[:, 0]] & ~good[both_ways[:, 1]]
        if not usable.any():
            return
        source, target = both_ways[usable].T
        total = np.bincount(target, repaired[source], len(good))
        count = np.bincount(target, minlength=len(good))
        reached = count > 0
        repaired[reached] = total[reached] / count[reached]
        good |= reached
