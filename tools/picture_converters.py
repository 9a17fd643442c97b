"""Draw the pictures of the converters in docs/images, by Blender's own skins, curves and metaballs.

``python -m tools.picture_converters`` writes ``tool_convert_in.png`` and ``tool_convert_out.png``;
it needs the ``bpy`` wheel, and no window. Look at the pictures before they are committed.
"""

from __future__ import annotations

import sys

import bpy
import numpy as np
from mathutils import Vector
from PIL import Image

from immat_blender import convert_in, convert_out
from immat_core import kernels
from immat_core.medial_mesh import MedialMesh
from immat_core.surface import SurfaceMesh
from tools.guide_drawing import Panel, View, below, draw, skinned
from tools.guide_shapes import lamp, medial_mesh, quadruped
from tools.picture_guide import write

TURN = {"azimuth": 0.9}


def main() -> int:
    """Draw both."""
    kernels.load()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    write("convert_out", convert_out_picture())
    write("convert_in", convert_in_picture())
    return 0


def convert_out_picture() -> Image.Image:
    """A MAT, and the skin, the curves and the armature that are made of it."""
    mat = quadruped()
    panels = [skinned("MAT", mat)]
    skin = convert_out.add_skin(bpy.context, "Skin", mat)
    curve = convert_out.add_curve(bpy.context, "Curve", mat)
    armature = convert_out.add_armature(bpy.context, "Armature", mat)
    panels += [
        Panel("Skin modifier", surface=shown(skin)),
        Panel("curves", surface=shown(curve)),
        Panel("armature", bones(armature)),
    ]
    return draw(View.of([mat], 190, 190, **TURN), panels)


def convert_in_picture() -> Image.Image:
    """Each kind beside its MAT."""
    skin = convert_out.add_skin(bpy.context, "Skin", lamp())
    armature = convert_out.add_armature(bpy.context, "Armature", quadruped())
    rows = []
    for one, two in (
        (("Skin modifier", skin), ("curve", twisted_curve())),
        (("metaballs", metaballs()), ("armature", armature)),
    ):
        pictures = [pair(*one), pair(*two)]
        row = Image.new("RGB", (sum(p.width for p in pictures), pictures[0].height), "white")
        row.paste(pictures[0], (0, 0))
        row.paste(pictures[1], (pictures[0].width, 0))
        rows.append(row)
    return below(rows)


def pair(kind: str, obj: bpy.types.Object) -> Image.Image:
    """What an object shows, and the MAT that its radii make."""
    bpy.context.view_layer.update()
    mat, _ = convert_in.read(bpy.context, obj, convert_in.ConvertSettings())
    drawn = bones(obj) if obj.type == "ARMATURE" else None
    before = Panel(kind, drawn, surface=None if drawn else shown(obj))
    return draw(View.of([mat], 190, 190, **TURN), [before, skinned("its MAT", mat)])


def twisted_curve() -> bpy.types.Object:
    """A spiral that grows thinner."""
    data = bpy.data.curves.new("Curve", "CURVE")
    data.dimensions, data.bevel_depth, data.use_fill_caps = "3D", 0.2, True
    spline = data.splines.new("POLY")
    spline.points.add(23)
    for index, point in enumerate(spline.points):
        turn = index / 23
        angle = 9 * turn
        point.co = (0.6 * np.cos(angle), 0.6 * np.sin(angle), 1.6 * turn, 1)
        point.radius = 1.0 - 0.7 * turn
    obj = bpy.data.objects.new("Curve", data)
    bpy.context.collection.objects.link(obj)
    return obj


def metaballs() -> bpy.types.Object:
    """Three balls and a capsule that blend."""
    data = bpy.data.metaballs.new("Metaballs")
    data.resolution = 0.06
    places = ((0, 0, 0, 1.0), (0.8, 0, 0.3, 0.8), (-0.7, 0.2, 0.4, 0.7))
    for x, y, z, radius in places:
        ball = data.elements.new(type="BALL")
        ball.co, ball.radius = (x, y, z), radius
    capsule = data.elements.new(type="CAPSULE")
    capsule.co, capsule.radius, capsule.size_x = (0, 0, 0.8), 0.5, 0.8
    obj = bpy.data.objects.new("Metaballs", data)
    bpy.context.collection.objects.link(obj)
    return obj


def shown(obj: bpy.types.Object) -> SurfaceMesh:
    """The triangles that Blender shows of an object."""
    bpy.context.view_layer.update()
    evaluated = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = evaluated.to_mesh()
    mesh.calc_loop_triangles()
    vertices = np.array([vertex.co for vertex in mesh.vertices], np.float32)
    faces = np.array([triangle.vertices for triangle in mesh.loop_triangles], np.int32)
    evaluated.to_mesh_clear()
    return SurfaceMesh(vertices, faces)


def bones(armature: bpy.types.Object) -> MedialMesh:
    """Bones as pairs of spheres: their envelopes."""
    ends: list[Vector] = []
    radii: list[float] = []
    for bone in armature.data.bones:
        ends += [bone.head_local, bone.tail_local]
        radii += [bone.head_radius, bone.tail_radius]
    links = np.arange(len(ends)).reshape(-1, 2)
    return medial_mesh(np.array(ends), radii, links)


if __name__ == "__main__":
    sys.exit(main())
