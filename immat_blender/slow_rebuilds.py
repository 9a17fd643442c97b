"""Rebuilds of surfaces that take over a second: one job for a MAT, beside those of ``jobs``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .jobs import Job, JobState, Progress


@dataclass(frozen=True)
class _Rebuild:
    """A job, the signature of the surface that it builds, and that surface once it is there."""

    wanted: str
    job: Job
    results: list[Any]


_rebuilds: dict[int, _Rebuild] = {}


def follow(
    uid: int,
    wanted: str,
    work: Callable[[Progress, Callable[[], bool]], Any],
    apply: Callable[[Any], object],
) -> Job:
    """The job of a MAT, settled if it can be; started anew where it was for another surface.

    A job that was cancelled, or failed, is not started again for the same surface.

    Parameters
    ----------
    uid
        The MAT's session id.
    wanted
        The signature of the surface that it should have.
    work, apply
        As :class:`jobs.Job` takes them. The ``apply`` of the last call is the one that is called:
        what an earlier one knew of Blender's data may be gone by undo.
    """
    found = _rebuilds.get(uid)
    if found is None or found.wanted != wanted:
        stop(uid)
        results: list[Any] = []
        found = _Rebuild(wanted, Job(work, results.append), results)
        _rebuilds[uid] = found
        found.job.start()
    elif found.job.settle() and found.job.state is JobState.DONE:
        del _rebuilds[uid]
        apply(found.results.pop())
    return found.job


def running(uid: int) -> Job | None:
    """The job of a MAT that runs now."""
    found = _rebuilds.get(uid)
    return found.job if found is not None and found.job.state is JobState.RUNNING else None


def finish(uid: int) -> None:
    """Wait for the job of a MAT, so that the next :func:`follow` settles it."""
    job = running(uid)
    if job is not None:
        job.wait()


def stop(uid: int) -> None:
    """Cancel the job of a MAT, if there is one, and forget it."""
    found = _rebuilds.pop(uid, None)
    if found is not None:
        found.job.cancel()


def keep_only(uids: set[int]) -> None:
    """Cancel the jobs of MATs that are no more."""
    for uid in set(_rebuilds) - uids:
        stop(uid)


def forget(wait_seconds: float = 0.0) -> None:
    """Cancel all jobs, and give their threads so many seconds to end."""
    stopped = [found.job for found in _rebuilds.values()]
    keep_only(set())
    for job in stopped:
        job.wait(wait_seconds)
