"""Names of bones: what a limb is, where it lies, and ".L" and ".R" where another one mirrors it.

A shape's front is toward -Y and its up is +Z, so +X is its left, as Blender's own rigs have it.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import FloatArray
from immat_core.rig.limbs import Limb

NEAR = 0.05
"""Share of the shape's diagonal by which mirrored limbs may lie apart from one another."""
BESIDE = 1 / 6
"""Share of the shape's size by which a limb must lie off the middle to be called after a side."""


def mirrored_pairs(limbs: list[Limb], low: FloatArray, high: FloatArray) -> list[int]:
    """For each limb the one that mirrors it across the middle of the shape; -1 where none does."""
    size = float(np.linalg.norm(high - low))
    middle = float(low[0] + high[0]) / 2
    partner = [-1] * len(limbs)
    for one, limb in enumerate(limbs):
        here = _landmarks(limb)
        if abs(here[:, 0].mean() - middle) < NEAR * size / 2:
            continue
        there = here.copy()
        there[:, 0] = 2 * middle - there[:, 0]
        for other in range(one + 1, len(limbs)):
            if partner[one] >= 0 or partner[other] >= 0 or limbs[other].sheet != limb.sheet:
                continue
            away = np.linalg.norm(_landmarks(limbs[other]) - there, axis=1)
            if float(away.max()) < NEAR * size:
                partner[one], partner[other] = other, one
    return partner


def limb_names(
    limbs: list[Limb], partner: list[int], low: FloatArray, high: FloatArray
) -> list[tuple[str, str]]:
    """Name and side, ("Lower Front Tube", ".L"), of each limb; no two are the same."""
    middle = float(low[0] + high[0]) / 2
    names: list[tuple[str, str]] = []
    taken: Counter[tuple[str, str]] = Counter()
    for index, limb in enumerate(limbs):
        mean = _landmarks(limb).mean(0)
        side = (".L" if mean[0] > middle else ".R") if partner[index] >= 0 else ""
        if 0 <= partner[index] < index:
            name = names[partner[index]][0]
        else:
            name = "Root" if limb.parent < 0 else _described(limb, mean, low, high)
            while taken[(name, side)] or taken[(name, "")]:
                name = _next(name)
        taken[(name, side)] += 1
        names.append((name, side))
    return names


def bone_names(limb: tuple[str, str], bones: int) -> list[str]:
    """The names of a limb's bones, numbered where there are several."""
    name, side = limb
    if bones == 1:
        return [name + side]
    return [f"{name} {number + 1}{side}" for number in range(bones)]


def _described(limb: Limb, mean: NDArray[np.float64], low: FloatArray, high: FloatArray) -> str:
    words = []
    for axis, (less, more) in ((2, ("Lower", "Upper")), (1, ("Front", "Back"))):
        off = (mean[axis] - (low[axis] + high[axis]) / 2) / max(float(high[axis] - low[axis]), 1e-9)
        if abs(off) > BESIDE:
            words.append(less if off < 0 else more)
    return " ".join([*words, "Sheet" if limb.sheet else "Tube"])


def _next(name: str) -> str:
    """ "Tube", "Tube B", "Tube C"; after Z, "Tube ZB"."""
    head, _, letter = name.rpartition(" ")
    if len(letter) >= 1 and letter.isupper() and letter != name:
        return f"{head} {letter[:-1]}{chr(ord(letter[-1]) + 1) if letter[-1] < 'Z' else 'ZB'}"
    return f"{name} B"


def _landmarks(limb: Limb) -> NDArray[np.float64]:
    """(3, 3): where a limb starts, its middle, where it ends."""
    places = limb.places[:, :3]
    return np.array([places[0], places.mean(0), places[-1]])
