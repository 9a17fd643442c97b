# mypy: disable-error-code="valid-type"
"""Spheres snapped to be as large as fits into a mesh."""

from typing import Any

import bpy
import numpy as np
from bpy.props import BoolProperty, StringProperty
from mathutils import Vector
from mathutils.bvhtree import BVHTree
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

from .. import bridge, objects
from .editing import EditsMat

LEAST = 1e-6


class Target:
    """The surface of a mesh object as another object sees it, asked for its nearest point.

    Raises
    ------
    UserError
        When it has no face.
    """

    def __init__(
        self, depsgraph: bpy.types.Depsgraph, target: bpy.types.Object, seen_from: bpy.types.Object
    ) -> None:
        evaluated = target.evaluated_get(depsgraph)
        mesh = evaluated.to_mesh()
        matrix = seen_from.matrix_world.inverted_safe() @ target.matrix_world
        vertices = [matrix @ vertex.co for vertex in mesh.vertices]
        faces = [tuple(polygon.vertices) for polygon in mesh.polygons]
        evaluated.to_mesh_clear()
        if not faces:
            raise UserError(f"{target.name} has no face", "Choose a mesh with a closed surface")
        self.turned = -1.0 if matrix.is_negative else 1.0
        self.tree = BVHTree.FromPolygons(vertices, faces)
        corners = np.array(vertices)
        self.largest = float(np.linalg.norm(corners.max(0) - corners.min(0))) / 2

    def nearest(self, point: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The nearest point of the surface and the outward normal there."""
        place, normal, _, _ = self.tree.find_nearest(Vector(point))
        return np.array(place), self.turned * np.array(normal)


class IMMAT_OT_snap_to_mesh(EditsMat, bpy.types.Operator):
    """Make the selected spheres as large as fits into a mesh, on its medial axis"""

    bl_idname = "immat.snap_to_mesh"
    bl_label = "Snap to Mesh"

    target: StringProperty(
        name="Target",
        description="The mesh object to fit into; empty takes the panel's, or the selected one",
        options={"SKIP_SAVE"},
    )
    radius_only: BoolProperty(
        name="Radius Only", description="Leave the spheres where they are and fit the radius"
    )

    def draw(self, context: bpy.types.Context) -> None:
        """Show the target by name."""
        self.layout.use_property_split = True
        self.layout.prop_search(self, "target", context.blend_data, "objects")
        self.layout.prop(self, "radius_only")

    def change(
        self,
        context: bpy.types.Context,
        obj: bpy.types.Object,
        mat: MedialMesh,
        chosen: NDArray[np.bool_],
    ) -> str:
        """Shrink balls inside the target."""
        from immat_core.editing import maximal_ball

        found = find_target(context, obj, self.target)
        self.target = found.name
        target = Target(context.evaluated_depsgraph_get(), found, obj)
        spheres, outside = mat.spheres, 0
        for index in np.flatnonzero(chosen).tolist():
            center = spheres[index, :3].astype(np.float64)
            if self.radius_only:
                place, normal = target.nearest(center)
                inside = (center - place) @ normal < 0
                outside += not inside
                if inside:
                    spheres[index, 3] = max(float(np.linalg.norm(center - place)), LEAST)
                continue
            center, radius = maximal_ball(center, target.nearest, target.largest)
            spheres[index] = (*center, max(radius, LEAST))
        bridge.write_spheres(obj.data, spheres)
        return f"{outside} spheres lie outside and stayed" if outside else ""


def find_target(
    context: bpy.types.Context, obj: bpy.types.Object, name: str = ""
) -> bpy.types.Object:
    """The mesh to fit into: by name, from the panel, or the only other selected mesh.

    Raises
    ------
    UserError
        Where there is none, or the name is that of no other mesh.
    """
    if name:
        found = context.blend_data.objects.get(name)
        if found is None or found.type != "MESH" or found == obj:
            raise UserError(f"{name} is no other mesh object", "Choose a mesh as the target")
        return found
    if obj.immat.target is not None and obj.immat.target != obj:
        return obj.immat.target
    own = (obj, objects.surface_of(obj))
    others = [o for o in context.selected_objects if o.type == "MESH" and o not in own]
    if len(others) != 1:
        raise UserError("There is no mesh to fit into", "Choose one as Target in the Tools panel")
    return others[0]


CLASSES = (IMMAT_OT_snap_to_mesh,)
