"""Medial meshes of things that one poses: a chair, a lamp, a quadruped."""

from __future__ import annotations

import numpy as np

from immat_core.medial_mesh import MedialMesh


class Builder:
    """Collects spheres, edges and faces."""

    def __init__(self):
        self.spheres, self.edges, self.faces = [], [], []

    def sphere(self, x, y, z, r):
        self.spheres.append((x, y, z, r))
        return len(self.spheres) - 1

    def tube(self, start, end, radii, count, first=None):
        """Spheres from start to end, the first one given perhaps; the last one's number."""
        before = first
        for share in np.linspace(0, 1, count)[0 if first is None else 1 :]:
            place = (1 - share) * np.array(start) + share * np.array(end)
            now = self.sphere(*place, (1 - share) * radii[0] + share * radii[1])
            if before is not None:
                self.edges.append((before, now))
            before = now
        return before

    def sheet(self, corner, one, two, counts, radius):
        """A grid of spheres; its numbers, (n, m)."""
        grid = np.empty(counts, int)
        for i, j in np.ndindex(*counts):
            place = np.array(corner) + np.array(one) * i / (counts[0] - 1)
            place = place + np.array(two) * j / (counts[1] - 1)
            grid[i, j] = self.sphere(*place, radius)
        a, b, c, d = grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]
        for corners in ((a, b, c), (a, c, d)):
            self.faces += np.stack(corners, -1).reshape(-1, 3).tolist()
        return grid

    def done(self):
        spheres = np.array(self.spheres)
        return MedialMesh(spheres[:, :3], spheres[:, 3], self.edges, self.faces)


def chair(leg_spheres=5):
    """Seat, back and four legs, front toward -Y; parts and which of them are sheets."""
    build = Builder()
    seat = build.sheet((-0.25, -0.25, 0), (0.5, 0, 0), (0, 0.5, 0), (5, 5), 0.03)
    parts = [0] * 25
    back = build.sheet((-0.25, 0.27, 0.1), (0.5, 0, 0), (0, 0.05, 0.5), (5, 4), 0.025)
    parts += [1] * 20
    for i in range(5):
        build.edges.append((seat[i, 4], back[i, 0]))
    for part, (i, j) in enumerate(((0, 0), (4, 0), (0, 4), (4, 4)), start=2):
        x, y = (-0.25, 0.25)[i > 0], (-0.25, 0.25)[j > 0]
        build.tube((x, y, 0), (x * 1.1, y * 1.1, -0.45), (0.03, 0.02), leg_spheres, seat[i, j])
        parts += [part] * (leg_spheres - 1)
    return build.done(), parts, [True, True, False, False, False, False]


def lamp(spheres=2):
    """A round foot, an arm with an elbow and few spheres, a head; parts and sheets."""
    build = Builder()
    middle = build.sphere(0, 0, 0, 0.05)
    angles = np.arange(8) * np.pi / 4
    rim = [build.sphere(0.3 * np.cos(a), 0.3 * np.sin(a), 0, 0.05) for a in angles]
    build.faces += [(middle, rim[i], rim[i - 1]) for i in range(8)]
    elbow = build.tube((0, 0, 0), (0, 0, 0.8), (0.05, 0.05), spheres, middle)
    tip = build.tube((0, 0, 0.8), (0.6, 0, 1.1), (0.05, 0.05), spheres, elbow)
    build.tube((0.6, 0, 1.1), (0.7, 0, 1.0), (0.05, 0.15), 2, tip)
    mat = build.done()
    return mat, [0] * 9 + [1] * (len(mat.radii) - 9), [True, False]


def quadruped():
    """Spine, neck, head, tail and four legs with knees, all curves; one part."""
    build = Builder()
    hips = build.sphere(0, 0.4, 0.6, 0.12)
    shoulders = build.tube((0, 0.4, 0.6), (0, -0.4, 0.62), (0.12, 0.13), 7, hips)
    neck = build.tube((0, -0.4, 0.62), (0, -0.65, 0.9), (0.1, 0.07), 4, shoulders)
    build.tube((0, -0.65, 0.9), (0, -0.9, 0.85), (0.1, 0.06), 3, neck)
    build.tube((0, 0.4, 0.6), (0, 0.8, 0.45), (0.06, 0.02), 6, hips)
    for y, root in ((-0.4, shoulders), (0.4, hips)):
        for x in (-0.15, 0.15):
            knee = build.tube((0, y, 0.6), (x, y - 0.08, 0.3), (0.07, 0.05), 5, root)
            build.tube((x, y - 0.08, 0.3), (x, y + 0.04, 0.0), (0.05, 0.035), 5, knee)
    mat = build.done()
    return mat, [0] * len(mat.radii), [False]
