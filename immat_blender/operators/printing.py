# mypy: disable-error-code="valid-type"
"""Export for printing: millimeters, closedness, and what is too thin."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import bpy
import numpy as np
from bpy.props import BoolProperty, FloatProperty, StringProperty
from bpy_extras.io_utils import ExportHelper

from immat_core.errors import UserError

from .. import bridge, objects, parts, surface_route, thickness
from .surface import NeedsMat

if TYPE_CHECKING:
    from immat_core.medial_mesh import IndexArray, MedialMesh
    from immat_core.printing import PrintReport
    from immat_core.surface import SurfaceMesh

METER = 1000.0
REPORT = "Printing Report"


class IMMAT_OT_export_printing(NeedsMat, ExportHelper, bpy.types.Operator):
    """Export the surface as an .stl file in millimeters and report what is too thin to print"""

    bl_idname = "immat.export_printing"
    bl_label = "Export for Printing"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    filename_ext = ".stl"
    filter_glob: StringProperty(default="*.stl", options={"HIDDEN"})
    longest_side: FloatProperty(
        name="Longest Side",
        description="Scale the print to this many millimeters; 0 takes the units of the scene",
        default=0.0,
        min=0.0,
        soft_max=400.0,
    )
    limit: FloatProperty(
        name="Thinnest Wall",
        description="Report walls that are thinner than this many millimeters",
        default=1.0,
        min=0.0,
        soft_max=10.0,
    )
    thicken: BoolProperty(
        name="Thicken Thin Parts",
        description="Print parts below the limit as thick as it; the MAT stays as it is",
        default=False,
    )

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write the file and the report."""
        obj = objects.active_mat(context)
        try:
            path = Path(bpy.path.abspath(self.filepath)).with_suffix(".stl")
            report = export_for_printing(
                context, obj, path, self.limit, self.longest_side, self.thicken
            )
        except (UserError, ValueError) as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        text = bpy.data.texts.get(REPORT) or bpy.data.texts.new(REPORT)
        text.clear()
        text.write("\n".join([str(path), *report.lines()]) + "\n")
        lines = report.lines()
        told = [lines[0], *lines[3:]] if report.printable else [lines[2], *lines[3:]]
        self.report({"INFO" if report.printable else "WARNING"}, "; ".join(told))
        return {"FINISHED"}


def export_for_printing(
    context: bpy.types.Context,
    obj: bpy.types.Object,
    path: Path,
    limit: float,
    longest_side: float = 0.0,
    thicken: bool = False,
) -> "PrintReport":
    """Write the surface of a MAT in millimeters, thin parts as thin as they are.

    Parameters
    ----------
    limit
        The least wall in millimeters.
    longest_side
        Of the print in millimeters; 0 takes the scene's units.
    thicken
        Whether parts below the limit are printed as thick as it.

    Raises
    ------
    UserError, ValueError
        When the MAT cannot be read or the file not be written.
    """
    from immat_core.mesh_file import write_mesh
    from immat_core.printing import in_millimeters, print_report
    from immat_core.thickness import with_minimum_thickness

    mat = bridge.read_medial_mesh(obj)
    matrix = np.array(obj.matrix_world)
    scale = METER * context.scene.unit_settings.scale_length
    settings = surface_route.SurfaceSettings(obj.immat.voxel)

    surface = surface_route.build_anew(mat, settings)
    if longest_side > 0:
        extent = np.ptp(in_millimeters(surface, matrix, 1.0).vertices, axis=0).max()
        scale = longest_side / float(extent)
    unit = scale * thickness.scene_factor(obj)
    if thicken and limit > 0:
        mat = with_minimum_thickness(mat, limit / unit).mat
        surface = surface_route.build_anew(mat, settings)
    printed = in_millimeters(surface, matrix, scale)
    walls = thickness.measure(thickness.WALL, printed.vertices, printed.faces, mat)
    report = print_report(printed, walls, limit, _face_parts(obj, mat, surface))
    write_mesh(path, printed)
    return report


def _face_parts(
    obj: bpy.types.Object, mat: "MedialMesh", surface: "SurfaceMesh"
) -> "IndexArray | None":
    """The part of each face, where parts were found."""
    from immat_core.segmentation import segment_faces

    numbers = parts.heal_parts(obj.data, mat)
    if numbers is None:
        return None
    return segment_faces(surface.vertices, surface.faces, mat, numbers)


CLASSES = (IMMAT_OT_export_printing,)
