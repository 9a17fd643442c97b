"""Collapsing edges of a closed triangle mesh by the cheapest first: the compiled part.

A half-edge ``h`` belongs to face ``h // 3`` and runs from corner ``h % 3`` to the next one.
``start`` holds where each begins, ``twin`` the one that runs the other way, ``outgoing`` one that
begins at each vertex. A face is gone when the ``start`` of its half-edges is -1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel

DoubleArray = NDArray[np.float64]
Indices = NDArray[np.int64]

STRAIGHTEST = 0.3
"""Least cosine between a face's normals before and after a collapse."""
SLIMMEST = 0.03
"""Least quality of a triangle (1 is equilateral) that a collapse may make, unless it was worse."""
EQUILATERAL = 2 * 3**0.5
"""Makes the quality 1 where all sides are equal: area over the sum of the squared sides."""
SOFT = 1e-3
"""Weight of keeping to the middle of the edge, against quadrics that leave the place open."""


@kernel
def following(h: int) -> int:
    """The next half-edge of the same face."""
    return h - 2 if h % 3 == 2 else h + 1


@kernel
def preceding(h: int) -> int:
    """The half-edge before, of the same face."""
    return h + 2 if h % 3 == 0 else h - 1


@kernel
def normal_of(a: Any, b: Any, c: Any) -> tuple[float, float, float]:
    """Normal of a triangle, twice as long as its area."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - a[0], c[1] - a[1], c[2] - a[2]
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


@kernel
def apart(a: Any, b: Any) -> float:
    """Squared distance of two points."""
    squared: float = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
    return squared


@kernel
def face_quadrics(points: DoubleArray, start: Indices, quadrics: DoubleArray) -> None:
    """Add to each vertex the quadrics of its faces' planes, weighted by their areas.

    A quadric holds xx xy xz yy yz zz, x y z, 1 of the squared distance (Garland and Heckbert,
    "Surface simplification using quadric error metrics", 1997).
    """
    for face in range(len(start) // 3):
        a, b, c = points[start[3 * face]], points[start[3 * face + 1]], points[start[3 * face + 2]]
        x, y, z = normal_of(a, b, c)
        size = np.sqrt(x * x + y * y + z * z)
        if size == 0:
            continue
        x, y, z = x / size, y / size, z / size
        d = -(x * a[0] + y * a[1] + z * a[2])
        weight = size / 6
        plane = (x * x, x * y, x * z, y * y, y * z, z * z, x * d, y * d, z * d, d * d)
        for corner in range(3):
            vertex = start[3 * face + corner]
            for k in range(10):
                quadrics[vertex, k] += weight * plane[k]


@kernel
def best_place(one: Any, two: Any, a: Any, b: Any, place: Any) -> float:
    """Write where the merged vertex of two quadrics goes; return its cost."""
    q = one + two
    middle = (a + b) / 2
    soft = SOFT * (q[0] + q[3] + q[5])
    xx, xy, xz, yy, yz, zz = q[0] + soft, q[1], q[2], q[3] + soft, q[4], q[5] + soft
    rx, ry, rz = soft * middle[0] - q[6], soft * middle[1] - q[7], soft * middle[2] - q[8]
    cx, cy, cz = yy * zz - yz * yz, xz * yz - xy * zz, xy * yz - xz * yy
    determinant = xx * cx + xy * cy + xz * cz
    if determinant > 0:
        place[0] = (cx * rx + cy * ry + cz * rz) / determinant
        place[1] = (cy * rx + (xx * zz - xz * xz) * ry + (xy * xz - xx * yz) * rz) / determinant
        place[2] = (cz * rx + (xy * xz - xx * yz) * ry + (xx * yy - xy * xy) * rz) / determinant
    else:
        place[:] = middle
    x, y, z = place
    cost: float = q[0] * x * x + q[3] * y * y + q[5] * z * z + q[9]
    cost += 2 * (q[1] * x * y + q[2] * x * z + q[4] * y * z + q[6] * x + q[7] * y + q[8] * z)
    # Of flat parts the short edges first: else slivers grow there.
    size: float = q[0] + q[3] + q[5]
    return max(cost, 0.0) + 1e-9 * size * apart(a, b)


@kernel
def push(costs: Any, items: Any, size: int, cost: float, edge: int, stamp: int) -> int:
    """Put an edge into the heap; return its new size."""
    at = size
    while at > 0 and costs[(at - 1) >> 1] > cost:
        above = (at - 1) >> 1
        costs[at], items[at, 0], items[at, 1] = costs[above], items[above, 0], items[above, 1]
        at = above
    costs[at], items[at, 0], items[at, 1] = cost, edge, stamp
    return size + 1


@kernel
def pop(costs: Any, items: Any, size: int) -> int:
    """Remove the first entry of the heap, which is read before; return its new size."""
    size -= 1
    cost, edge, stamp = costs[size], items[size, 0], items[size, 1]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        if below + 1 < size and costs[below + 1] < costs[below]:
            below += 1
        if costs[below] >= cost:
            break
        costs[at], items[at, 0], items[at, 1] = costs[below], items[below, 0], items[below, 1]
        at = below
    costs[at], items[at, 0], items[at, 1] = cost, edge, stamp
    return size


@kernel
def keeps_topology(h: int, start: Any, twin: Any, outgoing: Any, mark: Any) -> bool:
    """The link condition: the ends of an edge share just the two corners opposite to it."""
    a, b = start[h], start[following(h)]
    around_a, around_b, shared = 0, 0, 0
    turn = outgoing[a]
    while True:
        mark[start[following(turn)]] = h
        around_a += 1
        turn = twin[preceding(turn)]
        if turn == outgoing[a]:
            break
    turn = outgoing[b]
    while True:
        if mark[start[following(turn)]] == h:
            shared += 1
        around_b += 1
        turn = twin[preceding(turn)]
        if turn == outgoing[b]:
            break
    return shared == 2 and around_a + around_b > 6


@kernel
def keeps_faces(
    vertex: int, other: int, place: Any, points: Any, start: Any, twin: Any, outgoing: Any
) -> bool:
    """Whether moving a vertex neither turns its faces over nor makes slivers of them.

    Faces that hold ``other`` too are not looked at: the collapse removes them.
    """
    first = outgoing[vertex]
    turn = first
    while True:
        one, two = start[following(turn)], start[preceding(turn)]
        if one != other and two != other:
            p, q, now = points[one], points[two], points[vertex]
            ax, ay, az = normal_of(now, p, q)
            bx, by, bz = normal_of(place, p, q)
            old, new = np.sqrt(ax * ax + ay * ay + az * az), np.sqrt(bx * bx + by * by + bz * bz)
            if ax * bx + ay * by + az * bz <= STRAIGHTEST * old * new:
                return False
            base = apart(p, q)
            quality = EQUILATERAL * new / (base + apart(p, place) + apart(q, place))
            if quality < SLIMMEST:
                before = EQUILATERAL * old / (base + apart(p, now) + apart(q, now))
                if quality < before:
                    return False
        turn = twin[preceding(turn)]
        if turn == first:
            return True


@kernel
def merge(h: int, start: Any, twin: Any, outgoing: Any) -> None:
    """Remove an edge and its two faces: its end becomes its beginning."""
    a, b = start[h], start[following(h)]
    first = outgoing[b]
    turn = first
    while True:
        ahead = twin[preceding(turn)]
        start[turn] = a
        turn = ahead
        if turn == first:
            break
    for edge in (h, twin[h]):
        left, right = twin[following(edge)], twin[preceding(edge)]
        twin[left], twin[right] = right, left
        # `left` begins where `edge` is opposite to it; `right` begins at the merged vertex.
        outgoing[start[left]] = left
        outgoing[a] = right
    for edge in (h, twin[h]):
        face = 3 * (edge // 3)
        start[face], start[face + 1], start[face + 2] = -1, -1, -1


@kernel
def push_ring(
    vertex: int,
    points: Any,
    quadrics: Any,
    locked: Any,
    versions: Any,
    start: Any,
    twin: Any,
    outgoing: Any,
    costs: Any,
    items: Any,
    size: int,
    everyone: bool,
) -> int:
    """Put the edges of a vertex into the heap (or just those to higher vertices)."""
    place = np.empty(3)
    first = outgoing[vertex]
    turn = first
    while True:
        other = start[following(turn)]
        if (everyone or other > vertex) and not locked[vertex] and not locked[other]:
            cost = best_place(
                quadrics[vertex], quadrics[other], points[vertex], points[other], place
            )
            stamp = versions[vertex] + versions[other]
            size = push(costs, items, size, cost, turn, stamp)
        turn = twin[preceding(turn)]
        if turn == first:
            return size


@kernel
def push_all(
    points: Any,
    quadrics: Any,
    locked: Any,
    versions: Any,
    start: Any,
    twin: Any,
    outgoing: Any,
    costs: Any,
    items: Any,
) -> int:
    """Put every edge into an empty heap; return its size."""
    size = 0
    for vertex in range(len(points)):
        if start[outgoing[vertex]] == vertex:
            size = push_ring(
                vertex,
                points,
                quadrics,
                locked,
                versions,
                start,
                twin,
                outgoing,
                costs,
                items,
                size,
                False,
            )
    return size


@kernel
def collapse(
    points: Any,
    quadrics: Any,
    locked: Any,
    versions: Any,
    merged: Any,
    mark: Any,
    start: Any,
    twin: Any,
    outgoing: Any,
    costs: Any,
    items: Any,
    size: int,
    faces: int,
    target: int,
) -> tuple[int, int]:
    """Collapse edges until ``target`` faces or no edge is left; return heap size and faces.

    ``merged`` is told for each vertex that goes which one took its place.
    """
    place = np.empty(3)
    while size > 0 and faces > target:
        h, stamp = items[0, 0], items[0, 1]
        size = pop(costs, items, size)
        if start[h] < 0:
            continue
        a, b = start[h], start[following(h)]
        if versions[a] + versions[b] != stamp:
            continue
        if not keeps_topology(h, start, twin, outgoing, mark):
            continue
        best_place(quadrics[a], quadrics[b], points[a], points[b], place)
        if not keeps_faces(a, b, place, points, start, twin, outgoing):
            continue
        if not keeps_faces(b, a, place, points, start, twin, outgoing):
            continue
        merge(h, start, twin, outgoing)
        points[a] = place
        quadrics[a] += quadrics[b]
        merged[b] = a
        versions[a] += 1
        faces -= 2
        size = push_ring(
            a, points, quadrics, locked, versions, start, twin, outgoing, costs, items, size, True
        )
    return size, faces
