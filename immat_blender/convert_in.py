"""MATs from what artists model with already: skins, curves, metaballs, armatures.

Each reader gives a MAT in the space of the object that it reads.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import bpy
import numpy as np
from mathutils import Matrix, Vector
from numpy.typing import NDArray

from immat_core.conversions import bones, box, ellipsoid, joined, linked, simplify_chains
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

RADIUS = "immat_tube_radius"
SMALLEST = 1e-6


@dataclass(frozen=True)
class ConvertSettings:
    """What to make of what an object does not say.

    Attributes
    ----------
    tolerance
        How much of its radius a dropped sphere of a tube may be off; 0 drops none.
    thickness
        Radius of a curve that has no bevel, where its own radius is 1.
    """

    tolerance: float = 0.05
    thickness: float = 0.1


def can_read(obj: bpy.types.Object | None) -> bool:
    """Whether an object is of a kind that :func:`read` knows."""
    if obj is None:
        return False
    return obj.type in {"CURVE", "CURVES", "META", "ARMATURE"} or _skin_of(obj) is not None


def read(
    context: bpy.types.Context, obj: bpy.types.Object, settings: ConvertSettings
) -> tuple[MedialMesh, str]:
    """The MAT of an object, and what was left out of it, in words.

    Raises
    ------
    UserError
        For an object of another kind, or with nothing in it.
    """
    left_out = ""
    if obj.type == "CURVE":
        mat = simplify_chains(_read_curve(context, obj, settings.thickness), settings.tolerance)
    elif obj.type == "CURVES":
        mat = simplify_chains(_read_hair(obj, settings.thickness), settings.tolerance)
    elif obj.type == "META":
        mat, left_out = _read_metaballs(obj)
    elif obj.type == "ARMATURE":
        mat = _read_armature(obj)
    elif _skin_of(obj) is not None:
        mat = _read_skin(obj)
    else:
        raise UserError(
            f"{obj.name} is not of a kind that can be converted",
            "Choose a curve, metaballs, an armature or a mesh with a Skin modifier",
        )
    if not len(mat.radii):
        raise UserError(f"Nothing in {obj.name} can be converted", left_out)
    return mat, left_out


# --- Skin modifier -------------------------------------------------------------------------------


def _skin_of(obj: bpy.types.Object) -> bpy.types.Modifier | None:
    return next((m for m in obj.modifiers if m.type == "SKIN"), None)


def _read_skin(obj: bpy.types.Object) -> MedialMesh:
    """Vertices with their skin radii; the modifier makes tubes of all edges and sees no face."""
    mesh = obj.data
    count = len(mesh.vertices)
    centers, radii = np.empty((count, 3), np.float32), np.empty((count, 2), np.float32)
    edges = np.empty((len(mesh.edges), 2), np.int32)
    mesh.vertices.foreach_get("co", centers.ravel())
    mesh.skin_vertices[0].data.foreach_get("radius", radii.ravel())
    mesh.edges.foreach_get("vertices", edges.ravel())
    mean = np.sqrt(np.maximum(radii[:, 0] * radii[:, 1], SMALLEST**2))
    return MedialMesh(centers, mean, edges)


# --- curves --------------------------------------------------------------------------------------


def _read_curve(context: bpy.types.Context, obj: bpy.types.Object, thickness: float) -> MedialMesh:
    """The points that Blender draws a curve with, and their radii, of any kind of spline."""
    factor = _bevel(obj, thickness)
    with _bare_copy(context, obj) as bare:
        evaluated = bare.evaluated_get(context.evaluated_depsgraph_get())
        mesh = evaluated.to_mesh()
        count = len(mesh.vertices)
        centers, radii = np.empty((count, 3), np.float32), np.zeros(count, np.float32)
        edges = np.empty((len(mesh.edges), 2), np.int32)
        mesh.vertices.foreach_get("co", centers.ravel())
        mesh.edges.foreach_get("vertices", edges.ravel())
        attribute = mesh.attributes.get(RADIUS)
        if attribute is not None:
            attribute.data.foreach_get("value", radii)
        evaluated.to_mesh_clear()
    return joined([MedialMesh(centers, np.maximum(radii * factor, SMALLEST), edges)])


def _read_hair(obj: bpy.types.Object, thickness: float) -> MedialMesh:
    """The points of hair curves, whose radii are true ones."""
    curves = obj.data
    count = len(curves.points)
    centers, radii = np.empty((count, 3), np.float32), np.full(count, thickness, np.float32)
    curves.attributes["position"].data.foreach_get("vector", centers.ravel())
    if "radius" in curves.attributes:
        curves.attributes["radius"].data.foreach_get("value", radii)
    edges = [
        (point, point + 1)
        for curve in curves.curves
        for point in range(
            curve.first_point_index, curve.first_point_index + curve.points_length - 1
        )
    ]
    rows = np.array(edges, np.int32).reshape(-1, 2)
    return joined([MedialMesh(centers, np.maximum(radii, SMALLEST), rows)])


def _bevel(obj: bpy.types.Object, thickness: float) -> float:
    """What a curve's own radii are multiplied by."""
    curve = obj.data
    if curve.bevel_mode == "OBJECT" and curve.bevel_object is not None:
        return float(max(curve.bevel_object.dimensions[:2])) / 2
    return float(curve.bevel_depth) or thickness


