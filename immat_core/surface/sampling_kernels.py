"""Kernels that fill leaves with distances: in float32, around the middle of each leaf.

So a leaf's values depend on the lattice and its primitives alone, not on where the rest of the
shape lies. Cells of 4^3 points are culled once more by the rules of ``culling.py``. In arrays over
primitives the cones of a leaf come first; ``rods`` says how many they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from immat_core.kernels import kernel
from immat_core.medial_mesh import FloatArray, IndexArray

LEAF, CELL = 8, 4
SNAP = np.float32(1e-3)
"""See ``band.SNAP``."""
HALF = np.float32(3**0.5 * (CELL - 1) / 2 + 1e-3)
"""From a cell's middle to its outermost points, in voxels, and a little for rounding."""
ONE, ZERO = np.float32(1), np.float32(0)
EDGE = np.float32(-1e-5)
"""Weight from which on a foot counts as on its face: beyond, the side's cone is as near."""
FAR = np.float32(np.inf)


@kernel("void(f8[:,::1], i8, i4[::1], i4[::1], f4[:,::1])")
def localize(
    rows: NDArray[np.float64], rods: int, items: IndexArray, leaf: IndexArray, local: FloatArray
) -> None:
    """Write a leaf's primitives (n, 22) into ``local``, relative to the leaf's middle.

    The row of a cone becomes: the middle's offset from its axis (3), the axis (3), length, radius,
    slope, shear, how far along the axis the middle is.
    """
    middle = (LEAF - 1) / 2
    x, y, z = LEAF * leaf[0] + middle, LEAF * leaf[1] + middle, LEAF * leaf[2] + middle
    for n in range(len(items)):
        row = items[n]
        for column in range(22):
            local[n, column] = rows[row, column]
        if n < rods:
            dx, dy, dz = x - rows[row, 0], y - rows[row, 1], z - rows[row, 2]
            along = dx * rows[row, 3] + dy * rows[row, 4] + dz * rows[row, 5]
            local[n, 0] = dx - along * rows[row, 3]
            local[n, 1] = dy - along * rows[row, 4]
            local[n, 2] = dz - along * rows[row, 5]
            local[n, 10] = along
        else:
            for k in range(0, 16, 4):
                value = rows[row, k] * x + rows[row, k + 1] * y + rows[row, k + 2] * z
                local[n, k + 3] = value + rows[row, k + 3]


@kernel("void(f4[:,::1], i8, i8, f4[:,::1], f4[:,:,::1], f4[::1])")
def look_from_cells(
    local: FloatArray,
    rods: int,
    count: int,
    distances: FloatArray,
    feet: FloatArray,
    nearest: FloatArray,
) -> None:
    """See the primitives of a leaf from the middles of its 8 cells.

    Writes distances (n, 8), feet (n, 3, 8): along the axis of a cone, barycentric on a face, and
    the least distance to a hull (8,).
    """
    nearest[:] = FAR
    for n in range(rods):
        c = local[n]
        for cell in range(8):
            x = np.float32(CELL * (cell >> 2) - CELL / 2)
            y = np.float32(CELL * (cell >> 1 & 1) - CELL / 2)
            z = np.float32(CELL * (cell & 1) - CELL / 2)
            step = x * c[3] + y * c[4] + z * c[5]
            dx, dy, dz = c[0] + x - step * c[3], c[1] + y - step * c[4], c[2] + z - step * c[5]
            away2 = dx * dx + dy * dy + dz * dz
            along = c[10] + step
            foot = along - c[9] * np.sqrt(away2)
            clipped = min(max(foot, ZERO), c[6])
            rest = along - clipped
            distances[n, cell] = np.sqrt(rest * rest + away2) - c[7] + c[8] * clipped
            feet[n, 0, cell] = foot
        for cell in range(8):
            nearest[cell] = min(nearest[cell], distances[n, cell])
    for n in range(rods, count):
        f = local[n]
        for cell in range(8):
            x = np.float32(CELL * (cell >> 2) - CELL / 2)
            y = np.float32(CELL * (cell >> 1 & 1) - CELL / 2)
            z = np.float32(CELL * (cell & 1) - CELL / 2)
            height = abs(f[0] * x + f[1] * y + f[2] * z + f[3])
            b1 = f[4] * x + f[5] * y + f[6] * z + f[7] - f[16] * height
            b2 = f[8] * x + f[9] * y + f[10] * z + f[11] - f[17] * height
            feet[n, 0, cell], feet[n, 1, cell], feet[n, 2, cell] = ONE - b1 - b2, b1, b2
            distances[n, cell] = f[12] * x + f[13] * y + f[14] * z + f[15] + f[18] * height
        for cell in range(8):
            if min(feet[n, 0, cell], min(feet[n, 1, cell], feet[n, 2, cell])) >= ZERO:
                nearest[cell] = min(nearest[cell], distances[n, cell])


@kernel(
    "void(f4[:,::1], i8, i4[::1], f4[:,::1], f4[:,:,::1], f4[::1], i4[:,:,::1], i8, i4[::1],"
    "f4, b1[:,::1])"
)
def keep_in_cells(
    local: FloatArray,
    rods: int,
    items: IndexArray,
    distances: FloatArray,
    feet: FloatArray,
    nearest: FloatArray,
    beside: IndexArray,
    cones: int,
    place: IndexArray,
    width: np.float32,
    keep: NDArray[np.bool_],
) -> None:
    """Decide which primitives matter in which cells: ``keep`` (n, 8).

    ``place`` is scratch: where in this leaf a face is; any other number elsewhere.
    """
    for n in range(rods, len(items)):
        place[items[n] - cones] = n
        for cell in range(8):
            near = distances[n, cell] <= min(nearest[cell] + 2 * HALF, HALF + width)
            for corner in range(3):
                near &= feet[n, corner, cell] >= -HALF * local[n, 19 + corner]
            keep[n, cell] = near
    for n in range(rods):
        for cell in range(8):
            keep[n, cell] = distances[n, cell] <= min(nearest[cell] + 2 * HALF, HALF + width)
        room = HALF * np.sqrt(ONE + local[n, 9] * local[n, 9])
        for k in range(beside.shape[0]):
            face, corner = beside[k, items[n], 0], beside[k, items[n], 1]
            there = place[face] if face >= 0 else len(items)
            if there < len(items) and items[there] == face + cones:
                limit = HALF * local[there, 19 + corner]
                for cell in range(8):
                    strictly = room < feet[n, 0, cell] < local[n, 6] - room
                    keep[n, cell] &= not (strictly and feet[there, corner, cell] > limit)


