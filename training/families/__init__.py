"""Shapes that programs draw, category by category, as models of the corpus.

``generate("chair", 17)`` gives the same chair every time. A category has several programs, one a
kind of thing: an office chair and a Windsor chair are not one box with parameters.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from training.corpus.canonical import components, count_open_edges, to_unit_box
from training.corpus.storage import CorpusModel, ModelRecord, hash_geometry
from training.families.programs import PROGRAMS

__all__ = ["PROGRAMS", "generate"]


def generate(category: str, seed: int) -> CorpusModel:
    """Draw the shape of a seed; the programs of a category take turns.

    Raises
    ------
    KeyError
        For a category without a program.
    """
    names = tuple(PROGRAMS[category])
    program = names[seed % len(names)]
    rng = np.random.default_rng([seed, zlib.crc32(f"{category} {program}".encode())])
    corners, colors = PROGRAMS[category][program](rng)
    _, first, index = np.unique(
        np.round(corners.reshape(-1, 3), 6), axis=0, return_index=True, return_inverse=True
    )
    vertices = to_unit_box(corners.reshape(-1, 3)[first].astype(np.float64)).astype(np.float32)
    faces = index.reshape(-1, 3).astype(np.int32)
    whole = (faces != np.roll(faces, 1, axis=1)).all(1)
    faces, colors = np.ascontiguousarray(faces[whole]), colors[whole]
    record = ModelRecord(
        name=f"{category}_p{seed:05d}",
        category=category,
        source="parametric",
        licence="GPL-3.0-or-later",
        creator="",
        flags=(program,),
        vertices=len(vertices),
        faces=len(faces),
        components=components(len(vertices), faces.astype(np.int64))[0],
        open_edges=count_open_edges(faces.astype(np.int64)),
        colored=1.0,
        checksum=hash_geometry(vertices, faces),
        recipe="",
    )
    return CorpusModel(
        record=record,
        vertices=vertices,
        faces=faces,
        colors=_srgb(colors),
        uv=np.zeros((len(faces), 3, 2), np.float32),
        face_textures=np.full(len(faces), -1, np.int16),
        textures=(),
    )


def _srgb(linear: NDArray[np.floating]) -> NDArray[np.uint8]:  # type: ignore[type-arg]
    light = np.clip(linear, 0, 1)
    srgb = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(srgb * 255 + 0.5, np.uint8)
