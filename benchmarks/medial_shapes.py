"""The medial meshes that the benchmarks of the surface run on: always the same ones.

Four shapes of 256 spheres, each a kind of its own: a chair of sheets and curves, a plane of thin
sheets around a thick body, a lamp that is one long curve, and a blob of hundreds of primitives that
overlap.
They fill a unit box about the origin, where every shape of ours stands; radii are from 0.01 to 0.1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import Delaunay

from immat_core.medial_mesh import MedialMesh

Rows = NDArray[np.int64]
SMALLEST, LARGEST = 0.01, 0.1
"""Radii in units of the box's side."""


@dataclass
class _Builder:
    """Curves and sheets of spheres, collected."""

    centers: list[NDArray[np.float64]] = field(default_factory=list)
    radii: list[NDArray[np.float64]] = field(default_factory=list)
    edges: list[Rows] = field(default_factory=list)
    faces: list[Rows] = field(default_factory=list)

    def _add(self, centers: NDArray[np.float64], radii: ArrayLike) -> Rows:
        """Add spheres of any arrangement (..., 3); return their indices in that arrangement."""
        first = sum(map(len, self.centers))
        self.centers.append(centers.reshape(-1, 3))
        self.radii.append(np.broadcast_to(radii, centers.shape[:-1]).ravel())
        return first + np.arange(centers[..., 0].size).reshape(centers.shape[:-1])

    def curve(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, radii: ArrayLike) -> Rows:
        """Add spheres joined one after the other."""
        index = self._add(np.stack(np.broadcast_arrays(x, y, z), -1).astype(float), radii)
        self.edges.append(np.stack([index[:-1], index[1:]], 1))
        return index

    def sheet(self, x: ArrayLike, y: ArrayLike, z: ArrayLike, radii: ArrayLike) -> Rows:
        """Add a grid of spheres with two faces a cell."""
        index = self._add(np.stack(np.broadcast_arrays(x, y, z), -1).astype(float), radii)
        a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
        self.faces += [np.stack([a, b, c], -1).reshape(-1, 3)]
        self.faces += [np.stack([a, c, d], -1).reshape(-1, 3)]
        return index

    def link(self, one: ArrayLike, two: ArrayLike) -> None:
        """Join spheres pair by pair."""
        self.edges.append(np.stack([np.ravel(one), np.ravel(two)], 1))

    def medial_mesh(self, smallest: float = SMALLEST) -> MedialMesh:
        """The shape, scaled into the unit box, its radii within their limits."""
        centers, radii = np.concatenate(self.centers), np.concatenate(self.radii)
        # Limiting the radii changes the box, and the box the radii: a few rounds settle it.
        for _ in range(3):
            low = (centers - radii[:, None]).min(0)
            high = (centers + radii[:, None]).max(0)
            scale = 1 / float((high - low).max())
            centers = (centers - (low + high) / 2) * scale
            radii = np.clip(radii * scale, smallest, LARGEST)
        edges = np.concatenate([np.empty((0, 2), np.int64), *self.edges])
        faces = np.concatenate([np.empty((0, 3), np.int64), *self.faces])
        listed = MedialMesh(centers, radii, edges, faces)
        return MedialMesh(centers, radii, listed.all_edges, faces)


def chair() -> MedialMesh:
    """A curved seat and a back as sheets, four legs and two rails as curves."""
    shape = _Builder()
    x, y = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 8), indexing="ij")
    seat = shape.sheet(x, y, 1 + 0.02 * np.cos(6 * x), 0.035)
    u, y = np.meshgrid(np.linspace(0, 1, 10), np.linspace(0, 1, 8), indexing="ij")
    back = shape.sheet(-0.15 * u, y, 1.1 + 1.1 * u, 0.03 - 0.01 * u)
    shape.link(seat[0], back[0])
    t = np.linspace(0, 1, 20)
    for side, front in ((0, 0), (1, 0), (0, 1), (1, 1)):
        x = side + 0.1 * (2 * side - 1) * t**2
        y = front + 0.06 * (2 * front - 1) * t**2
        leg = shape.curve(x, y, 1 - t, 0.045 - 0.02 * t)
        shape.link(seat[-side, -front], leg[0])
    for front in (0, 1):
        shape.curve(np.linspace(0, 1, 12), front, 0.5, 0.02)
    return shape.medial_mesh()


