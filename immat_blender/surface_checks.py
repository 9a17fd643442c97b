"""What is true of a MAT's surface: checked when the user asks, never while something is dragged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import bpy

from . import bridge, jobs, objects, surface_route
from .surface_mesh import SIGNATURE

if TYPE_CHECKING:
    from immat_core.surface.checks import SurfaceReport

_reports: dict[int, tuple[str, SurfaceReport]] = {}


def check_job(obj: bpy.types.Object) -> jobs.Job:
    """The job that checks the surface of a MAT as an export would write it: thin parts left thin.

    Raises ``ValueError`` as ``bridge.read_medial_mesh`` does.
    """
    mat, settings = bridge.read_medial_mesh(obj), surface_route.settings_of(obj)
    uid, text = obj.session_uid, surface_route.signature(mat, settings)

    def work(progress: jobs.Progress, should_cancel: Callable[[], bool]) -> SurfaceReport:
        from immat_core.surface.checks import check_surface

        surface = surface_route.build_anew(
            mat,
            replace(settings, keep_thin=False),
            lambda share, what: progress(0.5 * share, what),
            should_cancel,
        )
        progress(0.5, "Checking the surface")
        return check_surface(surface, full=True)

    return jobs.Job(work, lambda report: _reports.update({uid: (text, report)}))


def lines(obj: bpy.types.Object) -> list[str]:
    """What the last check of a MAT found, for the panel; nothing where there was none."""
    text, report = _reports.get(obj.session_uid, ("", None))
    surface = objects.surface_of(obj)
    if report is None or surface is None:
        return []
    if surface.data.get(SIGNATURE) != text:
        return ["The shape has changed since it was checked"]
    return describe(report)


def describe(report: SurfaceReport) -> list[str]:
    """A report in a few short lines."""
    pieces = f"{report.components} piece{'s' if report.components != 1 else ''}"
    form = "Closed" if report.closed else "Open"
    form += ", manifold" if report.manifold else ", not manifold"
    genus = "" if report.genus is None else f", genus {report.genus}"
    found = [f"{form}, {pieces}{genus}", f"Volume {report.volume:.4g}"]
    if report.smallest_thickness is not None:
        found[1] += f", thinnest wall {report.smallest_thickness:.3g}"
    if report.self_intersections:
        found.append(f"{report.self_intersections} pairs of triangles cross")
    return found


def forget() -> None:
    """Drop all reports, before another file comes."""
    _reports.clear()
