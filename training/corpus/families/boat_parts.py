"""What boats are put together from: hull, deckhouse, rails, sails."""

from __future__ import annotations

import numpy as np

from training.corpus.families.solids import Floats, SolidBuilder, grey
from training.shapes.parts import moved

WINDOW, WOOD, WHITE = np.array([0.04, 0.05, 0.07]), np.array([0.35, 0.2, 0.09]), grey(0.85)
STATIONS, POINTS = 19, 9


def hull_sections(
    length: float,
    beam: float,
    depth: float,
    rng: np.random.Generator,
    *,
    stern: float = 0.8,
    flare: float = 0.25,
    full: float = 0.6,
) -> Floats:
    """Half rings of a hull from bow to stern, (STATIONS, 2 * POINTS - 1, 3), port to starboard.

    Parameters
    ----------
    stern
        Width of the stern as a share of the beam; 0 is a pointed one.
    flare
        How much the bow's top stands out over its foot.
    full
        Exponent of the outline: small is a long parallel middle.
    """
    share = np.linspace(0, 1, STATIONS)
    bow = np.minimum(1, share / rng.uniform(0.35, 0.55)) ** full
    aft = np.clip((1 - share) / 0.4, 0, 1)
    wide = beam / 2 * np.clip(bow * (stern + (1 - stern) * aft**0.6), 0.012, 1)
    sheer = depth * (
        1 + rng.uniform(0.0, 0.35) * (1 - share) ** 2 + rng.uniform(0, 0.15) * share**2
    )
    keel = depth * rng.uniform(0.15, 0.75) * np.maximum(0, 1 - share / 0.18) ** 1.5
    angle = np.linspace(-np.pi / 2, np.pi / 2, 2 * POINTS - 1)
    box = rng.uniform(0.35, 0.9)
    x = np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** box
    up = 1 - np.cos(angle) ** box
    rake = flare * depth * (1 - share) ** 4
    place = (share - 0.5) * length
    rings = np.empty((STATIONS, len(angle), 3))
    rings[..., 0] = wide[:, None] * x
    rings[..., 1] = place[:, None] - rake[:, None] * up
    rings[..., 2] = keel[:, None] + (sheer - keel)[:, None] * up
    return rings


def add_hull(
    shape: SolidBuilder, rings: Floats, color: Floats, deck: Floats, below: float = 0.0
) -> None:
    """A closed hull whose deck lies ``below`` its rail, with a stripe of another color as rail."""
    shape.loft(rings, color)
    edge = rings[:, [0, -1]].copy()
    edge[..., 2] += 0.006 * np.ptp(rings[..., 1])
    edge[..., 0] *= 0.94
    plate = np.stack([edge[:, 0], edge.mean(1), edge[:, 1]], 1)
    plate[..., 2] -= below
    shape.sheet(plate, 0.008 * float(np.ptp(rings[..., 1])), deck)


def deck_height(rings: Floats, share: float) -> float:
    """Height of the rail at a share of the length from the bow."""
    return float(rings[round(share * (STATIONS - 1)), 0, 2])


def half_width(rings: Floats, share: float) -> float:
    """Half the width at the rail, at a share of the length from the bow."""
    return float(rings[round(share * (STATIONS - 1)), -1, 0])


def add_house(
    shape: SolidBuilder,
    rng: np.random.Generator,
    box: tuple[float, float, float, float, float],
    color: Floats,
) -> None:
    """A deckhouse with slanted ends and a row of windows; box is y from, y to, z, width, height."""
    start, end, z, width, high = box
    lean, tuck = rng.uniform(0, 0.5) * high, rng.uniform(0.8, 1.0)
    foot = [[s * width / 2, y, z] for y in (start, end) for s in (-1, 1)]
    top = [
        [s * tuck * width / 2, y, z + high]
        for y in (start + lean, end - 0.3 * lean)
        for s in (-1, 1)
    ]
    shape.hull(foot + top, color)
    count = int(rng.integers(2, 8))
    for i in range(count):
        y = start + 0.6 * lean + (i + 0.5) * (end - start - lean) / count
        size = [
            width * (0.5 + tuck / 2) + 0.02 * width,
            0.6 * (end - start - lean) / count,
            0.34 * high,
        ]
        shape.box([0, y, z + 0.58 * high], size, WINDOW)
    pane = [0.8 * tuck * width, 0.12 * high, 0.34 * high]
    shape.box([0, start + 0.55 * lean, z + 0.58 * high], pane, WINDOW)


def add_rails(
    shape: SolidBuilder, rings: Floats, rise: float, span: tuple[int, int], color: Floats
) -> None:
    """Posts and a line along both sides between two stations."""
    bar = 0.012 * rise + 0.004
    for side in (0, -1):
        line = rings[span[0] : span[1], side] * [0.94, 1, 1]
        shape.tube(moved(line, 0, 0, rise), bar, color, sides=6)
        for point in line[::2]:
            shape.bar(point, moved(point, 0, 0, rise), bar, color, sides=6)


def add_sail(
    shape: SolidBuilder, corners: tuple[Floats, Floats, Floats], belly: float, color: Floats
) -> None:
    """A triangle of cloth, bent to one side."""
    tack, clew, head = corners
    u, v = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 0.97, 12), indexing="ij")
    flat = (1 - v)[..., None] * ((1 - u)[..., None] * tack + u[..., None] * clew) + v[
        ..., None
    ] * head
    flat[..., 0] += belly * np.sin(np.pi * u) * (1 - v) * np.sin(np.pi * (0.15 + 0.8 * v))
    shape.sheet(flat, 0.12 * belly, color)
