"""What is read off the spheres and shown of them: the radius field, colours."""

from __future__ import annotations

import bpy
import numpy as np
import pytest
from shapes import add_mat, bent_mat, edit, tube_and_sheet


def sample(addon):
    """The tube and sheet in Edit Mode, two spheres of the tube selected."""
    obj = add_mat(addon, tube_and_sheet())
    edit(obj, [4, 5])
    return obj


def read(addon, obj):
    return addon.bridge.read_medial_mesh(obj)


# --- the radius as a number ---


def test_the_field_reads_and_writes_the_selection(addon):
    obj = sample(addon)
    assert obj.data.immat.radius == pytest.approx(0.225)
    obj.data.immat.radius = 0.45
    radii = read(addon, obj).radii
    np.testing.assert_allclose(radii[4:6], [0.4, 0.5], atol=1e-6)
    np.testing.assert_allclose(radii[[0, 6]], [0.1, 0.3], atol=1e-6)
    bpy.ops.object.mode_set(mode="OBJECT")
    obj.data.immat.radius *= 2
    np.testing.assert_allclose(read(addon, obj).radii, radii * 2, atol=1e-6)


def test_the_field_is_0_without_a_selection(addon):
    obj = sample(addon)
    edit(obj, [])
    assert obj.data.immat.radius == 0
    before = read(addon, obj)
    obj.data.immat.radius = 1
    np.testing.assert_array_equal(before.spheres, read(addon, obj).spheres)


# --- colours ---


def shown_materials(obj):
    """The material of each ball that is shown, in the order of the vertices."""
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    return [
        instance.object.data.materials[-1].name
        for instance in graph.object_instances
        if instance.is_instance and instance.parent.original == obj
    ]


def test_spheres_are_colored_by_radius(addon):
    obj = sample(addon)
    bpy.ops.object.mode_set(mode="OBJECT")
    obj.immat.sphere_colors = "RADIUS"
    assert obj.display_type == "TEXTURED"
    names = shown_materials(obj)
    assert len(names) == 7
    assert names == sorted(names)
    assert (names[0], names[-1]) == ("Medial Radius 01", "Medial Radius 11")
    obj.immat.sphere_colors = "NONE"
    assert obj.display_type == "WIRE"
    assert addon.sphere_display.sphere_modifier(obj).node_group.name == "Medial Spheres"


def test_spheres_are_colored_by_part(addon):
    obj = sample(addon)
    bpy.ops.object.mode_set(mode="OBJECT")
    parts = obj.data.attributes.new("part", "INT", "POINT")
    colors = len(addon.sphere_colors.PARTS)
    # After the last color the first comes again.
    parts.data.foreach_set("value", [0, 0, 0, 0, 1, 2, colors + 1])
    obj.immat.sphere_colors = "PART"
    assert [int(name[-2:]) for name in shown_materials(obj)] == [1, 1, 1, 1, 2, 3, 2]


def test_colors_are_one_modifier_and_shared_groups(addon):
    one, other = sample(addon), None
    bpy.ops.object.mode_set(mode="OBJECT")
    other = add_mat(addon, bent_mat())
    for obj in (one, other):
        obj.immat.sphere_colors = "RADIUS"
        assert len(obj.modifiers) == 1
    assert one.modifiers[0].node_group == other.modifiers[0].node_group
