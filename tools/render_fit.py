"""Render docs/images/mesh_to_mat.png: Suzanne, her medial mesh, and the skin of an edited one.

    .venv/bin/python -m tools.render_fit docs/images/mesh_to_mat.png

Needs the `bpy` wheel and Numba (Cycles renders on the CPU, about 20 s a panel).
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from immat_core import MedialMesh
from immat_core.fit import fit_medial_mesh
from tools.render_showcase import (
    add_mesh,
    empty_scene,
    join_panels,
    medial_objects,
    render_panel,
    surface_objects,
)

AZIMUTH = 0.5
CLAY = (0.55, 0.53, 0.50)
SEEN = (75, 80, 415, 325)
"""Left, top, right and bottom of what is not empty in any panel."""


def main() -> None:
    """Fit Suzanne, render her, her spheres and skeleton, and what an edit makes of her."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--samples", type=int, default=48, help="Cycles samples a pixel")
    arguments = parser.parse_args()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    vertices, faces = suzanne()
    mat = fit_medial_mesh(vertices, faces).mat
    panels = []
    draws: tuple[Callable[[], None], ...] = (
        lambda: add_mesh(vertices, faces, CLAY),
        lambda: medial_objects(mat),
        lambda: surface_objects(mat),
        lambda: surface_objects(edited(mat)),
    )
    for draw in draws:
        empty_scene(arguments.samples, AZIMUTH)
        draw()
        panels.append(render_panel().crop(SEEN))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    join_panels(panels).save(arguments.out, optimize=True)


def suzanne() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Blender's monkey, smoothed once: (n, 3) vertices of diagonal 1 and (t, 3) triangles."""
    bpy.ops.mesh.primitive_monkey_add()
    obj = bpy.context.object
    obj.modifiers.new("Smooth", "SUBSURF").levels = 1
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).to_mesh()
    mesh.calc_loop_triangles()
    vertices = np.array([vertex.co[:] for vertex in mesh.vertices])
    faces = np.array([triangle.vertices[:] for triangle in mesh.loop_triangles])
    low, high = vertices.min(0), vertices.max(0)
    return (vertices - (low + high) / 2) / np.linalg.norm(high - low), faces


def edited(mat: MedialMesh) -> MedialMesh:
    """What an artist may do in ten seconds: larger, thicker ears and a slimmer chin."""
    low, high = mat.bounds
    across = np.abs(mat.centers[:, 0]) / high[0]
    height = (mat.centers[:, 2] - low[2]) / (high[2] - low[2])
    ears = np.clip((across - 0.5) / 0.4, 0, 1)
    chin = np.clip(1 - 3 * height, 0, 1)
    centers = mat.centers.copy()
    centers[:, 0] *= (1 + 0.35 * ears) * (1 - 0.35 * chin)
    centers[:, 2] += 0.12 * ears
    return MedialMesh(
        centers, mat.radii * (1 + 1.6 * ears) * (1 - 0.3 * chin), mat.edges, mat.faces
    )


if __name__ == "__main__":
    main()
