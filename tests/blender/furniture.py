"""A small table for tests of parts and thickness: a sheet on two legs."""

from __future__ import annotations

from typing import Any

import numpy as np

TOP, LEG = 0.06, 0.03
"""Radii of the top and of the legs."""


def table() -> Any:
    """4 x 4 spheres of a top, numbered first, and two legs of 5 spheres each."""
    from immat_core import MedialMesh

    grid = np.stack(np.meshgrid(np.linspace(-0.4, 0.4, 4), np.linspace(-0.4, 0.4, 4)), -1)
    top = np.concatenate([grid.reshape(-1, 2), np.zeros((16, 1))], 1)
    index = np.arange(16).reshape(4, 4)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    faces = np.concatenate([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)
    centers, edges = [top], []
    for corner, first in ((0, 16), (15, 21)):
        centers.append(top[corner] + np.arange(1, 6)[:, None] * [0, 0, -0.15])
        chain = [corner, *range(first, first + 5)]
        edges += [[chain[i], chain[i + 1]] for i in range(5)]
    radii = np.concatenate([np.full(16, TOP), np.full(10, LEG)])
    return MedialMesh(np.concatenate(centers), radii, edges, faces)
