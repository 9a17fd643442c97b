# mypy: disable-error-code="valid-type"
"""Radii along tubes."""

import math
from typing import ClassVar

import bpy
import numpy as np
from bpy.props import BoolProperty, EnumProperty, FloatProperty
from numpy.typing import NDArray

from immat_core.errors import UserError
from immat_core.medial_mesh import MedialMesh

from .. import bridge, objects, profile_curve
from .editing import EditsMat

PROFILES = (
    ("LINEAR", "Linear", "Go from the start's factor to the end's in a straight line"),
    ("SMOOTH", "Smooth", "Go from the start's factor to the end's with a soft start and end"),
    ("ARCH", "Arch", "Have the start's factor at both ends and the end's in the middle"),
    ("CURVE", "Curve", "Go from the start's factor to the end's as the curve in the panel says"),
)


class IMMAT_OT_thicken_tubes(EditsMat, bpy.types.Operator):
    """Multiply radii along the selected tube; one selected sphere stands for its whole tube"""

    bl_idname = "immat.thicken_tubes"
    bl_label = "Thicken Tube"

    profile: EnumProperty(
        name="Profile",
        description="Choose how the factor changes along the tube",
        items=PROFILES,
    )
    start: FloatProperty(
        name="Start",
        description="Multiply the radii at the lower end by this",
        default=1.0,
        min=0.0,
        soft_max=5.0,
    )
    end: FloatProperty(
        name="End",
        description="Multiply the radii at the other end by this",
        default=1.5,
        min=0.0,
        soft_max=5.0,
    )
    flip: BoolProperty(name="Flip", description="Start at the other end of the tube")

    def draw(self, _context: bpy.types.Context) -> None:
        """Show the values, and the curve where it counts."""
        layout = self.layout
        layout.use_property_split = True
        for name in ("profile", "start", "end", "flip"):
            layout.prop(self, name)
        node = profile_curve.find()
        if self.profile == "CURVE" and node is not None:
            layout.template_curve_mapping(node, "mapping")

    def change(
        self,
        _context: bpy.types.Context,
        obj: bpy.types.Object,
        mat: MedialMesh,
        chosen: NDArray[np.bool_],
    ) -> str:
        """Change the radii."""
        from immat_core.editing import along_tubes, thicken_tubes

        found = int(np.isfinite(along_tubes(mat, chosen)).sum())
        if not found:
            raise UserError(
                "No tube is selected", "Select spheres that edges join and that no face has"
            )
        bridge.write_radii(obj.data, thicken_tubes(mat, self._factor, chosen, flip=self.flip))
        return f"{found} spheres changed"

    def _factor(self, place: float) -> float:
        """The factor at 0..1 along the tube."""
        if self.profile == "SMOOTH":
            share = place * place * (3 - 2 * place)
        elif self.profile == "ARCH":
            share = math.sin(math.pi * place)
        elif self.profile == "CURVE":
            share = profile_curve.value(place)
        else:
            share = place
        return float(self.start + (self.end - self.start) * share)


class IMMAT_OT_edit_profile(bpy.types.Operator):
    """Make the curve that Thicken Tube can follow, to be drawn in the panel"""

    bl_idname = "immat.edit_profile"
    bl_label = "Draw Profile Curve"
    bl_options: ClassVar[set[str]] = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Only with a MAT, and only once."""
        if objects.active_mat(context) is None:
            cls.poll_message_set("Select a MAT object")
            return False
        if profile_curve.find() is not None:
            cls.poll_message_set("The curve is there already")
            return False
        return True

    def execute(self, _context: bpy.types.Context) -> set[str]:
        """Make the curve."""
        profile_curve.ensure()
        return {"FINISHED"}


CLASSES = (IMMAT_OT_thicken_tubes, IMMAT_OT_edit_profile)
