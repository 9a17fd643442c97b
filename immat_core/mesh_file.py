"""Surfaces as files: .obj, .ply, .stl and .glb, and level sets as .vdb.

Files hold the object's frame, Z up and front toward -Y, but for .glb: glTF prescribes Y up and
front toward +Z, so it is written turned by a quarter and every glTF importer shows it upright.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np

from immat_core.atomic_file import written_beside
from immat_core.errors import UserError
from immat_core.gltf_binary import GltfWriter, turned
from immat_core.medial_mesh import FloatArray, MedialMesh
from immat_core.surface import SurfaceMesh, build_grid


def write_mesh(path: str | Path, mesh: SurfaceMesh) -> None:
    """Write a surface in the format that the suffix names, one of ``MESH_SUFFIXES``.

    ``.obj`` and ``.ply`` keep the quads; ``.stl`` and ``.glb`` know triangles only. Written beside
    ``path`` and then renamed.

    Raises
    ------
    UserError
        For another suffix, or when the file cannot be written there.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise UserError(
            f"{Path(path).name}: no mesh format has the suffix {suffix!r}",
            f"Use {', '.join(MESH_SUFFIXES)}",
        )
    data = WRITERS[suffix](mesh)
    with written_beside(path) as beside:
        beside.write_bytes(data)


def write_grid(path: str | Path, mat: MedialMesh, voxel: float = 1 / 128) -> None:
    """Write the level set of a medial mesh as ``.vdb``: grid "surface", distances in its unit.

    Raises ``UserError`` as ``build_surface`` does, and when the file cannot be written there.
    """
    from immat_core.surface.vdb import load_openvdb

    grid = build_grid(mat, voxel)
    with written_beside(path) as beside:
        # OpenVDB's own error for a folder that is not there is no OSError.
        beside.touch()
        load_openvdb().write(str(beside), grids=[grid])


def _obj(mesh: SurfaceMesh) -> bytes:
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in mesh.vertices.tolist()]
    lines += ["f " + " ".join(map(str, face)) for face in (mesh.faces + 1).tolist()]
    return ("\n".join(lines) + "\n").encode()


def _ply(mesh: SurfaceMesh) -> bytes:
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        f"element vertex {len(mesh.vertices)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(mesh.faces)}\n"
        "property list uchar int vertex_indices\nend_header\n"
    )
    corners = mesh.faces.shape[1]
    faces = np.empty(len(mesh.faces), [("count", "u1"), ("indices", "<i4", corners)])
    faces["count"], faces["indices"] = corners, mesh.faces
    return header.encode() + mesh.vertices.astype("<f4").tobytes() + faces.tobytes()


def _stl(mesh: SurfaceMesh) -> bytes:
    corners = mesh.vertices[mesh.triangles]
    rows = np.zeros(
        len(corners), [("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("end", "<u2")]
    )
    rows["normal"], rows["corners"] = _unit(_area_vectors(corners)), corners
    return b"Image to MAT".ljust(80) + struct.pack("<I", len(rows)) + rows.tobytes()


def _glb(mesh: SurfaceMesh) -> bytes:
    """glTF 2.0 binary, Y up; normals are smooth, weighted by area."""
    writer = GltfWriter()
    attributes = {
        "POSITION": writer.floats(turned(mesh.vertices), bounds=True),
        "NORMAL": writer.floats(turned(smooth_normals(mesh))),
    }
    primitive = {"attributes": attributes, "indices": writer.indices(mesh.triangles)}
    return writer.file(
        {
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "name": "surface"}],
            "meshes": [{"name": "surface", "primitives": [primitive]}],
        }
    )


def smooth_normals(mesh: SurfaceMesh) -> FloatArray:
    """(n, 3) float32 unit normals of the vertices: of their triangles, weighted by area."""
    triangles = mesh.triangles
    normals = np.zeros_like(mesh.vertices)
    area = _area_vectors(mesh.vertices[triangles])
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], area)
    return _unit(normals)


def _area_vectors(corners: FloatArray) -> FloatArray:
    """(n, 3) normals of (n, 3, 3) triangles, twice as long as the triangles are large."""
    vectors: FloatArray = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return vectors


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: FloatArray = vectors / np.where(length > 0, length, 1)
    return unit


WRITERS: dict[str, Callable[[SurfaceMesh], bytes]] = {
    ".obj": _obj,
    ".ply": _ply,
    ".stl": _stl,
    ".glb": _glb,
}
MESH_SUFFIXES = tuple(WRITERS)
"""Suffixes that :func:`write_mesh` knows, lower case."""
