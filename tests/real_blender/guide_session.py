"""Runs in a Blender with a window: our tab after a prediction, all panels, the picture behind.

``blender --enable-event-simulate --python guide_session.py -- OUT.json PICTURE``, the picture as
it is to be read in the field, so relative to the folder that Blender was started in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from simulated_user import User, addon, arguments, note, open_tab, play, screenshot, settle, until

GROUPS = (("edit", "tools"), ("surface", "parts", "export"), ("thickness", "rig", "fit"))
"""Panels that fit below one another into the window's height."""


def open_all_panels(_user: User) -> Iterator[None]:
    """Register them anew, open: Blender keeps what it has drawn closed as it was."""
    for panel in addon("panels").CLASSES:
        bpy.utils.unregister_class(panel)
        panel.bl_options = set()
        bpy.utils.register_class(panel)
    yield from settle()


def predict(user: User) -> Iterator[None]:
    """Load the picture, predict, look from before and above."""
    jobs = addon("jobs")
    with user.inside():
        bpy.ops.immat.load_picture(filepath=arguments[1])
        yield from settle()
        bpy.ops.immat.predict()
    yield from until(lambda: not jobs.running(), 300)
    yield from settle()
    space = user.area.spaces.active
    space.overlay.show_floor = space.overlay.show_axis_x = space.overlay.show_axis_y = False
    with user.inside():
        space.region_3d.view_rotation = (0.829, 0.483, 0.142, 0.244)
        bpy.ops.view3d.view_selected()
    user.mat.select_set(False)
    yield from settle()
    note("predicted", spheres=len(user.mat.data.vertices))
    screenshot("window")


def over_picture(user: User) -> Iterator[None]:
    """Through the predicted camera, the picture behind the spheres."""
    with user.inside():
        bpy.ops.immat.show_over_picture()
    yield from settle()
    screenshot("over-picture")
    with user.inside():
        bpy.ops.view3d.view_camera()
    yield from settle()


def show_panels(user: User) -> Iterator[None]:
    """Each group of panels alone and open; parts are known, so that nothing is grayed out."""
    with user.inside():
        bpy.ops.immat.find_parts()
    yield from settle()
    every = {panel.__name__.removeprefix("IMMAT_PT_"): panel for panel in addon("panels").CLASSES}
    for panel in every.values():
        bpy.utils.unregister_class(panel)
    for number, group in enumerate(GROUPS):
        for name in group:
            bpy.utils.register_class(every[name])
        user.area.tag_redraw()
        yield from settle()
        screenshot(f"panels-{number}")
        for name in group:
            bpy.utils.unregister_class(every[name])
    note("panels", shown=sorted(name for group in GROUPS for name in group))


play((open_all_panels, open_tab, predict, over_picture, show_panels))
