"""A mesh made ready for rendering: corners, smooth normals, and a look for every triangle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray, IndexArray

CREASE = np.radians(40)
"""Faces that meet at a sharper angle keep their edge; others are shaded as one round surface."""

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Model:
    """What the renderer sees of a shape, in the object's frame.

    Attributes
    ----------
    corners, normals
        (t, 3, 3) float32, positions and unit normals of each triangle's corners.
    colors
        (t, 3) float32 linear RGB, 0..1.
    groups
        (t,) int32, triangles of one group are made of one material; 0 and up, without gaps.
    uv
        (t, 3, 2) float32, v upwards; zeros where there is no texture.
    textures
        (h, w, 3) uint8 sRGB pictures.
    texture_of_group
        (g,) int32, index into ``textures``, -1 for none.
    """

    corners: FloatArray
    normals: FloatArray
    colors: FloatArray
    groups: IndexArray
    uv: FloatArray
    textures: tuple[Pixels, ...]
    texture_of_group: IndexArray

    @property
    def points(self) -> FloatArray:
        """(3 t, 3) float32, all corners."""
        return self.corners.reshape(-1, 3)


def make_model(
    vertices: NDArray[np.floating[Any]],
    faces: NDArray[np.integer[Any]],
    colors: NDArray[np.floating[Any]] | None = None,
    groups: NDArray[np.integer[Any]] | None = None,
    uv: NDArray[np.floating[Any]] | None = None,
    textures: Sequence[Pixels] = (),
    texture_of_group: Sequence[int] = (),
) -> Model:
    """Make a mesh ready for rendering.

    Parameters
    ----------
    vertices
        (n, 3), in the object's frame: centred, diagonal 1, Z up, front toward -Y.
    faces
        (t, 3).
    colors
        (t, 3) linear RGB; light grey where None.
    groups
        (t,) material of each triangle; one for all where None.
    uv
        (t, 3, 2), v upwards.
    textures, texture_of_group
        sRGB pictures, and which of them each group bears, -1 for none.
    """
    count = len(faces)
    kinds = np.zeros(count, np.int32) if groups is None else np.asarray(groups, np.int32)
    chosen = np.full(int(kinds.max(initial=0)) + 1, -1, np.int32)
    chosen[: len(texture_of_group)] = texture_of_group
    corners = np.ascontiguousarray(vertices[faces], np.float32)
    return Model(
        corners=corners,
        normals=corner_normals(corners),
        colors=np.full((count, 3), 0.6, np.float32)
        if colors is None
        else np.ascontiguousarray(colors, np.float32),
        groups=kinds,
        uv=np.zeros((count, 3, 2), np.float32)
        if uv is None
        else np.ascontiguousarray(uv, np.float32),
        textures=tuple(textures),
        texture_of_group=chosen,
    )


def corner_normals(corners: FloatArray) -> FloatArray:
    """Unit normals (t, 3, 3) of triangles (t, 3, 3): smooth, but for creases.

    Each corner takes the mean, weighted by area, of the faces around its place that differ from
    its own face by less than ``CREASE``. Faces are taken as wound either way, as free models are.
    """
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    unit = np.divide(normals, length, out=np.zeros_like(normals), where=length > 0)
    unit[length[:, 0] == 0] = (0, 0, 1)
    _, place = np.unique(np.round(corners.reshape(-1, 3) * 2e5), axis=0, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    owner = order // 3
    starts = np.flatnonzero(np.r_[True, np.diff(place.ravel()[order]) > 0])
    sizes = np.diff(np.r_[starts, len(order)])
    sums = np.repeat(normals, 3, axis=0)
    # every corner is compared with the k-th next one around the same place, k = 1, 2, ...
    within = np.arange(len(order)) - np.repeat(starts, sizes)
    around = np.repeat(sizes, sizes)
    for step in range(1, min(int(sizes.max(initial=1)), 24)):
        has = np.flatnonzero(around > step)
        other = has - within[has] + (within[has] + step) % around[has]
        cosine = (unit[owner[has]] * unit[owner[other]]).sum(1)
        near = np.abs(cosine) > np.cos(CREASE)
        sums[order[has[near]]] += normals[owner[other[near]]] * np.sign(cosine[near])[:, None]
    length = np.linalg.norm(sums, axis=1, keepdims=True)
    smooth = np.where(length > 0, sums / np.where(length > 0, length, 1), np.repeat(unit, 3, 0))
    return np.ascontiguousarray(smooth.reshape(-1, 3, 3), np.float32)
