"""From a medial mesh and its parts to a skeleton that moves it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from immat_core.editing.draft import Draft, MedialEdit
from immat_core.errors import UserError
from immat_core.medial_mesh import FloatArray, MedialMesh
from immat_core.rig.limbs import Limb, cut_at_bends, cut_to_count, find_limbs
from immat_core.rig.naming import bone_names, limb_names, mirrored_pairs
from immat_core.rig.pieces import piece_tree
from immat_core.rig.rims import with_rims
from immat_core.rig.skeleton import Skeleton
from immat_core.rig.weights import chain_weights, joint_reach, knots

CLOSE = 0.2
"""Share of a joint's reach within which a sphere serves as its knot."""
SHORTEST = 1e-5
"""Length of the shortest bone; Blender removes bones without length."""


@dataclass(frozen=True)
class RigSettings:
    """What a rig is to be like.

    Attributes
    ----------
    bones
        How many bones to aim at; 0 leaves it to the bends.
    joint_spheres
        Whether to insert spheres beside joints on long edges, so that only the joint bends. The
        shape stays the same.
    """

    bones: int = 0
    joint_spheres: bool = True


@dataclass(frozen=True, eq=False)
class Rig:
    """A skeleton and what it moves.

    Attributes
    ----------
    skeleton
        ``b`` bones.
    edit
        The medial mesh with the spheres that were inserted at joints, after its own n.
    weights
        (m, b) float32, of each sphere of ``edit.mat``, of sum 1.
    """

    skeleton: Skeleton
    edit: MedialEdit
    weights: FloatArray


def build_rig(
    mat: MedialMesh, parts: ArrayLike, sheets: ArrayLike, settings: RigSettings | None = None
) -> Rig:
    """A skeleton: chains of bones along curves, one bone for each sheet.

    The heaviest part is the root. Chains branch where curves do and are cut where they bend.

    Parameters
    ----------
    parts
        (n,), the part of each sphere, see ``segmentation``.
    sheets
        (parts,) bool, whether a part is a sheet.

    Raises
    ------
    UserError
        For a medial mesh without spheres.
    """
    chosen = settings or RigSettings()
    if not len(mat.radii):
        raise UserError("A MAT without spheres has no skeleton", "Add a sphere first")
    pieces = piece_tree(mat, *with_rims(mat, np.asarray(parts, np.int64), np.asarray(sheets, bool)))
    limbs, followers = find_limbs(mat, pieces)
    low, high = mat.bounds
    partner = mirrored_pairs(limbs, low, high)
    _cut(limbs, partner, chosen.bones)
    first = np.cumsum([0, *(_bones(limb) for limb in limbs)])
    names: list[str] = []
    for limb, name in zip(limbs, limb_names(limbs, partner, low, high), strict=True):
        names += bone_names(name, _bones(limb))
    skeleton = _skeleton(limbs, first, names)
    edit, weights = _bind(mat, limbs, followers, first, chosen.joint_spheres)
    return Rig(skeleton, edit, weights)


def _cut(limbs: list[Limb], partner: list[int], count: int) -> None:
    """Cut all chains into bones, mirrored ones at the same places."""
    slack = 1.0
    for _ in range(24):
        for limb in limbs:
            cut_at_bends(limb, slack)
        if not count or sum(map(_bones, limbs)) <= count:
            break
        slack *= 1.5
    cut_to_count(limbs, count)
    for one, other in enumerate(partner):
        if one < other and _bones(limbs[one]) != _bones(limbs[other]):
            _cut_alike(limbs[one], limbs[other])


def _cut_alike(model: Limb, limb: Limb) -> None:
    """Cut a chain at the shares of its length where another one is cut, as far as it can be."""
    wanted = model.lengths[model.cuts] / max(float(model.lengths[-1]), 1e-12)
    at = limb.lengths / max(float(limb.lengths[-1]), 1e-12)
    limb.cuts = sorted({int(np.abs(at - share).argmin()) for share in wanted.tolist()})


def _bones(limb: Limb) -> int:
    return max(len(limb.cuts) - 1, 1)


