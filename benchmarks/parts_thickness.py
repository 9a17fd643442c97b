"""Parts and thickness: processor seconds, and what they find.

``python -m benchmarks.parts_thickness`` prints one line a case. Seconds are of the processor, all
threads together, so a loaded machine changes them little; what was found does not change.
``--faces 100000`` times the shape diameter alone, at every face of shapes with about so many, by
the clock on the wall too: its threads use all cores, so that takes a machine at rest.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable

import numpy as np

from benchmarks import medial_shapes
from immat_core import kernels
from immat_core.medial_mesh import MedialMesh
from immat_core.metrics import MetricSettings, Triangles, score_meshes
from immat_core.rays import RayCaster
from immat_core.segmentation import segment_faces, segment_spheres
from immat_core.surface import SurfaceMesh, build_surface
from immat_core.thickness import (
    WALL,
    face_thickness,
    medial_thickness,
    point_thickness,
    with_minimum_thickness,
)
from training.shapes import generate

SHAPES = (("chair", 22), ("table", 3), ("lamp", 1), ("plane", 2))


def seconds(work: Callable[[], object], rounds: int) -> float:
    """The least processor time of some rounds."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def print_case(name: str, mat: MedialMesh, voxel: float, rounds: int) -> None:
    """Time everything on one shape."""
    surface = build_surface(mat, voxel)
    found = segment_spheres(mat)
    triangles = surface.triangles
    caster = RayCaster(surface.vertices, triangles)
    middles, own = caster.corners.mean(1), np.arange(len(triangles))
    thick = point_thickness(caster, middles, own)
    rows = (
        ("parts of spheres", lambda: segment_spheres(mat), f"{found.count} parts"),
        (
            "parts of faces",
            lambda: segment_faces(surface.vertices, surface.faces, mat, found.parts),
            f"{len(surface.faces)} faces",
        ),
        (
            "medial thickness",
            lambda: medial_thickness(surface.vertices, mat),
            f"{2 * mat.radii.min():.4f} to {2 * mat.radii.max():.4f}",
        ),
        (
            "tree of triangles",
            lambda: RayCaster(surface.vertices, triangles),
            f"{len(triangles)} triangles",
        ),
        ("wall thickness", lambda: point_thickness(caster, middles, own, WALL), "1 ray a face"),
        (
            "shape diameter",
            lambda: point_thickness(caster, middles, own),
            f"25 rays a face, median {np.median(thick):.4f}",
        ),
        ("least thickness", lambda: with_minimum_thickness(mat, 0.03), "0.03"),
        ("five scores", lambda: _score(surface), f"{MetricSettings().samples} points a side"),
    )
    print(f"{name}, {len(mat.radii)} spheres, voxel 1/{round(1 / voxel)}")
    for what, work, told in rows:
        print(f"  {what:18} {1000 * seconds(work, rounds):9.1f} ms   {told}", flush=True)


def print_shape_diameter(name: str, mat: MedialMesh, faces: int, rounds: int) -> None:
    """Time the shape diameter at every face of a surface, the tree of triangles with it."""
    voxel = 1 / 64
    for _ in range(2):
        surface = build_surface(mat, voxel, quads=False)
        voxel *= (len(surface.faces) / faces) ** 0.5
    vertices, triangles = surface.vertices, surface.triangles
    face_thickness(vertices, triangles[:1])
    taken = []
    for _ in range(rounds):
        wall, processor = time.perf_counter(), time.process_time()
        face_thickness(vertices, triangles)
        taken.append((time.perf_counter() - wall, time.process_time() - processor))
    wall, processor = min(taken)
    print(
        f"{name:10} {len(triangles):7} faces, 25 rays each: {wall:.2f} s on the wall,"
        f" {processor:.2f} s of the processor",
        flush=True,
    )


def _score(surface: SurfaceMesh) -> None:
    mesh = Triangles(surface.vertices.astype(np.float64), surface.triangles.astype(np.int64))
    score_meshes(mesh, mesh)


def main(argv: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.parts_thickness", description=__doc__)
    parser.add_argument("--voxel", type=float, default=1 / 128)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--faces", type=int, default=0, help="the shape diameter alone")
    options = parser.parse_args(argv)
    if options.faces:
        kernels.load()
        shapes = {f"{category} {seed}": generate(category, seed).mat for category, seed in SHAPES}
        for name, mat in {**shapes, "blob": medial_shapes.blob()}.items():
            print_shape_diameter(name, mat, options.faces, options.rounds)
        return 0
    for category, seed in SHAPES:
        name = f"{category} {seed}"
        print_case(name, generate(category, seed).mat, options.voxel, options.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
