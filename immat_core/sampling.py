"""Another number of spheres than the network's own: a spread choice, or dense centers added."""

from __future__ import annotations

import numpy as np

from immat_core.medial_mesh import FloatArray


def resample(spheres: FloatArray, dense: FloatArray, count: int, seed: int) -> FloatArray:
    """As many spheres as asked for: a well spread choice, or more from the dense centres.

    Fewer are chosen by farthest-point sampling. For more, the dense centres that lie farthest from
    all that is there are added, each with the radius of its three nearest spheres, weighted by
    the inverse of their distances.

    Parameters
    ----------
    spheres
        (n, 4) float32.
    dense
        (m, 3) float32 centres, n + m >= count.
    seed
        Chooses the first sphere of the fewer.

    Returns
    -------
    (count, 4) float32.
    """
    if count == len(spheres):
        return spheres
    if count < len(spheres):
        first = int(np.random.default_rng(seed).integers(len(spheres)))
        far = ((spheres[:, :3] - spheres[first, :3]) ** 2).sum(1)
        chosen = [first, *_farthest(spheres[:, :3], far, count - 1)]
        return np.ascontiguousarray(spheres[np.sort(chosen)])
    squared = ((dense[:, None] - spheres[None, :, :3]) ** 2).sum(2)
    added = _farthest(dense, squared.min(1), count - len(spheres))
    nearest = np.argsort(squared[added], axis=1, kind="stable")[:, :3]
    weights = 1 / np.sqrt(np.maximum(np.take_along_axis(squared[added], nearest, 1), 1e-12))
    radii = (weights * spheres[nearest, 3]).sum(1) / weights.sum(1)
    more = np.column_stack([dense[added], radii])
    return np.asarray(np.concatenate([spheres, more]), np.float32)


def _farthest(points: FloatArray, squared: FloatArray, count: int) -> list[int]:
    """Indices of points, each farthest from those before; ``squared`` is how far they are now."""
    chosen: list[int] = []
    for _ in range(count):
        index = int(squared.argmax())
        chosen.append(index)
        squared = np.minimum(squared, ((points - points[index]) ** 2).sum(1))
    return chosen
