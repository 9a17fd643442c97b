"""The sidebar tab, its sub-panels in the order of the work, and the entries in Blender's menus."""

import bpy

from . import bridge, jobs, live, objects, previews, sphere_display, stages
from .operators.picture import TAB


class Sidebar:
    """Where our panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = TAB


class MatSidebar(Sidebar):
    """A panel of the active MAT."""

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only with a MAT."""
        return objects.active_mat(context) is not None


class IMMAT_PT_picture(Sidebar, bpy.types.Panel):
    """The picture and what is taken for the object in it."""

    bl_label = "Picture"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choice of the picture and its preview."""
        settings = context.scene.immat
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.operator("immat.load_picture", icon="IMAGE_DATA")
        layout.prop(settings, "picture")
        layout.prop(settings, "mask")
        if settings.picture:
            self._draw_preview(settings)

    def _draw_preview(self, settings: bpy.types.PropertyGroup) -> None:
        preview = previews.find(bpy.path.abspath(settings.picture), bpy.path.abspath(settings.mask))
        if preview is None:
            self.layout.label(text="Loading...")
            return
        if preview.loaded:
            self.layout.template_icon(icon_value=preview.icon_id, scale=8.0)
            self.layout.label(text=f"Mask: {preview.message}")
        else:
            self.layout.label(text=preview.message, icon="ERROR")


class IMMAT_PT_predict(Sidebar, bpy.types.Panel):
    """The prediction: start, progress, thresholds, stage."""

    bl_label = "Predict"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the settings of the next prediction and those of the active one."""
        settings = context.scene.immat
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        self._draw_job()
        layout.prop(settings, "spheres")
        layout.prop(settings, "size")
        layout.prop(settings, "seed")
        obj = objects.active_mat(context)
        if obj is not None and stages.PROPERTY in obj.data:
            self._draw_stage(obj)

    def _draw_job(self) -> None:
        job = jobs.current()
        if job is None or not jobs.running():
            self.layout.operator("immat.predict", icon="PLAY")
            if job is not None and job.message:
                self.layout.label(text=job.message, icon="ERROR")
            elif job is not None and job.state is jobs.JobState.CANCELLED:
                self.layout.label(text=job.state.value)
            return
        row = self.layout.row(align=True)
        what = "Cancelling" if job.cancelling else job.what
        row.progress(factor=job.share, text=f"{what} ({job.share:.0%})")
        row.operator("immat.cancel", text="", icon="CANCEL")

    def _draw_stage(self, obj: bpy.types.Object) -> None:
        column = self.layout.column()
        column.active = column.enabled = stages.can_apply(obj)
        column.prop(obj.immat, "stage")
        column.prop(obj.immat, "edge_threshold", slider=True)
        column.prop(obj.immat, "face_threshold", slider=True)
        if not column.enabled:
            self.layout.label(text="Spheres were added or removed", icon="INFO")


class IMMAT_PT_edit(MatSidebar, bpy.types.Panel):
    """Editing the spheres."""

    bl_label = "Edit"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the radius operators and how the spheres are shown."""
        obj = objects.active_mat(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.label(text=f"{bridge.sphere_count(obj.data)} Spheres")
        row = layout.row(align=True)
        row.operator("immat.radius", text="Scale Radius")
        row.operator("immat.radius", text="Set Radius").mode = "SET"
        modifier = sphere_display.sphere_modifier(obj)
        if modifier is not None:
            layout.prop(modifier, "show_viewport", text="Show Spheres")
        layout.prop(obj, "display_type", text="Display As")
        layout.prop(obj, "show_in_front")
        layout.operator("immat.show_over_picture", icon="CAMERA_DATA")


class IMMAT_PT_surface(MatSidebar, bpy.types.Panel):
    """The surface."""

    bl_label = "Surface"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the resolution, the live switch and what is wrong."""
        obj = objects.active_mat(context)
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(obj.immat, "live")
        layout.prop(obj.immat, "voxel")
        layout.operator("immat.rebuild_surface", icon="FILE_REFRESH")
        surface = objects.surface_of(obj)
        if surface is not None:
            layout.label(text=f"{len(surface.data.polygons)} Faces")
        problem = live.problems.get(obj.session_uid)
        if problem:
            layout.label(text=problem, icon="ERROR")


class IMMAT_PT_export(MatSidebar, bpy.types.Panel):
    """Files."""

    bl_label = "Export"

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the export buttons."""
        self.layout.operator("immat.export_surface", icon="EXPORT")
        self.layout.operator("immat.export_ma", icon="EXPORT")


def draw_import(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Our line in File > Import."""
    menu.layout.operator("immat.import_ma", text="Medial Axis Transform (.ma)")


def draw_export(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Our line in File > Export."""
    menu.layout.operator("immat.export_ma", text="Medial Axis Transform (.ma)")


CLASSES = (
    IMMAT_PT_picture,
    IMMAT_PT_predict,
    IMMAT_PT_edit,
    IMMAT_PT_surface,
    IMMAT_PT_export,
)


def register() -> None:
    """Register the panels and add the menu entries."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.TOPBAR_MT_file_import.append(draw_import)
    bpy.types.TOPBAR_MT_file_export.append(draw_export)


def unregister() -> None:
    """Take them away in reverse."""
    bpy.types.TOPBAR_MT_file_export.remove(draw_export)
    bpy.types.TOPBAR_MT_file_import.remove(draw_import)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
