"""Levels of detail: a medial mesh with fewer spheres, or more, of the same shape.

Edges collapse in the order of their slab quadrics (Q-MAT, Li et al. 2015): the squared distances
of a sphere to the planes that touched the slabs and cones it replaces. A collapse is taken only
where the link condition holds, which keeps the homotopy type (Dey et al. 1999; Attali et al.
2012), as long as there is one.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import Cancelled
from immat_core.medial_mesh import MedialMesh
from immat_core.subdivide import add_spheres

Floats = NDArray[np.float64]
Edge = tuple[int, int]
Face = tuple[int, int, int]
_Quadric = tuple[Floats, Floats, float]

HOLD = 1e-3
"""Weight, beside the planes, of staying between the two spheres that a new one replaces."""
AROUND = 6
"""Planes that touch a cone, evenly around it."""


def simplify(
    mat: MedialMesh, spheres: int, should_cancel: Callable[[], bool] | None = None
) -> MedialMesh:
    """The medial mesh with exactly so many spheres.

    With fewer spheres than now, edges collapse; the Betti numbers stay as long as any edge can
    collapse without changing them, and as there are spheres for all components. With more, the
    longest edges are halved, which changes neither the envelope nor the topology.

    Parameters
    ----------
    mat
        A medial mesh with at least one sphere.
    spheres
        How many the result has, at least 1.
    should_cancel
        Asked after every few collapses.

    Raises
    ------
    ValueError
        For no sphere, or a count below 1.
    Cancelled
        When ``should_cancel`` said so.
    """
    if not len(mat.radii):
        raise ValueError("a medial mesh with no sphere cannot be simplified")
    if spheres < 1:
        raise ValueError(f"{spheres} spheres; at least 1 is possible")
    if spheres >= len(mat.radii):
        balls, edges, faces = add_spheres(
            mat.spheres.astype(np.float64),
            mat.all_edges.astype(np.int64),
            mat.faces.astype(np.int64),
            spheres,
        )
    else:
        collapse = _Collapse(mat)
        while len(collapse.balls) > spheres:
            if should_cancel is not None and should_cancel():
                raise Cancelled
            collapse.once()
        balls, edges, faces = collapse.result()
    return MedialMesh(
        balls[:, :3].astype(np.float32),
        balls[:, 3].astype(np.float32),
        edges.astype(np.int32),
        faces.astype(np.int32),
    )


class _Collapse:
    """A medial mesh whose edges collapse one by one, cheapest first."""

    def __init__(self, mat: MedialMesh) -> None:
        spheres = mat.spheres.astype(np.float64)
        self.balls: dict[int, Floats] = dict(enumerate(spheres))
        self._beside: dict[int, set[int]] = {row: set() for row in self.balls}
        self._faces: dict[int, set[Face]] = {row: set() for row in self.balls}
        for a, b in mat.all_edges.tolist():
            self._beside[a].add(b)
            self._beside[b].add(a)
        for face in mat.faces.tolist():
            for corner in face:
                self._faces[corner].add(tuple(face))
        self._size = float(np.linalg.norm(np.ptp(spheres[:, :3], axis=0))) or 1.0
        self._quadrics = _quadrics(mat, self._size)
        self._next = len(spheres)
        self._heap: list[tuple[float, int, int]] = []
        self._blocked: dict[Edge, float] = {}
        for a, b in mat.all_edges.tolist():
            self._push(a, b)

    def once(self) -> None:
        """Lose one sphere: by a collapse that keeps the topology, else by the cheapest other."""
        while self._heap:
            cost, a, b = heapq.heappop(self._heap)
            if b not in self._beside.get(a, ()):
                continue
            if self._keeps_topology(a, b):
                self._merge(a, b)
                return
            self._blocked[a, b] = cost
        alive = {pair: cost for pair, cost in self._blocked.items() if self._is_edge(*pair)}
        self._blocked = {}
        if alive:
            self._merge(*min(alive, key=lambda pair: (alive[pair], pair)))
            return
        # No edge is left: the smallest of the lone spheres goes.
        self._forget(min(self.balls, key=lambda row: (self.balls[row][3], row)))

    def result(self) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
        """Spheres (k, 4), edges (e, 2) and faces (f, 3), numbered from 0 in order of their age."""
        row = {name: k for k, name in enumerate(self.balls)}
        edges = [(row[a], row[b]) for a in self.balls for b in self._beside[a] if a < b]
        faces = {face for faces in self._faces.values() for face in faces}
        named = [[row[corner] for corner in face] for face in faces]
        return (
            np.array(list(self.balls.values())),
            np.array(edges, np.int64).reshape(-1, 2),
            np.array(named, np.int64).reshape(-1, 3),
        )

    def _is_edge(self, a: int, b: int) -> bool:
        return b in self._beside.get(a, ())

    def _push(self, a: int, b: int) -> None:
        a, b = min(a, b), max(a, b)
        heapq.heappush(self._heap, (self._place(a, b)[1], a, b))

    def _place(self, a: int, b: int) -> tuple[Floats, float]:
        """The best sphere for two, and its cost."""
        matrix, right, constant = _sum(self._quadrics[a], self._quadrics[b])
        middle = (self.balls[a] + self.balls[b]) / 2
        hold = HOLD * (float(np.trace(matrix)) + 1e-9)
        ball = np.linalg.solve(matrix + hold * np.eye(4), right + hold * middle)
        span = float(np.linalg.norm(self.balls[a] - self.balls[b]))
        step = ball - middle
        ball = middle + step * min(1.0, span / max(float(np.linalg.norm(step)), 1e-30))
        ball[3] = max(ball[3], min(self.balls[a][3], self.balls[b][3]))
        cost = float(ball @ matrix @ ball - 2 * right @ ball + constant)
        # Among flat parts, which cost nothing, short edges go first.
        return ball, max(cost, 0.0) + 1e-6 * hold * span**2

    def _keeps_topology(self, a: int, b: int) -> bool:
        """The link condition: what is linked to both is linked to their edge."""
        shared = {corner for face in self._faces[a] & self._faces[b] for corner in face} - {a, b}
        if self._beside[a] & self._beside[b] != shared:
            return False
        return not (self._links(a) & self._links(b))

    def _links(self, row: int) -> set[Edge]:
        """The edges opposite to a sphere in its faces."""
        found = set()
        for face in self._faces[row]:
            one, two = (corner for corner in face if corner != row)
            found.add((one, two))
        return found

    def _merge(self, a: int, b: int) -> None:
        new, self._next = self._next, self._next + 1
        ball, _ = self._place(a, b)
        self.balls[new] = ball
        self._quadrics[new] = _sum(self._quadrics[a], self._quadrics[b])
        beside = (self._beside[a] | self._beside[b]) - {a, b}
        faces = {
            tuple(sorted(new if corner in (a, b) else corner for corner in face))
            for face in self._faces[a] | self._faces[b]
            if not (a in face and b in face)
        }
        self._forget(a)
        self._forget(b)
        self._beside[new], self._faces[new] = set(beside), set()
        for other in sorted(beside):
            self._beside[other].add(new)
        for face in sorted(faces):
            for corner in face:
                self._faces[corner].add(face)  # type: ignore[arg-type]
        for other in sorted(beside):
            self._push(other, new)
        # What was forbidden around here may be allowed now.
        for one in sorted(beside):
            for two in sorted(self._beside[one]):
                pair = min(one, two), max(one, two)
                if pair in self._blocked:
                    heapq.heappush(self._heap, (self._blocked.pop(pair), *pair))

    def _forget(self, row: int) -> None:
        for face in list(self._faces[row]):
            for corner in face:
                self._faces[corner].discard(face)
        for other in self._beside.pop(row):
            self._beside[other].discard(row)
        del self._faces[row], self.balls[row], self._quadrics[row]


def _sum(one: _Quadric, two: _Quadric) -> _Quadric:
    return one[0] + two[0], one[1] + two[1], one[2] + two[2]


def _quadrics(mat: MedialMesh, size: float) -> dict[int, _Quadric]:
    """For each sphere, the squared distances to the planes that touch its slabs and cones.

    ``s A s - 2 b s + c`` of a sphere s = (x, y, z, r): each plane with outward normal n adds
    ``(n.x + r - d)^2`` times the area that it stands for.
    """
    spheres = mat.spheres.astype(np.float64)
    found = {row: (np.zeros((4, 4)), np.zeros(4), 0.0) for row in range(len(spheres))}
    for rows, normal, at, weight in _planes(mat, spheres):
        plane = np.append(normal, 1.0)
        distance = float(plane @ spheres[at])
        for row in rows:
            matrix, right, constant = found[row]
            share = weight / size**2
            found[row] = (
                matrix + share * np.outer(plane, plane),
                right + share * distance * plane,
                constant + share * distance**2,
            )
    return found


def _planes(
    mat: MedialMesh, spheres: Floats
) -> Iterator[tuple[tuple[int, ...], Floats, int, float]]:
    """Planes that touch the envelope: whose spheres, outward normal, one that it touches, area."""
    sides: dict[Edge, list[int]] = {}
    for a, b, c in mat.faces.tolist():
        corners = spheres[[a, b, c]]
        for edge, third in (((a, b), c), ((a, c), b), ((b, c), a)):
            sides.setdefault(edge, []).append(third)
        one, two = corners[1, :3] - corners[0, :3], corners[2, :3] - corners[0, :3]
        normal = np.cross(one, two)
        area = float(np.linalg.norm(normal))
        if area < 1e-12 * float(one @ one + two @ two):
            continue
        normal /= area
        growth = corners[1:, 3] - corners[0, 3]
        gradient = (growth[0] * np.cross(two, normal) + growth[1] * np.cross(normal, one)) / area
        steep = float(gradient @ gradient)
        if steep < 1:
            lift = np.sqrt(1 - steep) * normal
            for side in (lift - gradient, -lift - gradient):
                yield (a, b, c), side, a, area / 6
    degree = np.bincount(mat.all_edges.ravel(), minlength=len(spheres))
    for a, b in mat.all_edges.tolist():
        yield from _planes_of_edge(a, b, sides.get((a, b), []), degree, spheres)


def _planes_of_edge(
    a: int,
    b: int,
    thirds: list[int],
    degree: NDArray[np.int64],
    spheres: Floats,
) -> Iterator[tuple[tuple[int, ...], Floats, int, float]]:
    """Planes around a cone of no face, at its loose ends, and along the rim of a sheet."""
    axis = spheres[b, :3] - spheres[a, :3]
    length = float(np.linalg.norm(axis))
    growth = float(spheres[b, 3] - spheres[a, 3])
    if length <= abs(growth) or length == 0:
        return
    axis, slope = axis / length, growth / length
    radius = float(spheres[[a, b], 3].mean())
    if len(thirds) == 1:
        inward = spheres[thirds[0], :3] - spheres[a, :3]
        inward = inward - (inward @ axis) * axis
        reach = float(np.linalg.norm(inward))
        if reach > 0:
            normal = -np.sqrt(1 - slope**2) * inward / reach - slope * axis
            yield (a, b), normal, a, length * radius
    if thirds:
        return
    across = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    across /= np.linalg.norm(across)
    other = np.cross(axis, across)
    for angle in np.arange(AROUND) * (2 * np.pi / AROUND):
        outward = np.cos(angle) * across + np.sin(angle) * other
        normal = np.sqrt(1 - slope**2) * outward - slope * axis
        yield (a, b), normal, a, np.pi * radius * length / AROUND
    for end, direction in ((a, -axis), (b, axis)):
        if degree[end] == 1:
            yield (end,), direction, end, np.pi * radius**2
