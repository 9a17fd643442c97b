"""A surface reaches its mesh whole, and what the user gave the surface object stays."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from shapes import add_mat, assert_surface_is_current, bent_mat, settle, surface_arrays

TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [0, 3, 2]], np.int32)
CORNERS = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32)


@pytest.fixture(params=[4, 3])
def surface(request):
    """Vertices and faces of a closed mesh of quads, and of triangles."""
    from immat_core.surface import build_surface

    made = build_surface(bent_mat(), 1 / 12)
    return made.vertices, made.faces if request.param == 4 else made.triangles


def arrays(mesh):
    vertices = np.empty((len(mesh.vertices), 3), np.float32)
    mesh.vertices.foreach_get("co", vertices.ravel())
    corners = np.empty(len(mesh.loops), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    return vertices, corners.reshape(len(mesh.polygons), -1)


def assert_written(addon, mesh, vertices, faces):
    for found in (arrays(mesh), addon.surface_mesh.read_surface(mesh)):
        np.testing.assert_array_equal(found[0], vertices)
        np.testing.assert_array_equal(found[1], faces)
    assert not mesh.validate(verbose=True)


def test_the_mesh_is_the_one_that_blender_would_make(addon, surface):
    vertices, faces = surface
    mesh = bpy.data.meshes.new("surface")
    assert addon.surface_mesh.write_surface(mesh, vertices, faces)
    assert_written(addon, mesh, vertices, faces)
    reference = bpy.data.meshes.new("reference")
    reference.from_pydata(vertices, [], faces)
    sides = [np.empty((len(m.edges), 2), np.int32) for m in (mesh, reference)]
    for found, owner in zip(sides, (mesh, reference), strict=True):
        owner.edges.foreach_get("vertices", found.ravel())
        found.sort(axis=1)
    np.testing.assert_array_equal(np.unique(sides[0], axis=0), np.unique(sides[1], axis=0))
    assert len(mesh.edges) == len(reference.edges)
    assert not any(edge.is_loose for edge in mesh.edges)
    assert all(polygon.use_smooth for polygon in mesh.polygons)


def test_triangles_and_quads_replace_each_other(addon):
    from immat_core.surface import build_surface

    mesh = bpy.data.meshes.new("surface")
    made = build_surface(bent_mat(), 1 / 12)
    for faces in (made.faces, made.triangles, made.faces[:-1], TETRAHEDRON):
        vertices = made.vertices if len(faces) > 4 else CORNERS
        assert addon.surface_mesh.write_surface(mesh, vertices, faces)
        assert_written(addon, mesh, vertices, faces)


def test_nothing_leaves_an_empty_mesh(addon):
    mesh = bpy.data.meshes.new("surface")
    addon.surface_mesh.write_surface(mesh, CORNERS, TETRAHEDRON)
    addon.surface_mesh.write_surface(mesh, CORNERS[:0], TETRAHEDRON[:0])
    assert (len(mesh.vertices), len(mesh.edges), len(mesh.polygons)) == (0, 0, 0)
    vertices, faces = addon.surface_mesh.read_surface(mesh)
    assert (vertices.shape, faces.shape) == ((0, 3), (0, 3))


def test_only_places_are_written_where_the_faces_stay(addon, surface):
    vertices, faces = surface
    mesh = bpy.data.meshes.new("surface")
    addon.surface_mesh.write_surface(mesh, vertices, faces)
    mine = mesh.attributes.new("mine", "INT", "POINT")
    mine.data.foreach_set("value", np.arange(len(vertices), dtype=np.int32))
    assert not addon.surface_mesh.write_surface(mesh, 2 * vertices, faces)
    assert_written(addon, mesh, 2 * vertices, faces)
    assert mesh.attributes["mine"].data[7].value == 7
    # The same corners in another order are another topology.
    turned = np.roll(faces, 1, axis=1)
    assert addon.surface_mesh.write_surface(mesh, vertices, turned)
    assert_written(addon, mesh, vertices, turned)
    assert "mine" not in mesh.attributes


def test_a_mesh_that_the_user_cut_open_is_written_anew(addon):
    mesh = bpy.data.meshes.new("surface")
    mesh.from_pydata(CORNERS, [], [[0, 2, 1], [0, 1, 3, 2], [1, 2, 3]])
    assert addon.surface_mesh.write_surface(mesh, CORNERS, TETRAHEDRON)
    assert_written(addon, mesh, CORNERS, TETRAHEDRON)
    mesh.clear_geometry()
    mesh.from_pydata(CORNERS, [], [[0, 2, 1], [0, 1, 3, 2]])
    with pytest.raises(ValueError, match="numbers of corners"):
        addon.surface_mesh.read_surface(mesh)


def change(addon, obj):
    obj.data.vertices[0].co.x -= 0.2
    obj.data.update()
    settle(addon)
    assert_surface_is_current(addon, obj)


def test_what_the_user_gave_the_surface_stays(addon):
    obj = add_mat(addon)
    surface = obj.immat.surface
    mesh = surface.data
    for name in ("Wood", "Steel"):
        mesh.materials.append(bpy.data.materials.new(name))
    surface.modifiers.new("Smooth", "SMOOTH").iterations = 3
    mesh["note"], surface["note"] = "of the mesh", "of the object"
    surface.color, surface.hide_render, surface.display_type = (1, 0, 0, 1), True, "SOLID"
    surface.show_wire = True
    before = len(mesh.polygons)
    change(addon, obj)
    assert len(mesh.polygons) != before
    assert (surface.data, mesh["note"], surface["note"]) == (mesh, "of the mesh", "of the object")
    assert [material.name for material in mesh.materials] == ["Wood", "Steel"]
    assert [(m.name, m.iterations) for m in surface.modifiers] == [("Smooth", 3)]
    assert tuple(surface.color) == (1, 0, 0, 1)
    assert (surface.hide_render, surface.display_type) == (True, "SOLID")
    assert surface.show_wire


@pytest.mark.parametrize("flat", [False, True])
def test_shading_and_the_material_of_all_faces_stay(addon, flat):
    obj = add_mat(addon)
    mesh = obj.immat.surface.data
    for name in ("Wood", "Steel"):
        mesh.materials.append(bpy.data.materials.new(name))
    if flat:
        mesh.shade_flat()
    mesh.polygons.foreach_set("material_index", np.ones(len(mesh.polygons), np.int32))
    change(addon, obj)
    assert {polygon.use_smooth for polygon in mesh.polygons} == {not flat}
    assert {polygon.material_index for polygon in mesh.polygons} == {1}


def test_faces_that_the_user_told_apart_start_anew(addon):
    obj = add_mat(addon)
    mesh = obj.immat.surface.data
    mesh.polygons[3].use_smooth = False
    change(addon, obj)
    assert all(polygon.use_smooth for polygon in mesh.polygons)
    assert surface_arrays(obj)[1].shape[1] in {3, 4}
