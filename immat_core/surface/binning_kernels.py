"""Kernels of binning: see ``binning.py``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import inlined, kernel
from immat_core.medial_mesh import FloatArray, IndexArray
from immat_core.surface.block_table import block_key, empty_table, place_of
from immat_core.surface.culling import LEAF

Doubles = NDArray[np.float64]
Hashes = NDArray[np.uint64]
Keys = NDArray[np.int64]
Numbers = tuple[float, ...]

LEVELS = 19
"""Sizes of blocks, each twice the one before, from leaves to the whole lattice."""
MOST_FIRST = 64
"""Most blocks with which a primitive starts to walk down."""
SLACK = 1e-3
"""Voxels by which blocks above leaves are more careful, so that rounding decides nothing there."""
ROOT3 = 3**0.5


@inlined
def numbers_of(rows: Doubles, n: int) -> Numbers:
    """A row as numbers that a loop can hold: 10 of a cone, 19 of a flat part and its 3 rates."""
    r = rows[n]
    return (
        r[0], r[1], r[2], r[3], r[4], r[5], r[6], r[7], r[8], r[9], r[10], r[11],
        r[12], r[13], r[14], r[15], r[16], r[17], r[18], r[19], r[20], r[21],
    )  # fmt: skip


@inlined
def cone_at(c: Numbers, x: float, y: float, z: float) -> tuple[float, float]:
    """Distance of a point to a cone, and where along the axis its foot is, unclipped."""
    dx, dy, dz = x - c[0], y - c[1], z - c[2]
    along = dx * c[3] + dy * c[4] + dz * c[5]
    ax, ay, az = dx - along * c[3], dy - along * c[4], dz - along * c[5]
    away2 = ax * ax + ay * ay + az * az
    foot = along - c[9] * np.sqrt(away2)
    clipped = min(max(foot, 0.0), c[6])
    rest = along - clipped
    return np.sqrt(rest * rest + away2) - c[7] + c[8] * clipped, foot


@inlined
def flat_at(f: Numbers, x: float, y: float, z: float) -> tuple[float, float, float, float]:
    """Distance of a point to a face's plane, and the barycentric coordinates of its foot."""
    height = abs(f[0] * x + f[1] * y + f[2] * z + f[3])
    b1 = f[4] * x + f[5] * y + f[6] * z + f[7] - f[16] * height
    b2 = f[8] * x + f[9] * y + f[10] * z + f[11] - f[17] * height
    distance = f[12] * x + f[13] * y + f[14] * z + f[15] + f[18] * height
    return distance, 1 - b1 - b2, b1, b2


@inlined
def block_at(
    numbers: Numbers, is_cone: bool, level: int, i: int, j: int, k: int, width: float
) -> tuple[float, bool, bool]:
    """A primitive seen from a block's middle: distance, may it reach the block, is it the hull's.

    The distance of a flat part is that of the face's hull only where the foot lies on the face.
    """
    size = LEAF << level
    half = ROOT3 * (size - 1) / 2
    if level:
        half += SLACK
    middle = (size - 1) / 2
    x, y, z = size * i + middle, size * j + middle, size * k + middle
    if is_cone:
        distance, _ = cone_at(numbers, x, y, z)
        near, hull = distance <= half + width, True
    else:
        distance, b0, b1, b2 = flat_at(numbers, x, y, z)
        near = distance <= half + width and b0 >= -numbers[19] * half
        near = near and b1 >= -numbers[20] * half and b2 >= -numbers[21] * half
        hull = b0 >= 0 and b1 >= 0 and b2 >= 0
    return distance, near, hull


@kernel("i8(f8[::1], i8[::1], i8[::1], f8, i8[:,::1], i8[:,::1])")
def begin_walk(box: Doubles, first: Keys, last: Keys, width: float, span: Keys, stack: Keys) -> int:
    """Put the coarse blocks that a box meets on the stack; return how many they are.

    Writes the first and last leaf that it meets into ``span`` (2, 3).
    """
    for axis in range(3):
        span[0, axis] = max(first[axis], np.int64(np.floor((box[axis] - width) / LEAF)))
        span[1, axis] = min(last[axis], np.int64(np.floor((box[3 + axis] + width) / LEAF)))
        if span[0, axis] > span[1, axis]:
            return 0
    level = 0
    while True:
        count = 1
        for axis in range(3):
            count *= (span[1, axis] >> level) - (span[0, axis] >> level) + 1
        if count <= MOST_FIRST:
            break
        level += 1
    depth = 0
    for i in range(span[0, 0] >> level, (span[1, 0] >> level) + 1):
        for j in range(span[0, 1] >> level, (span[1, 1] >> level) + 1):
            for k in range(span[0, 2] >> level, (span[1, 2] >> level) + 1):
                stack[depth, 0], stack[depth, 1] = level, i
                stack[depth, 2], stack[depth, 3] = j, k
                depth += 1
    return depth


