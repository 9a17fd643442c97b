"""The shortcut: Alt S in Edit Mode, where it changes radii on curves too.

Blender gives Alt S to Shrink/Fatten there. Our entry comes first but its poll lets MATs alone pass,
and an event whose operator does not pass goes on to Blender's own entry.
"""

import bpy

_items: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register() -> None:
    """Add the shortcut; without a window there is no key configuration to add it to."""
    configuration = bpy.context.window_manager.keyconfigs.addon
    if configuration is None:
        return
    keymap = configuration.keymaps.new(name="Mesh", space_type="EMPTY")
    _items.append((keymap, keymap.keymap_items.new("immat.radius", "S", "PRESS", alt=True)))


def unregister() -> None:
    """Take it away."""
    while _items:
        keymap, item = _items.pop()
        keymap.keymap_items.remove(item)
