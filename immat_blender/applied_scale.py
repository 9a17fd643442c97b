"""Apply Scale reaches the radii.

Blender's Apply Scale multiplies the vertices and sets the object's scale to 1, but knows nothing of
radii. Seen from here: the spread of the centres grew by exactly what the object's scale lost.
"""

import math

import bpy
import numpy as np

from . import bridge

SEEN = "immat_seen_scale"
"""Property of the mesh: the object's scale and the spread of the centres when last looked at."""
TOLERANCE = 1e-4


def follow(obj: bpy.types.Object) -> bool:
    """Multiply the radii if a uniform scale was applied since the last look; whether it was.

    What was seen lies in the mesh, so undo and redo bring it along.
    """
    if obj.data.is_editmode or not _is_uniform(obj):
        return False
    scale, spread = abs(float(obj.scale[0])), _spread(obj.data)
    # A copy: what Blender hands out is a view of the property that is written next.
    seen = tuple(obj.data.get(SEEN, ()))
    obj.data[SEEN] = (scale, spread)
    if len(seen) != 2 or not (scale and spread and all(seen)):
        return False
    grown, lost = spread / seen[1], seen[0] / scale
    if math.isclose(lost, 1, rel_tol=TOLERANCE) or not math.isclose(grown, lost, rel_tol=TOLERANCE):
        return False
    bridge.write_radii(obj.data, bridge.read_medial_mesh(obj).radii * lost)
    return True


def _is_uniform(obj: bpy.types.Object) -> bool:
    x, y, z = (abs(value) for value in obj.scale)
    return math.isclose(x, y, rel_tol=TOLERANCE) and math.isclose(x, z, rel_tol=TOLERANCE)


def _spread(mesh: bpy.types.Mesh) -> float:
    """Root mean square distance of the vertices to their mean; turning does not change it."""
    centers = np.empty((len(mesh.vertices), 3), np.float32)
    if not len(centers):
        return 0.0
    mesh.vertices.foreach_get("co", centers.ravel())
    return float(np.sqrt(centers.astype(np.float64).var(0).sum()))
