"""The panels' line about code that is being compiled: what is slower until then, and for how long.

What compiles does so beside the window and does not ask for it to be drawn: a timer sees the end.
"""

import bpy

from immat_core import kernels

from . import fit_kernels, jobs

POLL_SECONDS = 0.5
SURFACE = "Compiling the surface kernels (once)..."
SURFACE_FAILED = "Slower surface: nothing could be compiled"
FIT = "Compiling the fit (once)..."


def surface_line() -> tuple[str, str] | None:
    """What there is to say about the surface's kernels, and its icon; None once they serve."""
    if kernels.ready():
        return None
    if kernels.preparing():
        return SURFACE, "TIME"
    return (SURFACE_FAILED, "INFO") if kernels.failed() else None


def fit_line() -> tuple[str, str] | None:
    """The same about the fit's, which compiles when it is first used where this fails."""
    return (FIT, "TIME") if fit_kernels.preparing() else None


def draw(layout: bpy.types.UILayout, line: tuple[str, str] | None) -> None:
    """Draw one of the lines above, if there is one, and see to it that it goes in time."""
    if line is None:
        return
    text, icon = line
    layout.label(text=text, icon=icon)
    if icon == "TIME" and not bpy.app.timers.is_registered(poll):
        bpy.app.timers.register(poll, first_interval=POLL_SECONDS, persistent=True)


def poll() -> float | None:
    """Draw the panels again at the end; the timer's callback."""
    if kernels.preparing() or fit_kernels.preparing():
        return POLL_SECONDS
    jobs.redraw()
    return None


def forget() -> None:
    """Watch no more."""
    if bpy.app.timers.is_registered(poll):
        bpy.app.timers.unregister(poll)
