"""All operators, one file a concern; each is a thin wrapper on a function that scripts can call."""

import bpy

from . import editing, files, fit, inscribe, overlay, picture, predict, radius, rig, surface, tubes

CLASSES = (
    *picture.CLASSES,
    *predict.CLASSES,
    *fit.CLASSES,
    *radius.CLASSES,
    *editing.CLASSES,
    *tubes.CLASSES,
    *inscribe.CLASSES,
    *rig.CLASSES,
    *surface.CLASSES,
    *files.CLASSES,
    *overlay.CLASSES,
)


def register() -> None:
    """Register all operators and file handlers."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)


def unregister() -> None:
    """Take them away in reverse."""
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
