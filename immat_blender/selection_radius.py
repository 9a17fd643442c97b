# mypy: disable-error-code="valid-type"
"""The radius of the selected spheres as a number that can be read, typed and dragged.

It is a property of the mesh, not of the object: in Edit Mode Blender makes an undo step for the
fields of the edited mesh alone.
"""

import bpy
import numpy as np
from bpy.props import FloatProperty, PointerProperty

from . import bridge

SMALLEST = 1e-6


def mean_radius(mesh: bpy.types.Mesh) -> float:
    """The mean radius of the selected spheres (all, in Object Mode); 0 where there is none."""
    radii = bridge.read_radii(mesh)
    chosen = bridge.selected_spheres(mesh)
    return float(radii[chosen].mean()) if chosen.any() else 0.0


def scale_to(mesh: bpy.types.Mesh, radius: float) -> None:
    """Multiply the selected spheres' radii so that their mean is ``radius``."""
    radii = bridge.read_radii(mesh)
    chosen = bridge.selected_spheres(mesh)
    before = mean_radius(mesh)
    if before > 0:
        scaled = np.maximum(radii * (radius / before), SMALLEST)
        bridge.write_radii(mesh, np.where(chosen, scaled, radii))


class MatMeshSettings(bpy.types.PropertyGroup):
    """What is read from and written to the spheres themselves."""

    radius: FloatProperty(
        name="Radius",
        description="Set the mean radius of the selected spheres; they keep their proportions",
        get=lambda self: mean_radius(self.id_data),
        set=lambda self, radius: scale_to(self.id_data, radius),
        min=SMALLEST,
        soft_max=10.0,
        precision=4,
        step=0.1,
        subtype="DISTANCE",
    )


def register() -> None:
    """Register the group and hang it on meshes."""
    bpy.utils.register_class(MatMeshSettings)
    bpy.types.Mesh.immat = PointerProperty(type=MatMeshSettings)


def unregister() -> None:
    """Take it away again."""
    del bpy.types.Mesh.immat
    bpy.utils.unregister_class(MatMeshSettings)
