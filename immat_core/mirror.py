"""More opinions: what the networks say of the picture's mirror image, and of both moved a little.

A mirror shows the mirrored object, so what is said of it, mirrored back, is one more answer about
the same object, and errs otherwise. So do the dense centers, an answer of their own, and what is
said of a picture that was moved by a hair, though it shows the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.medial_mesh import FloatArray
from immat_core.pose_head import both_ways
from immat_core.topology import nearest

if TYPE_CHECKING:
    from immat_core.engine import Engine

MOVES = ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1))
"""Across and down, in 1/32 of the picture: less than the margin of a crop. Averaging over them
lowers the mean squared distance to the true centers by 3 % on 332 shapes of ``val``."""

DRAWN = 0.75
"""How far centers are drawn to the other answers: on ``val`` that lowers the mean squared distance
to the true centers by 8 %."""

SPHERE_WEIGHT = 4
"""Dense centers that a mirrored sphere counts as: there are eight times as many of them."""

_ACROSS = np.array([-1, 1, 1], np.float32)
_POINTS = ("centers", "dense")


def look_both_ways(engine: Engine, image: FloatArray) -> dict[str, NDArray[np.float32]]:
    """What "image2sphere" answers to a picture (1, 4, S, S), mirror image and moves heard as well.

    Of the answer, centers are changed; radii, dense centers and features are its own.
    """
    answers = [
        [engine.run("image2sphere", {"image": one}) for one in (moved, mirror(moved))]
        for moved in (move(image, *by) for by in MOVES)
    ]
    own, other = (
        {name: np.mean([pair[k][name] for pair in answers], axis=0) for name in _POINTS}
        for k in range(2)
    )
    return {**answers[0][0], "centers": agreed_centers(own, other)}


def agreed_pose(engine: Engine, image: FloatArray) -> NDArray[np.float64]:
    """What "camera" answers to a picture (1, 4, S, S), mirror image and moves heard as well: (p,).

    See ``pose_head`` for what the numbers mean.
    """
    answers = [
        [engine.run("camera", {"image": one})["pose"][0] for one in (moved, mirror(moved))]
        for moved in (move(image, *by) for by in MOVES)
    ]
    return both_ways(*np.swapaxes(answers, 0, 1))


def mirror(image: FloatArray) -> FloatArray:
    """The mirror image of a picture (..., S, S)."""
    return np.ascontiguousarray(image[..., ::-1])


def move(image: FloatArray, across: int, down: int) -> FloatArray:
    """A picture (1, C, S, S), moved by so many 32ths to the right and down; nothing comes in."""
    size = image.shape[-1]
    step = size // 32
    wide = np.pad(image, ((0, 0), (0, 0), (step, step), (step, step)))
    top, left = (1 - down) * step, (1 - across) * step
    return np.ascontiguousarray(wide[..., top : top + size, left : left + size])


def agreed_centers(
    seen: Mapping[str, NDArray[np.float32]], mirrored: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Centers (1, n, 3) between the spheres, the dense centers, and both of the mirror image.

    Parameters
    ----------
    seen, mirrored
        What "image2sphere" answers to one picture and to its mirror image: ``centers`` (1, n, 3)
        and ``dense`` (1, m, 3).
    """
    others = np.concatenate(
        [mirrored["dense"][0], np.repeat(mirrored["centers"][0], SPHERE_WEIGHT, axis=0)]
    )
    points = np.concatenate([seen["dense"][0], others * _ACROSS])
    return draw(seen["centers"][0], points, DRAWN)[None]


def draw(centers: ArrayLike, points: ArrayLike, share: float) -> NDArray[np.float32]:
    """Centers (n, 3), a share of the way to the mean of the (m, 3) points nearest to each.

    A center that is the nearest of no point stays.
    """
    start, others = np.asarray(centers, np.float64), np.asarray(points, np.float64)
    owner = nearest(start, others, 1)[:, 0]
    count = np.bincount(owner, minlength=len(start))[:, None]
    total = np.zeros_like(start)
    np.add.at(total, owner, others)
    mean = np.where(count > 0, total / np.maximum(count, 1), start)
    return (start + share * (mean - start)).astype(np.float32)
