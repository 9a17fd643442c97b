"""A curve that the user draws, for radii along a tube.

Operators cannot hold such a curve, so it lives in a node of a hidden node group, as is usual.
"""

import bpy

GROUP_NAME = ".MAT Profile"
NODE_NAME = "Profile"


def find() -> bpy.types.Node | None:
    """The node with the curve; None where none was drawn yet."""
    group = bpy.data.node_groups.get(GROUP_NAME)
    return group.nodes.get(NODE_NAME) if group is not None else None


def ensure() -> bpy.types.Node:
    """The node with the curve, made straight where there is none."""
    found = find()
    if found is not None:
        return found
    group = bpy.data.node_groups.get(GROUP_NAME)
    if group is None:
        group = bpy.data.node_groups.new(GROUP_NAME, "ShaderNodeTree")
    group.use_fake_user = True
    node = group.nodes.new("ShaderNodeFloatCurve")
    node.name = NODE_NAME
    return node


def value(place: float) -> float:
    """The height of the curve at 0..1."""
    mapping = ensure().mapping
    mapping.update()
    return float(mapping.evaluate(mapping.curves[0], place))
