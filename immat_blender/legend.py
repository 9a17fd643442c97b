"""The legend of the heat map, drawn over the 3D view: colors, and lengths in the scene's units."""

from __future__ import annotations

from typing import Any

import bpy

from . import objects, surface_paint, thickness

WIDTH, HEIGHT = 14, 180
MARGIN, GAP = 24, 6
TEXT_SIZE = 12
MARKS = 5
"""Lengths that are written beside the colors."""

_handle: Any = None


def shown_values(context: bpy.types.Context) -> list[tuple[float, str]]:
    """What the legend of the active MAT says: shares from 0, thin, to 1, and lengths in words.

    Nothing where its surface shows no heat map.
    """
    obj = objects.active_mat(context)
    surface = None if obj is None else objects.surface_of(obj)
    if surface is None or obj.immat.surface_colors != surface_paint.BY_THICKNESS:
        return []
    if not surface_paint.is_measured(obj, surface.data):
        return []
    low, high = surface.data[surface_paint.RANGE]
    factor = thickness.scene_factor(obj)
    shares = [mark / (MARKS - 1) for mark in range(MARKS)] if high > low else [0.5]
    return [(s, thickness.spoken(context, factor * (low + s * (high - low)))) for s in shares]


def draw() -> None:
    """Draw it into the region that is being drawn."""
    context = bpy.context
    space = context.space_data
    if space is None or not space.overlay.show_overlays:
        return
    values = shown_values(context)
    if not values:
        return
    scale = context.preferences.system.ui_scale
    left, low = MARGIN * scale, MARGIN * scale
    # Blender's own tool bar and axes leave the lower left free.
    toolbar = next((r for r in context.area.regions if r.type == "TOOLS"), None)
    left += 0 if toolbar is None else toolbar.width
    _draw_bar(left, low, WIDTH * scale, HEIGHT * scale)
    _draw_texts(values, left + (WIDTH + GAP) * scale, low, scale)


def _draw_bar(left: float, low: float, width: float, height: float) -> None:
    import gpu
    from gpu_extras.batch import batch_for_shader  # type: ignore[import-not-found]

    from immat_core.colors import THIN_TO_THICK

    step = height / len(THIN_TO_THICK)
    places: list[tuple[float, float]] = []
    colors: list[tuple[float, float, float, float]] = []
    triangles: list[tuple[int, int, int]] = []
    for band, color in enumerate(THIN_TO_THICK):
        first, y = len(places), low + band * step
        places += [(left, y), (left + width, y), (left, y + step), (left + width, y + step)]
        colors += [(*color, 1.0)] * 4
        triangles += [(first, first + 1, first + 2), (first + 1, first + 3, first + 2)]
    shader = gpu.shader.from_builtin("SMOOTH_COLOR")
    batch = batch_for_shader(shader, "TRIS", {"pos": places, "color": colors}, indices=triangles)
    batch.draw(shader)


def _draw_texts(values: list[tuple[float, str]], left: float, low: float, scale: float) -> None:
    import blf

    from immat_core.colors import THIN_TO_THICK

    blf.size(0, TEXT_SIZE * scale)
    blf.color(0, 1.0, 1.0, 1.0, 1.0)
    band = HEIGHT / len(THIN_TO_THICK)
    for share, text in values:
        # A band's length is written at its middle.
        place = band / 2 + share * (HEIGHT - band) - TEXT_SIZE / 3
        blf.position(0, left, low + place * scale, 0)
        blf.draw(0, text)
    blf.position(0, left - (WIDTH + GAP) * scale, low + (HEIGHT + TEXT_SIZE) * scale, 0)
    blf.draw(0, "Thickness")


def register() -> None:
    """Have the legend drawn in all 3D views."""
    global _handle
    _handle = bpy.types.SpaceView3D.draw_handler_add(draw, (), "WINDOW", "POST_PIXEL")


def unregister() -> None:
    """Draw it no more."""
    global _handle
    if _handle is not None:
        bpy.types.SpaceView3D.draw_handler_remove(_handle, "WINDOW")
    _handle = None
