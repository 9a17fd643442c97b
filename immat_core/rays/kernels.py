"""The compiled half of ray casting: a tree of boxes, its walk, and the shape diameter's rays.

Import this where Numba is there (``immat_core.kernels.available``); ``immat_core.rays`` does.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

LEAF = 4
"""Triangles from which on a box is split no further."""
BINS = 12
"""Places along an axis where a split is tried."""
DEEPEST = 64
"""Boxes that wait at a time: half of it bounds the tree's depth."""
EDGE = 1e-9
"""Barycentric room, so that no ray slips through between two triangles."""
ORIGIN_ROUNDING, WIDER = 1.2e-7, np.float32(1 + 5e-7)
"""Boxes are met in float32: so much an origin is moved, and so much later a box is left, that no
rounding makes a ray pass by."""
ZERO, NEVER = np.float32(0), np.float32(np.inf)


@kernel
def _bound(
    boxes: NDArray[Any],
    node: int,
    low: NDArray[Any],
    high: NDArray[Any],
    order: NDArray[Any],
    first: int,
    end: int,
) -> None:
    for axis in range(3):
        least, most = np.inf, -np.inf
        for i in range(first, end):
            least = min(least, low[order[i], axis])
            most = max(most, high[order[i], axis])
        margin = 1e-6 * max(abs(least), abs(most)) + 1e-30
        boxes[node, axis], boxes[node, 3 + axis] = least - margin, most + margin


@kernel
def _half(low: NDArray[Any], high: NDArray[Any], count: NDArray[Any], begin: int, end: int) -> Any:
    """Surface area of the bins' common box times how much is in it."""
    total = 0.0
    size = np.zeros(3)
    for axis in range(3):
        least, most = np.inf, -np.inf
        for i in range(begin, end):
            if count[i]:
                least, most = min(least, low[i, axis]), max(most, high[i, axis])
        size[axis] = most - least
    for i in range(begin, end):
        total += count[i]
    if total == 0:
        return np.inf
    return total * (size[0] * size[1] + size[1] * size[2] + size[2] * size[0])


@kernel
def _split(
    low: NDArray[Any],
    high: NDArray[Any],
    center: NDArray[Any],
    order: NDArray[Any],
    first: int,
    end: int,
) -> int:
    """Sort places first..end by the cheapest split; returns its place, or -1 for none."""
    least, most = np.full(3, np.inf), np.full(3, -np.inf)
    for i in range(first, end):
        for k in range(3):
            least[k] = min(least[k], center[order[i], k])
            most[k] = max(most[k], center[order[i], k])
    axis = int(np.argmax(most - least))
    extent = most[axis] - least[axis]
    if extent <= 0:
        return -1
    scale = BINS * (1 - 1e-9) / extent
    count = np.zeros(BINS, np.int64)
    binned_low, binned_high = np.full((BINS, 3), np.inf), np.full((BINS, 3), -np.inf)
    for i in range(first, end):
        row = order[i]
        place = int((center[row, axis] - least[axis]) * scale)
        count[place] += 1
        for k in range(3):
            binned_low[place, k] = min(binned_low[place, k], low[row, k])
            binned_high[place, k] = max(binned_high[place, k], high[row, k])
    best, cut = np.inf, 1
    for at in range(1, BINS):
        cost = _half(binned_low, binned_high, count, 0, at)
        cost += _half(binned_low, binned_high, count, at, BINS)
        if cost < best:
            best, cut = cost, at
    i, j = first, end - 1
    while i <= j:
        if int((center[order[i], axis] - least[axis]) * scale) < cut:
            i += 1
        else:
            order[i], order[j] = order[j], order[i]
            j -= 1
    return i if first < i < end else -1


@kernel("Tuple((f4[:,::1], i4[:,::1], i4[::1]))(f8[:,::1], f8[:,::1])")
def build_tree(low: NDArray[Any], high: NDArray[Any]) -> Any:
    """A tree over boxes (n, 3), split where the surface area heuristic says (Wald 2007).

    Returns boxes (m, 6) float32, lower then upper corners, rounded outwards; links (m, 2) int32:
    the second child and 0, the first child being the next row, or the first place and the count of
    a leaf; and the order (n,) int32 of the boxes in the leaves.
    """
    n = len(low)
    order = np.arange(n).astype(np.int32)
    boxes = np.empty((2 * n, 6), np.float32)
    links = np.zeros((2 * n, 2), np.int32)
    center = (low + high) * 0.5
    waiting = np.empty((2 * DEEPEST + 2, 4), np.int32)  # first, end, parent, depth
    waiting[0, 0], waiting[0, 1], waiting[0, 2], waiting[0, 3] = 0, n, -1, 0
    left, used = 1, 0
    while left > 0:
        left -= 1
        first, end = waiting[left, 0], waiting[left, 1]
        parent, depth = waiting[left, 2], waiting[left, 3]
        node = used
        used += 1
        if parent >= 0:
            links[parent, 0] = node
        _bound(boxes, node, low, high, order, first, end)
        middle = -1
        if end - first > LEAF and depth < DEEPEST - 2:
            middle = _split(low, high, center, order, first, end)
        if middle < 0:
            links[node, 0], links[node, 1] = first, end - first
            continue
        waiting[left, 0], waiting[left, 1] = middle, end
        waiting[left, 2], waiting[left, 3] = node, depth + 1
        waiting[left + 1, 0], waiting[left + 1, 1] = first, middle
        waiting[left + 1, 2], waiting[left + 1, 3] = -1, depth + 1
        left += 2
    return boxes[:used].copy(), links[:used].copy(), order


