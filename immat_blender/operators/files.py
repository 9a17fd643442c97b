# mypy: disable-error-code="valid-type"
"""Surfaces to files; MATs are in ``exchange``."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from immat_core.errors import UserError

from .. import bridge, jobs, live, objects, surface_export, surface_route
from .surface import NeedsMat

if TYPE_CHECKING:
    from immat_core.surface import SurfaceMesh

FORMATS = (
    (".glb", "glTF Binary", "Write a .glb file"),
    (".obj", "Wavefront", "Write an .obj file"),
    (".ply", "Stanford", "Write a .ply file"),
    (".stl", "STL", "Write an .stl file for printing"),
)


class IMMAT_OT_export_surface(NeedsMat, ExportHelper, bpy.types.Operator):
    """Export the surface of the active MAT as a mesh file"""

    bl_idname = "immat.export_surface"
    bl_label = "Export Surface"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    file_format: EnumProperty(
        name="Format", description="Choose the kind of file", items=FORMATS, default=".glb"
    )
    crisp: BoolProperty(
        name="Crisp",
        description="Keep the creases where parts meet sharp; takes seconds",
        default=False,
        options={"SKIP_SAVE"},
    )
    triangles: IntProperty(
        name="Triangles",
        description="Reduce the surface to about this many triangles; 0 keeps all faces",
        default=0,
        min=0,
        options={"SKIP_SAVE"},
    )
    filename_ext = ""
    filter_glob: StringProperty(default="*.glb;*.obj;*.ply;*.stl", options={"HIDDEN"})
    filepath: StringProperty(name="File", subtype="FILE_PATH")

    def check(self, _context: bpy.types.Context) -> bool:
        """Keep the name's ending in step with the chosen format."""
        wanted = str(Path(self.filepath).with_suffix(self.file_format)) if self.filepath else ""
        changed = bool(wanted != self.filepath)
        self.filepath = wanted
        return changed

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Hand the surface that is shown to Blender's exporter, or build another in a job."""
        obj = objects.active_mat(context)
        wanted = surface_export.ExportSettings(self.crisp, self.triangles)
        try:
            path = Path(bpy.path.abspath(self.filepath))
            path = path if path.suffix else path.with_suffix(self.file_format)
            exporter_of(path)
            surface = live.rebuild(obj)
            if not wanted.differs(surface_route.settings_of(obj)):
                export_object(context, surface, path)
            else:
                run_job(export_job(obj, wanted, path))
        except (UserError, ValueError, RuntimeError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def export_job(
    obj: bpy.types.Object, wanted: surface_export.ExportSettings, path: Path
) -> jobs.Job:
    """The job that builds a MAT's surface for a file, and writes it."""
    mat, shown, name = bridge.read_medial_mesh(obj), surface_route.settings_of(obj), obj.name

    def work(progress: jobs.Progress, should_cancel: Callable[[], bool]) -> "SurfaceMesh":
        return surface_export.exported_surface(mat, shown, wanted, progress, should_cancel)

    def apply(surface: "SurfaceMesh") -> None:
        shown_object = live.rebuild(bpy.data.objects[name])
        with surface_export.stand_in(bpy.context, shown_object, surface) as obj:
            export_object(bpy.context, obj, path)

    return jobs.Job(work, apply, lambda: not live.is_held())


def run_job(job: jobs.Job) -> None:
    """Start a job; without a window, also wait for it and raise what stopped it."""
    jobs.start(job)
    if bpy.app.background:
        job.wait()
        jobs.poll()
        if job.message:
            raise UserError(job.message)


def exporter_of(path: Path) -> Callable[[], object]:
    """Blender's exporter for a path's ending, of what is selected.

    Raises
    ------
    UserError
        For an ending that is none of ``FORMATS``.
    """
    exporters: dict[str, Callable[[], object]] = {
        ".glb": lambda: bpy.ops.export_scene.gltf(
            filepath=str(path), export_format="GLB", use_selection=True, export_apply=True
        ),
        ".obj": lambda: bpy.ops.wm.obj_export(filepath=str(path), export_selected_objects=True),
        ".ply": lambda: bpy.ops.wm.ply_export(filepath=str(path), export_selected_objects=True),
        ".stl": lambda: bpy.ops.wm.stl_export(filepath=str(path), export_selected_objects=True),
    }
    exporter = exporters.get(path.suffix.lower())
    if exporter is None:
        raise UserError(
            f"{path.name} has no ending that can be written", "Use .glb, .obj, .ply or .stl"
        )
    return exporter


def export_object(context: bpy.types.Context, obj: bpy.types.Object, path: Path) -> None:
    """Write one object with the exporter of the path's ending; selection and mode survive.

    Raises ``UserError`` as :func:`exporter_of` does.
    """
    exporter = exporter_of(path)
    view_layer = context.view_layer
    active, selected = view_layer.objects.active, list(context.selected_objects)
    in_edit_mode = context.mode != "OBJECT"
    if in_edit_mode:
        bpy.ops.object.mode_set(mode="OBJECT")
    try:
        bpy.ops.object.select_all(action="DESELECT")
        obj.select_set(True)
        view_layer.objects.active = obj
        exporter()
    finally:
        obj.select_set(False)
        for other in selected:
            other.select_set(True)
        view_layer.objects.active = active
        if in_edit_mode:
            bpy.ops.object.mode_set(mode="EDIT")


CLASSES = (IMMAT_OT_export_surface,)
