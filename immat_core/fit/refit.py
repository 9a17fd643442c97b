"""All spheres fitted to the surface at once, their connections fixed.

Every sample's distance to the nearest slab is linear in the slab's spheres to first order, with
the foot's barycentric coordinates as weights. Gauss-Newton steps solve one sparse system of 4 x 4
blocks; far samples count more, which pushes the largest errors down. The step that neither Q-MAT
nor variational sampling has; it halves the error of either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from immat_core.fit.slabs import maximal_slabs, nearest_slabs
from immat_core.kernels import kernel

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SMOOTHING = 0.002
EMPHASIS = 0.004
"""Distance from which on a sample counts clearly more than one that fits."""
MOST_EMPHASIS = 6.0
SOLVER_ROUNDS = 80


@dataclass(frozen=True)
class Pace:
    """How far the refit goes.

    Attributes
    ----------
    steps
        How many.
    damping
        Share of its own weight that holds each number back.
    longest_step
        No sphere moves by more in a step.
    watched
        Distance from the envelope up to which guards are looked at after the first step.
    guard_weight
        How much a guard counts beside a sample.
    """

    steps: int = 6
    damping: float = 0.1
    longest_step: float = 0.015
    watched: float = 0.03
    guard_weight: float = 1.0


@dataclass(frozen=True, eq=False)
class Guards:
    """Points away from the surface that keep their side.

    The samples alone would let voids open between large spheres, and slabs bulge out where no
    sample is near.

    Attributes
    ----------
    points
        (m, 3) float64.
    depth
        (m,) float64: how deep inside the envelope each must be; below 0, how far outside.
    """

    points: Floats
    depth: Floats


def refit(
    balls: Floats,
    edges: Indices,
    faces: Indices,
    points: Floats,
    normals: Floats,
    guards: Guards,
    least_radius: float,
    pace: Pace | None = None,
    on_step: Callable[[float], None] | None = None,
) -> Floats:
    """Spheres (k, 4) whose envelope is near (n, 3) surface points.

    Parameters
    ----------
    balls
        (k, 4) centres and radii to start from.
    edges, faces
        (e, 2) and (f, 3), indices ascending; every side of a face is an edge.
    normals
        (n, 3) outward, used where a point lies on a centre.
    guards
        Points that must stay inside or outside.
    least_radius
        No radius gets smaller.
    pace
        How far to go, if not as :class:`Pace` says.
    on_step
        Called with the share that is done; what it raises ends the work.
    """
    pace = pace or Pace()
    balls = balls.copy()
    slabs = maximal_slabs(len(balls), edges, faces)
    links = _links(len(balls), edges, slabs)
    pairs = np.ascontiguousarray(edges, np.int64)
    count = len(points)
    every = np.concatenate([points, guards.points])
    outward = np.concatenate([normals, np.zeros_like(guards.points)])
    depth = guards.depth
    for turn in range(pace.steps):
        feet = nearest_slabs(every, balls, slabs)
        violated = feet.distance[count:] + depth
        violated = np.where(depth > 0, np.maximum(violated, 0), np.minimum(violated, 0))
        distance = np.concatenate([feet.distance[:count], violated])
        weight = 1.0 + np.square(np.minimum(np.abs(distance) / EMPHASIS, MOST_EMPHASIS))
        weight[count:] *= pace.guard_weight * (violated != 0)
        moved = (every, outward, slabs[feet.slab], links[feet.slab], feet.weights)
        step = _step(balls, pairs, *moved, distance, weight / count, pace.damping)
        length = np.linalg.norm(step, axis=1, keepdims=True)
        balls += step * np.minimum(1, pace.longest_step / np.maximum(length, 1e-12))
        balls[:, 3] = np.maximum(balls[:, 3], least_radius)
        if turn == 0:
            # Guards far from the envelope will not be reached by the few steps that follow.
            near = np.abs(feet.distance[count:] + depth) < pace.watched
            near |= violated != 0
            every = np.concatenate([points, guards.points[near]])
            outward, depth = outward[: len(every)], guards.depth[near]
        if on_step is not None:
            on_step((turn + 1) / pace.steps)
    return balls


def _step(
    balls: Floats,
    pairs: Indices,
    points: Floats,
    outward: Floats,
    spheres: Indices,
    links: Indices,
    weights: Floats,
    distance: Floats,
    emphasis: Floats,
    damping: float,
) -> Floats:
    """(k, 4) the damped Gauss-Newton step of all spheres."""
    own, shared = np.zeros((len(balls), 4, 4)), np.zeros((len(pairs), 4, 4))
    right, step = np.zeros((len(balls), 4)), np.zeros((len(balls), 4))
    _assemble(
        points, outward, balls, spheres, links, weights, distance, emphasis, own, shared, right
    )
    _stabilise(balls, pairs, own, shared, right, damping)
    _conjugate_gradients(own, shared, pairs, right, SOLVER_ROUNDS, step)
    return step


def _links(count: int, edges: Indices, slabs: Indices) -> Indices:
    """(m, 3) the edge between corners 0 and 1, 0 and 2, 1 and 2 of each slab; -1 for none."""
    if not len(edges):
        return np.full((len(slabs), 3), -1, np.int64)
    keys = edges @ np.array([count, 1])
    order = np.argsort(keys)
    sides = np.sort(slabs[:, [[0, 1], [0, 2], [1, 2]]], axis=2)
    wanted = sides @ np.array([count, 1])
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    return np.where(keys[order][at] == wanted, order[at], -1)


def _stabilise(
    balls: Floats, pairs: Indices, own: Floats, shared: Floats, right: Floats, damping: float
) -> None:
    """Damp every number, and draw neighbours together a little, so that the system is definite."""
    diagonal = np.einsum("kii->ki", own)
    typical = max(float(np.median(diagonal)), 1e-9)
    diagonal += damping * (diagonal + typical)
    pull = SMOOTHING * typical
    degree = np.bincount(pairs.ravel(), minlength=len(balls))
    diagonal += pull * degree[:, None]
    np.einsum("kii->ki", shared)[...] -= pull
    for one, two in ((0, 1), (1, 0)):
        np.add.at(right, pairs[:, one], pull * (balls[pairs[:, two]] - balls[pairs[:, one]]))


@kernel
def _assemble(
    points: Floats,
    normals: Floats,
    balls: Floats,
    spheres: Indices,
    links: Indices,
    weights: Floats,
    distance: Floats,
    emphasis: Floats,
    own: Floats,
    shared: Floats,
    right: Floats,
) -> None:
    """Normal equations: blocks of spheres, blocks of pairs of spheres, right-hand sides."""
    direction = np.empty(4)
    direction[3] = 1.0
    for at in range(len(points)):
        _direction(points[at], normals[at], balls, spheres[at], weights[at], direction)
        for corner in range(3):
            k = spheres[at, corner]
            share = emphasis[at] * weights[at, corner]
            for i in range(4):
                right[k, i] += share * distance[at] * direction[i]
            _add_block(share * weights[at, corner], direction, own[k])
        for one, two in ((0, 1), (0, 2), (1, 2)):
            share = emphasis[at] * weights[at, one] * weights[at, two]
            if spheres[at, one] == spheres[at, two]:
                _add_block(2 * share, direction, own[spheres[at, one]])
            elif share > 0:
                _add_block(share, direction, shared[links[at, one + two - 1]])


@kernel
def _direction(
    point: Floats, normal: Floats, balls: Floats, spheres: Indices, weights: Floats, out: Floats
) -> None:
    """From the foot on the medial mesh to the point, unit length."""
    length = 0.0
    for axis in range(3):
        value = point[axis]
        for corner in range(3):
            value -= weights[corner] * balls[spheres[corner], axis]
        out[axis] = value
        length += value * value
    length = np.sqrt(length)
    for axis in range(3):
        out[axis] = normal[axis] if length < 1e-4 else out[axis] / length


@kernel
def _add_block(share: float, direction: Floats, block: Floats) -> None:
    for i in range(4):
        for j in range(4):
            block[i, j] += share * direction[i] * direction[j]


@kernel
def _multiply(own: Floats, shared: Floats, pairs: Indices, vector: Floats, result: Floats) -> None:
    for k in range(len(own)):
        for i in range(4):
            total = 0.0
            for j in range(4):
                total += own[k, i, j] * vector[k, j]
            result[k, i] = total
    for row in range(len(pairs)):
        a, b = pairs[row, 0], pairs[row, 1]
        for i in range(4):
            for j in range(4):
                result[a, i] += shared[row, i, j] * vector[b, j]
                result[b, i] += shared[row, i, j] * vector[a, j]


@kernel
def _conjugate_gradients(
    own: Floats, shared: Floats, pairs: Indices, right: Floats, rounds: int, step: Floats
) -> None:
    """Solve with the diagonal as preconditioner, from ``step`` = 0; ``right`` is overwritten."""
    count = len(own)
    search = np.empty((count, 4))
    image = np.empty((count, 4))
    for k in range(count):
        for i in range(4):
            search[k, i] = right[k, i] / own[k, i, i]
    product = _dot(search, right)
    enough = 1e-8 * product
    for _ in range(rounds):
        if product <= enough:
            break
        _multiply(own, shared, pairs, search, image)
        scale = product / _dot(search, image)
        before = product
        for k in range(count):
            for i in range(4):
                step[k, i] += scale * search[k, i]
                right[k, i] -= scale * image[k, i]
                image[k, i] = right[k, i] / own[k, i, i]
        product = _dot(image, right)
        for k in range(count):
            for i in range(4):
                search[k, i] = image[k, i] + product / before * search[k, i]


@kernel
def _dot(one: Floats, two: Floats) -> float:
    total = 0.0
    for k in range(len(one)):
        for i in range(4):
            total += one[k, i] * two[k, i]
    return total