@kernel
def _inverse(value: float) -> Any:
    """1 / value in float32, which is never infinite."""
    return np.float32(1 / (value if abs(value) > 1e-30 else 1e-30))


@kernel
def _seen_by_boxes(x: float, y: float, z: float, dx: float, dy: float, dz: float) -> Any:
    """A ray as :func:`_entry` takes it, in float32 that is rounded to the safe side.

    Its origin for the planes where it enters boxes and for those where it leaves them, one over
    its direction, and the rows of a box's corners that are entered first.
    """
    over = (_inverse(dx), _inverse(dy), _inverse(dz))
    rows = (0 if over[0] > 0 else 3, 0 if over[1] > 0 else 3, 0 if over[2] > 0 else 3)
    px = abs(x) * ORIGIN_ROUNDING if over[0] > 0 else -abs(x) * ORIGIN_ROUNDING
    py = abs(y) * ORIGIN_ROUNDING if over[1] > 0 else -abs(y) * ORIGIN_ROUNDING
    pz = abs(z) * ORIGIN_ROUNDING if over[2] > 0 else -abs(z) * ORIGIN_ROUNDING
    near = (np.float32(x + px), np.float32(y + py), np.float32(z + pz))
    far = (np.float32(x - px), np.float32(y - py), np.float32(z - pz))
    return near, far, over, rows


@kernel
def _entry(boxes: NDArray[Any], node: int, ray: Any, length: Any) -> Any:
    """Where a ray enters a box, 0 from within, infinity where it passes by; all in float32."""
    near, far, over, (x, y, z) = ray
    enter = (boxes[node, x] - near[0]) * over[0]
    other = (boxes[node, 1 + y] - near[1]) * over[1]
    enter = other if other > enter else enter
    other = (boxes[node, 2 + z] - near[2]) * over[2]
    enter = other if other > enter else enter
    enter = enter if enter > ZERO else ZERO
    leave = (boxes[node, 3 - x] - far[0]) * over[0]
    other = (boxes[node, 4 - y] - far[1]) * over[1]
    leave = other if other < leave else leave
    other = (boxes[node, 5 - z] - far[2]) * over[2]
    leave = other if other < leave else leave
    leave = leave if leave < length else length
    return enter if enter <= leave * WIDER else NEVER


@kernel
def _hit(
    triangles: NDArray[Any],
    place: int,
    x: float,
    y: float,
    z: float,
    dx: float,
    dy: float,
    dz: float,
) -> Any:
    """Length at which a ray meets a triangle, given as corner and two sides; -1 where not.

    Without a branch: which of the conditions fails is as good as random, and a wrong guess of the
    processor costs more than the rest of the arithmetic. A determinant of 0 gives NaN or infinity,
    which no condition holds for.
    """
    e1x, e1y, e1z = triangles[place, 3], triangles[place, 4], triangles[place, 5]
    e2x, e2y, e2z = triangles[place, 6], triangles[place, 7], triangles[place, 8]
    px, py, pz = dy * e2z - dz * e2y, dz * e2x - dx * e2z, dx * e2y - dy * e2x
    scale = 1 / (e1x * px + e1y * py + e1z * pz)
    ox, oy, oz = x - triangles[place, 0], y - triangles[place, 1], z - triangles[place, 2]
    u = (ox * px + oy * py + oz * pz) * scale
    qx, qy, qz = oy * e1z - oz * e1y, oz * e1x - ox * e1z, ox * e1y - oy * e1x
    v = (dx * qx + dy * qy + dz * qz) * scale
    inside = (u >= -EDGE) & (v >= -EDGE) & (u + v <= 1 + EDGE)
    at = (e2x * qx + e2y * qy + e2z * qz) * scale
    return at if inside else -1.0


