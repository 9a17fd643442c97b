"""Faces over the small holes that thresholds leave in sheets (the paper, section 4.1, after [13]).

A hole is a closed loop of 3 to 5 edges between spheres of one sheet. It is filled only where

- nearly all of the loop, all sides but one, is the border of a face, and no side has two;
- no edge runs across it, and it is no tangle: few borders meet at its corners;
- it is no larger than the sheet's spacing makes it;
- the sheet goes on flat across it, so the mouth of a cup stays open;
- the network, where it was asked, gave every new face a third of the threshold at least, so an
  opening that it has seen stays open.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import IndexArray

LONGEST_LOOP = 5
"""Most sides of a hole that is filled."""
WIDEST = 2.0
"""Greatest extent of a hole in units of the mean length of the faces' sides around it."""
FLATTEST_COSINE = -0.5
"""How far the sheet may fold at a hole: mean cosine of the angles across its sides, -1 is flat."""
BUSIEST = 4
"""Most border sides at a corner of a hole; two holes that touch there make it four."""
DOUBT = 1 / 3
"""Share of the face threshold that a face over a hole must reach."""

Faces = Mapping[tuple[int, ...], float]


def fill(
    centers: NDArray[np.float64],
    edges: IndexArray,
    faces: IndexArray,
    probabilities: Faces,
    threshold: float,
) -> IndexArray:
    """The faces to add.

    Parameters
    ----------
    centers
        (n, 3).
    edges, faces
        (e, 2) and (f, 3) as selected, with ascending indices.
    probabilities
        Of every face that the network was asked about, by ascending indices.
    threshold
        The face threshold.

    Returns
    -------
    (k, 3) int32, ascending indices, none of them in ``faces``.
    """
    sheet = _Sheet(centers, edges, faces)
    added: list[tuple[int, ...]] = []
    for loop in sheet.loops():
        filling = _best_fan(sheet, loop, probabilities, threshold * DOUBT)
        if filling is not None and all(sheet.free(face) for face in filling):
            sheet.add(filling)
            added += filling
    return np.array(added, np.int32).reshape(-1, 3)


