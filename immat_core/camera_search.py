"""The camera that a picture was taken with, found by holding the predicted shape over its mask.

The network's candidates say where cameras may stand and how likely; the silhouette says how well
each fits. Around every candidate a grid of directions is tried in few cells; the best are then
moved, all seven numbers of the camera at once, until the soft silhouette differs least from the
mask. What fits equally well, such as a chair from its front and from its back, is decided by the
candidates' probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.camera import MARGIN, Camera
from immat_core.medial_mesh import MedialMesh
from immat_core.pose_head import PoseCandidate
from immat_core.silhouette import overlap, soft_discs
from immat_core.silhouette.discs import NEAREST, DoubleArray

COARSE, FINE = 32, 64
"""Cells along each side of the picture in the grid search and in the refinement."""
THINNEST = 0.8
"""Least radius of a disc in cells: points that stand for a sheet leave no gaps then."""


ALONG = 0.25, 0.5, 0.75
"""Where spheres stand for an edge between its ends."""

FREEDOM = 2.0
"""Of Student's t distribution: the smaller, the heavier its tails."""


@dataclass(frozen=True)
class SearchSettings:
    """What the search takes for likely.

    Attributes
    ----------
    azimuths, elevations
        Offsets from a candidate that are tried, radians.
    overlap_weight
        By how many nats a camera is likelier for each hundredth of overlap, times 100.
    probability_weight
        How many times a candidate's own log probability counts: a shape that is not quite right
        fits better from behind more often than the head is wrong.
    azimuth_spread, elevation_spread
        Of the head's errors in radians: Student's t with ``FREEDOM`` degrees, for some are large.
    roll_spread, distance_spread
        Standard deviations of roll in radians, and of the logarithm of the distance.
    focal_spread, shift_spread
        Of the logarithm of the focal length, and of the shifts, about those that frame the
        shape as a crop does.
    kept
        How many directions are refined.
    steps
        Of the refinement, at most.
    """

    azimuths: tuple[float, ...] = tuple(np.radians(np.arange(-24, 25, 6.0)))
    elevations: tuple[float, ...] = tuple(np.radians([-9.0, 0, 9]))
    overlap_weight: float = 30.0
    probability_weight: float = 3.0
    azimuth_spread: float = 0.05
    elevation_spread: float = 0.09
    roll_spread: float = 0.03
    distance_spread: float = 0.25
    focal_spread: float = 0.03
    shift_spread: float = 0.03
    kept: int = 2
    steps: int = 8


DEFAULT = SearchSettings()


def search_camera(
    candidates: Sequence[PoseCandidate],
    spheres: NDArray[np.floating[Any]],
    dense: NDArray[np.floating[Any]],
    alpha: NDArray[np.floating[Any]],
    settings: SearchSettings = DEFAULT,
) -> Camera:
    """The likeliest camera of a crop.

    Parameters
    ----------
    candidates
        Of the pose head, at least one.
    spheres
        (n, 4), the predicted spheres.
    dense
        (m, 3), the predicted dense centres; their radii are those of the spheres around them.
    alpha
        (S, S), 0..1, the mask of the crop.
    """
    solid = _solid(spheres, dense)
    own, filled = solid[: len(spheres)], solid[len(spheres) :]
    trial = _Trial(np.concatenate([own, filled[::2]]), area_averages(alpha, FINE), settings)
    rough = _Trial(np.concatenate([own, filled[::4]]), area_averages(alpha, COARSE), settings)
    found: list[tuple[float, _Start]] = []
    for candidate in candidates:
        for azimuth in settings.azimuths:
            for elevation in settings.elevations:
                start = _Start(candidate, azimuth, elevation)
                found.append((rough.likelihood(start, start.guess), start))
    found.sort(key=lambda pair: -pair[0])
    refined = [(start, trial.refine(start)) for start in _apart(found, settings.kept)]
    best, guess = max(refined, key=lambda pair: trial.likelihood(*pair))
    return trial.camera(best, guess)


