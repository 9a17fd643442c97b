"""The peer in C++: OpenVDB's csgUnion of one level set a primitive. Built here, fed here, run here.

It needs a compiler and OpenVDB's headers. Where they are missing and we may install packages of
Debian (apt-get, as root), they are installed; else the peer is left out, and the report says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import MedialMesh
from immat_core.surface.crisp import SAG, hull_spheres, load_manifold3d, unit_points

SOURCE = Path(__file__).resolve().parent / "csg_union_peer" / "csg_union_peer.cpp"
PACKAGES = ("g++", "libopenvdb-dev", "libtbb-dev", "libimath-dev", "libboost-dev")
HEADER = Path("/usr/include/openvdb/openvdb.h")
DEPTH = 0.1
"""Most voxels that a primitive's mesh lies under its exact envelope."""
FINEST = 12
"""Most cuts of a sphere's icosahedron: 1,442 points."""


@dataclass(frozen=True)
class PeerRun:
    """What the peer says of one run.

    Attributes
    ----------
    milliseconds
        CPU time from the spheres to the quads.
    quads
        How many there are.
    volume
        That they enclose.
    """

    milliseconds: float
    quads: int
    volume: float


def build_peer(folder: Path) -> tuple[Path | None, str]:
    """Compile the peer; return the program, or None and the reason."""
    if not HEADER.exists() or shutil.which("g++") is None:
        if shutil.which("apt-get") is None or os.geteuid() != 0:
            return None, f"apt-get install {' '.join(PACKAGES)}, then run again"
        command = ["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            return None, "apt-get could not install " + " ".join(PACKAGES)
    program = folder / "csg_union_peer"
    command = ["g++", "-O3", "-march=native", "-std=c++17", str(SOURCE), "-o", str(program)]
    command += ["-lopenvdb", "-ltbb"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None, "g++ failed: " + done.stderr.strip().splitlines()[0]
    return program, ""


def write_input(path: Path, mat: MedialMesh, voxel: float) -> None:
    """Write the lean primitives of a medial mesh and a closed mesh of each for the peer.

    Little-endian: four int32 counts (spheres, primitives, vertices, triangles), then rows of
    float64 (x, y, z, radius), of int32 (three spheres, first vertex, vertices, first triangle,
    triangles), of float32 (x, y, z) and of int32 (three vertices of the same primitive).
    """
    manifold3d = load_manifold3d()
    cuts = np.clip(np.ceil(np.sqrt(SAG * mat.radii / (DEPTH * voxel))), 2, FINEST).astype(int)
    rows, vertices, triangles = [], [], []
    seen = [0, 0]
    for spheres in hull_spheres(mat):
        points = [mat.centers[i] + mat.radii[i] * unit_points(int(cuts[i])) for i in spheres]
        hull = manifold3d.Manifold.hull_points(np.concatenate(points)).to_mesh()
        vertices.append(np.asarray(hull.vert_properties, "<f4")[:, :3])
        triangles.append(np.asarray(hull.tri_verts, "<i4"))
        named = (spheres * 3)[:3] if len(spheres) != 2 else (*spheres, spheres[1])
        rows.append((*named, seen[0], len(vertices[-1]), seen[1], len(triangles[-1])))
        seen = [seen[0] + len(vertices[-1]), seen[1] + len(triangles[-1])]
    counts = np.array([len(mat.radii), len(rows), *seen], "<i4")
    arrays: list[NDArray[np.generic]] = [counts, mat.spheres.astype("<f8"), np.array(rows, "<i4")]
    path.write_bytes(b"".join(array.tobytes() for array in [*arrays, *vertices, *triangles]))


def run_peer(program: Path, given: Path, voxel: float, kind: str) -> PeerRun:
    """Run the peer once; ``kind`` is "analytic" or "mesh"."""
    command = [str(program), str(given), repr(voxel), kind, "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    return PeerRun(told["cpu"][0], told["quads"], told["volume"])
