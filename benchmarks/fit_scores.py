"""How well a medial mesh describes a shape: against the reference, by exact closed forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from fit_reference import Reference
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from immat_core.envelope import cone_ends, cones, distances_to_cones, distances_to_flats, flats
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh
from immat_core.nearest_primitive import nearest_primitives
from immat_core.surface import build_surface
from immat_core.surface.checks import check_surface

Floats = NDArray[np.float64]

POINTS = 60_000
"""On the envelopes of all primitives; what lies in another one goes."""
CELLS = 64
DIVISIONS = 128


@dataclass(frozen=True)
class Score:
    """One medial mesh against one shape; lengths are shares of the diagonal.

    Attributes
    ----------
    mean, q99, largest
        Of the distances from the shape's surface to the medial mesh's and back.
    iou
        Of the two solids on cell centres, 64 along the longest side.
    betti
        Of the medial mesh as a complex.
    manifold
        Whether the rebuilt surface is closed and manifold.
    """

    mean: float
    q99: float
    largest: float
    iou: float
    betti: tuple[int, int, int]
    manifold: bool


def score(mat: MedialMesh, reference: Reference) -> Score:
    """Measure a medial mesh in the frame of the reference."""
    places, normals = envelope_points(mat, np.random.default_rng(5))
    there = surface_distances(reference.samples, mat, places, normals) / reference.size
    back = reference.distances(places) / reference.size
    both = np.concatenate([there, back])
    try:
        surface = check_surface(build_surface(mat, reference.size / DIVISIONS))
        manifold = surface.manifold
    except UserError:
        manifold = False
    return Score(
        float((there.mean() + back.mean()) / 2),
        float(np.percentile(both, 99)),
        float(both.max()),
        volume_iou(mat, reference),
        complex_betti(mat),
        bool(manifold),
    )


def surface_distances(points: Floats, mat: MedialMesh, places: Floats, normals: Floats) -> Floats:
    """(n,) distances of (n, 3) points to the union's surface.

    Outside, that of the nearest primitive is exact. Inside it is what is missing to the nearest
    primitive's own surface, which may lie in another one: there the tangent plane of the nearest
    of many points on the union's surface tells more.
    """
    signed = nearest_primitives(points, mat).distances
    _, near = cKDTree(places).query(points)
    depth = np.abs(((points - places[near]) * normals[near]).sum(1))
    return np.where(signed < 0, np.maximum(-signed, depth), signed)


def volume_iou(mat: MedialMesh, reference: Reference) -> float:
    """Intersection over union of the two solids."""
    low = np.minimum(reference.samples.min(0), mat.bounds[0])
    high = np.maximum(reference.samples.max(0), mat.bounds[1])
    step = float(np.ptp(reference.samples, axis=0).max()) / CELLS
    axes = [np.arange(a + step / 2, b, step) for a, b in zip(low, high, strict=True)]
    cells = np.stack(np.meshgrid(*axes, indexing="ij"), -1)
    ours = cells_inside(mat, cells).ravel()
    theirs = reference.inside(cells.reshape(-1, 3))
    return float((ours & theirs).sum() / max((ours | theirs).sum(), 1))


def cells_inside(mat: MedialMesh, cells: Floats) -> NDArray[np.bool_]:
    """(x, y, z) whether lattice points (x, y, z, 3) are in the union of the envelopes.

    A primitive at a time, for only points in the box of its spheres can be inside.
    """
    inside = np.zeros(cells.shape[:3], bool)
    if not inside.size:  # thinner than a cell
        return inside
    axes = cells[:, 0, 0, 0], cells[0, :, 0, 1], cells[0, 0, :, 2]
    for centers, radii in _primitives(mat):
        low, high = (centers - radii[:, None]).min(0), (centers + radii[:, None]).max(0)
        box = tuple(
            slice(*np.searchsorted(axis, (a, b)))
            for axis, a, b in zip(axes, low, high, strict=True)
        )
        points = cells[box].reshape(-1, 3)
        if not len(points):
            continue
        if len(radii) == 2:
            distance = distances_to_cones(cones(centers[None], radii[None]), points)
        else:
            distance = distances_to_flats(flats(centers[None], radii[None]), points)
        inside[box] |= (distance[0] < 0).reshape(inside[box].shape)
    return inside


def _primitives(mat: MedialMesh) -> Iterator[tuple[Floats, Floats]]:
    """Centres and radii of all cones, two each, and of all flat parts of faces, three each."""
    centers, radii = mat.centers.astype(np.float64), mat.radii.astype(np.float64)
    for rows in (*cone_ends(mat), *mat.faces):
        yield centers[rows], radii[rows]


def envelope_points(mat: MedialMesh, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Points (n, 3) and outward normals (n, 3), even over the surface of the union of envelopes."""
    centers, radii = mat.centers.astype(np.float64), mat.radii.astype(np.float64)
    parts = [
        *_balls(centers, radii, rng),
        *_cones(centers[mat.all_edges], radii[mat.all_edges], rng),
        *_slabs(centers[mat.faces], radii[mat.faces], rng),
    ]
    total = sum(area.sum() for area, _ in parts)
    places, normals = [], []
    for area, sample in parts:
        if not area.sum() > 0:
            continue
        count = int(np.ceil(POINTS * area.sum() / total))
        chosen = rng.choice(len(area), count, p=area / area.sum())
        made = sample(chosen)
        places.append(made[0])
        normals.append(made[1])
    found, outward = np.concatenate(places), np.concatenate(normals)
    size = float(np.linalg.norm(mat.bounds[1] - mat.bounds[0]))
    on_surface = nearest_primitives(found, mat).distances > -1e-6 * size
    return found[on_surface], outward[on_surface]


