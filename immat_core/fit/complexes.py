"""Homology over GF(2) of a complex of spheres, edges and faces.

Chains are Python integers, a bit for each simplex: their sum is the exclusive or.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from immat_core.fit.settings import Betti
from immat_core.kernels import kernel

Indices = NDArray[np.int64]


class Span:
    """The span of the chains that were added, over GF(2)."""

    def __init__(self) -> None:
        self._by_top: dict[int, int] = {}

    def add(self, chain: int) -> bool:
        """Add a chain; False when it was in the span already."""
        while chain:
            top = chain.bit_length()
            other = self._by_top.get(top)
            if other is None:
                self._by_top[top] = chain
                return True
            chain ^= other
        return False


def boundaries(edges: Indices, faces: Indices) -> list[int]:
    """The boundary of each face as a chain of edges.

    Parameters
    ----------
    edges, faces
        (e, 2) and (f, 3), indices ascending within a row; every side of a face is an edge.
    """
    bit = {tuple(edge): 1 << row for row, edge in enumerate(edges.tolist())}
    return [bit[a, b] ^ bit[b, c] ^ bit[a, c] for a, b, c in faces.tolist()]


def rank(chains: Iterable[int]) -> int:
    """The dimension of what chains span."""
    span = Span()
    return sum(span.add(chain) for chain in chains)


def betti_numbers(vertices: int, edges: Indices, faces: Indices) -> Betti:
    """Components, loops and voids of a complex; see :func:`boundaries`."""
    _, parts = components(vertices, edges)
    cycles = rank(boundaries(edges, faces))
    return parts, len(edges) - (vertices - parts) - cycles, len(faces) - cycles


def components(count: int, pairs: NDArray[np.integer]) -> tuple[Indices, int]:  # type: ignore[type-arg]
    """Number the components of a graph.

    Returns
    -------
    part
        (count,) int64, numbered by their first vertex.
    parts
        How many there are.
    """
    part = np.arange(count)
    parts = int(_unite(part, np.ascontiguousarray(pairs, np.int64)))
    return part, parts


@kernel
def _unite(parent: Indices, pairs: Indices) -> int:
    """Union-find with path halving; then the roots are numbered."""
    for row in range(len(pairs)):
        a, b = pairs[row, 0], pairs[row, 1]
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        # The lower index is the root, so it is met first when the roots are numbered.
        if a < b:
            parent[b] = a
        else:
            parent[a] = b
    parts = 0
    for at in range(len(parent)):
        if parent[at] == at:
            parent[at] = -1 - parts
            parts += 1
        else:
            parent[at] = parent[parent[at]]
    for at in range(len(parent)):
        parent[at] = -1 - parent[at]
    return parts
