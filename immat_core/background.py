"""A picture's background, taken away without a download.

Where the object is likely to be is said by a small network (``foreground.py``). Without it, a
colour model of the border (Gaussians whose mean drifts over the picture, so that walls, floors
and gradients fit) and the contrast on the way in from the border (soft shadows cost little, an
object's outline much) give a first guess. Then models of both sides and a smooth labelling are
estimated in turn, as in GrabCut (Rother et al. 2004) with max-product messages for the cut, at a
working size of 256 pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.color_models import fit_color_model, to_lab
from immat_core.errors import UserError
from immat_core.foreground import object_probability
from immat_core.regions import keep_object, smooth_labels
from immat_core.soft_edges import box_mean, upsample_mask

WORKING_SIZE = 256
"""Longer side in pixels of the copy in which the object is looked for."""

RING = 0.03
"""Width of the border that is taken for background, as a share of the longer side."""

ROUNDS = 2

_IMPLAUSIBLE_SHARES = (0.005, 0.95)
_EVIDENCE_LIMIT = 6.0
_GEODESIC_WEIGHT = 1.2
_SHADOW_SHARE = 0.05
_BORDER_SHARE = 0.6
_LEAST = 0.1
_COLOR_SHARE = 1.1
_LEAST_CONTRAST = 0.33

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]


def remove_background(rgb: NDArray[np.uint8], name: str = "the picture") -> NDArray[np.uint8]:
    """Find the object of a photograph.

    Parameters
    ----------
    rgb
        (h, w, 3) uint8.
    name
        What the picture is called in messages.

    Returns
    -------
    (h, w) uint8, the object's mask with soft edges, 0 where there is background.

    Raises
    ------
    UserError
        When nothing stands out from the border, or what does is no plausible object.
    """
    from PIL import Image

    height, width = rgb.shape[:2]
    scale = min(1.0, WORKING_SIZE / max(height, width))
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    if min(size) < 8:
        raise _not_found(name, "it is too small or too narrow to tell an object from background")
    full = Image.fromarray(np.ascontiguousarray(rgb))
    small = np.asarray(full.resize(size, Image.Resampling.BOX, reducing_gap=None))
    mask = find_object(small, object_probability(small))
    share = float(mask.mean())
    low, high = _IMPLAUSIBLE_SHARES
    if not low <= share <= high:
        raise _not_found(name, "nothing stands out from its background")
    if _border(mask.shape)[mask].sum() > _BORDER_SHARE * _border(mask.shape).sum():
        raise _not_found(name, "no background is seen around the object")
    return upsample_mask(rgb, small, mask)


def find_object(rgb: NDArray[np.uint8], likely: Floats | None = None) -> Mask:
    """(h, w) bool: the object in a small picture (h, w, 3) uint8, perhaps nothing.

    ``likely`` is (h, w), how likely each pixel is the object's, by the network.
    """
    lab = to_lab(rgb)
    ring = _border(lab.shape[:2])
    position = _positions(lab.shape[:2])
    background = fit_color_model(lab[ring], position[ring], components=5)
    distance = background.distance(lab, position)
    barrier = _barrier(lab, ring)
    shadowed = background.distance(lab, position, shadowed=True)
    told = None if likely is None else _told(likely)
    if told is not None and np.quantile(barrier, 0.98) < _LEAST_CONTRAST:
        return np.zeros(lab.shape[:2], np.bool_)  # noise, in which a network sees things
    evidence = _first_evidence(distance, shadowed, barrier, ring) if told is None else told
    mask = smooth_labels(evidence, lab)
    for _ in range(ROUNDS):
        if not _enough(mask):
            break
        evidence = _evidence(lab, position, mask, barrier, ring)
        if told is not None:
            evidence = _COLOR_SHARE * evidence + told
        mask = smooth_labels(evidence, lab)
    return keep_object(mask, distance)


def _told(likely: Floats) -> Floats:
    """Log odds for the object from the network's probabilities, which are never quite believed."""
    bounded = np.clip(likely, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(bounded / (1 - bounded)), np.float32)