def _skeleton(limbs: list[Limb], first: NDArray[np.int64], names: list[str]) -> Skeleton:
    heads, tails, parents, connected = [], [], [], []
    for index, limb in enumerate(limbs):
        cuts = limb.cuts if len(limb.cuts) > 1 else [0, 0]
        for number, (begin, end) in enumerate(itertools.pairwise(cuts)):
            head, tail = limb.places[begin], limb.places[end].copy()
            if np.linalg.norm(tail[:3] - head[:3]) < SHORTEST:
                tail[2] += max(float(head[3]), SHORTEST)
            parent = int(first[index]) + number - 1
            if number == 0:
                parent = _bone_at(limbs, first, limb.parent, head[:3])
            heads.append(head)
            tails.append(tail)
            parents.append(parent)
            connected.append(parent >= 0 and bool(np.allclose(tails[parent][:3], head[:3])))
    starts, ends = np.array(heads, np.float32), np.array(tails, np.float32)
    return Skeleton(
        tuple(names),
        starts[:, :3],
        ends[:, :3],
        starts[:, 3],
        ends[:, 3],
        np.array(parents, np.int32),
        np.array(connected, bool),
    )


def _bone_at(
    limbs: list[Limb], first: NDArray[np.int64], limb: int, place: NDArray[np.float64]
) -> int:
    """The bone of a limb that is nearest to a place; -1 for no limb."""
    if limb < 0:
        return -1
    found = limbs[limb]
    nearest = int(np.linalg.norm(found.places[:, :3] - place, axis=1).argmin())
    span = int(np.searchsorted(found.cuts, nearest)) - 1
    return int(first[limb]) + min(max(span, 0), _bones(found) - 1)


def _bind(
    mat: MedialMesh,
    limbs: list[Limb],
    followers: dict[int, int],
    first: NDArray[np.int64],
    insert: bool,
) -> tuple[MedialEdit, FloatArray]:
    """The weights of all spheres, with spheres inserted where the weights bend on long edges."""
    draft = Draft(mat)
    total = int(first[-1])
    weights: dict[int, NDArray[np.float64]] = {}

    def of(sphere: int) -> NDArray[np.float64]:
        """The weights of a sphere, or of the one that it moves with."""
        while sphere in followers:
            sphere = followers[sphere]
        return weights[sphere]

    for index, limb in enumerate(limbs):
        own = slice(int(first[index]), int(first[index]) + _bones(limb))
        if limb.sheet or len(limb.cuts) < 2:
            weights.update((int(sphere), _one(total, own.start)) for sphere in limb.spheres)
            continue
        places = list(zip(limb.lengths.tolist(), limb.spheres.tolist(), strict=True))
        if insert:
            places += _insert(draft, limb)
        parent = np.zeros(total)
        if limb.hangs:
            _, hook = places.pop(0)
            parent = of(hook)
        for at, sphere in places:
            shares = chain_weights(limb, at)
            weights[sphere] = shares[0] * parent
            weights[sphere][own] += shares[1:]
    rows = [of(sphere) for sphere in range(len(draft.spheres))]
    return draft.finish(), np.array(rows, np.float32)


def _insert(draft: Draft, limb: Limb) -> list[tuple[float, int]]:
    """Insert spheres at the knots of a chain that lie far from a sphere: places and numbers."""
    made: list[tuple[float, int]] = []
    at = limb.lengths
    close = CLOSE * float(joint_reach(limb).max())
    spans = zip(
        itertools.pairwise(limb.spheres.tolist()), itertools.pairwise(at.tolist()), strict=True
    )
    for (one, other), (begin, end) in spans:
        start, place = one, begin
        for knot in knots(limb).tolist():
            if begin + close < knot < end - close and knot > place + close:
                share = (knot - place) / (end - place)
                start, place = draft.split_edge(start, other, share), knot
                made.append((knot, start))
    return made


def _one(total: int, bone: int) -> NDArray[np.float64]:
    row = np.zeros(total)
    row[bone] = 1.0
    return row
