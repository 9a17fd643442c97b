"""The shape diameter on real meshes beside an independent implementation.

``python -m benchmarks.thickness_peer`` takes ten models of the corpus (``data/corpus``), one a
category, and at some faces of each compares ours with trimesh's own ray caster, which tests every
triangle that an R-tree suggests, and with the definition's mean written in plain NumPy. It fails
where a mesh is off by more than 5 %.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import trimesh
from numpy.typing import NDArray

from immat_core.rays import RayCaster
from immat_core.rays.caster import SKIPPED
from immat_core.thickness import RaySettings, point_thickness
from training.corpus import CORPUS_FOLDER, load_model
from training.corpus.storage import read_index

Doubles = NDArray[np.float64]

MESHES, ALLOWED = 10, 0.05
MOST_FACES = 20_000
"""The peer takes long on larger ones."""


def main(argv: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.thickness_peer", description=__doc__)
    parser.add_argument("--faces", type=int, default=24, help="looked at on each mesh")
    options = parser.parse_args(argv)
    worst = 0.0
    for name in chosen_names():
        model = load_model(name)
        ours, theirs = compared(model.vertices, model.faces, options.faces)
        known = np.isfinite(theirs) & np.isfinite(ours)
        apart = np.abs(ours[known] / theirs[known] - 1)
        mean = abs(ours[known].mean() / theirs[known].mean() - 1)
        worst = max(worst, mean, float(np.median(apart)))
        print(
            f"{name:16} {len(model.faces):6} triangles: mean off by {mean:.3%},"
            f" median {np.median(apart):.3%}, worst face {apart.max():.2%},"
            f" {(np.isfinite(ours) != np.isfinite(theirs)).sum()} of {len(ours)} met by one alone",
            flush=True,
        )
    print(f"worst of {MESHES} meshes: {worst:.3%}, allowed {ALLOWED:.0%}")
    return 0 if worst <= ALLOWED else 1


def chosen_names() -> list[str]:
    """The first model of each of ten categories that is not too large."""
    found: dict[str, str] = {}
    for record in read_index(CORPUS_FOLDER):
        if record.faces <= MOST_FACES:
            found.setdefault(record.category, record.name)
    return list(found.values())[:MESHES]


def compared(
    vertices: NDArray[np.floating], triangles: NDArray[np.integer], count: int
) -> tuple[Doubles, Doubles]:
    """Our shape diameters and the peer's at so many faces, picked by area."""
    mesh = trimesh.Trimesh(vertices, triangles, process=False)
    caster = RayCaster(mesh.vertices, mesh.faces)
    share = mesh.area_faces / mesh.area_faces.sum()
    chosen = np.random.default_rng(0).choice(len(share), count, p=share)
    points, inwards = mesh.triangles_center[chosen], -caster.normals[chosen]
    ours = point_thickness(caster, points, chosen)
    cone, weights = RaySettings().directions()
    directions = np.concatenate([cone @ frame_around(inward) for inward in inwards])
    starts = np.repeat(points, len(cone), axis=0)
    places, rays, met = mesh.ray.intersects_location(starts, directions, multiple_hits=True)
    at = np.linalg.norm(places - starts[rays], axis=1)
    true = (at > SKIPPED * caster.diagonal) & (met != np.repeat(chosen, len(cone))[rays])
    lengths = np.full(len(starts), np.inf)
    np.minimum.at(lengths, rays[true], at[true])
    theirs = [robust_mean(row, weights) for row in lengths.reshape(count, -1)]
    return ours, np.array(theirs)


def frame_around(z: Doubles) -> Doubles:
    """(3, 3) rows of the frame of Duff et al. (2017): a bundle must not be turned about z."""
    sign = 1.0 if z[2] >= 0 else -1.0
    a = -1 / (sign + z[2])
    b = z[0] * z[1] * a
    x = [1 + sign * z[0] ** 2 * a, sign * b, -sign * z[0]]
    return np.array([x, [b, sign + z[1] ** 2 * a, -z[1]], z])


def robust_mean(lengths: Doubles, weights: Doubles) -> float:
    """The definition: weights 1 / angle, within one standard deviation of the median."""
    known = np.isfinite(lengths)
    if not known.any():
        return np.inf
    hits, shares = lengths[known], weights[known]
    kept = np.abs(hits - np.median(hits)) <= hits.std() * (1 + 1e-9)
    return float((hits * shares)[kept].sum() / shares[kept].sum())


if __name__ == "__main__":
    sys.exit(main())
