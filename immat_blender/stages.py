"""What the network said at each stage, kept with the MAT's mesh.

Thresholds and the stage shown can then be moved without predicting again, also after the file was
saved, opened, appended or undone: it is one text property of the mesh.
"""

import base64
import binascii
import io
import zipfile
from collections.abc import Sequence
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np

from . import bridge, mask_fitting, picture_camera

if TYPE_CHECKING:
    from immat_core.predict import Prediction, Stage

PROPERTY = "immat_stages"
COUNT = "immat_stage_spheres"
NAMES = ("initial", "refined", "smoothed")
_CANDIDATES = ("edges", "edge_probabilities", "faces", "face_probabilities")


def store(mesh: bpy.types.Mesh, prediction: "Prediction", size: float) -> None:
    """Keep all stages of a prediction with ``mesh``, lengths multiplied by ``size``."""
    arrays: dict[str, Any] = {
        "camera": np.array(astuple(prediction.camera)),
        "crop_box": np.array(prediction.crop_box),
    }
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

    fields = [f"{name}.{field}" for field in ("spheres", *_CANDIDATES)]
    found = _read(mesh, fields)
    return Stage(name, found[0], TopologyCandidates(*found[1:])) if found else None


def _read(mesh: bpy.types.Mesh, names: Sequence[str]) -> list[Any]:
    """The arrays of those names; none at all where one is missing or cannot be read."""
    text = mesh.get(PROPERTY)
    if not isinstance(text, str):
        return []
    try:
        with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as packed:
            return [packed[name] for name in names]
    except (KeyError, ValueError, OSError, EOFError, binascii.Error, zipfile.BadZipFile):
        return []


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
    """Put the spheres of the stage that the object names in place of those it has.

    Its camera is the predicted one again: a fitted one belongs to the fitted spheres.
    """
    stage = load(obj.data, obj.immat.stage) if can_apply(obj) else None
    if stage is None:
        return False
    bridge.write_spheres(obj.data, stage.spheres)
    seen = _read(obj.data, ("camera", "crop_box"))
    if seen:
        obj.immat.camera, obj.immat.crop_box = (row.tolist() for row in seen)
        obj.data.pop(mask_fitting.OVERLAP, None)
        picture_camera.follow(bpy.context, obj)
    return apply_thresholds(obj)
