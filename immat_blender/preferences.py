# mypy: disable-error-code="valid-type"
"""Preferences of the add-on."""

import importlib.util

import bpy
from bpy.props import EnumProperty, IntProperty

from .predicting import EngineSettings

ENGINES = (
    ("onnx", "ONNX Runtime", "Run the networks with the runtime that comes with the add-on"),
    ("torch", "PyTorch", "Run the networks with a PyTorch that this Python can already import"),
)


class IMMAT_preferences(bpy.types.AddonPreferences):
    """How the networks are run."""

    bl_idname = __package__

    engine: EnumProperty(
        name="Engine", description="Choose what runs the networks", items=ENGINES, default="onnx"
    )
    threads: IntProperty(
        name="Threads",
        description="Limit the threads that the networks use; 0 leaves it to the engine",
        default=0,
        min=0,
        max=256,
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """Draw the settings, and say when the chosen engine is absent."""
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "engine")
        if self.engine == "torch" and importlib.util.find_spec("torch") is None:
            layout.label(text="PyTorch is not installed in this Python", icon="ERROR")
        layout.prop(self, "threads")


def engine_settings(context: bpy.types.Context) -> EngineSettings:
    """The engine that the user chose; the defaults where the add-on runs without preferences."""
    addon = context.preferences.addons.get(__package__)
    if addon is None or addon.preferences is None:
        return EngineSettings()
    return EngineSettings(addon.preferences.engine, addon.preferences.threads)


CLASSES = (IMMAT_preferences,)


def register() -> None:
    """Register the preferences."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Take them away."""
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
