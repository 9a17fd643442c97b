"""Doom 3 meshes, ``.md5mesh``, in their bind pose.

Format: id Software's Doom 3 "MD5" text files, version 10; a vertex is a weighted sum of points
that stand in the frames of joints, and a joint's fourth quaternion number follows from the unit
length of the other three.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from training.corpus.formats.source_mesh import (
    Material,
    SourceMesh,
    SourcePart,
    join_parts,
    upward,
)

_JOINT = re.compile(
    r'"[^"]*"\s+-?\d+\s+\(\s*(\S+)\s+(\S+)\s+(\S+)\s*\)\s*\(\s*(\S+)\s+(\S+)\s+(\S+)\s*\)'
)
_VERTEX = re.compile(r"^\s*vert\s+\d+\s+\(\s*(\S+)\s+(\S+)\s*\)\s+(\d+)\s+(\d+)", re.MULTILINE)
_TRIANGLE = re.compile(r"^\s*tri\s+\d+\s+(\d+)\s+(\d+)\s+(\d+)", re.MULTILINE)
_WEIGHT = re.compile(
    r"^\s*weight\s+\d+\s+(\d+)\s+(\S+)\s+\(\s*(\S+)\s+(\S+)\s+(\S+)\s*\)", re.MULTILINE
)


def read_md5mesh(data: bytes, name: str) -> SourceMesh:
    """Read a model in its file's frame: Z up, front toward +X.

    Raises
    ------
    ValueError
        When the text is no MD5 mesh or damaged.
    """
    text = data.decode("latin1")
    block = re.search(r"joints\s*\{(.*?)\n\}", text, re.DOTALL)
    if block is None:
        raise ValueError(f"{name} is no MD5 mesh")
    joints = np.array(_JOINT.findall(block[1]), np.float64).reshape(-1, 6)
    parts: list[SourcePart] = []
    materials: list[Material] = []
    for match in re.finditer(r"^mesh\s*\{(.*?)\n\}", text, re.DOTALL | re.MULTILINE):
        parts.append(_read_mesh(match[1], joints, len(materials)))
        shader = re.search(r'shader\s+"([^"]*)"', match[1])
        materials.append(Material(texture=shader[1] if shader else ""))
    return join_parts(parts, materials)


def _read_mesh(text: str, joints: NDArray[np.float64], material: int) -> SourcePart:
    rows = np.array(_VERTEX.findall(text), np.float64).reshape(-1, 4)
    weights = np.array(_WEIGHT.findall(text), np.float64).reshape(-1, 5)
    faces = np.array(_TRIANGLE.findall(text), np.int64).reshape(-1, 3)
    if faces.max(initial=-1) >= len(rows):
        raise ValueError("a face names a missing vertex")
    if weights[:, 0].max(initial=-1) >= len(joints):
        raise ValueError("a weight names a missing joint")
    joint = joints[weights[:, 0].astype(int)]
    placed = joint[:, :3] + _turn(joint[:, 3:], weights[:, 2:])
    sums = np.concatenate([np.zeros((1, 3)), np.cumsum(weights[:, 1:2] * placed, axis=0)])
    first, count = rows[:, 2].astype(int), rows[:, 3].astype(int)
    if (first + count).max(initial=0) >= len(sums):
        raise ValueError("a vertex names a missing weight")
    owners = np.full(len(faces), material)
    return SourcePart(sums[first + count] - sums[first], faces, owners, upward(rows[:, :2])[faces])


def _turn(vector: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn (k, 3) points by unit quaternions whose vector parts are (k, 3)."""
    scalar = -np.sqrt(np.maximum(1 - (vector**2).sum(1, keepdims=True), 0))
    cross = np.cross(vector, points)
    return np.asarray(points + 2 * (scalar * cross + np.cross(vector, cross)))
