"""MilkShape 3D's text export, ``.txt``: meshes, then materials.

Format: "MilkShape 3D ASCII" of chUmbaLum sOft; comment lines start with two slashes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from training.corpus.formats.source_mesh import Material, SourceMesh, SourcePart, join_parts, upward


def read_milkshape(data: bytes, name: str) -> SourceMesh:
    """Read a model in its file's frame: Y up.

    Raises
    ------
    ValueError
        When the text is no such export or ends in the middle.
    """
    lines = [line.strip() for line in data.decode("latin1").splitlines()]
    rest = iter([line for line in lines if line and not line.startswith("//")])
    try:
        meshes = _count(rest, "Meshes:")
        parts = [_read_mesh(rest) for _ in range(meshes)]
        materials = [_read_material(rest) for _ in range(_count(rest, "Materials:"))]
    except StopIteration as error:
        raise ValueError(f"{name} is no MilkShape text or ends too early") from error
    return join_parts(parts, materials)


def _count(lines: Iterator[str], heading: str) -> int:
    """Skip to a heading; the number behind it."""
    while not (line := next(lines)).startswith(heading):
        pass
    return int(line.split()[1])


def _read_mesh(lines: Iterator[str]) -> SourcePart:
    material = int(next(lines).rsplit(maxsplit=1)[1])
    points = [next(lines).split() for _ in range(int(next(lines)))]
    for _ in range(int(next(lines))):
        next(lines)  # a normal
    triangles = [next(lines).split() for _ in range(int(next(lines)))]
    rows = np.array([point[1:6] for point in points], np.float64).reshape(-1, 5)
    faces = np.array([row[1:4] for row in triangles], np.int64).reshape(-1, 3)
    if faces.max(initial=-1) >= len(rows):
        raise ValueError("a face names a missing vertex")
    return SourcePart(rows[:, :3], faces, np.full(len(faces), material), upward(rows[:, 3:])[faces])


def _read_material(lines: Iterator[str]) -> Material:
    """Name, ambient, diffuse, specular, emissive, shininess, transparency, texture, alpha map."""
    rows = [next(lines) for _ in range(9)]
    red, green, blue = (float(number) for number in rows[2].split()[:3])
    return Material((red, green, blue), rows[7].strip('"'))
