"""Bones: where they are, how thick, and whose children."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray


@dataclass(frozen=True, eq=False)
class Skeleton:
    """``b`` bones that form a tree, parents before their children.

    Attributes
    ----------
    names
        Different from one another; mirrored pairs end in ".L" and ".R".
    heads, tails
        (b, 3) float32, never the same place.
    head_radii, tail_radii
        (b,) float32, of the shape there.
    parents
        (b,) int32, -1 for the root.
    connected
        (b,) bool, whether a bone starts where its parent ends.
    """

    names: tuple[str, ...]
    heads: FloatArray
    tails: FloatArray
    head_radii: FloatArray
    tail_radii: FloatArray
    parents: IndexArray
    connected: NDArray[np.bool_]
