"""A data set of made shapes in the layout of ``training.data``: balls and rings, seen as discs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import frame_camera

CATEGORIES = ("ball", "ring")
SPHERES, DENSE, SURFACE = 24, 96, 512


def write_split(folder: Path, shapes: int, seed: int, views: int = 2, size: int = 32) -> None:
    """Write one split: shapes alternate, their sizes and colors are random."""
    rng = np.random.default_rng(seed)
    arrays = {
        "images": np.zeros((shapes, views, size, size, 4), np.uint8),
        "photos": np.tile(np.arange(views) % 2 == 1, (shapes, 1)),
        "cameras": np.zeros((shapes, views, 7), np.float32),
        "spheres": np.zeros((shapes, SPHERES, 4), np.float32),
        "dense": np.zeros((shapes, DENSE, 3), np.float32),
        "surface": np.zeros((shapes, SURFACE, 6), np.float32),
        "edges": np.full((shapes, 64, 2), -1, np.int16),
        "faces": np.full((shapes, 64, 3), -1, np.int16),
        "category": (np.arange(shapes) % 2).astype(np.int64),
    }
    for k in range(shapes):
        bar = k % 2 == 0
        thick = rng.uniform(0.03, 0.06)
        spheres = _bar(thick) if bar else _ring(0.5 - thick, thick)
        order = np.arange(SPHERES)
        edges = np.stack([order[:-1], order[1:]], 1)
        if not bar:
            edges = np.concatenate([edges, [[0, SPHERES - 1]]])
        arrays["spheres"][k], arrays["edges"][k, : len(edges)] = spheres, edges
        arrays["dense"][k] = _along(spheres, edges, DENSE, rng)[:, :3]
        arrays["surface"][k] = _skin(spheres, edges, rng)
        for view in range(views):
            picture, camera = _seen(arrays["surface"][k, :, :3], size, rng)
            arrays["images"][k, view], arrays["cameras"][k, view] = picture, camera
    folder.mkdir(parents=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    (folder / "categories.json").write_text(json.dumps(CATEGORIES))


def _bar(thick: float) -> NDArray[np.float32]:
    x = np.linspace(thick - 0.5, 0.5 - thick, SPHERES)
    return np.stack([x, 0 * x, 0 * x, np.full(SPHERES, thick)], 1).astype(np.float32)


def _ring(radius: float, thick: float) -> NDArray[np.float32]:
    angle = 2 * np.pi * np.arange(SPHERES) / SPHERES
    x, y = radius * np.cos(angle), radius * np.sin(angle)
    return np.stack([x, y, 0 * x, np.full(SPHERES, thick)], 1).astype(np.float32)


def _along(
    spheres: NDArray[np.float32], edges: NDArray[np.int64], count: int, rng: np.random.Generator
) -> NDArray[np.float32]:
    share = rng.random((count, 1))
    one, two = spheres[edges[rng.integers(0, len(edges), count)]].transpose(1, 0, 2)
    return ((1 - share) * one + share * two).astype(np.float32)


def _skin(
    spheres: NDArray[np.float32], edges: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.float32]:
    """Points of the surface and their normals: spheres along the edges, their insides left out."""
    ends = spheres[edges]
    points = np.empty((0, 6))
    while len(points) < SURFACE:
        balls = _along(spheres, edges, SURFACE, rng)
        normals = rng.standard_normal((SURFACE, 3))
        normals /= np.linalg.norm(normals, axis=1, keepdims=True)
        found = balls[:, :3] + balls[:, 3:] * normals
        along = ends[:, 1, :3] - ends[:, 0, :3]
        share = np.einsum("ped,ed->pe", found[:, None] - ends[:, 0, :3], along)
        share = (share / (along**2).sum(1)).clip(0, 1)
        foot = ends[:, 0, :3] + share[..., None] * along
        off = np.linalg.norm(found[:, None] - foot, axis=2).min(1)
        kept = off > balls[:, 3] - 1e-3
        points = np.concatenate([points, np.hstack([found, normals])[kept]])
    return points[:SURFACE].astype(np.float32)


def _seen(
    points: NDArray[np.float32], size: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], list[float]]:
    camera = frame_camera(points, rng.uniform(-3, 3), rng.uniform(0.3, 1.0), 2.0)
    uv = camera.project(points)[0]
    cells = np.clip((uv + 1) / 2 * size, 0, size - 1).astype(int)
    picture = np.zeros((size, size, 4), np.uint8)
    color = (*rng.integers(60, 250, 3), 255)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            rows, columns = (cells[:, 1] + down).clip(0), (cells[:, 0] + right).clip(0)
            picture[rows.clip(max=size - 1), columns.clip(max=size - 1)] = color
    focal, shift_u, shift_v = camera.focal, camera.shift_u, camera.shift_v
    return picture, [camera.azimuth, camera.elevation, 2.0, focal, shift_u, shift_v, 0.0]
