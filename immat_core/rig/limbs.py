"""Limbs: the chains of a curve piece, or a sheet as a whole; each becomes one or more bones."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from immat_core.medial_mesh import MedialMesh
from immat_core.rig.pieces import Piece, chain_volume, twig_length

BEND = 0.75
"""A chain is cut where it leaves the straight line by this share of its mean radius ..."""
FLAT = 0.03
"""... and by this share of its length."""


@dataclass
class Limb:
    """A chain of spheres, or a sheet.

    Attributes
    ----------
    spheres
        A chain's spheres in their order, beginning with the one that it hangs on, if any. A
        sheet's in any order.
    places
        (k, 4) float64: a chain's spheres; of a sheet, the two ends of its bone.
    sheet
        Whether it is a sheet.
    parent
        The limb that it hangs on, -1 for the first.
    hangs
        Whether the first of ``spheres`` belongs to the parent; the limb blends into it there.
    cuts
        Rising places in ``places`` where bones begin and end, the first and the last included.
    """

    spheres: NDArray[np.int64]
    places: NDArray[np.float64]
    sheet: bool
    parent: int
    hangs: bool
    cuts: list[int] = field(default_factory=list)

    @property
    def lengths(self) -> NDArray[np.float64]:
        """(k,) how far along the chain each place lies."""
        steps = np.linalg.norm(np.diff(self.places[:, :3], axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])


def find_limbs(mat: MedialMesh, pieces: list[Piece]) -> tuple[list[Limb], dict[int, int]]:
    """The limbs of all pieces, parents before children.

    Returns
    -------
    limbs
        As a list.
    followers
        The spheres that are in no limb's ``spheres``, and the one that each moves with.
    """
    followers: dict[int, int] = {}
    limbs: list[Limb] = []
    owner = np.full(len(mat.radii), -1)
    for piece in pieces:
        if piece.sheet:
            limbs.append(_sheet_limb(mat, piece, owner))
            owner[piece.spheres] = len(limbs) - 1
        else:
            followers |= _curve_limbs(mat, piece, limbs, owner)
    return limbs, followers


def cut_at_bends(limb: Limb, slack: float = 1.0) -> None:
    """Cut a chain where it bends (Douglas and Peucker's rule); a sheet is one bone.

    ``slack`` multiplies how far a chain may leave the straight line.
    """
    last = len(limb.places) - 1
    limb.cuts = [0, last] if last else [0]
    if limb.sheet or last < 2:
        return
    tolerance = slack * max(BEND * float(limb.places[:, 3].mean()), FLAT * float(limb.lengths[-1]))
    open_spans = [(0, last)]
    while open_spans:
        begin, end = open_spans.pop()
        if end - begin < 2:
            continue
        away = _away_from_line(limb.places[begin : end + 1, :3])
        worst = int(away.argmax())
        if away[worst] > tolerance:
            limb.cuts.append(begin + worst)
            open_spans += [(begin, begin + worst), (begin + worst, end)]
    limb.cuts.sort()


def cut_to_count(limbs: list[Limb], count: int) -> None:
    """Halve the longest bones of chains until there are ``count`` bones, or none can be halved."""

    def longest(limb: Limb) -> tuple[float, int, int]:
        at = limb.lengths
        best = (0.0, -1, -1)
        for index, (begin, end) in enumerate(zip(limb.cuts[:-1], limb.cuts[1:], strict=True)):
            if end - begin >= 2 and not limb.sheet:
                middle = (
                    begin
                    + 1
                    + int(np.abs(at[begin + 1 : end] - (at[begin] + at[end]) / 2).argmin())
                )
                best = max(best, (float(at[end] - at[begin]), index, middle))
        return best

    while sum(len(limb.cuts) - 1 for limb in limbs) < count:
        found = [longest(limb) for limb in limbs]
        which = max(range(len(limbs)), key=lambda index: found[index][0])
        if found[which][1] < 0:
            return
        limbs[which].cuts = sorted([*limbs[which].cuts, found[which][2]])


def _away_from_line(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k,) distances of points from the segment between the first and the last."""
    start, step = points[0], points[-1] - points[0]
    squared = float(step @ step)
    share = (points - start) @ step / squared if squared > 0 else np.zeros(len(points))
    feet = start + np.clip(share, 0, 1)[:, None] * step
    away: NDArray[np.float64] = np.linalg.norm(points - feet, axis=1)
    return away


def _sheet_limb(mat: MedialMesh, piece: Piece, owner: NDArray[np.int64]) -> Limb:
    """One bone: from the seam through the middle to the far side, or along the longest axis."""
    spheres = mat.spheres.astype(np.float64)[piece.spheres]
    middle = spheres[:, :3].mean(0)
    parent = -1 if piece.parent < 0 else int(owner[piece.joint[0]])
    if parent < 0:
        axes = np.linalg.svd(spheres[:, :3] - middle, full_matrices=False)[2]
        direction, head = axes[0], middle
        # The same way for every shape: upwards, else to the back, else to +X.
        if tuple(np.round(direction[::-1], 6)) < (0.0, 0.0, 0.0):
            direction = -direction
    else:
        head = mat.centers.astype(np.float64)[piece.seam].mean(0)
        direction = middle - head
        if np.linalg.norm(direction) < 1e-6:
            direction = np.array([0.0, 0.0, 1.0])
        direction = direction / np.linalg.norm(direction)
    reach = float(((spheres[:, :3] - head) @ direction).max())
    radius = float(spheres[:, 3].mean())
    tail = head + max(reach, radius) * direction
    places = np.array([[*head, radius], [*tail, radius]])
    return Limb(piece.spheres, places, True, parent, False)


def _curve_limbs(
    mat: MedialMesh, piece: Piece, limbs: list[Limb], owner: NDArray[np.int64]
) -> dict[int, int]:
    """The chains of a tree of shortest ways through a curve piece, from where it hangs.

    Returns the spheres of twigs that are no limbs, and the sphere that each moves with.
    """
    spheres = mat.spheres.astype(np.float64)
    hanging, start = piece.joint
    children = _tree(mat, piece, start)
    followers = _prune(mat, children, start)
    first = -1 if hanging < 0 else int(owner[hanging])
    if hanging >= 0 and piece.touching:
        waiting = [([hanging, start], first, True)]
    else:
        # The heaviest chain takes the start as its own, and the others hang on that one.
        runs = [_run(children, [start, child]) for child in children[start]]
        runs.sort(key=lambda run: chain_volume(mat, np.array(run)))
        waiting = [(runs.pop() if runs else [start], first, False)]
        waiting += [(run, len(limbs), True) for run in runs]
        waiting.reverse()
    while waiting:
        begun, parent, hangs = waiting.pop()
        chain = _run(children, begun)
        tip, places = chain[-1], spheres[chain]
        limb = Limb(np.array(chain), places, False, parent, hangs)
        short = not children[tip] and limb.lengths[-1] < twig_length(mat, chain[0])
        if short and parent >= 0 and (hangs or not waiting):
            # Too short to be bent: it moves with what it hangs on.
            leader = chain[0] if hangs else hanging
            followers |= {sphere: leader for sphere in chain if sphere != leader}
            owner[chain[1:] if hangs else chain] = parent
            continue
        limbs.append(limb)
        owner[chain[1:] if hangs else chain] = len(limbs) - 1
        waiting += [([tip, child], len(limbs) - 1, True) for child in children[tip]]
    for sphere, leader in followers.items():
        owner[sphere] = owner[leader]
    return followers


def _prune(mat: MedialMesh, children: dict[int, list[int]], start: int) -> dict[int, int]:
    """Take twigs off a tree, the longest way from each branch excepted; see ``_curve_limbs``."""
    order = [start]
    for sphere in order:
        order += children[sphere]
    reach = dict.fromkeys(order, 0.0)
    followers: dict[int, int] = {}
    for sphere in reversed(order):
        away = {
            child: reach[child] + float(np.linalg.norm(mat.centers[child] - mat.centers[sphere]))
            for child in children[sphere]
        }
        reach[sphere] = max(away.values(), default=0.0)
        if len(away) < 2:
            continue
        for child, length in away.items():
            if length < min(reach[sphere], twig_length(mat, sphere)):
                children[sphere].remove(child)
                twig = [child]
                for each in twig:
                    twig += children[each]
                followers |= dict.fromkeys(twig, sphere)
    # A twig may have been taken off that had taken off a twig itself.
    return {sphere: _last(followers, sphere) for sphere in followers}


def _last(followers: dict[int, int], sphere: int) -> int:
    while sphere in followers:
        sphere = followers[sphere]
    return sphere


def _run(children: dict[int, list[int]], chain: list[int]) -> list[int]:
    """The chain with all that follows without a branch."""
    while len(children[chain[-1]]) == 1:
        chain = [*chain, children[chain[-1]][0]]
    return chain


def _tree(mat: MedialMesh, piece: Piece, start: int) -> dict[int, list[int]]:
    """The children of each sphere on the shortest ways from ``start`` (Dijkstra)."""
    inside = set(piece.spheres.tolist())
    joined: dict[int, list[int]] = {sphere: [] for sphere in inside}
    for one, other in mat.all_edges.tolist():
        if one in inside and other in inside:
            joined[one].append(other)
            joined[other].append(one)
    children: dict[int, list[int]] = {sphere: [] for sphere in inside}
    waiting = [(0.0, start, -1)]
    reached: set[int] = set()
    while waiting:
        length, sphere, before = heapq.heappop(waiting)
        if sphere in reached:
            continue
        reached.add(sphere)
        if before >= 0:
            children[before].append(sphere)
        for other in joined[sphere]:
            step = float(np.linalg.norm(mat.centers[other] - mat.centers[sphere]))
            heapq.heappush(waiting, (length + step, other, sphere))
    return children