@kernel("void(f4[:,::1], i8, i8, i8, b1[:,::1], f4[:,::1], f4[::1])")
def lower_cell(
    local: FloatArray,
    rods: int,
    count: int,
    cell: int,
    keep: NDArray[np.bool_],
    points: FloatArray,
    least: FloatArray,
) -> None:
    """Lower ``least`` (64,) to the distances of what a cell keeps, at its points."""
    ox = np.float32(CELL * (cell >> 2) - CELL / 2)
    oy = np.float32(CELL * (cell >> 1 & 1) - CELL / 2)
    oz = np.float32(CELL * (cell & 1) - CELL / 2)
    for n in range(count):
        if not keep[n, cell]:
            continue
        f = local[n]
        if n < rods:
            for p in range(CELL**3):
                x, y, z = ox + points[0, p], oy + points[1, p], oz + points[2, p]
                step = x * f[3] + y * f[4] + z * f[5]
                dx, dy, dz = f[0] + x - step * f[3], f[1] + y - step * f[4], f[2] + z - step * f[5]
                away2 = dx * dx + dy * dy + dz * dz
                along = f[10] + step
                foot = min(max(along - f[9] * np.sqrt(away2), ZERO), f[6])
                rest = along - foot
                distance = np.sqrt(rest * rest + away2) - f[7] + f[8] * foot
                least[p] = min(least[p], distance)
        else:
            for p in range(CELL**3):
                x, y, z = ox + points[0, p], oy + points[1, p], oz + points[2, p]
                height = abs(f[0] * x + f[1] * y + f[2] * z + f[3])
                b1 = f[4] * x + f[5] * y + f[6] * z + f[7] - f[16] * height
                b2 = f[8] * x + f[9] * y + f[10] * z + f[11] - f[17] * height
                distance = f[12] * x + f[13] * y + f[14] * z + f[15] + f[18] * height
                weight = min(min(b1, b2), ONE - b1 - b2)
                least[p] = min(least[p], distance if weight >= EDGE else FAR)


@kernel("void(f4[::1], i8, f4, f4[::1], u1[::1])")
def write_cell(
    least: FloatArray, cell: int, width: np.float32, values: FloatArray, signs: NDArray[np.uint8]
) -> None:
    """Put the values of a cell into its leaf (512,), clipped, with the bits of its signs (64,)."""
    corner = (cell >> 2) * 4 * 64 + (cell >> 1 & 1) * 4 * 8 + (cell & 1) * 4
    for p in range(CELL**3):
        value = least[p]
        if abs(value) < SNAP:
            value = -SNAP
        least[p] = min(max(value, -width), width)
    for row in range(CELL**2):
        at = corner + (row >> 2) * 64 + (row & 3) * 8
        bits = 0
        for k in range(CELL):
            value = least[CELL * row + k]
            values[at + k] = value
            bits |= (value < ZERO) << k
        signs[at >> 3] |= np.uint8(bits << (at & 7))


@kernel(
    "void(f8[:,::1], i8, i4[:,:,::1], i4[:,::1], i4[::1], i4[::1], i4[::1], i4[::1], i8, f4,"
    "f4[:,::1], f4[:,::1], u1[:,::1])"
)
def sample(
    rows: NDArray[np.float64],
    cones: int,
    beside: IndexArray,
    leaves: IndexArray,
    starts: IndexArray,
    items: IndexArray,
    todo: IndexArray,
    slots: IndexArray,
    most: int,
    width: np.float32,
    points: FloatArray,
    values: FloatArray,
    signs: NDArray[np.uint8],
) -> None:
    """Fill the slots of the leaves ``todo`` with distances and signs.

    ``most`` is the greatest number of primitives in a leaf, ``points`` (3, 64) are a cell's around
    its middle.
    """
    local, keep = np.empty((most, 22), np.float32), np.empty((most, 8), np.bool_)
    distances, feet = np.empty((most, 8), np.float32), np.empty((most, 3, 8), np.float32)
    nearest, least = np.empty(8, np.float32), np.empty(CELL**3, np.float32)
    place = np.full(len(rows) - cones, most, np.int32)
    for leaf in todo:
        kept = items[starts[leaf] : starts[leaf + 1]]
        rods = 0
        while rods < len(kept) and kept[rods] < cones:
            rods += 1
        localize(rows, rods, kept, leaves[leaf], local)
        look_from_cells(local, rods, len(kept), distances, feet, nearest)
        keep_in_cells(
            local, rods, kept, distances, feet, nearest, beside, cones, place, width, keep
        )
        slot = slots[leaf]
        signs[slot] = 0
        for cell in range(8):
            least[:] = -width if nearest[cell] < ZERO else width
            if abs(nearest[cell]) <= HALF + width:
                least[:] = width
                lower_cell(local, rods, len(kept), cell, keep, points, least)
            write_cell(least, cell, width, values[slot], signs[slot])
