"""What other tools model with, made from MATs: a skin, a curve, an armature.

Each maker adds an object in Object Mode; it stands where the MAT stands.
"""

import bpy
import numpy as np

from immat_core.editing import chains, curve_edges
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

from . import rigging


def add_skin(context: bpy.types.Context, name: str, mat: MedialMesh) -> bpy.types.Object:
    """A mesh of all edges with a Skin and a Subdivision Surface modifier and the MAT's radii."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(mat.centers.tolist(), mat.all_edges.tolist(), [])
    obj = bpy.data.objects.new(name, mesh)
    context.collection.objects.link(obj)
    obj.modifiers.new("Skin", "SKIN").use_smooth_shade = True
    smooth = obj.modifiers.new("Subdivision", "SUBSURF")
    smooth.levels = smooth.render_levels = 2
    # Adding the modifier does not make the radii in every version.
    if not mesh.skin_vertices:
        with context.temp_override(object=obj, active_object=obj):
            bpy.ops.mesh.customdata_skin_add()
    layer = mesh.skin_vertices[0].data
    layer.foreach_set("radius", np.repeat(mat.radii, 2).astype(np.float32))
    for root in _roots(mat):
        layer[root].use_root = True
    mesh.update()
    return obj


def add_curve(context: bpy.types.Context, name: str, mat: MedialMesh) -> bpy.types.Object:
    """A curve with one spline for each tube, as thick as its spheres.

    Raises
    ------
    UserError
        When the MAT has no tube: an edge that is no side of a face.
    """
    tubes = chains(curve_edges(mat))
    if not tubes:
        raise UserError("This MAT has no tubes", "Curves hold edges that no face has")
    curve = bpy.data.curves.new(name, "CURVE")
    curve.dimensions = "3D"
    used = np.concatenate(tubes)
    curve.bevel_depth = float(mat.radii[used].mean())
    curve.bevel_resolution = 6
    curve.use_fill_caps = True
    for tube in tubes:
        closed = tube[0] == tube[-1]
        spheres = mat.spheres[tube[:-1] if closed else tube]
        spline = curve.splines.new("POLY")
        spline.points.add(len(spheres) - 1)
        places = np.column_stack([spheres[:, :3], np.ones(len(spheres))])
        spline.points.foreach_set("co", places.astype(np.float32).ravel())
        spline.points.foreach_set("radius", spheres[:, 3] / np.float32(curve.bevel_depth))
        spline.use_cyclic_u = bool(closed)
        spline.use_smooth = True
    obj = bpy.data.objects.new(name, curve)
    context.collection.objects.link(obj)
    return obj


def add_armature(context: bpy.types.Context, name: str, mat: MedialMesh) -> bpy.types.Object:
    """An armature with envelope bones, as a rig has it, that moves nothing."""
    from immat_core.rig import RigSettings, build_rig
    from immat_core.segmentation import segment_spheres

    found = segment_spheres(mat)
    rig = build_rig(mat, found.parts, found.sheets, RigSettings(joint_spheres=False))
    obj = rigging.add_armature(context, name, rig.skeleton)
    obj.data.display_type = "ENVELOPE"
    return obj


def _roots(mat: MedialMesh) -> list[int]:
    """The thickest sphere of each piece."""
    from immat_core.editing.connect import piece_labels

    labels = piece_labels(mat)
    return [
        int(np.flatnonzero(labels == label)[mat.radii[labels == label].argmax()])
        for label in np.unique(labels).tolist()
    ]
