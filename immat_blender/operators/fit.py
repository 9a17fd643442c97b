# mypy: disable-error-code="valid-type"
"""Any object with a surface becomes a MAT, and a MAT one of fewer spheres."""

from typing import Any, ClassVar

import bpy
import numpy as np
from bpy.props import BoolProperty, IntProperty
from mathutils import Quaternion

from immat_core import kernels
from immat_core.editing import MedialEdit
from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

from .. import bridge, edits, fitting, jobs, live, objects, source_mesh
from .editing import EditsMat
from .predict import can_add_objects, push_undo

FIT_SUMMARY = "immat_fit"
"""Property of a MAT's mesh that says how well it fits its source."""


class IMMAT_OT_mesh_to_mat(bpy.types.Operator):
    """Fit a medial axis transform to the active object, with all its modifiers"""

    bl_idname = "immat.mesh_to_mat"
    bl_label = "Mesh to MAT"
    bl_options: ClassVar[set[str]] = {"REGISTER"}

    spheres: IntProperty(
        name="Spheres",
        description="Choose how many medial spheres to make",
        default=256,
        min=4,
        max=8192,
        soft_min=32,
        soft_max=2048,
    )
    seed: IntProperty(
        name="Seed", description="Set the start of everything random", default=0, min=0
    )
    hide_source: BoolProperty(
        name="Hide Source",
        description="Hide the object once its MAT is in its place",
        default=True,
    )

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """An object with a surface must be active, and one job runs at a time."""
        obj = context.active_object
        reason = ""
        if obj is None or obj.type not in source_mesh.TYPES:
            reason = "Select a mesh, curve, surface, text or metaball"
        elif objects.is_mat(obj):
            reason = "This is a MAT already"
        elif context.mode != "OBJECT":
            reason = "Leave Edit Mode first"
        elif jobs.running():
            reason = "Another job is running"
        elif not kernels.available():
            reason = "Numba is missing; install the extension made for this platform"
        if reason:
            cls.poll_message_set(reason)
        return not reason

    def draw(self, _context: bpy.types.Context) -> None:
        """Show the settings."""
        self.layout.use_property_split = True
        self.layout.prop(self, "spheres", slider=True)
        self.layout.prop(self, "seed")
        self.layout.prop(self, "hide_source")

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Ask for the settings, as from a menu; the panel has shown them already."""
        found: set[str] = context.window_manager.invoke_props_dialog(self)
        return found

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Start the job; its result comes later, with an undo step of its own."""
        try:
            request = fit_request(
                context, context.active_object, self.spheres, self.seed, self.hide_source
            )
            jobs.start(fit_job(request))
        except UserError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


class IMMAT_OT_simplify(EditsMat, bpy.types.Operator):
    """Make the active MAT of fewer spheres, keeping its shape as well as they can"""

    bl_idname = "immat.simplify"
    bl_label = "Reduce Spheres"
    needs_selection: ClassVar[bool] = False

    spheres: IntProperty(
        name="Spheres",
        description="Choose how many medial spheres to keep",
        default=64,
        min=1,
        soft_max=2048,
        options={"SKIP_SAVE"},
    )

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start from half as many spheres as there are."""
        if not self.properties.is_property_set("spheres"):
            obj: Any = objects.active_mat(context)
            self.spheres = max(1, bridge.sphere_count(obj.data) // 2)
        return self.execute(context)

    def change(
        self, _context: bpy.types.Context, obj: bpy.types.Object, mat: MedialMesh, _chosen: Any
    ) -> str:
        """Replace the whole MAT; what is selected does not matter."""
        from immat_core.simplify import simplify

        before = len(mat.radii)
        if self.spheres >= before:
            return f"The MAT has {before} spheres"
        made = simplify(mat, self.spheres)
        # What a vertex carries comes from the old one that is nearest.
        away = np.linalg.norm(made.centers[:, None] - mat.centers[None], axis=2)
        origins = away.argmin(1).astype(np.int32)
        edits.apply_edit(obj.data, MedialEdit(made, origins, np.ones(len(origins), bool)))
        return f"{before} spheres became {len(made.radii)}"


def fit_request(
    context: bpy.types.Context,
    obj: bpy.types.Object,
    spheres: int = 256,
    seed: int = 0,
    hide_source: bool = True,
) -> fitting.FitRequest:
    """The fit of an object as it is shown now.

    Its scale goes into the MAT, for spheres stay round; location and rotation become the MAT's.
    """
    vertices, faces = source_mesh.evaluated_triangles(context, obj)
    frame = source_mesh.rigid_part(obj.matrix_world)
    inner = frame.inverted() @ obj.matrix_world
    return fitting.FitRequest(
        source=obj.name,
        vertices=source_mesh.transformed(inner, vertices),
        faces=faces,
        location=tuple(frame.to_translation()),
        rotation=tuple(frame.to_quaternion()),
        spheres=spheres,
        seed=seed,
        hide_source=hide_source,
    )


def fit_job(request: fitting.FitRequest) -> jobs.Job:
    """The job that fits and adds the objects."""
    return jobs.Job(
        lambda progress, should_cancel: fitting.fit(request, progress, should_cancel),
        apply_fit,
        can_add_objects,
    )


def apply_fit(outcome: fitting.FitOutcome) -> bpy.types.Object:
    """Add the MAT and its surface over the source, as one undo step; returns the MAT."""
    request, context = outcome.request, bpy.context
    obj = objects.add_mat_object(context, outcome.mat, f"{request.source} MAT")
    obj.location = request.location
    obj.rotation_euler = Quaternion(request.rotation).to_euler()
    obj.immat.voxel = outcome.settings.voxel
    obj.immat.keep_thin = outcome.settings.keep_thin
    obj.data[FIT_SUMMARY] = fitting.summary(outcome.report)
    live.adopt(obj, outcome.surface)
    source = context.view_layer.objects.get(request.source)
    if request.hide_source and source is not None:
        source.hide_set(True)
        source.hide_render = True
    push_undo("Mesh to MAT")
    return obj


CLASSES = (IMMAT_OT_mesh_to_mat, IMMAT_OT_simplify)
