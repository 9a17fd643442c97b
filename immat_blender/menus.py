"""The menu MAT: in the header and the context menus of Object and Edit Mode, for MATs alone."""

import bpy

from . import convert_in, objects


class IMMAT_MT_mat(bpy.types.Menu):
    """All tools on spheres."""

    bl_idname = "IMMAT_MT_mat"
    bl_label = "MAT"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the tools, those that need a selection in Edit Mode alone."""
        layout = self.layout
        # As from a button: an operator may look at the selection first.
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("immat.radius", text="Scale Radius")
        layout.operator("immat.thicken_tubes")
        layout.operator("immat.smooth")
        layout.operator("immat.snap_to_mesh")
        layout.separator()
        if context.mode == "EDIT_MESH":
            layout.operator("immat.insert_spheres")
            layout.operator("immat.dissolve_spheres")
        layout.operator("immat.connect_nearest")
        layout.operator("immat.symmetrize")
        layout.separator()
        layout.operator("immat.find_parts")
        layout.operator("immat.select_part")
        if context.mode == "EDIT_MESH":
            layout.operator("immat.assign_part")
        else:
            layout.operator_menu_enum("immat.separate_by_part", "target")
        layout.separator()
        layout.operator("immat.measure_thickness", text="Measure Thickness")
        layout.operator("immat.select_thinner", text="Select Thinner Than")
        layout.operator("immat.minimum_thickness")
        layout.operator("immat.simplify")
        if context.mode == "OBJECT":
            layout.separator()
            layout.operator("immat.add_rig")
            layout.operator_menu_enum("immat.convert_from_mat", "kind")


def draw_in_header(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Our menu in the row of the 3D view's menus."""
    if context.mode in {"OBJECT", "EDIT_MESH"} and objects.active_mat(context) is not None:
        menu.layout.menu(IMMAT_MT_mat.bl_idname)


def draw_in_context_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Our menu on top of a context menu."""
    if objects.active_mat(context) is not None:
        menu.layout.menu(IMMAT_MT_mat.bl_idname)
        menu.layout.separator()


def draw_in_convert_menu(menu: bpy.types.Menu, context: bpy.types.Context) -> None:
    """Our lines in Object > Convert: those that fit the active object."""
    layout = menu.layout
    layout.operator_context = "INVOKE_DEFAULT"
    if convert_in.can_read(context.active_object):
        layout.operator("immat.convert_to_mat", text="MAT from Its Radii")
    if objects.active_mat(context) is not None:
        layout.operator_menu_enum("immat.convert_from_mat", "kind")


CLASSES = (IMMAT_MT_mat,)


def register() -> None:
    """Register the menu and hang it where users look for it."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.VIEW3D_MT_editor_menus.append(draw_in_header)
    bpy.types.VIEW3D_MT_edit_mesh_context_menu.prepend(draw_in_context_menu)
    bpy.types.VIEW3D_MT_object_context_menu.prepend(draw_in_context_menu)
    bpy.types.VIEW3D_MT_object_convert.append(draw_in_convert_menu)


def unregister() -> None:
    """Take it away again."""
    bpy.types.VIEW3D_MT_object_convert.remove(draw_in_convert_menu)
    bpy.types.VIEW3D_MT_object_context_menu.remove(draw_in_context_menu)
    bpy.types.VIEW3D_MT_edit_mesh_context_menu.remove(draw_in_context_menu)
    bpy.types.VIEW3D_MT_editor_menus.remove(draw_in_header)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
