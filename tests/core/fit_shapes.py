"""Meshes for the tests of the fit: analytic shapes, and ways to break them."""

import numpy as np


def box(center, size):
    """12 triangles, outward."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float) - 0.5
    faces = [
        [0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
        [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3],
    ]  # fmt: skip
    return corners * size + center, np.array(faces)


def revolve(profile, sides=32, closed=False):
    """A profile (n, 2) of radius and height, turned around z; ``closed`` joins its ends."""
    profile = np.asarray(profile, float)
    angle = np.arange(sides) * 2 * np.pi / sides
    ring = np.column_stack([np.cos(angle), np.sin(angle)])
    vertices = np.array([[*(r * spoke), z] for r, z in profile for spoke in ring])
    rows = len(profile) if closed else len(profile) - 1
    faces = []
    for row in range(rows):
        above = (row + 1) % len(profile)
        for side in range(sides):
            a, b = row * sides + side, row * sides + (side + 1) % sides
            c, d = above * sides + side, above * sides + (side + 1) % sides
            faces += [[a, b, d], [a, d, c]]
    return vertices, np.array(faces)


def capsule(length=1.0, radius=0.2, rings=8, sides=32):
    """A capsule along z with its middle at the origin."""
    turn = np.linspace(0, np.pi / 2, rings + 1)
    cap = np.column_stack([np.cos(turn) * radius, length / 2 + np.sin(turn) * radius])
    return revolve(np.concatenate([cap[::-1] * [1, -1], cap]), sides)


def ball(radius=0.5, rings=16, sides=32):
    turn = np.linspace(-np.pi / 2, np.pi / 2, 2 * rings + 1)
    return revolve(np.column_stack([np.cos(turn) * radius, np.sin(turn) * radius]), sides)


def torus(major=0.4, minor=0.1, rings=24, sides=48):
    turn = np.arange(rings) * 2 * np.pi / rings
    profile = np.column_stack([major + np.cos(turn) * minor, np.sin(turn) * minor])
    return revolve(profile, sides, closed=True)


def join(*meshes):
    """One mesh of several."""
    vertices, faces, count = [], [], 0
    for points, corners in meshes:
        vertices.append(np.asarray(points))
        faces.append(np.asarray(corners) + count)
        count += len(points)
    return np.concatenate(vertices), np.concatenate(faces)


def chair():
    """A chair of overlapping boxes: one component, two loops between the slats of its back."""
    legs = [box([x, y, 0.22], [0.05, 0.05, 0.45]) for x in (-0.2, 0.2) for y in (-0.2, 0.2)]
    slats = [box([x, 0.2, 0.72], [0.05, 0.04, 0.55]) for x in (-0.2, 0.0, 0.2)]
    rail = box([0, 0.2, 0.98], [0.46, 0.05, 0.08])
    return join(box([0, 0, 0.46], [0.5, 0.5, 0.06]), rail, *legs, *slats)


def sheet():
    """Two triangles that make a square, no thickness."""
    return (
        np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], float),
        np.array([[0, 1, 2], [0, 2, 3]]),
    )


def soup(mesh, rng):
    """Loose triangles, half of them flipped, some twice, one without area, a vertex not used."""
    vertices, faces = mesh
    loose = vertices[faces].reshape(-1, 3)
    corners = np.arange(len(loose)).reshape(-1, 3)
    flipped = rng.random(len(corners)) < 0.5
    corners[flipped] = corners[flipped][:, ::-1]
    twice = corners[rng.integers(0, len(corners), max(1, len(corners) // 20))]
    loose = np.concatenate([loose, [[np.nan, 0, 0], [9, 9, 9]]])
    broken = [[0, 0, 1], [0, 1, len(loose) - 2]]
    return loose, np.concatenate([corners, twice, broken])


def with_holes(mesh, rng, share=0.03):
    """Some facets missing, vertices moved by a thousandth."""
    vertices, faces = mesh
    size = np.linalg.norm(np.ptp(vertices, axis=0))
    noisy = vertices + rng.normal(0, 0.001 * size, vertices.shape)
    return noisy, faces[rng.random(len(faces)) > share]


def subdivide(mesh, rounds):
    """Each triangle in four."""
    vertices, faces = mesh
    for _ in range(rounds):
        corners = vertices[faces]
        middle = (corners + np.roll(corners, -1, axis=1)) / 2
        every = np.concatenate([corners, middle], axis=1)
        loose = every.reshape(-1, 3)
        local = np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]])
        faces = (np.arange(len(corners))[:, None, None] * 6 + local).reshape(-1, 3)
        vertices, number = np.unique(loose.round(12), axis=0, return_inverse=True)
        faces = number.reshape(-1)[faces]
    return vertices, faces
