"""A medial mesh while it is edited, and the edit as those who hold the original need it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import IndexArray, MedialMesh

Sphere: TypeAlias = NDArray[np.float64]
Simplex: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class MedialEdit:
    """A changed medial mesh, and where each of its spheres comes from.

    Attributes
    ----------
    mat
        The medial mesh after the edit.
    origins
        (n,) int32, for each of its spheres one of the original: the first sphere that names an
        original *is* that one, moved perhaps; those after it are new and take its other data over.
    selected
        (n,) bool, the spheres to work on next.
    """

    mat: MedialMesh
    origins: IndexArray
    selected: NDArray[np.bool_]


class Draft:
    """Spheres, edges and faces that can be split, collapsed and removed one by one.

    Spheres keep their number until :meth:`finish`. An edge or face is a tuple of two or three
    ascending numbers; the sides of faces need not be among the edges.
    """

    def __init__(self, mat: MedialMesh) -> None:
        self.spheres: list[Sphere] = list(mat.spheres.astype(np.float64))
        self.origins: list[int] = list(range(len(mat.radii)))
        self.removed: set[int] = set()
        self._having: dict[int, set[Simplex]] = defaultdict(set)
        for corners in (*mat.edges.tolist(), *mat.faces.tolist()):
            self.join(*corners)

    @property
    def simplices(self) -> set[Simplex]:
        """All edges and faces."""
        return set().union(*self._having.values())

    def having(self, *corners: int) -> set[Simplex]:
        """The edges and faces that have all these corners."""
        return set.intersection(*(self._having[corner] for corner in corners))

    def join(self, *corners: int) -> None:
        """Add an edge or face between spheres, if it is not there."""
        simplex = tuple(sorted(corners))
        for corner in simplex:
            self._having[corner].add(simplex)

    def part(self, simplex: Simplex) -> None:
        """Take an edge or face away."""
        for corner in simplex:
            self._having[corner].discard(simplex)

    def add(self, sphere: Sphere, origin: int) -> int:
        """Add a sphere (4,) that takes over the data of the original ``origin``; its number."""
        self.spheres.append(np.asarray(sphere, np.float64))
        self.origins.append(origin)
        return len(self.spheres) - 1

    def neighbors(self, sphere: int) -> list[int]:
        """The spheres that an edge or a side of a face joins to this one, ascending."""
        return sorted(set().union(*self._having[sphere]) - {sphere})

    def split_edge(self, one: int, other: int, share: float) -> int:
        """Put a sphere on an edge, at ``share`` of the way from ``one``; the faces are split too.

        Centre and radius are interpolated, so no envelope changes.
        """
        between = (1 - share) * self.spheres[one] + share * self.spheres[other]
        made = self.add(between, self.origins[one if share <= 0.5 else other])
        for simplex in sorted(self.having(one, other)):
            self.part(simplex)
            rest = set(simplex) - {one, other}
            self.join(one, made, *rest)
            self.join(made, other, *rest)
        return made

    def split_face(self, face: Simplex) -> int:
        """Put a sphere in the middle of a face, which becomes three; no envelope changes."""
        middle = np.mean([self.spheres[corner] for corner in face], axis=0)
        made = self.add(middle, self.origins[face[0]])
        self.part(face)
        for index in range(3):
            self.join(made, face[index], face[index - 1])
        return made

    def collapse(self, sphere: int, into: int) -> None:
        """Remove a sphere; what it was joined to is joined to ``into`` instead."""
        star = self.having(sphere)
        for simplex in star:
            self.part(simplex)
        for simplex in collapsed(star, sphere, into):
            self.join(*simplex)
        self.removed.add(sphere)

    def remove(self, spheres: Iterable[int]) -> None:
        """Remove spheres with all edges and faces that they have."""
        for sphere in spheres:
            for simplex in self.having(sphere):
                self.part(simplex)
            self.removed.add(sphere)

    def finish(self, selected: Iterable[int] = ()) -> MedialEdit:
        """The edit, with spheres numbered anew in their order; ``selected`` names old numbers."""
        kept = [index for index in range(len(self.spheres)) if index not in self.removed]
        number = np.full(len(self.spheres), -1)
        number[kept] = np.arange(len(kept))
        spheres = np.array([self.spheres[index] for index in kept]).reshape(-1, 4)
        chosen = np.zeros(len(kept), bool)
        chosen[[number[index] for index in selected if number[index] >= 0]] = True
        mat = MedialMesh(
            spheres[:, :3],
            spheres[:, 3],
            number[_rows(self.simplices, 2)],
            number[_rows(self.simplices, 3)],
        )
        origins = np.array([self.origins[index] for index in kept], np.int32)
        return MedialEdit(mat, origins, chosen)


def chosen_spheres(chosen: Any, count: int) -> NDArray[np.bool_]:
    """(count,) bool from a mask; None stands for all.

    Raises
    ------
    ValueError
        For a mask of another length.
    """
    if chosen is None:
        return np.ones(count, bool)
    mask = np.asarray(chosen, bool).reshape(-1)
    if len(mask) != count:
        raise ValueError(f"a selection of {len(mask)} for {count} spheres")
    return mask


def collapsed(simplices: Iterable[Simplex], sphere: int, into: int) -> set[Simplex]:
    """What becomes of edges and faces when one of their spheres takes another's place.

    The far side of a face that falls together stays, as an edge.
    """
    found: set[Simplex] = set()
    for simplex in simplices:
        moved = tuple(sorted({into if corner == sphere else corner for corner in simplex}))
        if len(moved) > 1:
            found.add(moved)
    return found


def _rows(simplices: Iterable[Simplex], size: int) -> NDArray[np.int64]:
    rows = sorted(simplex for simplex in simplices if len(simplex) == size)
    return np.array(rows, np.int64).reshape(-1, size)
