"""Spheres at true size: a Geometry Nodes modifier that instances a ball on every vertex.

The vertices stay what is picked and edited; the balls are looks only. The viewport shows three
rings for a ball, as the wires of hundreds of balls would hide the surface; a render shows balls.
A user may swap the node group for another: it is an ordinary one.
"""

from math import pi

import bpy

from .bridge import RADIUS

GROUP_NAME = "Medial Spheres"
MODIFIER_NAME = "Medial Spheres"
MATERIAL_NAME = "Medial Sphere"
SEGMENTS, RINGS = 16, 8
CIRCLE_VERTICES = 20


def show_spheres(obj: bpy.types.Object) -> bpy.types.Modifier:
    """Give ``obj`` the modifier if it has none; returns it."""
    modifier = sphere_modifier(obj)
    if modifier is None:
        modifier = obj.modifiers.new(MODIFIER_NAME, "NODES")
        modifier.node_group = _node_group()
        modifier.show_in_editmode = True
        modifier.show_on_cage = False
        modifier.show_expanded = False
    return modifier


def sphere_modifier(obj: bpy.types.Object) -> bpy.types.Modifier | None:
    """The modifier of ``obj`` that shows its spheres, under whatever name it has now."""
    for modifier in obj.modifiers:
        group = modifier.node_group if modifier.type == "NODES" else None
        if group is not None and group.get("immat_spheres"):
            return modifier
    return None


def _node_group() -> bpy.types.NodeTree:
    for group in bpy.data.node_groups:
        if group.get("immat_spheres") and group.library is None:
            return group
    group = bpy.data.node_groups.new(GROUP_NAME, "GeometryNodeTree")
    group["immat_spheres"] = True
    group.is_modifier = True
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    _build(group)
    return group


def _build(group: bpy.types.NodeTree) -> None:
    """Input -> balls or rings on points, scaled by the radius; joined with the mesh itself."""
    nodes = {
        key: _node(group, kind, x)
        for key, kind, x in (
            ("ball", "GeometryNodeMeshUVSphere", 0),
            ("viewport", "GeometryNodeIsViewport", 0),
            ("rings", "GeometryNodeJoinGeometry", 2),
            ("material", "GeometryNodeSetMaterial", 2),
            ("input", "NodeGroupInput", 3),
            ("radius", "GeometryNodeInputNamedAttribute", 3),
            ("shown", "GeometryNodeSwitch", 3),
            ("instances", "GeometryNodeInstanceOnPoints", 4),
            ("join", "GeometryNodeJoinGeometry", 5),
            ("output", "NodeGroupOutput", 6),
        )
    }
    nodes["radius"].data_type = "FLOAT"
    nodes["radius"].inputs["Name"].default_value = RADIUS
    nodes["ball"].inputs["Radius"].default_value = 1.0
    nodes["ball"].inputs["Segments"].default_value = SEGMENTS
    nodes["ball"].inputs["Rings"].default_value = RINGS
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
        ("input", "Geometry", "join", "Geometry"),
        ("instances", "Instances", "join", "Geometry"),
        ("join", "Geometry", "output", "Geometry"),
    ):
        group.links.new(nodes[target].inputs[socket], nodes[source].outputs[output])


def _add_rings(group: bpy.types.NodeTree, join: bpy.types.Node) -> None:
    """Three unit circles at right angles."""
    circle = _node(group, "GeometryNodeMeshCircle", 0)
    circle.inputs["Vertices"].default_value = CIRCLE_VERTICES
    circle.inputs["Radius"].default_value = 1.0
    for turn in ((0.0, 0.0, 0.0), (pi / 2, 0.0, 0.0), (0.0, pi / 2, 0.0)):
        transform = _node(group, "GeometryNodeTransform", 1)
        transform.inputs["Rotation"].default_value = turn
        group.links.new(transform.inputs["Geometry"], circle.outputs["Mesh"])
        group.links.new(join.inputs["Geometry"], transform.outputs["Geometry"])


def _node(group: bpy.types.NodeTree, kind: str, column: int) -> bpy.types.Node:
    node = group.nodes.new(kind)
    row = sum(other.location.x == column * 220 for other in group.nodes) - 1
    node.location = (column * 220, -row * 180)
    return node


def _material() -> bpy.types.Material:
    found = bpy.data.materials.get(MATERIAL_NAME)
    if found is not None:
        return found
    material = bpy.data.materials.new(MATERIAL_NAME)
    material.diffuse_color = (0.95, 0.45, 0.12, 1.0)
    material.roughness = 0.6
    return material