def adjust_camera(
    camera: Camera,
    shape: MedialMesh,
    alpha: NDArray[np.floating[Any]],
    settings: SearchSettings = DEFAULT,
) -> Camera:
    """The likeliest camera near one that was found for a shape before it was changed.

    Parameters
    ----------
    camera
        Where the search begins.
    shape
        Its edges and faces are seen as spheres along them.
    alpha
        (S, S), 0..1, the mask of the crop.
    """
    trial = _Trial(_between(shape), area_averages(alpha, FINE), settings)
    start = _Start(PoseCandidate(camera.azimuth, camera.elevation, camera.distance, 1.0), 0.0, 0.0)
    return trial.camera(start, trial.refine(start))


@dataclass(frozen=True)
class _Start:
    """A direction near a candidate.

    A guess is (7,) float64: how far azimuth and elevation are from the candidate's, roll, then
    logarithms of the ratios of distance and of focal length, and differences of shifts, to the
    candidate's distance and to what frames the shape.
    """

    candidate: PoseCandidate
    azimuth: float
    elevation: float

    @property
    def guess(self) -> DoubleArray:
        """The direction itself."""
        return np.array([self.azimuth, self.elevation, 0, 0, 0, 0, 0.0])


@dataclass(frozen=True, eq=False)
class _Trial:
    """A shape of (n, 4) spheres that is held over a soft mask (size, size)."""

    solid: DoubleArray
    mask: DoubleArray
    settings: SearchSettings

    def camera(self, start: _Start, guess: DoubleArray) -> Camera:
        """The camera of a guess."""
        return self._seen(start, guess)[0]

    def soft(self, start: _Start, guess: DoubleArray) -> DoubleArray:
        """(size, size), the soft silhouette of a guess."""
        size = len(self.mask)
        discs = self._seen(start, guess)[1]
        np.maximum(discs[:, 2], THINNEST * 2 / size, out=discs[:, 2])
        return soft_discs(discs, size)

    def likelihood(self, start: _Start, guess: DoubleArray) -> float:
        """Logarithm, up to a constant, of how likely a guess is."""
        fits = self.settings.overlap_weight * overlap(self.soft(start, guess), self.mask)
        known = float(np.log(max(start.candidate.probability, 1e-6)))
        known *= self.settings.probability_weight
        return fits + known - self._doubt(guess)

    def refine(self, start: _Start) -> DoubleArray:
        """The guess from which no step of Gauss and Newton comes any further."""
        guess = start.guess
        # A cell that is wrong costs as much as it lowers the overlap.
        cost = self.settings.overlap_weight / max(float(self.mask.sum()), 1.0)
        steps = np.array([0.03, 0.03, 0.02, 0.06, 0.02, 0.015, 0.015])
        image = self.soft(start, guess)
        misfit = cost * ((image - self.mask) ** 2).sum() + self._doubt(guess)
        damping = 0.1
        for _ in range(self.settings.steps):
            slopes = np.stack(
                [(self.soft(start, guess + e) - image).ravel() / e.max() for e in np.diag(steps)]
            )
            stiff = self._stiffness(guess)
            pull = 2 * cost * slopes @ (self.mask - image).ravel() - stiff * guess
            bend = 2 * cost * slopes @ slopes.T + np.diag(stiff)
            bend[np.diag_indices(7)] *= 1 + damping
            moved = guess + np.linalg.solve(bend, pull)
            there = self.soft(start, moved)
            left = cost * ((there - self.mask) ** 2).sum() + self._doubt(moved)
            if left >= misfit:
                damping *= 10
                if damping > 100:
                    break
                continue
            gain, guess, image, misfit = misfit - left, moved, there, left
            damping *= 0.3
            if gain < 1e-3:
                break
        return guess

    def _doubt(self, guess: DoubleArray) -> float:
        """By how many nats a guess is less likely than the candidate itself."""
        squares = (guess / self._spreads()) ** 2
        tails = (FREEDOM + 1) * np.log1p(squares[:2] / FREEDOM)
        return 0.5 * float(tails.sum() + squares[2:].sum())

    def _stiffness(self, guess: DoubleArray) -> DoubleArray:
        """(7,): the slope of the doubt is that times the guess."""
        stiff = 1 / self._spreads() ** 2
        squares = guess[:2] ** 2 * stiff[:2]
        stiff[:2] *= (FREEDOM + 1) / (FREEDOM + squares)
        return stiff

    def _spreads(self) -> DoubleArray:
        s = self.settings
        return np.array(
            [
                s.azimuth_spread,
                s.elevation_spread,
                s.roll_spread,
                s.distance_spread,
                s.focal_spread,
                s.shift_spread,
                s.shift_spread,
            ]
        )

    def _seen(self, start: _Start, guess: DoubleArray) -> tuple[Camera, DoubleArray]:
        """The camera, and the discs (n, 3) that it sees; as ``frame_camera``, but once for all."""
        azimuth = start.candidate.azimuth + float(guess[0])
        elevation = start.candidate.elevation + float(guess[1])
        distance = start.candidate.distance * float(np.exp(guess[3]))
        placed = Camera(azimuth, elevation, distance, 1.0, roll=float(guess[2]))
        local = self.solid[:, :3] @ placed.axes.T
        scale = 1 / np.maximum(local[:, 2] + distance, NEAREST)
        discs = np.empty((len(local), 3))
        np.multiply(local[:, :2], scale[:, None], out=discs[:, :2])
        np.multiply(self.solid[:, 3], scale, out=discs[:, 2])
        low = (discs[:, :2] - discs[:, 2:]).min(0)
        high = (discs[:, :2] + discs[:, 2:]).max(0)
        focal = 2 * (1 - 2 * MARGIN) / max(float((high - low).max()), 1e-6)
        focal *= float(np.exp(guess[4]))
        shift = guess[5:] - focal * (low + high) / 2
        discs *= focal
        discs[:, :2] += shift
        shift_u, shift_v = map(float, shift)
        return (
            Camera(azimuth, elevation, distance, focal, shift_u, shift_v, float(guess[2])),
            discs,
        )


