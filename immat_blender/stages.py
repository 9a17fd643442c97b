"""What the network said at each stage, kept with the MAT's mesh.

Thresholds and the stage shown can then be moved without predicting again, also after the file was
saved, opened, appended or undone: it is one text property of the mesh.
"""

import base64
import binascii
import io
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy
import numpy as np
from immat_core.medial_mesh import FloatArray, IndexArray

from . import bridge

if TYPE_CHECKING:
    from immat_core.predict import Prediction
    from immat_core.topology import TopologyCandidates

PROPERTY = "immat_stages"
COUNT = "immat_stage_spheres"
NAMES = ("initial", "refined", "smoothed")


@dataclass(frozen=True)
class StoredStage:
    """One stage: ``spheres`` (n, 4) float32 in object units, and the topology candidates."""

    spheres: FloatArray
    candidates: "TopologyCandidates"

    def topology(
        self, centers: FloatArray, edge_threshold: float, face_threshold: float
    ) -> tuple[IndexArray, IndexArray]:
        """Edges (m, 2) and faces (k, 3) above the thresholds; ``centers`` (n, 3) as they are."""
        from immat_core.topology import select

        return select(self.candidates, edge_threshold, face_threshold, centers=centers)


def store(mesh: bpy.types.Mesh, prediction: "Prediction", size: float) -> None:
    """Keep all stages of a prediction with ``mesh``, lengths multiplied by ``size``."""
    arrays = {}
    for stage in prediction.stages:
        arrays[f"{stage.name}.spheres"] = stage.spheres * np.float32(size)
        for field in ("edges", "edge_probabilities", "faces", "face_probabilities"):
            arrays[f"{stage.name}.{field}"] = getattr(stage.candidates, field)
    packed = io.BytesIO()
    np.savez_compressed(packed, allow_pickle=False, **arrays)
    mesh[PROPERTY] = base64.b64encode(packed.getvalue()).decode("ascii")
    mesh[COUNT] = len(prediction.stages[0].spheres)


def load(mesh: bpy.types.Mesh, name: str) -> StoredStage | None:
    """The stage called ``name``, or None where ``mesh`` has none that can be read."""
    from immat_core.topology import TopologyCandidates

    text = mesh.get(PROPERTY)
    if not isinstance(text, str):
        return None
    try:
        with np.load(io.BytesIO(base64.b64decode(text)), allow_pickle=False) as packed:
            candidates = TopologyCandidates(
                edges=packed[f"{name}.edges"],
                edge_probabilities=packed[f"{name}.edge_probabilities"],
                faces=packed[f"{name}.faces"],
                face_probabilities=packed[f"{name}.face_probabilities"],
            )
            return StoredStage(packed[f"{name}.spheres"], candidates)
    except (KeyError, ValueError, OSError, binascii.Error, zipfile.BadZipFile):
        return None


def apply_thresholds(obj: bpy.types.Object) -> bool:
    """Give the MAT the edges and faces above its thresholds; False where that cannot be done.

    Spheres stay as the user left them. It cannot be done once spheres were added or removed.
    """
    stage = load(obj.data, obj.immat.stage)
    if stage is None or not bridge.has_original_spheres(obj.data, len(stage.spheres)):
        return False
    centers = bridge.read_medial_mesh(obj).centers
    edges, faces = stage.topology(centers, obj.immat.edge_threshold, obj.immat.face_threshold)
    bridge.write_topology(obj.data, edges, faces)
    return True


def apply_stage(obj: bpy.types.Object) -> bool:
    """Put the spheres of the stage that the object names in place of those it has."""
    stage = load(obj.data, obj.immat.stage)
    if stage is None or not bridge.has_original_spheres(obj.data, len(stage.spheres)):
        return False
    bridge.write_spheres(obj.data, stage.spheres)
    return apply_thresholds(obj)


def can_apply(obj: bpy.types.Object) -> bool:
    """Whether thresholds and stage still fit; cheap enough for a panel."""
    return bridge.has_original_spheres(obj.data, int(obj.data.get(COUNT, -1)))
