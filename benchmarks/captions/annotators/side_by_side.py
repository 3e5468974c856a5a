"""Work of several workers on the same tasks, each with its own number of threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Generic, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")

GRACE = 10.0
"""Seconds for which work under way may go on after an interrupt, as it is paid for."""


@dataclass(frozen=True)
class Lane(Generic[Task, Result]):
    """One worker: what it makes of a task, and how many tasks it takes at once."""

    work: Callable[[Task], Result]
    threads: int


def run_lanes(lanes: Sequence[Lane[Task, Result]], tasks: Sequence[Task]) -> Generator[Result, None, None]:
    """Let every lane work on every task, in order; yield results as they come.

    An interrupt starts no further task and waits `GRACE` seconds for those under way; a second one does not wait. The threads
    are daemons, as a request that hangs must not keep the process.

    Raises:
        Exception: whatever the work raises, and then starts no further task.
    """
    ended: SimpleQueue[Result | BaseException] = SimpleQueue()
    stop = threading.Event()
    threads = [
        threading.Thread(target=_work, args=(lane, waiting, ended, stop), daemon=True)
        for lane in lanes
        for waiting in [_shared(tasks)]
        for _ in range(min(lane.threads, len(tasks)))
    ]
    try:
        for thread in threads:
            thread.start()
        for _ in range(len(lanes) * len(tasks)):
            result = ended.get()
            if isinstance(result, BaseException):
                raise result
            yield result
    finally:
        stop.set()
        last = time.monotonic() + GRACE
        for thread in threads:
            if thread.is_alive():
                thread.join(max(0.0, last - time.monotonic()))


def _shared(tasks: Sequence[Task]) -> Callable[[], Task | None]:
    """Hands out the tasks to several threads; None at their end."""
    waiting, lock = iter(tasks), threading.Lock()

    def following() -> Task | None:
        with lock:
            return next(waiting, None)

    return following


def _work(
    lane: Lane[Task, Result],
    following: Callable[[], Task | None],
    ended: SimpleQueue[Result | BaseException],
    stop: threading.Event,
) -> None:
    try:
        while not stop.is_set() and (task := following()) is not None:
            ended.put(lane.work(task))
    except BaseException as error:  # handed to the thread that waits, which raises it
        ended.put(error)
