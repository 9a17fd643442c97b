"""How fine the surface may be while something is dragged, and what is too slow to wait for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from immat_core.medial_mesh import MedialMesh

FRAME_SECONDS = 1 / 30
"""What a rebuild may take while something is dragged."""
REST_SECONDS = 0.15
"""How long after its last change a MAT rests."""
JOB_SECONDS = 1.0
"""From this expected time on a rebuild at rest runs as a job."""
STEPS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
"""What the voxel may be multiplied by while something is dragged."""
SECONDS_PER_TRIANGLE = {True: 3e-7, False: 1.5e-6}
"""Of a first rebuild, the way into Blender included: with compiled kernels, and without."""
LIVE_SHARE = 0.35
"""What a live rebuild takes of that, before one was seen."""


@dataclass
class Pace:
    """How fast one MAT changes, and how fine its surface was while it did.

    Attributes
    ----------
    wanted
        Signature of the surface that it should have.
    changed_at
        When that last became another one, in seconds of the monotonic clock.
    dragging
        Whether changes come one upon the other.
    coarseness
        One of ``STEPS``.
    """

    wanted: str = ""
    changed_at: float = -math.inf
    dragging: bool = False
    coarseness: float = STEPS[0]
    _coarsest: float = STEPS[-1]
    _finer: tuple[float, float] | None = None

    def see(self, wanted: str, now: float, held: bool) -> bool:
        """Note what the MAT's surface should be now; whether a drag begins.

        Parameters
        ----------
        held
            Whether the user is in the middle of a modal operation, such as moving.
        """
        was_dragging, rested = self.dragging, self.rests_in(now) == 0
        if wanted != self.wanted:
            self.dragging = bool(self.wanted) and (held or not rested)
            self.wanted, self.changed_at = wanted, now
        elif rested:
            self.dragging = False
        return self.dragging and not was_dragging

    def begin(self, expected: float) -> None:
        """Before a drag: be as coarse as in the last one, or as it seems to need.

        Parameters
        ----------
        expected
            What a rebuild will take in seconds, as fine as at rest.
        """
        self.coarseness = max(self.coarseness, self._holding(expected, 1.0))
        self._coarsest, self._finer = STEPS[-1], None

    def rests_in(self, now: float) -> float:
        """Seconds until it rests if nothing more changes."""
        return max(self.changed_at + REST_SECONDS - now, 0.0)

    def note(self, seconds: float) -> None:
        """Take what a rebuild took while dragging, and choose how coarse the next one is.

        The number of triangles, and with it most of the time, goes with the voxel's inverse square.
        It becomes coarser by any number of steps, but finer by one, and only where that fits well:
        each change costs a rebuild of everything. Where coarser was no faster, it goes back.
        """
        if seconds <= FRAME_SECONDS:
            finer = [step for step in STEPS if step < self.coarseness]
            if finer and self._holding(1.44 * seconds, self.coarseness) <= finer[-1]:
                self.coarseness = finer[-1]
        elif self._finer is not None and seconds > 0.8 * self._finer[1]:
            self.coarseness = self._coarsest = self._finer[0]
        else:
            self._finer = self.coarseness, seconds
            self.coarseness = min(self._holding(seconds, self.coarseness), self._coarsest)

    def _holding(self, seconds: float, coarseness: float) -> float:
        """The finest step that holds the frame where one took so many seconds."""
        least = coarseness * math.sqrt(seconds / FRAME_SECONDS)
        return next((step for step in STEPS if step >= least), STEPS[-1])


def expected_seconds(mat: MedialMesh, voxel: float, compiled: bool) -> float:
    """Roughly what a first rebuild takes, from how many triangles the surface will have.

    Edges count as cones, faces by both their sides; a marching cubes surface has about three
    triangles for each square of the voxel.
    """
    corners = mat.centers[mat.faces].astype(np.float64)
    sides = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = float(np.linalg.norm(sides, axis=1).sum())
    ends = mat.centers[mat.edges].astype(np.float64)
    length = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    # The edges of faces are inside them, but for the rim.
    count = len(mat.radii)
    of_faces = np.concatenate([mat.faces[:, pair] for pair in ([0, 1], [0, 2], [1, 2])])
    keys = mat.edges.astype(np.int64) @ [count, 1]
    free = ~np.isin(keys, of_faces.astype(np.int64) @ [count, 1])
    area += float((np.pi * mat.radii[mat.edges].sum(1) * length)[free].sum())
    if not len(mat.edges) and not len(mat.faces):
        area = float((4 * np.pi * mat.radii.astype(np.float64) ** 2).sum())
    return 3 * area / voxel**2 * SECONDS_PER_TRIANGLE[compiled]


def expected_drag_seconds(mat: MedialMesh, voxel: float, compiled: bool) -> float:
    """Roughly what a rebuild takes while something is dragged, before one was seen."""
    return expected_seconds(mat, voxel, compiled) * (LIVE_SHARE if compiled else 1.0)
