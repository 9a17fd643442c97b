"""Mesh to medial mesh, stage by stage. Needs Numba; :mod:`immat_core.fit` is the way in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.fit.accuracy import surface_errors
from immat_core.fit.complexes import betti_numbers
from immat_core.fit.connectivity import Complex, power_cells, surface_clusters
from immat_core.fit.distance_band import BAND
from immat_core.fit.farthest import farthest_points
from immat_core.fit.flood import dilate
from immat_core.fit.medial_balls import Samples, Surface, shrinking_balls, surface
from immat_core.fit.refit import Guards, Pace, refit
from immat_core.fit.settings import Betti, FitReport, FitResult, FitSettings
from immat_core.fit.shell import OFFSET, Shell, build_shell
from immat_core.fit.slabs import maximal_slabs, nearest_slabs
from immat_core.fit.stages import Stages
from immat_core.fit.topology_filter import filter_topology
from immat_core.fit.triangles import Triangles, clean_triangles
from immat_core.fit.variational import Spheres, place_spheres
from immat_core.medial_mesh import MedialMesh
from immat_core.subdivide import add_spheres

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SAMPLES_PER_SPHERE = 16
VERTICES_PER_SPHERE = 30
DILATIONS = (0.5, 0.0, 0.25)
"""Voxels by which the solid is grown for power cells, in the order in which they are tried."""
LARGE_ERROR = 0.015
"""The 99% point from which on a fit is flagged, and tried again with balls that stay inside."""
NEAR = 0.02
"""Distance from the medial mesh within which maximal balls are no noise."""
GUARDS = 2_500
"""Points inside, and as many outside, that keep the refit from opening voids and bulging."""
GUARDED = 3
"""Voxels around the solid's band in which guards stand outside."""
COVERED, CLEAR = 1.5, 0.7
"""Voxels that guards stay inside and outside of the envelope; the nearest are 2.7 and 1.3 away
from the surface."""
CAREFUL_PACE = Pace(steps=8, damping=1.0, longest_step=0.008, watched=0.3, guard_weight=4.0)
CAREFUL_GUARDS, CAREFUL_COVERED = 8_000, 4.0
"""The refit of thick shapes by few spheres opens voids deep inside: guards that see them early."""


@dataclass(frozen=True, eq=False)
class Candidate:
    """A fit in the shell's frame, before the offset is taken back.

    Attributes
    ----------
    balls, edges, faces
        (k, 4), (e, 2), (f, 3).
    betti
        Of the complex.
    errors
        (n,) distances to the surface, after the offset is taken back.
    """

    balls: Floats
    edges: Indices
    faces: Indices
    betti: Betti
    errors: Floats

    @property
    def q99(self) -> float:
        """The distance that 99% of the errors are under."""
        return float(np.percentile(self.errors, 99))

    def cost(self, wanted: Betti) -> tuple[int, int, float]:
        """What the best candidate has least of: false components, false loops, error."""
        return (
            abs(self.betti[0] - wanted[0]),
            abs(self.betti[1] - wanted[1]),
            float(self.errors.mean()),
        )


def fit(
    vertices: ArrayLike,
    faces: ArrayLike,
    spheres: int,
    seed: int,
    dense: int,
    settings: FitSettings,
    stages: Stages,
) -> FitResult:
    """Fit a medial mesh; see :func:`immat_core.fit.fit_medial_mesh`."""
    stages.enter("shell", 0.2)
    triangles = clean_triangles(vertices, faces)
    wanted = max(settings.shell_vertices, VERTICES_PER_SPHERE * spheres)
    whole = build_shell(
        triangles, wanted, settings.fill_missing, should_cancel=stages.should_cancel
    )
    shell = _largest_parts(whole, spheres)
    stages.enter("balls", 0.3)
    where = surface(shell.vertices, shell.normals, shell.part)
    rows = _choose_samples(shell, max(settings.samples, SAMPLES_PER_SPHERE * spheres), seed)
    points, normals = shell.vertices[rows], shell.normals[rows]
    samples = Samples(points, normals, shell.part[rows], shrinking_balls(where, points, normals))
    feet = surface(shell.foot, shell.normals, shell.part)
    task = Task(shell, where, samples, feet, shell.foot[rows], spheres, settings)
    best = _best_attempt(task, seed, stages)
    if best.q99 > LARGE_ERROR:
        stages.enter("balls", 0.3)
        balls = shrinking_balls(where, points, normals, careful=True)
        task = replace(task, samples=replace(samples, balls=balls, careful=True))
        again = _best_attempt(task, seed, stages)
        if again.q99 < best.q99:
            best, samples = again, task.samples
    stages.enter("report", 1.0)
    chosen = _dense_centers(best, samples.balls, dense, seed)
    stages.finish()
    return FitResult(
        mat=_to_input(best, shell, triangles, settings.least_radius),
        dense=(chosen * triangles.size + triangles.center).astype(np.float32),
        surface=(shell.foot[rows] * triangles.size + triangles.center).astype(np.float32),
        normals=normals.astype(np.float32),
        report=_report(best, whole, shell, stages),
    )