def _balls(centers: Floats, radii: Floats, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    def sample(chosen: NDArray[np.int64]) -> tuple[Floats, Floats]:
        normal = rng.normal(size=(len(chosen), 3))
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        return centers[chosen] + radii[chosen, None] * normal, normal

    return [(4 * np.pi * radii**2, sample)]


def _cones(ends: Floats, radii: Floats, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    """The flanks of cones; one sphere in another leaves none."""
    axis = ends[:, 1] - ends[:, 0]
    length = np.linalg.norm(axis, axis=1)
    slope = (radii[:, 0] - radii[:, 1]) / np.maximum(length, 1e-12)
    good = np.abs(slope) < 1 - 1e-9
    ends, radii, axis, length, slope = (x[good] for x in (ends, radii, axis, length, slope))
    axis = axis / length[:, None]
    lean = np.sqrt(1 - slope**2)

    def sample(chosen: NDArray[np.int64]) -> tuple[Floats, Floats]:
        share = rng.random((len(chosen), 1))
        across = np.cross(axis[chosen], rng.normal(size=(len(chosen), 3)))
        across /= np.linalg.norm(across, axis=1, keepdims=True)
        normal = lean[chosen, None] * across + slope[chosen, None] * axis[chosen]
        center = ends[chosen, 0] * (1 - share) + ends[chosen, 1] * share
        radius = radii[chosen, 0, None] * (1 - share) + radii[chosen, 1, None] * share
        return center + radius * normal, normal

    return [(np.pi * radii.sum(1) * length * lean, sample)]


def _slabs(corners: Floats, radii: Floats, rng: np.random.Generator):  # type: ignore[no-untyped-def]
    """The two flat sides of slabs; where no plane touches all three spheres there are none."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    cross = np.cross(one, two)
    double = np.linalg.norm(cross, axis=1)
    good = double > 1e-12
    unit = cross / np.maximum(double, 1e-300)[:, None]
    # The radius' gradient g in the plane: g . one and g . two are the radii's differences.
    gradient = (radii[:, 1] - radii[:, 0])[:, None] * np.cross(two, unit)
    gradient += (radii[:, 2] - radii[:, 0])[:, None] * np.cross(unit, one)
    gradient /= np.maximum(double, 1e-300)[:, None]
    steep = (gradient**2).sum(1)
    good &= steep < 1 - 1e-9
    corners, radii, unit, gradient, double, steep = (
        x[good] for x in (corners, radii, unit, gradient, double, steep)
    )

    def sample(chosen: NDArray[np.int64]) -> tuple[Floats, Floats]:
        weights = rng.dirichlet([1, 1, 1], len(chosen))
        side = rng.choice([-1.0, 1.0], (len(chosen), 1))
        lift = np.sqrt(1 - steep[chosen])[:, None]
        normal = side * lift * unit[chosen] - gradient[chosen]
        center = np.einsum("nk,nkd->nd", weights, corners[chosen])
        radius = (weights * radii[chosen]).sum(1)[:, None]
        return center + radius * normal, normal

    return [(double / np.sqrt(1 - steep), sample)]


def complex_betti(mat: MedialMesh) -> tuple[int, int, int]:
    """Components, loops and voids of the spheres, edges and faces, over GF(2)."""
    edges = [tuple(edge) for edge in mat.all_edges.tolist()]
    root = list(range(len(mat.radii)))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    parts = len(root)
    for i, j in edges:
        a, b = find(i), find(j)
        parts -= a != b
        root[a] = b
    bit = {edge: 1 << row for row, edge in enumerate(edges)}
    pivots: dict[int, int] = {}
    for i, j, k in mat.faces.tolist():
        chain = bit[i, j] ^ bit[i, k] ^ bit[j, k]
        while chain and chain.bit_length() in pivots:
            chain ^= pivots[chain.bit_length()]
        if chain:
            pivots[chain.bit_length()] = chain
    loops = len(edges) - (len(root) - parts) - len(pivots)
    return parts, loops, len(mat.faces) - len(pivots)
