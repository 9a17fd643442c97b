# mypy: disable-error-code="valid-type"
"""Thickness: measuring it, selecting what is thin, making it thick enough."""

from typing import ClassVar

import bmesh
import bpy
import numpy as np
from bpy.props import BoolProperty, FloatProperty
from numpy.typing import NDArray

from immat_core.errors import UserError

from .. import bridge, live, objects, parts, surface_paint, thickness
from .surface import NeedsMat


class HasLimit(NeedsMat):
    """An operator with a least thickness, that of the panel unless another is given."""

    limit: FloatProperty(
        name="Limit",
        description="Set the least thickness, in the units of the scene",
        default=0.02,
        min=1e-6,
        soft_max=1.0,
        precision=4,
        step=0.1,
        subtype="DISTANCE",
        options={"SKIP_SAVE"},
    )

    def take_limit(self, obj: bpy.types.Object) -> float:
        """The limit in the object's own unit."""
        if not self.properties.is_property_set("limit"):  # type: ignore[attr-defined]
            self.limit = obj.immat.thickness_limit
        return float(self.limit) / thickness.scene_factor(obj)


class IMMAT_OT_measure_thickness(NeedsMat, bpy.types.Operator):
    """Measure the thickness of the surface and show it as a heat map"""

    bl_idname = "immat.measure_thickness"
    bl_label = "Measure"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """The surface is not being edited, as it is written to."""
        if not super().poll(context):
            return False
        if context.edit_object not in (None, objects.active_mat(context)):
            cls.poll_message_set("The surface is being edited, not the MAT")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Measure every vertex of the surface."""
        obj = objects.active_mat(context)
        try:
            surface = live.rebuild(obj)
            if obj.immat.surface_colors != surface_paint.BY_THICKNESS:
                obj.immat.surface_colors = surface_paint.BY_THICKNESS
            surface_paint.follow(obj, surface)
            values = surface_paint.measure_now(obj, surface)
        except (UserError, ValueError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        known = values[np.isfinite(values)]
        if not len(known):
            self.report({"WARNING"}, "The surface has no thickness")
            return {"FINISHED"}
        factor = thickness.scene_factor(obj)
        low, high = (thickness.spoken(context, factor * v) for v in (known.min(), known.max()))
        self.report({"INFO"}, f"From {low} to {high}")
        return {"FINISHED"}


class IMMAT_OT_select_thinner(HasLimit, bpy.types.Operator):
    """Select the spheres that are thinner than a limit, or the surface where it is edited"""

    bl_idname = "immat.select_thinner"
    bl_label = "Thinner Than"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    extend: BoolProperty(
        name="Extend", description="Keep what is selected already", options={"SKIP_SAVE"}
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Go to Edit Mode where needed and select."""
        mat = objects.active_mat(context)
        if context.mode != "EDIT_MESH":
            context.view_layer.objects.active = mat
            bpy.ops.object.mode_set(mode="EDIT")
        limit = self.take_limit(mat)
        edited = context.edit_object
        try:
            if edited == mat:
                values = 2 * bridge.read_medial_mesh(mat).radii.astype(np.float64)
            else:
                values = _surface_thickness(mat, edited.data)
        except ValueError as error:
            self.report({"ERROR"}, f"This MAT cannot be read: {error}")
            return {"CANCELLED"}
        # Half a millionth, as radii are kept in single precision.
        thin = values < limit * (1 - 5e-7)
        parts.select_vertices(edited.data, thin, self.extend)
        what = "spheres" if edited == mat else "vertices"
        spoken = thickness.spoken(context, self.limit)
        self.report({"INFO"}, f"{int(thin.sum())} {what} are thinner than {spoken}")
        return {"FINISHED"}


class IMMAT_OT_minimum_thickness(HasLimit, bpy.types.Operator):
    """Raise the radii of all spheres that are too thin, so that no wall is below the limit"""

    bl_idname = "immat.minimum_thickness"
    bl_label = "Set Minimum Thickness"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    selected_only: BoolProperty(
        name="Selected Only", description="Change selected spheres only, in Edit Mode"
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Raise what is too thin, and say what was."""
        from immat_core.thickness import with_minimum_thickness

        obj = objects.active_mat(context)
        factor, limit = thickness.scene_factor(obj), self.take_limit(obj)
        try:
            mat = bridge.read_medial_mesh(obj)
            made = with_minimum_thickness(mat, limit)
        except ValueError as error:
            self.report({"ERROR"}, f"This MAT cannot be changed: {error}")
            return {"CANCELLED"}
        raised = made.raised
        if self.selected_only:
            raised = raised & bridge.selected_spheres(obj.data)
        spoken = thickness.spoken(context, self.limit)
        if not raised.any():
            self.report({"INFO"}, f"No sphere is thinner than {spoken}")
            return {"FINISHED"}
        bridge.write_radii(obj.data, np.where(raised, made.mat.radii, mat.radii))
        most = 2 * float((made.mat.radii - mat.radii)[raised].max())
        thinnest = thickness.spoken(context, factor * made.thinnest)
        self.report(
            {"INFO"},
            f"{int(raised.sum())} of {len(raised)} spheres raised to {spoken}, "
            f"by up to {thickness.spoken(context, factor * most)}; the thinnest was {thinnest}",
        )
        return {"FINISHED"}


def _surface_thickness(mat: bpy.types.Object, mesh: bpy.types.Mesh) -> NDArray[np.float64]:
    """(n,) the thickness at the vertices of a surface in Edit Mode, as it was measured."""
    bm = bmesh.from_edit_mesh(mesh)
    layer = bm.verts.layers.float.get(surface_paint.THICKNESS)
    if layer is not None:
        return np.array([vertex[layer] for vertex in bm.verts], np.float64)
    from immat_core.thickness import medial_thickness

    places = np.array([vertex.co[:] for vertex in bm.verts]).reshape(-1, 3)
    return medial_thickness(places, bridge.read_medial_mesh(mat))


CLASSES = (IMMAT_OT_measure_thickness, IMMAT_OT_select_thinner, IMMAT_OT_minimum_thickness)
