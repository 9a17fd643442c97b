"""Patterns in space for materials, floors and walls: hashed value noise and what is made of it."""

from __future__ import annotations

from numba import njit

PLAIN, WOOD, FABRIC, MOTTLED, STRIPES, CHECKS, IMAGE = range(7)
"""Kinds of patterns; ``IMAGE`` takes the color from a texture instead."""


@njit(cache=True, nogil=True)
def _hash(x: int, y: int, z: int) -> float:
    """A number 0..1 for a lattice point."""
    n = (x * 374761393 + y * 668265263 + z * 2147483647) & 0xFFFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0xFFFFFFFF
    return ((n ^ (n >> 16)) & 0xFFFFFF) / 16777215.0


@njit(cache=True, nogil=True)
def value_noise(x: float, y: float, z: float) -> float:
    """Smooth noise 0..1 with features one unit large."""
    i, j, k = int(x // 1.0), int(y // 1.0), int(z // 1.0)
    u, v, w = x - i, y - j, z - k
    u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
    total = 0.0
    for a in range(2):
        for b in range(2):
            for c in range(2):
                weight = (u if a else 1 - u) * (v if b else 1 - v) * (w if c else 1 - w)
                total += weight * _hash(i + a, j + b, k + c)
    return total


@njit(cache=True, nogil=True)
def pattern(kind: int, x: float, y: float, z: float) -> float:
    """How light a material is at a place, about 0.5 to 1.3; the place in pattern units."""
    if kind == WOOD:
        # stretched along x: long fibres, and rings that the fibres bend
        bend = value_noise(0.3 * x, 2 * y, 2 * z)
        ring = (3 * y + 2 * z + 2 * bend) % 1.0
        fibre = value_noise(2 * x, 24 * y, 24 * z)
        return 0.78 + 0.3 * ring * ring + 0.14 * fibre
    if kind == FABRIC:
        weave = ((x * 9.0) % 1.0 - 0.5) * ((y * 9.0 + z * 9.0) % 1.0 - 0.5)
        return 0.95 + 0.7 * weave + 0.12 * (value_noise(5 * x, 5 * y, 5 * z) - 0.5)
    if kind == MOTTLED:
        coarse = value_noise(x, y, z)
        fine = value_noise(3.1 * x + 7, 3.1 * y, 3.1 * z)
        return 0.62 + 0.5 * coarse + 0.25 * fine
    if kind == STRIPES:
        return 0.65 if (x + 0.1 * z) % 1.0 < 0.4 else 1.1
    if kind == CHECKS:
        return 0.6 if (int(x // 1.0) + int(y // 1.0) + int(z // 1.0)) % 2 else 1.1
    return 1.0