@kernel(
    "UniTuple(i8, 2)(f8[:,::1], i8, b1, i8[:,::1], i8[:,::1], i8, f8, i8[::1], i4[::1], f4[::1],"
    "i8[::1])"
)
def walk(
    rows: Doubles,
    item: int,
    is_cone: bool,
    span: Keys,
    stack: Keys,
    depth: int,
    width: float,
    keys: Keys,
    items: IndexArray,
    distances: FloatArray,
    solids: Keys,
) -> tuple[int, int]:
    """Walk down with a primitive from the blocks on the stack; see :func:`reaching`.

    Returns how many leaves and how many solid blocks were found; one more than the arrays have
    room for when they were too small.
    """
    count, solid_count = 0, 0
    numbers = numbers_of(rows, item)
    while depth:
        depth -= 1
        level, i, j, k = stack[depth, 0], stack[depth, 1], stack[depth, 2], stack[depth, 3]
        distance, near, hull = block_at(numbers, is_cone, level, i, j, k, width)
        if not near:
            continue
        if level == 0:
            if count == len(keys):
                return count + 1, solid_count
            keys[count], distances[count] = block_key(0, i, j, k), distance
            items[count] = item if hull else ~item
            count += 1
        elif hull and distance < -(ROOT3 * ((LEAF << level) - 1) / 2 + width + SLACK):
            if solid_count == len(solids):
                return count, solid_count + 1
            solids[solid_count] = block_key(level, i, j, k)
            solid_count += 1
        else:
            for child in range(8):
                x, y, z = 2 * i + (child >> 2), 2 * j + (child >> 1 & 1), 2 * k + (child & 1)
                down = level - 1
                if (
                    span[0, 0] >> down <= x <= span[1, 0] >> down
                    and span[0, 1] >> down <= y <= span[1, 1] >> down
                    and span[0, 2] >> down <= z <= span[1, 2] >> down
                ):
                    stack[depth, 0], stack[depth, 1] = down, x
                    stack[depth, 2], stack[depth, 3] = y, z
                    depth += 1
    return count, solid_count


@kernel(
    "UniTuple(i8, 2)(f8[:,::1], f8[:,::1], i8, i8[::1], i8[::1], f8, i8[::1], i4[::1], f4[::1],"
    "i8[::1])"
)
def reaching(
    rows: Doubles,
    boxes: Doubles,
    cones: int,
    first: Keys,
    last: Keys,
    width: float,
    keys: Keys,
    items: IndexArray,
    distances: FloatArray,
    solids: Keys,
) -> tuple[int, int]:
    """Find which primitive reaches which leaf between ``first`` and ``last``.

    Writes
    ------
    keys, items, distances
        A pair each: leaf, primitive (as ``~item`` where the distance to it is not that to the
        face's hull) and distance to the leaf's middle.
    solids
        Keys of blocks above leaves that lie inside a primitive, deeper than the band.

    Returns how many pairs and solid blocks there are, or more than there is room for.
    """
    count, solid_count = 0, 0
    stack, span = np.empty((MOST_FIRST + 8 * LEVELS, 4), np.int64), np.empty((2, 3), np.int64)
    for item in range(len(rows)):
        depth = begin_walk(boxes[item], first, last, width, span, stack)
        found, solid = walk(
            rows, item, item < cones, span, stack, depth, width,
            keys[count:], items[count:], distances[count:], solids[solid_count:],
        )  # fmt: skip
        count, solid_count = count + found, solid_count + solid
        if count > len(keys) or solid_count > len(solids):
            break
    return count, solid_count


@kernel("Tuple((i8[::1], i4[::1], f4[::1]))(i8[::1], i4[::1], f4[::1])")
def number(
    pair_keys: Keys, items: IndexArray, distances: FloatArray
) -> tuple[Keys, IndexArray, FloatArray]:
    """Number the leaves of the pairs.

    Returns their keys (b,), the number of each pair's leaf (n,), and (b,) the least distance of
    a leaf's middle to a hull, infinity where no pair tells.
    """
    table = empty_table(len(pair_keys))
    numbers = np.empty(len(table), np.int32)
    leaf = np.empty(len(pair_keys), np.int32)
    keys, nearest = np.empty(len(pair_keys), np.int64), np.empty(len(pair_keys), np.float32)
    count = 0
    for pair in range(len(pair_keys)):
        place = place_of(table, pair_keys[pair])
        if table[place] < 0:
            table[place] = pair_keys[pair]
            numbers[place] = count
            keys[count], nearest[count] = pair_keys[pair], np.inf
            count += 1
        leaf[pair] = numbers[place]
        if items[pair] >= 0:
            nearest[leaf[pair]] = min(nearest[leaf[pair]], distances[pair])
    return keys[:count], leaf, nearest[:count]


