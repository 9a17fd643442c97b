# mypy: disable-error-code="valid-type"
"""The settings of a MAT that say how parts and thickness show; a base of ``MatSettings``."""

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty

from . import live, sphere_colors, surface_paint, thickness

SPHERES = {
    surface_paint.NONE: sphere_colors.NONE,
    surface_paint.BY_PART: sphere_colors.BY_PART,
    surface_paint.BY_THICKNESS: sphere_colors.BY_RADIUS,
}
"""What the spheres show beside each look of the surface."""


def _look_changed(settings: Any, _context: bpy.types.Context) -> None:
    live.request(settings.id_data)


def _colors_changed(settings: Any, _context: bpy.types.Context) -> None:
    settings.sphere_colors = SPHERES[settings.surface_colors]
    live.request(settings.id_data)


class LookSettings:
    """How parts and thickness show."""

    surface_colors: EnumProperty(
        name="Show",
        description="Choose what the colors of surface and spheres tell",
        items=surface_paint.MODES,
        update=_colors_changed,
    )
    part_groups: BoolProperty(
        name="Vertex Groups",
        description="Keep a vertex group for each part on the surface",
        default=False,
        update=_look_changed,
    )
    thickness_measure: EnumProperty(
        name="Measure",
        description="Choose how the thickness is measured",
        items=thickness.MEASURES,
        update=_look_changed,
    )
    thickness_limit: FloatProperty(
        name="Limit",
        description="Set the least thickness that is wanted, in the units of the scene",
        default=0.02,
        min=1e-5,
        soft_max=1.0,
        precision=4,
        step=0.1,
        subtype="DISTANCE",
    )
