# mypy: disable-error-code="valid-type"
"""MATs from and to files: .ma, .ply and .glb with attributes, and USD."""

from pathlib import Path
from typing import ClassVar

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy_extras.io_utils import ExportHelper, ImportHelper

from immat_core.errors import UserError

from .. import bridge, live, objects, parts
from .surface import NeedsMat

FORMATS = (
    (".ma", "MAT", "Write a .ma file, which keeps no parts"),
    (".ply", "Stanford", "Write a .ply file with radius and part of each vertex"),
    (".glb", "glTF Binary", "Write a .glb file with the custom attributes _RADIUS and _PART"),
)


class IMMAT_OT_export_mat(NeedsMat, ExportHelper, bpy.types.Operator):
    """Export the active medial axis transform, in its own units"""

    bl_idname = "immat.export_mat"
    bl_label = "Export MAT"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    file_format: EnumProperty(
        name="Format", description="Choose the kind of file", items=FORMATS, default=".ma"
    )
    filename_ext = ""
    filter_glob: StringProperty(default="*.ma;*.ply;*.glb", options={"HIDDEN"})
    filepath: StringProperty(name="File", subtype="FILE_PATH")

    def check(self, _context: bpy.types.Context) -> bool:
        """Keep the name's ending in step with the chosen format."""
        wanted = str(Path(self.filepath).with_suffix(self.file_format)) if self.filepath else ""
        changed = bool(wanted != self.filepath)
        self.filepath = wanted
        return changed

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the MAT as it is now, in Edit Mode too."""
        from immat_core.mat_exchange import write_mat

        obj = objects.active_mat(context)
        path = Path(bpy.path.abspath(self.filepath))
        path = path if path.suffix else path.with_suffix(self.file_format)
        try:
            mat = bridge.read_medial_mesh(obj)
            write_mat(path, mat, parts.heal_parts(obj.data, mat))
        except (UserError, ValueError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class IMMAT_OT_import_mat(ImportHelper, bpy.types.Operator):
    """Import a medial axis transform from a .ma file, or a .ply or .glb that was exported here"""

    bl_idname = "immat.import_mat"
    bl_label = "Import MAT"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    filename_ext = ""
    filter_glob: StringProperty(default="*.ma;*.ply;*.glb", options={"HIDDEN"})
    filepath: StringProperty(name="File", subtype="FILE_PATH", options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Objects are added in Object Mode."""
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave Edit Mode first")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take a dropped file at once; ask for one otherwise."""
        if self.filepath:
            return self.execute(context)
        return ImportHelper.invoke(self, context, event)  # type: ignore[no-any-return]

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read the file and add a MAT with its surface, and its parts where it has some."""
        from immat_core.mat_exchange import read_mat, read_parts

        try:
            path = Path(bpy.path.abspath(self.filepath))
            mat, numbers = read_mat(path), read_parts(path)
            obj = objects.add_mat_object(context, mat, path.stem)
            if numbers is not None and (numbers >= 1).any():
                parts.write_parts(obj.data, numbers)
            live.start_rebuild(obj)
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class IMMAT_FH_medial_mesh(bpy.types.FileHandler):
    """.ma files dropped on a 3D view; Blender itself takes the others."""

    bl_idname = "IMMAT_FH_medial_mesh"
    bl_label = "Medial Axis Transform"
    bl_import_operator = "immat.import_mat"
    bl_export_operator = "immat.export_mat"
    bl_file_extensions = ".ma"

    @classmethod
    def poll_drop(cls, context: bpy.types.Context) -> bool:
        """In a 3D view."""
        return context.area is not None and context.area.type == "VIEW_3D"


class IMMAT_OT_export_usd(NeedsMat, ExportHelper, bpy.types.Operator):
    """Export MAT and surface to USD by Blender's exporter, radii and parts as primvars"""

    bl_idname = "immat.export_usd"
    bl_label = "Export USD"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    filename_ext = ".usdc"
    filter_glob: StringProperty(default="*.usd;*.usdc;*.usda", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Some builds of Blender come without USD."""
        if not bpy.app.build_options.usd:
            cls.poll_message_set("This build of Blender has no USD")
            return False
        if context.mode != "OBJECT":
            cls.poll_message_set("Leave Edit Mode first")
            return False
        return super().poll(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Select both objects for as long as the export takes, without the balls."""
        obj = objects.active_mat(context)
        try:
            surface = live.rebuild(obj)
            export_usd(context, [obj, surface], Path(bpy.path.abspath(self.filepath)))
        except (UserError, RuntimeError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def export_usd(context: bpy.types.Context, chosen: list[bpy.types.Object], path: Path) -> None:
    """Write objects to a USD file; selection survives.

    Raises ``RuntimeError`` when Blender's exporter does.
    """
    view_layer = context.view_layer
    active, selected = view_layer.objects.active, list(context.selected_objects)
    shown = [(m, m.show_viewport) for obj in chosen for m in obj.modifiers if m.type == "NODES"]
    try:
        for other in selected:
            other.select_set(False)
        for obj in chosen:
            obj.select_set(True)
        for modifier, _ in shown:
            modifier.show_viewport = False
        view_layer.objects.active = chosen[0]
        bpy.ops.wm.usd_export(
            filepath=str(path), selected_objects_only=True, evaluation_mode="VIEWPORT"
        )
    finally:
        for modifier, was in shown:
            modifier.show_viewport = was
        for obj in chosen:
            obj.select_set(False)
        for other in selected:
            other.select_set(True)
        view_layer.objects.active = active


CLASSES = (
    IMMAT_OT_export_mat,
    IMMAT_OT_import_mat,
    IMMAT_OT_export_usd,
    IMMAT_FH_medial_mesh,
)
