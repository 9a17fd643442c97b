# mypy: disable-error-code="valid-type"
"""Object > Convert: into MATs, and from MATs into what Blender has of its own."""

from typing import Any, ClassVar

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from immat_core.errors import UserError

from .. import bridge, convert_in, convert_out, live, objects

KINDS = (
    ("SKIN", "Skin", "Make a mesh with a Skin modifier of all edges"),
    ("CURVE", "Curve", "Make a curve of each tube"),
    ("ARMATURE", "Armature", "Make bones with envelopes: chains along tubes, one for each sheet"),
)
MAKERS = {
    "SKIN": convert_out.add_skin,
    "CURVE": convert_out.add_curve,
    "ARMATURE": convert_out.add_armature,
}


class IMMAT_OT_convert_to_mat(bpy.types.Operator):
    """Make a MAT of a curve, metaballs, an armature or a mesh with a Skin modifier"""

    bl_idname = "immat.convert_to_mat"
    bl_label = "Convert to MAT"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    tolerance: FloatProperty(
        name="Tolerance",
        description="Drop spheres of curves that are off by less than this share of their radius",
        default=0.05,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
    )
    thickness: FloatProperty(
        name="Thickness",
        description="Set the radius of curves that have no bevel",
        default=0.1,
        min=1e-4,
        soft_max=1.0,
        subtype="DISTANCE",
    )
    hide_source: BoolProperty(
        name="Hide Source",
        description="Hide the object once its MAT is in its place",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An object of a kind that can be read, in Object Mode."""
        if not convert_in.can_read(context.active_object):
            cls.poll_message_set("Select a curve, metaballs, an armature or a mesh with a skin")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the object and put its MAT in its place."""
        source: Any = context.active_object
        settings = convert_in.ConvertSettings(self.tolerance, self.thickness)
        try:
            mat, left_out = convert_in.read(context, source, settings)
            obj = objects.add_mat_object(context, mat, f"{source.name} MAT")
            obj.matrix_world = source.matrix_world
            live.rebuild(obj)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        source.hide_set(self.hide_source)
        spheres = f"{len(mat.radii)} spheres"
        self.report(
            {"WARNING" if left_out else "INFO"}, f"{spheres}; {left_out}" if left_out else spheres
        )
        return {"FINISHED"}


class IMMAT_OT_convert_from_mat(bpy.types.Operator):
    """Make a skin, a curve or an armature of the active MAT"""

    bl_idname = "immat.convert_from_mat"
    bl_label = "Convert MAT To"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    kind: EnumProperty(name="Kind", description="Choose what to make", items=KINDS)
    hide_source: BoolProperty(
        name="Hide Source", description="Hide the MAT and its surface", default=False
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A MAT, in Object Mode."""
        if objects.active_mat(context) is None:
            cls.poll_message_set("Select a MAT object")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Go to Object Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Make the object where the MAT is."""
        source: Any = objects.active_mat(context)
        try:
            mat = bridge.read_medial_mesh(source)
            if not len(mat.radii):
                raise UserError("This MAT has no sphere", "Add spheres first")
            made = MAKERS[self.kind](context, f"{source.name} {self.kind.title()}", mat)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        except ValueError as error:
            self.report({"ERROR"}, f"This MAT cannot be read: {error}")
            return {"CANCELLED"}
        made.matrix_world = source.matrix_world
        for other in context.selected_objects:
            other.select_set(False)
        made.select_set(True)
        context.view_layer.objects.active = made
        for hidden in (source, objects.surface_of(source)) if self.hide_source else ():
            if hidden is not None:
                hidden.hide_set(True)
        if self.kind != "ARMATURE" and len(mat.faces):
            kept = "their sides are kept as edges" if self.kind == "SKIN" else "only tubes are kept"
            self.report({"WARNING"}, f"{len(mat.faces)} faces were left out; {kept}")
        return {"FINISHED"}


CLASSES = (IMMAT_OT_convert_to_mat, IMMAT_OT_convert_from_mat)
