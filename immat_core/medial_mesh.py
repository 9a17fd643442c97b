"""The medial mesh: spheres on the skeleton of a shape, edges and faces between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float32]
IndexArray: TypeAlias = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class MedialMesh:
    """A medial axis transform M = (S, E, F) (the paper, section 3; Q-MAT's definition).

    Arrays are copied, checked once and made read-only. Edges and faces are stored with their
    indices ascending, sorted and without duplicates. The edges of a face need not be listed.

    Attributes
    ----------
    centers
        (n, 3) float32, sphere centres.
    radii
        (n,) float32, sphere radii, above zero, in the unit of ``centers``.
    edges
        (m, 2) int32, indices of the spheres of each medial edge.
    faces
        (k, 3) int32, indices of the spheres of each medial face.

    Raises
    ------
    ValueError
        For a wrong shape, a value that is not finite, a radius that is not above zero, an index
        out of range or an index that is repeated within one edge or face.
    """

    centers: FloatArray
    radii: FloatArray
    edges: IndexArray = field(default_factory=lambda: np.empty((0, 2), np.int32))
    faces: IndexArray = field(default_factory=lambda: np.empty((0, 3), np.int32))

    def __post_init__(self) -> None:
        centers = np.array(self.centers, np.float32).reshape(-1, 3)
        radii = np.array(self.radii, np.float32).reshape(-1)
        if len(radii) != len(centers):
            raise ValueError(f"{len(centers)} centres but {len(radii)} radii")
        if not (np.isfinite(centers).all() and np.isfinite(radii).all()):
            raise ValueError("a centre or radius is not finite")
        if (radii <= 0).any():
            raise ValueError(f"the radius of sphere {int(np.argmax(radii <= 0))} is not above 0")
        object.__setattr__(self, "centers", centers)
        object.__setattr__(self, "radii", radii)
        object.__setattr__(self, "edges", _simplices(self.edges, 2, len(radii), "edge"))
        object.__setattr__(self, "faces", _simplices(self.faces, 3, len(radii), "face"))
        for array in (self.centers, self.radii, self.edges, self.faces):
            array.flags.writeable = False

    @property
    def spheres(self) -> FloatArray:
        """(n, 4) float32: centre and radius of each sphere, a new array."""
        return np.column_stack([self.centers, self.radii])

    @property
    def all_edges(self) -> IndexArray:
        """(m, 2) int32: the edges and the sides of the faces, each once, sorted."""
        sides = self.faces[:, [[0, 1], [0, 2], [1, 2]]].reshape(-1, 2)
        return _unique_rows(np.concatenate([self.edges, sides]), len(self.radii))

    @property
    def bounds(self) -> FloatArray:
        """(2, 3) float32: lower and upper corner of the box around all spheres.

        Raises ``ValueError`` when there is no sphere.
        """
        if not len(self.radii):
            raise ValueError("a medial mesh with no sphere has no bounds")
        r = self.radii[:, None]
        return np.stack([(self.centers - r).min(0), (self.centers + r).max(0)])


def _simplices(rows: ArrayLike, size: int, spheres: int, name: str) -> IndexArray:
    """Check index rows and return them (k, size) int32, ascending, sorted, unique."""
    given = np.asarray(rows)
    if given.size and not np.issubdtype(given.dtype, np.integer):
        raise ValueError(f"{name} indices must be integers, not {given.dtype}")
    indices = np.sort(given.astype(np.int64).reshape(-1, size), axis=1)
    wrong = (indices[:, 0] < 0) | (indices[:, -1] >= spheres)
    if wrong.any():
        raise ValueError(f"{name} {int(np.argmax(wrong))} names a sphere outside 0..{spheres - 1}")
    repeated = (np.diff(indices, axis=1) == 0).any(axis=1)
    if repeated.any():
        raise ValueError(f"{name} {int(np.argmax(repeated))} names a sphere twice")
    return _unique_rows(indices, spheres)


def _unique_rows(indices: NDArray[np.integer[Any]], spheres: int) -> IndexArray:
    """The rows (k, 2) or (k, 3), each once, sorted."""
    size = indices.shape[1]
    if spheres**size > np.iinfo(np.int64).max:
        return np.ascontiguousarray(np.unique(indices, axis=0), np.int32)
    # One number a row sorts far faster than a row.
    shape = (max(spheres, 1),) * size
    keys = np.unique(np.ravel_multi_index(tuple(indices.T), shape))
    return np.ascontiguousarray(np.stack(np.unravel_index(keys, shape), axis=1), np.int32)
