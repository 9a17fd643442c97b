"""Medial meshes from the spheres, tubes and ellipsoids that other tools model with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.editing.chains import chains, curve_edges
from immat_core.medial_mesh import MedialMesh

ROUND = 16
"""Spheres around the rim of an ellipsoid's sheet."""
RINGS = (0.45, 0.75, 0.92, 1.0)
"""Where the rings of an ellipsoid's sheet lie, as shares of its half axes."""
NARROW = 0.05
"""Share of the radius under which a sheet's half axis counts as none."""

NONE: NDArray[np.int64] = np.empty(0, np.int64)


def simplify_chains(mat: MedialMesh, tolerance: float) -> MedialMesh:
    """Drop the spheres of tubes that lie where their neighbors' interpolation is anyway.

    Douglas and Peucker's rule on centres and radii together; ends and junctions stay.

    Parameters
    ----------
    tolerance
        How far a dropped sphere may differ, centre and radius added up, as a share of its radius.
    """
    keep = np.ones(len(mat.radii), bool)
    edges: list[tuple[int, int]] = []
    held = np.zeros(len(mat.radii), bool)
    held[mat.faces.ravel()] = True
    for chain in chains(curve_edges(mat)):
        spheres = mat.spheres.astype(np.float64)[chain]
        kept = _kept(spheres, tolerance)
        # A ring needs three spheres; faces need theirs.
        if chain[0] == chain[-1] and len(kept) < 4:
            kept = sorted({0, len(chain) // 3, 2 * len(chain) // 3, len(chain) - 1})
        kept = sorted({*kept, *np.flatnonzero(held[chain]).tolist()})
        keep[chain] = False
        edges += zip(chain[kept[:-1]].tolist(), chain[kept[1:]].tolist(), strict=True)
    keep[np.array(edges, np.int64).ravel()] = True
    keep |= held
    number = np.cumsum(keep) - 1
    rows = np.array(edges, np.int64).reshape(-1, 2)
    return _mesh(mat.centers[keep], mat.radii[keep], number[rows], number[mat.faces])


def joined(mats: list[MedialMesh], apart: float = 1e-6) -> MedialMesh:
    """Several medial meshes as one; spheres at one place become one, of the greatest radius.

    Parameters
    ----------
    apart
        How far apart places have to be to be two.
    """
    if not mats:
        return _mesh(np.empty((0, 3)), np.empty(0))
    first = np.cumsum([0, *(len(mat.radii) for mat in mats)])
    centers = np.concatenate([mat.centers for mat in mats])
    radii = np.concatenate([mat.radii for mat in mats])
    places = np.round(centers.astype(np.float64) / apart).astype(np.int64)
    _, index, number = np.unique(places, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(index))
    number = order[number.ravel()]
    largest = np.zeros(len(index), np.float32)
    np.maximum.at(largest, number, radii)

    def renamed(name: str, size: int) -> NDArray[np.int64]:
        rows = [getattr(mat, name) + begin for mat, begin in zip(mats, first[:-1], strict=True)]
        found: NDArray[np.int64] = number[np.concatenate(rows).reshape(-1, size)]
        proper: NDArray[np.int64] = found[(np.diff(np.sort(found, axis=1), axis=1) > 0).all(1)]
        return proper

    return _mesh(centers[np.sort(index)], largest, renamed("edges", 2), renamed("faces", 3))


def bones(
    heads: ArrayLike, tails: ArrayLike, head_radii: ArrayLike, tail_radii: ArrayLike
) -> MedialMesh:
    """The tubes of envelope bones; bones that meet share a sphere.

    Parameters
    ----------
    heads, tails
        (b, 3).
    head_radii, tail_radii
        (b,), above zero.
    """
    places = np.concatenate([np.asarray(heads), np.asarray(tails)]).reshape(-1, 3)
    radii = np.concatenate([np.asarray(head_radii), np.asarray(tail_radii)])
    count = len(radii) // 2
    tubes = np.stack([np.arange(count), np.arange(count) + count], 1)
    long = np.linalg.norm(places[:count] - places[count:], axis=1) > 1e-6
    return joined([_mesh(places, radii, tubes[long])])


def ellipsoid(half_axes: ArrayLike) -> MedialMesh:
    """The medial axis of an ellipsoid about the origin, sampled.

    The maximal balls of x^2/a^2 + y^2/b^2 + z^2/c^2 = 1, a >= b >= c, have their centres in the
    ellipse of half axes (a^2 - c^2)/a and (b^2 - c^2)/b in the plane z = 0, and the radius
    c sqrt(1 - x^2/(a^2 - c^2) - y^2/(b^2 - c^2)).

    Parameters
    ----------
    half_axes
        (3,), above zero, along x, y and z, in any order of length.
    """
    given = np.asarray(half_axes, np.float64)
    order = np.argsort(-given, kind="stable")
    a, b, c = given[order]
    reach = np.array([(a * a - c * c) / a, (b * b - c * c) / b])
    if reach[0] <= NARROW * c:
        return _mesh([[0, 0, 0]], [np.cbrt(a * b * c)])
    if reach[1] <= NARROW * c:
        shares = np.linspace(-1, 1, 2 * len(RINGS) + 3)
        flat = np.stack([reach[0] * shares, 0 * shares], 1)
        edges, faces = np.stack([np.arange(len(flat) - 1), np.arange(1, len(flat))], 1), NONE
    else:
        angles = 2 * np.pi * np.arange(ROUND) / ROUND
        circle = np.stack([np.cos(angles), np.sin(angles)], 1) * reach
        flat = np.concatenate([[[0, 0]], *(share * circle for share in RINGS)])
        edges, faces = NONE, _disc(len(RINGS))
    spread = np.maximum([a * a - c * c, b * b - c * c], 1e-30)
    radii = c * np.sqrt(np.maximum(1 - (flat**2 / spread).sum(1), 1e-6))
    centers = np.zeros((len(flat), 3))
    centers[:, order[:2]] = flat
    return _mesh(centers, radii, edges, faces)


def box(half_sides: ArrayLike, radius: float) -> MedialMesh:
    """A box grown by ``radius``, with its edges rounded as far as one sheet of spheres can.

    Parameters
    ----------
    half_sides
        (3,), 0 or more. With one of them 0 it is exact.
    """
    given = np.asarray(half_sides, np.float64)
    order = np.argsort(-given, kind="stable")
    least = given[order[2]]
    long, wide = given[order[0]] - least, given[order[1]] - least
    corners = np.zeros((4, 3))
    corners[:, order[0]] = [-long, long, long, -long]
    corners[:, order[1]] = [-wide, -wide, wide, wide]
    radii = np.full(4, radius + least)
    # Corners that fall together make an edge or a sphere of the sheet.
    return joined([_mesh(corners, radii, [[0, 1], [0, 3]], [[0, 1, 2], [0, 2, 3]])])


def linked(
    mat: MedialMesh, inside: Callable[[NDArray[np.float64]], NDArray[np.bool_]]
) -> MedialMesh:
    """A medial mesh with edges between pieces that blend into one another.

    Two spheres of different pieces are joined where the way between them lies inside the shape,
    and no third sphere is nearer to both than they are to each other (their relative
    neighborhood graph).

    Parameters
    ----------
    inside
        Tells for (n, 3) points whether they are inside: (n,) bool.
    """
    from immat_core.editing.connect import piece_labels

    pieces = piece_labels(mat)
    centers = mat.centers.astype(np.float64)
    apart = np.linalg.norm(centers[:, None] - centers[None], axis=2)
    added = []
    for one, other in zip(*np.triu_indices(len(centers), 1), strict=True):
        between = np.maximum(apart[one], apart[other]) < apart[one, other] * (1 - 1e-9)
        if pieces[one] == pieces[other] or between.any():
            continue
        way = np.linspace(0, 1, 9)[:, None]
        if inside((1 - way) * centers[one] + way * centers[other]).all():
            added.append((int(one), int(other)))
    edges = np.concatenate([mat.edges, np.array(added, np.int32).reshape(-1, 2)])
    return _mesh(mat.centers, mat.radii, edges, mat.faces)


def _mesh(
    centers: ArrayLike, radii: ArrayLike, edges: ArrayLike = (), faces: ArrayLike = ()
) -> MedialMesh:
    """A medial mesh of arrays of any precision."""
    return MedialMesh(
        np.asarray(centers, np.float32).reshape(-1, 3),
        np.asarray(radii, np.float32),
        np.asarray(edges, np.int32).reshape(-1, 2),
        np.asarray(faces, np.int32).reshape(-1, 3),
    )


def _kept(spheres: NDArray[np.float64], tolerance: float) -> list[int]:
    """Places in a chain (k, 4) that stay, in their order."""
    kept = {0, len(spheres) - 1}
    open_spans = [(0, len(spheres) - 1)]
    while open_spans:
        begin, end = open_spans.pop()
        if end - begin < 2:
            continue
        start, step = spheres[begin], spheres[end] - spheres[begin]
        squared = float(step[:3] @ step[:3])
        part = spheres[begin + 1 : end]
        share = (part[:, :3] - start[:3]) @ step[:3] / squared if squared else np.zeros(len(part))
        off = np.abs(part - start - np.clip(share, 0, 1)[:, None] * step)
        differs = (np.linalg.norm(off[:, :3], axis=1) + off[:, 3]) / part[:, 3]
        worst = int(differs.argmax())
        if differs[worst] > tolerance:
            middle = begin + 1 + worst
            kept.add(middle)
            open_spans += [(begin, middle), (middle, end)]
    return sorted(kept)


def _disc(rings: int) -> NDArray[np.int64]:
    """Faces of a disc: a middle, then rings of ``ROUND`` spheres."""
    faces = [(0, 1 + i, 1 + (i + 1) % ROUND) for i in range(ROUND)]
    for ring in range(rings - 1):
        for i in range(ROUND):
            a, b = 1 + ring * ROUND + i, 1 + ring * ROUND + (i + 1) % ROUND
            faces += [(a, b, b + ROUND), (a, b + ROUND, a + ROUND)]
    return np.array(faces, np.int64)