@dataclass(frozen=True, eq=False)
class Task:
    """What is fitted to, and how.

    Attributes
    ----------
    shell, where
        The watertight shell, and its vertices ready to be searched.
    samples
        Those of its vertices that spheres are fitted to.
    feet, sample_feet
        The input's surface below the shell's vertices, ready to be searched, and (n, 3) below the
        samples.
    count
        How many spheres.
    """

    shell: Shell
    where: Surface
    samples: Samples
    feet: Surface
    sample_feet: Floats
    count: int
    settings: FitSettings


def _best_attempt(task: Task, seed: int, stages: Stages) -> Candidate:
    """The first attempt that has the solid's Betti numbers, else the best."""
    wanted = task.shell.betti
    best = _attempt(task, seed, stages)
    for attempt in range(1, task.settings.attempts):
        if best.betti == wanted:
            break
        found = _attempt(task, seed + attempt, stages)
        if found.cost(wanted) < best.cost(wanted):
            best = found
    return best


def _attempt(task: Task, seed: int, stages: Stages) -> Candidate:
    """One fit: spheres, connections, refit, and what they are worth."""
    shell, samples, settings = task.shell, task.samples, task.settings
    stages.enter("spheres", 0.7)
    placed = place_spheres(samples, task.where, task.count, seed, on_round=stages.advance)
    stages.enter("connections", 0.8)
    balls, edges, faces = _connect(shell, samples, placed, settings)
    balls, edges, faces = add_spheres(balls, edges, faces, task.count)
    stages.enter("refit", 0.95)
    least = shell.offset + settings.least_radius
    if settings.refit:
        balls = refit(
            balls,
            edges,
            faces,
            samples.points,
            samples.normals,
            _guards(shell, seed, samples.careful),
            least,
            CAREFUL_PACE if samples.careful else None,
            on_step=stages.advance,
        )
    stages.enter("report", 0.98)
    thin = _without_offset(balls, shell, settings.least_radius)
    spacing = float(np.sqrt(shell.areas.sum() / len(shell.areas)))
    feet = task.feet
    errors = surface_errors(
        thin, edges, faces, feet.tree, feet.normals, task.sample_feet, spacing, seed
    )
    return Candidate(balls, edges, faces, betti_numbers(len(balls), edges, faces), errors)


def _connect(
    shell: Shell, samples: Samples, placed: Spheres, settings: FitSettings
) -> tuple[Floats, Indices, Indices]:
    """Spheres with edges and faces: the first way that gives the solid's Betti numbers."""
    if callable(settings.connectivity):
        mat = _mesh(placed.balls, *settings.connectivity(placed.balls, shell.vertices))
        return placed.balls, mat.all_edges.astype(np.int64), mat.faces.astype(np.int64)
    best: tuple[int, Floats, Indices, Indices] | None = None
    ways: tuple[float | None, ...] = (None, *DILATIONS)
    if settings.connectivity == "power_cells":
        ways = DILATIONS
    for dilation in ways:
        if dilation is None:
            spheres, found = surface_clusters(shell, placed)
        else:
            spheres, found = placed, power_cells(shell, placed, dilation)
        priority = _owned(samples, spheres.balls, found) * 1e6
        if dilation is not None:
            priority = priority + found.support
        edges, faces = filter_topology(spheres.balls, found, priority, shell, shell.betti[1])
        betti = betti_numbers(len(spheres.part), edges, faces)
        wrong = 10 * abs(betti[0] - shell.betti[0]) + abs(betti[1] - shell.betti[1])
        if best is None or wrong < best[0]:
            best = wrong, spheres.balls, edges, faces
        if wrong == 0:
            break
    assert best is not None
    return best[1:]


def _owned(samples: Samples, balls: Floats, found: Complex) -> Floats:
    """(f,) how many samples have their foot inside each face."""
    if not len(found.faces):
        return np.zeros(0)
    slabs = maximal_slabs(len(balls), found.edges, found.faces)
    feet = nearest_slabs(samples.points, balls, slabs)
    inside = (feet.weights.min(1) > 0.02) & (feet.slab < len(found.faces))
    return np.bincount(feet.slab[inside], minlength=len(found.faces)).astype(np.float64)