@contextmanager
def _bare_copy(context: bpy.types.Context, obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """A copy of a curve object without bevel, that evaluates to lines with their radii."""
    data = obj.data.copy()
    data.bevel_depth = data.extrude = data.offset = 0.0
    data.bevel_mode, data.bevel_object, data.taper_object = "ROUND", None, None
    data.dimensions, data.fill_mode = "3D", "FULL"
    copy = bpy.data.objects.new("immat curve", data)
    group = _lines_group()
    context.scene.collection.objects.link(copy)
    copy.modifiers.new("Lines", "NODES").node_group = group
    try:
        yield copy
    finally:
        bpy.data.objects.remove(copy)
        bpy.data.curves.remove(data)
        bpy.data.node_groups.remove(group)


def _lines_group() -> bpy.types.NodeTree:
    """Curves -> their points as a mesh of lines, with the radii as an attribute."""
    group = bpy.data.node_groups.new("immat lines", "GeometryNodeTree")
    group.is_modifier = True
    group.interface.new_socket("Geometry", in_out="INPUT", socket_type="NodeSocketGeometry")
    group.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    source, output = group.nodes.new("NodeGroupInput"), group.nodes.new("NodeGroupOutput")
    store = group.nodes.new("GeometryNodeStoreNamedAttribute")
    radius, lines = (
        group.nodes.new("GeometryNodeInputRadius"),
        group.nodes.new("GeometryNodeCurveToMesh"),
    )
    store.data_type, store.domain = "FLOAT", "POINT"
    store.inputs["Name"].default_value = RADIUS
    group.links.new(store.inputs["Geometry"], source.outputs["Geometry"])
    group.links.new(store.inputs["Value"], radius.outputs["Radius"])
    group.links.new(lines.inputs["Curve"], store.outputs["Geometry"])
    group.links.new(output.inputs["Geometry"], lines.outputs["Mesh"])
    return group


# --- metaballs -----------------------------------------------------------------------------------


def _read_metaballs(obj: bpy.types.Object) -> tuple[MedialMesh, str]:
    """One piece for each element that adds; pieces are joined where they blend."""
    threshold = float(obj.data.threshold)
    elements = [e for e in obj.data.elements if not e.hide]
    adding = [e for e in elements if not e.use_negative and e.stiffness > threshold]
    pieces = [_element(element, threshold) for element in adding]
    left_out = len(elements) - len(adding)
    note = f"{left_out} elements that take away or are too soft were left out" if left_out else ""
    if not pieces:
        return joined([]), note

    def inside(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        field = np.array([sum(_field(e, Vector(p)) for e in elements) for p in points])
        return field >= threshold

    return linked(joined(pieces), inside), note


def _element(element: bpy.types.MetaElement, threshold: float) -> MedialMesh:
    """The medial mesh of one element alone.

    Its surface is where stiffness * (1 - (d / radius)^2)^3 falls to the threshold.
    """
    share = 1 - (threshold / float(element.stiffness)) ** (1 / 3)
    radius = float(element.radius) * float(np.sqrt(share))
    size = np.array([element.size_x, element.size_y, element.size_z], np.float64)
    if element.type == "ELLIPSOID":
        mat = ellipsoid(np.maximum(radius * size, SMALLEST))
    else:
        used = {"BALL": 0, "CAPSULE": 1, "PLANE": 2, "CUBE": 3}[element.type]
        mat = box(np.where(np.arange(3) < used, size, 0.0), radius)
    matrix = Matrix.Translation(element.co) @ element.rotation.to_matrix().to_4x4()
    turned = mat.centers @ np.array(matrix.to_3x3(), np.float32).T + np.array(matrix.translation)
    return MedialMesh(turned, mat.radii, mat.edges, mat.faces)


def _field(element: bpy.types.MetaElement, point: Vector) -> float:
    """What an element adds at a point."""
    local = element.rotation.inverted() @ (point - element.co)
    size = (element.size_x, element.size_y, element.size_z)
    if element.type == "ELLIPSOID":
        local = Vector([value / max(s, SMALLEST) for value, s in zip(local, size, strict=True)])
    else:
        used = {"BALL": 0, "CAPSULE": 1, "PLANE": 2, "CUBE": 3}[element.type]
        for axis in range(used):
            local[axis] -= max(-size[axis], min(size[axis], local[axis]))
    share: float = max(0.0, 1 - local.length_squared / float(element.radius) ** 2)
    value: float = float(element.stiffness) * float(share) ** 3
    return -value if element.use_negative else value


# --- armatures -----------------------------------------------------------------------------------


def _read_armature(obj: bpy.types.Object) -> MedialMesh:
    """The envelopes of all bones, in their pose."""
    posed = [b for b in obj.pose.bones if b.bone.use_deform] if obj.pose else []
    heads = np.array([b.head for b in posed], np.float32).reshape(-1, 3)
    tails = np.array([b.tail for b in posed], np.float32).reshape(-1, 3)
    # The head of a connected bone is as thick as its parent's tail, whatever it says itself.
    starts = [
        b.parent.bone.tail_radius if b.parent and b.bone.use_connect else b.bone.head_radius
        for b in posed
    ]
    ends = [b.bone.tail_radius for b in posed]
    return bones(
        heads,
        tails,
        np.maximum(np.array(starts, np.float32), SMALLEST),
        np.maximum(np.array(ends, np.float32), SMALLEST),
    )
