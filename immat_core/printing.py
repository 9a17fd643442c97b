"""What a surface is like as a thing to be printed: millimeters, closedness, thin walls by part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from immat_core.envelope import DoubleArray
from immat_core.medial_mesh import IndexArray
from immat_core.surface import SurfaceMesh
from immat_core.surface.checks import check_surface


@dataclass(frozen=True)
class PartWall:
    """The walls of one part.

    Attributes
    ----------
    part
        Its number, 0 where the shape has no parts.
    thinnest
        The thinnest wall in millimeters; infinity where none was measured.
    thin_share
        Share of its area, 0 to 1, whose wall is below the limit.
    """

    part: int
    thinnest: float
    thin_share: float


@dataclass(frozen=True)
class PrintReport:
    """What is true of a surface in millimeters.

    Attributes
    ----------
    size
        Width, depth and height of the box.
    volume
        In cubic centimeters.
    closed, manifold
        As in ``surface.checks``.
    pieces
        How many loose pieces it has.
    limit
        The least thickness that was asked for.
    walls
        One entry a part, the thinnest first.
    """

    size: tuple[float, float, float]
    volume: float
    closed: bool
    manifold: bool
    pieces: int
    limit: float
    walls: tuple[PartWall, ...]

    @property
    def thin_walls(self) -> tuple[PartWall, ...]:
        """The parts that have walls below the limit."""
        return tuple(wall for wall in self.walls if wall.thinnest < self.limit)

    @property
    def printable(self) -> bool:
        """Whether it is closed, manifold and nowhere below the limit."""
        return self.closed and self.manifold and not self.thin_walls

    def lines(self) -> list[str]:
        """The report in a few lines."""
        told = [
            "Size {:.2f} x {:.2f} x {:.2f} mm".format(*self.size),
            f"Volume {self.volume:.3f} cm3, {self.pieces} piece{'s' if self.pieces != 1 else ''}",
            f"{'Closed' if self.closed else 'OPEN'}, "
            f"{'manifold' if self.manifold else 'NOT MANIFOLD'}",
        ]
        if self.walls:
            told.append(f"Thinnest wall {self.walls[0].thinnest:.3f} mm, limit {self.limit:g} mm")
        for wall in self.thin_walls:
            name = f"Part {wall.part}" if wall.part else "The shape"
            told.append(
                f"{name}: thinnest wall {wall.thinnest:.3f} mm, "
                f"{wall.thin_share:.1%} of its area below the limit"
            )
        return told


def in_millimeters(
    surface: SurfaceMesh, matrix: ArrayLike, millimeters_per_unit: float
) -> SurfaceMesh:
    """A surface moved by a (4, 4) matrix and scaled; a mirroring matrix keeps it wound outwards.

    Raises ``ValueError`` for a matrix without an inverse or a scale that is not above 0.
    """
    full = np.asarray(matrix, np.float64)
    turn = float(np.linalg.det(full[:3, :3])) if np.isfinite(full).all() else 0.0
    if turn == 0 or not millimeters_per_unit > 0:
        raise ValueError("the shape would have no volume in millimeters")
    places = surface.vertices.astype(np.float64) @ full[:3, :3].T + full[:3, 3]
    faces = surface.faces if turn > 0 else np.ascontiguousarray(surface.faces[:, ::-1])
    return SurfaceMesh((places * millimeters_per_unit).astype(np.float32), faces)


def print_report(
    surface: SurfaceMesh, thickness: ArrayLike, limit: float, parts: IndexArray | None = None
) -> PrintReport:
    """Check a surface in millimeters.

    Parameters
    ----------
    thickness
        (v,) wall thickness at each vertex in millimeters, infinite where there is none.
    limit
        The least thickness in millimeters.
    parts
        (f,) part of each face, or None.
    """
    checks = check_surface(surface)
    walls = np.asarray(thickness, np.float64)[surface.faces].min(1)
    owner = np.zeros(len(surface.faces), np.int64) if parts is None else np.asarray(parts)
    area = _areas(surface)
    found = []
    for part in np.unique(owner).tolist():
        own = owner == part
        thin = area[own & (walls < limit)].sum() / max(area[own].sum(), 1e-300)
        found.append(PartWall(int(part), float(walls[own].min()), float(thin)))
    found.sort(key=lambda wall: (wall.thinnest, wall.part))
    extent = np.ptp(surface.vertices, axis=0) if len(surface.vertices) else np.zeros(3)
    width, depth, height = (float(side) for side in extent)
    return PrintReport(
        size=(width, depth, height),
        volume=checks.volume / 1000,
        closed=checks.closed,
        manifold=checks.manifold,
        pieces=checks.components,
        limit=limit,
        walls=tuple(found),
    )


def _areas(surface: SurfaceMesh) -> DoubleArray:
    """(f,) areas of the faces."""
    corners = surface.vertices.astype(np.float64)[surface.faces]
    total = np.zeros((len(corners), 3))
    for k in range(1, surface.faces.shape[1] - 1):
        total += np.cross(corners[:, k] - corners[:, 0], corners[:, k + 1] - corners[:, 0])
    areas: DoubleArray = np.linalg.norm(total, axis=1) / 2
    return areas
