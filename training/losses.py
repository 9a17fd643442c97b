"""Losses of the paper: Chamfer, earth mover's, radius (Eq. 1) and topology cross-entropy (Eq. 3).

Partners are searched without gradient, by compiled brute force; the gradient flows through the
gathered points alone. So a loss on 2048 points costs milliseconds instead of seconds, and its
value is that of the full distance matrix.
"""

from __future__ import annotations

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from torch import Tensor
from torch.nn import functional

_TILE = 64
_FAR = np.float32(1e30)


@numba.njit(fastmath=True, cache=True)
def _nearest(points: NDArray, targets: NDArray, found: NDArray) -> None:  # type: ignore[type-arg]
    # A tile of points against each target in turn: the inner loop has no branch, so it runs
    # in the vector unit.
    x, y, z = np.empty(_TILE, np.float32), np.empty(_TILE, np.float32), np.empty(_TILE, np.float32)
    for b in range(points.shape[0]):
        for start in range(0, points.shape[1], _TILE):
            size = min(_TILE, points.shape[1] - start)
            for i in range(_TILE):
                k = start + min(i, size - 1)
                x[i], y[i], z[i] = points[b, k, 0], points[b, k, 1], points[b, k, 2]
            best = np.full(_TILE, _FAR)
            index = np.zeros(_TILE, np.int32)
            for j in range(targets.shape[1]):
                tx, ty, tz = targets[b, j, 0], targets[b, j, 1], targets[b, j, 2]
                for i in range(_TILE):
                    dx, dy, dz = x[i] - tx, y[i] - ty, z[i] - tz
                    distance = dx * dx + dy * dy + dz * dz
                    closer = distance < best[i]
                    best[i] = distance if closer else best[i]
                    index[i] = np.int32(j) if closer else index[i]
            for i in range(size):
                found[b, start + i] = index[i]


@numba.njit(fastmath=True, cache=True)
def _auction(cost: NDArray, increment: float, found: NDArray) -> None:  # type: ignore[type-arg]
    # Bertsekas' auction with a shrinking increment: n * increment from the best total at most.
    n = cost.shape[0]
    price = np.zeros(n, np.float32)
    value = np.empty(n, np.float32)
    queue = np.empty(n, np.int32)
    owner = np.empty(n, np.int32)
    step = max(0.1, increment)
    while True:
        owner[:] = -1
        for i in range(n):
            queue[i] = i
        waiting = n
        while waiting > 0:
            waiting -= 1
            bidder = queue[waiting]
            best = _FAR
            for j in range(n):
                value[j] = cost[bidder, j] + price[j]
                best = min(best, value[j])
            item = 0
            while value[item] != best:
                item += 1
            value[item] = _FAR
            second = _FAR
            for j in range(n):
                second = min(second, value[j])
            price[item] += second - best + np.float32(step)
            if owner[item] >= 0:
                queue[waiting] = owner[item]
                waiting += 1
            owner[item] = bidder
        if step <= increment:
            break
        step = max(increment, step * 0.2)
    for j in range(n):
        found[owner[j]] = j


def nearest_indices(points: Tensor, targets: Tensor) -> Tensor:
    """Index of the target that is nearest to each point.

    Parameters
    ----------
    points
        (B, n, 3) float.
    targets
        (B, m, 3) float, m >= 1.

    Returns
    -------
    (B, n) int64, without gradient.
    """
    a, b = (np.ascontiguousarray(t.detach().float().cpu().numpy()) for t in (points, targets))
    found = np.empty(a.shape[:2], np.int64)
    _nearest(a, b, found)
    return torch.from_numpy(found).to(points.device)


def match_indices(points: Tensor, targets: Tensor, increment: float = 0.0) -> Tensor:
    """Index of the target that the cheapest one-to-one matching gives to each point.

    Parameters
    ----------
    points, targets
        (B, n, 3) float; the cost of a pair is its Euclidean distance.
    increment
        0 for the exact optimum (Hungarian method); above 0 for an auction whose mean distance is
        at most that much above the optimum, at a fraction of the time when the sets lie far apart.

    Returns
    -------
    (B, n) int64, a permutation per row, without gradient.

    Raises
    ------
    ValueError
        When the sets differ in size or a coordinate is not finite.
    """
    if points.shape != targets.shape:
        raise ValueError(f"cannot match {tuple(points.shape)} with {tuple(targets.shape)}")
    with torch.no_grad():
        a, b = points.detach().float(), targets.detach().float()
        cost = torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist").cpu().numpy()
    if not np.isfinite(cost).all():
        raise ValueError("a coordinate is not finite")
    found = np.empty(cost.shape[:2], np.int64)
    for k, matrix in enumerate(cost):
        if increment > 0 and len(matrix) > 1:
            _auction(matrix, increment, found[k])
        else:
            found[k] = linear_sum_assignment(matrix)[1]
    return torch.from_numpy(found).to(points.device)


