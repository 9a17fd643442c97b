"""Medial meshes in formats that other programs read: .ply and .glb, with radii as attributes.

Both keep spheres, edges, faces and, where there are any, parts, and read back as the same medial
mesh to the bit. The centers are ordinary vertices, so any program shows the skeleton; what it makes
of the radii is its own affair: ``radius`` and ``part`` of the vertices in .ply, and in .glb the
custom attributes ``_RADIUS`` and ``_PART``, which Blender imports as attributes too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.atomic_file import written_beside
from immat_core.errors import UserError
from immat_core.gltf_binary import (
    LINES,
    POINTS,
    TRIANGLES,
    GltfReader,
    GltfWriter,
    turned,
    turned_back,
)
from immat_core.ma_file import read_ma, write_ma
from immat_core.medial_mesh import IndexArray, MedialMesh

FORMAT = "medial_mesh"
"""The key of a .glb mesh's extras, and the comment of a .ply, that tell what is in it."""


def write_mat(path: str | Path, mat: MedialMesh, parts: IndexArray | None = None) -> None:
    """Write a medial mesh in the format that the suffix names, one of ``MAT_SUFFIXES``.

    Parameters
    ----------
    parts
        (n,) part of each sphere, kept in .ply and .glb.

    Raises
    ------
    UserError
        For another suffix, or when the file cannot be written there.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in MAT_SUFFIXES:
        raise UserError(
            f"{Path(path).name}: no format of medial meshes has the suffix {suffix!r}",
            f"Use {', '.join(MAT_SUFFIXES)}",
        )
    if suffix == ".ma":
        write_ma(path, mat)
        return
    data = WRITERS[suffix](mat, parts)
    with written_beside(path) as beside:
        beside.write_bytes(data)


def read_mat(path: str | Path) -> MedialMesh:
    """Read a medial mesh that :func:`write_mat` wrote, in any of its formats.

    Raises
    ------
    UserError
        For another suffix, and a file that cannot be read or holds no medial mesh.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in MAT_SUFFIXES:
        raise UserError(
            f"{Path(path).name}: no format of medial meshes has the suffix {suffix!r}",
            f"Use {', '.join(MAT_SUFFIXES)}",
        )
    try:
        return READERS[suffix](path)
    except (ValueError, LookupError, TypeError) as error:
        raise UserError(
            f"{path} holds no medial mesh", "Choose one that was written here"
        ) from error


def read_parts(path: str | Path) -> IndexArray | None:
    """(n,) int32 part of each sphere of a file that :func:`read_mat` reads; None without parts."""
    suffix = Path(path).suffix.lower()
    if suffix == ".ply":
        return np.asarray(next(_ply_records(path))["part"], np.int32)
    if suffix == ".glb":
        file, mesh = _glb_mesh(path)
        attributes = mesh["primitives"][0]["attributes"]
        if "_PART" in attributes:
            return np.asarray(np.rint(file.array(attributes["_PART"])), np.int32)
    return None


def _ply(mat: MedialMesh, parts: IndexArray | None) -> bytes:
    header = (
        f"ply\nformat binary_little_endian 1.0\ncomment {FORMAT}\n"
        f"element vertex {len(mat.radii)}\n"
        "property float x\nproperty float y\nproperty float z\n"
        "property float radius\nproperty int part\n"
        f"element face {len(mat.faces)}\nproperty list uchar int vertex_indices\n"
        f"element edge {len(mat.edges)}\nproperty int vertex1\nproperty int vertex2\nend_header\n"
    )
    vertices = np.zeros(len(mat.radii), [("sphere", "<f4", 4), ("part", "<i4")])
    vertices["sphere"] = mat.spheres
    vertices["part"] = 0 if parts is None else parts
    faces = np.empty(len(mat.faces), [("count", "u1"), ("indices", "<i4", 3)])
    faces["count"], faces["indices"] = 3, mat.faces
    edges = mat.edges.astype("<i4").tobytes()
    return header.encode() + vertices.tobytes() + faces.tobytes() + edges


