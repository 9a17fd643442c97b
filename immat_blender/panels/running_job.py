"""The line of a job that runs, the same in every panel that starts one."""

import bpy

from .. import jobs


def draw_running_job(layout: bpy.types.UILayout) -> bool:
    """Draw progress and Cancel; whether a job runs at all."""
    job = jobs.current()
    if job is None or not jobs.running():
        return False
    row = layout.row(align=True)
    what = "Cancelling" if job.cancelling else job.what
    row.progress(factor=job.share, text=f"{what} ({job.share:.0%})")
    row.operator("immat.cancel", text="", icon="CANCEL")
    return True


def draw_last_end(layout: bpy.types.UILayout) -> None:
    """Draw how the last job ended, where it did not end well."""
    job = jobs.current()
    if job is not None and job.message:
        layout.label(text=job.message, icon="ERROR")
    elif job is not None and job.state is jobs.JobState.CANCELLED:
        layout.label(text=job.state.value)
