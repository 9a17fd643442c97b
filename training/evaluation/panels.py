"""Panels of the pictures: what was seen, shaded surfaces, medial meshes, and grids of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from immat_core.camera import Camera
from immat_core.metrics import Triangles
from training.render import render

Panel = Callable[[Any], None]
"""Draws into an axis of matplotlib."""

SIDE = 160
"""Pixels of a shaded surface."""

COLORS = 128
"""Of a written picture."""

OURS, THEIRS, TRUE = (0.18, 0.38, 0.75), (0.55, 0.55, 0.55), (0.25, 0.55, 0.28)
"""Linear colors of surfaces: of ours, of other answers, of the truth."""


@dataclass(frozen=True, eq=False)
class _Flat:
    """Triangles that share no vertex, as ``training.render`` draws them."""

    vertices: NDArray[np.float32]
    normals: NDArray[np.float32]
    colors: NDArray[np.float32]


def write_grid(
    path: Path,
    rows: Sequence[Sequence[Panel]],
    titles: Sequence[str],
    labels: Sequence[str] | None = None,
) -> None:
    """Write panels in rows and columns as a PNG, with a title over each column."""
    from matplotlib import pyplot

    columns = max(map(len, rows), default=1)
    size = (1.5 * columns, 1.5 * max(len(rows), 1) + 0.3)
    figure, axes = pyplot.subplots(max(len(rows), 1), columns, figsize=size, squeeze=False)
    for axis in axes.flat:
        axis.axis("off")
    for k, row in enumerate(rows):
        for axis, panel in zip(axes[k], row, strict=False):
            panel(axis)
        if labels is not None:
            axes[k, 0].text(
                -0.02, 0.5, labels[k], rotation=90, ha="right", va="center", fontsize=7,
                transform=axes[k, 0].transAxes,
            )  # fmt: skip
    for axis, title in zip(axes[0], titles, strict=False):
        axis.set_title(title, fontsize=7)
    top = 1 - 0.3 / size[1]
    figure.subplots_adjust(0.03, 0.01, 0.99, top, 0.04, 0.04)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    # A quarter of the size, and nothing to be seen of it.
    with Image.open(path) as image:
        plain = image.convert("RGB")
        few = plain.quantize(COLORS) if path.suffix == ".png" else plain
        few.save(path, optimize=True)


def picture_panel(rgba: NDArray[np.uint8]) -> Panel:
    """A picture (S, S, 4) on gray."""
    return lambda axis: axis.imshow(_on(rgba, 0.85))


def surface_panel(mesh: Triangles, camera: Camera, color: tuple[float, float, float]) -> Panel:
    """A surface, shaded, as a camera sees it."""
    shaded = _on(shade(mesh, camera, color), 1.0)
    return lambda axis: axis.imshow(shaded)


def medial_panel(
    spheres: NDArray[np.float32],
    edges: NDArray[np.integer[Any]],
    faces: NDArray[np.integer[Any]],
    camera: Camera,
) -> Panel:
    """Spheres and connections, as a camera sees them."""
    return lambda axis: draw(axis, spheres, edges, faces, camera)


def shade(mesh: Triangles, camera: Camera, color: tuple[float, float, float]) -> Any:
    """(SIDE, SIDE, 4) uint8, the surface with flat faces of one color."""
    corners = mesh.vertices[mesh.faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    flat = _Flat(
        corners.reshape(-1, 3).astype(np.float32),
        normals.repeat(3, axis=0).astype(np.float32),
        np.tile(np.array(color, np.float32), (len(corners), 1)),
    )
    return render(flat, camera, size=SIDE)


def _on(rgba: NDArray[np.uint8], level: float) -> NDArray[np.float64]:
    alpha = rgba[..., 3:] / 255
    mixed: NDArray[np.float64] = rgba[..., :3] / 255 * alpha + level * (1 - alpha)
    return mixed


def draw(
    axis: Any,
    spheres: NDArray[np.float32],
    edges: NDArray[np.integer[Any]],
    faces: NDArray[np.integer[Any]],
    camera: Camera,
) -> None:
    """Draw (n, 4) spheres as discs, edges as lines and faces as triangles, far ones first."""
    from matplotlib.collections import EllipseCollection, LineCollection, PolyCollection

    uv, depth = camera.project(spheres[:, :3])
    order = np.argsort(-depth)
    size = 2 * camera.focal * spheres[order, 3] / depth[order]
    axis.add_collection(
        PolyCollection(uv[faces], facecolors=(0.8, 0.2, 0.2, 0.25), edgecolors="none")
    )
    axis.add_collection(
        EllipseCollection(
            size,
            size,
            np.zeros(len(size)),
            units="x",
            offsets=uv[order],
            offset_transform=axis.transData,
            facecolors=(0.35, 0.6, 0.95, 0.45),
            edgecolors="none",
        )
    )
    axis.add_collection(LineCollection(uv[edges], colors=(0.1, 0.1, 0.3, 0.8), linewidths=0.5))
    axis.set(xlim=(-1.05, 1.05), ylim=(1.05, -1.05), aspect="equal")
