"""Runs in processes of their own: one process a run, a few at once, and nothing that is finished is ever lost."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

from filelock import FileLock, Timeout

from benchmarks.common.errors import InputError

from .place import Place

LOG = "log.txt"

Report = Callable[[str, int, int, str], None]
"""Told (phase, done, total, text)."""


class Work(Protocol):
    """What a process of its own can be asked to do."""

    @property
    def shown(self) -> str:
        """What it is, for people."""

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules to import first."""

    def execute(self, run_id: str, place: Place, report: Report) -> str:
        """Do it, leave its record, and say in a few words what came out."""


AnyWork_co = TypeVar("AnyWork_co", bound=Work, covariant=True)


@dataclass(frozen=True)
class Task(Generic[AnyWork_co]):
    """A plan with its id."""

    plan: AnyWork_co
    run_id: str


@dataclass(frozen=True)
class Event:
    """What a run tells while it is under way."""

    task: Task[Work]
    kind: Literal["progress", "finished", "input error", "failed"]
    phase: str = ""
    done: int = 0
    total: int = 0
    text: str = ""


Listener = Callable[[Event], None]


def run_local(tasks: Sequence[Task[Work]], place: Place, jobs: int, threads: int, listen: Listener) -> None:
    """Run tasks in processes of this machine.

    A run that fails does not stop the others. On Ctrl-C, or when this process dies, the runs under way stop; they resume
    from their last epoch.

    Args:
        tasks: what to run, in order.
        place: folders.
        jobs: processes at once.
        threads: CPU threads of each.
        listen: is told of every event, in this process.
    """
    # The thread pools of the libraries read their size when they are loaded, so it has to be in the environment by then.
    os.environ.update({name: str(threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")})
    os.environ.setdefault("PYTHONWARNINGS", "ignore::FutureWarning")  # torch's, while the server of processes imports it
    context = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")
    if hasattr(context, "set_forkserver_preload"):
        context.set_forkserver_preload(["harness.executors", "harness.run", "open_clip"])
    waiting = list(tasks)
    running: dict[Any, tuple[Task[Work], Any]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                task = waiting.pop(0)
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(  # type: ignore[attr-defined]  # every context has it but the base class
                    target=_child, args=(task, place, sender), name=f"harness {task.plan.shown}"
                )
                process.start()
                sender.close()
                running[receiver] = (task, process)
            for ready in wait(list(running)):
                task, process = running[ready]
                event = _receive(ready, task)
                if event is None:
                    process.join()
                    event = Event(task, "failed", text=f"its process ended with status {process.exitcode}")
                listen(event)
                if event.kind != "progress":
                    del running[ready]
                    process.join()
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            process.join()


def _receive(receiver: Any, task: Task[Work]) -> Event | None:
    """The next event of a run; None where its process ended without a word."""
    try:
        return Event(task, **receiver.recv())
    except EOFError:
        return None


def _child(task: Task[Work], place: Place, sender: Connection) -> None:
    """The process of one run: its output goes to the log beside its states."""
    folder = place.run_folder(task.run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _redirect_output(folder / LOG)
        if sys.platform != "win32":
            multiprocessing.set_start_method("fork", force=True)  # for loader workers, as mmengine insists
        _die_with_parent()
        for module in task.plan.imports:
            importlib.import_module(module)
        with FileLock(folder / "lock", timeout=0):
            text = task.plan.execute(task.run_id, place, lambda *progress: sender.send(_progress(*progress)))
        sender.send({"kind": "finished", "text": text})
    except Timeout:
        sender.send({"kind": "input error", "text": "another process is working on this run; wait for it or stop it"})
    except InputError as error:
        sender.send({"kind": "input error", "text": str(error)})
    except Exception as error:
        traceback.print_exc()
        sender.send({"kind": "failed", "text": f"{type(error).__name__}: {error}; see {folder / LOG}"})
    finally:
        sender.close()


def _progress(phase: str, done: int, total: int, text: str) -> dict[str, Any]:
    return {"kind": "progress", "phase": phase, "done": done, "total": total, "text": text}


def _redirect_output(path: Path) -> None:
    """Send what libraries print, from Python or below, to a file."""
    log = path.open("a", buffering=1)
    for stream in (1, 2):
        os.dup2(log.fileno(), stream)
    sys.stdout = sys.stderr = log


def _die_with_parent() -> None:
    """End this process when the one that started it is gone, so that no run goes on unseen."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