def area_averages(alpha: NDArray[np.floating[Any]], size: int) -> DoubleArray:
    """(size, size) float64, the means of a square picture over ever as large cells."""
    edges = np.linspace(0, len(alpha), size + 1)
    whole = np.arange(len(alpha) + 1)
    result = np.asarray(alpha, np.float64)
    for _ in range(2):
        sums = np.concatenate([np.zeros((1, result.shape[1])), result.cumsum(0)])
        at = np.stack([np.interp(edges, whole, column) for column in sums.T], axis=1)
        result = (np.diff(at, axis=0) * (size / len(alpha))).T
    return result


def _solid(spheres: NDArray[np.floating[Any]], dense: NDArray[np.floating[Any]]) -> DoubleArray:
    """(n + m, 4) float64: the spheres, then the dense centres with their nearest spheres' radii."""
    balls, points = np.asarray(spheres, np.float64), np.asarray(dense, np.float64)
    centers = balls[:, :3]
    apart = (centers**2).sum(1) - 2 * points @ centers.T
    return np.concatenate([balls, np.column_stack([points, balls[apart.argmin(1), 3]])])


def _between(shape: MedialMesh) -> DoubleArray:
    """(n, 4) float64: the spheres, and those within their edges and faces."""
    balls = np.column_stack([shape.centers, shape.radii]).astype(np.float64)
    ends, corners = balls[shape.all_edges], balls[shape.faces]
    within = [(1 - t) * ends[:, 0] + t * ends[:, 1] for t in ALONG]
    return np.concatenate([balls, *within, corners.mean(1)])


def _apart(found: list[tuple[float, _Start]], count: int) -> list[_Start]:
    """The best starts, no two of them neighbours in the grid of one candidate."""
    kept: list[_Start] = []
    for _, start in found:
        if all(
            start.candidate is not other.candidate
            or abs(start.azimuth - other.azimuth) > 0.25
            or abs(start.elevation - other.elevation) > 0.2
            for other in kept
        ):
            kept.append(start)
        if len(kept) == count:
            break
    return kept
