"""Spheres at true size: a Geometry Nodes modifier that instances a ball on every vertex.

The vertices stay what is picked and edited; the balls are looks only. A user may swap the node
group for another: it is an ordinary one.
"""

import bpy

from .bridge import RADIUS

GROUP_NAME = "Medial Spheres"
MODIFIER_NAME = "Medial Spheres"
MATERIAL_NAME = "Medial Sphere"
SEGMENTS, RINGS = 16, 8


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
    """Input -> balls on points, scaled by the radius; joined with the mesh itself."""
    nodes = {
        key: _node(group, kind, x)
        for key, kind, x in (
            ("input", "NodeGroupInput", 0),
            ("radius", "GeometryNodeInputNamedAttribute", 0),
            ("ball", "GeometryNodeMeshUVSphere", 0),
            ("material", "GeometryNodeSetMaterial", 1),
            ("instances", "GeometryNodeInstanceOnPoints", 2),
            ("join", "GeometryNodeJoinGeometry", 3),
            ("output", "NodeGroupOutput", 4),
        )
    }
    nodes["radius"].data_type = "FLOAT"
    nodes["radius"].inputs["Name"].default_value = RADIUS
    nodes["ball"].inputs["Radius"].default_value = 1.0
    nodes["ball"].inputs["Segments"].default_value = SEGMENTS
    nodes["ball"].inputs["Rings"].default_value = RINGS
    nodes["material"].inputs["Material"].default_value = _material()
    for source, output, target, socket in (
        ("ball", "Mesh", "material", "Geometry"),
        ("input", "Geometry", "instances", "Points"),
        ("material", "Geometry", "instances", "Instance"),
        ("radius", "Attribute", "instances", "Scale"),
        ("input", "Geometry", "join", "Geometry"),
        ("instances", "Instances", "join", "Geometry"),
        ("join", "Geometry", "output", "Geometry"),
    ):
        group.links.new(nodes[target].inputs[socket], nodes[source].outputs[output])


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