def _read_ply(path: str | Path) -> MedialMesh:
    vertices, faces, edges = _ply_records(path)
    spheres = vertices["sphere"]
    return MedialMesh(spheres[:, :3], spheres[:, 3], edges["ends"], faces["indices"])


def _ply_records(path: str | Path) -> Iterator[NDArray[Any]]:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error
    head, _, body = data.partition(b"end_header\n")
    lines = head.decode("ascii").splitlines()
    if lines[:2] != ["ply", "format binary_little_endian 1.0"] or f"comment {FORMAT}" not in lines:
        raise ValueError("no medial mesh")
    counts = dict(line.split()[1:] for line in lines if line.startswith("element "))
    return _records(body, [int(counts[name]) for name in ("vertex", "face", "edge")])


def _records(body: bytes, counts: list[int]) -> Iterator[NDArray[Any]]:
    """The vertices, faces and edges that :func:`_ply` wrote one after another."""
    kinds = (
        np.dtype([("sphere", "<f4", 4), ("part", "<i4")]),
        np.dtype([("count", "u1"), ("indices", "<i4", 3)]),
        np.dtype([("ends", "<i4", 2)]),
    )
    start = 0
    for kind, count in zip(kinds, counts, strict=True):
        yield np.frombuffer(body, kind, count, start)
        start += kind.itemsize * count


def _glb(mat: MedialMesh, parts: IndexArray | None) -> bytes:
    """One mesh: lines of the edges, triangles of the faces, points of spheres that have none."""
    writer = GltfWriter()
    attributes = {
        "POSITION": writer.floats(turned(mat.centers), bounds=True),
        "_RADIUS": writer.floats(mat.radii),
    }
    if parts is not None:
        attributes["_PART"] = writer.floats(np.asarray(parts))
    lone = np.ones(len(mat.radii), bool)
    lone[mat.all_edges.ravel()] = False
    primitives = [
        {"attributes": attributes, "indices": writer.indices(rows), "mode": mode}
        for mode, rows in (
            (LINES, mat.edges),
            (TRIANGLES, mat.faces),
            (POINTS, np.flatnonzero(lone)),
        )
        if len(rows)
    ]
    counts = {"spheres": len(mat.radii), "edges": len(mat.edges), "faces": len(mat.faces)}
    mesh = {"name": "MAT", "primitives": primitives, "extras": {FORMAT: counts}}
    nodes = {"nodes": [{"mesh": 0, "name": "MAT"}], "meshes": [mesh]} if primitives else {}
    scene = {"nodes": [0]} if primitives else {}
    return writer.file({"scene": 0, "scenes": [scene], **nodes})


def _glb_mesh(path: str | Path) -> tuple[GltfReader, dict[str, Any]]:
    """The file, and the mesh in it that is a medial mesh."""
    file = GltfReader(path)
    ours = [m for m in file.document.get("meshes", ()) if FORMAT in m.get("extras", {})]
    return file, ours[0]


def _read_glb(path: str | Path) -> MedialMesh:
    file, mesh = _glb_mesh(path)
    attributes = mesh["primitives"][0]["attributes"]
    rows: dict[int, NDArray[Any]] = {LINES: np.empty(0, int), TRIANGLES: np.empty(0, int)}
    for primitive in mesh["primitives"]:
        rows[primitive.get("mode", TRIANGLES)] = file.array(primitive["indices"])
    return MedialMesh(
        turned_back(file.array(attributes["POSITION"])),
        file.array(attributes["_RADIUS"]),
        rows[LINES].astype(np.int32).reshape(-1, 2),
        rows[TRIANGLES].astype(np.int32).reshape(-1, 3),
    )


WRITERS: dict[str, Callable[[MedialMesh, IndexArray | None], bytes]] = {".ply": _ply, ".glb": _glb}
READERS: dict[str, Callable[[str | Path], MedialMesh]] = {
    ".ma": read_ma,
    ".ply": _read_ply,
    ".glb": _read_glb,
}
MAT_SUFFIXES = tuple(READERS)
"""Suffixes that medial meshes are written to and read from, lower case."""
