# mypy: disable-error-code="valid-type"
"""Settings in the scene and on each MAT object, and their way to frozen dataclasses."""

from typing import TYPE_CHECKING

import bpy
from bpy.props import (
    BoolProperty,
    EnumProperty,
    FloatProperty,
    FloatVectorProperty,
    IntProperty,
    IntVectorProperty,
    PointerProperty,
    StringProperty,
)

from . import live, previews, sphere_colors, stages
from .look_settings import LookSettings

if TYPE_CHECKING:
    from immat_core.predict import PredictSettings

STAGES = (
    ("initial", "Initial", "Show the spheres as the whole picture suggests them"),
    ("refined", "Refined", "Show the spheres after each looked at its own part of the picture"),
    ("smoothed", "Smoothed", "Show the spheres after smoothing along the predicted topology"),
)


def _picture_changed(settings: "SceneSettings", _context: bpy.types.Context) -> None:
    previews.request(bpy.path.abspath(settings.picture), bpy.path.abspath(settings.mask))


def _voxel_changed(settings: "MatSettings", _context: bpy.types.Context) -> None:
    live.request(settings.id_data)


def _threshold_changed(settings: "MatSettings", _context: bpy.types.Context) -> None:
    stages.apply_thresholds(settings.id_data)


def _stage_changed(settings: "MatSettings", _context: bpy.types.Context) -> None:
    stages.apply_stage(settings.id_data)


def _colors_changed(settings: "MatSettings", _context: bpy.types.Context) -> None:
    sphere_colors.apply(settings.id_data, settings.sphere_colors)


class SceneSettings(bpy.types.PropertyGroup):
    """What the next prediction starts from."""

    picture: StringProperty(
        name="Picture",
        description="Choose the picture of the object",
        subtype="FILE_PATH",
        update=_picture_changed,
    )
    mask: StringProperty(
        name="Mask",
        description="Choose a picture that is white on the object and black elsewhere",
        subtype="FILE_PATH",
        update=_picture_changed,
    )
    spheres: IntProperty(
        name="Spheres",
        description="Choose how many medial spheres to predict",
        default=256,
        min=16,
        max=1024,
    )
    size: FloatProperty(
        name="Size",
        description="Set the diagonal of the object's bounding box",
        default=1.0,
        min=1e-3,
        soft_max=100.0,
        subtype="DISTANCE",
    )
    seed: IntProperty(
        name="Seed", description="Set the start of everything random", default=0, min=0
    )
    fit_spheres: IntProperty(
        name="Spheres",
        description="Choose how many medial spheres a mesh becomes",
        default=256,
        min=4,
        max=8192,
        soft_min=32,
        soft_max=2048,
    )
    radius_gizmo: BoolProperty(
        name="Radius Ring",
        description="Show a ring around the active sphere that is dragged to change its radius",
        default=True,
    )


class MatSettings(LookSettings, bpy.types.PropertyGroup):
    """What belongs to one MAT object."""

    is_mat: BoolProperty(name="Is MAT", description="Tell MATs from other meshes")
    surface: PointerProperty(
        name="Surface",
        description="The object that shows this MAT's surface",
        type=bpy.types.Object,
    )
    live: BoolProperty(
        name="Live",
        description="Rebuild the surface whenever the MAT changes",
        default=True,
        update=_voxel_changed,
    )
    voxel: FloatProperty(
        name="Voxel Size",
        description="Set the size of the finest detail of the surface",
        default=1 / 128,
        min=1e-4,
        soft_max=0.1,
        precision=4,
        step=0.1,
        subtype="DISTANCE",
        update=_voxel_changed,
    )
    quads: BoolProperty(
        name="Quads",
        description="Make the surface of quads once the MAT rests; while it changes, of triangles",
        default=False,
        update=_voxel_changed,
    )
    keep_thin: BoolProperty(
        name="Keep Thin Parts",
        description="Show parts thicker that are too thin for the voxel; exports leave them thin",
        default=False,
        update=_voxel_changed,
    )
    edge_threshold: FloatProperty(
        name="Edge Threshold",
        description="Keep the medial edges that are at least this probable",
        default=0.2,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_threshold_changed,
    )
    face_threshold: FloatProperty(
        name="Face Threshold",
        description="Keep the medial faces that are at least this probable",
        default=0.3,
        min=0.0,
        max=1.0,
        subtype="FACTOR",
        update=_threshold_changed,
    )
    stage: EnumProperty(
        name="Stage",
        description="Choose which step of the prediction to show; this replaces edited spheres",
        items=STAGES,
        default="smoothed",
        update=_stage_changed,
    )
    sphere_colors: EnumProperty(
        name="Sphere Colors",
        description="Choose what the colors of the spheres tell",
        items=sphere_colors.MODES,
        update=_colors_changed,
    )
    target: PointerProperty(
        name="Target",
        description="The mesh that spheres are fitted into",
        type=bpy.types.Object,
        poll=lambda self, obj: obj.type == "MESH" and obj != self.id_data,
    )
    rig: PointerProperty(
        name="Rig",
        description="The armature that was made from this MAT",
        type=bpy.types.Object,
    )
    size: FloatProperty(
        name="Size", description="Object units per unit of the prediction", default=1
    )
    picture: StringProperty(
        name="Picture", description="The picture that was predicted from", subtype="FILE_PATH"
    )
    mask: StringProperty(
        name="Mask",
        description="The picture of the mask that was predicted from",
        subtype="FILE_PATH",
    )
    picture_size: IntVectorProperty(
        name="Picture Size", description="Width and height of the picture in pixels", size=2
    )
    crop_box: FloatVectorProperty(
        name="Crop", description="Left, top and side of the square that was looked at", size=3
    )
    camera: FloatVectorProperty(
        name="Camera",
        description="Azimuth, elevation, distance, focal length, shifts and roll of the camera",
        size=7,
    )


def predict_settings(settings: SceneSettings) -> "PredictSettings":
    """The scene's settings as the core takes them."""
    from immat_core.predict import PredictSettings

    return PredictSettings(spheres=settings.spheres, seed=settings.seed)


CLASSES = (SceneSettings, MatSettings)


def register() -> None:
    """Register the groups and hang them on scenes and objects."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.immat = PointerProperty(type=SceneSettings)
    bpy.types.Object.immat = PointerProperty(type=MatSettings)


def unregister() -> None:
    """Take them away again."""
    del bpy.types.Object.immat
    del bpy.types.Scene.immat
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)


assert tuple(item[0] for item in STAGES) == stages.NAMES
