"""Meshes from files: triangles of all parts in one frame, whatever state the mesh is in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.mesh_reader.triangle_mesh import TriangleMesh

__all__ = ["MESH_SUFFIXES", "TriangleMesh", "Up", "read_mesh"]

Up: TypeAlias = Literal["y", "z"]

TRIMESH_SUFFIXES = (".obj", ".ply", ".stl", ".off", ".glb", ".gltf", ".dae")
MESH_SUFFIXES = (*TRIMESH_SUFFIXES, ".3ds", ".ac")
"""Suffixes that :func:`read_mesh` knows, lower case."""

_UP_AXIS = re.compile(rb"<up_axis>\s*Z_UP\s*</up_axis>")


def read_mesh(path: str | Path, up: Up | None = None) -> TriangleMesh:
    """Read all parts of a mesh file as one mesh, Z up.

    The transforms of the file's scene are applied and polygons are cut into triangles. Nothing is
    repaired: vertices that are not finite and faces without area stay in.

    Parameters
    ----------
    path
        One of ``MESH_SUFFIXES``.
    up
        Which axis points up in the file; "y" is turned to Z by a quarter about X. None takes what
        the format says: Y for ``.gltf``, ``.glb`` and ``.ac``, what the file itself says for
        ``.dae``, and Z, so as it is, for the others, which do not say.

    Raises
    ------
    UserError
        For another suffix, a file that cannot be read or holds no triangle, and where the package
        that reads it is missing.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in MESH_SUFFIXES:
        raise UserError(
            f"{path.name}: no mesh format has the suffix {suffix!r}",
            f"Use {', '.join(MESH_SUFFIXES)}",
        )
    _check_readable(path)
    mesh = _read(path, suffix)
    if not np.isfinite(mesh.vertices[mesh.faces]).all((1, 2)).any():
        raise UserError(f"{path} holds no triangle", "Choose a file with a mesh in it")
    if (up or _up_of(path, suffix)) == "y":
        return TriangleMesh(_turned(mesh.vertices), mesh.faces)
    return mesh


def _check_readable(path: Path) -> None:
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from error


def _read(path: Path, suffix: str) -> TriangleMesh:
    if suffix == ".ac":
        from immat_core.mesh_reader.ac3d import read_ac3d

        return read_ac3d(path)
    if suffix == ".3ds":
        from immat_core.mesh_reader.studio_3ds import read_studio_3ds

        return read_studio_3ds(path)
    return _read_with_trimesh(path)


def _read_with_trimesh(path: Path) -> TriangleMesh:
    try:
        import trimesh

        if path.suffix.lower() == ".dae":
            import collada  # noqa: F401 - trimesh imports it late, and says less
    except ImportError as error:
        raise UserError(
            f"{path.name} cannot be read without the package {error.name}",
            "Install it: pip install 'immat-core[fit]'",
        ) from error
    try:
        scene = trimesh.load_scene(path, process=False, skip_materials=True)
        return _joined(scene)
    except Exception as error:  # a broken file raises whatever its reader stumbled over
        raise UserError(
            f"{path} cannot be read as a mesh: {type(error).__name__}: {_first_line(error)}"
        ) from error


def _joined(scene: Any) -> TriangleMesh:
    """All triangle meshes of a trimesh scene, each where its transform puts it."""
    vertices: list[NDArray[np.float64]] = [np.empty((0, 3))]
    faces: list[NDArray[np.int64]] = [np.empty((0, 3), np.int64)]
    count = 0
    for node in scene.graph.nodes_geometry:
        matrix, name = scene.graph[node]
        part = scene.geometry[name]
        if not len(getattr(part, "faces", ())):
            continue
        places = np.asarray(part.vertices, np.float64)
        vertices.append(places @ matrix[:3, :3].T + matrix[:3, 3])
        faces.append(np.asarray(part.faces, np.int64) + count)
        count += len(places)
    return TriangleMesh(np.concatenate(vertices), np.concatenate(faces))


def _up_of(path: Path, suffix: str) -> Up:
    """Which axis the format or the file says is up; Collada's default is Y."""
    if suffix == ".dae":
        return "z" if _UP_AXIS.search(path.read_bytes()) else "y"
    return "y" if suffix in (".glb", ".gltf", ".ac") else "z"


def _turned(vertices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Y up to Z up, so that what faced +Z faces -Y."""
    return np.column_stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1]])


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200]
