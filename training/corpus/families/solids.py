"""A builder that puts closed solids together: what the parametric families are made of.

Every solid is closed and oriented outward by itself; solids may overlap. Lengths are meters, Z is
up and the front looks toward -Y.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import ConvexHull

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

X, Y, Z = np.eye(3)


class SolidBuilder:
    """Collects closed solids.

    Attributes
    ----------
    vertices, faces
        Lists of (n, 3) float64 and (t, 3) int64; faces count from their own solid's first vertex.
    colors
        List of (3,) float64 linear RGB, 0..1, one a solid.
    """

    def __init__(self) -> None:
        self.vertices: list[Floats] = []
        self.faces: list[Integers] = []
        self.colors: list[Floats] = []

    def add(self, vertices: ArrayLike, faces: ArrayLike, color: Floats) -> None:
        """Add a closed solid; its faces are turned outward."""
        points, triangles = np.array(vertices, np.float64), np.array(faces, np.int64)
        a, b, c = points[triangles].transpose(1, 0, 2)
        if (a * np.cross(b, c)).sum() < 0:
            triangles = triangles[:, ::-1]
        self.vertices.append(points)
        self.faces.append(triangles)
        self.colors.append(np.clip(color, 0, 1))

    def place(self, other: SolidBuilder, move: ArrayLike = (0, 0, 0), turn: float = 0.0) -> None:
        """Add what another builder holds, turned about Z by an angle in radians, then moved."""
        cosine, sine = np.cos(turn), np.sin(turn)
        matrix = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])
        for vertices, faces, color in zip(other.vertices, other.faces, other.colors, strict=True):
            self.add(vertices @ matrix.T + np.asarray(move), faces, color)

    def lean(self, angle: float, pivot: ArrayLike = (0, 0, 0)) -> None:
        """Turn all that is held about an axis along X; a positive angle leans the top to +Y."""
        cosine, sine = np.cos(angle), np.sin(angle)
        matrix = np.array([[1, 0, 0], [0, cosine, sine], [0, -sine, cosine]])
        middle = np.asarray(pivot, np.float64)
        self.vertices = [(v - middle) @ matrix.T + middle for v in self.vertices]

    def hull(self, points: ArrayLike, color: Floats) -> None:
        """Add the convex hull of (n, 3) points."""
        cloud = np.array(points, np.float64)
        hull = ConvexHull(cloud)
        faces = hull.simplices.astype(np.int64)
        a, b, c = cloud[faces].transpose(1, 0, 2)
        inward = (np.cross(b - a, c - a) * hull.equations[:, :3]).sum(1) < 0
        faces[inward] = faces[inward][:, ::-1]
        used, index = np.unique(faces, return_inverse=True)
        self.add(cloud[used], index.reshape(-1, 3), color)

    def box(
        self, center: ArrayLike, size: ArrayLike, color: Floats, *, round_off: float = 0.0
    ) -> None:
        """Add a box along the axes; ``round_off`` is the radius of its edges and corners."""
        half = np.array(size, np.float64) / 2
        signs = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)])
        if round_off <= 0:
            self.hull(center + signs * half, color)
            return
        radius = min(round_off, 0.98 * float(half.min()))
        corners = signs * (half - radius)
        self.hull(
            np.asarray(center) + np.concatenate([c + radius * _SPHERE for c in corners]), color
        )

    def bar(
        self,
        start: ArrayLike,
        end: ArrayLike,
        radius: float | tuple[float, float],
        color: Floats,
        *,
        square: bool = False,
        sides: int = 14,
    ) -> None:
        """Add a straight bar, round or square; two radii make it conical."""
        radii = radius if isinstance(radius, tuple) else (radius, radius)
        self.tube(
            np.stack([np.asarray(start), np.asarray(end)]),
            radii,
            color,
            sides=4 if square else sides,
        )

    def tube(self, path: ArrayLike, radii: ArrayLike, color: Floats, *, sides: int = 12) -> None:
        """Add a bar along (k, 3) points, k >= 2; ``radii`` is one number or (k,)."""
        points = np.array(path, np.float64)
        thickness = np.broadcast_to(np.asarray(radii, np.float64), (len(points),))
        first, second = _frames(points)
        start = np.pi / 4 if sides == 4 else 0.0
        reach = np.sqrt(2) if sides == 4 else 1.0
        angle = start + np.linspace(0, 2 * np.pi, sides, endpoint=False)
        ring = np.cos(angle)[:, None] * first[:, None] + np.sin(angle)[:, None] * second[:, None]
        self.loft(points[:, None] + reach * thickness[:, None, None] * ring, color)

    def loft(self, sections: Floats, color: Floats) -> None:
        """Add the solid through (k, m, 3) rings; both ends are closed by fans to their middles."""
        rings, count = sections.shape[:2]
        index = np.arange(rings * count).reshape(rings, count)
        a, b = index[:-1].ravel(), np.roll(index, -1, 1)[:-1].ravel()
        c, d = np.roll(index, -1, 1)[1:].ravel(), index[1:].ravel()
        faces = [np.stack([a, b, c], 1), np.stack([a, c, d], 1)]
        ends = np.stack([sections[0].mean(0), sections[-1].mean(0)])
        for end, row in enumerate((index[0], index[-1])):
            middle = np.full(count, rings * count + end)
            pair = (np.roll(row, -1), row) if end == 0 else (row, np.roll(row, -1))
            faces.append(np.stack([middle, *pair], 1))
        self.add(np.concatenate([sections.reshape(-1, 3), ends]), np.concatenate(faces), color)

    def lathe(
        self,
        profile: ArrayLike,
        center: ArrayLike,
        color: Floats,
        *,
        axis: ArrayLike = (0, 0, 1),
        sides: int = 28,
    ) -> None:
        """Add a solid of revolution.

        Parameters
        ----------
        profile
            (k, 2) radius and height along ``axis`` above ``center``; radii are positive.
        """
        rows = np.array(profile, np.float64)
        up = np.asarray(axis, np.float64) / np.linalg.norm(axis)
        side = np.cross(up, X if abs(up[0]) < 0.9 else Y)
        side /= np.linalg.norm(side)
        angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)[:, None]
        ring = np.cos(angle) * side + np.sin(angle) * np.cross(up, side)
        sections = rows[:, 0, None, None] * ring + rows[:, 1, None, None] * up
        self.loft(np.asarray(center) + sections, color)

    def ball(self, center: ArrayLike, radii: ArrayLike, color: Floats) -> None:
        """Add an ellipsoid; ``radii`` is one number or one an axis."""
        self.add(np.asarray(center) + _BALL * np.asarray(radii), _BALL_FACES, color)

    def sheet(self, grid: Floats, thickness: float, color: Floats) -> None:
        """Add a bent plate around a (nu, nv, 3) grid, half its thickness to either side."""
        normals = np.cross(np.gradient(grid, axis=0), np.gradient(grid, axis=1))
        normals /= np.maximum(np.linalg.norm(normals, axis=-1, keepdims=True), 1e-12)
        sides = [grid + sign * thickness / 2 * normals for sign in (1, -1)]
        rows, columns = grid.shape[:2]
        index = np.arange(rows * columns).reshape(rows, columns)
        a, b = index[:-1, :-1].ravel(), index[1:, :-1].ravel()
        c, d = index[1:, 1:].ravel(), index[:-1, 1:].ravel()
        top = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
        border = np.concatenate([index[:-1, 0], index[-1, :-1], index[:0:-1, -1], index[0, :0:-1]])
        after, count = np.roll(border, -1), rows * columns
        rim = np.concatenate(
            [
                np.stack([after, border, border + count], 1),
                np.stack([after, border + count, after + count], 1),
            ]
        )
        faces = np.concatenate([top, top[:, ::-1] + count, rim])
        self.add(np.concatenate([side.reshape(-1, 3) for side in sides]), faces, color)

    def extrude(
        self,
        outline: ArrayLike,
        depth: tuple[float, float],
        color: Floats,
        *,
        axes: tuple[Floats, Floats, Floats] = (Y, Z, X),
    ) -> None:
        """Add a prism over a simple polygon.

        Parameters
        ----------
        outline
            (k, 2) corners along the first two axes, in either sense.
        depth
            From and to along the third axis.
        """
        flat = np.array(outline, np.float64)
        triangles = triangulate(flat)
        first, second, along = axes
        base = flat[:, :1] * first + flat[:, 1:] * second
        points = np.concatenate([base + depth[0] * along, base + depth[1] * along])
        count = len(flat)
        here = np.arange(count)
        after = np.roll(here, -1)
        faces = np.concatenate(
            [
                triangles,
                triangles[:, ::-1] + count,
                np.stack([after, here, here + count], 1),
                np.stack([after, here + count, after + count], 1),
            ]
        )
        self.add(points, faces, color)


def triangulate(outline: Floats) -> Integers:
    """Cut a simple polygon, (k, 2), into (k - 2, 3) counter-clockwise triangles, ear by ear.

    Raises
    ------
    ValueError
        When no ear is found, so the outline crosses itself.
    """
    x, y = outline.T
    order = list(range(len(outline)))
    if (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() < 0:
        order.reverse()
    triangles = []
    while len(order) > 3:
        for i in range(len(order)):
            a, b, c = order[i - 1], order[i], order[(i + 1) % len(order)]
            others = outline[[k for k in order if k not in (a, b, c)]]
            if _turn(outline[a], outline[b], outline[c]) > 0 and not _any_inside(
                others, outline[a], outline[b], outline[c]
            ):
                triangles.append((a, b, c))
                order.pop(i)
                break
        else:
            raise ValueError("the outline crosses itself")
    triangles.append((order[0], order[1], order[2]))
    faces = np.array(triangles, np.int64)
    clockwise = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() < 0
    return faces[:, ::-1] if clockwise else faces


def grey(level: float) -> Floats:
    """A grey, (3,) float64 linear RGB."""
    return np.full(3, level, np.float64)


def rounded_outline(
    width: float,
    height: float,
    radius: float,
    center: tuple[float, float] = (0.0, 0.0),
    steps: int = 4,
) -> Floats:
    """A rectangle with round corners, (4 * (steps + 1), 2) float64, counter-clockwise."""
    reach = min(radius, 0.49 * min(width, height))
    angle = np.linspace(0, np.pi / 2, steps + 1)
    corners = []
    for i, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        middle = np.add(center, [sx * (width / 2 - reach), sy * (height / 2 - reach)])
        turned = angle + i * np.pi / 2
        corners.append(middle + reach * np.stack([np.cos(turned), np.sin(turned)], 1))
    return np.concatenate(corners)


def curve(points: Sequence[ArrayLike] | Floats, count: int = 12) -> Floats:
    """A smooth curve through a few points: Catmull-Rom, (count, d)."""
    knots = np.array(points, np.float64)
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    place = np.linspace(0, len(knots) - 1, count)
    i = np.minimum(place.astype(int), len(knots) - 2)
    t = (place - i)[:, None]
    a, b, c, d = (padded[i + k] for k in range(4))
    return np.asarray(
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )
    )


def _turn(a: Floats, b: Floats, c: Floats) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))


def _any_inside(points: Floats, a: Floats, b: Floats, c: Floats) -> bool:
    signs = []
    for first, second in ((a, b), (b, c), (c, a)):
        step, away = second - first, points - first
        signs.append(step[0] * away[:, 1] - step[1] * away[:, 0] >= 0)
    return bool((signs[0] & signs[1] & signs[2]).any())


def _frames(path: Floats) -> tuple[Floats, Floats]:
    """Two unit normals at each point of a path, (k, 3) each, without twist."""
    steps = np.diff(path, axis=0)
    steps /= np.linalg.norm(steps, axis=1, keepdims=True)
    tangents = np.concatenate([steps[:1], steps[:-1] + steps[1:], steps[-1:]])
    tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-9)
    guess = Z if abs(tangents[0, 2]) < 0.8 else X
    first = np.empty_like(path)
    for i, tangent in enumerate(tangents):
        guess = guess - (guess @ tangent) * tangent
        guess = guess / np.linalg.norm(guess)
        first[i] = guess
    return first, np.cross(tangents, first)


def _make_ball(rings: int = 12) -> tuple[Floats, Integers]:
    """A unit sphere of latitudes and longitudes, closed."""
    polar = np.linspace(0, np.pi, rings + 1)[1:-1]
    around = np.linspace(0, 2 * np.pi, 2 * rings, endpoint=False)
    ring = np.stack(
        [
            np.outer(np.sin(polar), np.cos(around)),
            np.outer(np.sin(polar), np.sin(around)),
            np.outer(np.cos(polar), np.ones_like(around)),
        ],
        -1,
    ).reshape(-1, 3)
    points = np.concatenate([ring, [[0, 0, 1.0], [0, 0, -1]]])
    return points, ConvexHull(points).simplices.astype(np.int64)


def _outward(points: Floats, faces: Integers) -> Integers:
    a, b, c = points[faces].transpose(1, 0, 2)
    inward = (np.cross(b - a, c - a) * (a + b + c)).sum(1) < 0
    turned = faces.copy()
    turned[inward] = turned[inward][:, ::-1]
    return turned


_BALL, _BALL_SIMPLICES = _make_ball()
_BALL_FACES = _outward(_BALL, _BALL_SIMPLICES)
_SPHERE = _make_ball(4)[0]
"""A coarse sphere: the corners of rounded boxes."""