@kernel
def _first_hit(
    boxes: NDArray[Any],
    links: NDArray[Any],
    triangles: NDArray[Any],
    order: NDArray[Any],
    start: NDArray[Any],
    dx: float,
    dy: float,
    dz: float,
    own: int,
    nearest: float,
    stack: NDArray[Any],
    enters: NDArray[Any],
) -> Any:
    """Length and triangle of the first hit farther than ``nearest``, infinity and -1 for none.

    ``own`` is a triangle to pass through. The triangle test is Möller and Trumbore's (1997).
    """
    length, met = np.inf, -1
    x, y, z = start[0], start[1], start[2]
    ray = _seen_by_boxes(x, y, z, dx, dy, dz)
    limit = NEVER
    stack[0], enters[0] = 0, _entry(boxes, 0, ray, limit)
    waiting = 1
    while waiting > 0:
        waiting -= 1
        node = stack[waiting]
        if enters[waiting] >= limit:
            continue
        count = links[node, 1]
        while not count:
            one, two = node + 1, int(links[node, 0])
            enter_one = _entry(boxes, one, ray, limit)
            enter_two = _entry(boxes, two, ray, limit)
            if enter_two < enter_one:
                one, two, enter_one, enter_two = two, one, enter_two, enter_one
            if enter_one >= limit:
                break
            # Written always, kept where it counts: no branch to guess.
            stack[waiting], enters[waiting] = two, enter_two
            waiting += 1 if enter_two < limit else 0
            node = one
            count = links[node, 1]
        for place in range(links[node, 0], links[node, 0] + count):
            at = _hit(triangles, place, x, y, z, dx, dy, dz)
            if (nearest < at) & (at < length) and order[place] != own:
                length, met = at, order[place]
                limit = np.float32(length * WIDER)
    return length, met


@kernel
def _robust_mean(lengths: NDArray[Any], weights: NDArray[Any], hits: NDArray[Any]) -> float:
    if not len(hits):
        return np.inf
    median, spread = np.median(hits), np.std(hits)
    total, weight = 0.0, 0.0
    for k in range(len(lengths)):
        if abs(lengths[k] - median) <= spread * (1 + 1e-9):
            total += weights[k] * lengths[k]
            weight += weights[k]
    return total / weight if weight > 0 else median


@kernel(
    "Tuple((f8[::1], i8[::1]))(f4[:,::1], i4[:,::1], f8[:,::1], i4[::1], f8[:,::1], f8[:,::1],"
    " i8[::1], f8)"
)
def first_hits(
    boxes: NDArray[Any],
    links: NDArray[Any],
    triangles: NDArray[Any],
    order: NDArray[Any],
    origins: NDArray[Any],
    directions: NDArray[Any],
    own: NDArray[Any],
    nearest: float,
) -> Any:
    """Lengths (n,) and triangles (n,) of the first hits of n rays."""
    lengths, met = np.empty(len(origins)), np.empty(len(origins), np.int64)
    stack, enters = np.empty(DEEPEST, np.int64), np.empty(DEEPEST, np.float32)
    for i in range(len(origins)):
        x, y, z = directions[i, 0], directions[i, 1], directions[i, 2]
        lengths[i], met[i] = _first_hit(
            boxes, links, triangles, order, origins[i], x, y, z, own[i], nearest, stack, enters
        )
    return lengths, met


@kernel(
    "f8[::1](f4[:,::1], i4[:,::1], f8[:,::1], i4[::1], f8[:,::1], f8[:,::1], i8[::1], f8[:,::1],"
    " f8[::1], f8)"
)
def diameters(
    boxes: NDArray[Any],
    links: NDArray[Any],
    triangles: NDArray[Any],
    order: NDArray[Any],
    points: NDArray[Any],
    inwards: NDArray[Any],
    own: NDArray[Any],
    cone: NDArray[Any],
    weights: NDArray[Any],
    nearest: float,
) -> Any:
    """Shape diameters (n,) of points whose inward normals are known; infinity for no hit.

    ``cone`` (rays, 3) unit directions around +Z and their ``weights`` (rays,). Lengths farther
    than one standard deviation from the median are left out.
    """
    found = np.empty(len(points))
    rays = len(cone)
    stack, enters = np.empty(DEEPEST, np.int64), np.empty(DEEPEST, np.float32)
    lengths, kept = np.empty(rays), np.empty(rays)
    for i in range(len(points)):
        zx, zy, zz = inwards[i, 0], inwards[i, 1], inwards[i, 2]
        # Frisvad's frame without square roots, in the form of Duff et al. (2017).
        sign = 1.0 if zz >= 0 else -1.0
        a = -1 / (sign + zz)
        b = zx * zy * a
        xx, xy, xz = 1 + sign * zx * zx * a, sign * b, -sign * zx
        yx, yy, yz = b, sign + zy * zy * a, -zy
        hits = 0
        for k in range(rays):
            u, v, w = cone[k, 0], cone[k, 1], cone[k, 2]
            x, y, z = u * xx + v * yx + w * zx, u * xy + v * yy + w * zy, u * xz + v * yz + w * zz
            lengths[k], _ = _first_hit(
                boxes, links, triangles, order, points[i], x, y, z, own[i], nearest, stack, enters
            )
            if lengths[k] < np.inf:
                kept[hits] = lengths[k]
                hits += 1
        found[i] = _robust_mean(lengths, weights, kept[:hits])
    return found
