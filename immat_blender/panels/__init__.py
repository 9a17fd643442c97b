"""The sidebar tab, its sub-panels in the order of the work, and the entries in Blender's menus."""

import bpy

from . import edit, export, fit, parts, picture, predict, rig, surface, thickness, tools


def draw_import(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Our line in File > Import."""
    menu.layout.operator("immat.import_mat", text="Medial Axis Transform (.ma/.ply/.glb)")


def draw_export(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Our line in File > Export."""
    menu.layout.operator("immat.export_mat", text="Medial Axis Transform (.ma/.ply/.glb)")
    menu.layout.operator("immat.export_printing", text="Medial Surface for Printing (.stl)")


CLASSES = (
    *picture.CLASSES,
    *predict.CLASSES,
    *fit.CLASSES,
    *edit.CLASSES,
    *tools.CLASSES,
    *surface.CLASSES,
    *parts.CLASSES,
    *thickness.CLASSES,
    *rig.CLASSES,
    *export.CLASSES,
)


def register() -> None:
    """Register the panels and add the menu entries."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.TOPBAR_MT_file_import.append(draw_import)
    bpy.types.TOPBAR_MT_file_export.append(draw_export)
    bpy.types.VIEW3D_MT_object_convert.append(fit.draw_in_convert_menu)


def unregister() -> None:
    """Take them away in reverse."""
    bpy.types.VIEW3D_MT_object_convert.remove(fit.draw_in_convert_menu)
    bpy.types.TOPBAR_MT_file_export.remove(draw_export)
    bpy.types.TOPBAR_MT_file_import.remove(draw_import)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
