"""Spheres at true size: a Geometry Nodes modifier that instances a ball on every vertex.

The vertices stay what is picked and edited; the balls are looks only. The viewport shows three
rings for a ball, as the wires of hundreds of balls would hide the surface; a render shows balls.
A user may swap the node group for another: it is an ordinary one.
"""

from math import pi

import bpy

from .bridge import RADIUS

GROUP_NAME = "Medial Spheres"
MARK = "immat_spheres"
"""Property of our node groups; its value tells them from one another."""
PLAIN = "PLAIN"
MODIFIER_NAME = "Medial Spheres"
MATERIAL_NAME = "Medial Sphere"
SEGMENTS, RINGS = 16, 8
CIRCLE_VERTICES = 20


def show_spheres(obj: bpy.types.Object) -> bpy.types.Modifier:
    """Give ``obj`` the modifier if it has none; returns it."""
    modifier = sphere_modifier(obj)
    if modifier is None:
        modifier = obj.modifiers.new(MODIFIER_NAME, "NODES")
        modifier.node_group = plain_group()
        modifier.show_in_editmode = True
        modifier.show_on_cage = False
        modifier.show_expanded = False
    return modifier


def sphere_modifier(obj: bpy.types.Object) -> bpy.types.Modifier | None:
    """The modifier of ``obj`` that shows its spheres, under whatever name it has now."""
    for modifier in obj.modifiers:
        group = modifier.node_group if modifier.type == "NODES" else None
        if group is not None and group.get(MARK):
            return modifier
    return None


def plain_group() -> bpy.types.NodeTree:
    """The node group that shows spheres without colours."""
    for group in bpy.data.node_groups:
        # Files of version 0.1.0 have True here.
        if group.get(MARK) in (PLAIN, True) and group.library is None:
            return group
    group = empty_group(GROUP_NAME, PLAIN)
    _build(group)
    return group


def empty_group(name: str, mark: str) -> bpy.types.NodeTree:
    """A new node group of ours for modifiers, geometry in and out."""
    group = bpy.data.node_groups.new(name, "GeometryNodeTree")
    group[MARK] = mark
    group.is_modifier = True
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    return group


def node(group: bpy.types.NodeTree, kind: str, column: int) -> bpy.types.Node:
    """A new node below the others of its column."""
    made = group.nodes.new(kind)
    row = sum(other.location.x == column * 220 for other in group.nodes) - 1
    made.location = (column * 220, -row * 180)
    return made


def ball(group: bpy.types.NodeTree) -> bpy.types.Node:
    """A node that makes a ball of radius 1."""
    made = node(group, "GeometryNodeMeshUVSphere", 0)
    made.inputs["Radius"].default_value = 1.0
    made.inputs["Segments"].default_value = SEGMENTS
    made.inputs["Rings"].default_value = RINGS
    return made


def attribute(group: bpy.types.NodeTree, name: str, kind: str) -> bpy.types.Node:
    """A node that reads an attribute of the points."""
    made = node(group, "GeometryNodeInputNamedAttribute", 3)
    made.data_type = kind
    made.inputs["Name"].default_value = name
    return made


def join_with_points(
    group: bpy.types.NodeTree, source: bpy.types.Node, instances: bpy.types.Node
) -> None:
    """The end of a group: what comes in, and the instances on it."""
    join = node(group, "GeometryNodeJoinGeometry", 6)
    output = node(group, "NodeGroupOutput", 7)
    group.links.new(join.inputs["Geometry"], source.outputs["Geometry"])
    group.links.new(join.inputs["Geometry"], instances.outputs["Instances"])
    group.links.new(output.inputs["Geometry"], join.outputs["Geometry"])


def _build(group: bpy.types.NodeTree) -> None:
    """Input -> balls or rings on points, scaled by the radius; joined with the mesh itself."""
    nodes = {
        key: node(group, kind, x)
        for key, kind, x in (
            ("viewport", "GeometryNodeIsViewport", 0),
            ("rings", "GeometryNodeJoinGeometry", 2),
            ("material", "GeometryNodeSetMaterial", 2),
            ("input", "NodeGroupInput", 3),
            ("shown", "GeometryNodeSwitch", 3),
            ("instances", "GeometryNodeInstanceOnPoints", 4),
        )
    }
    nodes["ball"] = ball(group)
    nodes["radius"] = attribute(group, RADIUS, "FLOAT")
    nodes["material"].inputs["Material"].default_value = _material()
    nodes["shown"].input_type = "GEOMETRY"
    _add_rings(group, nodes["rings"])
    for source, output, target, socket in (
        ("ball", "Mesh", "material", "Geometry"),
        ("viewport", "Is Viewport", "shown", "Switch"),
        ("material", "Geometry", "shown", "False"),
        ("rings", "Geometry", "shown", "True"),
        ("input", "Geometry", "instances", "Points"),
        ("shown", "Output", "instances", "Instance"),
        ("radius", "Attribute", "instances", "Scale"),
    ):
        group.links.new(nodes[target].inputs[socket], nodes[source].outputs[output])
    join_with_points(group, nodes["input"], nodes["instances"])


def _add_rings(group: bpy.types.NodeTree, join: bpy.types.Node) -> None:
    """Three unit circles at right angles."""
    circle = node(group, "GeometryNodeMeshCircle", 0)
    circle.inputs["Vertices"].default_value = CIRCLE_VERTICES
    circle.inputs["Radius"].default_value = 1.0
    for turn in ((0.0, 0.0, 0.0), (pi / 2, 0.0, 0.0), (0.0, pi / 2, 0.0)):
        transform = node(group, "GeometryNodeTransform", 1)
        transform.inputs["Rotation"].default_value = turn
        group.links.new(transform.inputs["Geometry"], circle.outputs["Mesh"])
        group.links.new(join.inputs["Geometry"], transform.outputs["Geometry"])


def _material() -> bpy.types.Material:
    found = bpy.data.materials.get(MATERIAL_NAME)
    if found is not None:
        return found
    material = bpy.data.materials.new(MATERIAL_NAME)
    material.diffuse_color = (0.95, 0.45, 0.12, 1.0)
    material.roughness = 0.6
    return material
