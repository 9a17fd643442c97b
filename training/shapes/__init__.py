"""Parametric shapes whose medial axis is known: chairs, tables, lamps and planes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from immat_core.medial_mesh import FloatArray, IndexArray, MedialMesh
from training.shapes.chair import make_chair
from training.shapes.lamp import make_lamp
from training.shapes.medial import Curve, Sheet, build_medial_mesh, sample_dense
from training.shapes.parts import ShapeBuilder
from training.shapes.plane import make_plane
from training.shapes.table import make_table

CATEGORIES = ("chair", "table", "lamp", "plane")

SMALLEST_RADIUS = 0.006
"""No sphere is smaller, in units of the diagonal: thinner parts vanish in 64 pixels."""

_MAKERS: dict[str, Callable[[np.random.Generator], ShapeBuilder]] = {
    "chair": make_chair,
    "table": make_table,
    "lamp": make_lamp,
    "plane": make_plane,
}


@dataclass(frozen=True, eq=False)
class ParametricShape:
    """A surface and the medial mesh it was made from, in the object's frame.

    The box of ``vertices`` is centred on the origin, its diagonal is 1 long, Z is up and the
    front looks toward -Y.

    Attributes
    ----------
    category
        One of ``CATEGORIES``.
    vertices, normals
        (3 t, 3) float32, unit normals; no vertex is shared by two triangles.
    triangles
        (t, 3) int32. The parts overlap, so this is not a closed manifold: it is for rendering.
    colors
        (t, 3) float32 linear RGB, 0..1, one a triangle.
    mat
        256 connected spheres.
    dense
        (2048, 3) float32 points spread over the medial mesh.
    curves, sheets
        The parts that the shape was built of, in the same frame.
    """

    category: str
    vertices: FloatArray
    normals: FloatArray
    triangles: IndexArray
    colors: FloatArray
    mat: MedialMesh
    dense: FloatArray
    curves: tuple[Curve, ...] = ()
    sheets: tuple[Sheet, ...] = ()


def generate(category: str, seed: int) -> ParametricShape:
    """Draw the shape of a seed; the same seed gives the same arrays.

    Raises
    ------
    KeyError
        For a category that is not one of ``CATEGORIES``.
    """
    rng = np.random.default_rng([CATEGORIES.index(category) if category in _MAKERS else 0, seed])
    builder = _MAKERS[category](rng)
    corners = np.concatenate(builder.corners)
    low, high = corners.reshape(-1, 3).min(0), corners.reshape(-1, 3).max(0)
    middle, scale = (low + high) / 2, 1 / float(np.linalg.norm(high - low))
    curves = [
        Curve((c.points - middle) * scale, np.maximum(c.radii * scale, SMALLEST_RADIUS))
        for c in builder.curves
    ]
    sheets = [
        Sheet((s.points - middle) * scale, np.maximum(s.radii * scale, SMALLEST_RADIUS), s.closed)
        for s in builder.sheets
    ]
    mat = build_medial_mesh(curves, sheets)
    return ParametricShape(
        category=category,
        vertices=((corners - middle) * scale).reshape(-1, 3).astype(np.float32),
        normals=np.concatenate(builder.normals).reshape(-1, 3).astype(np.float32),
        triangles=np.arange(3 * len(corners), dtype=np.int32).reshape(-1, 3),
        colors=np.concatenate(builder.colors).astype(np.float32),
        mat=mat,
        dense=sample_dense(mat, rng),
        curves=tuple(curves),
        sheets=tuple(sheets),
    )
