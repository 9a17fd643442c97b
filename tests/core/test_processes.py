"""Tasks over processes: every task answered once, whatever becomes of the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from immat_core.processes import ProcessDiedError, each


def square_or_die(task: int) -> tuple[int, int, str]:
    """The square and who made it; 13 kills the process that tries."""
    if task == 13:
        os._exit(7)
    return task * task, os.getpid(), os.environ["OMP_NUM_THREADS"]


def sleep(_task: int) -> int:
    """Too long to wait for."""
    time.sleep(600)
    return 0


def raises(task: int) -> int:
    """What a task's function must not do."""
    raise ValueError(task)


def test_every_task_is_answered_once_though_one_kills_its_process() -> None:
    before = dict(os.environ)
    tasks = [1, 13, 2, 3, 4, 5]
    answers = dict(each(square_or_die, tasks, 2))
    died = answers.pop(13)
    assert isinstance(died, ProcessDiedError)
    assert str(died) == "its process ended with code 7"
    results = {task: result for task, result in answers.items() if isinstance(result, tuple)}
    assert {task: result[0] for task, result in results.items()} == {n: n * n for n in results}
    assert sorted(results) == [1, 2, 3, 4, 5]
    assert os.getpid() not in {result[1] for result in results.values()}
    if "OMP_NUM_THREADS" not in before:
        assert {result[2] for result in results.values()} == {"1"}
    assert dict(os.environ) == before


def test_one_process_is_this_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert list(each(square_or_die, [2, 3], 1)) == [
        (2, (4, os.getpid(), "3")),
        (3, (9, os.getpid(), "3")),
    ]
    assert list(each(square_or_die, [], 4)) == []


def test_leaving_early_ends_the_processes() -> None:
    running = each(sleep, [1, 2], 2)
    with pytest.raises(KeyboardInterrupt):
        _interrupt(running)
    assert multiprocessing.active_children() == []


def _interrupt(running: Iterator[Any]) -> None:
    """As when Ctrl+C arrives while the parent waits."""
    # A shell's background job starts with SIGINT ignored: the test would wait for ever there.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Timer(1.0, os.kill, [os.getpid(), signal.SIGINT]).start()
        next(running)
    finally:
        signal.signal(signal.SIGINT, before)


def test_what_is_raised_ends_its_process_only() -> None:
    answers = list(each(raises, [1, 2], 2))
    assert sorted(task for task, _ in answers) == [1, 2]
    assert all(isinstance(result, ProcessDiedError) for _, result in answers)
