"""Small drawings of medial meshes and surfaces for the user guide: NumPy, Numba and Pillow.

A panel shows a surface, pale where a medial mesh is drawn over it: its faces and edges, and each
sphere as a circle of its true size, filled where it is selected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from immat_core.medial_mesh import MedialMesh
from immat_core.surface import SurfaceMesh, build_surface
from immat_core.thickness import vertex_normals
from training.pictures.raster import rasterise

Doubles = NDArray[np.float64]

FINER = 2
"""Drawn so much larger, then made smaller: smooth edges."""
MARGIN, CAPTION = 8, 20
"""Pixels around the shape, and of the line of text below."""
CLAY, LINE, RING, CHOSEN = (122, 156, 200), (36, 56, 96), (104, 112, 130), (236, 120, 20)
PALE = 0.5
"""Share of white in a surface with a medial mesh over it."""
MANY = 100
"""Spheres from which on edges are drawn thin."""
HEIGHT_OFFSET = 1000.0
"""The z-buffer begins at 0 and weights by height: far above it all weigh the same."""


@dataclass(frozen=True)
class View:
    """A parallel projection.

    Attributes
    ----------
    center
        (3,) what is in the middle.
    axes
        (3, 3) rows: to the right, up, toward the viewer.
    scale
        Pixels a unit.
    width, height
        In pixels.
    """

    center: Doubles
    axes: Doubles
    scale: float
    width: int
    height: int

    @staticmethod
    def of(
        mats: Sequence[MedialMesh],
        width: int = 230,
        height: int = 230,
        azimuth: float = 0.5,
        elevation: float = 0.35,
    ) -> View:
        """The view from the right of the front, and above, that all of these fill."""
        sine, cosine = np.sin(azimuth), np.cos(azimuth)
        toward = np.array(
            [np.cos(elevation) * sine, -np.cos(elevation) * cosine, np.sin(elevation)]
        )
        right = np.array([cosine, sine, 0.0])
        axes = np.stack([right, np.cross(toward, right), toward])
        spheres = np.concatenate([mat.spheres for mat in mats]).astype(np.float64)
        seen, radii = spheres[:, :3] @ axes.T, spheres[:, 3:]
        low, high = (seen - radii).min(0), (seen + radii).max(0)
        room = np.array([width, height]) - 2 * MARGIN
        scale = float((room / (high - low)[:2]).min())
        return View((low + high) / 2 @ axes, axes, scale, width, height)

    def place(self, points: NDArray[np.floating[Any]]) -> Doubles:
        """(n, 3): pixels to the right and down, and the height toward the viewer."""
        seen = (np.asarray(points, np.float64) - self.center) @ self.axes.T * self.scale
        placed: Doubles = seen * [1, -1, 1] + [self.width / 2, self.height / 2, 0]
        return placed


@dataclass(frozen=True, eq=False)
class Panel:
    """What one drawing shows.

    Attributes
    ----------
    caption
        The text below.
    mat
        Drawn over the surface, if any.
    chosen
        (n,) bool, the spheres that are selected.
    balls
        (n, 3) colors from 0 to 1 that the spheres are filled with.
    surface
        None for none.
    colors
        (f, 3) from 0 to 1, of the surface's faces.
    wires
        Whether the surface's faces are outlined.
    """

    caption: str
    mat: MedialMesh | None = None
    chosen: NDArray[np.bool_] | None = None
    balls: NDArray[np.floating[Any]] | None = None
    surface: SurfaceMesh | None = None
    colors: NDArray[np.floating[Any]] | None = None
    wires: bool = False


def skinned(
    caption: str, mat: MedialMesh, chosen: NDArray[np.bool_] | None = None, voxel: float = 0.02
) -> Panel:
    """A medial mesh over its own surface."""
    return Panel(caption, mat, chosen, surface=build_surface(mat, voxel, quads=False))


def draw(view: View, panels: Sequence[Panel]) -> Image.Image:
    """Panels side by side, of one view."""
    return captioned([(panel.caption, _drawn(view, panel)) for panel in panels])


def captioned(pictures: Sequence[tuple[str, Image.Image]]) -> Image.Image:
    """Pictures of one size side by side, each with a line of text below."""
    width, height = pictures[0][1].size
    joined = Image.new("RGB", (width * len(pictures), height + CAPTION), "white")
    pen = ImageDraw.Draw(joined)
    font = ImageFont.load_default(size=13)
    for index, (caption, picture) in enumerate(pictures):
        left = width * index
        joined.paste(picture, (left, 0))
        middle = (left + width / 2, height + CAPTION / 2)
        pen.text(middle, caption, fill="black", font=font, anchor="mm")
    return joined


def below(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures under one another."""
    joined = Image.new("RGB", (max(p.width for p in pictures), sum(p.height for p in pictures)))
    joined.paste("white", (0, 0, *joined.size))
    top = 0
    for picture in pictures:
        joined.paste(picture, (0, top))
        top += picture.height
    return joined