def _largest_parts(shell: Shell, most: int) -> Shell:
    """The shell, or its largest parts where there are more parts than spheres."""
    if shell.betti[0] <= most:
        return shell
    area = np.bincount(shell.part, shell.areas)
    largest = np.sort(np.argsort(-area, kind="stable")[:most])
    kept = np.isin(shell.part, largest)
    row = np.cumsum(kept) - 1
    triangles = row[shell.triangles[kept[shell.triangles[:, 0]]]]
    euler = int(kept.sum()) - len(triangles) // 2
    return replace(
        shell,
        vertices=shell.vertices[kept],
        normals=shell.normals[kept],
        areas=shell.areas[kept],
        triangles=triangles,
        part=np.searchsorted(largest, shell.part[kept]),
        foot=shell.foot[kept],
        # The lattice knows the other parts too: nothing may go by it.
        field=np.full_like(shell.field, BAND - OFFSET),
        betti=(most, most - euler // 2, 0),
    )


def _choose_samples(shell: Shell, count: int, seed: int) -> Indices:
    """Rows of vertices, by area, some of every part."""
    if count >= len(shell.vertices):
        return np.arange(len(shell.vertices))
    rng = np.random.default_rng(seed)
    # The least of exponential variables, each at the rate of its area: a draw without putting back.
    turn = rng.exponential(size=len(shell.areas)) / np.maximum(shell.areas, 1e-300)
    rows = np.argpartition(turn, count)[:count]
    order = np.lexsort((turn, shell.part))
    first = np.flatnonzero(np.diff(shell.part[order], prepend=-1))
    some = order[(first[:, None] + np.arange(4)).clip(max=len(order) - 1).ravel()]
    chosen: Indices = np.unique(np.concatenate([rows, some]))
    return chosen


def _guards(shell: Shell, seed: int, careful: bool) -> Guards:
    """Lattice points at random: away from every triangle inside, and just outside."""
    rng = np.random.default_rng(seed)
    outside = shell.field >= BAND - OFFSET
    outside &= dilate(~outside, GUARDED)
    inside = shell.field <= OFFSET - BAND
    most, covered = (CAREFUL_GUARDS, CAREFUL_COVERED) if careful else (GUARDS, COVERED)
    points, depths = [], []
    for mask, count, depth in ((inside, most, covered), (outside, GUARDS, -CLEAR)):
        rows = np.flatnonzero(mask)
        if len(rows) > count:
            rows = rows[rng.integers(len(rows), size=count)]
        points.append(np.column_stack(np.unravel_index(rows, mask.shape)))
        depths.append(np.full(len(rows), depth * shell.voxel))
    return Guards(np.concatenate(points) * shell.voxel + shell.origin, np.concatenate(depths))


def _dense_centers(found: Candidate, balls: Floats, count: int, seed: int) -> Floats:
    """(count, 3) centres of maximal balls far apart, repeated only where there are fewer.

    Balls that only touch the noise of the surface are far from the medial mesh, and would be
    chosen first: they are left out.
    """
    skeleton = found.balls * [1, 1, 1, 0]
    slabs = maximal_slabs(len(skeleton), found.edges, found.faces)
    away = nearest_slabs(balls[:, :3], skeleton, slabs).distance
    centers = balls[away <= max(NEAR, float(away.min())), :3]
    rows = farthest_points(centers, count, seed)
    return centers[np.resize(rows, count)]


def _without_offset(balls: Floats, shell: Shell, least_radius: float) -> Floats:
    """The spheres of the input's surface: those of the shell, less its offset."""
    return np.column_stack([balls[:, :3], np.maximum(balls[:, 3] - shell.offset, least_radius)])


def _to_input(
    found: Candidate, shell: Shell, triangles: Triangles, least_radius: float
) -> MedialMesh:
    balls = _without_offset(found.balls, shell, least_radius) * triangles.size
    balls[:, :3] += triangles.center
    return _mesh(balls, found.edges, found.faces)


def _mesh(balls: Floats, edges: NDArray[Any], faces: NDArray[Any]) -> MedialMesh:
    spheres = balls.astype(np.float32)
    return MedialMesh(spheres[:, :3], spheres[:, 3], edges.astype(np.int32), faces.astype(np.int32))


def _report(found: Candidate, whole: Shell, shell: Shell, stages: Stages) -> FitReport:
    flags = {
        "missing_facets_closed": whole.filled,
        "betti_differ": found.betti != whole.betti,
        "components_differ": found.betti[0] != whole.betti[0],
        "components_dropped": shell.betti[0] != whole.betti[0],
        "large_error": found.q99 > LARGE_ERROR,
    }
    return FitReport(
        betti_solid=whole.betti,
        betti_mat=found.betti,
        mean_error=float(found.errors.mean()),
        q99_error=found.q99,
        max_error=float(found.errors.max()),
        seconds=dict(stages.seconds),
        flags=tuple(name for name, true in flags.items() if true),
    )
