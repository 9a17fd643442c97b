"""Application handlers: each raises a flag and returns."""

import bpy
from bpy.app.handlers import persistent

from . import jobs, live, previews, rigging, surface_checks


@persistent
def on_depsgraph_update(_scene: bpy.types.Scene, depsgraph: bpy.types.Depsgraph) -> None:
    """Note MATs that changed; ``test_handler_budget.py`` holds what this may cost.

    Moved ones too: a scale has to be seen before it is applied.
    """
    if not depsgraph.id_type_updated("MESH") and not depsgraph.id_type_updated("OBJECT"):
        return
    for update in depsgraph.updates:
        obj = update.id
        # The cheapest questions first: thousands of objects may have moved.
        if not isinstance(obj, bpy.types.Object) or obj.type != "MESH" or not obj.immat.is_mat:
            continue
        if update.is_updated_geometry or update.is_updated_transform:
            live.request(obj.original)


@persistent
def on_history(_scene: bpy.types.Scene, _unused: object = None) -> None:
    """After undo and redo any surface may be older or newer than its MAT."""
    live.request_all()


@persistent
def on_load_pre(_path: str, _unused: object = None) -> None:
    """A job's result belongs to the file that is going away."""
    jobs.cancel()
    live.forget()
    surface_checks.forget()


@persistent
def on_load_post(_path: str, _unused: object = None) -> None:
    """A file's surfaces may be old, and the preview of its picture is not in it."""
    settings = bpy.context.scene.immat
    previews.request(bpy.path.abspath(settings.picture), bpy.path.abspath(settings.mask))
    live.request_all()


@persistent
def on_save_pre(_path: str, _unused: object = None) -> None:
    """The file must not keep a surface that is older than its MAT."""
    live.flush(at_rest=True)
    rigging.flush()


HANDLERS = (
    ("depsgraph_update_post", on_depsgraph_update),
    ("undo_post", on_history),
    ("redo_post", on_history),
    ("load_pre", on_load_pre),
    ("load_post", on_load_post),
    ("save_pre", on_save_pre),
)


def register() -> None:
    """Add all handlers."""
    for name, handler in HANDLERS:
        getattr(bpy.app.handlers, name).append(handler)


def unregister() -> None:
    """Remove them in reverse, and what they noted."""
    for name, handler in reversed(HANDLERS):
        getattr(bpy.app.handlers, name).remove(handler)
    live.forget(wait_seconds=5.0)
    surface_checks.forget()