def _drawn(view: View, panel: Panel) -> Image.Image:
    size = (view.width * FINER, view.height * FINER)
    picture = Image.new("RGBA", size, "white")
    if panel.surface is not None:
        shaded = _shaded(view, panel.surface, panel.colors, wires=panel.wires)
        if panel.mat is not None:
            shaded = shaded * (1 - PALE) + 255 * PALE
        picture = Image.fromarray(shaded.astype(np.uint8)).convert("RGBA")
    if panel.mat is not None:
        over = Image.new("RGBA", size, (0, 0, 0, 0))
        _draw_medial_mesh(ImageDraw.Draw(over), view, panel)
        picture.alpha_composite(over)
    return picture.convert("RGB").resize((view.width, view.height), Image.Resampling.LANCZOS)


def _shaded(
    view: View, surface: SurfaceMesh, colors: NDArray[np.floating[Any]] | None, *, wires: bool
) -> Doubles:
    """The surface lit from the upper left, (rows, columns, 3) from 0 to 255."""
    vertices, triangles = surface.vertices.astype(np.float64), surface.triangles
    screen = (view.place(vertices) * [FINER, FINER, 1] + [0, 0, HEIGHT_OFFSET]).astype(np.float32)
    side = FINER * max(view.width, view.height)
    highest, owner = np.zeros((side, side), np.float32), np.full((side, side), -1, np.int32)
    weights = np.zeros((side, side, 2), np.float32)
    rasterise(np.ascontiguousarray(screen[triangles]), highest, owner, weights)
    seen = owner >= 0
    two, three = weights[seen].T[:, :, None]
    corners = vertex_normals(vertices, triangles)[triangles[owner[seen]]]
    normals = corners[:, 0] * (1 - two - three) + corners[:, 1] * two + corners[:, 2] * three
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    lamp = view.axes.T @ np.array([-0.4, 0.55, 0.73])
    level = 0.5 + 0.5 * np.abs(normals @ lamp)[:, None]
    faces = np.arange(len(triangles))
    if len(surface.faces) != len(triangles):
        faces = faces // 2
    own = np.array(CLAY) if colors is None else 255 * np.asarray(colors)[faces[owner[seen]]]
    picture = np.full((side, side, 3), 255.0)
    picture[seen] = np.minimum(own * level * 1.05, 255)
    if wires:
        _outline(picture, np.where(seen, faces[owner], -1))
    return picture[: FINER * view.height, : FINER * view.width]


def _outline(picture: Doubles, faces: NDArray[np.integer[Any]]) -> None:
    """Darken the pixels where one face ends and another begins."""
    ends = np.zeros(faces.shape, bool)
    ends[:, 1:] |= faces[:, 1:] != faces[:, :-1]
    ends[1:] |= faces[1:] != faces[:-1]
    picture[ends] *= 0.45


def _draw_medial_mesh(pen: ImageDraw.ImageDraw, view: View, panel: Panel) -> None:
    mat = panel.mat
    assert mat is not None
    places = view.place(mat.centers) * FINER
    flat = [tuple(place) for place in places[:, :2].tolist()]
    for face in mat.faces.tolist():
        pen.polygon([flat[i] for i in face], fill=(*LINE, 40))
    for one, two in mat.all_edges.tolist():
        pen.line([flat[one], flat[two]], fill=(*LINE, 255), width=3 if len(flat) < MANY else 1)
    chosen = np.zeros(len(flat), bool) if panel.chosen is None else panel.chosen
    for i in np.argsort(places[:, 2], kind="stable").tolist():
        x, y = flat[i]
        radius = float(mat.radii[i]) * view.scale * FINER
        circle = (x - radius, y - radius, x + radius, y + radius)
        if panel.balls is not None:
            fill = tuple(int(255 * c) for c in panel.balls[i])
            pen.ellipse(circle, fill=(*fill, 235), outline=(*LINE, 255), width=2)
        elif chosen[i]:
            pen.ellipse(circle, fill=(*CHOSEN, 110), outline=(*CHOSEN, 255), width=3)
        else:
            pen.ellipse(circle, outline=(*RING, 230), width=2)
        if panel.balls is None:
            color = CHOSEN if chosen[i] else LINE
            dot = min(4.0, 0.35 * radius)
            pen.ellipse((x - dot, y - dot, x + dot, y + dot), fill=(*color, 255))