def gather_points(values: Tensor, indices: Tensor) -> Tensor:
    """Rows (B, n, C) of ``values`` (B, m, C) that ``indices`` (B, n) int64 names."""
    return values.gather(1, indices[..., None].expand(-1, -1, values.shape[2]))


def _length(difference: Tensor, squared: bool) -> Tensor:
    square = (difference * difference).sum(-1)
    # The square root has no gradient at 0.
    return square if squared else (square + 1e-12).sqrt()


def chamfer_distance(points: Tensor, targets: Tensor, *, squared: bool = False) -> Tensor:
    """Chamfer distance: mean distance to the nearest, added up over both directions.

    Parameters
    ----------
    points, targets
        (B, n, 3) and (B, m, 3) float.
    squared
        True for squared distances as in the paper (and Pixel2Mesh); plain distances, the default,
        train better at our budgets, since the small errors keep their weight.

    Returns
    -------
    () float, mean over the batch; in the unit of the points, or its square.
    """
    with torch.no_grad():
        forward, back = nearest_indices(points, targets), nearest_indices(targets, points)
    there = _length(points - gather_points(targets, forward), squared).mean()
    return there + _length(targets - gather_points(points, back), squared).mean()


def earth_movers_distance(
    points: Tensor, targets: Tensor, *, squared: bool = False, increment: float = 0.0
) -> Tensor:
    """Mean distance of the cheapest one-to-one matching.

    Parameters
    ----------
    points, targets
        (B, n, 3) float.
    squared
        Average squared distances over that matching (which stays the one of plain distances).
    increment
        See ``match_indices``.

    Returns
    -------
    () float, mean over the batch.
    """
    partners = match_indices(points, targets, increment)
    return _length(points - gather_points(targets, partners), squared).mean()


def radius_loss(
    centers: Tensor, radii: Tensor, target_centers: Tensor, target_radii: Tensor, *, paper: bool
) -> Tensor:
    """Eq. (1): radii against those of the closest centre, in both directions.

    Parameters
    ----------
    centers, radii
        (B, n, 3) and (B, n) float, predicted.
    target_centers, target_radii
        (B, m, 3) and (B, m) float.
    paper
        True for Eq. (1) as printed: sums of squares, averaged over the batch only. False for the
        sum of the two mean absolute differences, which the default recipe uses.

    Returns
    -------
    () float. Gradient flows to the radii alone.
    """
    with torch.no_grad():
        forward = nearest_indices(centers, target_centers)
        back = nearest_indices(target_centers, centers)
    there = radii - target_radii.gather(1, forward)
    return_ = target_radii - radii.gather(1, back)
    if paper:
        return (there.square().sum(1) + return_.square().sum(1)).mean()
    return there.abs().mean() + return_.abs().mean()


def topology_loss(
    edge_logits: Tensor,
    edge_labels: Tensor,
    face_logits: Tensor,
    face_labels: Tensor,
    face_weight: float = 1.0,
) -> Tensor:
    """Eq. (3): cross-entropy of the edge and face classifiers, averaged instead of summed.

    Parameters
    ----------
    edge_logits, edge_labels
        (N, K) float and (N, K) float 0 or 1.
    face_logits, face_labels
        (N, K, K) float and (N, K, K) float 0 or 1; the diagonals, which name no face, are left out.
    face_weight
        Factor on the faces' term; 1 in the paper.
    """
    edge = functional.binary_cross_entropy_with_logits(edge_logits, edge_labels)
    names_a_face = ~torch.eye(face_logits.shape[1], dtype=torch.bool, device=face_logits.device)
    face = functional.binary_cross_entropy_with_logits(
        face_logits[:, names_a_face], face_labels[:, names_a_face]
    )
    return edge + face_weight * face
