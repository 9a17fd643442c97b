"""Surfaces in parts as files: face colors, groups, or one primitive and material a part."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from immat_core.atomic_file import written_beside
from immat_core.colors import part_colors, to_bytes, to_linear
from immat_core.errors import UserError
from immat_core.gltf_binary import GltfWriter, turned
from immat_core.medial_mesh import IndexArray, MedialMesh
from immat_core.mesh_file import smooth_normals
from immat_core.segmentation import Segmentation, segment_faces
from immat_core.surface import SurfaceMesh


@dataclass(frozen=True, eq=False)
class PartMesh:
    """A medial mesh in parts, and the surface that shows them.

    Attributes
    ----------
    mat, segmentation
        The spheres and their parts.
    surface
        Its surface.
    face_parts
        (f,) int32, the part of each face of the surface, from 0.
    """

    mat: MedialMesh
    segmentation: Segmentation
    surface: SurfaceMesh
    face_parts: IndexArray

    def summary(self) -> list[dict[str, Any]]:
        """A dictionary a part: number from 1, kind, spheres, faces, thickness, color."""
        spheres = np.bincount(self.segmentation.parts, minlength=self.segmentation.count)
        faces = np.bincount(self.face_parts, minlength=self.segmentation.count)
        colors = to_bytes(part_colors(np.arange(self.segmentation.count) + 1))
        told = []
        for part in range(self.segmentation.count):
            radii = self.mat.radii[self.segmentation.parts == part]
            told.append(
                {
                    "part": part + 1,
                    "kind": "sheet" if self.segmentation.sheets[part] else "curve",
                    "spheres": int(spheres[part]),
                    "faces": int(faces[part]),
                    "thickness": [2 * float(radii.min()), 2 * float(radii.max())],
                    "color": "#" + colors[part].tobytes().hex(),
                }
            )
        return told


def part_mesh(mat: MedialMesh, segmentation: Segmentation, surface: SurfaceMesh) -> PartMesh:
    """Bring the parts of a medial mesh to its surface."""
    parts = segment_faces(surface.vertices, surface.faces, mat, segmentation.parts)
    return PartMesh(mat, segmentation, surface, parts)


def write_parts(path: str | Path, parts: PartMesh) -> None:
    """Write a surface in parts in the format that the suffix names, one of ``PART_SUFFIXES``.

    ``.ply`` has face colors and the property ``part``, ``.obj`` groups, ``.glb`` a primitive and a
    material a part, ``.json`` the parts of all spheres and no surface. Parts count from 1.

    Raises
    ------
    UserError
        For another suffix, or when the file cannot be written there.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS:
        raise UserError(
            f"{Path(path).name}: parts cannot be written as {suffix!r}",
            f"Use {', '.join(PART_SUFFIXES)}",
        )
    data = WRITERS[suffix](parts)
    with written_beside(path) as beside:
        beside.write_bytes(data)


def _ply(parts: PartMesh) -> bytes:
    mesh = parts.surface
    header = (
        "ply\nformat binary_little_endian 1.0\n"
        f"element vertex {len(mesh.vertices)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        f"element face {len(mesh.faces)}\n"
        "property list uchar int vertex_indices\n"
        "property uchar red\nproperty uchar green\nproperty uchar blue\n"
        "property int part\nend_header\n"
    )
    corners = mesh.faces.shape[1]
    row = [("count", "u1"), ("indices", "<i4", corners), ("color", "u1", 3), ("part", "<i4")]
    faces = np.empty(len(mesh.faces), row)
    faces["count"], faces["indices"], faces["part"] = corners, mesh.faces, parts.face_parts + 1
    faces["color"] = to_bytes(part_colors(parts.face_parts + 1))
    return header.encode() + mesh.vertices.astype("<f4").tobytes() + faces.tobytes()


def _obj(parts: PartMesh) -> bytes:
    mesh = parts.surface
    lines = [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in mesh.vertices.tolist()]
    for part in range(parts.segmentation.count):
        lines.append(f"g part_{part + 1:02}")
        own = mesh.faces[parts.face_parts == part] + 1
        lines += ["f " + " ".join(map(str, face)) for face in own.tolist()]
    return ("\n".join(lines) + "\n").encode()


def _glb(parts: PartMesh) -> bytes:
    mesh, writer = parts.surface, GltfWriter()
    attributes = {
        "POSITION": writer.floats(turned(mesh.vertices), bounds=True),
        "NORMAL": writer.floats(turned(smooth_normals(mesh))),
    }
    corners = len(mesh.triangles) // max(len(mesh.faces), 1)
    owner = np.repeat(parts.face_parts, corners)
    primitives: list[dict[str, Any]] = []
    materials: list[dict[str, Any]] = []
    for about in parts.summary():
        own = mesh.triangles[owner == about["part"] - 1]
        if not len(own):
            continue
        color = to_linear(part_colors(about["part"])).tolist()
        rough = {"baseColorFactor": [*color, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.7}
        primitives.append(
            {
                "attributes": attributes,
                "indices": writer.indices(own),
                "material": len(materials),
                "extras": {"part": about["part"]},
            }
        )
        materials.append({"name": f"part {about['part']}", "pbrMetallicRoughness": rough})
    return writer.file(
        {
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "name": "surface"}],
            "meshes": [{"name": "surface", "primitives": primitives}],
            "materials": materials,
        }
    )


def _json(parts: PartMesh) -> bytes:
    told = {
        "parts": parts.summary(),
        "sphere_parts": (parts.segmentation.parts + 1).tolist(),
    }
    return (json.dumps(told, indent=1) + "\n").encode()


WRITERS: dict[str, Callable[[PartMesh], bytes]] = {
    ".ply": _ply,
    ".obj": _obj,
    ".glb": _glb,
    ".json": _json,
}
PART_SUFFIXES = tuple(WRITERS)
"""Suffixes that :func:`write_parts` knows, lower case."""