@kernel("b1(f8[:,::1], i8, i8, i4[:,:,::1], i4[::1], i8, f8, f8, f8)")
def _beaten(
    rows: Doubles,
    cones: int,
    item: int,
    beside: IndexArray,
    seen: IndexArray,
    leaf: int,
    x: float,
    y: float,
    z: float,
) -> bool:
    """Whether a face beside a cone, kept in the same leaf, is nearer all over the leaf.

    So it is where the cone's foot lies strictly between its ends and the face's strictly on the
    face's side (see ``culling.py``).
    """
    half = ROOT3 * (LEAF - 1) / 2
    for k in range(beside.shape[0]):
        face, corner = beside[k, item, 0], beside[k, item, 1]
        if face >= 0 and seen[face] == leaf:
            cone = numbers_of(rows, item)
            _, foot = cone_at(cone, x, y, z)
            room = half * np.sqrt(1 + cone[9] ** 2)
            if foot <= room or foot >= cone[6] - room:
                return False
            _, b0, b1, b2 = flat_at(numbers_of(rows, cones + face), x, y, z)
            weight = b0 if corner == 0 else (b1 if corner == 1 else b2)
            if weight > half * rows[cones + face, 19 + corner]:
                return True
    return False


@kernel("Tuple((i4[::1], i4[::1]))(i8[::1], f4[::1], i4[::1], i4[::1], f4[::1])")
def _by_leaf(
    alive: Keys, nearest: FloatArray, leaf: IndexArray, items: IndexArray, distances: FloatArray
) -> tuple[IndexArray, IndexArray]:
    """(b + 1,) and (n,): the pairs that may matter, sorted by the leaves ``alive``.

    Pairs come primitive by primitive, so do the items of a leaf: cones, then flat parts.
    """
    room = np.float32(ROOT3 * (LEAF - 1) + SLACK)
    rank = np.full(len(nearest), -1, np.int32)
    for row in range(len(alive)):
        rank[alive[row]] = row
    starts = np.zeros(len(alive) + 2, np.int32)
    keep = np.zeros(len(items), np.bool_)
    for pair in range(len(items)):
        row = rank[leaf[pair]]
        if row >= 0 and distances[pair] <= nearest[leaf[pair]] + room:
            keep[pair] = True
            starts[row + 2] += 1
    for row in range(len(alive)):
        starts[row + 2] += starts[row + 1]
    gathered = np.empty(starts[-1], np.int32)
    for pair in range(len(items)):
        if keep[pair]:
            row = rank[leaf[pair]]
            gathered[starts[row + 1]] = max(items[pair], ~items[pair])
            starts[row + 1] += 1
    return starts[:-1], gathered


@kernel(
    "Tuple((i4[::1], i4[::1], u8[::1]))(i4[:,::1], i8[::1], f4[::1], i4[::1], i4[::1], f4[::1],"
    "f8[:,::1], i8, i4[:,:,::1], u8[::1])"
)
def choose(
    leaves: IndexArray,
    alive: Keys,
    nearest: FloatArray,
    leaf: IndexArray,
    items: IndexArray,
    distances: FloatArray,
    rows: Doubles,
    cones: int,
    beside: IndexArray,
    prints: Hashes,
) -> tuple[IndexArray, IndexArray, Hashes]:
    """What the leaves with the numbers ``alive`` keep: see :class:`LeafList`."""
    starts, gathered = _by_leaf(alive, nearest, leaf, items, distances)
    seen = np.full(len(rows) - cones, -1, np.int32)
    marks = np.zeros(len(alive), np.uint64)
    middle = (LEAF - 1) / 2
    count, begin = 0, 0
    for row in range(len(alive)):
        end = starts[row + 1]
        for n in range(begin, end):
            if gathered[n] >= cones:
                seen[gathered[n] - cones] = row
        x, y, z = leaves[row, 0], leaves[row, 1], leaves[row, 2]
        x, y, z = LEAF * x + middle, LEAF * y + middle, LEAF * z + middle
        for n in range(begin, end):
            item = gathered[n]
            if item >= cones or not _beaten(rows, cones, item, beside, seen, row, x, y, z):
                gathered[count] = item
                count += 1
                marks[row] += prints[item]
        begin = end
        starts[row + 1] = count
    return starts, gathered[:count], marks
