"""A builder for the surfaces of things: boxes, turned, swept, lofted and cut-out parts, colored."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class MeshBuilder:
    """Collects triangles. Lengths are in any unit; Z is up and the front looks toward -Y.

    Attributes
    ----------
    corners
        List of (t, 3, 3) float64.
    colors
        List of (t, 3) float64 linear RGB.
    """

    def __init__(self) -> None:
        self.corners: list[Floats] = []
        self.colors: list[Floats] = []

    @property
    def triangles(self) -> tuple[Floats, Floats]:
        """All corners (t, 3, 3) and colors (t, 3)."""
        return np.concatenate(self.corners), np.concatenate(self.colors)

    def add(self, corners: ArrayLike, color: Floats) -> None:
        """Add (t, 3, 3) triangles of one color."""
        given = np.array(corners, np.float64).reshape(-1, 3, 3)
        self.corners.append(given)
        self.colors.append(np.broadcast_to(color, (len(given), 3)).copy())

    def mirror(self, start: int = 0, axis: int = 0) -> None:
        """Add the mirror image of all parts from the ``start``-th on."""
        for corners, colors in list(zip(self.corners, self.colors, strict=True))[start:]:
            turned = corners[:, ::-1].copy()
            turned[..., axis] *= -1
            self.corners.append(turned)
            self.colors.append(colors)

    def turn(self, angle: float, axis: int, pivot: ArrayLike, start: int = 0) -> None:
        """Turn all parts from the ``start``-th on about an axis through ``pivot``."""
        cosine, sine = np.cos(angle), np.sin(angle)
        one, two = (axis + 1) % 3, (axis + 2) % 3
        middle = np.asarray(pivot, np.float64)
        for number in range(start, len(self.corners)):
            points = self.corners[number] - middle
            turned = points.copy()
            turned[..., one] = cosine * points[..., one] - sine * points[..., two]
            turned[..., two] = sine * points[..., one] + cosine * points[..., two]
            self.corners[number] = turned + middle

    def loft(
        self, rings: ArrayLike, color: Floats, *, closed: bool = True, caps: bool = True
    ) -> None:
        """Join (k, m, 3) rings of points by walls; ``caps`` close the first and the last."""
        points = np.array(rings, np.float64)
        if closed:
            points = np.concatenate([points, points[:, :1]], 1)
        a, b = points[:-1, :-1], points[:-1, 1:]
        c, d = points[1:, 1:], points[1:, :-1]
        walls = np.stack([a, b, c, a, c, d], 2).reshape(-1, 3, 3)
        self.add(walls, color)
        if caps and closed:
            for ring, back in ((points[0, :-1], True), (points[-1, :-1], False)):
                self._cap(ring[::-1] if back else ring, color)

    def box(self, center: ArrayLike, size: ArrayLike, color: Floats, *, bevel: float = 0.0) -> None:
        """Add a box, its edges cut by ``bevel``, a share of its least side."""
        middle, half = np.array(center, np.float64), np.array(size, np.float64) / 2
        cut = min(bevel, 0.49) * 2 * half.min()
        rings = []
        heights = [(-1.0, cut), (-1.0, 0.0), (1.0, 0.0), (1.0, cut)] if cut else [(-1, 0), (1, 0)]
        for side, inset in heights:
            z = side * (half[2] - (cut - inset if cut else 0))
            x, y = half[0] - inset, half[1] - inset
            rings.append([[u * x, v * y, z] for u, v in _octagon(cut / x, cut / y)])
        self.loft(middle + np.array(rings), color)

    def prism(
        self,
        outline: ArrayLike,
        low: float,
        high: float,
        color: Floats,
        *,
        axis: int = 0,
        inset: float = 0.0,
    ) -> None:
        """Push an outline (m, 2) along an axis from ``low`` to ``high``.

        The outline's coordinates are the two other axes in their order; ``inset`` rounds the two
        rims by shrinking the outline toward its middle there, as a share.
        """
        flat = np.array(outline, np.float64)
        middle = (flat.min(0) + flat.max(0)) / 2
        depth = abs(high - low) * 0.25 * (inset > 0)
        steps = [(low, 1 - inset), (low + depth, 1.0), (high - depth, 1.0), (high, 1 - inset)]
        rings = []
        for place, share in steps if inset else [(low, 1.0), (high, 1.0)]:
            ring = np.insert(middle + (flat - middle) * share, axis, place, axis=1)
            rings.append(ring)
        self.loft(np.array(rings), color)

    def tube(
        self, path: Sequence[ArrayLike] | Floats, radii: ArrayLike, color: Floats, sides: int = 12
    ) -> None:
        """Sweep a circle along (k, 3) points, with flat ends; ``radii`` is (k,) or one number."""
        points = np.array(path, np.float64)
        widths = np.broadcast_to(np.asarray(radii, np.float64), (len(points),))
        tangents = np.gradient(points, axis=0)
        tangents /= np.maximum(np.linalg.norm(tangents, axis=1, keepdims=True), 1e-12)
        side = np.cross(tangents[0], np.eye(3)[np.argmin(np.abs(tangents[0]))])
        turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
        rings = []
        for point, tangent, width in zip(points, tangents, widths, strict=True):
            side = side - tangent * (side @ tangent)
            side /= np.linalg.norm(side)
            other = np.cross(tangent, side)
            circle = np.cos(turn)[:, None] * side + np.sin(turn)[:, None] * other
            rings.append(point + width * circle)
        self.loft(np.array(rings), color)

    def lathe(
        self,
        profile: ArrayLike,
        center: ArrayLike,
        color: Floats,
        *,
        axis: int = 2,
        sides: int = 24,
    ) -> None:
        """Turn a profile (k, 2) of radius and height about an axis through ``center``."""
        turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
        rings = []
        for radius, height in np.array(profile, np.float64):
            flat = radius * np.stack([np.cos(turn), np.sin(turn)], 1)
            rings.append(np.insert(flat, axis, height, axis=1))
        self.loft(np.array(center, np.float64) + np.array(rings), color)

    def ball(self, center: ArrayLike, radii: ArrayLike, color: Floats) -> None:
        """Add an ellipsoid; ``radii`` is one number or three."""
        polar = np.linspace(0, np.pi, 9)
        turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        rings = [
            np.stack(
                [np.sin(p) * np.cos(turn), np.sin(p) * np.sin(turn), np.full(16, np.cos(p))], 1
            )
            for p in polar
        ]
        self.loft(np.array(center, np.float64) + np.array(rings) * np.asarray(radii), color)

    def _cap(self, ring: Floats, color: Floats) -> None:
        """Close a ring by ears, so that hollows of an outline stay open."""
        spread = np.ptp(ring, axis=0)
        flat = ring[:, np.argsort(spread)[1:]]
        area = _signed_area(flat)
        rows = list(range(len(ring))) if area >= 0 else list(range(len(ring)))[::-1]
        faces = []
        while len(rows) > 3:
            at = next((i for i in range(len(rows)) if _is_ear(flat, rows, i)), 0)
            faces.append([rows[at - 1], rows[at], rows[(at + 1) % len(rows)]])
            del rows[at]
        if len(rows) == 3:
            faces.append(rows)
        corners = ring[np.array(faces, np.int64).reshape(-1, 3)]
        self.add(corners if area >= 0 else corners[:, ::-1], color)


def _octagon(x: float, y: float) -> list[tuple[float, float]]:
    """Corners of the square -1..1, cut by ``x`` and ``y``; the square itself where they are 0."""
    if x <= 0 or y <= 0:
        return [(-1, -1), (1, -1), (1, 1), (-1, 1)]
    return [
        (-1 + x, -1),
        (1 - x, -1),
        (1, -1 + y),
        (1, 1 - y),
        (1 - x, 1),
        (-1 + x, 1),
        (-1, 1 - y),
        (-1, -1 + y),
    ]


def _signed_area(flat: Floats) -> float:
    following = np.roll(flat, -1, axis=0)
    return float((flat[:, 0] * following[:, 1] - flat[:, 1] * following[:, 0]).sum() / 2)


def _is_ear(flat: Floats, rows: list[int], at: int) -> bool:
    """Whether a corner is convex and no other corner lies in its triangle."""
    a, b, c = flat[rows[at - 1]], flat[rows[at]], flat[rows[(at + 1) % len(rows)]]
    if _cross(a, b, c) <= 0:
        return False
    for row in rows:
        point = flat[row]
        if any(point is corner or np.array_equal(point, corner) for corner in (a, b, c)):
            continue
        if min(_cross(a, b, point), _cross(b, c, point), _cross(c, a, point)) >= 0:
            return False
    return True


def _cross(a: Floats, b: Floats, c: Floats) -> float:
    return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))
