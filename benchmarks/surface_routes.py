"""The ways from a medial mesh to a surface that the benchmark runs in turn, and their times."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import bpy
import numpy as np
import union_peer
from surface_case import Case

from immat_blender.surface_mesh import write_surface
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import build_surface, vdb
from immat_core.surface.band import narrow_band
from immat_core.surface.limits import MESH_WIDTH
from immat_core.surface.live import LiveSurface

Route = Callable[[], float]
"""Does its work once and returns the CPU milliseconds that it took."""
MOVES = 64
"""Single-sphere moves that are prepared for the live route, over and over."""
REPEATS = 3
"""How often a route of milliseconds runs in a round."""
MOST = {"csg of analytic": 3, "csg of meshes": 1}
"""Most rounds of the slow routes."""
SLOWEST = {"csg of analytic": 6.0, "csg of meshes": 30.0}
"""Seconds that they take for the blob at 1/256."""


@dataclass
class Clock:
    """How much wall time is left."""

    limit: float
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> float:
        """Seconds until the limit."""
        return self.started + self.limit - time.monotonic()


def run_case(
    shape: str, mat: MedialMesh, steps: int, rounds: int, peer: Path | None, clock: Clock
) -> Case:
    """Run all routes in turn, so that whatever else the machine does falls on all of them alike."""
    voxel = 1 / steps
    routes = _our_routes(mat, voxel)
    for route in routes.values():
        route()
    if peer is not None:
        given = peer.parent / f"{shape}-{steps}.bin"
        union_peer.write_input(given, mat, voxel)
        for kind in ("analytic", "mesh"):
            name = "csg of analytic" if kind == "analytic" else "csg of meshes"
            routes[name] = _peer_route(peer, given, voxel, kind)
    times: dict[str, list[float]] = {name: [] for name in routes}
    for turn in range(rounds):
        for name, route in routes.items():
            if turn < MOST.get(name, rounds) and _fits(name, times[name], steps, clock):
                repeats = 1 if name in MOST else REPEATS
                times[name] += [route() for _ in range(repeats)]
    return Case(
        shape,
        steps,
        len(build_surface(mat, voxel, quads=False).faces),
        {name: statistics.median(values) for name, values in times.items() if values},
    )


def _fits(name: str, before: list[float], steps: int, clock: Clock) -> bool:
    """Whether a slow route may run once more within the time that is left."""
    if name not in MOST:
        return True
    expected = before[-1] / 1e3 if before else SLOWEST[name] * (steps / 256) ** 2
    return 2 * expected < clock.left


def _our_routes(mat: MedialMesh, voxel: float) -> dict[str, Route]:
    """Full, live, reference, OpenVDB's part of the reference, and the upload to Blender."""
    moved = _moves(mat, voxel)
    live = LiveSurface(mat, voxel)
    band = narrow_band(mat, voxel, MESH_WIDTH)
    surfaces = [build_surface(m, voxel, quads=False) for m in (mat, moved[-1])]
    mesh = bpy.data.meshes.new("Benchmark")
    turn = {"live": 0, "upload": 0}

    def edit() -> None:
        turn["live"] += 1
        live.update(moved[turn["live"] % MOVES])

    def upload() -> None:
        # Surfaces whose faces differ, so that faces are written too.
        turn["upload"] += 1
        surface = surfaces[turn["upload"] % 2]
        write_surface(mesh, surface.vertices, surface.faces)

    return {
        "full": _timed(lambda: build_surface(mat, voxel, quads=False)),
        "live": _timed(edit),
        "reference": _timed(lambda: build_surface(mat, voxel)),
        "openvdb": _timed(lambda: vdb.to_grid(band).convertToQuads()),
        "upload": _timed(upload),
    }


def _moves(mat: MedialMesh, voxel: float) -> list[MedialMesh]:
    """The medial mesh after 1, 2, ... moves of a sphere each, by about a voxel."""
    rng = np.random.default_rng(0)
    centers = mat.centers.copy()
    moved = []
    for _ in range(MOVES):
        centers[rng.integers(len(centers))] += 0.5 * voxel * rng.normal(size=3)
        moved.append(MedialMesh(centers, mat.radii, mat.edges, mat.faces))
    return moved


def _peer_route(peer: Path, given: Path, voxel: float, kind: str) -> Route:
    return lambda: union_peer.run_peer(peer, given, voxel, kind).milliseconds


def _timed(work: Callable[[], object]) -> Route:
    def run() -> float:
        started = time.process_time()
        work()
        return 1e3 * (time.process_time() - started)

    return run
