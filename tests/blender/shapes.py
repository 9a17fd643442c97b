"""MATs, edits and predictions that several tests share."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import bmesh
import bpy
import numpy as np

VOXEL = 1 / 24


def bent_mat() -> Any:
    """Four spheres: an edge, and a face beside it."""
    from immat_core import MedialMesh

    return MedialMesh(
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [2, 0, 0.5]],
        [0.3, 0.2, 0.15, 0.25],
        [[0, 1]],
        [[1, 2, 3]],
    )


def tube_and_sheet() -> Any:
    """A tube of four spheres over a sheet of two faces."""
    from immat_core import MedialMesh

    return MedialMesh(
        [[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [0.3, 0, 2], [0, 0.2, 3]],
        [0.1, 0.12, 0.14, 0.16, 0.2, 0.25, 0.3],
        [[0, 4], [4, 5], [5, 6]],
        [[0, 1, 2], [0, 2, 3]],
    )


def add_mat(addon: ModuleType, mat: Any = None) -> Any:
    """A MAT object with an up-to-date surface, and nothing pending; its voxel is coarse."""
    obj = addon.objects.add_mat_object(bpy.context, mat or bent_mat())
    obj.immat.voxel = VOXEL
    addon.live.rebuild(obj)
    settle(addon)
    addon.live.counters.requests = addon.live.counters.rebuilds = 0
    return obj


def settle(addon: ModuleType) -> None:
    """What the window's event loop does: update the scene, then let the timer run."""
    bpy.context.view_layer.update()
    addon.live.flush()
    bpy.context.view_layer.update()
    addon.live.flush()


def surface_arrays(obj: Any) -> tuple[np.ndarray, np.ndarray]:
    """Vertices (n, 3) and triangles (f, 3) or quads (f, 4) of a MAT's surface object."""
    mesh = obj.immat.surface.data
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    return vertices, corners.reshape(len(mesh.polygons), -1)


def surface_in_space(obj: Any) -> np.ndarray:
    """(f, 3, 3) or (f, 4, 3), the corners of the faces of a MAT's surface."""
    vertices, faces = surface_arrays(obj)
    return vertices[faces]


def assert_surface_is_current(addon: ModuleType, obj: Any) -> None:
    """The surface is, vertex for vertex, what the core builds from the MAT as it is now."""
    from immat_core.surface import build_surface

    expected = build_surface(
        addon.bridge.read_medial_mesh(obj),
        obj.immat.voxel,
        quads=obj.immat.quads,
        clamp_thin=obj.immat.keep_thin,
    )
    vertices, faces = surface_arrays(obj)
    np.testing.assert_array_equal(faces, expected.faces)
    np.testing.assert_array_equal(vertices, expected.vertices)


def edit(obj: Any, select: list[int]) -> None:
    """Enter Edit Mode with just these vertices selected."""
    bpy.context.view_layer.objects.active = obj
    if obj.mode != "EDIT":
        bpy.ops.object.mode_set(mode="EDIT")
    bpy.ops.mesh.select_mode(type="VERT")
    bpy.ops.mesh.select_all(action="DESELECT")
    bm = bmesh.from_edit_mesh(obj.data)
    bm.verts.ensure_lookup_table()
    for index in select:
        bm.verts[index].select_set(True)
    bm.select_flush_mode()
    bmesh.update_edit_mesh(obj.data)


def prediction(spheres: int = 12) -> Any:
    """A made-up prediction: a zigzag of spheres; its edges and faces grow likelier along it."""
    from immat_core.camera import Camera
    from immat_core.predict import Prediction, Stage
    from immat_core.topology import TopologyCandidates

    line = np.linspace(-0.35, 0.35, spheres, dtype=np.float32)
    zigzag = np.column_stack([line, 0.1 * (np.arange(spheres) % 2), 0.3 * line])
    indices = np.arange(spheres, dtype=np.int32)
    candidates = TopologyCandidates(
        edges=np.stack([indices[:-1], indices[1:]], 1),
        edge_probabilities=np.linspace(0.05, 0.95, spheres - 1, dtype=np.float32),
        faces=np.stack([indices[:-2], indices[1:-1], indices[2:]], 1),
        face_probabilities=np.linspace(0.05, 0.95, spheres - 2, dtype=np.float32),
    )
    stages = tuple(
        Stage(name, np.column_stack([zigzag, np.full(spheres, r)]).astype(np.float32), candidates)
        for name, r in (("initial", 0.08), ("refined", 0.07), ("smoothed", 0.06))
    )
    camera = Camera(0.5, 0.3, 2.0, 2.2, 0.1, -0.05, 0.2)
    return Prediction(stages, camera, (12.0, -7.0, 150.0), (200, 120), "chair", {"topology": 0.1})


def fake_predict(answer: Callable[[], Any] = prediction) -> Callable[..., Any]:
    """Stands in for ``predicting.run_networks``: the job and all around it is what is tested."""

    def run_networks(request: Any, progress: Any, should_cancel: Any) -> Any:
        progress(0.5, "Pretending")
        return answer(), "alpha"

    return run_networks


def predicted_mat(addon: ModuleType, picture: str = "/shape.png", size: float = 1.0) -> Any:
    """The MAT object of the made-up prediction, without a job."""
    from immat_core.predict import PredictSettings

    predicting = addon.predicting
    request = predicting.PredictRequest(
        picture, "", PredictSettings(), predicting.EngineSettings(), size
    )
    made = prediction()
    mat = predicting.blender_mat(made.medial_mesh(PredictSettings()), size)
    result = predicting.PredictResult(request, made, mat, None, "alpha", {})
    return addon.objects.add_predicted_mat(bpy.context, result)
