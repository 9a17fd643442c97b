"""Spheres coloured by their radius or their part.

A node group of its own for each, in place of the plain one: balls in as many materials as there
are colours, of which each vertex picks one by its attribute. Materials, because they show in every
shading mode of the viewport and in renders.
"""

import bpy

from immat_core.colors import PART_COLORS, THIN_TO_THICK

from . import sphere_display
from .bridge import RADIUS

PART = "part"
"""The integer point attribute that numbers the parts."""
NONE, BY_RADIUS, BY_PART = "NONE", "RADIUS", "PART"
MODES = (
    (NONE, "None", "Show the spheres as plain rings"),
    (BY_RADIUS, "Radius", "Color the spheres from the thinnest, blue, to the thickest, yellow"),
    (BY_PART, "Part", "Color the spheres by the part that they belong to"),
)

PARTS = tuple(map(tuple, PART_COLORS.tolist()))


def apply(obj: bpy.types.Object, mode: str) -> None:
    """Show the spheres of ``obj`` in the colours of a mode, see :data:`MODES`."""
    modifier = sphere_display.show_spheres(obj)
    if mode == NONE:
        modifier.node_group = sphere_display.plain_group()
        obj.display_type = "WIRE"
        return
    modifier.node_group = _group(mode)
    # An object that is drawn as wires has no colours.
    obj.display_type = "TEXTURED"


def _group(mode: str) -> bpy.types.NodeTree:
    for group in bpy.data.node_groups:
        if group.get(sphere_display.MARK) == mode and group.library is None:
            return group
    group = sphere_display.empty_group(f"{sphere_display.GROUP_NAME} by {mode.title()}", mode)
    _build(group, mode)
    return group


def _build(group: bpy.types.NodeTree, mode: str) -> None:
    """Input -> one of the coloured balls on each point, scaled by the radius; joined with it."""
    node, link = sphere_display.node, group.links.new
    colors = THIN_TO_THICK if mode == BY_RADIUS else PARTS
    balls = node(group, "GeometryNodeGeometryToInstance", 3)
    ball = node(group, "GeometryNodeSetShadeSmooth", 1)
    link(ball.inputs["Geometry"], sphere_display.ball(group).outputs["Mesh"])
    # The first link of a socket with many comes last.
    for index in reversed(range(len(colors))):
        painted = node(group, "GeometryNodeSetMaterial", 2)
        painted.inputs["Material"].default_value = _material(mode, index, colors[index])
        link(painted.inputs["Geometry"], ball.outputs["Geometry"])
        link(balls.inputs["Geometry"], painted.outputs["Geometry"])
    source = node(group, "NodeGroupInput", 3)
    radius = sphere_display.attribute(group, RADIUS, "FLOAT")
    instances = node(group, "GeometryNodeInstanceOnPoints", 5)
    instances.inputs["Pick Instance"].default_value = True
    link(instances.inputs["Points"], source.outputs["Geometry"])
    link(instances.inputs["Instance"], balls.outputs["Instances"])
    link(instances.inputs["Scale"], radius.outputs["Attribute"])
    if mode == BY_RADIUS:
        chosen = _rank(group, source, radius, len(colors))
    else:
        chosen = sphere_display.attribute(group, PART, "INT").outputs["Attribute"]
    link(instances.inputs["Instance Index"], chosen)
    sphere_display.join_with_points(group, source, instances)


def _rank(
    group: bpy.types.NodeTree, source: bpy.types.Node, radius: bpy.types.Node, count: int
) -> bpy.types.NodeSocket:
    """The number of the colour of a radius, by its place between the least and the greatest."""
    node, link = sphere_display.node, group.links.new
    statistic = node(group, "GeometryNodeAttributeStatistic", 4)
    spread = node(group, "ShaderNodeMapRange", 4)
    number = node(group, "FunctionNodeFloatToInt", 4)
    number.rounding_mode = "ROUND"
    link(statistic.inputs["Geometry"], source.outputs["Geometry"])
    link(statistic.inputs["Attribute"], radius.outputs["Attribute"])
    link(spread.inputs["Value"], radius.outputs["Attribute"])
    link(spread.inputs["From Min"], statistic.outputs["Min"])
    link(spread.inputs["From Max"], statistic.outputs["Max"])
    spread.inputs["To Max"].default_value = count - 1.0
    link(number.inputs["Float"], spread.outputs["Result"])
    return number.outputs["Integer"]


def part_material(number: int) -> bpy.types.Material:
    """The material of the part of this number, on spheres and surfaces alike."""
    index = number % len(PARTS)
    return _material(BY_PART, index, PARTS[index])


def heat_materials() -> list[bpy.types.Material]:
    """The materials of the radii from the thinnest to the thickest, on surfaces too."""
    return [_material(BY_RADIUS, i, color) for i, color in enumerate(THIN_TO_THICK)]


def is_ours(material: bpy.types.Material) -> bool:
    """Whether a material is that of a part or of a radius."""
    return bool(material.name.startswith(("Medial Part ", "Medial Radius ")))


def _material(mode: str, index: int, color: tuple[float, float, float]) -> bpy.types.Material:
    name = f"Medial {mode.title()} {index + 1:02}"
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*color, 1.0)
    material.roughness = 0.6
    return material
