# mypy: disable-error-code="valid-type"
"""Parts: finding, selecting and separating them."""

from typing import ClassVar

import bmesh
import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty

from immat_core.errors import UserError

from .. import live, objects, parts, surface_paint
from .surface import NeedsMat

TARGETS = (
    ("MAT", "MAT", "Make a MAT with a closed surface of each part; the original is hidden"),
    ("SURFACE", "Surface", "Make a mesh of the faces of each part, open where parts meet"),
)


class NeedsParts(NeedsMat):
    """The poll of operators that need parts."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """A MAT whose parts were found."""
        if not super().poll(context):
            return False
        if not parts.has_parts(objects.active_mat(context).data):
            cls.poll_message_set("Find the parts first")  # type: ignore[attr-defined]
            return False
        return True


class IMMAT_OT_find_parts(NeedsMat, bpy.types.Operator):
    """Split the MAT into parts by its own topology: curves by direction, sheets by normal"""

    bl_idname = "immat.find_parts"
    bl_label = "Find Parts"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    curve_faces: IntProperty(
        name="Faces of a Curve",
        description="Take spheres of more faces than this for a sheet",
        default=2,
        min=0,
        soft_max=6,
    )
    sheet_angle: FloatProperty(
        name="Crease",
        description="Part a sheet where it bends by more than this from sphere to sphere",
        default=float(np.radians(30)),
        min=0.0,
        max=float(np.radians(90)),
        subtype="ANGLE",
    )
    smallest: IntProperty(
        name="Smallest Part",
        description="Give parts of fewer spheres to the part beside them",
        default=3,
        min=1,
        soft_max=20,
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Find them, and show them."""
        from immat_core.segmentation import SegmentationSettings

        obj = objects.active_mat(context)
        settings = SegmentationSettings(
            curve_faces=self.curve_faces, sheet_angle=self.sheet_angle, smallest=self.smallest
        )
        try:
            count = parts.find_parts(obj, settings)
        except ValueError as error:
            self.report({"ERROR"}, f"This MAT cannot be read: {error}")
            return {"CANCELLED"}
        if obj.immat.surface_colors == surface_paint.NONE:
            obj.immat.surface_colors = surface_paint.BY_PART
        live.request(obj)
        self.report({"INFO"}, f"{count} part{'s' if count != 1 else ''}")
        return {"FINISHED"}


class IMMAT_OT_select_part(NeedsParts, bpy.types.Operator):
    """Select all of the parts that something is selected of, on the MAT or on its surface"""

    bl_idname = "immat.select_part"
    bl_label = "Select Part"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    part: IntProperty(
        name="Part",
        description="Select the part of this number; 0 takes the parts of what is selected",
        default=0,
        min=0,
        options={"SKIP_SAVE"},
    )
    extend: BoolProperty(
        name="Extend",
        description="Keep what is selected already",
        default=False,
        options={"SKIP_SAVE"},
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Go to Edit Mode where needed and select."""
        mat = objects.active_mat(context)
        entered = context.mode != "EDIT_MESH"
        if entered:
            context.view_layer.objects.active = mat
            bpy.ops.object.mode_set(mode="EDIT")
        if context.edit_object == mat:
            done = self._select_spheres(mat)
        else:
            done = self._select_faces(context.edit_object.data)
        if entered and done == {"CANCELLED"}:
            bpy.ops.object.mode_set(mode="OBJECT")
        return done

    def _select_spheres(self, mat: bpy.types.Object) -> set[str]:
        numbers = parts.known_parts(mat.data)
        bm = bmesh.from_edit_mesh(mat.data)
        selected = np.array([vertex.select for vertex in bm.verts], bool)
        wanted = {self.part} if self.part else set(numbers[selected].tolist())
        if not wanted & set(numbers.tolist()):
            return self._nothing()
        count = parts.select_vertices(mat.data, np.isin(numbers, list(wanted)), self.extend)
        self.report({"INFO"}, f"{count} spheres")
        return {"FINISHED"}

    def _select_faces(self, mesh: bpy.types.Mesh) -> set[str]:
        bm = bmesh.from_edit_mesh(mesh)
        layer = bm.faces.layers.int.get(surface_paint.PART)
        if layer is None:
            return self._nothing()
        wanted = {self.part} if self.part else {f[layer] for f in bm.faces if f.select}
        chosen = [face for face in bm.faces if face[layer] in wanted]
        if not chosen:
            return self._nothing()
        for face in bm.faces:
            face.select_set(self.extend and face.select)
        for face in chosen:
            face.select_set(True)
        bm.select_mode = {"FACE"}
        bpy.context.tool_settings.mesh_select_mode = (False, False, True)
        bm.select_flush_mode()
        bmesh.update_edit_mesh(mesh, loop_triangles=False, destructive=False)
        self.report({"INFO"}, f"{len(chosen)} faces")
        return {"FINISHED"}

    def _nothing(self) -> set[str]:
        what = f"There is no part {self.part}" if self.part else "Nothing is selected"
        self.report({"WARNING"}, what)
        return {"CANCELLED"}


class IMMAT_OT_assign_part(NeedsParts, bpy.types.Operator):
    """Make the selected spheres a part of their own, or give them to the part of a number"""

    bl_idname = "immat.assign_part"
    bl_label = "Assign Part"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    part: IntProperty(
        name="Part",
        description="Give the spheres this number; 0 takes the next free one",
        default=0,
        min=0,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Spheres are selected in Edit Mode."""
        if not super().poll(context):
            return False
        if context.edit_object != objects.active_mat(context):
            cls.poll_message_set("Go to Edit Mode and select spheres")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the number."""
        mesh = objects.active_mat(context).data
        numbers = parts.known_parts(mesh)
        selected = np.array([v.select for v in bmesh.from_edit_mesh(mesh).verts], bool)
        if not selected.any():
            self.report({"WARNING"}, "No sphere is selected")
            return {"CANCELLED"}
        number = self.part or int(numbers.max(initial=0)) + 1
        parts.write_parts(mesh, np.where(selected, number, numbers))
        self.report({"INFO"}, f"{int(selected.sum())} spheres are part {number}")
        return {"FINISHED"}


class IMMAT_OT_separate_by_part(NeedsParts, bpy.types.Operator):
    """Make an object of each part"""

    bl_idname = "immat.separate_by_part"
    bl_label = "Separate by Part"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    target: EnumProperty(name="Separate", description="Choose what is separated", items=TARGETS)

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Objects are added in Object Mode."""
        if not super().poll(context):
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave Edit Mode first")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the objects and hide what they came from."""
        obj = objects.active_mat(context)
        try:
            surface = live.rebuild(obj)
            if self.target == "MAT":
                made = parts.separate_mat(context, obj)
                for new in made:
                    live.rebuild(new)
                obj.hide_set(True)
            else:
                surface_paint.follow(obj, surface)
                owners = surface_paint.face_parts(surface.data)
                if owners is None:
                    raise UserError("The surface has no parts", "Rebuild it")
                made = parts.separate_surface(context, surface, owners)
            surface.hide_set(True)
        except (UserError, ValueError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for other in context.selected_objects:
            other.select_set(False)
        for new in made:
            new.select_set(True)
        context.view_layer.objects.active = made[0]
        self.report({"INFO"}, f"{len(made)} objects")
        return {"FINISHED"}


CLASSES = (
    IMMAT_OT_find_parts,
    IMMAT_OT_select_part,
    IMMAT_OT_assign_part,
    IMMAT_OT_separate_by_part,
)
