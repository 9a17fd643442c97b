"""Making MAT objects and their surface objects, by operators, jobs, scripts and batch alike."""

from __future__ import annotations

from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
import numpy as np
from mathutils import Matrix

from immat_core.medial_mesh import MedialMesh

from . import bridge, sphere_display, stages
from .predicting import DIVISIONS

if TYPE_CHECKING:
    from .predicting import PredictResult


def is_mat(obj: bpy.types.Object | None) -> bool:
    """Whether ``obj`` is a MAT of ours."""
    return obj is not None and obj.type == "MESH" and obj.immat.is_mat


def active_mat(context: bpy.types.Context) -> Any:
    """The MAT that the user works on: the active object, or that of an active surface or rig.

    None where there is none, which the polls of our operators and panels rule out.
    """
    obj = context.active_object
    if is_mat(obj):
        return obj
    if obj is not None and obj.type == "ARMATURE":
        return next(
            (child for child in obj.children if is_mat(child) and child.immat.rig == obj), None
        )
    parent = obj.parent if obj is not None else None
    return parent if is_mat(parent) and surface_of(parent) == obj else None


def mat_objects() -> list[bpy.types.Object]:
    """All MATs in this file that can be edited."""
    return [o for o in bpy.data.objects if is_mat(o) and o.library is None]


def add_mat_object(
    context: bpy.types.Context, mat: MedialMesh, name: str = "MAT"
) -> bpy.types.Object:
    """A new MAT object at the origin, shown as spheres, selected and active if none is edited."""
    mesh = bpy.data.meshes.new(name)
    bridge.write_medial_mesh(mesh, mat)
    obj = bpy.data.objects.new(name, mesh)
    context.collection.objects.link(obj)
    obj.immat.is_mat = True
    if len(mat.radii):
        obj.immat.voxel = float(np.linalg.norm(mat.bounds[1] - mat.bounds[0])) / DIVISIONS
    obj.display_type = "WIRE"
    obj.show_in_front = True
    obj.hide_render = True
    sphere_display.show_spheres(obj)
    if context.mode == "OBJECT":
        for other in context.selected_objects:
            other.select_set(False)
        obj.select_set(True)
        context.view_layer.objects.active = obj
    return obj


def add_predicted_mat(context: bpy.types.Context, result: PredictResult) -> bpy.types.Object:
    """A predicted MAT of the size that was asked, on the grid, with all its stages."""
    request, prediction = result.request, result.prediction
    settings, size = request.settings, request.size
    obj = add_mat_object(context, result.mat, Path(request.picture).stem or "MAT")
    stages.store(obj.data, prediction, size)
    properties = obj.immat
    # Item assignment, so that the update callbacks do not write the same topology again.
    properties["edge_threshold"] = settings.edge_threshold
    properties["face_threshold"] = settings.face_threshold
    properties["stage"] = stages.NAMES.index(settings.stage)
    properties.voxel = request.voxel * size
    properties.size = size
    properties.picture = request.picture
    properties.mask = request.mask
    properties.picture_size = prediction.picture_size
    properties.crop_box = prediction.crop_box
    properties.camera = astuple(prediction.camera)
    obj.location.z = -float(result.mat.bounds[0, 2])
    return obj


def surface_of(obj: bpy.types.Object) -> bpy.types.Object | None:
    """The surface object of a MAT; None where it has none, or the user deleted it.

    A copy of a MAT still names the surface of its original: it belongs to its parent.
    """
    surface = obj.immat.surface
    if surface is None or surface.type != "MESH" or not surface.users_collection:
        return None
    return None if is_copied(obj) else surface


def is_copied(obj: bpy.types.Object) -> bool:
    """Whether ``obj`` names a surface that belongs to another MAT."""
    surface = obj.immat.surface
    if surface is None or surface.parent in (obj, None):
        return False
    return is_mat(surface.parent) and surface.parent.immat.surface == surface


def attach_surface(obj: bpy.types.Object, surface: bpy.types.Object) -> None:
    """Undo what Blender does to children when the MAT's transform is applied.

    It keeps them in place by a transform of their own, but the surface is made anew from the
    vertices, which have that transform in them by then. Who wants the surface elsewhere clears
    its parent.
    """
    if surface.parent != obj:
        return
    identity = Matrix.Identity(4)
    if surface.matrix_parent_inverse != identity:
        surface.matrix_parent_inverse = identity
    if surface.matrix_basis != identity:
        surface.matrix_basis = identity


def add_surface_object(obj: bpy.types.Object) -> bpy.types.Object:
    """A new, empty surface object for a MAT, its child without an offset, so that it follows."""
    name = f"{obj.name} Surface"
    surface = bpy.data.objects.new(name, bpy.data.meshes.new(name))
    for collection in obj.users_collection:
        collection.objects.link(surface)
    surface.parent = obj
    # It moves with its MAT; moved alone it would lie beside it.
    surface.lock_location = surface.lock_rotation = surface.lock_scale = (True, True, True)
    obj.immat.surface = surface
    return surface
