"""All operators, one file a concern; each is a thin wrapper on a function that scripts can call."""

import bpy

from . import (
    convert,
    editing,
    exchange,
    files,
    fit,
    inscribe,
    mask_fit,
    overlay,
    parts,
    picture,
    predict,
    printing,
    radius,
    rig,
    surface,
    thickness,
    tubes,
)

CLASSES = (
    *picture.CLASSES,
    *predict.CLASSES,
    *mask_fit.CLASSES,
    *fit.CLASSES,
    *radius.CLASSES,
    *editing.CLASSES,
    *tubes.CLASSES,
    *inscribe.CLASSES,
    *rig.CLASSES,
    *convert.CLASSES,
    *surface.CLASSES,
    *parts.CLASSES,
    *thickness.CLASSES,
    *files.CLASSES,
    *printing.CLASSES,
    *exchange.CLASSES,
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
