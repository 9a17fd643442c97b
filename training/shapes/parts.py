"""A builder that grows a shape's surface and its medial parts together, part by part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from training.shapes.medial import Curve, Sheet

Floats = NDArray[np.float64]

FREE, INSIDE = 0.0, float("inf")
"""Ends of bars: one that is seen, and one that lies deep in another part."""

SQUARE_RADIUS = 1.1
"""Radius of the sphere that stands for a square section of half side 1: between side and corner."""


class ShapeBuilder:
    """Collects triangles and the medial curves and sheets whose envelope they are.

    Lengths are in any unit; ``training.shapes.generate`` scales the whole shape afterwards.

    Attributes
    ----------
    corners, normals
        Lists of (t, 3, 3) float64: corner positions and unit normals of triangles.
    colors
        List of (t, 3) float64 linear RGB, 0..1.
    curves, sheets
        The medial axis so far.
    """

    def __init__(self) -> None:
        self.corners: list[Floats] = []
        self.normals: list[Floats] = []
        self.colors: list[Floats] = []
        self.curves: list[Curve] = []
        self.sheets: list[Sheet] = []

    def bar(
        self,
        start: ArrayLike,
        end: ArrayLike,
        radius: float | tuple[float, float],
        color: Floats,
        *,
        square: bool = False,
        joined: tuple[float, float] = (FREE, FREE),
        sides: int = 12,
    ) -> None:
        """Add a straight bar; see ``tube``. Two radii make it conical."""
        radii = (radius, radius) if isinstance(radius, float | int) else radius
        self.tube([start, end], radii, color, square=square, joined=joined, sides=sides)

    def tube(
        self,
        points: Sequence[ArrayLike] | Floats,
        radii: ArrayLike,
        color: Floats,
        *,
        square: bool = False,
        joined: tuple[float, float] = (FREE, FREE),
        sides: int = 12,
    ) -> None:
        """Add a bar along a polyline, with flat ends, and the curve that is its medial axis.

        Parameters
        ----------
        points
            (k, 3), k >= 2, distinct neighbours.
        radii
            (k,) or one number: half thickness at each point.
        square
            Four flat sides in place of a round section.
        joined
            Half thickness of the part that the start and the end lie in: the curve stops where
            its last sphere would stand out of it, at a free end where it touches the flat end.
        """
        path = np.array(points, np.float64)
        thickness = np.broadcast_to(np.asarray(radii, np.float64), (len(path),)).copy()
        self._sweep(path, thickness, color, 4 if square else sides, square)
        scale = SQUARE_RADIUS if square else 1.0
        self.curves.append(_inset_curve(path, thickness, joined, scale))

    def ball(self, center: ArrayLike, radii: ArrayLike, color: Floats, *, rings: int = 12) -> None:
        """Add an ellipsoid of revolution about Z; ``radii`` is one number or (horizontal, up)."""
        middle = np.array(center, np.float64)
        across, up = np.broadcast_to(np.asarray(radii, np.float64), (2,))
        polar, around = np.meshgrid(
            np.linspace(0, np.pi, rings + 1),
            np.linspace(0, 2 * np.pi, 2 * rings + 1),
            indexing="ij",
        )
        unit = np.stack(
            [np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), np.cos(polar)], -1
        )
        normals = unit / [across, across, up]
        normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
        self._grid(middle + unit * [across, across, up], normals, color)
        if up >= 0.75 * across:
            reach = max(up - across, 0.02 * across)
            tip = np.array([0.0, 0.0, reach])
            self.curves.append(
                Curve(
                    np.stack([middle - tip, middle, middle + tip]),
                    np.array([0.95, 1, 0.95]) * min(across, up),
                )
            )
        else:
            grid = disc_grid(middle, across - up * up / across)
            rho = np.linalg.norm(grid - middle, axis=-1) / across
            self.sheets.append(Sheet(grid, up * np.sqrt(np.maximum(1 - rho**2, 0.05))))

    def patch(self, grid: Floats, radii: ArrayLike, color: Floats, *, closed: bool = False) -> None:
        """Add a bent plate with round rims, the envelope of a medial sheet.

        Parameters
        ----------
        grid
            (nu, nv, 3) float64, the sheet; ``closed`` joins its last row to its first.
        radii
            (nu, nv) or one number: half thickness.
        """
        thickness = np.broadcast_to(np.asarray(radii, np.float64), grid.shape[:2]).copy()
        self.sheets.append(Sheet(grid, thickness, closed))
        points = np.concatenate([grid, grid[:1]]) if closed else grid
        half = np.concatenate([thickness, thickness[:1]]) if closed else thickness
        normals = _grid_normals(points, closed)
        for side in (1.0, -1.0):
            self._grid(points + side * half[..., None] * normals, side * normals, color)
        for loop in _rims(points, half, normals, closed):
            self._rim(*loop, color)

    def slab(
        self, quad: ArrayLike, radius: ArrayLike, color: Floats, *, rounded: bool = False
    ) -> None:
        """Add a plate over a flat quadrilateral (4, 3) that reaches out to its corners.

        ``radius`` is the half thickness, one number or one a corner; at most 0.45 of the shortest
        side counts as inset of the sheet.
        """
        outer = np.array(quad, np.float64)
        half = np.broadcast_to(np.asarray(radius, np.float64), (4,)).copy()
        inner = _inset_quad(outer, float(half.mean()))
        if rounded:
            self.patch(_bilinear(inner, 2), half[[[0, 3], [1, 2]]], color)
            return
        self.sheets.append(Sheet(_bilinear(inner, 2), half[[[0, 3], [1, 2]]]))
        normal = np.cross(outer[1] - outer[0], outer[3] - outer[0])
        normal /= np.linalg.norm(normal)
        offset = half[:, None] * normal
        low, high = outer - offset, outer + offset
        faces = [low, high] + [
            np.stack([low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]]) for i in range(4)
        ]
        for face in faces:
            self._flat(face, color)

    def box(
        self, center: ArrayLike, half: ArrayLike, color: Floats, *, rounded: bool = False
    ) -> None:
        """Add a box along the axes: a slab, or a bar where two of its sizes are alike."""
        middle, size = np.array(center, np.float64), np.array(half, np.float64)
        thin, wide, long = np.argsort(size)
        axis = np.zeros(3)
        axis[long] = size[long]
        if size[wide] < 1.4 * size[thin]:
            side = float(np.sqrt(size[thin] * size[wide]))
            self.bar(middle - axis, middle + axis, side, color, square=not rounded)
            return
        across = np.zeros(3)
        across[wide] = size[wide]
        quad = [middle - axis - across, middle + axis - across]
        quad += [middle + axis + across, middle - axis + across]
        self.slab(quad, size[thin], color, rounded=rounded)

    def disc(
        self, center: ArrayLike, radius: float, half: float, color: Floats, *, rounded: bool = False
    ) -> None:
        """Add a flat, horizontal disc of a half thickness that is below its radius."""
        middle = np.array(center, np.float64)
        grid = disc_grid(middle, radius - min(half, 0.5 * radius))
        if rounded:
            self.patch(grid, half, color)
            return
        self.sheets.append(Sheet(grid, np.full(grid.shape[:2], half)))
        ends = np.stack([moved(middle, 0, 0, -half), moved(middle, 0, 0, half)])
        self._sweep(ends, np.full(2, radius), color, 32, False)

    def _sweep(self, path: Floats, radii: Floats, color: Floats, sides: int, flat: bool) -> None:
        """Add the surface of a tube: sides and two flat ends."""
        frames = _frames(path)
        turn = np.linspace(0, 2 * np.pi, sides + 1) + (np.pi / 4 if flat else 0.0)
        section = np.stack([np.cos(turn), np.sin(turn)], 1) * (np.sqrt(2) if flat else 1.0)
        rings = path[:, None] + radii[:, None, None] * np.einsum("sk,pkx->psx", section, frames)
        if flat:
            for side in range(sides):
                for i in range(len(path) - 1):
                    quad = rings[[i, i, i + 1, i + 1], [side, side + 1, side + 1, side]]
                    self._flat(quad, color)
        else:
            self._grid(rings, np.einsum("sk,pkx->psx", section, frames), color)
        for end in (0, -1):
            ring, middle = rings[end, :-1], path[end]
            corners = np.stack(
                [np.broadcast_to(middle, ring.shape), ring, np.roll(ring, -1, axis=0)], 1
            )
            normal = np.cross(frames[end, 0], frames[end, 1])
            self._triangles(corners, np.broadcast_to(normal, corners.shape), color)

    def _rim(
        self, points: Floats, outward: Floats, normals: Floats, half: Floats, color: Floats
    ) -> None:
        """Add the half round border of a plate along a loop of points."""
        angle = np.linspace(-np.pi / 2, np.pi / 2, 6)[:, None, None]
        direction = np.cos(angle) * outward + np.sin(angle) * normals
        self._grid(points + half[:, None] * direction, direction, color)

    def _flat(self, quad: Floats, color: Floats) -> None:
        normal = np.cross(quad[1] - quad[0], quad[2] - quad[0])
        length = np.linalg.norm(normal)
        if length > 0:
            corners = quad[[[0, 1, 2], [0, 2, 3]]]
            self._triangles(corners, np.broadcast_to(normal / length, corners.shape), color)

    def _grid(self, points: Floats, normals: Floats, color: Floats) -> None:
        """Add the two triangles of every cell of a (nu, nv, 3) grid."""
        rows, columns = points.shape[:2]
        index = np.arange(rows * columns).reshape(rows, columns)
        a, b = index[:-1, :-1].ravel(), index[1:, :-1].ravel()
        c, d = index[1:, 1:].ravel(), index[:-1, 1:].ravel()
        triangles = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
        flat, flat_normals = points.reshape(-1, 3), normals.reshape(-1, 3)
        self._triangles(flat[triangles], flat_normals[triangles], color)

    def _triangles(self, corners: Floats, normals: Floats, color: Floats) -> None:
        self.corners.append(corners)
        self.normals.append(np.array(normals))
        self.colors.append(np.broadcast_to(color, (len(corners), 3)))


def moved(point: Floats, x: float, y: float, z: float) -> Floats:
    """A point (3,) moved along the axes."""
    return np.asarray(point + np.array([x, y, z]))


def disc_grid(center: Floats, radius: float, cells: int = 12) -> Floats:
    """A square grid bent into a horizontal disc, (cells + 1, cells + 1, 3) float64."""
    x, y = np.meshgrid(*[np.linspace(-1, 1, cells + 1)] * 2, indexing="ij")
    flat = np.stack([x * np.sqrt(1 - y * y / 2), y * np.sqrt(1 - x * x / 2), 0 * x], -1)
    return np.asarray(center + radius * flat)


def _bilinear(quad: Floats, count: int) -> Floats:
    u, v = np.meshgrid(*[np.linspace(0, 1, count)] * 2, indexing="ij")
    u, v = u[..., None], v[..., None]
    return np.asarray(
        (1 - u) * (1 - v) * quad[0]
        + u * (1 - v) * quad[1]
        + u * v * quad[2]
        + (1 - u) * v * quad[3]
    )


def _inset_quad(quad: Floats, distance: float) -> Floats:
    """Move the sides of a quadrilateral inwards, by a share of their distance."""
    sides = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    along, across = float(min(sides[0], sides[2])), float(min(sides[1], sides[3]))
    u, v = min(distance / along, 0.45), min(distance / across, 0.45)
    weights = [(u, v), (1 - u, v), (1 - u, 1 - v), (u, 1 - v)]
    return np.array(
        [
            (1 - a) * (1 - b) * quad[0]
            + a * (1 - b) * quad[1]
            + a * b * quad[2]
            + (1 - a) * b * quad[3]
            for a, b in weights
        ]
    )


def _inset_curve(path: Floats, radii: Floats, joined: tuple[float, float], scale: float) -> Curve:
    """The curve of a tube, drawn back so that no end stands out of the part it lies in."""
    points, half = path.copy(), radii * scale
    for end, inner, host in ((0, 1, joined[0]), (-1, -2, joined[1])):
        step = path[inner] - path[end]
        stand = max(scale * float(radii[end]) - host, 0.0)
        longest = 0.45 * float(np.linalg.norm(step))
        share = 0.45 * min(stand / longest, 1.0)
        points[end] = path[end] + share * step
        half[end] = scale * ((1 - share) * radii[end] + share * radii[inner])
        if stand > longest:
            half[end] = longest + host
    return Curve(points, half)


def _frames(path: Floats) -> Floats:
    """(k, 2, 3) float64: two unit normals at each point, at mitred corners, without twist."""
    steps = np.diff(path, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    tangents = np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    guess = np.array([0.0, 0.0, 1.0]) if abs(tangents[0, 2]) < 0.8 else np.array([0.0, 1.0, 0.0])
    frames = np.empty((len(path), 2, 3))
    for i, tangent in enumerate(tangents):
        first = guess - (guess @ tangent) * tangent
        first /= np.linalg.norm(first)
        frames[i] = first, np.cross(tangent, first)
        guess = first
    return frames


def _grid_normals(points: Floats, closed: bool) -> Floats:
    if closed:
        wrapped = np.concatenate([points[-2:-1], points, points[1:2]])
        along = np.gradient(wrapped, axis=0)[1:-1]
    else:
        along = np.gradient(points, axis=0)
    normals = np.cross(along, np.gradient(points, axis=1))
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12))


def _rims(
    points: Floats, half: Floats, normals: Floats, closed: bool
) -> list[tuple[Floats, Floats, Floats, Floats]]:
    """The borders of a grid as loops of (points, outward directions, normals, radii)."""
    if closed:
        sides: list[tuple[slice | int, slice | int]] = [np.s_[:, 0], np.s_[::-1, -1]]
    else:
        sides = [np.s_[:, 0], np.s_[-1, :], np.s_[::-1, -1], np.s_[0, ::-1]]
    rows = []
    for side in sides:
        line, normal = points[side], normals[side]
        outward = np.cross(np.gradient(line, axis=0), normal)
        if closed:
            outward[0] = outward[-1] = outward[0] + outward[-1]
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-12)
        rows.append((line, outward, normal, half[side]))
    if closed:
        return rows
    loops = [[part] for part in rows[0]]
    for row in rows[1:]:
        _turn_corner(loops, row)
    _turn_corner(loops, tuple(part[:1] for part in rows[0]))
    line, outward, normal, radii = (np.concatenate(loop) for loop in loops)
    return [(line, outward, normal, radii)]


def _turn_corner(loops: list[list[Floats]], row: Sequence[Floats]) -> None:
    """Append a row to a loop, with outward directions in between around the corner."""
    before, after = loops[1][-1][-1], row[1][0]
    share = np.array([0.25, 0.5, 0.75])[:, None]
    between = (1 - share) * before + share * after
    between /= np.maximum(np.linalg.norm(between, axis=1, keepdims=True), 1e-12)
    fill = (
        np.repeat(row[0][:1], 3, 0),
        between,
        np.repeat(row[2][:1], 3, 0),
        np.repeat(row[3][:1], 3),
    )
    for loop, middle, part in zip(loops, fill, row, strict=True):
        loop += [middle, part]
