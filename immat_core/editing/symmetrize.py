"""One half of a medial mesh replaced by the mirror image of the other."""

from __future__ import annotations

from immat_core.editing.draft import Draft, MedialEdit
from immat_core.medial_mesh import MedialMesh


def symmetrize(
    mat: MedialMesh, axis: int = 0, side: int = 1, snap: float = 0.0, plane: float = 0.0
) -> MedialEdit:
    """Keep the half on one side of a plane, and mirror it: radii too.

    What crosses the plane is cut there by an interpolated sphere, so the kept half keeps its shape.

    Parameters
    ----------
    axis
        0, 1 or 2: the plane is at right angles to it.
    side
        +1 keeps the half with the greater coordinates, -1 the other.
    snap
        Spheres at most this far from the plane are put on it.
    plane
        Where the plane meets the axis.

    Returns
    -------
    The edit; nothing is selected. Spheres on the plane are there once.
    """
    draft = Draft(mat)
    for index, sphere in enumerate(draft.spheres):
        if abs(sphere[axis] - plane) <= snap:
            draft.spheres[index] = sphere.copy()
            draft.spheres[index][axis] = plane
    for one, other in mat.all_edges.tolist():
        start, end = (draft.spheres[index][axis] - plane for index in (one, other))
        if start * end < 0:
            made = draft.split_edge(one, other, start / (start - end))
            draft.spheres[made][axis] = plane
    places = [side * (sphere[axis] - plane) for sphere in draft.spheres]
    draft.remove(index for index, place in enumerate(places) if place < 0)
    _mirror(draft, places, axis, plane)
    return draft.finish()


def _mirror(draft: Draft, places: list[float], axis: int, plane: float) -> None:
    """Add the mirror image of all that lies in front of the plane."""
    image = list(range(len(places)))
    for index, place in enumerate(places):
        if place > 0:
            mirrored = draft.spheres[index].copy()
            mirrored[axis] = 2 * plane - mirrored[axis]
            image[index] = draft.add(mirrored, draft.origins[index])
    for simplex in draft.simplices:
        draft.join(*(image[corner] for corner in simplex))
