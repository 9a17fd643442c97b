"""Labelling a small picture's pixels smoothly, and choosing the regions that are the object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

_SMOOTHNESS = 3.0
_MESSAGE_ROUNDS = 30
_SMALLEST_PART = 0.08
_PINHOLE = 0.0006
_FOREIGN = 4.0


def smooth_labels(evidence: Floats, lab: Floats) -> Mask:
    """The labelling that agrees with the evidence and changes where the picture does.

    Max-product belief propagation on the grid of four neighbors; with two labels a message is the
    sender's log odds cut to the weight of the edge.

    Parameters
    ----------
    evidence
        (h, w) log odds for the object.
    lab
        (h, w, 3) colors, whose differences weigh the edges.

    Returns
    -------
    (h, w) bool.
    """
    across = ((lab[:, 1:] - lab[:, :-1]) ** 2).sum(-1)
    along = ((lab[1:] - lab[:-1]) ** 2).sum(-1)
    beta = 2 * (float(across.mean()) + float(along.mean())) / 2 + 1e-3
    across = (_SMOOTHNESS * (0.1 + 0.9 * np.exp(-across / beta))).astype(np.float32)
    along = (_SMOOTHNESS * (0.1 + 0.9 * np.exp(-along / beta))).astype(np.float32)
    left, right = np.zeros_like(across), np.zeros_like(across)
    up, down = np.zeros_like(along), np.zeros_like(along)
    belief = evidence
    for _ in range(_MESSAGE_ROUNDS):
        right = (right + np.clip(belief[:, :-1] - left, -across, across)) / 2
        left = (left + np.clip(belief[:, 1:] - right, -across, across)) / 2
        down = (down + np.clip(belief[:-1] - up, -along, along)) / 2
        up = (up + np.clip(belief[1:] - down, -along, along)) / 2
        belief = evidence.copy()
        belief[:, 1:] += right
        belief[:, :-1] += left
        belief[1:] += down
        belief[:-1] += up
    return belief > 0


def keep_object(mask: Mask, distance: Floats) -> Mask:
    """Drop small and weak regions and fill what are no real holes.

    Parameters
    ----------
    mask
        (h, w) bool.
    distance
        (h, w), how foreign each pixel's color is to the border.
    """
    mask = _without_seams(mask)
    labels, count = label_regions(mask)
    if not count:
        return mask
    flat = labels.ravel()
    area = np.bincount(flat, minlength=count + 1).astype(np.float64)
    mean = np.bincount(flat, distance.ravel(), count + 1) / np.maximum(area, 1)
    area[0] = 0
    weight = area * mean
    rim = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    touches = np.bincount(rim, minlength=count + 1) > 0.2 * np.sqrt(area)
    weight[touches] *= 0.3
    kept = weight >= _SMALLEST_PART * weight.max()
    kept[0] = False
    return _fill_holes(kept[labels], distance)


def _without_seams(mask: Mask) -> Mask:
    """Drop what is one pixel thin and reaches the border: seams between two backgrounds."""
    square = mask[:-1, :-1] & mask[1:, :-1] & mask[:-1, 1:] & mask[1:, 1:]
    thick = np.zeros_like(mask)
    for rows in (slice(0, -1), slice(1, None)):
        for columns in (slice(0, -1), slice(1, None)):
            thick[rows, columns] |= square
    labels, count = label_regions(mask & ~thick)
    rim = np.zeros(count + 1, np.bool_)
    rim[np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])] = True
    rim[0] = False
    return mask & ~rim[labels]


def _fill_holes(mask: Mask, distance: Floats) -> Mask:
    """Fill pinholes and holes whose color is not the background's, such as highlights."""
    labels, count = label_regions(~mask)
    flat = labels.ravel()
    area = np.bincount(flat, minlength=count + 1)
    mean = np.bincount(flat, distance.ravel(), count + 1) / np.maximum(area, 1)
    outside = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    fill = (area <= max(_PINHOLE * mask.size, 2)) | (mean > _FOREIGN)
    fill[outside] = False
    filled: Mask = mask | fill[labels]
    return filled


def label_regions(mask: Mask) -> tuple[NDArray[np.int64], int]:
    """Number the regions of true pixels that hang together by their sides.

    Returns
    -------
    labels
        (h, w) int64: 0 where the mask is false, else 1..count.
    count
        How many regions there are.
    """
    index = np.arange(mask.size).reshape(mask.shape)
    pairs = [
        (index[:, :-1][mask[:, :-1] & mask[:, 1:]], index[:, 1:][mask[:, :-1] & mask[:, 1:]]),
        (index[:-1][mask[:-1] & mask[1:]], index[1:][mask[:-1] & mask[1:]]),
    ]
    first = np.concatenate([a for a, _ in pairs])
    second = np.concatenate([b for _, b in pairs])
    parent = index.ravel().copy()
    while True:
        a, b = parent[first], parent[second]
        apart = a != b
        if not apart.any():
            break
        np.minimum.at(parent, np.maximum(a, b)[apart], np.minimum(a, b)[apart])
        while (parent[parent] != parent).any():
            parent = parent[parent]
    roots, numbers = np.unique(parent[mask.ravel()], return_inverse=True)
    labels = np.zeros(mask.size, np.int64)
    labels[mask.ravel()] = numbers.reshape(-1) + 1
    return labels.reshape(mask.shape), len(roots)
