"""Image to MAT: one picture becomes an editable medial axis transform with a live surface."""

from . import (
    batch,
    compiling,
    fit_kernels,
    gizmos,
    handlers,
    jobs,
    keymaps,
    legend,
    menus,
    operators,
    panels,
    predicting,
    preferences,
    previews,
    properties,
    selection_radius,
)

_MODULES = (
    preferences,
    properties,
    selection_radius,
    operators,
    panels,
    menus,
    gizmos,
    legend,
    keymaps,
    handlers,
    fit_kernels,
    batch,
)


def register() -> None:
    """Register everything; heavy parts (networks, VDB, pictures) are imported when first used."""
    for module in _MODULES:
        module.register()


def unregister() -> None:
    """Take everything away in reverse, and stop what runs."""
    jobs.forget()
    compiling.forget()
    for module in reversed(_MODULES):
        module.unregister()
    previews.forget()
    predicting.forget()
