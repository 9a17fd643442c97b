"""How far a medial mesh's envelope is from the surface that it was fitted to, both ways."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.fit.nearest import PointTree, nearest_points
from immat_core.fit.slabs import maximal_slabs, nearest_slabs

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

ENVELOPE_POINTS, DRAWN, MOST_DRAWS = 2_000, 8_000, 4


def surface_errors(
    balls: Floats,
    edges: Indices,
    faces: Indices,
    surface: PointTree,
    normals: Floats,
    samples: Floats,
    spacing: float,
    seed: int = 0,
) -> Floats:
    """Distances from surface samples to the envelope, and from envelope points to the surface.

    Parameters
    ----------
    balls, edges, faces
        The medial mesh: (k, 4), (e, 2), (f, 3).
    surface, normals
        The surface as dense points with (n, 3) outward normals, in the tree's order.
    samples
        (m, 3) points spread evenly over the surface.
    spacing
        Distance between neighbours of ``surface``.

    Returns
    -------
    (2 m,) float64 about; an even share of both ways.
    """
    slabs = maximal_slabs(len(balls), edges, faces)
    there = np.abs(nearest_slabs(samples, balls, slabs).distance)
    points = envelope_points(balls, slabs, seed)
    if not len(points):
        return there
    _, row = nearest_points(surface, points)
    at = np.argsort(surface.order)[row]
    step = points - surface.points[at]
    height = np.abs((step * normals[at]).sum(1))
    beside = np.sqrt(np.maximum((step**2).sum(1) - height**2, 0))
    # A surface point stands for the disk around it that its neighbours leave to it.
    back = np.hypot(height, np.maximum(beside - spacing, 0))
    rows = np.resize(np.arange(len(back)), len(there))
    return np.concatenate([there, back[rows]])


def envelope_points(balls: Floats, slabs: Indices, seed: int = 0) -> Floats:
    """Points (n, 3) on the outside of the union of slabs, about evenly spread.

    Thick shapes hide most of their primitives in one another: more points are drawn until
    ``ENVELOPE_POINTS`` are seen, or ``MOST_DRAWS`` rounds are over.
    """
    rng = np.random.default_rng(seed)
    seen: list[Floats] = []
    for _ in range(MOST_DRAWS):
        chosen, flat = _choose_parts(balls, slabs, DRAWN, rng)
        corners = balls[chosen]
        points = np.empty((DRAWN, 3))
        points[flat] = _on_flats(corners[flat], rng)
        points[~flat] = _on_cones(corners[~flat], rng)
        points = points[np.isfinite(points).all(1)]
        seen.append(points[nearest_slabs(points, balls, slabs).distance > -1e-5])
        if sum(map(len, seen)) >= ENVELOPE_POINTS:
            break
    return np.concatenate(seen)


def _choose_parts(
    balls: Floats, slabs: Indices, count: int, rng: np.random.Generator
) -> tuple[Indices, NDArray[np.bool_]]:
    """(count, 3) spheres of flats, or of cones with the last twice; (count,) whether flat."""
    sides = np.sort(slabs[:, [[0, 1], [1, 2], [0, 2]]].reshape(-1, 2), axis=1)
    sides = np.unique(sides, axis=0)
    flat = slabs[(slabs[:, 0] != slabs[:, 1]) & (slabs[:, 1] != slabs[:, 2])]
    corners = balls[flat, :3]
    cross = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    length = np.linalg.norm(balls[sides[:, 0], :3] - balls[sides[:, 1], :3], axis=1)
    radius = balls[sides, 3].mean(1)
    # Both sides of a triangle; a cone with its two half spheres.
    area = np.concatenate(
        [np.linalg.norm(cross, axis=1), 2 * np.pi * radius * (length + 2 * radius)]
    )
    parts = np.concatenate([flat, sides[:, [0, 1, 1]]])
    row = np.searchsorted(np.cumsum(area), np.sort(rng.random(count)) * area.sum())
    row = np.minimum(row, len(parts) - 1)
    return parts[row], row < len(flat)


def _on_flats(corners: Floats, rng: np.random.Generator) -> Floats:
    """Points on the planes that touch three spheres (n, 3, 4); NaN where there are none."""
    u, v = rng.random((2, len(corners)))
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    at = corners[:, 0] + u[:, None] * (corners[:, 1] - corners[:, 0])
    at = at + v[:, None] * (corners[:, 2] - corners[:, 0])
    one, two = corners[:, 1, :3] - corners[:, 0, :3], corners[:, 2, :3] - corners[:, 0, :3]
    normal = np.cross(one, two)
    square = (normal**2).sum(1, keepdims=True)
    growth = corners[:, 1:, 3] - corners[:, :1, 3]
    with np.errstate(invalid="ignore", divide="ignore"):
        gradient = growth[:, :1] * np.cross(two, normal) + growth[:, 1:] * np.cross(normal, one)
        gradient = gradient / square
        lift = np.sqrt(1 - (gradient**2).sum(1, keepdims=True))
        side = rng.choice([-1.0, 1.0], len(corners))[:, None]
        points: Floats = at[:, :3] + at[:, 3:] * (side * lift * normal / np.sqrt(square) - gradient)
    return points


def _on_cones(corners: Floats, rng: np.random.Generator) -> Floats:
    """Points on the cones and end spheres of pairs of spheres (n, 3, 4), the last corner unused."""
    axis = corners[:, 1, :3] - corners[:, 0, :3]
    length = np.linalg.norm(axis, axis=1)
    growth = corners[:, 1, 3] - corners[:, 0, 3]
    slope = np.clip(growth / np.maximum(length, 1e-12), -1, 1)
    axis = axis / np.maximum(length, 1e-12)[:, None]
    direction = rng.normal(size=(len(corners), 3))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    radius = corners[:, :2, 3].mean(1)
    share = rng.random(len(corners)) * (length + 2 * radius)
    on_cone = share < length
    along = np.where(on_cone, share / np.maximum(length, 1e-12), rng.integers(0, 2, len(corners)))
    round_about = direction - (direction * axis).sum(1, keepdims=True) * axis
    round_about /= np.maximum(np.linalg.norm(round_about, axis=1, keepdims=True), 1e-12)
    leaning = np.sqrt(1 - slope**2)[:, None] * round_about - slope[:, None] * axis
    direction = np.where(on_cone[:, None], leaning, direction)
    at = corners[:, 0] + along[:, None] * (corners[:, 1] - corners[:, 0])
    points: Floats = at[:, :3] + at[:, 3:] * direction
    return points
