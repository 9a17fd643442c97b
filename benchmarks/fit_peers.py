"""Other ways to a medial mesh, for comparison: a regular triangulation, and a Q-MAT program."""

from __future__ import annotations

import os
import subprocess
import tempfile
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from immat_core.medial_mesh import MedialMesh

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

DILATION = 0.02
"""By which Coverage Axis grows the spheres before it triangulates, of the diagonal."""
SURFACE_POINTS = 6000
QMAT_VERTICES = 12_000
QMAT_SECONDS = 300
EXPLODED = 1.0
"""Diagonals from the shape's box from which on a sphere of Q-MAT's counts as exploded."""


def regular_triangulation(balls: Floats, points: Floats) -> tuple[NDArray[np.int32], ...]:
    """Edges and faces between balls in the regular triangulation of balls and surface points.

    The rule of Coverage Axis (Dou et al. 2022): dilated balls with their squared radii as weights,
    surface points without weight; simplices whose corners are all balls stay. The triangulation is
    the lower side of the hull of the points lifted to four dimensions.
    """
    rng = np.random.default_rng(0)
    chosen = rng.choice(len(points), min(SURFACE_POINTS, len(points)), replace=False)
    low, high = points.min(0), points.max(0)
    box = np.array([[a, b, c] for a in (-1, 2) for b in (-1, 2) for c in (-1, 2)])
    sites = np.concatenate([balls[:, :3], points[chosen], low + box * (high - low)])
    sites = sites + rng.normal(0, 1e-7, sites.shape)
    weights = np.zeros(len(sites))
    weights[: len(balls)] = (balls[:, 3] + DILATION) ** 2
    lifted = np.column_stack([sites, (sites**2).sum(1) - weights])
    hull = ConvexHull(lifted, qhull_options="Qt Q12")
    cells = hull.simplices[hull.equations[:, 3] < 0]
    return _sides(cells, 2, len(balls)), _sides(cells, 3, len(balls))


def _sides(cells: NDArray[np.int32], size: int, count: int) -> NDArray[np.int32]:
    rows = np.concatenate([cells[:, list(corners)] for corners in combinations(range(4), size)])
    rows = np.sort(rows[(rows < count).all(1)], axis=1)
    return np.unique(rows, axis=0).astype(np.int32).reshape(-1, size)


def run_qmat(
    program: Path, vertices: Floats, faces: Indices, spheres: int
) -> tuple[MedialMesh | None, int, float]:
    """Q-MAT on our watertight shell of the mesh, its offset taken off the radii.

    The program is called as ``PROGRAM IN.off SPHERES OUT.ma``.

    Returns
    -------
    The medial mesh without exploded spheres, None where the program failed; how many exploded; its
    CPU seconds.
    """
    from immat_core.fit.shell import build_shell
    from immat_core.fit.triangles import clean_triangles

    triangles = clean_triangles(vertices, faces)
    shell = build_shell(triangles, QMAT_VERTICES)
    with tempfile.TemporaryDirectory() as folder:
        given, made = Path(folder) / "in.off", Path(folder) / "out.ma"
        _write_off(given, shell.vertices, shell.triangles)
        before = _child_seconds()
        try:
            subprocess.run(
                [program, given, str(spheres), made],
                cwd=folder,
                capture_output=True,
                timeout=QMAT_SECONDS,
                check=True,
            )
        except (subprocess.SubprocessError, OSError):
            return None, 0, _child_seconds() - before
        seconds = _child_seconds() - before
        balls, edges, corners = _read_loosely(made)
    balls[:, 3] = np.maximum(balls[:, 3] - shell.offset, 0.0025)
    low, high = shell.vertices.min(0) - EXPLODED, shell.vertices.max(0) + EXPLODED
    good = ((balls[:, :3] > low) & (balls[:, :3] < high)).all(1) & np.isfinite(balls).all(1)
    number = np.cumsum(good) - 1
    edges, corners = (number[rows[good[rows].all(1)]] for rows in (edges, corners))
    size, center = float(triangles.size), np.asarray(triangles.center)
    if not good.any():
        return None, len(good), seconds
    mat = MedialMesh(balls[good, :3] * size + center, balls[good, 3] * size, edges, corners)
    return mat, int((~good).sum()), seconds


def _write_off(path: Path, vertices: Floats, triangles: Indices) -> None:
    lines = [f"OFF\n{len(vertices)} {len(triangles)} 0"]
    lines += ["%.9g %.9g %.9g" % tuple(vertex) for vertex in vertices]  # noqa: UP031 - rows
    lines += [f"3 {a} {b} {c}" for a, b, c in triangles.tolist()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _read_loosely(path: Path) -> tuple[Floats, Indices, Indices]:
    """A .ma file as it is: Q-MAT repeats simplices and writes radii that are not above zero."""
    rows: dict[str, list[list[float]]] = {"v": [], "e": [], "f": []}
    for line in path.read_text().splitlines()[1:]:
        words = line.split()
        if words and words[0] in rows:
            rows[words[0]].append([float(word) for word in words[1:]])
    balls = np.array(rows["v"], np.float64).reshape(-1, 4)
    edges = np.array(rows["e"], np.int64).reshape(-1, 2)
    faces = np.array(rows["f"], np.int64).reshape(-1, 3)
    edges = edges[edges[:, 0] != edges[:, 1]]
    distinct = (np.diff(np.sort(faces, axis=1), axis=1) > 0).all(1)
    return balls, edges, faces[distinct]


def _child_seconds() -> float:
    """CPU seconds of all processes that this one started and that have ended."""
    times = os.times()
    return float(times.children_user + times.children_system)
