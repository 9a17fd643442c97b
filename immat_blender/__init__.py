"""Image to MAT: one picture becomes an editable medial axis transform with a live surface."""

from . import (
    batch,
    handlers,
    jobs,
    keymaps,
    operators,
    panels,
    predicting,
    preferences,
    previews,
    properties,
)

_MODULES = (preferences, properties, operators, panels, keymaps, handlers, batch)


def register() -> None:
    """Register everything; heavy parts (networks, VDB, pictures) are imported when first used."""
    for module in _MODULES:
        module.register()


def unregister() -> None:
    """Take everything away in reverse, and stop what runs."""
    jobs.forget()
    for module in reversed(_MODULES):
        module.unregister()
    previews.forget()
    predicting.forget()
