"""A medial mesh while it is edited, and the edit as those who hold the original need it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import IndexArray, MedialMesh

Sphere = NDArray[np.float64]


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

    Spheres keep their number until :meth:`finish`. Edges and faces are tuples of ascending
    numbers; the sides of faces need not be among the edges.
    """

    def __init__(self, mat: MedialMesh) -> None:
        self.spheres: list[Sphere] = list(mat.spheres.astype(np.float64))
        self.origins: list[int] = list(range(len(mat.radii)))
        self.edges: set[tuple[int, ...]] = {tuple(edge) for edge in mat.edges.tolist()}
        self.faces: set[tuple[int, ...]] = {tuple(face) for face in mat.faces.tolist()}
        self.removed: set[int] = set()

    def add(self, sphere: Sphere, origin: int) -> int:
        """Add a sphere (4,) that takes over the data of the original ``origin``; its number."""
        self.spheres.append(np.asarray(sphere, np.float64))
        self.origins.append(origin)
        return len(self.spheres) - 1

    def faces_with(self, *corners: int) -> list[tuple[int, ...]]:
        """The faces that have all these corners, in ascending order."""
        wanted = set(corners)
        return sorted(face for face in self.faces if wanted <= set(face))

    def neighbors(self, sphere: int) -> list[int]:
        """The spheres that an edge or a side of a face joins to this one, ascending."""
        found: set[int] = set()
        for simplex in (*self.edges, *self.faces):
            if sphere in simplex:
                found.update(simplex)
        return sorted(found - {sphere})

    def split_edge(self, one: int, other: int, share: float) -> int:
        """Put a sphere on an edge, at ``share`` of the way from ``one``; the faces are split too.

        Centre and radius are interpolated, so no envelope changes.
        """
        between = (1 - share) * self.spheres[one] + share * self.spheres[other]
        made = self.add(between, self.origins[one if share <= 0.5 else other])
        if _simplex(one, other) in self.edges:
            self.edges.remove(_simplex(one, other))
            self.edges |= {_simplex(one, made), _simplex(made, other)}
        for face in self.faces_with(one, other):
            self.faces.remove(face)
            (third,) = set(face) - {one, other}
            self.faces |= {_simplex(one, made, third), _simplex(made, other, third)}
        return made

    def split_face(self, face: Iterable[int]) -> int:
        """Put a sphere in the middle of a face, which becomes three; no envelope changes."""
        corners = list(face)
        middle = np.mean([self.spheres[corner] for corner in corners], axis=0)
        made = self.add(middle, self.origins[corners[0]])
        self.faces.remove(_simplex(*corners))
        for index in range(3):
            self.faces.add(_simplex(made, corners[index], corners[index - 1]))
        return made

    def collapse(self, sphere: int, into: int) -> None:
        """Remove a sphere; what it was joined to is joined to ``into`` instead.

        The sides of a face that falls together stay as an edge where no other face has them.
        """
        for edge in [edge for edge in self.edges if sphere in edge]:
            self.edges.remove(edge)
            (other,) = set(edge) - {sphere}
            if other != into:
                self.edges.add(_simplex(into, other))
        for face in [face for face in self.faces if sphere in face]:
            self.faces.remove(face)
            rest = set(face) - {sphere}
            if into in rest:
                self.edges.add(_simplex(*rest))
            else:
                self.faces.add(_simplex(into, *rest))
        self.removed.add(sphere)

    def remove(self, spheres: Iterable[int]) -> None:
        """Remove spheres with all edges and faces that they have."""
        gone = set(spheres)
        self.edges = {edge for edge in self.edges if gone.isdisjoint(edge)}
        self.faces = {face for face in self.faces if gone.isdisjoint(face)}
        self.removed |= gone

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
            number[_rows(self.edges, 2)],
            number[_rows(self.faces, 3)],
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


def _simplex(*corners: int) -> tuple[int, ...]:
    return tuple(sorted(corners))


def _rows(simplices: set[tuple[int, ...]], size: int) -> NDArray[np.int64]:
    return np.array(sorted(simplices), np.int64).reshape(-1, size)
