"""Weights: how much each bone moves each sphere, and each point of the surface."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh
from immat_core.nearest_primitive import nearest_primitives
from immat_core.rig.limbs import Limb

JOINT = 1.0
"""A joint bends over this many radii to either side, if the bones are long enough."""


def joint_reach(limb: Limb) -> NDArray[np.float64]:
    """(cuts,) how far to either side of each cut of a chain its two bones blend.

    At most half of either bone; at the start a quarter of the first bone, as all of the blend lies
    behind it, so that a limb is, where it hangs, moved by its parent alone.
    """
    at = limb.lengths[limb.cuts]
    bones = np.diff(at)
    before, after = np.append(np.inf, bones), np.append(bones, np.inf)
    reach = np.minimum(JOINT * limb.places[limb.cuts, 3], np.minimum(before, after) / 2)
    reach[0] = min(float(reach[0]), float(bones[0]) / 4) if len(bones) else 0.0
    return reach


def chain_weights(limb: Limb, at: float) -> NDArray[np.float64]:
    """(1 + bones,) weights at a place along a chain: the parent's share, then its bones'."""
    places, reach = limb.lengths[limb.cuts], joint_reach(limb)
    begun = np.ones(len(places) + 1)
    for index, (place, width) in enumerate(zip(places.tolist(), reach.tolist(), strict=True)):
        start = place if index == 0 else place - width
        begun[index + 1] = np.clip((at - start) / max(2 * width, 1e-12), 0, 1)
    if not limb.hangs:
        begun[1] = 1.0
    begun[-1] = 0.0
    return begun[:-1] - begun[1:]


def knots(limb: Limb) -> NDArray[np.float64]:
    """Rising places along a chain where the weights, straight in between, bend."""
    places, reach = limb.lengths[limb.cuts], joint_reach(limb)
    found = [places[0] + 2 * reach[0]] if limb.hangs else []
    for place, width in zip(places[1:-1].tolist(), reach[1:-1].tolist(), strict=True):
        found += [place - width, place + width]
    return np.array(found, np.float64)


def point_weights(points: ArrayLike, mat: MedialMesh, weights: ArrayLike) -> FloatArray:
    """The weights at points of the surface: those at the foot on the nearest primitive.

    Parameters
    ----------
    points
        (v, 3).
    weights
        (n, b), of each sphere, of sum 1.

    Returns
    -------
    (v, b) float32, of sum 1.
    """
    found = np.maximum(nearest_primitives(points, mat).interpolate(weights), 0)
    shares: FloatArray = (found / found.sum(1, keepdims=True)).astype(np.float32)
    return shares


def limit_weights(weights: FloatArray, most: int = 4) -> tuple[IndexArray, FloatArray]:
    """The greatest weights of each row, of sum 1 again.

    Parameters
    ----------
    weights
        (v, b).
    most
        How many bones may move a point.

    Returns
    -------
    bones
        (v, m) int32, m = ``most`` or b if that is less.
    weights
        (v, m) float32, falling.
    """
    most = min(most, weights.shape[1])
    bones = np.argsort(-weights, axis=1, kind="stable")[:, :most]
    kept = np.take_along_axis(weights, bones, 1)
    kept = kept / kept.sum(1, keepdims=True)
    return bones.astype(np.int32), kept.astype(np.float32)
