"""One function on many tasks over several processes; a process that dies takes one task with it."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Each process computes on one thread: there are as many processes as there are cores to use."""


class ProcessDiedError(Exception):
    """The process that worked on a task ended without a result, as when memory ran out."""


def usable_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def each(
    function: Callable[[Task], Result], tasks: Sequence[Task], processes: int
) -> Generator[tuple[Task, Result | ProcessDiedError]]:
    """Yield each task with ``function(task)``, in the order in which they are done.

    Parameters
    ----------
    function
        Found by its name in its module, for the other processes import it. It returns what went
        wrong rather than raising it: what it raises ends its process.
    processes
        At most as many run at a time; 1 runs everything in this process.

    Closing the iteration early ends the other processes at once.
    """
    if processes <= 1 or len(tasks) <= 1:
        for task in tasks:
            yield task, function(task)
        return
    waiting = list(reversed(tasks))
    with _one_thread_each():
        workers = [_Worker(function, waiting.pop()) for _ in range(min(processes, len(tasks)))]
        try:
            while workers:
                ready = wait([worker.connection for worker in workers])
                for worker in [w for w in workers if w.connection in ready]:
                    task, result = worker.task, worker.result()
                    workers.remove(worker)
                    if waiting:
                        workers.append(worker.continued(waiting.pop()))
                    else:
                        worker.end()
                    yield task, result
        finally:
            for worker in workers:
                worker.end()


class _Worker(Generic[Task, Result]):
    """A process and the task that it has."""

    def __init__(self, function: Callable[[Task], Result], task: Task) -> None:
        # A fresh interpreter, not a copy of this one, whose threads would be missing in it.
        context = multiprocessing.get_context("spawn")
        self.function = function
        self.task = task
        self.connection: Connection
        self.connection, other = context.Pipe()
        self.process: BaseProcess = context.Process(
            target=_serve, args=(other, function), daemon=True
        )
        self.process.start()
        other.close()
        self.connection.send(task)

    def result(self) -> Result | ProcessDiedError:
        """What came of the task, once the connection has something to say."""
        try:
            answer: Result = self.connection.recv()
        except (EOFError, OSError):
            self.process.join()
            return ProcessDiedError(f"its process ended with code {self.process.exitcode}")
        return answer

    def continued(self, task: Task) -> _Worker[Task, Result]:
        """The worker for the next task: this one, or a new one where its process has ended."""
        if self.process.exitcode is not None:
            self.connection.close()
            return _Worker(self.function, task)
        self.task = task
        self.connection.send(task)
        return self

    def end(self) -> None:
        """End the process; it may be in the middle of its work."""
        self.process.terminate()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection, function: Callable[[Task], Result]) -> None:
    """Work until the parent ends this process, or is gone."""
    # Ctrl+C reaches every process of the terminal; the parent alone decides what comes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        connection.send(function(task))


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Have the processes that start meanwhile compute on one thread, if nothing else is set."""
    added = [name for name in THREAD_VARIABLES if name not in os.environ]
    os.environ.update(dict.fromkeys(added, "1"))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