def _enough(mask: Mask) -> bool:
    """Whether both sides have pixels enough to fit a colour model to."""
    return 20 < int(mask.sum()) < mask.size - 20


def _first_evidence(distance: Floats, shadowed: Floats, barrier: Floats, ring: Mask) -> Floats:
    """Log odds for the object from how foreign a color is and how far in it lies.

    What may be shadow is left to the contrast: a shadow's rim is soft, an object's is not.
    """
    color = np.clip((distance - 3.5) * 0.8, -3, 3)
    in_shadow = np.clip((shadowed - 3.5) * 0.8, -3, 3)
    color = np.where(in_shadow < color, np.maximum(in_shadow, np.minimum(color, 0)), color)
    inside = np.clip((barrier - 1.0) * 2.0, -3, 2)
    inside = np.where(distance < 3, np.minimum(inside, 0), inside)
    evidence = color + inside
    evidence[ring] = np.minimum(evidence[ring], -1)
    return np.asarray(evidence, np.float32)


def _evidence(lab: Floats, position: Floats, mask: Mask, barrier: Floats, ring: Mask) -> Floats:
    """Log odds for the object from models of both sides as they are labelled now."""
    inside = fit_color_model(lab[mask], position[mask], components=5)
    outside = fit_color_model(lab[~mask], position[~mask], components=7)
    foreign = outside.distance(lab, position) > 3
    colors = inside.log_likelihood(lab, position)
    colors -= outside.log_likelihood(lab, position, _SHADOW_SHARE)
    depth = np.clip((barrier - 1.0) * _GEODESIC_WEIGHT, -2, np.where(foreign, 2, 0))
    evidence = np.clip(0.7 * colors + depth, -_EVIDENCE_LIMIT, _EVIDENCE_LIMIT)
    evidence[ring] -= 2
    return np.asarray(evidence, np.float32)


def _border(shape: tuple[int, ...]) -> Mask:
    """(h, w) bool, the ring along the picture's border."""
    width = max(2, round(RING * max(shape)))
    ring = np.ones(shape, np.bool_)
    ring[width:-width, width:-width] = False
    return ring


def _positions(shape: tuple[int, ...]) -> Floats:
    """(h, w, 2) float32: x and y over the longer side, 0 in the middle."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    scale = 1 / max(shape)
    return np.stack([(x - shape[1] / 2) * scale, (y - shape[0] / 2) * scale], axis=-1)


def _barrier(lab: Floats, ring: Mask) -> Floats:
    """Least contrast that a path from the border must cross, (h, w) float32; about 1 at outlines.

    The sum over the path of each step's contrast above the picture's own noise, swept over the
    grid from all four sides until it settles.
    """
    lab = box_mean(lab, 1)
    across = np.sqrt(((lab[:, 1:] - lab[:, :-1]) ** 2).sum(-1))
    along = np.sqrt(((lab[1:] - lab[:-1]) ** 2).sum(-1))
    noise = 0.7 + 1.2 * float(np.median(np.concatenate([across.ravel(), along.ravel()])))
    across, along = np.maximum(across - noise, 0) / 12, np.maximum(along - noise, 0) / 12
    cost = np.where(ring, 0, np.inf).astype(np.float32)
    for _ in range(4):
        before = cost.copy()
        _sweep(cost, along)
        _sweep(cost[::-1], along[::-1])
        _sweep(cost.T, across.T)
        _sweep(cost.T[::-1], across.T[::-1])
        if np.array_equal(before, cost):
            break
    return cost


def _sweep(cost: Floats, steps: Floats) -> None:
    """Carry costs from each row to the next, in place."""
    for row in range(1, len(cost)):
        np.minimum(cost[row], cost[row - 1] + steps[row - 1], out=cost[row])


def _not_found(name: str, why: str) -> UserError:
    return UserError(
        f"the object could not be told from the background in {name}: {why}",
        "Give a mask, or a picture with transparency",
    )
