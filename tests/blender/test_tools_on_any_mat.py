"""Every tool, the rig and the conversions on MATs of all origins."""

from __future__ import annotations

import sys
from pathlib import Path

import bmesh
import bpy
import numpy as np
import pytest
from shapes import VOXEL, assert_surface_is_current, edit, predicted_mat, settle

sys.path.append(str(Path(__file__).parents[1] / "core"))


def drawn_by_hand(addon, _folder):
    """As a user draws one: added as a mesh, extruded, with a quad and without radii."""
    from immat_core import MedialMesh

    obj = addon.objects.add_mat_object(bpy.context, MedialMesh([[0, 0, 0]], [0.2]), "drawn")
    bm = bmesh.new()
    bmesh.ops.create_grid(bm, x_segments=2, y_segments=2, size=0.5)
    corner = bm.verts[:][0]
    for _ in range(3):
        corner = bmesh.ops.extrude_vert_indiv(bm, verts=[corner])["verts"][0]
        corner.co.z -= 0.4
    bm.to_mesh(obj.data)
    bm.free()
    return obj


def imported(addon, folder):
    from rigged_shapes import chair

    from immat_core.ma_file import write_ma

    write_ma(folder / "chair.ma", chair()[0])
    bpy.ops.immat.import_mat(filepath=str(folder / "chair.ma"))
    return bpy.context.active_object


def fitted(addon, _folder):
    from immat_core.fit import fit_medial_mesh

    mesh = bpy.data.meshes.new("bar")
    bm = bmesh.new()
    bmesh.ops.create_cube(bm, size=1)
    bmesh.ops.scale(bm, vec=(0.3, 0.3, 2), verts=bm.verts)
    bmesh.ops.triangulate(bm, faces=bm.faces)
    bm.to_mesh(mesh)
    bm.free()
    vertices = np.array([v.co for v in mesh.vertices], np.float64)
    faces = np.array([p.vertices for p in mesh.polygons], np.int64)
    mat = fit_medial_mesh(vertices, faces, spheres=40).mat
    return addon.objects.add_mat_object(bpy.context, mat, "fitted")


def predicted(addon, _folder):
    return predicted_mat(addon)


ORIGINS = {f.__name__: f for f in (predicted, imported, drawn_by_hand, fitted)}


@pytest.fixture(params=ORIGINS)
def obj(addon, request, tmp_path):
    """A MAT of each origin, with a surface."""
    made = ORIGINS[request.param](addon, tmp_path)
    made.immat.voxel = max(VOXEL / 2, made.immat.voxel)
    addon.live.rebuild(made)
    settle(addon)
    return made


def check(addon, obj):
    """The MAT is sound and its surface up to date."""
    settle(addon)
    mat = addon.bridge.read_medial_mesh(obj)
    assert len(mat.radii)
    assert (mat.radii > 0).all()
    assert_surface_is_current(addon, obj)
    return mat


def test_tools(addon, obj):
    bpy.context.view_layer.objects.active = obj
    half = list(range(0, addon.bridge.sphere_count(obj.data), 2))
    for name, settings in (
        ("smooth", {"repeat": 2}),
        ("connect_nearest", {"mode": "NEAREST"}),
        ("insert_spheres", {"place": "EDGES"}),
        ("dissolve_spheres", {}),
        ("radius", {"factor": 1.1}),
        ("symmetrize", {"plane": "MIDDLE"}),
    ):
        count = addon.bridge.sphere_count(obj.data)
        # Both ends of edges, so that every tool finds what it needs.
        edit(obj, [0, 1, *half] if name != "insert_spheres" else list(range(count)))
        if name == "dissolve_spheres":
            edit(obj, list(range(count - 3, count)))
        assert getattr(bpy.ops.immat, name)(**settings) == {"FINISHED"}, name
        check(addon, obj)
    bpy.ops.object.mode_set(mode="OBJECT")
    assert obj.data.validate() is False


def test_colors_and_fitting_into_its_own_surface(addon, obj):
    copy = obj.immat.surface.copy()
    copy.data, copy.parent = obj.immat.surface.data.copy(), None
    bpy.context.collection.objects.link(copy)
    copy.matrix_world = obj.matrix_world
    before = check(addon, obj)
    assert bpy.ops.immat.snap_to_mesh(target=copy.name, radius_only=True) == {"FINISHED"}
    after = check(addon, obj)
    # Inside its own surface no sphere has more to gain or lose than the surface is coarse.
    assert (after.radii > before.radii - obj.immat.voxel).all()
    for mode in ("RADIUS", "PART", "NONE"):
        obj.immat.sphere_colors = mode
        check(addon, obj)


def test_rig_and_conversions(addon, obj):
    before = len(check(addon, obj).radii)
    assert bpy.ops.immat.add_rig() == {"FINISHED"}
    check(addon, obj)
    surface = obj.immat.surface
    assert all(len(vertex.groups) for vertex in surface.data.vertices)
    assert bpy.ops.immat.remove_rig.poll()
    bpy.ops.immat.remove_rig()
    assert addon.bridge.sphere_count(obj.data) >= before
    for kind, type_ in (("SKIN", "MESH"), ("ARMATURE", "ARMATURE")):
        bpy.context.view_layer.objects.active = obj
        assert bpy.ops.immat.convert_from_mat(kind=kind) == {"FINISHED"}
        assert bpy.context.active_object.type == type_
        assert bpy.ops.immat.convert_to_mat() == {"FINISHED"}
        assert len(addon.bridge.read_medial_mesh(bpy.context.active_object).radii)
