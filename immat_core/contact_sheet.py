"""Small pictures of meshes, their medial meshes and rebuilt surfaces side by side. NumPy, Pillow.

Surfaces are drawn as dense random points through a depth buffer: no holes at these sizes, no
graphics library, and any soup can be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

Doubles: TypeAlias = NDArray[np.float64]
Pixels: TypeAlias = NDArray[np.uint8]

PAPER = 235
POINTS_A_PIXEL = 12
AZIMUTH, ELEVATION = 0.6, 0.4
"""Where the viewer stands, in radians: to the right of the front, and above."""
INPUT, SPHERE, LINE, REBUILT = (150, 152, 158), (237, 145, 60), (30, 60, 110), (110, 150, 200)
COLUMNS = 4


@dataclass(frozen=True)
class View:
    """A parallel projection that keeps a whole object in a square of ``size`` pixels.

    Attributes
    ----------
    center
        (3,) float64, what is in the middle.
    scale
        Pixels per unit.
    size
        Pixels along each side.
    """

    center: Doubles
    scale: float
    size: int

    @staticmethod
    def of(points: NDArray[np.floating[Any]], size: int) -> View:
        """The view in which (n, 3) points fill the square but for a margin."""
        low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
        diagonal = float(np.linalg.norm(high - low)) or 1.0
        return View((low + high) / 2, 0.96 * size / diagonal, size)

    @property
    def axes(self) -> Doubles:
        """(3, 3) rows: to the right, up, toward the viewer."""
        sine, cosine = np.sin(AZIMUTH), np.cos(AZIMUTH)
        toward = np.array(
            [np.cos(ELEVATION) * sine, -np.cos(ELEVATION) * cosine, np.sin(ELEVATION)]
        )
        right = np.array([cosine, sine, 0.0])
        return np.stack([right, np.cross(toward, right), toward])


def draw_mesh(
    view: View,
    vertices: NDArray[np.floating[Any]],
    triangles: NDArray[np.integer[Any]],
    color: tuple[int, int, int] = INPUT,
) -> Pixels:
    """Draw (n, 3) vertices and (t, 3) triangles, lit from the viewer: (size, size, 3) uint8."""
    corners = vertices.astype(np.float64)[triangles]
    corners = corners[np.isfinite(corners).all((1, 2))]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(normals, axis=1)
    if not area.sum() > 0:
        return np.full((view.size, view.size, 3), PAPER, np.uint8)
    rng = np.random.default_rng(0)
    count = POINTS_A_PIXEL * view.size**2
    chosen = rng.choice(len(area), count, p=area / area.sum())
    a, b = rng.random((2, count, 1))
    a, b = np.where(a + b > 1, 1 - a, a), np.where(a + b > 1, 1 - b, b)
    origin, one, two = corners[chosen].transpose(1, 0, 2)
    points = origin + a * (one - origin) + b * (two - origin)
    return _draw_points(view, points, normals[chosen] / area[chosen, None], color)


def draw_medial_mesh(view: View, mat: MedialMesh) -> Pixels:
    """Draw a medial mesh, spheres at half their size and edges over them: (size, size, 3) uint8."""
    share: Doubles = np.linspace(0, 1, 4 * POINTS_A_PIXEL)[:, None]
    ends: Doubles = mat.centers.astype(np.float64)[mat.all_edges]
    lines = (ends[:, None, 0] * (1 - share) + ends[:, None, 1] * share).reshape(-1, 3)
    count = max(64, POINTS_A_PIXEL * view.size**2 // max(len(mat.radii), 1))
    rng = np.random.default_rng(0)
    normals = rng.normal(size=(count, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    balls = mat.centers[:, None] + 0.5 * mat.radii[:, None, None] * normals
    picture = _draw_points(
        view, balls.reshape(-1, 3), np.tile(normals, (len(mat.radii), 1)), SPHERE
    )
    rows, columns, _ = _place(view, lines)
    picture[rows, columns] = LINE
    return picture


def draw_fit(
    vertices: NDArray[np.floating[Any]],
    triangles: NDArray[np.integer[Any]],
    mat: MedialMesh,
    size: int = 192,
) -> Pixels:
    """Draw a mesh, its medial mesh and the surface rebuilt of it: (size, 3 size, 3) uint8."""
    from immat_core.surface import build_surface

    view = View.of(np.asarray(mat.bounds), size)
    diagonal = float(np.linalg.norm(mat.bounds[1] - mat.bounds[0]))
    rebuilt = build_surface(mat, diagonal / 160)
    return np.concatenate(
        [
            draw_mesh(view, vertices, triangles),
            draw_medial_mesh(view, mat),
            draw_mesh(view, rebuilt.vertices, rebuilt.triangles, REBUILT),
        ],
        axis=1,
    )


def write_sheet(path: str | Path, rows: Sequence[tuple[str, Pixels]]) -> None:
    """Write pictures of the same height with a name over each, ``COLUMNS`` beside one another.

    Raises
    ------
    UserError
        When Pillow is missing, there is no picture, or the file cannot be written there.
    """
    from immat_core.atomic_file import written_beside

    image_module, draw_module = _pillow()
    if not rows:
        raise UserError("no mesh was fitted, so there is no contact sheet", "Mend the inputs")
    height, width = rows[0][1].shape[:2]
    line = 14
    columns = min(COLUMNS, len(rows))
    lines = -(-len(rows) // columns)
    sheet = image_module.new("RGB", (columns * width, lines * (height + line)), (PAPER,) * 3)
    pen = draw_module.Draw(sheet)
    for index, (name, pixels) in enumerate(rows):
        left, top = index % columns * width, index // columns * (height + line)
        sheet.paste(image_module.fromarray(pixels), (left, top + line))
        pen.text((left + 4, top + 1), name.encode("latin-1", "replace").decode("latin-1"), "black")
    with written_beside(path) as beside:
        sheet.save(beside)


def _pillow() -> tuple[Any, Any]:
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise UserError(
            "a contact sheet needs the package Pillow", "Install it: pip install pillow"
        ) from error
    return Image, ImageDraw


def _draw_points(
    view: View, points: Doubles, normals: Doubles, color: tuple[int, int, int]
) -> Pixels:
    """Draw points with the light of a lamp above the viewer; the nearest of each pixel wins."""
    rows, columns, depth = _place(view, points)
    lamp = view.axes.T @ np.array([-0.35, 0.5, 0.8])
    level = 0.5 + 0.5 * np.abs(normals @ (lamp / np.linalg.norm(lamp)))
    picture = np.full((view.size, view.size, 3), PAPER, np.uint8)
    order = np.argsort(depth, kind="stable")
    # The last one that is written to a pixel stays, and that is the nearest.
    rows, columns, level = rows[order], columns[order], level[order]
    picture[rows, columns] = np.clip(level[:, None] * color, 0, 255).astype(np.uint8)
    return picture


def _place(view: View, points: Doubles) -> tuple[NDArray[np.int64], NDArray[np.int64], Doubles]:
    """The pixels (rows, columns) of points and their nearness; outside ones go to the border."""
    x, y, depth = view.axes @ (points - view.center).T * view.scale
    last = view.size - 1
    columns = np.clip(np.floor(x + view.size / 2), 0, last).astype(np.int64)
    rows = np.clip(np.floor(view.size / 2 - y), 0, last).astype(np.int64)
    return rows, columns, depth