def plane() -> MedialMesh:
    """A body as a curve, wings and tail as thin sheets."""
    shape = _Builder()
    t = np.linspace(0, 1, 40)
    thick = 0.13 * np.sqrt(np.clip(1 - (2 * t - 0.9) ** 2, 0.05, 1))
    body = shape.curve(2 * t, 0, 0.1 * np.sin(3 * t), thick)
    for side in (1, -1):
        u, v = np.meshgrid(np.linspace(0, 1, 12), np.linspace(0, 1, 6), indexing="ij")
        x = 0.8 + 0.45 * u + 0.4 * v * (1 - 0.6 * u)
        thick = (0.04 - 0.025 * u) * (1 - 0.5 * v)
        wing = shape.sheet(x, side * (0.1 + 0.95 * u), 0.05 + 0.08 * u, thick)
        shape.link(wing[0], body[16:22])
        u, v = np.meshgrid(np.linspace(0, 1, 5), np.linspace(0, 1, 5), indexing="ij")
        x = 1.75 + 0.15 * u + 0.2 * v
        tail = shape.sheet(x, side * (0.05 + 0.38 * u), 0.1, 0.022 * (1 - 0.4 * v))
        shape.link(tail[0, 0], body[35])
    u, v = np.meshgrid(np.linspace(0, 1, 11), np.linspace(0, 1, 2), indexing="ij")
    fin = shape.sheet(1.75 + 0.25 * u + 0.2 * v, 0, 0.1 + 0.4 * u, 0.022 * (1 - 0.4 * u))
    shape.link(fin[0, 0], body[35])
    return shape.medial_mesh()


def lamp() -> MedialMesh:
    """One thin curve: a spiral foot, a bent arm, a spiral shade."""
    turn = np.linspace(0, 1, 256)[:64] * 4
    rise, wind = np.linspace(0, 1, 100), np.linspace(0, 1, 92)
    arm_x, arm_y = 0.25 + 0.25 * np.sin(4 * rise), 0.1 * np.sin(9 * rise)
    reach, angle = 0.08 + 0.16 * wind, 22 * wind
    foot = 0.25 * turn, 6 * np.pi * turn
    x = [foot[0] * np.cos(foot[1]), arm_x, arm_x[-1] + reach * np.cos(angle)]
    y = [foot[0] * np.sin(foot[1]), arm_y, arm_y[-1] + reach * np.sin(angle)]
    z = [0 * turn, 1.1 * rise, 1.1 + 0.1 * wind]
    shape = _Builder()
    thick = 0.014 + 0.006 * np.sin(40 * np.linspace(0, 1, 256))
    shape.curve(np.concatenate(x), np.concatenate(y), np.concatenate(z), thick)
    return shape.medial_mesh()


def blob() -> MedialMesh:
    """256 spheres in a ball with 400 faces and as many edges again, all over one another."""
    return cloud(256, seed=0, faces_each=400 / 256, edges_each=170 / 256)


def cloud(
    spheres: int, *, seed: int = 0, faces_each: float = 1.5, edges_each: float = 0.6
) -> MedialMesh:
    """Spheres spread over a ball, joined with near ones: the more of them, the smaller.

    Parameters
    ----------
    spheres
        How many, at least 64.
    seed
        The same seed gives the same medial mesh.
    faces_each, edges_each
        Faces and further edges a sphere, chosen among the shortest of a triangulation.
    """
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(spheres, 3))
    points /= np.linalg.norm(points, axis=1)[:, None]
    points *= rng.uniform(0.15, 1, (spheres, 1)) ** (1 / 3)
    smaller = (256 / spheres) ** (1 / 3)
    radii = rng.uniform(0.02, 0.18, spheres) * smaller
    cells = Delaunay(points).simplices.astype(np.int64)
    triangles = cells[:, [[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]]].reshape(-1, 3)
    pairs = cells[:, [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]].reshape(-1, 2)
    faces = _near_ones(points, triangles, round(faces_each * spheres), rng)
    edges = _near_ones(points, pairs, round(edges_each * spheres), rng)
    shape = _Builder([points], [radii], [edges], [faces])
    return shape.medial_mesh(SMALLEST * min(1, smaller))


def _near_ones(
    points: NDArray[np.float64], rows: Rows, count: int, rng: np.random.Generator
) -> Rows:
    """So many of the rows with short sides, by chance among three times as many."""
    unique = np.unique(np.sort(rows, axis=1), axis=0)
    corners = points[unique]
    girth = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).sum(1)
    shortest = unique[np.argsort(girth, kind="stable")[: 3 * count]]
    return shortest[rng.choice(len(shortest), min(count, len(shortest)), replace=False)]


SHAPES: dict[str, Callable[[], MedialMesh]] = {
    "chair": chair,
    "plane": plane,
    "lamp": lamp,
    "blob": blob,
}
"""The four shapes of 256 spheres."""
