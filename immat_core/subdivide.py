"""More spheres without changing the shape: edges are halved."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


def add_spheres(
    balls: Floats, edges: Indices, faces: Indices, count: int
) -> tuple[Floats, Indices, Indices]:
    """Halve the longest edges until there are ``count`` spheres.

    The new sphere is interpolated, and the faces beside the edge are halved with it, so that
    envelope and topology stay the same. Where there is no edge at all, the largest sphere gets
    a twin that is joined to it.

    Parameters
    ----------
    balls, edges, faces
        (k, 4), (e, 2), (f, 3), at least one sphere; every side of a face is an edge.
    """
    rows = [tuple(ball) for ball in balls.tolist()]
    pairs = {tuple(edge) for edge in edges.tolist()}
    triples = {tuple(face) for face in faces.tolist()}
    length = {pair: _length(rows, pair) for pair in pairs}
    while len(rows) < count:
        new = len(rows)
        if not pairs:
            largest = max(range(new), key=lambda k: rows[k][3])
            rows.append(rows[largest])
            pairs.add((largest, new))
            length[largest, new] = 0.0
            continue
        longest = max(pairs, key=lambda pair: (length[pair], -pair[0], -pair[1]))
        a, b = longest
        rows.append(tuple((one + two) / 2 for one, two in zip(rows[a], rows[b], strict=True)))
        added = [(a, new), (b, new)]
        for face in [face for face in triples if a in face and b in face]:
            (third,) = set(face) - {a, b}
            triples.remove(face)
            triples |= {_ascending(a, third, new), _ascending(b, third, new)}
            added.append((third, new))
        pairs.remove(longest)
        pairs |= set(added)
        length |= {pair: _length(rows, pair) for pair in added}
    return (
        np.array(rows, np.float64),
        np.array(sorted(pairs), np.int64).reshape(-1, 2),
        np.array(sorted(triples), np.int64).reshape(-1, 3),
    )


def _ascending(a: int, b: int, new: int) -> tuple[int, int, int]:
    return min(a, b), max(a, b), new


def _length(rows: list[tuple[float, ...]], pair: tuple[int, ...]) -> float:
    a, b = rows[pair[0]], rows[pair[1]]
    return float(sum((a[k] - b[k]) ** 2 for k in range(3)))
