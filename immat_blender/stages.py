"""What the network said at each stage, kept with the MAT's mesh.

Thresholds and the stage shown can then be moved without predicting again, also after the file was
saved, opened, appended or undone: it is one text property of the mesh.
"""

import base64
import binascii
import io
import zipfile
from typing import TYPE_CHECKING

import bpy
import numpy as np

from . import bridge

if TYPE_CHECKING:
    from immat_core.predict import Prediction, Stage

PROPERTY = "immat_stages"
COUNT = "immat_stage_spheres"
NAMES = ("initial", "refined", "smoothed")
_CANDIDATES = ("edges", "edge_probabilities", "faces", "face_probabilities")


def store(mesh: bpy.types.Mesh, prediction: "Prediction", size: float) -> None:
    """Keep all stages of a prediction with ``mesh``, lengths multiplied by ``size``."""
    arrays = {}
    for stage in prediction.stages:
        arrays[f"{stage.name}.spheres"] = stage.spheres * np.float32(size)
        for field in _CANDIDATES:
            arrays[f"{stage.name}.{field}"] = getattr(stage.candidates, field)
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    mesh[PROPERTY] = base64.b64encode(packed.getvalue()).decode("ascii")
    mesh[COUNT] = len(prediction.stages[0].spheres)


def load(mesh: bpy.types.Mesh, name: str) -> "Stage | None":
    """The stage called ``name`` in the mesh's units; None where ``mesh`` has none that is whole."""
    from immat_core.predict import Stage
    from immat_core.topology import TopologyCandidates

    text = mesh.get(PROPERTY)
    if not isinstance(text, str):
        return None
    try:
        with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as packed:
            candidates = TopologyCandidates(*(packed[f"{name}.{field}"] for field in _CANDIDATES))
            return Stage(name, packed[f"{name}.spheres"], candidates)
    except (KeyError, ValueError, OSError, EOFError, binascii.Error, zipfile.BadZipFile):
        return None


def can_apply(obj: bpy.types.Object) -> bool:
    """Whether thresholds and stage still fit the spheres; cheap enough for a panel."""
    return bridge.has_original_spheres(obj.data, int(obj.data.get(COUNT, -1)))


def apply_thresholds(obj: bpy.types.Object) -> bool:
    """Give the MAT the edges and faces above its thresholds; False where that cannot be done.

    Spheres stay as the user left them. It cannot be done once spheres were added or removed.
    """
    stage = load(obj.data, obj.immat.stage) if can_apply(obj) else None
    if stage is None:
        return False
    edges, faces = stage.select(obj.immat.edge_threshold, obj.immat.face_threshold)
    bridge.write_topology(obj.data, edges, faces)
    return True


def apply_stage(obj: bpy.types.Object) -> bool:
    """Put the spheres of the stage that the object names in place of those it has."""
    stage = load(obj.data, obj.immat.stage) if can_apply(obj) else None
    if stage is None:
        return False
    bridge.write_spheres(obj.data, stage.spheres)
    return apply_thresholds(obj)