class _Sheet:
    """The faces and edges of a medial mesh, with the faces at each edge."""

    def __init__(self, centers: NDArray[np.float64], edges: IndexArray, faces: IndexArray) -> None:
        count = len(centers)
        self.centers = centers
        self.faces_at = np.zeros((count, count), np.int32)
        self.linked = np.zeros((count, count), bool)
        self.opposite = np.full((count, count), -1, np.int32)
        for first, second, third in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
            a, b = faces[:, first], faces[:, second]
            for one, two in ((a, b), (b, a)):
                np.add.at(self.faces_at, (one, two), 1)
                self.opposite[one, two] = faces[:, third]
        self.linked[edges[:, 0], edges[:, 1]] = self.linked[edges[:, 1], edges[:, 0]] = True
        self.linked |= self.faces_at > 0
        one, two = np.nonzero(self.faces_at)
        lengths = np.linalg.norm(centers[one] - centers[two], axis=1)
        degree = np.maximum(np.bincount(one, minlength=count), 1)
        self.spacing = np.bincount(one, lengths, count) / degree

    def loops(self) -> list[tuple[int, ...]]:
        """The loops that may be holes, the shortest first."""
        border = self.faces_at == 1
        busy = border.sum(0) > BUSIEST
        border[busy] = border[:, busy] = False
        closing = self.linked & (self.faces_at < 2)
        paths = np.argwhere(border)
        found: list[tuple[int, ...]] = []
        for _ in range(LONGEST_LOOP - 2):
            paths = _extended(paths, border)
            closed = paths[closing[paths[:, 0], paths[:, -1]]]
            found += self._small(closed)
            # A path over which an edge runs cannot become the loop of a hole.
            paths = paths[~self.linked[paths[:, 0], paths[:, -1]]]
        return found

    def _small(self, loops: NDArray[np.int64]) -> list[tuple[int, ...]]:
        """Those with no edge across, not wider than the spacing allows, each once."""
        if not len(loops):
            return []
        _, first = np.unique(np.sort(loops, axis=1), axis=0, return_index=True)
        loops = loops[first]
        size = loops.shape[1]
        one, two = np.triu_indices(size, 1)
        across = (two - one > 1) & (two - one < size - 1)
        crossed = self.linked[loops[:, one], loops[:, two]] & across
        corners = self.centers[loops]
        extent = np.linalg.norm(corners[:, one] - corners[:, two], axis=2).max(1)
        small = extent <= WIDEST * self.spacing[loops].mean(1)
        return [tuple(loop) for loop in loops[small & ~crossed.any(1)].tolist()]

    def free(self, face: tuple[int, ...]) -> bool:
        """Whether every side of a new face has at most one face, and it is new."""
        a, b, c = face
        sides = ((a, b, c), (b, c, a), (a, c, b))
        return all(self.faces_at[i, j] < 2 for i, j, _ in sides) and not all(
            self.faces_at[i, j] == 1 and self.opposite[i, j] == k for i, j, k in sides
        )

    def add(self, faces: list[tuple[int, ...]]) -> None:
        """Count the faces of a filled hole."""
        for a, b, c in faces:
            for i, j, k in ((a, b, c), (b, c, a), (a, c, b)):
                for one, two in ((i, j), (j, i)):
                    self.faces_at[one, two] += 1
                    self.opposite[one, two] = k

    def fold(self, side: tuple[int, int], corner: int) -> float:
        """Cosine of the angle from the face at a border side to a new one; -1 lies flat."""
        a, b = self.centers[list(side)]
        along = (b - a) / max(float(np.linalg.norm(b - a)), 1e-12)
        arms = self.centers[[self.opposite[side], corner]] - a
        arms -= (arms @ along)[:, None] * along
        scale = np.linalg.norm(arms, axis=1).prod()
        return float(arms[0] @ arms[1] / scale) if scale > 0 else 0.0


def _extended(paths: NDArray[np.int64], border: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Every path with one more border side, never back to a sphere that it has passed."""
    tail = border[paths[:, -1]]
    which, following = np.nonzero(tail)
    longer = np.column_stack([paths[which], following])
    fresh: NDArray[np.int64] = longer[(longer[:, :-1] != longer[:, -1:]).all(1)]
    return fresh


def _best_fan(
    sheet: _Sheet, loop: tuple[int, ...], probabilities: Faces, least: float
) -> list[tuple[int, ...]] | None:
    """The likeliest split of a loop into faces (then the flattest), or None if none will do.

    All splits of a polygon of up to five sides are fans around one of its corners.
    """
    best: list[tuple[int, ...]] | None = None
    best_score = (-np.inf, -np.inf)
    for turn in range(1 if len(loop) == 3 else len(loop)):
        ring = loop[turn:] + loop[:turn]
        fan: list[tuple[int, ...]] = [
            (ring[0], ring[i], ring[i + 1]) for i in range(1, len(ring) - 1)
        ]
        known = [probabilities.get(tuple(sorted(face))) for face in fan]
        chance = min((p for p in known if p is not None), default=least)
        flatness = -_mean_fold(sheet, ring, fan)
        if chance >= least and flatness >= -FLATTEST_COSINE and (chance, flatness) > best_score:
            best, best_score = [tuple(sorted(face)) for face in fan], (chance, flatness)
    return best


def _mean_fold(sheet: _Sheet, ring: tuple[int, ...], fan: list[tuple[int, ...]]) -> float:
    """Mean cosine across the sides of the loop that border a face."""
    folds = []
    for i, side in enumerate(zip(ring, ring[1:] + ring[:1], strict=True)):
        if sheet.faces_at[side] == 1:
            face = fan[min(max(i - 1, 0), len(fan) - 1)]
            corner = next(c for c in face if c not in side)
            folds.append(sheet.fold(side, corner))
    return float(np.mean(folds)) if folds else 0.0
