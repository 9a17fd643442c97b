"""What every reader of the corpus returns: triangles with the materials that the file names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Material:
    """The look of some faces, as far as a file tells it.

    Attributes
    ----------
    color
        sRGB, 0..1; None where the file names no color.
    texture
        Name of an image as written in the file, empty where there is none.
    """

    color: tuple[float, float, float] | None = None
    texture: str = ""


@dataclass(frozen=True, eq=False)
class SourcePart:
    """Some triangles of a file that share their vertices.

    Attributes
    ----------
    vertices
        (n, 3) float64 in the file's frame.
    faces
        (t, 3) int64, indices into this part's vertices.
    materials
        (t,) int64, index into the file's materials, -1 for none.
    uv
        (t, 3, 2) float64, v upwards; None where the part has no texture coordinates.
    """

    vertices: Floats
    faces: Integers
    materials: Integers
    uv: Floats | None = None


@dataclass(frozen=True, eq=False)
class SourceMesh:
    """All triangles of a file; the fields are those of :class:`SourcePart`, ``uv`` filled up."""

    vertices: Floats
    faces: Integers
    face_materials: Integers
    uv: Floats
    materials: tuple[Material, ...]


def join_parts(parts: Sequence[SourcePart], materials: Sequence[Material]) -> SourceMesh:
    """Put the parts of a file into one mesh.

    Raises
    ------
    ValueError
        When there is no triangle, an index is out of range or a coordinate is not finite.
    """
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    for part in parts:
        if part.faces.size and not 0 <= part.faces.min() <= part.faces.max() < len(part.vertices):
            raise ValueError("a face names a missing vertex")
        if part.materials.size and part.materials.max() >= len(materials):
            raise ValueError("a face names a missing material")
    filled = [part for part in parts if len(part.faces)]
    if not filled:
        raise ValueError("no surface")
    mesh = SourceMesh(
        vertices=np.concatenate([part.vertices for part in parts]),
        faces=np.concatenate(
            [part.faces + start for part, start in zip(parts, starts[:-1], strict=True)]
        ),
        face_materials=np.concatenate([part.materials for part in parts]),
        uv=np.concatenate(
            [np.zeros((len(p.faces), 3, 2)) if p.uv is None else p.uv for p in filled]
        ),
        materials=tuple(materials),
    )
    if not np.isfinite(mesh.vertices).all():
        raise ValueError("a coordinate is not finite")
    return mesh


def fan(corners: Sequence[int]) -> list[tuple[int, int, int]]:
    """The triangles of a convex polygon."""
    return [(corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1)]


def zero_ended(data: bytes) -> str:
    """The text before the first zero byte of a fixed field."""
    return data.split(b"\0", 1)[0].decode("latin1")


def upward(uv: NDArray[np.float32] | Floats) -> Floats:
    """Texture coordinates with v downward, (..., 2), turned upward."""
    turned = np.asarray(uv, np.float64).copy()
    turned[..., 1] = 1 - turned[..., 1]
    return turned
